"""E03, crater or dent that does not reach the foil (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Crater(Figure):
    """A dark hollow within a raised, brighter ring."""

    blob: Blob
    core: Look
    """Darkening of the middle in parts; in dark-field the relief does most."""
    ring: Look
    """Brightening of the ring in parts."""
    ring_at: float
    """The ring's diameter, in parts of the whole."""
    steepness: float
    """Steepest slope of the ring's flanks, um per um: in dark-field +20 to +80 % where they face the lamp."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.2 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        radius = np.float32(0.5 * self.blob.diameter_mm)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.07) * radius * canvas.noise(rng, 0.4 * self.blob.diameter_mm)
        outwards = np.maximum(1.0 + distance / radius, 0.0)
        core = np.exp(-((outwards / 0.42) ** 2))
        ring_width = 0.13
        ring = np.exp(-(((outwards - self.ring_at) / ring_width) ** 2))
        canvas.scale((1.0 - self.core.at(ground.view) * core + self.ring.at(ground.view) * ring).astype(np.float32))
        # The flank of exp(-(r/w)^2) is at most 0.86 / w steep.
        ring_um = np.float32(1000.0 * self.steepness * ring_width / 0.86) * radius
        canvas.raise_by((ring_um * (ring - 1.2 * core)).astype(np.float32))
        canvas.claim(soft(distance, 0.02 + 0.1 * float(radius)))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Crater:
    diameter = occasion.lognormal(rng, 0.9 if occasion.is_dense else 0.6, 0.6, 0.1, 3.0)
    return Crater(
        draw_blob(rng, diameter, 0.0, aspect=float(rng.uniform(1.0, 1.3))),
        core=Look(float(rng.uniform(0.10, 0.35)), float(rng.uniform(0.0, 0.15)), 0.0),
        ring=Look(float(rng.uniform(0.04, 0.15)), float(rng.uniform(0.05, 0.15)), 0.0),
        ring_at=float(rng.uniform(0.7, 0.9)),
        steepness=float(rng.uniform(0.10, 0.30)),
        seed=int(rng.integers(2**62)),
    )


E03 = Kind(
    "E03",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-35, -10), (5, 25)), dark=((20, 80), (-80, -20))),
)
