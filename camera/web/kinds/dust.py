"""E14, dust or another particle that is no metal (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class DustParticle(Figure):
    """A ragged, matt crumb: darker or lighter than the coating, in grazing light always the lighter one."""

    blob: Blob
    change: Look
    """Change of the grey level, in parts."""
    steepness: float
    """Slope of its flanks, um per um."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.3 * self.blob.reach_mm + 0.1

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        diameter = self.blob.diameter_mm
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.05 * diameter) * canvas.noise(rng, 0.2 * diameter)
        edge_mm = 0.015 + 0.12 * diameter
        alpha = soft(distance, edge_mm)
        crumbly = 1.0 + 0.25 * canvas.noise(rng, max(0.04, 0.25 * diameter))
        canvas.scale((1.0 + self.change.at(ground.view) * alpha * crumbly).astype(np.float32))
        canvas.raise_by(np.float32(1000.0 * self.steepness * 2.0 * edge_mm / 1.5) * soft(distance, 2.0 * edge_mm))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> DustParticle:
    # The note gives 0.05 to 1 mm and a limit of 0.3 mm; the distribution is judged.
    diameter = occasion.lognormal(rng, 0.3 if occasion.is_dense else 0.2, 0.6, 0.05, 1.0)
    dark = rng.random() < 0.65
    bright_field = -float(rng.uniform(0.10, 0.40)) if dark else float(rng.uniform(0.08, 0.30))
    return DustParticle(
        draw_blob(rng, diameter, 0.5, aspect=float(rng.uniform(1.0, 2.2))),
        Look(bright_field, float(rng.uniform(0.12, 1.0)), 0.0),
        steepness=float(rng.uniform(0.02, 0.10)),
        seed=int(rng.integers(2**62)),
    )


E14 = Kind(
    "E14",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-40, 30),), dark=((10, 100),)),
)
