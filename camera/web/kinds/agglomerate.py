"""E04, agglomerate or lump, pressed matt or shiny by the calender (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Agglomerate(Figure):
    """A darker lump with a lit and a shaded flank, coarse inside, often with a glossy flat top."""

    blob: Blob
    drop: Look
    """Darkening in parts."""
    steepness: float
    """Steepest slope of the flanks, um per um."""
    gloss: Look
    """Brightening of the pressed top in parts; 0 for none. What a mirror sends on, grazing light lacks."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.6 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        radius = np.float32(0.5 * self.blob.diameter_mm)
        body = self.blob.distance(canvas.x, canvas.y)
        distance = body + 0.10 * radius * canvas.noise(rng, 0.125 * self.blob.diameter_mm)
        alpha = soft(distance, 0.04 + 0.5 * float(radius))
        coarse = canvas.noise(rng, max(0.05, 0.2 * float(radius)))
        gloss = self.gloss.at(ground.view) * soft(distance + 0.55 * radius, 0.25 * float(radius))
        gain = 1.0 - alpha * self.drop.at(ground.view) * (1.0 + 0.25 * coarse) + gloss
        canvas.scale(gain.astype(np.float32))
        lumpy = 1.0 + 0.15 * canvas.noise(rng, 0.4 * self.blob.diameter_mm)
        # A flat top whose flank is as wide as the radius; soft() is at most 1.5 / width steep.
        canvas.raise_by(np.float32(1000.0 * self.steepness / 1.5) * radius * soft(body, float(radius)) * lumpy)
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Agglomerate:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.5, 0.8, 0.08, 2.0)
    else:
        diameter = occasion.lognormal(rng, 0.3, 0.6, 0.05, 2.0)
    drop = float(rng.uniform(0.08, 0.25))
    gloss = Look(0.0, 0.0, 0.0)
    if rng.random() < 0.35:
        gloss = Look(float(rng.uniform(0.05, 0.20)), -float(rng.uniform(0.05, 0.15)), 0.0)
    return Agglomerate(
        draw_blob(rng, diameter, 0.25, aspect=float(rng.uniform(1.0, 1.7))),
        Look(drop, float(rng.uniform(0.0, 0.10)), 0.0),
        # H LogN(20 um, .5) on D LogN(.3 mm, .6) gives about as much.
        steepness=float(rng.uniform(0.14, 0.50)),
        gloss=gloss,
        seed=int(rng.integers(2**62)),
    )


E04 = Kind(
    "E04",
    ELECTRODES,
    Place.COATING,
    Rates(0.05, 0.3, 3.0),
    _draw,
    is_clustered=True,
    contrast=Contrast(bright=((-25, -8), (10, 20)), dark=((20, 100), (-100, -20))),
)
