"""S02, gel, unmelt or fisheye in the film (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates
from camera.web.settings import SEPARATORS


@dataclass(frozen=True, slots=True)
class Gel(Figure):
    """A lens of unmolten resin, drawn out along the machine: a core and a ring of the other sign."""

    diameter_mm: float
    """Diameter of the circle of the same area."""
    stretch: float
    """Length to width."""
    turn: float
    """Angle of its long axis to the machine direction, radians."""
    core: Look
    """Change of the grey level in the middle, in parts."""
    ring: Look
    """Change on the ring around it, in parts."""
    ring_place: float
    """Diameter of the ring, in parts of the whole."""
    height_um: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.7 * self.diameter_mm * float(np.sqrt(self.stretch)) + 0.05

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(0.7 * self.diameter_mm * np.sqrt(self.stretch) * max(0.6, abs(np.sin(self.turn)))) + 0.05

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        cos, sin, root = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn)), np.float32(np.sqrt(self.stretch))
        along, across = (cos * canvas.y + sin * canvas.x) / root, (cos * canvas.x - sin * canvas.y) * root
        # Relative diameter: 0 in the middle, 1 at the border; not quite round.
        place = np.hypot(along, across).astype(np.float32) / np.float32(0.5 * self.diameter_mm)
        place *= 1.0 + 0.05 * canvas.noise(rng, 0.5 * self.diameter_mm)
        core = np.exp(-4.0 * np.log(2.0) * (place / 0.6) ** 2)
        ring = np.exp(-(((place - self.ring_place) / 0.24) ** 2))
        canvas.scale((1.0 + self.core.at(ground.view) * core + self.ring.at(ground.view) * ring).astype(np.float32))
        canvas.raise_by((self.height_um * np.clip(1.0 - place**2, 0.0, None) ** 2).astype(np.float32))
        canvas.claim(soft((place - 1.0) * np.float32(0.5 * self.diameter_mm), canvas.step_mm))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Gel:
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 0.45, 0.6, 0.1, 2.0)
    else:
        diameter = occasion.lognormal(rng, 0.35, 0.5, 0.1, 2.0)
    core, ring = float(rng.uniform(0.10, 0.50)), float(rng.uniform(0.10, 0.30))
    # From above a lens is seen by what it mirrors: brighter or darker, a third as strong. It scatters grazing light.
    sign = 1.0 if rng.random() < 0.5 else -1.0
    return Gel(
        diameter,
        stretch=float(rng.uniform(1.0, 3.0)),
        turn=float(rng.normal(0.0, 0.08)),
        core=Look(0.3 * sign * core, float(rng.uniform(0.1, 0.5)), core),
        ring=Look(-0.3 * sign * ring, 0.0, -ring),
        ring_place=float(rng.uniform(0.5, 0.7)),
        height_um=min(float(rng.uniform(2.0, 10.0)), 20.0 * diameter),
        seed=int(rng.integers(2**62)),
    )


S02 = Kind(
    "S02",
    SEPARATORS,
    Place.COATING,
    Rates(0.2, 1.0, 10.0),
    _draw,
    is_clustered=True,
    contrast=Contrast(bright=((3, 15), (-15, -3)), back=((10, 50), (-30, -10))),
)
