"""What is known of the web that a frame shows: each piece on it that people have judged, and what lies between. Pure.

A frame of another camera than the leading one need not begin where a piece does: it may show two pieces, of which one
was reviewed. Of the rest nobody has said a word, and nothing may be learnt from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from camera.frame import FrameId
from inspection.review.labels import Labels, Mark, shows_defect
from inspection.values import Cut, Decision, Span, ViewFrame

NOT_JUDGED = "not judged"
"""Kind of a mark, sure of nothing, on web of which nobody has said what it shows."""

_SLACK_ROWS = 0.51
"""A row counts with the piece that its centre shows, and borders are not known to a hundredth of a row."""
_TOUCH_MM = 0.05
"""Pieces that lie no farther apart follow each other."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision about a part of a frame."""

    decision: Decision
    labels: Labels | None
    """What the frame shows of it; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class ShownWeb:
    """A frame's part of the web that is known."""

    labels: Labels
    """All that is known to lie on the frame."""
    known: tuple[tuple[float, float], ...] | None
    """Parts of the frame's rows, from 0 (row 0) to 1, that show pieces that are known; None: all of it."""

    @property
    def is_whole(self) -> bool:
        """All of the frame is known."""
        return self.known is None or self.known == ((0.0, 1.0),)

    def labels_of(self, size: tuple[int, int]) -> Labels:
        """Those of a frame of (height, width): what is not known is marked, and sure of nothing."""
        if self.known is None:
            return self.labels
        height, width = size
        is_known = np.zeros(height, np.bool_)
        for start, end in self.known:
            first, end_row = np.ceil(start * height - _SLACK_ROWS), np.floor(end * height + _SLACK_ROWS)
            is_known[max(0, int(first)) : int(end_row)] = True
        edges = np.flatnonzero(np.diff(np.concatenate([[True], is_known, [True]]).astype(np.int8)))
        hidden = [
            Mark(NOT_JUDGED, int(first), 0, np.ones((int(last - first), width), np.bool_), is_sure=False)
            for first, last in zip(edges[::2], edges[1::2], strict=True)
        ]
        return Labels(self.labels.is_good and not hidden, (*self.labels.marks, *hidden), self.labels.not_usable)


def shown_web(frame: FrameId, judged: Sequence[Judged]) -> ShownWeb | None:
    """What is known of a frame; `judged`: all decisions about it. None where nothing of it is known."""
    told = [each for each in judged if each.labels is not None]
    labels = _together([each.labels for each in told if each.labels is not None])
    stretches: dict[int, list[Judged]] = {}
    for each in judged:
        stretches.setdefault(each.decision.piece.number or -each.decision.sequence, []).append(each)
    spans: list[Span] = []
    for stretch in stretches.values():
        # Of lanes nobody knows here where across the web they lie: all of them, or none.
        if any(each.labels is None for each in stretch):
            continue
        piece = stretch[0].decision.piece
        seen = _seen_as(frame, stretch[0].decision)
        if seen is None or (frame == piece.frame and piece.cut is not Cut.SHEET):
            return ShownWeb(labels, None)
        if piece.span is not None:
            spans.append(piece.span)
    seen = next(filter(None, (_seen_as(frame, each.decision) for each in judged)), None)
    parts = [] if seen is None else [part for span in _joined(spans) if (part := _part(seen, span)) is not None]
    return ShownWeb(labels, tuple(parts)) if parts else None


def _seen_as(frame: FrameId, decision: Decision) -> ViewFrame | None:
    return next((each for each in decision.view_frames if each.frame == frame), None)


def _part(seen: ViewFrame, span: Span) -> tuple[float, float] | None:
    """The rows of a frame, from 0 to 1 of its height, that show a stretch of web and nothing else; None: it shows
    nothing of it, or nobody knows where.
    """
    if seen.start_mm is None or not seen.length_mm:
        return None
    # Of a camera that is turned, a row's ends look farther along the web than its middle.
    slack_mm = abs(seen.skew_mm) / 2.0
    edges = (span.start_mm + slack_mm, span.end_mm - slack_mm)
    start, end = ((edge - seen.start_mm) / seen.length_mm for edge in edges)
    start, end = max(0.0, start), min(1.0, end)
    return (start, end) if end > start else None


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Stretches that touch become one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start_mm):
        if found and span.start_mm <= found[-1].end_mm + _TOUCH_MM:
            found[-1] = Span(found[-1].start_mm, max(span.end_mm, found[-1].end_mm))
        else:
            found.append(span)
    return found


def _together(several: Sequence[Labels]) -> Labels:
    """What several decisions say of one frame; what two of them say is said once, by the one that is sure."""
    if len(several) == 1:
        return several[0]
    marks: dict[tuple[int, int, tuple[int, ...], bytes], Mark] = {}
    for mark in (mark for labels in several for mark in labels.marks):
        place = (mark.top_px, mark.left_px, mark.mask.shape, mark.mask.tobytes())
        if place not in marks or mark.is_sure:
            marks[place] = mark
    is_good = all(labels.is_good for labels in several) and not shows_defect(marks.values())
    return Labels(is_good, tuple(marks.values()))
