"""From the network's score map to candidates: where something may lie, and what it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate
from inspection.values.kinds import Shape, is_nuisance, kind_of

_STREAK_GAP_CELLS = 17
"""A streak's cells are one streak if they lie no farther apart than this in the machine direction."""
_LARGE_CELLS = 6
_GAP_CELLS = 4
"""Parts of so many cells with fewer than this between them are one large faint object, of which the network saw
less than all: apart, each would be taken for the other's background.
"""
_COLUMN_SHARE = 0.8
_SWALLOWS = 4
"""A nuisance object so many times larger than what lies on it explains it, whatever the scores."""


@dataclass(frozen=True, slots=True)
class Storm:
    """More candidates than the recipe allows to look at."""

    candidates: int


def find_candidates(
    scores: NDArray[np.float32],
    kinds: Sequence[str],
    thresholds: Mapping[str, float],
    *,
    stride: int,
    height_px: int,
    width_px: int,
    max_candidates: int,
) -> tuple[Candidate, ...] | Storm:
    """Group cells above threshold, 8-connected, into candidates.

    scores: (kinds, rows, columns). Compact objects, streaks and nuisance are grouped apart, so that a pinhole beside a
    streak stays a pinhole. What lies on a nuisance object (print on a label) is given to it.
    """
    limits = np.array([thresholds[kind] for kind in kinds], np.float32)
    above = scores >= limits[:, np.newaxis, np.newaxis]
    layers: dict[Shape, list[int]] = {}
    for channel, kind in enumerate(kinds):
        shape = kind_of(kind).shape
        layers.setdefault(Shape.BLOB if shape is Shape.THIN else shape, []).append(channel)
    found: list[Candidate] = []
    for shape, channels in layers.items():
        fired = above[channels].any(axis=0)
        if not fired.any():
            continue
        grouped = np.asarray(fired, np.uint8)
        if shape is Shape.STREAK:
            grouped = _bridged(grouped)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(grouped, connectivity=8)
        if len(found) + count - 1 > max_candidates:
            return Storm(len(found) + count - 1)
        for label in range(1, count):
            left, top, columns, rows, _ = (int(value) for value in stats[label])
            window = (slice(top, top + rows), slice(left, left + columns))
            cells = labels[window] == label
            best = scores[:, *window][:, cells].max(axis=1)
            ratio = best[channels] / limits[channels]
            found.append(
                Candidate(
                    Box(
                        left * stride,
                        top * stride,
                        min((left + columns) * stride, width_px),
                        min((top + rows) * stride, height_px),
                    ),
                    kinds[channels[int(ratio.argmax())]],
                    {kind: float(score) for kind, score in zip(kinds, best, strict=True)},
                    cells,
                    stride,
                )
            )
    return _give_to_nuisance(_joined(found), thresholds, height_px)


def _joined(found: list[Candidate]) -> list[Candidate]:
    """Large parts of one compact kind that lie close together are one candidate."""
    whole: list[Candidate] = []
    for part in found:
        if kind_of(part.kind).shape is Shape.BLOB and np.count_nonzero(part.cells) >= _LARGE_CELLS:
            near = _wider(part.box, _GAP_CELLS * part.cell_px)
            beside = [
                each
                for each in whole
                if each.kind == part.kind
                and np.count_nonzero(each.cells) >= _LARGE_CELLS
                and _shared_area(near, each.box) > 0
            ]
            whole = [each for each in whole if not any(each is other for other in beside)]
            for each in beside:
                part = _union(each, part)
        whole.append(part)
    return whole


def _union(one: Candidate, other: Candidate) -> Candidate:
    cell = one.cell_px
    box = Box(
        min(one.box.left, other.box.left),
        min(one.box.top, other.box.top),
        max(one.box.right, other.box.right),
        max(one.box.bottom, other.box.bottom),
    )
    cells = np.zeros((-(-box.height_px // cell), -(-box.width_px // cell)), bool)
    for part in (one, other):
        top, left = (part.box.top - box.top) // cell, (part.box.left - box.left) // cell
        rows, columns = part.cells.shape
        cells[top : top + rows, left : left + columns] |= part.cells
    scores = {kind: max(score, other.scores[kind]) for kind, score in one.scores.items()}
    return Candidate(box, one.kind, scores, cells, cell)


def _bridged(fired: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gaps in the machine direction closed; the frame's border bridges nothing."""
    margin = _STREAK_GAP_CELLS // 2
    padded = cv2.copyMakeBorder(fired, margin, margin, 0, 0, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((_STREAK_GAP_CELLS, 1), np.uint8))
    return np.asarray(closed[margin:-margin], np.uint8)


def _give_to_nuisance(found: list[Candidate], thresholds: Mapping[str, float], height_px: int) -> tuple[Candidate, ...]:
    """A column that is wrong in every line explains nothing unless it is seen in nearly every line: a scratch along the
    machine looks alike.
    """
    nuisances = [
        candidate
        for candidate in found
        if is_nuisance(candidate.kind)
        and (not kind_of(candidate.kind).is_column or candidate.box.height_px >= _COLUMN_SHARE * height_px)
    ]
    if not nuisances:
        return tuple(found)
    return tuple(
        candidate
        for candidate in found
        if is_nuisance(candidate.kind) or not any(_explains(nuisance, candidate, thresholds) for nuisance in nuisances)
    )


def _explains(nuisance: Candidate, candidate: Candidate, thresholds: Mapping[str, float]) -> bool:
    """Half or more of the candidate lies in the nuisance's box, and the nuisance is much larger or the better name; of
    wrong columns the better name, for a pinhole may lie on one.

    The box is taken a cell wider: more precisely the network does not know where a tape or an ink dot ends.
    """
    if _shared_area(_wider(nuisance.box, nuisance.cell_px), candidate.box) < 0.5 * _area(candidate.box):
        return False
    if not kind_of(nuisance.kind).is_column and _area(nuisance.box) >= _SWALLOWS * _area(candidate.box):
        return True
    return nuisance.score / thresholds[nuisance.kind] >= candidate.score / thresholds[candidate.kind]


def _wider(box: Box, by_px: int) -> Box:
    return Box(box.left - by_px, box.top - by_px, box.right + by_px, box.bottom + by_px)


def _area(box: Box) -> int:
    return box.width_px * box.height_px


def _shared_area(one: Box, other: Box) -> int:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0, width) * max(0, height)
