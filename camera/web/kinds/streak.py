"""E06, streak or die line: thin or thick coat along the machine (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class Streak(Figure):
    """A line of Gaussian profile that wanders a little and varies slowly along its length."""

    length_mm: float
    width_mm: float
    """Full width at half maximum."""
    change: Look
    """Change of the grey level at its middle, in parts; negative is darker."""
    lobe: float
    """Strength of the side lobes, in parts of the middle's and of the other sign."""
    lobe_mm: float
    taper_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + self.taper_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 1.2 * self.width_mm + self.lobe_mm + 0.3

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
        walk = 0.02 * lattice.smooth(self.seed, y / 1000.0) + 0.01 * lattice.smooth(self.seed + 1, y / 60.0)
        strength = 1.0 + 0.2 * lattice.smooth(self.seed + 2, y / 40.0)
        ends = soft(np.abs(canvas.y) - np.float32(0.5 * self.length_mm), 2.0 * self.taper_mm)
        x = canvas.x - walk.astype(np.float32)[:, None]
        core = np.exp(-4.0 * np.log(2.0) * (x / self.width_mm) ** 2)
        lobes = np.exp(-(((np.abs(x) - self.lobe_mm) / (0.4 * self.width_mm)) ** 2))
        along = strength.astype(np.float32)[:, None] * ends
        change = np.float32(self.change.at(ground.view))
        canvas.scale((1.0 + change * along * (core - np.float32(self.lobe) * lobes)).astype(np.float32))
        inside = soft(np.abs(x) - np.float32(0.5 * self.width_mm), canvas.step_mm)
        canvas.claim(inside * (ends >= 0.5))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Streak:
    if occasion.is_dense:
        length = float(np.clip(140.0 * np.exp(0.8 * rng.standard_normal()), 20.0, 1000.0))
        width = occasion.lognormal(rng, 0.45, 0.6, 0.1, 3.0)
    else:
        length = float(np.clip(5000.0 * np.exp(1.5 * rng.standard_normal()), 50.0, LONGEST_MM))
        width = occasion.lognormal(rng, 0.4, 0.7, 0.1, 3.0)
    change = float(rng.uniform(0.03, 0.15))
    sign = -1.0 if rng.random() < 0.65 else 1.0
    return Streak(
        length,
        width,
        change=Look(sign * change, sign * float(np.clip(change * rng.uniform(0.8, 1.4), 0.05, 0.15)), 0.0),
        lobe=float(rng.uniform(0.1, 0.35)),
        lobe_mm=float(rng.uniform(1.2, 2.0)) * width,
        taper_mm=min(float(rng.uniform(2.0, 8.0)), 0.1 * length),
        seed=int(rng.integers(2**60)),
    )


E06 = Kind(
    "E06",
    ELECTRODES,
    Place.COATING,
    # Starts per km of web; in a dense web each streak shows in some four blocks.
    Rates(0.05e-3, 0.3e-3, 3e-3, dense=0.25, per="m"),
    _draw,
    contrast=Contrast(bright=((-15, -3), (3, 15)), dark=((-15, -5), (5, 15))),
)
