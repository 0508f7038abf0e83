"""E05, splash or drop of slurry that dried on the coating (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob


@dataclass(frozen=True, slots=True)
class Splash(Figure):
    """A flat, slightly darker spot of irregular outline with a sharp raised rim, and droplets about it."""

    blob: Blob
    droplets: tuple[tuple[float, float, float], ...]
    """(x, y, radius) in mm."""
    drop: Look
    """Darkening in parts; negative: brighter."""
    rim: float
    """Further darkening of the rim in bright-field, in parts of the whole's."""
    steepness: float
    """Slope of the rim, um per um: +30 % in dark-field for 0.14 and a bead: some 8 um of slurry."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return max([1.05 * self.blob.reach_mm, *(abs(y) + r for _, y, r in self.droplets)]) + 0.25

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return max([1.05 * self.blob.reach_mm, *(abs(x) + r for x, _, r in self.droplets)]) + 0.25

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        distance = self.blob.distance(canvas.x, canvas.y)
        distance += np.float32(0.015 * self.blob.diameter_mm) * canvas.noise(rng, 0.12 * self.blob.diameter_mm)
        for x, y, radius in self.droplets:
            drop = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) - np.float32(radius)
            distance = np.minimum(distance, drop)
        rim_mm = 0.08
        alpha = soft(distance, 0.04)
        rim = np.exp(-(((distance + 0.5 * rim_mm) / (0.5 * rim_mm)) ** 2)) * alpha
        uneven = 1.0 + 0.15 * canvas.noise(rng, 0.25 * self.blob.diameter_mm)
        change = self.drop.at(ground.view) * alpha * (uneven + self.rim * rim)
        canvas.scale((1.0 - change).astype(np.float32))
        # A plate whose border falls off over the rim, at most 1.5 / width steep, with a bead on it.
        height_um = np.float32(1000.0 * self.steepness * rim_mm / 1.5)
        canvas.raise_by(height_um * (soft(distance, rim_mm) + 0.3 * rim))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Splash:
    # The note gives 0.5 to 10 mm and a limit of 2 mm; the distribution is judged.
    diameter = min(occasion.lognormal(rng, 1.8, 0.6, 0.5, 10.0), 0.6 * occasion.room_mm)
    droplets = []
    for _ in range(int(rng.poisson(2.5))):
        angle, away = rng.uniform(0.0, 2.0 * np.pi), 0.5 * diameter * rng.uniform(1.1, 1.5)
        radius = diameter * rng.uniform(0.02, 0.07)
        droplets.append((float(away * np.sin(angle)), float(away * np.cos(angle)), float(radius)))
    return Splash(
        draw_blob(rng, diameter, 0.3, aspect=float(rng.uniform(1.0, 1.6))),
        tuple(droplets),
        drop=Look(float(rng.uniform(0.10, 0.24)), float(rng.uniform(-0.10, 0.10)), 0.0),
        rim=float(rng.uniform(0.3, 0.8)),
        steepness=float(rng.uniform(0.10, 0.18)),
        seed=int(rng.integers(2**62)),
    )


E05 = Kind(
    "E05",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((-25, -10),), dark=((15, 45), (-45, -15))),
)
