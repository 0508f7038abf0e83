"""E17, heavy edge (bead) or thin edge of the coating (numbers note, sections 2.1 and 4.6)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class HeavyEdge(Figure):
    """A band along the edge where the coating is too thick or too thin: another tone, and a gentle slope inwards."""

    side: int
    """+1: the coating lies at larger columns."""
    length_mm: float
    width_mm: float
    """From the edge to where half of the change is left."""
    change: Look
    """Change of the grey level, in parts."""
    height_um: float
    """Above the coating farther inside; negative for a thin edge."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.55 * self.length_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 1.8 * self.width_mm + 0.3

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        return Size(self.length_mm, self.width_mm, self.length_mm * self.width_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y = canvas.y[:, 0].astype(np.float64)
        inside = canvas.x * np.float32(self.side)
        wander = 1.0 + 0.10 * lattice.smooth(self.seed, y / 15.0) + 0.03 * lattice.smooth(self.seed + 1, y / 2.0)
        share = inside / (np.float32(self.width_mm) * np.clip(wander, 0.75, 1.25).astype(np.float32)[:, None])
        # It comes and goes over a tenth of its length, and ends with the coating.
        along = soft(np.abs(y).astype(np.float32)[:, None] - np.float32(0.5 * self.length_mm), 0.1 * self.length_mm)
        band = along * soft(share - np.float32(1.0), 0.8) * soft(-inside, 0.1)
        canvas.raise_by(np.float32(self.height_um) * band)
        canvas.scale((1.0 + self.change.at(ground.view) * band).astype(np.float32))
        canvas.claim(band)


def _draw(rng: np.random.Generator, occasion: Occasion) -> HeavyEdge:
    """Width 0.3 to 5 mm, contrasts and heights from the note; lengths are judged: edge flow lasts for metres."""
    if occasion.is_dense:
        length = float(np.clip(80.0 * np.exp(0.5 * rng.standard_normal()), 20.0, 250.0))
    else:
        length = float(np.clip(800.0 * np.exp(0.8 * rng.standard_normal()), 50.0, 0.9 * LONGEST_MM))
    width = float(np.clip((1.5 if occasion.is_dense else 1.0) * np.exp(0.6 * rng.standard_normal()), 0.3, 5.0))
    sign = 1.0 if rng.random() < 0.6 else -1.0
    return HeavyEdge(
        occasion.side,
        length,
        width,
        change=Look(sign * float(rng.uniform(0.03, 0.12)), sign * float(rng.uniform(0.05, 0.20)), 0.0),
        height_um=sign * float(rng.uniform(3.0, 20.0)),
        seed=int(rng.integers(2**60)),
    )


E17 = Kind(
    "E17",
    ELECTRODES,
    Place.COATING_EDGE,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((3, 12), (-12, -3)), dark=((5, 20), (-20, -5))),
)
