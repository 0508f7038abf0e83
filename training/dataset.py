"""A data set on disk: PNG images and `truth.json`, which says what lies on them.

    DIR/
      truth.json
      objects.parquet                  the same objects as a table, a row for each annotation
      anode-bright-field-0000.png      8-bit grey, row 0 is the leading edge

`truth.json` follows COCO's object detection format (`images`, `categories`, `annotations`), with masks as COCO's
uncompressed run lengths: `{"size": [height, width], "counts": [off, on, off, ...]}`, column by column, in the frame of
the whole image. Beyond COCO, an image says what it shows (see `ImageEntry`) and an annotation has the object's facts
(see `Annotation`). A person's own labels need only the COCO keys.

Views that a strobe multiplexes are one image for each view and block. They show the same objects, with the same `key`
and the same place on the web; an image whose lines are exposed later by `line_offset` shows the place `md_mm` in row
`md_mm / pitch - line_offset - first_line`, up to the encoder's error.
"""

import hashlib
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from inspection.kinds import KINDS
from training.errors import DataError
from training.family import Family
from training.labels import Label, LabelledImage
from training.webs import varied

TRUTH = "truth.json"
TABLE = "objects.parquet"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ImageEntry(_Part):
    """One of COCO's `images`."""

    id: int
    file_name: str
    width: int
    height: int
    material: str | None = None
    view: str | None = None
    pixel_pitch_um: float | None = None
    block: int | None = None
    """Images of the same block show the same stretch of web, each in its view."""
    first_line: int | None = None
    """Line of the web in row 0."""
    line_offset: float | None = None
    """Each line is exposed so many lines later than in the first view."""
    light_from: str | None = None
    """Where slanting light comes from: upstream, downstream, drive-side or operator-side."""


class Category(_Part):
    """One of COCO's `categories`: a kind of the catalogue."""

    id: int
    name: str


class Runs(_Part):
    """A mask as run lengths, column by column, beginning with pixels off the object."""

    size: tuple[int, int]
    """(height, width) of the image."""
    counts: tuple[int, ...]


class Annotation(_Part):
    """One of COCO's `annotations`: an object in an image."""

    id: int
    image_id: int
    category_id: int
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
    snr: float | None = None
    """Visibility in this view; null where nobody computed it."""
    is_visible: bool | None = None
    """It can be seen in this view: below an SNR of 3 nobody can say whether it is there (numbers note, section 4.8)."""
    contrast_percent: float | None = None
    """Against the background, signed, in this view."""
    length_mm: float | None = None
    width_mm: float | None = None
    area_mm2: float | None = None
    md_mm: float | None = None
    """Its centre on the web: machine direction, from line 0."""
    cd_mm: float | None = None
    """Its centre on the web: cross direction, from column 0."""


class Truth(_Part):
    """Contents of truth.json."""

    info: dict[str, Any] = {}
    images: tuple[ImageEntry, ...]
    categories: tuple[Category, ...]
    annotations: tuple[Annotation, ...]


def encode_mask(mask: NDArray[np.bool_], top: int, left: int, size: tuple[int, int]) -> Runs:
    """Run lengths of a mask placed in an image of `size`; what sticks out is cut off.

    >>> encode_mask(np.ones((1, 2), bool), 1, 0, (2, 3)).counts
    (1, 1, 1, 1, 2)
    """
    whole = np.zeros(size, np.bool_)
    rows = slice(max(0, top), max(0, min(size[0], top + mask.shape[0])))
    columns = slice(max(0, left), max(0, min(size[1], left + mask.shape[1])))
    if rows.start < rows.stop and columns.start < columns.stop:
        whole[rows, columns] = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    flat = whole.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return Runs(size=size, counts=tuple([0, *counts] if flat[0] else counts))


def decode_mask(runs: Runs) -> NDArray[np.bool_]:
    """(height, width) mask.

    >>> decode_mask(Runs(size=(2, 3), counts=(1, 1, 1, 1, 2))).astype(int).tolist()
    [[0, 0, 0], [1, 1, 0]]
    """
    values = np.arange(len(runs.counts)) % 2 == 1
    flat = np.repeat(values, runs.counts)
    if flat.size != runs.size[0] * runs.size[1]:
        raise ValueError(f"run lengths add up to {flat.size}, the image has {runs.size[0]} x {runs.size[1]} pixels")
    return flat.reshape(runs.size, order="F")


def read_truth(folder: Path) -> Truth:
    """The truth of a data set. Raises DataError."""
    try:
        return Truth.model_validate_json((folder / TRUTH).read_bytes())
    except OSError as error:
        raise DataError(
            f"Data set {folder}: {TRUTH} can't be read ({error.strerror}). "
            "Name a folder that `training synth` made, or one with COCO annotations in truth.json."
        ) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise DataError(
            f"Data set {folder}: {TRUTH}: {where}: {fault['msg']}. Correct it, or make the set again."
        ) from error


def read_images(folder: Path, kinds: Sequence[str]) -> Iterator[LabelledImage]:
    """Each image of a data set with its labels, those of other kinds of the same material too: of their places nothing
    is asked (see `make_targets`).

    `kinds`: those that the model tells apart. Raises DataError for damaged files, and for kinds that the catalogue does
    not have or that lie on other materials.
    """
    truth = read_truth(folder)
    known = [kind for kind in KINDS if any(kind[0] == asked[0] for asked in kinds)]
    names = {category.id: category.name for category in truth.categories}
    for entry in truth.images:
        pixels = cv2.imread(str(folder / entry.file_name), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.shape != (entry.height, entry.width) or pixels.dtype != np.uint8:
            got = "no readable image" if pixels is None else f"{pixels.shape} {pixels.dtype}"
            raise DataError(
                f"Data set {folder}: {entry.file_name}: expected 8-bit grey of {entry.height} x {entry.width}, "
                f"got {got}. Restore the file, or take it out of truth.json."
            )
        labels = []
        for each in truth.annotations:
            if each.image_id == entry.id:
                name = names.get(each.category_id, f"category {each.category_id}")
                if name not in known:
                    raise DataError(
                        f"Data set {folder}: annotation {each.id} is of kind {name}; the catalogue's kinds for webs of "
                        f"this model are {', '.join(known)}. Choose the other material, or correct the category."
                    )
                labels.append(_label(name, each, folder))
        yield LabelledImage(np.asarray(pixels, np.uint8), tuple(labels))


def folder_chance(seed: int) -> np.random.Generator:
    """What decides over order and variation of a folder's images for a seed, from the first pass on."""
    return np.random.default_rng([seed, 74])


def all_images(folders: Sequence[Path], family: Family) -> list[LabelledImage]:
    """Those of all folders. Raises DataError if there is none."""
    images = [image for folder in folders for image in read_images(folder, family.kinds)]
    if not images:
        raise DataError(f"No image in {', '.join(str(folder) for folder in folders)}. Make some with `training synth`.")
    return images


def shuffled(images: Sequence[LabelledImage], rng: np.random.Generator) -> Iterator[LabelledImage]:
    """Each image once, in random order, turned and lit at random."""
    for number in rng.permutation(len(images)):
        yield varied(images[int(number)], rng)


def truth_digest(folders: Sequence[Path]) -> str:
    """SHA-256 over the folders' truth and image files."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in (folder / TRUTH, *(folder / entry.file_name for entry in read_truth(folder).images)):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write_truth(folder: Path, truth: Truth) -> None:
    """Write truth.json; infinite SNRs become null."""
    data = truth.model_dump(mode="json")
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
"""Of objects.parquet; the mask as the run lengths of truth.json."""


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


def _label(kind: str, each: Annotation, folder: Path) -> Label:
    try:
        mask = decode_mask(each.segmentation)
    except ValueError as error:
        raise DataError(f"Data set {folder}: annotation {each.id}: {error}. Make the set again.") from error
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise DataError(f"Data set {folder}: annotation {each.id}: its mask is empty. Remove it, or label it again.")
    window = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    snr = math.inf if each.snr is None else each.snr
    # A person's label has no contrast; take it for plain to see.
    contrast = 100.0 if each.contrast_percent is None else each.contrast_percent
    return Label(kind, int(rows[0]), int(columns[0]), window, snr, contrast)
