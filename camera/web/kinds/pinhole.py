"""E01, pinhole in the coating: foil is seen (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Pinhole(Figure):
    """A round void down to the foil, with a shaded wall, a dark rim and sometimes a smear tail."""

    blob: Blob
    edge_mm: float
    fill: float
    """Brightness of the foil at its bottom, against foil in the open."""
    rim: float
    """Darkening of the raised rim, in parts."""
    tail: float
    """Brightening of the smear tail, in parts; 0 for none."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.3 + (3.0 * self.blob.diameter_mm if self.tail else 0.0)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.3

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        if self.tail:
            reach = 3.0 * self.blob.diameter_mm
            fade = np.clip(1.0 - canvas.y / reach, 0.0, 1.0) * (canvas.y > 0.0)
            across = np.exp(-((canvas.x / (0.4 * self.blob.diameter_mm)) ** 2))
            canvas.scale((1.0 + self.tail * fade * across).astype(np.float32))
        canvas.scale(1.0 - np.float32(self.rim) * np.exp(-((distance - 0.04) ** 2) / np.float32(0.04**2)))
        alpha = soft(distance, self.edge_mm)
        # The wall of the hole shades the foil next to it.
        depth = np.clip(-distance / np.float32(0.06), 0.0, 1.0)
        canvas.replace(alpha, canvas.bare(ground, rng) * np.float32(self.fill) * (0.7 + 0.3 * depth))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Pinhole:
    if occasion.is_dense:
        median = 0.45 if occasion.material.is_anode else 0.6
        diameter = occasion.lognormal(rng, median, 0.9, 0.04, 1.6)
    else:
        diameter = occasion.lognormal(rng, 0.25, 0.6, 0.05, 1.5)
    return Pinhole(
        draw_blob(rng, diameter, 0.15, aspect=float(rng.uniform(1.0, 1.35))),
        edge_mm=float(rng.uniform(0.012, 0.03)) + 0.05 * diameter,
        fill=float(rng.uniform(0.6, 1.1)),
        rim=float(rng.uniform(0.0, 0.15)),
        tail=float(rng.uniform(0.03, 0.10)) if rng.random() < 0.2 else 0.0,
        seed=int(rng.integers(2**62)),
    )


E01 = Kind("E01", ELECTRODES, Place.COATING, Rates(0.05, 0.5, 5.0), _draw, is_clustered=True)
