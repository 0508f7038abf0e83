"""E13 and S07, metallic particles: sharp, faceted, glinting or dark (numbers note, sections 2.1, 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Kind, Occasion, Place, Rates, Size
from camera.web.settings import Material, View
from camera.web.shapes import Polygon, draw_polygon


@dataclass(frozen=True, slots=True)
class MetalParticle:
    """A convex polygon of two to four facets, each with its own brightness."""

    polygon: Polygon
    cuts: tuple[tuple[float, float, float], ...]
    """(nx, ny, offset in mm) of the ridges between facets."""
    facets: tuple[float, ...]
    """Grey level of each facet, relative to the surface around; one for each side of each ridge."""
    shadow: float
    """Darkening of the web beside it, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.polygon.reach_mm + 0.15

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.polygon.reach_mm + 0.15

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return False

    def size(self) -> Size | None:
        """See Figure."""
        return None

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        distance = self.polygon.distance(canvas.x, canvas.y)
        index = np.zeros(canvas.shape, np.int64)
        for power, (nx, ny, offset) in enumerate(self.cuts):
            index += (nx * canvas.x + ny * canvas.y > offset).astype(np.int64) << power
        level = np.asarray(self.facets, np.float32)[index] * np.float32(ground.level_dn)
        canvas.scale((1.0 - self.shadow * soft(distance - np.float32(0.03), 0.06)).astype(np.float32))
        alpha = soft(distance, canvas.step_mm)
        canvas.replace(alpha, level)
        canvas.claim(alpha)


def _facet_on_coating(rng: np.random.Generator) -> float:
    dice = rng.random()
    if dice < 0.60:
        return float(rng.uniform(2.8, 4.5))
    return float(rng.uniform(1.5, 2.5)) if dice < 0.85 else float(rng.uniform(0.6, 0.75))


def _draw(rng: np.random.Generator, occasion: Occasion) -> MetalParticle:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.15, 0.5, 0.02, 0.5)
    else:
        diameter = occasion.lognormal(rng, 0.08, 0.6, 0.01, 0.5)
    aspect = float(np.clip(1.5 * np.exp(0.3 * rng.standard_normal()), 1.0, 4.0))
    ridges = rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(1, 3)))
    cuts = tuple((float(np.cos(a)), float(np.sin(a)), float(rng.normal(0.0, 0.1 * diameter))) for a in ridges)
    count = 2 ** len(cuts)
    if occasion.material is not Material.SEPARATOR:
        facets = [_facet_on_coating(rng) for _ in range(count)]
        if max(facets) < 2.8 and rng.random() < 0.8:
            facets[0] = float(rng.uniform(2.8, 4.5))
    elif occasion.view is View.BACK_LIGHT:
        facets = [float(rng.uniform(0.05, 0.40))] * count
    else:
        facets = [float(rng.uniform(0.2, 0.75)) for _ in range(count)]
        if rng.random() < 0.3:
            facets[0] = float(rng.uniform(1.1, 1.4))
    return MetalParticle(draw_polygon(rng, diameter, aspect), cuts, tuple(facets), shadow=float(rng.uniform(0.0, 0.12)))


E13 = Kind("E13", (Material.ANODE, Material.CATHODE), Place.COATING, Rates(0.001, 0.01, 0.1), _draw)
S07 = Kind("S07", (Material.SEPARATOR,), Place.COATING, Rates(0.001, 0.01, 0.1), _draw)
