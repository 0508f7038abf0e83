"""What blur does to small objects, and how to undo it for areas and widths.

An object narrower than the blur does not reach its full contrast, so the summed difference divided by the peak
overstates its size. For a Gaussian of `sigma_px` and a uniform object the factor is known:
a disc of diameter D peaks at 1 - exp(-D^2 / (8 sigma^2)), a line of width w at erf(w / (2 sqrt(2) sigma)).
Where the sensor saturates the peak is not known: then the flanks tell, see `saturated_disc`.
"""

from functools import lru_cache
from math import erf, exp, pi, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

_LARGEST_SIGMAS = 16.0
"""Beyond this diameter or width, in sigmas, blur changes nothing."""


@lru_cache(maxsize=8)
def _disc_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    diameter = np.linspace(0.05, _LARGEST_SIGMAS, 640)
    peak = np.array([1.0 - exp(-d * d / 8.0) for d in diameter])
    return pi / 4.0 * diameter**2 / peak, diameter


@lru_cache(maxsize=8)
def _line_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width = np.linspace(0.05, _LARGEST_SIGMAS, 640)
    peak = np.array([erf(w / (2.0 * sqrt(2.0))) for w in width])
    return width / peak, width


def disc_area_px(sum_over_peak_px: float, sigma_px: float) -> float:
    """True area of a disc whose summed difference divided by its peak is `sum_over_peak_px`.

    >>> seen = 4.909 / (1 - exp(-(2.5**2) / (8 * 0.75**2)))  # a disc of 2.5 px, blurred
    >>> round(disc_area_px(seen, 0.75), 1)
    4.9
    """
    seen, diameter = _disc_table()
    relative = sum_over_peak_px / sigma_px**2
    if relative >= seen[-1]:
        return sum_over_peak_px
    return float(pi / 4.0 * (np.interp(relative, seen, diameter) * sigma_px) ** 2)


def line_width_px(sum_over_peak_px: float, sigma_px: float) -> float:
    """True width of a line whose profile's sum divided by its peak is `sum_over_peak_px`.

    >>> seen = 1.2 / erf(1.2 / (2 * sqrt(2) * 0.75))  # a line of 1.2 px, blurred
    >>> round(line_width_px(seen, 0.75), 1)
    1.2
    """
    seen, width = _line_table()
    relative = sum_over_peak_px / sigma_px
    if relative >= seen[-1]:
        return sum_over_peak_px
    return float(np.interp(relative, seen, width) * sigma_px)


_FINE = 8
"""Steps of a radial profile in a pixel."""
_REACH_PX = 6
_DIAMETERS_PX = tuple(0.5 + 0.25 * step for step in range(31))


@lru_cache(maxsize=8)
def _profiles(sigma_px: float) -> NDArray[np.float64]:
    """(diameters, radii) of blurred discs of height 1, radius in steps of 1 / _FINE px from 0."""
    half = (_REACH_PX + 2) * _FINE
    y, x = np.mgrid[-half : half + 1, -half : half + 1] / _FINE
    radius = np.hypot(x, y)
    rows = []
    for diameter in _DIAMETERS_PX:
        disc = np.clip((diameter / 2.0 - radius) * _FINE + 0.5, 0.0, 1.0)
        rows.append(cv2.GaussianBlur(disc, (0, 0), sigma_px * _FINE)[half, half:])
    return np.stack(rows)


def saturated_disc(signal: NDArray[np.float32], clip_dn: float, most_dn: float, sigma_px: float) -> tuple[float, float]:
    """(area in px, height in DN) of the disc whose blurred and clipped picture fits best.

    signal: (rows, columns) difference to the background, of one small object; clip_dn: from where on it saturates;
    most_dn: no object is higher.

    >>> y, x = np.mgrid[-6:7, -6:7]
    >>> point = 400.0 * np.exp(-(x**2 + y**2) / (2 * 0.75**2))  # a glint's light, far beyond saturation
    >>> area, _ = saturated_disc(np.minimum(point, 150.0).astype(np.float32), 149.0, 500.0, 0.75)
    >>> area < 3.0
    True
    """
    rows, columns = np.nonzero(signal > 0.25 * clip_dn)
    weights = signal[rows, columns]
    y, x = np.average(rows, weights=weights), np.average(columns, weights=weights)
    grid_y, grid_x = np.mgrid[: signal.shape[0], : signal.shape[1]]
    radius = np.hypot(grid_y - y, grid_x - x)
    near = radius < _REACH_PX
    seen, position = signal[near].astype(np.float64), radius[near] * _FINE
    free = seen < clip_dn
    best = (np.inf, 0.0, 0.0)
    for diameter, profile in zip(_DIAMETERS_PX, _profiles(sigma_px), strict=True):
        model = np.interp(position, np.arange(profile.size), profile)
        height = float(model[free] @ seen[free]) / max(float(model[free] @ model[free]), 1e-9)
        # What saturates has at least that height.
        height = min(max(height, clip_dn), most_dn)
        error = float(np.square(np.minimum(height * model, clip_dn) - np.minimum(seen, clip_dn)).sum())
        if error < best[0]:
            best = (error, diameter, height)
    return pi / 4.0 * best[1] ** 2, best[2]
