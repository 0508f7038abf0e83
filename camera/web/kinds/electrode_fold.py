"""E20, fold or crease of the electrode (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.kinds.exposed_foil import ExposedFoil
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class Fold(Figure):
    """A band, narrowing to its ends, where the web lies double: the other side is seen, between a nearly straight
    kink where the coat broke and an uneven edge that casts a shadow.
    """

    length_mm: float
    width_mm: float
    turn: float
    """From the machine direction, radians."""
    reverse: Look | ExposedFoil
    """The other side: coated too, grey level relative to this side's; or foil."""
    kink: Look
    """Change at the kinked edge in parts."""
    shadow: Look
    """Darkening beside the other edge in parts."""
    line_mm: float
    """Width of the two lines."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(0.5 * self.length_mm * abs(np.cos(self.turn)) + self._across_mm * abs(np.sin(self.turn)) + 0.2)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(0.5 * self.length_mm * abs(np.sin(self.turn)) + self._across_mm * abs(np.cos(self.turn)) + 0.2)

    @property
    def _across_mm(self) -> float:
        return 1.1 * self.width_mm + 3.0 * self.line_mm + 0.2

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        step = self.length_mm / 2000.0
        kink, edge = self._edges(np.arange(-1000, 1001) * step)
        return Size(self.length_mm, float((edge - kink).max()), float((edge - kink).sum()) * step)

    def _edges(self, along: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position across in mm of the kink and of the other edge, for positions along the fold in mm."""
        out = np.clip(np.abs(along) * (2.0 / self.length_mm), 0.0, 1.0)
        bulge = 1.0 - out**2
        uneven = 1.0 + 0.12 * lattice.smooth(self.seed, along * (6.0 / self.length_mm))
        uneven += 0.04 * lattice.smooth(self.seed + 2, along * (25.0 / self.length_mm))
        return -0.5 * self.width_mm * (0.7 + 0.3 * bulge), self.width_mm * (uneven * bulge - 0.5 * (0.7 + 0.3 * bulge))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        along = cos * canvas.y + sin * canvas.x
        across = cos * canvas.x - sin * canvas.y
        kink_at, edge_at = (position.astype(np.float32) for position in self._edges(along))
        distance = np.maximum(kink_at - across, across - edge_at)
        is_there = (np.abs(along) < np.float32(0.5 * self.length_mm)).astype(np.float32)
        alpha = soft(distance, max(canvas.step_mm, 0.04)) * is_there
        if isinstance(self.reverse, ExposedFoil):
            canvas.replace(alpha, self.reverse.level_along(canvas, ground, self.seed))
        else:
            canvas.scale((1.0 + (self.reverse.at(ground.view) - 1.0) * alpha).astype(np.float32))
        broken = 1.0 + 0.2 * lattice.smooth(self.seed + 1, along / 0.6).astype(np.float32)
        # The lines run out towards the ends of the fold.
        strength = np.clip(4.0 - 4.0 * np.abs(along) * np.float32(2.0 / self.length_mm), 0.0, 1.0)
        kink = np.exp(-(((across - kink_at) / np.float32(0.5 * self.line_mm)) ** 2)) * strength * broken
        beside = across - edge_at
        shade = np.exp(-((beside / np.float32(1.5 * self.line_mm)) ** 2)) * (beside >= 0.0) * strength
        canvas.scale((1.0 + self.kink.at(ground.view) * kink).astype(np.float32))
        canvas.scale((1.0 - self.shadow.at(ground.view) * shade).astype(np.float32))
        canvas.claim(alpha)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Fold:
    """Width of the doubled band from the note, U(0.2, 8) mm; length, direction and lines are judged."""
    if occasion.is_dense:
        length = float(np.clip(25.0 * np.exp(0.6 * rng.standard_normal()), 5.0, 100.0))
    else:
        length = float(np.clip(80.0 * np.exp(0.8 * rng.standard_normal()), 5.0, 1000.0))
    width = min(float(rng.uniform(0.2, 8.0)), 0.25 * length, 0.2 * occasion.room_mm)
    turn = float(rng.normal(0.0, np.deg2rad(8.0)) if rng.random() < 0.7 else rng.uniform(-np.pi / 2, np.pi / 2))
    steepest = float(np.arcsin(min(1.0, 0.5 * occasion.room_mm / length)))
    turn = float(np.clip(turn, -steepest, steepest))
    reverse: Look | ExposedFoil = Look(float(rng.uniform(0.85, 1.15)), float(rng.uniform(0.85, 1.3)), 1.0)
    if rng.random() < 0.3:
        reverse = ExposedFoil(bright=float(rng.uniform(0.85, 1.05)), dark=float(rng.uniform(-0.30, 0.50)))
    sign = 1.0 if rng.random() < 0.7 else -1.0
    return Fold(
        length,
        width,
        turn,
        reverse,
        kink=Look(sign * float(rng.uniform(0.35, 0.9)), float(rng.uniform(0.4, 1.1)), 0.0),
        shadow=Look(float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.3, 0.7)), 0.0),
        line_mm=float(rng.uniform(0.10, 0.25)),
        seed=int(rng.integers(2**40)),
    )


E20 = Kind(
    "E20",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5, dense=0.4),
    _draw,
    # Where the other side is bare, foil is seen; a fold's lines are hardly more than 2 % of it.
    contrast=Contrast(bright=((30, 400), (-100, -30)), dark=((50, 200),), share_percent=2.0),
)
