"""E22, chatter: bands of gloss or density across the machine (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class Chatter(Figure):
    """1 + A cos(2 pi y / P) over the width of a lane, a little unsteady; it swells up and dies away."""

    length_mm: float
    width_mm: float
    period_mm: float
    amplitude: Look
    """In parts; dark-field may turn it round."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + self._fade_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.width_mm

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    @property
    def _fade_mm(self) -> float:
        return min(2.0 * self.period_mm, 0.25 * self.length_mm)

    def size(self) -> Size:
        """Size of the whole stretch; length is along the machine, be it ever so short; see Figure."""
        return Size(self.length_mm, self.width_mm, self.length_mm * self.width_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y, x = canvas.y[:, 0].astype(np.float64), canvas.x[0].astype(np.float64)
        swell = soft(np.abs(canvas.y) - np.float32(0.5 * self.length_mm), 2.0 * self._fade_mm)
        phase = 2.0 * np.pi * y / self.period_mm + 0.5 * lattice.smooth(self.seed, y / (5.0 * self.period_mm))
        strength = np.clip(1.0 + 0.15 * lattice.smooth(self.seed + 1, y / (3.0 * self.period_mm)), 0.6, 1.2)
        bands = (strength * np.cos(phase)).astype(np.float32)[:, None] * swell
        inside = soft(np.abs(canvas.x) - np.float32(0.5 * self.width_mm), 0.3)
        across = (1.0 + 0.08 * lattice.smooth(self.seed + 2, x / 25.0)).astype(np.float32)[None, :] * inside
        canvas.scale((1.0 + self.amplitude.at(ground.view) * bands * across).astype(np.float32))
        canvas.claim(swell * (np.abs(canvas.x) <= np.float32(0.5 * self.width_mm)))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Chatter:
    """Amplitude and period from the note; for how long a calender chatters is judged."""
    amplitude = float(rng.uniform(0.01, 0.06))
    dark = float(np.clip(amplitude * rng.uniform(0.9, 1.8), 0.02, 0.08)) * (1.0 if rng.random() < 0.7 else -1.0)
    period = float(np.exp(rng.uniform(np.log(3.0), np.log(60.0))))
    if occasion.is_dense:
        length = float(np.clip(150.0 * np.exp(0.5 * rng.standard_normal()), 40.0, 500.0))
        period = min(period, length / 5.0)
    else:
        length = float(np.clip(1200.0 * np.exp(0.8 * rng.standard_normal()), 200.0, LONGEST_MM / 1.5))
    # A hair less than the lane, so that it finds room there.
    return Chatter(length, 0.999 * occasion.room_mm, period, Look(amplitude, dark, 0.0), seed=int(rng.integers(2**60)))


E22 = Kind(
    "E22",
    ELECTRODES,
    Place.LANE,
    Rates(0.01, 0.05, 0.5, dense=0.06),
    _draw,
    contrast=Contrast(bright=((1, 6), (-6, -1)), dark=((2, 8), (-8, -2))),
)
