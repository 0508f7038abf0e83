"""How well an object can be seen against the web's texture: the matched filter in coloured noise."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camera.web.materials import Surface
from camera.web.sensor import noise_sigma_dn
from camera.web.texture import Field, plate_power, power, transfer

_MARGIN_PX = 32
_STEP_PX = 64
"""Grids are whole multiples of this, so that few different ones are needed."""
_DRYING_MM = 15.0
_STREAK_MD_MM, _STREAK_CD_MM = 3000.0, 1.6


class Visibility:
    """Visibility of objects on one surface under one camera."""

    def __init__(self, surface: Surface, pitch_um: float, psf_px: float) -> None:
        self._surface, self._pitch_um, self._psf_px = surface, pitch_um, psf_px
        self.sensor_dn = noise_sigma_dn(min(surface.level_dn, 255.0))
        """Deviation of a pixel by the sensor alone."""
        self.noise_power = lru_cache(maxsize=16)(self._noise_power)
        """(rows, columns) to (rows, columns / 2 + 1) DN^2; the mean over the whole plane is a pixel's variance."""

    def snr(self, difference_dn: Field) -> float:
        """sqrt(sum over frequencies of |D|^2 / N): D the spectrum of the noise-free difference image (lines, columns)
        in DN, N the power spectrum of texture and sensor noise (Van Trees, Detection, Estimation, and Modulation
        Theory I, section 4.3). A soft spot as large as the mottle scores low, however many pixels it covers.
        """
        rows, columns = (-(-(size + _MARGIN_PX) // _STEP_PX) * _STEP_PX for size in difference_dn.shape)
        spectrum = np.fft.rfft2(difference_dn, s=(rows, columns))
        density = (spectrum.real**2 + spectrum.imag**2) / self.noise_power(rows, columns)
        # Half of the plane is left away for a real image; its first and last columns are there once.
        total = 2.0 * float(density.sum()) - float(density[:, 0].sum()) - float(density[:, -1].sum())
        return float(np.sqrt(total / (rows * columns)))

    def _noise_power(self, rows: int, columns: int) -> NDArray[np.float32]:
        surface = self._surface
        fy = np.fft.fftfreq(rows).astype(np.float32)[:, None]
        fx = np.fft.rfftfreq(columns).astype(np.float32)[None, :]
        pitch_mm = self._pitch_um / 1000.0
        relative = plate_power(surface, self._pitch_um, fy, fx) * transfer(self._psf_px, fy, fx) ** 2
        relative += surface.drying_cv**2 * power(_DRYING_MM / pitch_mm, _DRYING_MM / pitch_mm, 3.0, fy, fx)
        relative += surface.streak_cv**2 * power(_STREAK_MD_MM / pitch_mm, _STREAK_CD_MM / pitch_mm, 3.0, fy, fx)
        level = min(surface.level_dn, 255.0)
        return np.asarray(relative * level**2 + self.sensor_dn**2, np.float32)
