"""What stands out in a search area: smoothed just enough, and cut at half its contrast."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.vision.tracing.background import Difference, Surroundings, blurred, median, noise_of

CLEAR_SNR = 12.0
"""SNR of a pixel from which on it needs no smoothing."""
SURE_SNR = 4.0
"""Least SNR of what belongs to an object, after smoothing."""
SMALL_PX = 40
"""Below this many pixels, area is summed light instead of counted pixels."""
_BRIGHTEST = 5.0
"""Largest difference of foil and glints from a coating, in times its grey value; of dark objects it is once."""
_LEAST_CLIP_DN = 5.0
"""On bare foil next to nothing is left up to saturation."""
_SATURATED_DN = 245.0
"""Grey values from here on may be clipped: 255, less what a flat-field takes off."""
THREE, FIVE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_FLANKS, _RELIEF_FLANKS = 0.6, 0.3
"""Least ratio of the weaker to the stronger flank, dark or bright, of one object with a lit and a shaded flank; the
second number is for kinds that are known for it."""
_FLANK_SNR = 8.0
"""Least SNR of the weaker flank, for kinds that are not known for flanks: noise does not reach it."""
_PART_OF_LARGEST = 0.2
"""Least share of the largest part's light that makes a separate part an object of its own."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What stands out in a search area."""

    mask: NDArray[np.bool_]
    searched: NDArray[np.bool_]
    """Where the object may lie."""
    signal: Difference
    """Difference, turned so that the object is positive."""
    most_dn: float
    """Largest difference from its background that an object can have."""
    sign: float
    noise_dn: float
    """Deviation of single pixels."""
    clip_dn: float
    """Difference from which on it may be the sensor that ends the signal."""


def stands_out(
    around: Surroundings,
    searched: NDArray[np.bool_],
    blurs_px: tuple[float, ...],
    least_snr: float,
    *,
    is_relief: bool = False,
) -> Trace | None:
    """Smooth just enough to see the object, then cut at half its contrast; of a relief, each flank at half its own."""
    best: tuple[float, Difference, float] | None = None
    noise_dn = noise_of(around.ring, 0.0)
    for blur_px in blurs_px:
        smooth = blurred(around.difference, blur_px)
        noise = noise_dn if blur_px == 0.0 else noise_of(around.ring, blur_px)
        snr = float((np.abs(smooth) * searched).max()) / noise
        if best is None or snr > 1.2 * best[0]:
            best = (snr, smooth, noise)
        if snr >= CLEAR_SNR:
            break
    if best is None or best[0] < least_snr:
        return None
    _, smooth, noise = best
    values = smooth * searched
    # Of both signs the one with more light: a glint on a stain doesn't make it bright.
    clear = np.abs(values) > SURE_SNR * noise
    sign = 1.0 if float(values[clear].sum()) >= 0.0 else -1.0
    signal = np.asarray(values * np.float32(sign), np.float32)
    share, snr = (_RELIEF_FLANKS, SURE_SNR) if is_relief else (_FLANKS, _FLANK_SNR)
    has_flanks = -float(signal.min()) > max(share * float(signal.max()), snr * noise)
    if not has_flanks:
        mask = _above_half(signal, noise)
    elif is_relief:
        mask = _above_half(signal, noise) | _above_half(-signal, noise)
    else:
        # Light on one flank and shadow on the other: both belong to it.
        mask = _above_half(np.abs(signal), noise)
    full = around.difference * searched * np.float32(sign)
    if has_flanks:
        full = np.abs(full)
    return Trace(mask, searched, full, most_dn_of(around, sign), sign, noise_dn, clip_dn_of(around, sign))


def _above_half(signal: Difference, noise_dn: float) -> NDArray[np.bool_]:
    """Where an object, which is positive, reaches half of its usual height."""
    level = float(signal.max())
    mask = signal > max(0.5 * level, 3.0 * noise_dn)
    for _ in range(3):
        if int(np.count_nonzero(mask)) < SMALL_PX // 4:
            break
        level = median(signal[mask])
        mask = signal > max(0.5 * level, 3.0 * noise_dn)
    return np.asarray(mask, bool)


def most_dn_of(around: Surroundings, sign: float) -> float:
    """Largest difference from its background that an object can have."""
    return max(around.background_dn, 1.0) * (_BRIGHTEST if sign > 0.0 else 1.0)


def clip_dn_of(around: Surroundings, sign: float) -> float:
    """Difference from the background from which on it may be the sensor that ends the signal."""
    return max(_SATURATED_DN - around.background_dn, _LEAST_CLIP_DN) if sign > 0.0 else math.inf


def parts_of(trace: Trace, *, is_thin: bool, is_relief: bool) -> list[NDArray[np.bool_]]:
    """Objects in the mask: gaps of a pixel closed; all parts of a line are one object, and so is what lies between the
    flanks of a relief.
    """
    closed = cv2.morphologyEx(trace.mask.astype(np.uint8), cv2.MORPH_CLOSE, THREE)
    count, labels = cv2.connectedComponents(closed, connectivity=8)
    if count <= 1:
        return []
    light = np.bincount(labels.ravel(), np.maximum(trace.signal, 0.0).ravel(), count)[1:]
    pixels = np.bincount(labels.ravel(), minlength=count)[1:]
    snr = light / np.sqrt(pixels) / trace.noise_dn
    least = (0.02 if is_thin else _PART_OF_LARGEST) * float(light.max())
    kept = [index + 1 for index in range(count - 1) if light[index] >= least and snr[index] >= SURE_SNR]
    if not kept:
        kept = [int(light.argmax()) + 1]
    if is_thin:
        return [np.isin(labels, kept)]
    if is_relief:
        hull = cv2.convexHull(np.argwhere(np.isin(labels, kept))[:, ::-1].astype(np.int32))
        return [np.asarray(cv2.fillConvexPoly(np.zeros(labels.shape, np.uint8), hull, 1), bool)]
    return [labels == label for label in kept]
