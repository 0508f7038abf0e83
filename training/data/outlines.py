"""Outlines of labels, `x, y, x, y, ...` in px, closed from the last corner to the first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_SLIP = 0.01
"""Part of the area that a loop has when it is more than the pen's slip at a corner."""
_SLIP_PX = 1.0


def loop_area(outline: Sequence[float]) -> float:
    """Area that the outline goes round, in px; loops that go the other way round count against it (shoelace formula).

    >>> loop_area([0, 0, 4, 0, 4, 2, 0, 2])
    8.0
    """
    return abs(_signed_area(_corners(outline)))


def is_crossing(outline: Sequence[float]) -> bool:
    """Whether the outline crosses itself: it has loops of its own, other than slips of less than a pixel or of 1 %.

    >>> is_crossing([0, 0, 9, 9, 9, 0, 0, 9]), is_crossing([0, 0, 9, 0, 9, 9, 0, 9])
    (True, False)
    """
    points = _corners(outline)
    for one, other, where in _crossings(points):
        # Between two visits of one place lies a loop; the rest of the outline is another.
        loop = abs(_signed_area(np.concatenate([where[np.newaxis], points[one + 1 : other + 1]])))
        rest = abs(_signed_area(np.concatenate([points[: one + 1], where[np.newaxis], points[other + 1 :]])))
        if min(loop, rest) > max(_SLIP_PX, _SLIP * (loop + rest)):
            return True
    return False


def _corners(outline: Sequence[float]) -> NDArray[np.float64]:
    """(corners, 2) without those that stand where the one before does."""
    points = np.array(outline, np.float64).reshape(-1, 2)
    before = np.concatenate([points[-1:], points[:-1]])
    return np.asarray(points[(points != before).any(axis=1)], np.float64)


def _signed_area(points: NDArray[np.float64]) -> float:
    if len(points) < 3:
        return 0.0
    x, y = (points - points[0]).T
    return float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:]) + x[-1] * y[0] - y[-1] * x[0]) / 2.0


def _crossings(points: NDArray[np.float64]) -> list[tuple[int, int, NDArray[np.float64]]]:
    """Pairs of sides, by the numbers of their first corners, that cross, and where.

    Where sides touch they do not cross: a hole is drawn by a way there and back.
    """
    sides = np.concatenate([points[1:], points[:1]]) - points
    found: list[tuple[int, int, NDArray[np.float64]]] = []
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        apart = points[np.newaxis] - points[rows, np.newaxis]
        across = _cross(sides[rows, np.newaxis], sides[np.newaxis])
        with np.errstate(divide="ignore", invalid="ignore"):
            along = _cross(apart, sides[np.newaxis]) / across
            other = _cross(apart, sides[rows, np.newaxis]) / across
        meets = (along > 0.0) & (along < 1.0) & (other > 0.0) & (other < 1.0)
        for row, column in np.argwhere(meets):
            one, two = int(row) + start, int(column)
            if one < two:
                found.append((one, two, points[one] + along[row, column] * sides[one]))
    return found


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0], np.float64)
