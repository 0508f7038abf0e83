"""What blur does to small objects, and how to undo it for areas and widths.

An object narrower than the blur does not reach its full contrast, so the summed difference divided by the peak
overstates its size. For a Gaussian of `sigma_px` and a uniform object the factor is known:
a disc of diameter D peaks at 1 - exp(-D^2 / (8 sigma^2)), a line of width w at erf(w / (2 sqrt(2) sigma)).
"""

from functools import lru_cache
from math import erf, exp, pi, sqrt

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
