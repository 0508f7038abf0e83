"""S05, coating streak or miss line: less ceramic along the machine (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Occasion, Place, Rates, Size
from camera.web.settings import COATED_SEPARATORS, Material


@dataclass(frozen=True, slots=True)
class CoatingStreak(Figure):
    """A stripe that leans towards the film below, soft-edged where a blade left it, with thicker coat beside it."""

    length_mm: float
    width_mm: float
    lack: float
    """Share of the coat that is missing, 0..1."""
    edge_mm: float
    lobe: float
    """Extra coat on both sides, in parts of the lack."""
    taper_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + self.taper_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 0.8 * self.width_mm + 2.0 * self.edge_mm + 0.15

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
        walk = 0.02 * lattice.smooth(self.seed, y / 1000.0) + 0.015 * lattice.smooth(self.seed + 1, y / 30.0)
        ragged = 0.1 * min(0.2, self.width_mm) * lattice.smooth(self.seed + 2, y / 0.6)
        strength = 1.0 + 0.12 * lattice.smooth(self.seed + 3, y / 25.0) + 0.06 * lattice.smooth(self.seed + 4, y / 2.0)
        ends = soft(np.abs(canvas.y) - np.float32(0.5 * self.length_mm), 2.0 * self.taper_mm)
        x = np.abs(canvas.x - walk.astype(np.float32)[:, None])
        border = x - np.float32(0.5 * self.width_mm) - ragged.astype(np.float32)[:, None]
        missing = soft(border, self.edge_mm)
        piled = np.exp(-(((border - np.float32(0.8 * self.edge_mm)) / np.float32(0.5 * self.edge_mm)) ** 2))
        coat = self.lack * strength.astype(np.float32)[:, None] * ends * (missing - np.float32(self.lobe) * piled)
        canvas.scale(1.0 + np.float32(ground.bare_dn / ground.level_dn - 1.0) * np.minimum(coat, np.float32(1.0)))
        canvas.claim(soft(x - np.float32(0.5 * self.width_mm), canvas.step_mm) * (ends >= 0.5))


def _draw(rng: np.random.Generator, occasion: Occasion) -> CoatingStreak:
    # Lengths are those of a streak on an electrode; W from the table's 0.1 to 5 mm.
    if occasion.is_dense:
        length = float(np.clip(140.0 * np.exp(0.8 * rng.standard_normal()), 50.0, 1000.0))
        width = occasion.lognormal(rng, 0.5, 0.7, 0.1, 5.0)
    else:
        length = float(np.clip(5000.0 * np.exp(1.5 * rng.standard_normal()), 50.0, LONGEST_MM))
        width = occasion.lognormal(rng, 0.6, 0.8, 0.1, 5.0)
    # Of two coats only one is missing, which changes the grey level less.
    least, most = (0.35, 1.0) if occasion.material is Material.SEPARATOR_TWO_SIDES else (0.1, 0.8)
    return CoatingStreak(
        length,
        width,
        lack=float(rng.uniform(least, most)),
        edge_mm=float(rng.uniform(0.15, 0.7)) * min(width, 0.6),
        lobe=float(rng.uniform(0.0, 0.2)),
        taper_mm=min(float(rng.uniform(2.0, 8.0)), 0.1 * length),
        seed=int(rng.integers(2**60)),
    )


S05 = Kind(
    "S05",
    COATED_SEPARATORS,
    Place.COATING,
    # Starts per km of web, like streaks on an electrode; in a dense web each shows in some four blocks.
    Rates(0.05e-3, 0.3e-3, 3e-3, dense=0.25, per="m"),
    _draw,
    contrast=Contrast(bright=((-25, -3),), back=((3, 50),)),
)
