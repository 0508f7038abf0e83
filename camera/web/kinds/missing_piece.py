"""E31, chip of an edge: a piece of the web is missing (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.edge_notch import EdgeNotch, draw_notch
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True, eq=False)
class MissingPiece(Figure):
    """A notch in the cut edge through coating and foil, its border sheared: the roller is seen, or the lamp."""

    notch: EdgeNotch
    rim: Look
    """Change of the grey level along its border in parts."""
    rim_mm: float
    ragged_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.notch.half_mouth_mm + 4.0 * self.ragged_mm + 2.5 * self.rim_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.notch.deepest_mm + 4.0 * self.ragged_mm + 2.5 * self.rim_mm

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        on_web = soft(-canvas.x * np.float32(self.notch.side), canvas.step_mm)
        distance = self.notch.distance(canvas.x, canvas.y, 0.6)
        distance = distance + np.float32(self.ragged_mm) * canvas.noise(rng, 6.0 * self.ragged_mm)
        rim = np.exp(-((np.maximum(distance, 0.0) / np.float32(self.rim_mm)) ** 2)) * on_web
        rim *= np.clip(1.0 + 0.5 * canvas.noise(rng, 4.0 * self.rim_mm), 0.0, 1.8)
        canvas.scale((1.0 + self.rim.at(ground.view) * rim).astype(np.float32))
        missing = soft(distance, 0.015)
        canvas.replace(missing, canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn))
        canvas.claim(missing * on_web)


def _draw(rng: np.random.Generator, occasion: Occasion) -> MissingPiece:
    """Depths of 0.2 to 10 mm about the limit of 0.5 mm, from the note; the mouth is judged."""
    depth = occasion.lognormal(rng, 0.7 if occasion.is_dense else 1.0, 0.8, 0.2, 5.0 if occasion.is_dense else 10.0)
    return MissingPiece(
        draw_notch(rng, occasion.side, depth, depth * float(rng.uniform(0.8, 3.0))),
        rim=Look(float(rng.uniform(-0.25, 0.25)), float(rng.uniform(0.2, 0.8)), 0.0),
        rim_mm=float(rng.uniform(0.03, 0.10)),
        ragged_mm=float(np.clip(0.02 * depth, 0.006, 0.06)),
        seed=int(rng.integers(2**62)),
    )


E31 = Kind("E31", ELECTRODES, Place.CUT_EDGE, Rates(0.01, 0.05, 0.5), _draw)
