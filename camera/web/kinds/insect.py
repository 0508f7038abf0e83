"""S08 and N05: insects and black specks on a separator, and the insect that sits off the web, seen as a shadow at its
border (numbers note, sections 2.1, 2.2 and 4.7).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import SEPARATORS, Material
from camera.web.shapes import Blob, Curve, draw_blob
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Part of a body; mm."""

    x: float
    y: float
    half_length_mm: float
    half_width_mm: float
    turn: float
    """Angle of its length to the machine direction, radians."""

    def distance(self, x: Field, y: Field) -> Field:
        """Signed distance, good near the border; x (1, n) and y (m, 1) in mm give (m, n)."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        dx, dy = x - np.float32(self.x), y - np.float32(self.y)
        along = (cos * dy + sin * dx) / np.float32(self.half_length_mm)
        across = (cos * dx - sin * dy) / np.float32(self.half_width_mm)
        return np.asarray((np.hypot(along, across) - 1.0) * np.float32(self.half_width_mm), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Insect:
    """Outline of a small fly, as long as 1 to 1.4 bodies: body, wings and legs."""

    body: tuple[Ellipse, ...]
    wings: tuple[Ellipse, ...]
    legs: tuple[NDArray[np.float64], ...]
    """(n, 2) points x, y in mm."""
    leg_mm: float
    """Thickness of a leg."""

    @property
    def reach_mm(self) -> float:
        """No point of it lies farther from its centre."""
        parts = [float(np.hypot(part.x, part.y)) + part.half_length_mm for part in (*self.body, *self.wings)]
        legs = [float(np.hypot(*leg.T).max()) + self.leg_mm for leg in self.legs]
        return max(parts + legs)

    def body_distance(self, x: Field, y: Field) -> Field:
        """Signed distance in mm of head, thorax and abdomen together."""
        return np.asarray(np.minimum.reduce([part.distance(x, y) for part in self.body]))

    def leg_distance(self, x: Field, y: Field, reach_mm: float) -> Field:
        """Signed distance in mm of all legs, at most `reach_mm`."""
        away = np.full((y.shape[0], x.shape[1]), reach_mm, np.float32)
        for leg in self.legs:
            away = np.minimum(away, Curve(leg).distance(x, y, reach_mm)[0])
        return np.asarray(away - np.float32(0.5 * self.leg_mm))

    def wing_distance(self, x: Field, y: Field) -> Field:
        """Signed distance in mm of the wings; far outside where it has none."""
        if not self.wings:
            return np.full((y.shape[0], x.shape[1]), 100.0, np.float32)
        return np.asarray(np.minimum.reduce([part.distance(x, y) for part in self.wings]))


def draw_insect(rng: np.random.Generator, length_mm: float) -> Insect:
    """An insect of that body length: 0 to 6 legs and 0 to 2 wings, as the web's nip has left them."""
    turn = float(rng.uniform(0.0, 2.0 * np.pi))
    ahead = np.array([np.sin(turn), np.cos(turn)])
    aside = np.array([np.cos(turn), -np.sin(turn)])
    body = []
    for place, long, wide in ((0.40, 0.11, 0.09), (0.13, 0.19, 0.13), (-0.24, 0.28, 0.13)):
        x, y = place * length_mm * ahead + rng.normal(0.0, 0.02 * length_mm, 2)
        shape = np.array([long, wide]) * length_mm * rng.uniform(0.85, 1.15, 2)
        body.append(
            Ellipse(float(x), float(y), float(shape.max()), float(shape.min()), turn + float(rng.normal(0, 0.1)))
        )
    wings = []
    for side in rng.permutation([-1.0, 1.0])[: int(rng.integers(3))]:
        spread = float(rng.uniform(0.15, 0.7)) * side
        back = np.cos(spread) * -ahead + np.sin(spread) * aside
        x, y = 0.15 * length_mm * ahead + 0.42 * length_mm * back
        angle = float(np.arctan2(back[0], back[1]))
        wings.append(Ellipse(float(x), float(y), 0.42 * length_mm, float(rng.uniform(0.12, 0.17)) * length_mm, angle))
    legs = []
    for number in rng.permutation(6)[: int(rng.integers(7))]:
        side, pair = (-1.0 if number % 2 else 1.0), int(number) // 2
        root = (0.22 - 0.1 * pair) * length_mm * ahead + 0.08 * length_mm * side * aside
        lean = (1 - pair) * 0.7 + float(rng.normal(0.0, 0.25))
        out = np.cos(lean) * side * aside + np.sin(lean) * ahead
        knee = root + 0.22 * length_mm * out
        foot = knee + 0.22 * length_mm * (out + (0.5 if pair == 0 else -0.7) * ahead + rng.normal(0.0, 0.2, 2))
        u = np.linspace(0.0, 1.0, 9)[:, None]
        legs.append((1 - u) ** 2 * root + 2 * u * (1 - u) * knee + u**2 * foot)
    return Insect(tuple(body), tuple(wings), tuple(legs), leg_mm=max(0.01, 0.03 * length_mm))


@dataclass(frozen=True, slots=True, eq=False)
class PressedInsect(Figure):
    """Dark body and legs, clear wings that do not count to its extent, and body fluid that has run out around it."""

    insect: Insect
    level: Look
    """Grey level of the body, relative to the surface around."""
    wing: Look
    """The same of its wings."""
    edge_mm: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.insect.reach_mm + 0.3

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        body = self.insect.body_distance(canvas.x, canvas.y)
        wide = np.float32(self.insect.body[1].half_width_mm)
        body = body + 0.12 * wide * canvas.noise(rng, max(0.04, 0.5 * float(wide)))
        wet = soft(body - 0.6 * wide * (1.0 + 0.4 * canvas.noise(rng, 2.0 * float(wide))), 1.2 * float(wide))
        canvas.scale(1.0 - np.float32(0.08) * wet)
        # Wings lie unevenly on the film: where they touch it they can hardly be seen.
        wing = soft(self.insect.wing_distance(canvas.x, canvas.y), 2.0 * self.edge_mm)
        wing *= np.clip(0.75 + 0.35 * canvas.noise(rng, 1.5 * float(wide)), 0.1, 1.3)
        canvas.scale(1.0 + np.float32(self.wing.at(ground.view) - 1.0) * wing)
        leg_edge = max(canvas.step_mm, 0.5 * self.insect.leg_mm)
        legs = soft(self.insect.leg_distance(canvas.x, canvas.y, self.insect.leg_mm + 2.0 * leg_edge), leg_edge)
        alpha: Field = np.maximum(soft(body, self.edge_mm), legs)
        level = np.float32(ground.level_dn * self.level.at(ground.view)) * (1.0 + 0.2 * canvas.noise(rng, 0.06))
        canvas.replace(np.float32(0.97) * alpha, np.maximum(level, 0.0).astype(np.float32))
        canvas.claim(alpha)


@dataclass(frozen=True, slots=True)
class BlackSpeck(Figure):
    """Carbonised resin or a crumb of dirt: dark to the middle, with a charred fringe."""

    blob: Blob
    level: Look
    """Grey level, relative to the surface around."""
    edge_mm: float
    fringe: float
    """Darkening just outside, in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.4 * self.blob.reach_mm + 0.15

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        diameter = self.blob.diameter_mm
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.05 * diameter) * canvas.noise(rng, max(0.03, 0.2 * diameter))
        canvas.scale(1.0 - np.float32(self.fringe) * soft(distance - np.float32(0.1 * diameter), 0.25 * diameter))
        alpha = soft(distance, self.edge_mm)
        level = np.float32(ground.level_dn * self.level.at(ground.view)) * (1.0 + 0.15 * canvas.noise(rng, 0.08))
        canvas.replace(alpha, np.maximum(level, 0.0).astype(np.float32))
        canvas.claim(alpha)


@dataclass(frozen=True, slots=True, eq=False)
class InsectShadow(Figure):
    """Between lamp and web, or on the lamp: far out of focus."""

    insect: Insect
    blur_mm: float
    depth: float
    """Light that it takes, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.insect.reach_mm + 0.5 * self.blur_mm + 0.1

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        body = np.minimum(
            self.insect.body_distance(canvas.x, canvas.y),
            self.insect.leg_distance(canvas.x, canvas.y, self.blur_mm + self.insect.leg_mm),
        )
        # Of a leg thinner than the blur only a part of the light is missing.
        thin = soft(self.insect.leg_distance(canvas.x, canvas.y, self.blur_mm + self.insect.leg_mm), self.blur_mm)
        thin *= np.float32(min(1.0, 2.0 * self.insect.leg_mm / self.blur_mm))
        core = soft(self.insect.body_distance(canvas.x, canvas.y), self.blur_mm)
        wing = np.float32(0.4) * soft(self.insect.wing_distance(canvas.x, canvas.y), self.blur_mm)
        canvas.scale(1.0 - np.float32(self.depth) * np.maximum.reduce([core, thin, wing]))
        canvas.claim(soft(body, canvas.step_mm))


def _draw_spot(rng: np.random.Generator, occasion: Occasion) -> Figure:
    # The table has 0.1 to 5 mm: specks are small, insects from half a millimetre on.
    edge = float(rng.uniform(0.015, 0.05))
    dark = float(rng.uniform(0.5, 1.35))
    level = Look(float(rng.uniform(0.10, 0.50)), dark, float(rng.uniform(0.05, 0.35)))
    seed = int(rng.integers(2**62))
    if rng.random() < 0.35:
        length = occasion.lognormal(rng, 0.9 if occasion.is_dense else 1.2, 0.5, 0.4, 5.0)
        wing = Look(float(rng.uniform(0.8, 0.95)), float(rng.uniform(1.05, 1.4)), float(rng.uniform(0.75, 0.92)))
        return PressedInsect(draw_insect(rng, length), level, wing, edge, seed)
    diameter = occasion.lognormal(rng, 0.25 if occasion.is_dense else 0.3, 0.6, 0.1, 2.0)
    shape = draw_blob(rng, diameter, 0.4, aspect=float(rng.uniform(1.0, 2.0)))
    return BlackSpeck(shape, level, edge, fringe=float(rng.uniform(0.0, 0.15)), seed=seed)


def _draw_shadow(rng: np.random.Generator, occasion: Occasion) -> InsectShadow:
    length = occasion.lognormal(rng, 3.0, 0.4, 1.0, 8.0)
    return InsectShadow(
        draw_insect(rng, length), blur_mm=float(rng.uniform(0.15, 0.5)) * length, depth=float(rng.uniform(0.2, 0.6))
    )


S08 = Kind(
    "S08",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw_spot,
    contrast=Contrast(bright=((-90, -40),), back=((-95, -50),)),
)
# No rate in the note: an insect at the lamp each hundred metres, in a dense web as often as labels.
N05 = Kind("N05", tuple(Material), Place.BORDER, Rates(0.01, 0.01, 0.01, dense=0.4, per="m"), _draw_shadow)
