"""E24, oil, water or electrolyte stain (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Stain(Figure):
    """A large darker spot with a soft edge and often a coffee ring; the texture shows through."""

    blob: Blob
    edge_mm: float
    drop: Look
    """Darkening in parts."""
    ring: Look
    """Strength of the coffee ring in parts, signed; 0 for none."""
    ring_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + self.edge_mm + 0.2

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        return self.blob.size()

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        distance = self.blob.distance(canvas.x, canvas.y)
        alpha = soft(distance, self.edge_mm)
        y, x = canvas.y[:, 0].astype(np.float64), canvas.x[0].astype(np.float64)
        scale = 0.3 * self.blob.diameter_mm
        uneven = 1.0 + 0.12 * (lattice.smooth(self.seed, y / scale)[:, None] + lattice.smooth(self.seed + 1, x / scale))
        ring = np.exp(-(((distance + self.ring_mm) / self.ring_mm) ** 2)) * alpha
        change = self.ring.at(ground.view) * ring - self.drop.at(ground.view) * uneven * alpha
        canvas.scale((1.0 + change).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Stain:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 4.0, 0.7, 1.0, 20.0)
    else:
        diameter = min(occasion.lognormal(rng, 8.0, 0.7, 1.0, 50.0), 0.55 * occasion.room_mm)
    drop = float(rng.uniform(0.05, 0.25))
    ring = 0.0
    if rng.random() < 0.5:
        ring = float(rng.uniform(0.4, 1.0) * min(0.1, 0.8 * drop)) * (1.0 if rng.random() < 0.4 else -1.0)
    return Stain(
        draw_blob(rng, diameter, 0.2, aspect=float(rng.uniform(1.0, 1.8))),
        edge_mm=float(rng.uniform(0.1, 0.5)),
        drop=Look(drop, float(np.clip(drop * rng.uniform(0.6, 0.9), 0.05, 0.17)), 0.0),
        ring=Look(ring, 0.5 * ring, 0.0),
        ring_mm=float(rng.uniform(0.15, 0.5)),
        seed=int(rng.integers(2**60)),
    )


E24 = Kind(
    "E24",
    ELECTRODES,
    Place.COATING,
    Rates(0.002, 0.01, 0.1),
    _draw,
    contrast=Contrast(bright=((-25, -5),), dark=((-20, -5),)),
)
