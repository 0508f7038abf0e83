"""A data set on disk: PNG images and `truth.json`, which says what lies on them.

    DIR/
      truth.json
      anode-bright-field-0000.png      8-bit grey, row 0 is the leading edge

`truth.json` follows COCO's object detection format (`images`, `categories`, `annotations`), with masks as COCO's
uncompressed run lengths: `{"size": [height, width], "counts": [off, on, off, ...]}`, column by column, in the frame of
the whole image. Beyond COCO: an image has `material`, `view` and `pixel_pitch_um`; an annotation has `snr` (visibility;
null where unknown), `contrast_percent`, `length_mm`, `width_mm`, `area_mm2` and `key`, which names the same object in
every image that shows a part of it. A person's own labels need only the COCO keys.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from training.errors import DataError
from training.family import Family
from training.labels import Label, LabelledImage
from training.webs import varied

TRUTH = "truth.json"


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
    key: str | None = None
    snr: float | None = None
    contrast_percent: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None
    area_mm2: float | None = None


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
    """Each image of a data set with its labels. Raises DataError for damaged files and unknown kinds."""
    truth = read_truth(folder)
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
                if name not in kinds:
                    raise DataError(
                        f"Data set {folder}: annotation {each.id} is of kind {name}; the model knows "
                        f"{', '.join(kinds)}. Choose the other material, or correct the category."
                    )
                labels.append(_label(name, each, folder))
        yield LabelledImage(np.asarray(pixels, np.uint8), tuple(labels))


def folder_images(folders: Sequence[Path], family: Family, seed: int) -> Iterator[LabelledImage]:
    """Endless: all images of the folders, again and again in a shuffled order, each time turned and lit otherwise."""
    rng = np.random.default_rng([seed, 74])
    images = [image for folder in folders for image in read_images(folder, family.kinds)]
    if not images:
        raise DataError(f"No image in {', '.join(str(folder) for folder in folders)}. Make some with `training synth`.")
    while True:
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
