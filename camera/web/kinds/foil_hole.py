"""E26, hole or tear through the foil (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import SATURATED, Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class FoilHole(Figure):
    """Web is missing: the roller is seen through it, in back-light the lamp. Its torn rim stands up, and along it
    coating has come off the foil here and there.
    """

    blob: Blob
    ragged_mm: float
    rim: Look
    """Change of the grey level beside it in parts, at its strongest."""
    rim_mm: float
    steepness: float
    """Steepest slope of the lifted rim, um per um."""
    chipped: float
    """Share of the rim where foil is bare."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 4.0 * self.ragged_mm + 3.0 * self.rim_mm + 0.2

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(self.ragged_mm) * (
            canvas.noise(rng, 8.0 * self.ragged_mm) + 0.4 * canvas.noise(rng, 3.0 * self.ragged_mm)
        )
        lifted = np.exp(-(((distance - np.float32(self.rim_mm)) / np.float32(self.rim_mm)) ** 2))
        lifted *= np.clip(1.0 + 0.5 * canvas.noise(rng, 6.0 * self.rim_mm), 0.1, 1.8)
        canvas.scale((1.0 + self.rim.at(ground.view) * lifted).astype(np.float32))
        canvas.raise_by(np.float32(1000.0 * self.steepness * self.rim_mm / 0.86) * lifted)
        bare_mm = self.rim_mm * (canvas.noise(rng, 5.0 * self.rim_mm) + np.float32(2.0 * self.chipped - 1.0))
        canvas.replace(soft(distance - bare_mm, 0.03), canvas.bare(ground, rng))
        missing = soft(distance, 0.015)
        canvas.replace(missing, canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn))
        canvas.claim(missing)


def _draw(rng: np.random.Generator, occasion: Occasion) -> FoilHole:
    """Blob or slit, D LogN(0.3, 0.8) within 0.05 to 50 mm from the note; a third are slits, and rims are judged."""
    longest = 10.0 if occasion.is_dense else 50.0
    diameter = min(occasion.lognormal(rng, 0.3, 0.8, 0.05, longest), 0.2 * occasion.room_mm)
    is_slit = rng.random() < 0.33
    aspect = float(rng.uniform(5.0, 12.0) if is_slit else rng.uniform(1.0, 1.8))
    return FoilHole(
        draw_blob(rng, diameter, 0.1 if is_slit else 0.3, aspect),
        ragged_mm=float(np.clip(0.03 * diameter / np.sqrt(aspect), 0.003, 0.1)),
        rim=Look(-float(rng.uniform(0.10, 0.35)), float(rng.uniform(0.0, 0.3)), 0.0),
        rim_mm=float(np.clip(0.12 * diameter, 0.02, 0.12)),
        steepness=float(rng.uniform(0.15, 0.40)),
        chipped=float(rng.uniform(0.0, 0.6)),
        seed=int(rng.integers(2**62)),
    )


E26 = Kind(
    "E26",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-95, -20),), dark=((-100, -20),), back=((200, SATURATED),)),
)
