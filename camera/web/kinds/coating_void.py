"""S04, void in the ceramic coating: base film is seen (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Occasion, Place, Rates
from camera.web.settings import COATED_SEPARATORS
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class CoatingVoid(Figure):
    """A spot where the ceramic is thin or missing, with a small pile-up at its rim."""

    blob: Blob
    lack: float
    """Share of the coating that is missing, 0..1."""
    edge_mm: float
    rim: float
    """Thickness of the rim's extra coat, in parts of the coat's grey-level effect."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.1 * self.blob.reach_mm + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        wobble = min(0.06, 0.05 * self.blob.diameter_mm)
        distance = self.blob.distance(canvas.x, canvas.y) + np.float32(wobble) * canvas.noise(rng, 0.25)
        alpha = soft(distance, self.edge_mm)
        effect = np.float32(ground.level_dn / ground.bare_dn - 1.0)
        pile = np.exp(-(((distance - self.edge_mm) / (0.6 * self.edge_mm)) ** 2))
        canvas.scale((1.0 + self.rim * effect * pile).astype(np.float32))
        thin = np.clip(self.lack * (1.0 + 0.08 * canvas.noise(rng, 0.4)), 0.0, 1.0)
        canvas.replace(alpha * thin, canvas.bare(ground, rng))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> CoatingVoid:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.95, 0.8, 0.15, 8.0)
    else:
        diameter = occasion.lognormal(rng, 1.2, 0.8, 0.2, 20.0)
    return CoatingVoid(
        draw_blob(rng, diameter, 0.3, aspect=float(rng.uniform(1.0, 1.8))),
        lack=float(rng.uniform(0.55, 1.0)),
        edge_mm=float(rng.uniform(0.04, 0.12)),
        rim=float(rng.uniform(0.0, 0.12)),
        seed=int(rng.integers(2**62)),
    )


S04 = Kind(
    "S04",
    COATED_SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-45, -15),), back=((20, 80),)),
)
