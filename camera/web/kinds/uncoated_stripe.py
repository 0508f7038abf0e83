"""E07, stripe without coating where the die's lip is blocked (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import LONGEST_MM, Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class UncoatedStripe(Figure):
    """Foil along the machine between two rough edges, each with a bead of slurry pushed aside."""

    length_mm: float
    width_mm: float
    foil: ExposedFoil
    rough_mm: float
    """Standard deviation of each edge's position, at correlation lengths of 0.5 and 0.12 mm."""
    bead: Look
    """Brightening of the beads in parts."""
    bead_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm + 0.5

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.width_mm + 3.0 * self.bead_mm + 4.0 * self.rough_mm + 0.2

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """The ends taper over two widths each; see Figure."""
        taper = self._taper_mm
        return Size(self.length_mm, self.width_mm, (self.length_mm - 2.0 * taper / 3.0) * self.width_mm)

    @property
    def _taper_mm(self) -> float:
        return min(2.0 * self.width_mm, 0.2 * self.length_mm)

    def _roughness(self, seed: int, y_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0.9 * lattice.smooth(seed, y_mm / 0.5) + 0.44 * lattice.smooth(seed + 1, y_mm / 0.12)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y = canvas.y[:, 0].astype(np.float64)
        to_end = np.clip((0.5 * self.length_mm - np.abs(y)) / self._taper_mm, 0.0, 1.0)
        half_width = 0.5 * self.width_mm * np.sqrt(to_end)
        # Where the stripe is thin, at its ends, it is less rough.
        rough = self.rough_mm * np.minimum(1.0, half_width / (2.0 * self.rough_mm))
        left = -half_width + rough * self._roughness(self.seed, y)
        right = half_width + rough * self._roughness(self.seed + 10, y)
        distance = np.maximum(left.astype(np.float32)[:, None] - canvas.x, canvas.x - right.astype(np.float32)[:, None])
        pile = np.exp(-(((distance - self.bead_mm) / (0.7 * self.bead_mm)) ** 2))
        pile *= soft(np.abs(canvas.y) - np.float32(0.5 * self.length_mm), 0.5)
        canvas.scale((1.0 + self.bead.at(ground.view) * pile).astype(np.float32))
        alpha = soft(distance, max(canvas.step_mm, 0.03)) * (to_end > 0.0).astype(np.float32)[:, None]
        canvas.replace(alpha, self.foil.level_along(canvas, ground, self.seed))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> UncoatedStripe:
    # Widths from the note; of the length it says more than 20 mm, the distribution is judged.
    if occasion.is_dense:
        width = occasion.lognormal(rng, 0.3, 0.7, 0.1, 3.0)
        length = float(np.clip(60.0 * np.exp(0.6 * rng.standard_normal()), 20.0, 300.0))
    else:
        width = occasion.lognormal(rng, 0.5, 0.6, 0.1, 5.0)
        length = float(np.clip(1000.0 * np.exp(1.0 * rng.standard_normal()), 20.0, LONGEST_MM - 1.0))
    return UncoatedStripe(
        length,
        width,
        ExposedFoil(bright=float(rng.uniform(0.85, 1.05)), dark=float(rng.uniform(-0.30, 0.50))),
        rough_mm=min(float(rng.uniform(0.03, 0.08)), 0.2 * width),
        bead=Look(float(rng.uniform(0.02, 0.06)), float(rng.uniform(0.05, 0.20)), 0.0),
        bead_mm=float(rng.uniform(0.15, 0.4)),
        seed=int(rng.integers(2**40)),
    )


E07 = Kind(
    "E07",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5, dense=0.5),
    _draw,
    contrast=Contrast(bright=((100, 400),), dark=((-30, 50),)),
)
