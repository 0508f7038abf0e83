"""The line sensor: column gains and offsets, shot and read noise, quantisation (numbers note, section 4.5)."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.column_marks import ColumnMark, column_gain, column_offset_dn

FULL_WELL_E = 20_000.0
"""Electrons at 255 DN."""
READ_NOISE_E = 35.0
_DN_PER_E = 255.0 / FULL_WELL_E
_NOISE_SAMPLES = 1 << 22
_NOISE_LINES = 32
"""Lines that share one place in the noise store."""


def noise_sigma_dn(level_dn: float) -> float:
    """Deviation of a pixel at that level, 8-bit DN, rounding to whole DN included.

    >>> round(noise_sigma_dn(62.0), 2)
    1.04
    """
    return float(np.sqrt(level_dn * _DN_PER_E + (READ_NOISE_E * _DN_PER_E) ** 2 + 1.0 / 12.0))


class Sensor:
    """Turns exposed lines, in 8-bit DN, into grey levels."""

    def __init__(
        self,
        width_px: int,
        bit_depth: int,
        is_corrected: bool,
        seed: int,
        marks: Sequence[ColumnMark] = (),
        error: float = 1.0,
    ) -> None:
        """`marks`: columns that are corrected wrongly, dead or hot (N07); others are none of the sensor's. `error`: so
        many times as much as usual do columns differ.
        """
        rng = np.random.default_rng([seed, 31])
        prnu, dsnu_dn, step_dn, offset_dn = (0.004, 0.3, 0.2, 0.0) if is_corrected else (0.012, 0.8, 0.4, 3.0)
        taps = np.repeat(rng.standard_normal(-(-width_px // 1024)), 1024)[:width_px] * step_dn
        self.column_gain: NDArray[np.float32] = (1.0 + error * prnu * rng.standard_normal(width_px)).astype(np.float32)
        """(width_px,)"""
        self.column_offset_dn: NDArray[np.float32] = (
            offset_dn + error * (taps + dsnu_dn * rng.standard_normal(width_px))
        ).astype(np.float32)
        """(width_px,)"""
        self.column_gain *= column_gain(marks, "N07", width_px)
        self.column_offset_dn += column_offset_dn(marks, width_px)
        self._scale = float(2 ** (bit_depth - 8))
        self._limit = 2**bit_depth - 1
        # Cut off after the comma, a value is rounded if half a grey level was added to it.
        self._rounded_offset_dn = self.column_offset_dn + np.float32(0.5 / self._scale)
        self._seed = int(rng.integers(2**62))
        self._noise = rng.standard_normal(_NOISE_SAMPLES + _NOISE_LINES * width_px, dtype=np.float32)

    def expose(
        self, exposed: NDArray[np.float32], first_line: int, out: NDArray[np.uint8] | NDArray[np.uint16]
    ) -> None:
        """Write the grey levels of `exposed` (lines, width_px) into `out` of the same shape; `exposed` is used up."""
        width = exposed.shape[1]
        for first in range(0, exposed.shape[0], _NOISE_LINES):
            rows = slice(first, first + _NOISE_LINES)
            self._expose_group(exposed[rows], self._noise_of((first_line + first) // _NOISE_LINES, width), out[rows])

    def _expose_group(
        self, exposed: NDArray[np.float32], noise: NDArray[np.float32], out: NDArray[np.uint8] | NDArray[np.uint16]
    ) -> None:
        # So few lines stay in the processor's cache from one step to the next.
        spread = np.maximum(exposed, np.float32(0.0))
        spread *= np.float32(_DN_PER_E * self._scale**2)
        spread += np.float32((READ_NOISE_E * _DN_PER_E * self._scale) ** 2)
        cv2.sqrt(spread, dst=spread)
        spread *= noise
        exposed += self._rounded_offset_dn
        if self._scale != 1.0:
            exposed *= np.float32(self._scale)
        exposed += spread
        np.clip(exposed, 0.0, self._limit, out=exposed)
        np.copyto(out, exposed, casting="unsafe")

    def _noise_of(self, group: int, width: int) -> NDArray[np.float32]:
        """(_NOISE_LINES, width) of deviation 1."""
        start = int(lattice.uniform(self._seed, np.array([group]))[0] * _NOISE_SAMPLES)
        return self._noise[start : start + _NOISE_LINES * width].reshape(_NOISE_LINES, width)
