"""E08, bare spot: foil exposed by dewetting or delamination (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class BareSpot(Figure):
    """Merged blobs of bare foil with a torn dark edge and islands of coating left inside."""

    balls: tuple[tuple[float, float, float], ...]
    """(x, y, radius) in mm."""
    foil: ExposedFoil
    tear: Look
    """Darkening of the torn edge, in parts."""
    steepness: float
    """Steepest slope of the torn edge, um per um."""
    ragged_mm: float
    residue: float
    """Noise level above which coating is left."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        # Where all balls together, were they in the middle of the outermost, would end; and the torn edge.
        middle = max(np.hypot(x, y) for x, y, _ in self.balls)
        together = np.sqrt(sum(r * r for _, _, r in self.balls))
        scale = np.mean([r for _, _, r in self.balls])
        return float(middle + together * (1.0 + (0.1 + 3.0 * self.ragged_mm) / scale))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        field = np.full(canvas.shape, 1e-6, np.float32)
        for x, y, radius in self.balls:
            away = (canvas.x - np.float32(x)) ** 2 + (canvas.y - np.float32(y)) ** 2
            field += np.float32(radius**2) / (away + np.float32(1e-4))
        scale = np.float32(np.mean([radius for _, _, radius in self.balls]))
        distance = ((1.0 / np.sqrt(field) - 1.0) * scale).astype(np.float32)
        distance += np.float32(self.ragged_mm) * (
            canvas.noise(rng, 6.0 * self.ragged_mm) + 0.5 * canvas.noise(rng, 2.0 * self.ragged_mm)
        )
        alpha = soft(distance, 0.04)
        canvas.scale((1.0 - self.tear.at(ground.view) * soft(distance - np.float32(0.06), 0.08)).astype(np.float32))
        island = soft(np.float32(self.residue) - canvas.noise(rng, 0.25), 0.5)
        island *= soft(distance + np.float32(0.15), 0.2)
        canvas.replace(alpha * (1.0 - 0.85 * island), self.foil.level(canvas, ground, rng))
        # The coat ends in a step; soft() is at most 1.5 / width steep.
        step_mm = 0.08
        canvas.raise_by(np.float32(1000.0 * self.steepness * step_mm / 1.5) * (1.0 - soft(distance, step_mm)))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> BareSpot:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 1.3, 0.7, 0.4, 8.0)
    else:
        diameter = occasion.lognormal(rng, 3.0, 0.7, 0.5, 30.0)
    count = int(rng.integers(2, 9))
    radii = diameter / 2.0 * rng.uniform(0.25, 0.55, count)
    spread = 0.33 * diameter
    balls = tuple(
        (float(x), float(y), float(r))
        for x, y, r in zip(rng.uniform(-spread, spread, count), rng.uniform(-spread, spread, count), radii, strict=True)
    )
    return BareSpot(
        balls,
        ExposedFoil(bright=float(rng.uniform(0.7, 1.05)), dark=float(rng.uniform(-0.40, 0.55))),
        Look(float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.0, 0.3)), 0.0),
        steepness=float(rng.uniform(0.10, 0.40)),
        ragged_mm=float(np.clip(0.04 * diameter, 0.03, 0.15)),
        residue=float(rng.uniform(1.2, 2.5)),
        seed=int(rng.integers(2**62)),
    )


E08 = Kind(
    "E08",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((100, 400),), dark=((-40, 60),)),
)
