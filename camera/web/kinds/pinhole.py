"""E01, pinhole in the coating: foil is seen (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Pinhole(Figure):
    """A round void down to the foil, with a shaded wall, a dark rim and sometimes a smear tail."""

    blob: Blob
    edge_mm: float
    foil: ExposedFoil
    """At its bottom."""
    rim: Look
    """Darkening of the raised rim, in parts."""
    rim_um: float
    """Its height: up to 60 % brighter in grazing light where it faces the lamp."""
    wall: Look
    """Darkening of the foil beside the wall, in parts."""
    tail: Look
    """Brightening of the smear tail, in parts; 0 for none."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.3 + (3.0 * self.blob.diameter_mm if self.tail.bright else 0.0)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.3

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        if self.tail.bright:
            reach = 3.0 * self.blob.diameter_mm
            fade = np.clip(1.0 - canvas.y / reach, 0.0, 1.0) * (canvas.y > 0.0)
            across = np.exp(-((canvas.x / (0.4 * self.blob.diameter_mm)) ** 2))
            canvas.scale((1.0 + self.tail.at(ground.view) * fade * across).astype(np.float32))
        rim = np.float32(self.rim.at(ground.view))
        canvas.scale(1.0 - rim * np.exp(-((distance - 0.04) ** 2) / np.float32(0.04**2)))
        canvas.raise_by(np.float32(self.rim_um) * np.exp(-((distance - 0.04) ** 2) / np.float32(0.03**2)))
        alpha = soft(distance, self.edge_mm)
        # The wall of the hole shades the foil next to it.
        depth = np.clip(-distance / np.float32(0.06), 0.0, 1.0)
        canvas.replace(alpha, self.foil.level(canvas, ground, rng) * (1.0 - self.wall.at(ground.view) * (1.0 - depth)))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Pinhole:
    if occasion.is_dense:
        median = 0.45 if occasion.material.is_anode else 0.6
        diameter = occasion.lognormal(rng, median, 0.9, 0.04, 1.6)
    else:
        diameter = occasion.lognormal(rng, 0.25, 0.6, 0.05, 1.5)
    tail = float(rng.uniform(0.03, 0.10)) if rng.random() < 0.2 else 0.0
    return Pinhole(
        draw_blob(rng, diameter, 0.15, aspect=float(rng.uniform(1.0, 1.35))),
        edge_mm=float(rng.uniform(0.012, 0.03)) + 0.05 * diameter,
        foil=ExposedFoil(bright=float(rng.uniform(0.6, 1.1)), dark=float(rng.uniform(-0.10, 0.70))),
        rim=Look(float(rng.uniform(0.0, 0.15)), 0.0, 0.0),
        rim_um=float(rng.uniform(5.0, 15.0)),
        wall=Look(0.3, 0.3, 0.0),
        tail=Look(tail, tail, 0.0),
        seed=int(rng.integers(2**62)),
    )


E01 = Kind(
    "E01",
    ELECTRODES,
    Place.COATING,
    Rates(0.05, 0.5, 5.0),
    _draw,
    is_clustered=True,
    contrast=Contrast(bright=((100, 400),), dark=((-30, 80),)),
)
