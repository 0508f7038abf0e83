"""E13 and S07, metallic particles: sharp, faceted, glinting or dark (numbers note, sections 2.1, 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import SATURATED, Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES, SEPARATORS
from camera.web.shapes import Polygon, draw_polygon


@dataclass(frozen=True, slots=True)
class MetalParticle(Figure):
    """A convex polygon of two to four facets, each with its own brightness."""

    polygon: Polygon
    cuts: tuple[tuple[float, float, float], ...]
    """(nx, ny, offset in mm) of the ridges between facets."""
    facets: tuple[Look, ...]
    """Grey level of each facet, relative to the surface around; one for each side of each ridge."""
    shadow: Look
    """Darkening of the web beside it, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.polygon.reach_mm + 0.15

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.polygon.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        distance = self.polygon.distance(canvas.x, canvas.y)
        index = np.zeros(canvas.shape, np.int64)
        for power, (nx, ny, offset) in enumerate(self.cuts):
            index += (nx * canvas.x + ny * canvas.y > offset).astype(np.int64) << power
        level = np.array([facet.at(ground.view) for facet in self.facets], np.float32)[index]
        level *= np.float32(ground.level_dn)
        shadow = np.float32(self.shadow.at(ground.view))
        canvas.scale(1.0 - shadow * soft(distance - np.float32(0.03), 0.06))
        alpha = soft(distance, canvas.step_mm)
        canvas.replace(alpha, level)
        canvas.claim(alpha)


def _facet_on_coating(rng: np.random.Generator, *, glints: bool = False) -> Look:
    """60 % glint, 25 % are bright, 15 % dark; those that glint in one light need not in the other."""
    dice = 0.0 if glints else rng.random()
    bright = rng.uniform(2.8, 4.5) if dice < 0.60 else rng.uniform(1.5, 2.5) if dice < 0.85 else rng.uniform(0.6, 0.75)
    dark = rng.uniform(3.0, 9.0) if rng.random() < 0.7 else rng.uniform(0.7, 1.5)
    return Look(float(bright), float(dark), 1.0)


def _facet_on_separator(rng: np.random.Generator, opacity: float) -> Look:
    """Dark from above and from below; where it faces the grazing light it glints into saturation."""
    bright = rng.uniform(0.2, 0.75)
    dark = rng.uniform(2.9, 6.0) if rng.random() < 0.6 else rng.uniform(0.3, 1.5)
    return Look(float(bright), float(dark), opacity)


def _draw(rng: np.random.Generator, occasion: Occasion) -> MetalParticle:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.15, 0.5, 0.02, 0.5)
    else:
        diameter = occasion.lognormal(rng, 0.08, 0.6, 0.01, 0.5)
    aspect = float(np.clip(1.5 * np.exp(0.3 * rng.standard_normal()), 1.0, 4.0))
    ridges = rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(1, 3)))
    cuts = tuple((float(np.cos(a)), float(np.sin(a)), float(rng.normal(0.0, 0.1 * diameter))) for a in ridges)
    count = 2 ** len(cuts)
    if occasion.material.is_electrode:
        facets = [_facet_on_coating(rng) for _ in range(count)]
        if max(facet.bright for facet in facets) < 2.8 and rng.random() < 0.8:
            facets[0] = _facet_on_coating(rng, glints=True)
    else:
        opacity = float(rng.uniform(0.05, 0.40))
        facets = [_facet_on_separator(rng, opacity) for _ in range(count)]
        if rng.random() < 0.3:
            facets[0] = Look(float(rng.uniform(1.1, 1.4)), float(rng.uniform(2.9, 6.0)), opacity)
    shadow = float(rng.uniform(0.0, 0.12))
    in_back_light = 0.0 if occasion.material.is_electrode else shadow
    return MetalParticle(
        draw_polygon(rng, diameter, aspect),
        cuts,
        tuple(facets),
        Look(shadow, float(rng.uniform(0.2, 0.6)), in_back_light),
    )


E13 = Kind(
    "E13",
    ELECTRODES,
    Place.COATING,
    Rates(0.001, 0.01, 0.1),
    _draw,
    contrast=Contrast(bright=((50, SATURATED), (-45, -15)), dark=((200, SATURATED),)),
)
S07 = Kind(
    "S07",
    SEPARATORS,
    Place.COATING,
    Rates(0.001, 0.01, 0.1),
    _draw,
    contrast=Contrast(bright=((-80, 40),), dark=((200, SATURATED),), back=((-95, -60),)),
)
