"""E04, agglomerate or lump, pressed matt or shiny by the calender (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Agglomerate(Figure):
    """A darker lump with a lit and a shaded flank, coarse inside, often with a glossy flat top."""

    blob: Blob
    drop: float
    """Darkening in parts."""
    flank: float
    """Shading of the flanks in parts."""
    gloss: float
    """Brightening of the pressed top in parts; 0 for none."""
    light_turn: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.6 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        radius = np.float32(0.5 * self.blob.diameter_mm)
        distance = self.blob.distance(canvas.x, canvas.y) + 0.10 * radius * canvas.noise(
            rng, 0.125 * self.blob.diameter_mm
        )
        alpha = soft(distance, 0.04 + 0.5 * float(radius))
        slope = (np.cos(self.light_turn) * canvas.y + np.sin(self.light_turn) * canvas.x) / radius
        flank = slope * np.exp(-((distance / (0.5 * radius)) ** 2))
        coarse = canvas.noise(rng, max(0.05, 0.2 * float(radius)))
        gloss = self.gloss * soft(distance + 0.55 * radius, 0.25 * float(radius))
        gain = 1.0 - alpha * np.float32(self.drop) * (1.0 + 0.25 * coarse) + np.float32(self.flank) * flank + gloss
        canvas.scale(gain.astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Agglomerate:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.5, 0.8, 0.08, 2.0)
    else:
        diameter = occasion.lognormal(rng, 0.3, 0.6, 0.05, 2.0)
    drop = float(rng.uniform(0.08, 0.25))
    return Agglomerate(
        draw_blob(rng, diameter, 0.25, aspect=float(rng.uniform(1.0, 1.7))),
        drop,
        flank=float(rng.uniform(0.3, 0.8)) * drop,
        gloss=float(rng.uniform(0.05, 0.20)) if rng.random() < 0.35 else 0.0,
        light_turn=float(rng.normal(0.0, 0.4)),
        seed=int(rng.integers(2**62)),
    )


E04 = Kind("E04", ELECTRODES, Place.COATING, Rates(0.05, 0.3, 3.0), _draw, is_clustered=True)
