"""Scratches and fibres: thin, often broken, seldom as contrasted at their ends as in their middle."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.vision.outline import outline, sides
from inspection.vision.tracing.background import Difference
from inspection.vision.tracing.psf import line_width_px

_STRAIGHT = 6.0
"""Times longer than wide from which a line is straight: followed along its axis; else it is a curl."""
_REACH_PX = 2
"""Blur carries a line's light so far aside."""
_WINDOW_PX = 9
"""Light is summed over so much length before it is called line or background."""
_END_GAP_PX = 24
"""A line that is interrupted for longer has ended; its next segment is another candidate's."""
_SIDE_WINDOW_PX = 15
"""The web beside a line is averaged over so much length."""
_SURE_SNR = 4.0
_END_LIGHT = 0.3
"""A line goes on where it gives so much of its middle's light; scratches run out thin."""
_FIVE = np.ones((5, 5), np.uint8)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, traced."""

    mask: NDArray[np.bool_]
    width_px: float
    area_px: float
    level_dn: float
    """Mean difference over the line's true area, freed from blur."""


def is_straight(mask: NDArray[np.bool_]) -> bool:
    """Much longer than wide, gaps and all.

    >>> is_straight(np.eye(40, dtype=bool)), is_straight(np.ones((9, 9), bool))
    (True, False)
    """
    if not mask.any():
        return False
    long_side, short_side = sides(outline(mask))
    return long_side >= _STRAIGHT * short_side


def trace_line(
    signal: Difference,
    mask: NDArray[np.bool_],
    searched: NDArray[np.bool_],
    *,
    noise_dn: float,
    most_dn: float,
    psf_sigma_px: float,
) -> Line:
    """Follow what stands out in `mask` to both its faint ends, and measure its width from its profile.

    signal: (height, width) difference, the line positive; searched: where the line may lie;
    most_dn: the largest difference that an object can have.
    """
    if is_straight(mask):
        traced, light, length_px, level = _straight(signal, mask, searched, noise_dn)
    else:
        traced, light, length_px, level = _curl(signal, mask)
    light = max(light, 0.2)
    # A profile is averaged in steps of a pixel, which blurs it once more.
    width_px = line_width_px(light / (length_px * level), math.hypot(psf_sigma_px, 0.29))
    area_px = max(width_px * length_px, light / most_dn)
    return Line(traced, area_px / length_px, area_px, light / area_px)


_Parts = tuple[NDArray[np.bool_], float, float, float]
"""Traced mask; summed light; length that is covered, in px; level of the ridge."""


def _straight(signal: Difference, mask: NDArray[np.bool_], searched: NDArray[np.bool_], noise_dn: float) -> _Parts:
    """Along a parabola through the mask: light across, summed for each pixel of length."""
    rows, columns = np.nonzero(mask)
    x, y = columns - columns.mean(), rows - rows.mean()
    angle = 0.5 * math.atan2(2.0 * float((x * y).mean()), float((x * x).mean() - (y * y).mean()))
    cos, sin = math.cos(angle), math.sin(angle)
    along, aside = x * cos + y * sin, y * cos - x * sin
    half_width = max(1.0, float(np.sqrt(np.mean((aside - aside.mean()) ** 2))) * 1.7)
    scale = max(float(np.abs(along).max()), 1.0)
    # A parabola needs a length to bend over; a mask one pixel wide across the line gives no slope either.
    degree = min(2 if scale > 20.0 else 1, np.unique(np.round(along, 3)).size - 1)
    bend = np.polyfit(along / scale, aside, degree)
    near_rows, near_columns = np.nonzero(searched)
    near_x, near_y = near_columns - columns.mean(), near_rows - rows.mean()
    place = near_x * cos + near_y * sin
    off = near_y * cos - near_x * sin - np.polyval(bend, place / scale)
    reach = half_width + _REACH_PX
    inside, beside = np.abs(off) <= reach, (np.abs(off) > reach + 1.0) & (np.abs(off) <= 2.0 * reach + 1.0)
    bins = np.floor(place - place[inside].min() + 0.5).astype(np.intp)
    count = int(bins[inside].max()) + 1
    at_side = _level_beside(bins[beside], signal[near_rows[beside], near_columns[beside]], count)
    bins, off, near_rows, near_columns = bins[inside], off[inside], near_rows[inside], near_columns[inside]
    values = signal[near_rows, near_columns].astype(np.float64) - at_side[bins]
    light = np.bincount(bins, values, count)
    pixels = np.bincount(bins, minlength=count).astype(np.float64)
    window = np.ones(min(_WINDOW_PX, count))
    summed, summed_pixels = np.convolve(light, window, "same"), np.convolve(pixels, window, "same")
    sure = summed > _SURE_SNR * noise_dn * np.sqrt(np.maximum(summed_pixels, 1.0))
    in_mask = mask[near_rows, near_columns]
    covered = np.zeros(count, bool)
    covered[bins[in_mask]] = True
    # The sum reaches beyond the line's end; its light does not.
    goes_on = sure & (np.convolve(light, np.ones(3) / 3.0, "same") > _END_LIGHT * float(np.median(light[covered])))
    covered = _joined(covered, goes_on)
    lobe, level = _main_lobe(off[covered[bins]], values[covered[bins]])
    length_px = float(np.count_nonzero(covered))
    traced = mask.copy()
    added = covered[bins] & (np.abs(off) <= 0.75)
    traced[near_rows[added], near_columns[added]] = True
    return traced, lobe * length_px, length_px, level


def _joined(covered: NDArray[np.bool_], goes_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`covered`, and what goes on from there without a gap that is too wide.

    >>> _joined(np.array([1, 0, 0], bool), np.array([0, 1, 0], bool)).tolist()
    [True, True, False]
    """
    places = np.flatnonzero(covered)
    first, last = int(places[0]), int(places[-1])
    for place in np.flatnonzero(goes_on[last:]) + last:
        if place - last > _END_GAP_PX:
            break
        last = int(place)
    for place in np.flatnonzero(goes_on[:first])[::-1]:
        if first - place > _END_GAP_PX:
            break
        first = int(place)
    reached = np.zeros_like(covered)
    reached[first : last + 1] = True
    return covered | (goes_on & reached)


def _level_beside(bins: NDArray[np.intp], values: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """(count,) mean of the web on both sides of each step of the line's length: what mottle adds to it."""
    shown = (bins >= 0) & (bins < count)
    window = np.ones(_SIDE_WINDOW_PX)
    total = np.convolve(np.bincount(bins[shown], values[shown], count), window)
    pixels = np.convolve(np.bincount(bins[shown], minlength=count).astype(np.float64), window)
    middle = slice(_SIDE_WINDOW_PX // 2, _SIDE_WINDOW_PX // 2 + count)
    return np.asarray(total[middle] / np.maximum(pixels[middle], 1.0))


def _main_lobe(off: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, float]:
    """(sum, peak) of the mean profile across a line, its ridges of the other sign left out.

    off: distance from the line in px, signed; values: the signal there.
    """
    bins = np.floor(off - off.min() + 0.5).astype(np.intp)
    pixels = np.bincount(bins)
    profile = np.bincount(bins, values) / np.maximum(pixels, 1)
    first = last = peak = int(profile.argmax())
    while first > 0 and profile[first - 1] > 0.0:
        first -= 1
    while last < len(profile) - 1 and profile[last + 1] > 0.0:
        last += 1
    return float(profile[first : last + 1].sum()), max(float(profile[peak]), 0.2)


def _curl(signal: Difference, mask: NDArray[np.bool_]) -> _Parts:
    """Its length is half its outline; its level that of its ridge: the pixels not below both neighbours across."""
    grey = mask.astype(np.uint8)
    contours, _ = cv2.findContours(grey, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length_px = sum(max(cv2.arcLength(contour, True) / 2.0, 1.0) for contour in contours)
    padded = np.pad(signal, 1, mode="edge")
    is_ridge = np.zeros(mask.shape, bool)
    for before, after in (
        (padded[1:-1, :-2], padded[1:-1, 2:]),
        (padded[:-2, 1:-1], padded[2:, 1:-1]),
    ):
        is_ridge |= (signal >= before) & (signal >= after)
    ridge = signal[is_ridge & mask]
    level = max(float(np.percentile(ridge if ridge.size else signal[mask], 75)), 0.2)
    return mask, float((signal * cv2.dilate(grey, _FIVE)).sum()), length_px, level
