"""What lies on a piece's leading frame after its review: the station's marks, corrected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspection.review.cases import Change, Correction, Point, Review, is_bad
from inspection.values import Decision, Defect, Verdict
from inspection.values.kinds import is_nuisance
from inspection.values.run_lengths import placed


@dataclass(frozen=True, slots=True)
class Mark:
    """One object, as the station traced it or as a person drew it."""

    kind: str
    top_px: int
    """First row of `mask` in the frame; may be negative."""
    left_px: int
    mask: NDArray[np.bool_]
    """(rows, columns) True on the object."""
    polygon_px: tuple[Point, ...] | None = None
    """Where a person drew it; the mask is what that covers."""
    is_sure: bool = True
    """False: the station saw something that broke no limit, and nobody said what it is."""

    def on(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """(height, width) of `size`: True on the object, as far as it is in the frame."""
        return placed(self.mask, self.top_px, self.left_px, size)


@dataclass(frozen=True, slots=True)
class Labels:
    """What a frame shows."""

    is_good: bool
    """It shows no defect; nuisance objects may be marked, and what nobody is sure of."""
    marks: tuple[Mark, ...]
    not_usable: str | None = None
    """Why nobody can learn from it, one sentence; None when one can."""


def station_labels(decision: Decision) -> Labels:
    """What the station believes, unseen by people."""
    seen = (defect.seen_in(decision.piece.frame) for defect in decision.defects)
    marks = tuple(_mark(defect) for defect in seen if defect is not None)
    return Labels(is_good=False, marks=marks, not_usable=None if marks else "Nobody has looked at it.")


def reviewed_labels(decision: Decision, review: Review) -> Labels:
    """What a review makes of the station's marks.

    Corrections count always. A kind that the reviewer gave replaces that of the defects the piece was rejected for.
    Of defects that broke no limit an answer says nothing: without a correction they are not sure.
    Of a reject that was overruled without a word on its defects nothing is left: the image is good.
    """
    if review.answer is None:
        raise ValueError(f"review {review.number} takes back another one and says nothing of the frame")
    bad = is_bad(decision.verdict, review.answer)
    if bad is None:
        return Labels(is_good=False, marks=(), not_usable="The reviewer was not sure.")
    guilty = decision.guilty
    changes: dict[int, list[Correction]] = {}
    for correction in review.corrections:
        if correction.defect is not None:
            changes.setdefault(correction.defect, []).append(correction)
    marks: list[Mark] = []
    is_elsewhere = False
    for number, whole in enumerate(decision.defects):
        defect = whole.seen_in(decision.piece.frame)
        mine = changes.get(number, [])
        renamed = review.kind if number in guilty else None
        if defect is None:  # another view shows it, and a reader may have drawn where it is here
            is_elsewhere |= number in guilty
            drawn = [each for each in mine if each.change is Change.REDRAWN]
            marks += [replace(_drawn(each), kind=each.kind or renamed or whole.kind) for each in drawn[-1:]]
            continue
        is_left_alone = not mine and renamed is None
        if is_left_alone and decision.verdict is Verdict.REJECT and not bad and not is_nuisance(defect.kind):
            continue
        is_sure = bool(mine) or number in guilty or is_nuisance(defect.kind)
        mark: Mark | None = replace(_mark(defect), is_sure=is_sure)
        if mark is not None and renamed is not None:
            mark = replace(mark, kind=renamed)
        for correction in mine:
            mark = None if mark is None else _corrected(mark, correction)
        if mark is not None:
            marks.append(mark)
    marks += [_drawn(each) for each in review.corrections if each.change is Change.ADDED]
    shows_defect = any(mark.is_sure and not is_nuisance(mark.kind) for mark in marks)
    if bad and not shows_defect and is_elsewhere:
        return Labels(is_good=False, marks=tuple(marks), not_usable="What is bad about it is in another view's frame.")
    if bad and not shows_defect:
        return Labels(is_good=False, marks=tuple(marks), not_usable="It is bad, but nobody drew where.")
    return Labels(is_good=not shows_defect, marks=tuple(marks))


def polygon_mask(corners: Sequence[Point]) -> tuple[int, int, NDArray[np.bool_]]:
    """(first row, first column, mask) of the pixels whose centres lie in an outline, at least one.

    >>> top, left, mask = polygon_mask(((3, 4), (9, 4), (9, 8), (3, 8)))
    >>> top, left, mask.shape, bool(mask.all())
    (4, 3, (4, 6), True)
    """
    points = np.array(corners, np.float64)
    left, top = (int(each) for each in np.floor(points.min(axis=0)))
    right, bottom = (int(each) for each in np.ceil(points.max(axis=0)))
    width, height = max(1, right - left), max(1, bottom - top)
    mask = np.zeros((height, width), np.bool_)
    if width * height > 1:
        # OpenCV fills what its outline touches too: centres are tested instead, on the outline they count.
        x, y = np.meshgrid(np.arange(width) + left + 0.5, np.arange(height) + top + 0.5)
        mask = _inside(points, x, y)
    if not mask.any():
        centre = points.mean(axis=0)
        row, column = int(np.clip(centre[1] - top, 0, height - 1)), int(np.clip(centre[0] - left, 0, width - 1))
        mask[row, column] = True
    return top, left, mask


def _inside(points: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule: from a point within, a ray to the right crosses the outline an odd number of times."""
    inside = np.zeros(x.shape, np.bool_)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 <= y) != (y2 <= y)
        inside ^= crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def _mark(defect: Defect) -> Mark:
    box = defect.box
    if defect.mask.size and defect.mask.any():
        # A mask's last row is its box's last: rows of an earlier frame are not in it.
        return Mark(defect.kind, box.bottom - defect.mask.shape[0], box.left, defect.mask)
    top = max(0, box.top)
    return Mark(defect.kind, top, box.left, np.ones((max(1, box.bottom - top), max(1, box.width_px)), np.bool_))


def _corrected(mark: Mark, correction: Correction) -> Mark | None:
    if correction.change is Change.REMOVED:
        return None
    kind = correction.kind or mark.kind
    return replace(_drawn(correction), kind=kind) if correction.outline_px else replace(mark, kind=kind)


def _drawn(correction: Correction) -> Mark:
    corners = correction.outline_px
    if corners is None:
        raise ValueError(f"correction {correction!r} draws nothing")
    top, left, mask = polygon_mask(corners)
    return Mark(correction.kind or "", top, left, mask, corners)
