"""S01, pinhole or hole through the separator (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import SATURATED, Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import SEPARATORS, Material
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Hole(Figure):
    """A round hole or a slit: the lamp shines through, or the roller is seen; the film around it is stretched."""

    blob: Blob
    open: Look
    """Brightness of what is seen through it, against the nominal one."""
    halo: Look
    """Change of the stretched rim, in parts."""
    edge_mm: float

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        distance = self.blob.distance(canvas.x, canvas.y)
        reach = np.float32(0.03 + 0.12 * min(1.0, self.blob.diameter_mm))
        canvas.scale(
            (1.0 + self.halo.at(ground.view) * np.exp(-((np.maximum(distance, 0.0) / reach) ** 2))).astype(np.float32)
        )
        alpha = soft(distance, self.edge_mm)
        canvas.replace(alpha, ground.through_dn * self.open.at(ground.view))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Hole:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.12, 0.9, 0.03, 2.0)
    else:
        diameter = occasion.lognormal(rng, 0.3, 0.8, 0.02, 5.0)
    aspect = float(rng.uniform(3.0, 8.0)) if rng.random() < 0.15 else float(rng.uniform(1.0, 1.5))
    # Bare film lets much of the roller's brightness through already: only a dark roller gives a hole away.
    seen = float(rng.uniform(0.5, 0.95) if occasion.material is Material.BASE_FILM else rng.uniform(0.72, 1.3))
    stretched = float(rng.uniform(0.0, 0.05))
    return Hole(
        draw_blob(rng, diameter, 0.15, aspect),
        open=Look(seen, seen, float(rng.uniform(0.9, 1.2))),
        halo=Look(stretched, float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.02, 0.15))),
        edge_mm=float(rng.uniform(0.01, 0.02)),
    )


S01 = Kind(
    "S01",
    SEPARATORS,
    Place.COATING,
    Rates(0.0005, 0.005, 0.05),
    _draw,
    contrast=Contrast(bright=((-60, -20),), back=((80, SATURATED),)),
)
