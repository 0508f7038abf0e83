"""What the web would look like without the object: the local background of a candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box

_RING_LINES = 32
"""Lines of background taken above and below; the layout does not change along the machine direction."""
_RING_COLUMNS = 12
"""Columns of background taken left and right where an object fills all lines."""
_LEAST_LINES = 10
_FAR_LINES, _FAR_STEP = 320, 6
"""For a line: every so many lines as far above and below; what was not seen of it seldom fills half of them."""
Difference = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A candidate's search area with the background taken off."""

    area: Box
    """In (possibly reduced) pixels of the frame."""
    difference: Difference
    """(area height, area width) pixel minus background."""
    background_dn: float
    """Median background in the area."""
    ring: Difference
    """The same difference where only background is; a sample of the texture."""


def surroundings(image: NDArray[np.uint8], area: Box, lines: Sequence[Box] | None = None) -> Surroundings:
    """Take a background off that is constant along each column, except for a slow linear drift.

    So lane borders, coating edges and streaks that run along the web are background, wherever they cross the area.
    A scratch along the web must not be: where `lines` is given (the boxes of all segments of lines in the frame), the
    columns are taken from far more of the web, other segments left out.
    Where the area fills (nearly) all lines, the background is drawn straight from its left to its right instead.
    """
    height, width = image.shape
    top, bottom = max(0, area.top - _RING_LINES), min(height, area.bottom + _RING_LINES)
    above = image[top : area.top, area.left : area.right]
    below = image[area.bottom : bottom, area.left : area.right]
    inside = image[area.top : area.bottom, area.left : area.right].astype(np.float32)
    if len(above) + len(below) < _LEAST_LINES:
        return _between_sides(image, area, inside, width)
    grey = np.concatenate([above, below])
    sample = grey
    if lines is not None:
        free = _free_lines(area, lines, height)
        sample = image[free, area.left : area.right] if len(free) >= _LEAST_LINES else grey
    columns = np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2].astype(np.float32)
    ring = grey - columns
    # Grey values are whole numbers, so a median is off by up to a half: average what lies near it.
    bound = np.float32(3.0 * noise_of(ring, 0.0))
    off = sample - columns
    is_near = np.abs(off) <= bound
    shift = (off * is_near).sum(axis=0) / np.maximum(np.count_nonzero(is_near, axis=0), 1).astype(np.float32)
    columns += shift
    ring -= shift
    near = np.clip(ring, -bound, bound)
    background = columns[np.newaxis, :]
    if len(above) >= _LEAST_LINES and len(below) >= _LEAST_LINES:
        apart = (bottom - top + area.height_px) / 2.0
        rise = float(near[len(above) :].mean() - near[: len(above)].mean()) / apart
        middle = (area.top + area.bottom - 1) / 2.0
        slope = np.arange(area.top - middle, area.bottom - middle, dtype=np.float32) * np.float32(rise)
        background = background + slope[:, np.newaxis]
    return Surroundings(area, inside - background, float(median(columns)), ring)


def _free_lines(area: Box, lines: Sequence[Box], height: int) -> NDArray[np.intp]:
    """Some lines of the frame above and below the area, in which no segment of a line lies in its columns."""
    is_free = np.ones(height, bool)
    is_free[area.top : area.bottom] = False
    for box in lines:
        if box.left < area.right and area.left < box.right:
            is_free[box.top : box.bottom] = False
    first = max(0, area.top - _FAR_LINES)
    return np.flatnonzero(is_free[first : area.bottom + _FAR_LINES])[::_FAR_STEP] + first


def median(values: NDArray[Any]) -> float:
    """The upper median; several times faster than NumPy's on a few thousand values.

    >>> median(np.array([3, 1, 2]))
    2.0
    """
    flat = values.ravel()
    return float(np.partition(flat, len(flat) // 2)[len(flat) // 2])


def noise_of(ring: Difference, blur_px: float) -> float:
    """Standard deviation of the texture after a blur, by the median of absolute values, so that outliers don't count.

    Never below a fifth of a grey value: a flat area is quantised, not noiseless.
    """
    return max(0.2, 1.4826 * median(np.abs(blurred(ring, blur_px))))


def blurred(values: Difference, blur_px: float) -> Difference:
    """Gaussian blur; none for 0."""
    if blur_px == 0.0:
        return values
    return np.asarray(cv2.GaussianBlur(values, (0, 0), blur_px, borderType=cv2.BORDER_REFLECT), np.float32)


def _between_sides(image: NDArray[np.uint8], area: Box, inside: Difference, width: int) -> Surroundings:
    rows = slice(area.top, area.bottom)
    left = image[rows, max(0, area.left - _RING_COLUMNS) : area.left]
    right = image[rows, area.right : min(width, area.right + _RING_COLUMNS)]
    sides = [strip for strip in (left, right) if strip.size]
    if not sides:
        level = float(np.median(inside))
        return Surroundings(area, inside - np.float32(level), level, inside - np.float32(level))
    levels = [float(np.mean(strip)) for strip in sides]
    slope = np.linspace(levels[0], levels[-1], area.width_px, dtype=np.float32)
    ring = np.concatenate(
        [strip.astype(np.float32) - np.float32(level) for strip, level in zip(sides, levels, strict=True)], axis=1
    )
    return Surroundings(area, inside - slope[np.newaxis, :], float(np.mean(levels)), ring)
