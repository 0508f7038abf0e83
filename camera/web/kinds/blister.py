"""E02, blister or bubble below a closed skin (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Blister(Figure):
    """A dome h = H (1 - (r/R)^2)^1.5: one half bright, the other in shade; some have a glint at the apex."""

    blob: Blob
    steepness: float
    """Steepest slope of the flank, um per um; that of the dome is 1.5 H / R.

    The note's contrasts, +-10 to 30 % in bright-field and +30 to +120 % in dark-field, ask for 0.3 to 0.7, with its
    unevenness. Its H of 10 to 60 um would give that to blisters below 0.5 mm alone: the skin is smoother than the
    coating and reflects more like a mirror than the shading of section 4.1 allows for, so the dome is drawn higher
    than it is.
    """
    glint: Look
    """Brightening of the apex in parts; 0 for none."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.1 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        radius = np.float32(0.5 * self.blob.diameter_mm)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.04) * radius * canvas.noise(rng, 0.5 * self.blob.diameter_mm)
        outwards = np.clip(1.0 + distance / radius, 0.0, 1.0)
        height_um = np.float32(1000.0 * self.steepness / 1.5) * radius
        canvas.raise_by(height_um * (1.0 - outwards**2) ** 1.5)
        canvas.scale((1.0 + self.glint.at(ground.view) * np.exp(-((outwards / 0.16) ** 2))).astype(np.float32))
        canvas.claim(soft(distance, 0.02 + 0.05 * float(radius)))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Blister:
    diameter = occasion.lognormal(rng, 1.0, 0.7 if occasion.is_dense else 0.5, 0.3, 5.0)
    blob = draw_blob(rng, diameter, 0.0, aspect=float(rng.uniform(1.0, 1.25)))
    glint = Look(0.0, 0.0, 0.0)
    if rng.random() < 0.2:
        glint = Look(float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.3, 1.0)), 0.0)
    return Blister(blob, float(rng.uniform(0.30, 0.68)), glint, seed=int(rng.integers(2**62)))


E02 = Kind(
    "E02",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-30, -10), (10, 30)), dark=((30, 120), (-100, -20))),
)
