"""E33, loose powder on the foil margin (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class MarginPowder(Figure):
    """A cloud of crumbs that thins out to all sides, and the haze of finer ones between them."""

    length_mm: float
    """Along the machine, where the crumbs are half as dense as in the middle."""
    width_mm: float
    grain_mm: float
    """Size of the crumbs."""
    cover: float
    """Threshold of the crumbs' cover in the middle of the cloud: the lower, the denser."""
    change: Look
    """Change of the foil's grey level where a crumb lies, in parts."""
    haze: float
    """Share of the change between the crumbs in the middle of the cloud."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 1.1 * self.length_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return 1.1 * self.width_mm

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        u, v = canvas.y / np.float32(0.5 * self.length_mm), canvas.x / np.float32(0.5 * self.width_mm)
        far = u * u + v * v
        cloud = np.exp(np.float32(-np.log(2.0)) * far)
        # Crumbs gather in clumps.
        grain = canvas.noise(rng, self.grain_mm) + 0.5 * canvas.noise(rng, 4.0 * self.grain_mm)
        level = np.float32(self.cover) + np.float32(0.5) * far - grain
        crumbs = soft(level, 0.5) * (far < 4.8)
        haze = np.float32(self.haze) * cloud * (1.0 - crumbs) * soft(far - np.float32(4.0), 1.5)
        unlike = np.clip(1.0 + 0.25 * canvas.noise(rng, 2.0 * self.grain_mm), 0.4, 1.6)
        canvas.scale((1.0 + self.change.at(ground.view) * (crumbs * unlike + haze)).astype(np.float32))
        canvas.claim(crumbs)


def _draw(rng: np.random.Generator, occasion: Occasion) -> MarginPowder:
    """Crumbs of 0.05 to 0.5 mm in clouds, -20 to -60 % on foil, from the note; the clouds' sizes are judged by its
    limit, 5 % of the area in 10 mm.
    """
    length = occasion.lognormal(rng, 2.5 if occasion.is_dense else 4.0, 0.5, 0.8, 10.0)
    width = min(length * float(rng.uniform(0.4, 1.0)), 0.35 * occasion.room_mm)
    return MarginPowder(
        length,
        width,
        grain_mm=float(rng.uniform(0.05, 0.25)),
        cover=float(rng.uniform(0.6, 1.6)),
        change=Look(-float(rng.uniform(0.25, 0.55)), float(rng.uniform(0.3, 1.0)), 0.0),
        haze=float(rng.uniform(0.05, 0.25)),
        seed=int(rng.integers(2**62)),
    )


E33 = Kind("E33", ELECTRODES, Place.FOIL, Rates(0.01, 0.05, 0.5), _draw, contrast=Contrast(bright=((-60, -20),)))
