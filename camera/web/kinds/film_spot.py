"""S03 and S13, spots of film that let more light through: stretched thin, or with oil in the pores (numbers note,
sections 2.2 and 4.7).
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import SEPARATORS
from camera.web.shapes import Blob, draw_blob
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class FilmSpot(Figure):
    """A large soft spot; the texture shows through."""

    blob: Blob
    edge_mm: float
    change: Look
    """Change of the grey level in the middle, in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.5 * self.edge_mm + 0.1

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        return self.blob.size()

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y, x = canvas.y[:, 0].astype(np.float64), canvas.x[0].astype(np.float64)
        ragged = lattice.smooth(self.seed + 3, y / 0.3)[:, None] + lattice.smooth(self.seed + 4, x / 0.3)
        distance = self.blob.distance(canvas.x, canvas.y) + np.float32(0.02) * ragged.astype(np.float32)
        uneven = np.zeros_like(distance)
        scale = np.float32(1.0 / (0.3 * self.blob.diameter_mm))
        for number, turn in enumerate((0.3, 1.35, 2.4)):
            along = (np.float32(np.cos(turn)) * canvas.y + np.float32(np.sin(turn)) * canvas.x) * scale
            uneven += lattice.smooth(self.seed + number, along).astype(np.float32)
        strength = soft(distance, self.edge_mm) * (1.0 + np.float32(0.06) * uneven) + self.border(distance)
        canvas.scale(1.0 + np.float32(self.change.at(ground.view)) * strength)
        canvas.claim(soft(distance, canvas.step_mm))

    @abstractmethod
    def border(self, distance: Field) -> Field:
        """What the border adds to the change in the middle, in parts of it; `distance` (m, n) mm, negative inside."""


class ThinSpot(FilmSpot):
    """S03: fades out on all sides, without a border."""

    __slots__ = ()

    def border(self, distance: Field) -> Field:
        """See FilmSpot."""
        return np.zeros_like(distance)


@dataclass(frozen=True, slots=True)
class OilStain(FilmSpot):
    """S13: pores filled to a clear edge; the front has crept a little farther in steps."""

    fade: float
    """Share of the oil that is missing at the border."""
    fronts: tuple[tuple[float, float], ...]
    """(distance inside the border in mm, strength in parts) of where the oil stood for a while."""

    def border(self, distance: Field) -> Field:
        """See FilmSpot."""
        fading = np.exp(np.minimum(distance, 0.0) / np.float32(0.15 * self.blob.diameter_mm))
        total = np.float32(-self.fade) * fading * soft(distance, self.edge_mm)
        for depth_mm, strength in self.fronts:
            total += np.float32(strength) * np.exp(-(((distance + np.float32(depth_mm)) / np.float32(0.12)) ** 2))
        return total


def _draw_thin(rng: np.random.Generator, occasion: Occasion) -> ThinSpot:
    # No distribution in the note: a stretched spot is some millimetres wide, drawn out along the machine.
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 2.5, 0.7, 1.0, 15.0)
    else:
        diameter = occasion.lognormal(rng, 5.0, 0.7, 1.0, 30.0)
    back, bright = float(rng.uniform(0.08, 0.28)), -float(rng.uniform(0.04, 0.11))
    shape = draw_blob(rng, diameter, 0.15, aspect=float(rng.uniform(1.0, 2.5)))
    return ThinSpot(
        Blob(shape.diameter_mm, shape.aspect, float(rng.normal(0.0, 0.2)), shape.waves),
        edge_mm=float(rng.uniform(0.5, 0.95)) * diameter,
        # Less film scatters less grazing light, as much less as from above.
        change=Look(bright, bright, back),
        seed=int(rng.integers(2**60)),
    )


def _draw_oil(rng: np.random.Generator, occasion: Occasion) -> OilStain:
    # The note has 1 to 50 mm; drawn like a stain on an electrode, LogN(8 mm, 0.7).
    if occasion.is_dense:
        diameter = occasion.lognormal(rng, 3.0, 0.7, 1.0, 20.0)
    else:
        diameter = occasion.lognormal(rng, 8.0, 0.7, 1.0, 50.0)
    fronts = [(float(rng.uniform(0.1, 0.2)), float(rng.uniform(-0.1, 0.3)))]
    fronts += [
        (float(rng.uniform(0.05, 0.25)) * diameter, float(rng.uniform(0.03, 0.12))) for _ in range(rng.poisson(0.8))
    ]
    return OilStain(
        draw_blob(rng, diameter, 0.25, aspect=float(rng.uniform(1.0, 1.6))),
        edge_mm=float(rng.uniform(0.1, 0.5)),
        change=Look(-float(rng.uniform(0.12, 0.33)), -float(rng.uniform(0.10, 0.35)), float(rng.uniform(0.14, 0.65))),
        seed=int(rng.integers(2**60)),
        fade=float(rng.uniform(0.0, 0.6)),
        fronts=tuple(fronts),
    )


S03 = Kind(
    "S03",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw_thin,
    contrast=Contrast(bright=((-10, -3),), back=((5, 25),)),
)
S13 = Kind(
    "S13",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw_oil,
    contrast=Contrast(bright=((-30, -10),), back=((10, 60),)),
)
