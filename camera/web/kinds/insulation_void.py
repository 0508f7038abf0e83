"""E32, void in the ceramic insulation stripe (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import Material
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class InsulationVoid(Figure):
    """No ceramic there, or so little of it that what lies below is seen; the slurry stands in a wall around."""

    blob: Blob
    change: Look
    """Change of the ceramic's grey level, in parts."""
    wall_um: float
    """Height of the wall."""
    edge_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.15 * self.blob.reach_mm + 0.35

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        # It may touch the border of the stripe, as far as this goes.
        turn = self.blob.turn
        long, short = np.sqrt(self.blob.aspect), 1.0 / np.sqrt(self.blob.aspect)
        across = float(np.hypot(long * np.sin(turn), short * np.cos(turn)))
        return 0.5 * self.blob.diameter_mm * across * 1.15 + 0.1

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance = distance + np.float32(0.02) * canvas.noise(rng, 0.12)
        wall = np.exp(-(((distance - np.float32(0.1)) / np.float32(0.08)) ** 2))
        canvas.raise_by(np.float32(self.wall_um) * wall)
        alpha = soft(distance, self.edge_mm)
        # Patches of ceramic are left in it.
        left = np.clip(1.0 + 0.06 * canvas.noise(rng, 0.6), 0.8, 1.1)
        canvas.scale((1.0 + self.change.at(ground.view) * alpha * left).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> InsulationVoid:
    """0.3 to 3 mm across about the limit of 1 mm, as wide as the stripe allows; two in five are drawn out along the
    machine, as a speck in the die leaves them.
    """
    room = occasion.room_mm
    across = min(occasion.lognormal(rng, 0.9, 0.5, 0.3, 3.0), 0.7 * room)
    aspect = float(rng.uniform(3.0, 12.0) if rng.random() < 0.4 else rng.uniform(1.0, 1.6))
    round_blob = draw_blob(rng, across * np.sqrt(aspect), 0.1, aspect)
    return InsulationVoid(
        Blob(round_blob.diameter_mm, aspect, float(rng.normal(0.0, 0.02)), round_blob.waves),
        change=Look(-float(rng.uniform(0.42, 0.68)), -float(rng.uniform(0.5, 0.75)), 0.0),
        wall_um=float(rng.uniform(2.0, 8.0)),
        edge_mm=float(rng.uniform(0.05, 0.2)),
        seed=int(rng.integers(2**62)),
    )


E32 = Kind(
    "E32",
    (Material.CATHODE, Material.CATHODE_LFP),
    Place.INSULATION,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-70, -40),)),
)
