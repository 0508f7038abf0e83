"""The light: its profile across the web, its drift along it (numbers note, section 4.5)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.column_marks import ColumnMark, column_gain


class Illumination:
    """Gain across (columns) and along (lines) of lamp and lens; the mean over the field is about 1."""

    def __init__(
        self,
        width_px: int,
        pitch_um: float,
        is_corrected: bool,
        seed: int,
        marks: Sequence[ColumnMark] = (),
        error: float = 1.0,
    ) -> None:
        """`marks`: dust on the lens (N08) lies in the light's way; others are none of the light's. `error`: so many
        times as much as usual does the light ripple.
        """
        rng = np.random.default_rng([seed, 21])
        x_mm = (np.arange(width_px) + 0.5) * pitch_um / 1000.0
        residue = error * (0.7 / 3.0 if is_corrected else 1.0)
        ripple = np.zeros(width_px)
        for _ in range(3):
            period_mm, phase = rng.uniform(10.0, 25.0), rng.uniform(0.0, 2.0 * np.pi)
            ripple += 0.03 / np.sqrt(1.5) * rng.uniform(0.4, 1.0) * np.cos(2.0 * np.pi * x_mm / period_mm + phase)
        half_angle = np.deg2rad(20.0) * (2.0 * (np.arange(width_px) + 0.5) / width_px - 1.0)
        vignetting = np.ones(width_px) if is_corrected else np.cos(half_angle) ** 4
        self.columns: NDArray[np.float32] = (vignetting * (1.0 + residue * ripple)).astype(np.float32)
        """(width_px,)"""
        self.columns *= column_gain(marks, "N08", width_px)
        self._jitter_seed = int(rng.integers(2**62))
        self._drift_seed = int(rng.integers(2**62))
        self._pitch_m = pitch_um * 1e-6

    def lines(self, first_line: int, count: int) -> NDArray[np.float32]:
        """(count,) gain of each line: 0.2 % from line to line, 1 % over some 50 m."""
        line = np.arange(first_line, first_line + count, dtype=np.int64)
        jitter = 0.002 * lattice.normal(self._jitter_seed, line)
        drift = 0.01 * lattice.smooth(self._drift_seed, line * (self._pitch_m / 50.0))
        return (1.0 + jitter + drift).astype(np.float32)
