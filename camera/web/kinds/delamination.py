"""E12, coating flaked off the foil (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES
from camera.web.shapes import Polygon, draw_polygon
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class LooseFlake:
    """The piece that came off, lying beside the place that it left."""

    polygon: Polygon
    x_mm: float
    y_mm: float
    change: Look
    """Change of the grey level, in parts."""
    shadow: Look
    """Darkening of the coating about it in parts."""

    @property
    def reach_mm(self) -> float:
        """From the middle of the bare place."""
        return float(np.hypot(self.x_mm, self.y_mm)) + self.polygon.reach_mm


@dataclass(frozen=True, slots=True)
class Delamination(Figure):
    """Bare foil within a torn, cornered outline, whose rim is dark, lifted and curled; sometimes with its flake."""

    polygon: Polygon
    foil: ExposedFoil
    rim: Look
    """Darkening of the torn rim in parts."""
    steepness: float
    """Steepest slope of the curled rim, um per um: +50 to +150 % in dark-field, as it is torn here and there."""
    ragged_mm: float
    flake: LooseFlake | None
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        away = self.polygon.reach_mm + 4.0 * self.ragged_mm
        return (away if self.flake is None else max(away, self.flake.reach_mm)) + 0.4

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.polygon.distance(canvas.x, canvas.y)
        distance += np.float32(self.ragged_mm) * (
            canvas.noise(rng, 8.0 * self.ragged_mm) + 0.35 * canvas.noise(rng, 3.5 * self.ragged_mm)
        )
        curl_mm = 0.07
        curl: Field = np.exp(-(((distance - np.float32(curl_mm)) / np.float32(curl_mm)) ** 2))
        curl *= np.clip(1.0 + 0.4 * canvas.noise(rng, 0.4), 0.2, 1.6)
        canvas.scale((1.0 - self.rim.at(ground.view) * curl).astype(np.float32))
        # The flank of exp(-(d/w)^2) is at most 0.86 / w steep.
        canvas.raise_by(np.float32(1000.0 * self.steepness * curl_mm / 0.86) * curl)
        alpha = soft(distance, 0.03)
        canvas.replace(alpha, self.foil.level(canvas, ground, rng))
        canvas.claim(alpha)
        if self.flake is not None:
            self._lay_flake(canvas, ground, self.flake, rng)

    def _lay_flake(self, canvas: Canvas, ground: Ground, flake: LooseFlake, rng: np.random.Generator) -> None:
        ragged = np.float32(self.ragged_mm) * canvas.noise(rng, 5.0 * self.ragged_mm)
        x, y = canvas.x - np.float32(flake.x_mm), canvas.y - np.float32(flake.y_mm)
        alpha = soft(flake.polygon.distance(x, y) + ragged, 0.04)
        # The shadow falls away from the lamp.
        fall_mm = 0.06
        shaded = flake.polygon.distance(
            x + np.float32(fall_mm * ground.shading.towards_x), y + np.float32(fall_mm * ground.shading.towards_y)
        )
        shade = soft(shaded + ragged, 0.10) * (1.0 - alpha)
        mottled = 1.0 + 0.2 * canvas.noise(rng, 0.2)
        change = flake.change.at(ground.view) * alpha * mottled - flake.shadow.at(ground.view) * shade
        canvas.scale((1.0 + change).astype(np.float32))
        # Not quite flat on the web: one side stands up.
        tilt: Field = np.clip(1.0 + 0.5 * (x + y) / np.float32(flake.polygon.reach_mm), 0.4, 1.6).astype(np.float32)
        canvas.raise_by(np.float32(12.0) * soft(flake.polygon.distance(x, y) + ragged, 0.10) * tilt)
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Delamination:
    # The note gives 0.3 to 20 mm and a limit of 0.5 mm; the distributions are judged.
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.8, 0.7, 0.3, 8.0)
    else:
        diameter = occasion.lognormal(rng, 2.0, 0.7, 0.3, 20.0)
    diameter = min(diameter, 0.2 * occasion.room_mm)
    flake = None
    if rng.random() < 0.3:
        angle, away = float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(1.2, 1.6)) * diameter
        flake = LooseFlake(
            draw_polygon(rng, float(rng.uniform(0.2, 0.5)) * diameter, float(rng.uniform(1.0, 2.0))),
            away * float(np.sin(angle)),
            away * float(np.cos(angle)),
            Look(float(rng.uniform(-0.30, -0.08)), float(rng.uniform(0.10, 0.40)), 0.0),
            Look(float(rng.uniform(0.15, 0.35)), float(rng.uniform(0.3, 0.6)), 0.0),
        )
    return Delamination(
        draw_polygon(rng, diameter, float(rng.uniform(1.0, 1.8))),
        ExposedFoil(bright=float(rng.uniform(0.85, 1.05)), dark=float(rng.uniform(-0.30, 0.50))),
        rim=Look(float(rng.uniform(0.15, 0.3)), 0.0, 0.0),
        steepness=float(rng.uniform(0.25, 0.50)),
        ragged_mm=float(np.clip(0.03 * diameter, 0.012, 0.12)),
        flake=flake,
        seed=int(rng.integers(2**62)),
    )


E12 = Kind(
    "E12",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((80, 300),), dark=((50, 150), (-80, -20))),
)
