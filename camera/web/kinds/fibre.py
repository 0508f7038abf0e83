"""S09, fibre or hair on the separator (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import cv2
import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import SEPARATORS
from camera.web.shapes import Curve


@dataclass(frozen=True, slots=True, eq=False)
class Fibre(Figure):
    """A thin curved dark line, as a rule thinner than a pixel."""

    curve: Curve
    width_mm: float
    drop: Look
    """Darkening in parts, where it covers; negative: it shines."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(np.abs(self.curve.points[:, 1]).max()) + 0.3

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(np.abs(self.curve.points[:, 0]).max()) + 0.3

    def size(self) -> Size:
        """Length is that of the box around it, the fibre laid out straight is longer; see Figure."""
        _, sides, _ = cv2.minAreaRect(self.curve.points.astype(np.float32))
        return Size(float(max(sides)), self.width_mm, self.curve.arc_mm * self.width_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        edge = max(canvas.step_mm, 0.2 * self.width_mm)
        away, _ = self.curve.distance(canvas.x, canvas.y, 0.5 * self.width_mm + 2.0 * edge)
        # Thinner than a grid step: as much fainter as it covers less.
        shown_mm = max(self.width_mm, canvas.step_mm)
        alpha = soft(away - np.float32(0.5 * shown_mm), edge) * np.float32(self.width_mm / shown_mm)
        canvas.scale(1.0 - np.float32(self.drop.at(ground.view)) * alpha)
        canvas.claim(alpha)


def draw_curl(rng: np.random.Generator, length_mm: float) -> Curve:
    """A smooth curl of that arc length about the origin."""
    count = int(np.clip(length_mm * 6.0, 24, 80))
    step = length_mm / count
    knots = rng.normal(0.0, rng.uniform(0.3, 1.6), int(rng.integers(3, 7)))
    bend = np.interp(np.linspace(0.0, 1.0, count), np.linspace(0.0, 1.0, knots.size), knots)
    heading = rng.uniform(0.0, 2.0 * np.pi) + np.cumsum(bend) * 4.0 / count
    points = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0) * step
    points = np.concatenate([np.zeros((1, 2)), points])
    return Curve(points - (points.max(axis=0) + points.min(axis=0)) / 2.0)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Fibre:
    if occasion.is_dense:
        length = occasion.lognormal(rng, 1.3, 0.7, 0.4, 10.0)
        width = float(rng.uniform(0.012, 0.05))
    else:
        length = occasion.lognormal(rng, 3.0, 0.6, 0.5, 15.0)
        width = float(rng.uniform(0.012, 0.04))
    drop = Look(float(rng.uniform(0.25, 0.50)), -float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.30, 0.60)))
    return Fibre(draw_curl(rng, length), width, drop)


S09 = Kind(
    "S09",
    SEPARATORS,
    Place.COATING,
    Rates(0.02, 0.1, 1.0),
    _draw,
    contrast=Contrast(bright=((-50, -10),), back=((-60, -10),)),
)
