"""E10, scratch down to the foil (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.kinds.scratch import Track, draw_track
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class FoilScratch(Figure):
    """A broken line of freshly scored, glittering foil, with coating ploughed up beside it."""

    track: Track
    foil: ExposedFoil
    ridge: Look
    """Change of the ploughed coating in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.track.half_md_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.track.half_cd_mm

    def size(self) -> Size:
        """See Figure."""
        return self.track.size()

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        groove, ridge, strength, seen = self.track.plough(canvas)
        canvas.scale((1.0 + self.ridge.at(ground.view) * ridge * strength).astype(np.float32))
        canvas.replace(groove * seen, self.foil.level(canvas, ground, rng))
        canvas.claim(groove * seen)


def _draw(rng: np.random.Generator, occasion: Occasion) -> FoilScratch:
    if occasion.is_dense:
        length = float(np.clip(4.0 * np.exp(0.7 * rng.standard_normal()), 1.0, 30.0))
        width = occasion.lognormal(rng, 0.12, 0.5, 0.03, 0.5)
    else:
        length = float(np.clip(15.0 * np.exp(0.9 * rng.standard_normal()), 1.0, 100.0))
        width = occasion.lognormal(rng, 0.06, 0.5, 0.03, 0.5)
    return FoilScratch(
        draw_track(rng, length, width, occasion.room_mm),
        # Unlike a rolled surface, scored foil throws light about.
        ExposedFoil(bright=float(rng.uniform(0.85, 1.05)), dark=float(rng.uniform(0.5, 3.0))),
        Look(-float(rng.uniform(0.05, 0.20)), float(rng.uniform(0.05, 0.25)), 0.0),
        seed=int(rng.integers(2**62)),
    )


E10 = Kind(
    "E10",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((80, 400),), dark=((50, 300),)),
)
