"""S06, coating lump or thick spot (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import COATED_SEPARATORS
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class CoatingLump(Figure):
    """A heap of ceramic with a crumbly top; the coat around it is drawn thin."""

    blob: Blob
    change: Look
    """Change of the grey level where it is thickest, in parts."""
    height_um: float
    thin: float
    """Share of the coat that is missing around it."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.6 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        radius = np.float32(0.5 * self.blob.diameter_mm)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += 0.06 * radius * canvas.noise(rng, max(0.03, 0.3 * float(radius)))
        alpha = soft(distance, 0.02 + 0.6 * float(radius))
        crumbs = 1.0 + 0.09 * canvas.noise(rng, max(0.04, 0.25 * float(radius)))
        heap = np.sqrt(np.clip(-distance / radius, 0.0, 1.0)) * crumbs
        around = np.exp(-(((distance - 0.25 * radius) / (0.2 * radius)) ** 2))
        lack = np.float32(self.thin * (ground.bare_dn / ground.level_dn - 1.0)) * around
        rise = np.float32(self.change.at(ground.view)) * alpha * (0.6 * crumbs + 0.4 * heap)
        canvas.scale((1.0 + rise) * (1.0 + lack))
        canvas.raise_by((self.height_um * heap * alpha).astype(np.float32))
        canvas.claim(soft(distance, canvas.step_mm))


def _draw(rng: np.random.Generator, occasion: Occasion) -> CoatingLump:
    # Drawn like an agglomerate on an electrode, a little larger; heights about the limit of 10 um.
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.5, 0.6, 0.1, 3.0)
    else:
        diameter = occasion.lognormal(rng, 0.4, 0.6, 0.1, 3.0)
    height = min(float(np.clip(12.0 * np.exp(0.5 * rng.standard_normal()), 3.0, 60.0)), 80.0 * diameter)
    return CoatingLump(
        draw_blob(rng, diameter, 0.25, aspect=float(rng.uniform(1.0, 1.8))),
        change=Look(float(rng.uniform(0.03, 0.13)), float(rng.uniform(0.3, 1.2)), -float(rng.uniform(0.17, 0.65))),
        height_um=height,
        thin=float(rng.uniform(0.0, 0.25)),
        seed=int(rng.integers(2**62)),
    )


S06 = Kind(
    "S06",
    COATED_SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((2, 10), (-10, -2)), dark=((20, 100), (-100, -20)), back=((-50, -10),)),
)
