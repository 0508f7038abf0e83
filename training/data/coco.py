"""COCO's object detection format: what `training synth` writes, labelling tools export, and frozen reviews come in.

`images`, `categories` and `annotations` as COCO defines them. An annotation is one object, drawn as run lengths
(plain, or packed as COCO's own tools do), as polygons, or as a box alone, all pixels of which then count as the object.

**Frozen sets from the review store** are this format, too: a folder with truth.json and the frames as PNG files. Beyond
COCO its images say `roll` (becomes the group), `split` where the set was divided when it was frozen, `is_good` as the
reviewer judged, and `kinds` for what the reviewer named without drawing it; its annotations say `is_sure`: of the place
of an object that is not, nothing is learnt and nothing is counted. Whatever else tells where a frame is from
(camera, run and frame number, sequence number of the decision, who reviewed it when) may stand beside these keys as
the store has it; `info` says which store, and when it was frozen. None of that is read here.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, ValidationError, field_validator

from camera.checked import Checked
from inspection.kinds import is_nuisance
from training.data.item import Item
from training.data.marks import Found, MarkedObject, cropped
from training.data.names import split_of
from training.data.pictures import file_sha256
from training.data.problem import BrokenItemError, Check, Problem
from training.data.run_lengths import PackedRuns, Runs, decode_mask, drawn_polygons
from training.errors import DataError

TRUTH = "truth.json"
_IMAGE_FOLDERS = ("", "images")
_NOT_HASHED = {"id", "image_id", "category_id"}


class _Part(Checked):
    model_config = ConfigDict(extra="ignore")


class CocoImage(_Part):
    """One of COCO's `images`."""

    id: int
    file_name: str
    width: int
    height: int
    pixel_pitch_um: float | None = None
    roll: str | None = None
    """Images of one roll are never torn apart by a split."""
    split: str | None = None
    """train, validation or test."""
    is_good: bool | None = None
    """A person's verdict; null: good when no defect is marked."""
    kinds: tuple[str, ...] = ()
    """Kinds of defects on it that nobody marked."""


class Category(_Part):
    """One of COCO's `categories`: a kind."""

    id: int
    name: str


class CocoAnnotation(_Part):
    """One of COCO's `annotations`: an object in an image."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    """Left, top, width, height in px."""
    segmentation: Runs | PackedRuns | tuple[tuple[float, ...], ...] | None = None
    """Polygons are `x, y, x, y, ...` in px; null or none at all: the box is all that is known."""
    snr: float | None = None
    """Visibility in this view; null where nobody computed it."""
    contrast_percent: float | None = None
    """Against the background, signed, in this view; null: measured when it is read."""
    length_mm: float | None = None
    is_sure: bool = True
    """False: something may be there, and nobody can say what."""

    @field_validator("segmentation")
    @classmethod
    def _has_corners(cls, value: Any) -> Any:
        if isinstance(value, tuple) and any(len(polygon) < 6 or len(polygon) % 2 for polygon in value):
            raise ValueError("a polygon needs three corners or more, each x and y")
        return value


class CocoFile(_Part):
    """Contents of a COCO file."""

    info: dict[str, Any] = {}
    images: tuple[CocoImage, ...]
    categories: tuple[Category, ...]
    annotations: tuple[CocoAnnotation, ...]


@dataclass(frozen=True, slots=True)
class CocoMarks:
    """What a COCO file says of one image."""

    name: str
    """Of the image in the data set."""
    size: tuple[int, int]
    """(height, width) that the file tells."""
    pixel_pitch_um: float | None
    annotations: tuple[tuple[str, CocoAnnotation], ...]
    """Each with its kind."""

    def objects(self, shape: tuple[int, int]) -> Found:
        """One object for each annotation."""
        if shape != self.size:
            what = f"It is {shape[1]} x {shape[0]} px, its entry says {self.size[1]} x {self.size[0]} px."
            return Found(
                (), (Problem(Check.IMAGE_SIZE, self.name, what, "Restore the image that the labels were made for."),)
            )
        objects: list[MarkedObject] = []
        problems: list[Problem] = []
        for kind, each in self.annotations:
            problems += self._sizes(kind, each)
            window = None
            try:
                window = cropped(self._mask(each))
            except ValueError as error:
                problems.append(self._problem(Check.MASK_SIZE, kind, each, f"{error}.", "Export the labels again."))
                continue
            if window is None:
                problems.append(
                    self._problem(
                        Check.EMPTY_MASK, kind, each, "Its mask is empty.", "Remove the label, or draw it again."
                    )
                )
            else:
                snr = math.inf if each.snr is None else each.snr
                objects.append(MarkedObject(kind, *window, snr, each.contrast_percent, each.is_sure))
        return Found(tuple(objects), tuple(problems))

    def sha256(self) -> str:
        """Of kinds and annotations, in whatever order and under whatever numbers the file has them."""
        lines = sorted(
            json.dumps(
                [kind, each.model_dump(mode="json", exclude=_NOT_HASHED | ({"is_sure"} if each.is_sure else set()))]
            )
            for kind, each in self.annotations
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _mask(self, each: CocoAnnotation) -> NDArray[np.bool_]:
        drawn = each.segmentation
        if isinstance(drawn, Runs | PackedRuns):
            if drawn.size != self.size:
                raise ValueError(
                    f"The mask is {drawn.size[1]} x {drawn.size[0]} px, the image {self.size[1]} x {self.size[0]} px"
                )
            return decode_mask(drawn)
        if drawn:
            return drawn_polygons(drawn, self.size)
        mask = np.zeros(self.size, np.bool_)
        if each.bbox is not None:
            left, top, width, height = each.bbox
            # A pixel is in the box where its centre is.
            ends = [max(0, math.ceil(end - 0.5)) for end in (top, top + height, left, left + width)]
            mask[ends[0] : ends[1], ends[2] : ends[3]] = True
        return mask

    def _sizes(self, kind: str, each: CocoAnnotation) -> Iterator[Problem]:
        box = _outer_box(each)
        if box is not None:
            left, top, right, bottom = box
            outside = max(-left, -top, right - self.size[1], bottom - self.size[0])
            is_off = right <= 0 or bottom <= 0 or left >= self.size[1] or top >= self.size[0]
            # A mask in run lengths lies in the image, whatever its box says; the whole object need not.
            if is_off or (outside > 1.0 and not isinstance(each.segmentation, Runs | PackedRuns)):
                what = (
                    f"It reaches from column {left:g} to {right:g} and from row {top:g} to {bottom:g}, "
                    f"the image has {self.size[1]} x {self.size[0]} px."
                )
                yield self._problem(Check.OUTSIDE, kind, each, what, "Correct the label, or name the right image.")
            if max(right - left, bottom - top) < 1.0:
                what = f"It is {right - left:.2g} x {bottom - top:.2g} px large."
                yield self._problem(Check.TOO_SMALL, kind, each, what, "Remove the label: a pixel can't show it.")
        if each.length_mm is not None and each.snr is None and self.pixel_pitch_um is not None:
            length_um = 1000.0 * each.length_mm
            if length_um < self.pixel_pitch_um:
                what = f"It is {length_um:.3g} um long, a pixel is {self.pixel_pitch_um:g} um."
                yield self._problem(Check.TOO_SMALL, kind, each, what, "Correct length_mm or the image's pixel pitch.")

    def _problem(self, check: Check, kind: str, each: CocoAnnotation, what: str, remedy: str) -> Problem:
        return Problem(check, self.name, f"Annotation {each.id} ({kind}): {what}", remedy)


def coco_files(root: Path) -> list[Path]:
    """truth.json, or else the COCO files in the folder, in `annotations`, and in the folders of its splits."""
    if (root / TRUTH).exists():
        return [root / TRUTH]
    folders = [root, root / "annotations", *(path for path in sorted(root.iterdir()) if split_of(path.name))]
    return [path for folder in folders for path in sorted(folder.glob("*.json")) if _is_coco(path)]


def read_coco(path: Path) -> CocoFile:
    """A COCO file. Raises DataError for one that can't be read or lacks what it must have."""
    try:
        return CocoFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(
            f"{path}: can't be read ({error.strerror}). Restore the file, or name another folder."
        ) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise DataError(f"{path}: {where}: {fault['msg']}. Correct it, or export it again.") from error


def read_coco_items(root: Path, files: Iterable[Path]) -> tuple[list[Item], list[Problem], set[str]]:
    """All images of COCO files, what is wrong with the files, and the kinds that are marked, nuisance too."""
    items: dict[str, Item] = {}
    problems: list[Problem] = []
    kinds: set[str] = set()
    for path in files:
        file = read_coco(path)
        where = path.relative_to(root).as_posix()
        marked, faults = _marked(file, where)
        problems += faults
        for entry in file.images:
            annotations = marked.get(entry.id, ())
            try:
                item = _item(root, path, entry, annotations)
            except BrokenItemError as error:
                problems.append(error.problem)
                continue
            if item.name in items:
                what = f"{where} lists the image a second time."
                problems.append(Problem(Check.LISTED_TWICE, item.name, what, "Leave it in one place only."))
                continue
            items[item.name] = item
            kinds |= {kind for kind, each in annotations if each.is_sure} | set(item.kinds)
    return list(items.values()), problems, kinds


def _marked(file: CocoFile, where: str) -> tuple[dict[int, tuple[tuple[str, CocoAnnotation], ...]], list[Problem]]:
    """Annotations with their kinds, by image."""
    names = {category.id: category.name for category in file.categories}
    known = {entry.id for entry in file.images}
    marked: dict[int, list[tuple[str, CocoAnnotation]]] = {}
    problems = []
    for each in file.annotations:
        if each.image_id not in known:
            what = f"Annotation {each.id} belongs to image {each.image_id}, which the file does not list."
            problems.append(Problem(Check.NO_IMAGE, where, what, "List the image, or remove the annotation."))
        elif each.category_id not in names:
            what = f"Annotation {each.id} is of category {each.category_id}, which the file does not list."
            problems.append(Problem(Check.UNKNOWN_CATEGORY, where, what, "List the category, or correct its number."))
        else:
            marked.setdefault(each.image_id, []).append((names[each.category_id], each))
    return {number: tuple(annotations) for number, annotations in marked.items()}, problems


def _item(root: Path, path: Path, entry: CocoImage, annotations: tuple[tuple[str, CocoAnnotation], ...]) -> Item:
    """Raises BrokenItemError where the image file is missing."""
    image = _image_path(root, path, entry.file_name.replace("\\", "/"))
    if ".." in image.parts or not image.is_relative_to(root):
        what = f"Image {entry.id} is {entry.file_name!r}, which leads out of the data set's folder."
        remedy = "Write file names relative to the folder, and put the images there."
        raise BrokenItemError(Problem(Check.UNREADABLE, path.relative_to(root).as_posix(), what, remedy))
    name = image.relative_to(root).as_posix()
    defects = {kind for kind, each in annotations if each.is_sure and not is_nuisance(kind)} | set(entry.kinds)
    is_good = entry.is_good if entry.is_good is not None else not defects
    told = entry.split or next(filter(None, map(split_of, (*PurePosixPath(name).parts, *_words(path.stem)))), "")
    marks = CocoMarks(name, (entry.height, entry.width), entry.pixel_pitch_um, annotations)
    return Item(
        name=name,
        path=image,
        split=split_of(told) or told,
        group=entry.roll or "",
        is_good=is_good,
        kinds=() if is_good else tuple(sorted(defects)),
        sha256=file_sha256(image, name),
        marks=marks if annotations or is_good else None,
        pixel_pitch_um=entry.pixel_pitch_um,
    )


def _image_path(root: Path, path: Path, file_name: str) -> Path:
    """Where an image lies: beside its COCO file or its folder, in `images`, there perhaps in a folder of its split."""
    split = next(filter(None, _words(path.stem)[1:]), "")
    places = [
        folder / between / deeper / file_name
        for folder in dict.fromkeys((path.parent, root))
        for between in _IMAGE_FOLDERS
        for deeper in dict.fromkeys(("", path.stem, split))
    ]
    return next((place for place in places if place.is_file()), root / file_name)


def _outer_box(each: CocoAnnotation) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom in px of what is drawn."""
    if isinstance(each.segmentation, tuple) and each.segmentation:
        x = [value for polygon in each.segmentation for value in polygon[::2]]
        y = [value for polygon in each.segmentation for value in polygon[1::2]]
        return min(x), min(y), max(x), max(y)
    if each.bbox is None:
        return None
    left, top, width, height = each.bbox
    return left, top, left + width, top + height


def _is_coco(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"images", "annotations"} <= content.keys()


def _words(stem: str) -> list[str]:
    return re.findall("[a-z0-9]+", stem.lower())
