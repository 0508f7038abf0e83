"""N04, ink dot of a marker: no defect (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import Material
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class InkDot(Figure):
    """An even spot of ink, drawn out a little along the machine, with a denser rim and spatter."""

    blob: Blob
    level: Look
    """Grey level, relative to the surface around."""
    cover: float
    """How opaque the ink is, 0..1."""
    spatter: tuple[tuple[float, float, float], ...]
    """(x, y, radius) in mm of droplets beside it."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return max([self.blob.reach_mm, *(abs(y) + r for _, y, r in self.spatter)]) + 0.3

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return max([self.blob.reach_mm, *(abs(x) + r for x, _, r in self.spatter)]) + 0.3

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        for x, y, radius in self.spatter:
            drop = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) - np.float32(radius)
            distance = np.minimum(distance, drop)
        alpha = soft(distance, 0.06)
        denser = 1.0 + (self.level.at(ground.view) - 1.0) * 0.08 * (
            np.exp(-(((distance + 0.15) / 0.12) ** 2)) + 0.4 * canvas.noise(rng, 0.8)
        )
        canvas.replace(
            alpha * np.float32(self.cover), np.float32(self.level.at(ground.view) * ground.level_dn) * denser
        )
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> InkDot:
    diameter = min(float(rng.uniform(2.0, 6.0)), 0.7 * occasion.room_mm)
    if occasion.material.is_electrode and not occasion.is_on_bare:
        level = Look(float(rng.uniform(1.5, 2.4)), float(rng.uniform(1.2, 2.5)), 1.0)
    else:
        shade = float(rng.uniform(0.15, 0.45))
        # Ink scatters a little where foil mirrors all grazing light away.
        grazed = float(rng.uniform(0.5, 1.6)) if occasion.material.is_electrode else shade
        level = Look(shade, grazed, 1.0 if occasion.material.is_electrode else float(rng.uniform(0.08, 0.35)))
    spatter = []
    for _ in range(int(rng.poisson(2.0))):
        angle, away = rng.uniform(0.0, 2.0 * np.pi), 0.5 * diameter * rng.uniform(1.1, 1.35)
        spatter.append((float(away * np.sin(angle)), float(away * np.cos(angle)), float(rng.uniform(0.05, 0.2))))
    shape = draw_blob(rng, diameter, 0.08, aspect=float(rng.uniform(1.0, 1.25)))
    return InkDot(
        Blob(shape.diameter_mm, shape.aspect, 0.0, shape.waves),
        level,
        cover=float(rng.uniform(0.85, 0.97)),
        spatter=tuple(spatter),
        seed=int(rng.integers(2**62)),
    )


N04 = Kind("N04", tuple(Material), Place.MARK, Rates(0.1, 0.1, 0.1, dense=0.4, per="m"), _draw)
