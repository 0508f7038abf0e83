"""Where on the web each line of the camera lies: weave, encoder errors, smear (numbers note, section 4.5).

Everything is a function of the line's number or of a place on the web, so that any line can be asked for.
"""

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.settings import Motion
from camera.web.texture import Field

_SLOW_HZ, _QUICK_HZ = 0.2, 3.0
_OFFSET_STEPS = 1024
"""Strobe-multiplexed views have lines of their own between those of the others, each with its own encoder noise."""


class Track:
    """The way of one web past one camera. All positions in mm."""

    def __init__(self, motion: Motion, pitch_mm: float, line_offset: float, seed: int) -> None:
        rng = np.random.default_rng([seed, 71])
        self._motion, self._pitch_mm, self._line_offset = motion, pitch_mm, line_offset
        self._slow_phase, self._quick_phase, self._roller_phase = (float(p) for p in rng.uniform(0.0, 2.0 * np.pi, 3))
        self._seed = int(rng.integers(2**62))
        mm_per_s = motion.speed_m_per_min * 1000.0 / 60.0
        self._slow, self._quick = (2.0 * np.pi * hz / mm_per_s for hz in (_SLOW_HZ, _QUICK_HZ))
        self._round = 2.0 / motion.encoder_roller_mm

    @property
    def most_weave_mm(self) -> float:
        """The web never lies farther aside."""
        return self._motion.slow_weave_mm + self._motion.quick_weave_mm

    @property
    def smear_px(self) -> float:
        """The deviation of the box over which a line is exposed, in lines."""
        return self._motion.exposure_lines / float(np.sqrt(12.0))

    def weave_mm(self, md_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much the web lies to the right when those places of it pass the camera."""
        slow = self._motion.slow_weave_mm * np.sin(self._slow * md_mm + self._slow_phase)
        return np.asarray(slow + self._motion.quick_weave_mm * np.sin(self._quick * md_mm + self._quick_phase))

    def md_mm(self, first_line: int, lines: int) -> NDArray[np.float64]:
        """(lines,) place on the web of the middle of each line, encoder errors included."""
        number = np.arange(first_line, first_line + lines, dtype=np.int64)
        true = np.asarray((number + (0.5 + self._line_offset)) * self._pitch_mm, np.float64)
        step = number * _OFFSET_STEPS + round(self._line_offset * _OFFSET_STEPS)
        noise = self._motion.encoder_noise_um * 1e-3 * lattice.normal(self._seed, step)
        return np.asarray(true + self._roller_mm(true) + noise)

    def line(self, md_mm: float) -> float:
        """The line, and part of it, at which a place of the web passes; without the noise from line to line."""
        return float((md_mm - self._roller_mm(md_mm)) / self._pitch_mm) - self._line_offset

    def column_mm(self, cd_mm: float, md_mm: float) -> float:
        """Where a point of the web is seen, across, when it passes the camera."""
        return cd_mm + float(self.weave_mm(np.array([md_mm]))[0])

    def smear(self, plate: Field) -> Field:
        """A plate, periodic along the machine, (lines, columns), as it looks through the exposure of a moving line."""
        if self._motion.exposure_lines == 0.0:
            return plate
        gain = np.sinc(self._motion.exposure_lines * np.fft.rfftfreq(plate.shape[0])).astype(np.float32)
        return np.asarray(
            np.fft.irfft(np.fft.rfft(plate, axis=0) * gain[:, None], n=plate.shape[0], axis=0), np.float32
        )

    def _roller_mm(self, md_mm: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        turn = self._round * np.asarray(md_mm) + self._roller_phase
        return np.asarray(self._motion.encoder_roller_um * 1e-3 * np.sin(turn))
