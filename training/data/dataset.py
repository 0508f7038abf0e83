"""A data set of simulated web on disk, and labelled images of every data set on their way to the network.

What `training synth` writes are PNG images and `truth.json`, which says what lies on them:

    DIR/
      truth.json
      objects.parquet                  the same objects as a table, a row for each annotation
      anode-bright-field-0000.png      8-bit grey, row 0 is the leading edge

`truth.json` follows COCO's object detection format (`images`, `categories`, `annotations`), with masks as COCO's
uncompressed run lengths: `{"size": [height, width], "counts": [off, on, off, ...]}`, column by column, in the frame of
the whole image. Beyond COCO, an image says what it shows (see `ImageEntry`) and an annotation has the object's facts
(see `Annotation`). A person's own labels need only the COCO keys: `training.data` reads them, and other layouts, too.

Views that a strobe multiplexes are one image for each view and block. They show the same objects, with the same `key`
and the same place on the web; an image whose lines are exposed later by `line_offset` shows the place `md_mm` in row
`md_mm / pitch - line_offset - first_line`, up to the encoder's error.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from inspection.values.kinds import KINDS
from training.data.coco import TRUTH, CocoAnnotation, CocoFile, CocoImage
from training.data.item import DataSet, Item
from training.data.labels import LabelledImage, varied
from training.data.reading import read_data_set
from training.data.run_lengths import Runs
from training.data.splitting import split
from training.data.views import of_views
from training.errors import DataError
from training.family import OWN, Family

TABLE = "objects.parquet"
_OWN_PARTS = {"train": 0.85, "validation": 0.15}
_FEWEST_GOOD = 10
_SHOWN = 20


class ImageEntry(CocoImage):
    """One of COCO's `images`: a block of simulated web."""

    material: str | None = None
    block: int | None = None
    """Images of the same block show the same stretch of web, each in its view."""
    first_line: int | None = None
    """Line of the web in row 0."""
    line_offset: float | None = None
    """Each line is exposed so many lines later than in the first view."""
    light_from: str | None = None
    """Where slanting light comes from: upstream, downstream, drive-side or operator-side."""


class Annotation(CocoAnnotation):
    """One of COCO's `annotations`: a simulated object in an image."""

    bbox: tuple[float, float, float, float]
    """Left, top, width, height in px."""
    segmentation: Runs
    area: float
    """Pixels of the mask."""
    iscrowd: int = 1
    kind: str | None = None
    """The category's name."""
    severity: str | None = None
    """S1 (safety) to S4 (cosmetic), N for no defect; null for a kind that the station's catalogue does not have."""
    key: str | None = None
    """Names the object on its web, in every image that shows a part of it."""
    is_visible: bool | None = None
    """It can be seen in this view: below an SNR of 3 nobody can say whether it is there (numbers note, section 4.8)."""
    width_mm: float | None = None
    area_mm2: float | None = None
    md_mm: float | None = None
    """Its centre on the web: machine direction, from line 0."""
    cd_mm: float | None = None
    """Its centre on the web: cross direction, from column 0."""


class Truth(CocoFile):
    """Contents of truth.json."""

    images: tuple[ImageEntry, ...]
    annotations: tuple[Annotation, ...]


def folder_rng(seed: int) -> np.random.Generator:
    """What decides over order and variation of a folder's images for a seed, from the first pass on."""
    return np.random.default_rng([seed, 74])


def read_folders(folders: Sequence[Path], views: Sequence[str], lights: Sequence[str] = ()) -> Iterator[DataSet]:
    """The folders' data sets, of the views that somebody chose; see `of_views`. Raises DataError."""
    for folder in folders:
        yield of_views(read_data_set(folder), views, lights)


def kinds_in(folders: Sequence[Path], views: Sequence[str] = ()) -> tuple[str, ...]:
    """All kinds on images that are not for testing. Raises DataError for folders that can't be read, or mix views."""
    items = [item for data_set in read_folders(folders, views) for item in data_set.items if item.split != "test"]
    return tuple(sorted({kind for item in items for kind in item.kinds}))


@dataclass(frozen=True, slots=True)
class GoodItems:
    """Good images, what is for testing left alone."""

    train: tuple[Item, ...]
    validation: tuple[Item, ...]


def good_items(folders: Sequence[Path], views: Sequence[str] = ()) -> GoodItems:
    """The good images of folders in any layout of `training.data`; what is on the others does not matter.

    A part of those for training is kept for validation unless the data set has one already. Raises DataError for
    damaged folders, for a mixture of views of which none was chosen, and where there are too few.
    """
    train: list[Item] = []
    validation: list[Item] = []
    for data_set in read_folders(folders, views):
        good = tuple(item for item in data_set.items if item.is_good and item.split != "test")
        if len(good) < _FEWEST_GOOD:
            raise DataError(
                f"Data set {data_set.root}: expected at least {_FEWEST_GOOD} good images that are not for testing, in "
                f"a folder `good` or `train/good`; got {len(good)}. Add more: what they do not show is held unusual."
            )
        dealt = split(replace(data_set, items=good), _OWN_PARTS, seed=0).items
        train += (item for item in dealt if item.split != "validation")
        validation += (item for item in dealt if item.split == "validation")
    return GoodItems(tuple(train), tuple(validation))


def all_items(
    folders: Sequence[Path], family: Family, views: Sequence[str] = (), *, holds_out: bool = False
) -> tuple[Item, ...]:
    """What the folders have to train a family's model on, images for validation and test left alone; see `usable_set`.

    Folders in any layout of `training.data`. Raises DataError for damaged folders, for images whose defects nobody
    marked, for kinds that the catalogue does not have or that lie on other materials, and for views that do not go with
    the family; see `of_views`.
    """
    read = read_folders(folders, views, family.views)
    return tuple(item for data_set in read for item in _usable_part(data_set, family, "train", holds_out))


def validation_items(folders: Sequence[Path], family: Family, views: Sequence[str] = ()) -> tuple[Item, ...]:
    """What is kept of the same folders for choosing thresholds; see `usable_set`."""
    read = read_folders(folders, views, family.views)
    return tuple(item for data_set in read for item in _usable_part(data_set, family, "validation", holds_out=True))


def _usable_part(data_set: DataSet, family: Family, name: str, holds_out: bool) -> tuple[Item, ...]:
    data_set = usable_set(data_set, family, holds_out=holds_out)
    items = tuple(item for item in data_set.items if (item.split or "train") == name)
    if not items and name == "train":
        raise DataError(f"Data set {data_set.root}: it has images for validation and test only. Name another folder.")
    return items


def shuffled(items: Sequence[Item], rng: np.random.Generator) -> Iterator[LabelledImage]:
    """Each image once, read when its turn comes, in random order, turned and lit at random.

    Objects of kinds that the model does not tell apart are labels, too: of their places nothing is asked (see
    `make_targets`).
    """
    for number in rng.permutation(len(items)):
        yield varied(labelled(items[int(number)]), rng)


def usable_set(data_set: DataSet, family: Family, *, holds_out: bool = False) -> DataSet:
    """The data set, if it can teach a family's model.

    For a plant's own kinds, and where `holds_out` says so, a part of the training images is kept for validation unless
    the data set has one already; else thresholds are chosen on simulated web. Raises DataError if it can't.
    """
    known = [kind for kind in KINDS if any(kind[0] == asked[0] for asked in family.kinds)]
    strange = [kind for kind in data_set.kinds if kind not in known]
    if strange and family.name != OWN:
        raise DataError(
            f"Data set {data_set.root}: it has objects of kind {', '.join(strange)}; the catalogue's kinds for webs of "
            f"this model are {', '.join(known)}. Choose the other material, name the kinds as the catalogue does, or "
            "leave --material away for a model of its own kinds."
        )
    if data_set.problems:
        count = len(data_set.problems)
        listed = " ".join(map(str, data_set.problems[:_SHOWN]))
        raise DataError(
            f"Data set {data_set.root}: {count} problem{'s' * (count > 1)}. {listed} "
            f"`training data check {data_set.root}` looks into the images, too, and shows all."
        )
    for item in data_set.items:
        if not item.is_marked and item.split != "test":
            raise DataError(
                f"Data set {data_set.root}: {item.name}: nobody marked where its defects are. "
                "Mark them, put the image into a folder `good`, or take it out."
            )
    if (holds_out or family.name == OWN) and any(item.split in ("", "train") for item in data_set.items):
        return split(data_set, _OWN_PARTS, seed=0)
    return data_set


def labelled(item: Item) -> LabelledImage:
    """An image with its labels. Raises DataError for a damaged one, and where the image of a defect marks none."""
    image = item.labelled()
    if not item.is_good and not image.labels:
        raise DataError(f"{item.path}: its mask is empty, and it is said to show {', '.join(item.kinds)}. Draw it.")
    return image


def content_digest(folders: Sequence[Path], views: Sequence[str] = ()) -> str:
    """SHA-256 that identifies the folders' data sets, and which of their images are of the views that were chosen."""
    told = [data_set.sha256 for data_set in map(read_data_set, folders)]
    if views:
        told += [item.name for data_set in read_folders(folders, views, views) for item in data_set.items]
    return hashlib.sha256("".join(told).encode()).hexdigest()


def write_truth(folder: Path, truth: Truth) -> None:
    """Write truth.json; infinite SNRs become null."""
    # What only people say of images stays out.
    data = truth.model_dump(mode="json", exclude={"images": {"__all__": {"split", "is_good", "kinds"}}})
    (folder / TRUTH).write_text(json.dumps(data, indent=1, allow_nan=False) + "\n")


def write_table(folder: Path, truth: Truth) -> None:
    """Write objects.parquet: a row for each annotation, with the facts of its image beside it."""
    images = {entry.id: entry for entry in truth.images}
    rows = [_row(each, images[each.image_id]) for each in truth.annotations]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=_COLUMNS), file)
    (folder / TABLE).write_bytes(file.getvalue())


_COLUMNS = pa.schema(
    [
        ("annotation_id", pa.int64()),
        ("image_id", pa.int64()),
        ("file_name", pa.string()),
        ("material", pa.string()),
        ("view", pa.string()),
        ("pixel_pitch_um", pa.float64()),
        ("block", pa.int64()),
        ("first_line", pa.int64()),
        ("line_offset", pa.float64()),
        ("light_from", pa.string()),
        ("key", pa.string()),
        ("kind", pa.string()),
        ("severity", pa.string()),
        ("is_visible", pa.bool_()),
        ("snr", pa.float64()),
        ("contrast_percent", pa.float64()),
        ("length_mm", pa.float64()),
        ("width_mm", pa.float64()),
        ("area_mm2", pa.float64()),
        ("md_mm", pa.float64()),
        ("cd_mm", pa.float64()),
        ("left_px", pa.float64()),
        ("top_px", pa.float64()),
        ("box_width_px", pa.float64()),
        ("box_height_px", pa.float64()),
        ("mask_px", pa.float64()),
        ("mask_height", pa.int32()),
        ("mask_width", pa.int32()),
        ("mask_counts", pa.list_(pa.int64())),
    ]
)
"""Columns of objects.parquet; the mask as the run lengths of truth.json."""


def _row(each: Annotation, image: ImageEntry) -> dict[str, Any]:
    left, top, width, height = each.bbox
    facts = {name: getattr(each, name) for name in type(each).model_fields if name in _COLUMNS.names}
    where = {name: getattr(image, name) for name in type(image).model_fields if name in _COLUMNS.names}
    own = {
        "annotation_id": each.id,
        "left_px": left,
        "top_px": top,
        "box_width_px": width,
        "box_height_px": height,
        "mask_px": each.area,
        "mask_height": each.segmentation.size[0],
        "mask_width": each.segmentation.size[1],
        "mask_counts": each.segmentation.counts,
    }
    return facts | where | own
