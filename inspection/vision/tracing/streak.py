"""Streaks along the machine direction: a few percent of contrast, seen only when lines are averaged."""

import math

import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate, Region

_MARGIN_PX = 40
"""Columns of background on either side of the candidate."""
_LEAST_SNR = 4.0


def trace_streak(image: NDArray[np.uint8], candidate: Candidate) -> Region | None:
    """Average the candidate's lines into one profile and cut that at half contrast; None if nothing stands out."""
    box, cell = candidate.box, candidate.cell_px
    left, right = max(0, box.left - _MARGIN_PX), min(image.shape[1], box.right + _MARGIN_PX)
    profile = image[box.top : box.bottom, left:right].mean(axis=0, dtype=np.float32).astype(np.float64)
    inner = slice(max(0, box.left - cell - left), min(len(profile), box.right + cell - left))
    outside = np.ones(len(profile), bool)
    outside[inner] = False
    if np.count_nonzero(outside) < 8:
        return None
    columns = np.arange(len(profile), dtype=np.float64)
    background = _straight(columns, profile, outside)
    difference = profile - background
    noise = max(1.4826 * float(np.median(np.abs(difference[outside]))), 0.02)
    window = difference[inner]
    peak = int(np.abs(window).argmax())
    sign = 1.0 if window[peak] >= 0.0 else -1.0
    signal = sign * difference
    peak += inner.start
    level = float(signal[max(0, peak - 1) : peak + 2].mean())
    if level < _LEAST_SNR * noise:
        return None
    first, last = peak, peak
    while first > inner.start and signal[first - 1] > 0.5 * level:
        first -= 1
    while last < inner.stop - 1 and signal[last + 1] > 0.5 * level:
        last += 1
    # Where the profile crosses half contrast, between two columns.
    from_px = first - _fraction(signal, first, first - 1, 0.5 * level)
    to_px = last + 1 + _fraction(signal, last, last + 1, 0.5 * level)
    width_px = max(to_px - from_px - 1.0, 0.2)
    weights = signal[first : last + 1]
    lines = box.height_px
    pixel_noise = max(float(np.std(image[box.top : box.bottom : 4, left:right][:, outside])), 0.2)
    return Region(
        candidate,
        Box(left + first, box.top, left + last + 1, box.bottom),
        np.ones((lines, last + 1 - first), bool),
        width_px * lines,
        width_px,
        left + float(weights @ columns[first : last + 1]) / float(weights.sum()) + 0.5,
        box.top + lines / 2.0,
        sign * float(weights.mean()),
        float(background[peak]),
        float(weights.mean()) * math.sqrt(lines * len(weights)) / pixel_noise,
    )


def _straight(
    columns: NDArray[np.float64], profile: NDArray[np.float64], outside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """A straight line through the profile beside the streak, twice, the second time without outliers."""
    chosen = outside
    for _ in range(2):
        slope, offset = np.polyfit(columns[chosen], profile[chosen], 1)
        line = slope * columns + offset
        deviation = np.abs(profile - line)
        spread = float(np.median(deviation[outside]))
        chosen = outside & (deviation <= max(4.0 * spread, 0.1))
        if np.count_nonzero(chosen) < 8:
            break
    return np.asarray(line)


def _fraction(signal: NDArray[np.float64], inside: int, outside: int, cut: float) -> float:
    """How far beyond the centre of the pixel `inside` the signal falls to `cut`, 0..1, plus half a pixel."""
    if not 0 <= outside < len(signal) or signal[inside] <= signal[outside]:
        return 0.5
    return float(np.clip((signal[inside] - cut) / (signal[inside] - signal[outside]), 0.0, 1.0))
