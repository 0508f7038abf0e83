"""What each frame of a piece shows after its review: the station's marks, corrected. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.errors import ReviewError
from inspection.review.cases import Change, Correction, Drawing, Point, Review, is_bad
from inspection.values import Decision, Defect, Fate, Verdict
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


def station_labels(decision: Decision, frame: FrameId | None = None) -> Labels:
    """What the station believes to see in a frame, unseen by people; None: the frame in which the piece begins."""
    shown = frame or decision.piece.frame
    marks = tuple(_mark(seen, defect.kind) for defect in decision.defects for seen in _seen(decision, defect, shown))
    return Labels(is_good=False, marks=marks, not_usable=None if marks else "Nobody has looked at it.")


def reviewed_labels(decision: Decision, review: Review, frame: FrameId | None = None) -> Labels:
    """What a review makes of the station's marks in a frame; None: in that in which the piece begins.

    A frame shows what its camera saw, and what a reader drew there: an object that other views alone show is no label
    of it, and a frame without any is good, however bad its piece is.

    Corrections count always. A kind that the reviewer gave replaces that of the defects the piece was rejected for.
    Of defects that broke no limit an answer says nothing: without a correction they are not sure.
    Of a reject that was overruled without a word on its defects nothing is left: the image is good.
    """
    if review.answer is None:
        raise ValueError(f"review {review.number} takes back another one and says nothing of the frame")
    bad = is_bad(decision.verdict, review.answer)
    if bad is None:
        return Labels(is_good=False, marks=(), not_usable="The reviewer was not sure.")
    marks = _marks(decision, review, frame or decision.piece.frame, bad=bad)
    is_good = not shows_defect(marks)
    if bad and is_good:
        others = {seen.frame for seen in decision.view_frames}
        if not any(shows_defect(_marks(decision, review, other, bad=bad)) for other in others):
            return Labels(is_good=False, marks=marks, not_usable="It is bad, but nobody drew where.")
    return Labels(is_good=is_good, marks=marks)


def check_places(decision: Decision, corrections: Sequence[Correction]) -> None:
    """See that corrections are about defects and frames that a decision has. Raises ReviewError."""
    defects, frames = len(decision.defects), decision.view_frames
    for correction in corrections:
        if correction.defect is not None and correction.defect >= defects:
            raise ReviewError(
                f"Defect {correction.defect} of decision {decision.sequence}: it has {defects}. Load the case again."
            )
        for drawing in correction.drawings:
            if drawing.view is None:
                continue
            if drawing.view >= len(frames):
                raise ReviewError(
                    f"Frame {drawing.view} of decision {decision.sequence}: it was judged on {len(frames)} frames of "
                    "several views. Load the case again."
                )
            if frames[drawing.view].outcome is Fate.LOST:
                raise ReviewError(
                    f"Frame {drawing.view} of decision {decision.sequence} ({frames[drawing.view].view}): it was lost, "
                    "and shows nothing to draw on. Load the case again."
                )
        drawn = [_frame_of(decision, drawing) for drawing in correction.drawings]
        if len(set(drawn)) < len(drawn):
            raise ReviewError(
                f"Decision {decision.sequence}: an object is drawn twice in one frame. Keep one of both outlines."
            )


def _marks(decision: Decision, review: Review, frame: FrameId, *, bad: bool) -> tuple[Mark, ...]:
    guilty = decision.guilty
    changes: dict[int, list[Correction]] = {}
    for correction in review.corrections:
        if correction.defect is not None:
            changes.setdefault(correction.defect, []).append(correction)
    marks: list[Mark] = []
    for number, whole in enumerate(decision.defects):
        mine = changes.get(number, [])
        renamed = review.kind if number in guilty else None
        is_left_alone = not mine and renamed is None
        if is_left_alone and decision.verdict is Verdict.REJECT and not bad and not is_nuisance(whole.kind):
            continue
        kind = renamed or whole.kind
        own = [_mark(seen, kind) for seen in _seen(decision, whole, frame)]
        for correction in mine:
            kind = correction.kind or kind
            drawn = _drawn_in(decision, correction, frame, kind)
            own = [] if correction.change is Change.REMOVED else drawn or own
        is_sure = bool(mine) or number in guilty or is_nuisance(whole.kind)
        marks += [replace(mark, kind=kind, is_sure=is_sure) for mark in own]
    for correction in review.corrections:
        if correction.change is Change.ADDED:
            marks += _drawn_in(decision, correction, frame, correction.kind or "")
    return tuple(marks)


def shows_defect(marks: Iterable[Mark]) -> bool:
    """Whether one of them is a defect that somebody is sure of."""
    return any(mark.is_sure and not is_nuisance(mark.kind) for mark in marks)


def _seen(decision: Decision, defect: Defect, frame: FrameId) -> list[Defect]:
    """An object as a frame shows it, in one piece or several; what nobody else saw is where its piece begins."""
    if not defect.sightings:
        return [defect] if frame == decision.piece.frame else []
    return [sighting.defect for sighting in defect.sightings if sighting.frame == frame]


def _frame_of(decision: Decision, drawing: Drawing) -> FrameId:
    return decision.piece.frame if drawing.view is None else decision.view_frames[drawing.view].frame


def _drawn_in(decision: Decision, correction: Correction, frame: FrameId, kind: str) -> list[Mark]:
    """As a reader drew it in a frame; empty where they drew nothing there."""
    drawn = [each.outline_px for each in correction.drawings if _frame_of(decision, each) == frame]
    return [Mark(kind, *polygon_mask(corners), corners) for corners in drawn if corners is not None]


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


def _mark(defect: Defect, kind: str) -> Mark:
    box = defect.box
    if defect.mask.size and defect.mask.any():
        # A mask's last row is its box's last: rows of an earlier frame are not in it.
        return Mark(kind, box.bottom - defect.mask.shape[0], box.left, defect.mask)
    top = max(0, box.top)
    return Mark(kind, top, box.left, np.ones((max(1, box.bottom - top), max(1, box.width_px)), np.bool_))
