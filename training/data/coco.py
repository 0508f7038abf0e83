"""COCO's object detection format: what `training synth` writes, labelling tools export, and frozen reviews come in.

`images`, `categories` and `annotations` as COCO defines them. An annotation is one object, drawn as run lengths
(plain, or packed as COCO's own tools do), as polygons, or as a box alone, all pixels of which then count as the object.

**Frozen sets from the review store** are this format, too: a folder with truth.json and the frames as PNG files. Beyond
COCO its images say `view` (which of several cameras' views shows it), `roll` (becomes the group, and holds all frames
of a piece together), `split` where the set was divided when it was frozen, `is_good` as the
reviewer judged, and `kinds` for what the reviewer named without drawing it; its annotations say `is_sure`: of the place
of an object that is not, nothing is learnt and nothing is counted. Whatever else tells where a frame is from
(camera, run and frame number, sequence number of the decision, who reviewed it when) may stand beside these keys as
the store has it; `info` says which store, and when it was frozen. None of that is read here.

`training.data.coco_reading` reads the files, entry by entry.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Discriminator, Field, Tag

from camera.checked import Checked
from training.data.marks import Found, MarkedObject, cropped
from training.data.outlines import is_crossing, loop_area
from training.data.problem import Check, Problem
from training.data.run_lengths import PackedRuns, Runs, counts_of, decode_mask, drawn_polygons

TRUTH = "truth.json"
_NOT_HASHED = {"id", "image_id", "category_id"}
_FAINT = 2.0
"""A polygon whose area in px is below so many times its length may have no pixel that is half inside."""

Polygons = tuple[tuple[float, ...], ...]


def _form(value: Any) -> str:
    """Which of COCO's forms a segmentation has."""
    if isinstance(value, PackedRuns) or (isinstance(value, dict) and isinstance(value.get("counts"), str)):
        return "packed"
    return "runs" if isinstance(value, Runs | dict) else "polygons"


class _Part(Checked):
    model_config = ConfigDict(extra="ignore")


class CocoImage(_Part):
    """One of COCO's `images`."""

    id: int
    file_name: str = Field(min_length=1)
    width: int = Field(gt=0, le=1_000_000)
    height: int = Field(gt=0, le=1_000_000)
    pixel_pitch_um: float | None = Field(default=None, gt=0, le=10_000)
    view: str | None = None
    """The view that shows it, where several cameras look at the web; or its light."""
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
    name: str = Field(pattern=r"\S")


class CocoAnnotation(_Part):
    """One of COCO's `annotations`: an object in an image."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    """Left, top, width, height in px."""
    segmentation: (
        Annotated[
            Annotated[Runs, Tag("runs")] | Annotated[PackedRuns, Tag("packed")] | Annotated[Polygons, Tag("polygons")],
            Discriminator(_form),
        ]
        | None
    ) = None
    """Polygons are `x, y, x, y, ...` in px; null or none at all: the box is all that is known."""
    snr: float | None = None
    """Visibility in this view; null where nobody computed it."""
    contrast_percent: float | None = None
    """Against the background, signed, in this view; null: measured when it is read."""
    length_mm: float | None = None
    is_sure: bool = True
    """False: something may be there, and nobody can say what."""

    @property
    def outer_box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom in px of what is drawn; None where nothing is."""
        if isinstance(self.segmentation, tuple) and self.segmentation:
            x = [value for polygon in self.segmentation for value in polygon[::2]]
            y = [value for polygon in self.segmentation for value in polygon[1::2]]
            return min(x), min(y), max(x), max(y)
        if self.bbox is None:
            return None
        left, top, width, height = self.bbox
        return left, top, left + width, top + height


class CocoFile(_Part):
    """Contents of a COCO file, as `training synth` writes it."""

    info: dict[str, Any] = Field(default_factory=dict)
    images: tuple[CocoImage, ...]
    categories: tuple[Category, ...]
    annotations: tuple[CocoAnnotation, ...]


@dataclass(frozen=True, slots=True)
class CocoMarks:
    """What a COCO file says of one image."""

    name: str
    """Name of the image in the data set."""
    size: tuple[int, int]
    """(height, width) that the file tells."""
    pixel_pitch_um: float | None
    annotations: tuple[tuple[str, CocoAnnotation], ...]
    """Each with its kind; all of them can be drawn, see `undrawable`."""

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
            problems += self._oddities(kind, each)
            window = cropped(_mask(each, self.size))
            if window is None:
                what = "Its mask is empty."
                problems.append(
                    self._problem(Check.EMPTY_MASK, kind, each, what, "Remove the label, or draw it again.")
                )
            else:
                snr = math.inf if each.snr is None else each.snr
                objects.append(MarkedObject(kind, *window, snr, each.contrast_percent, each.is_sure))
        return Found(tuple(objects), tuple(problems))

    def sha256(self) -> str:
        """SHA-256 of kinds and annotations, in whatever order and under whatever numbers the file has them."""
        lines = sorted(
            json.dumps(
                [kind, each.model_dump(mode="json", exclude=_NOT_HASHED | ({"is_sure"} if each.is_sure else set()))]
            )
            for kind, each in self.annotations
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _oddities(self, kind: str, each: CocoAnnotation) -> Iterator[Problem]:
        """What is strange about an annotation that can be drawn."""
        box = each.outer_box
        if box is not None:
            left, top, right, bottom = box
            outside = max(-left, -top, right - self.size[1], bottom - self.size[0])
            # A mask in run lengths lies in the image, whatever its box says; the whole object need not.
            if outside > 1.0 and not isinstance(each.segmentation, Runs | PackedRuns):
                yield self._problem(Check.OUTSIDE, kind, each, reaching(box, self.size), "Correct the label.")
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


def undrawable(each: CocoAnnotation, size: tuple[int, int]) -> tuple[Check, str] | None:
    """Why nobody can draw an annotation on an image of (height, width), in a sentence; None where everybody can."""
    drawn = each.segmentation
    if isinstance(drawn, Runs | PackedRuns):
        return _fault_of_runs(drawn, size)
    if not drawn and each.bbox is None:
        return Check.BROKEN_LABEL, "It has neither a box nor an outline."
    for number, polygon in enumerate(drawn or (), start=1):
        if len(polygon) < 6 or len(polygon) % 2:
            what = f"Polygon {number} has {len(polygon)} numbers; it needs three corners or more, each x and y."
            return Check.BROKEN_LABEL, what
    box = each.outer_box
    if box is None:
        return None
    left, top, right, bottom = box
    if not drawn and (right <= left or bottom <= top):
        return Check.BROKEN_LABEL, f"Its box is {right - left:g} x {bottom - top:g} px large."
    height, width = size
    is_off = right <= 0 or bottom <= 0 or left >= width or top >= height
    if is_off or left < -width or top < -height or right > 2 * width or bottom > 2 * height:
        return Check.OUTSIDE, reaching(box, size)
    for number, polygon in enumerate(drawn or (), start=1):
        if is_crossing(polygon):
            return Check.BROKEN_LABEL, f"Polygon {number} crosses itself, so that its inside can't be told."
    is_faint = not drawn or any(loop_area(polygon) < _FAINT * _length(polygon) for polygon in drawn)
    if is_faint and not _mask(each, size).any():
        return Check.EMPTY_MASK, "Its mask is empty: no pixel lies half inside it."
    return None


def reaching(box: tuple[float, float, float, float], size: tuple[int, int]) -> str:
    """A sentence on where a box (left, top, right, bottom in px) lies in an image of (height, width)."""
    left, top, right, bottom = box
    return (
        f"It reaches from column {left:g} to {right:g} and from row {top:g} to {bottom:g}, "
        f"the image has {size[1]} x {size[0]} px."
    )


def _fault_of_runs(drawn: Runs | PackedRuns, size: tuple[int, int]) -> tuple[Check, str] | None:
    if drawn.size != size:
        what = f"The mask is {drawn.size[1]} x {drawn.size[0]} px, the image {size[1]} x {size[0]} px."
        return Check.MASK_SIZE, what
    try:
        counts = counts_of(drawn)
    except ValueError as error:
        return Check.MASK_SIZE, f"Its {error}."
    return None if any(counts[1::2]) else (Check.EMPTY_MASK, "Its mask is empty.")


def _mask(each: CocoAnnotation, size: tuple[int, int]) -> NDArray[np.bool_]:
    drawn = each.segmentation
    if isinstance(drawn, Runs | PackedRuns):
        return decode_mask(drawn)
    if drawn:
        return drawn_polygons(drawn, size)
    mask = np.zeros(size, np.bool_)
    if each.bbox is not None:
        left, top, width, height = each.bbox
        # A pixel is in the box where its centre is.
        ends = [max(0, math.ceil(end - 0.5)) for end in (top, top + height, left, left + width)]
        mask[ends[0] : ends[1], ends[2] : ends[3]] = True
    return mask


def _length(polygon: tuple[float, ...]) -> float:
    """Length of the outline, in px."""
    points = np.array(polygon, np.float64).reshape(-1, 2)
    return float(np.hypot(*(np.concatenate([points[1:], points[:1]]) - points).T).sum())
