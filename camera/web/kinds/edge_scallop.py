"""E16, scalloped or wavy edge of the coating (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates, Size
from camera.web.kinds.running_texture import beyond_along, coating_along
from camera.web.settings import ELECTRODES, View
from camera.web.texture import Field

_OVER_MM = 0.5
"""The good edge wanders and has a profile: so far does the new one reach over it to either side."""


@dataclass(frozen=True, slots=True)
class EdgeScallop(Figure):
    """For a while the coating's edge swings in and out: bare where coating should be, and coating where bare."""

    side: int
    """+1: the coating lies at larger columns."""
    length_mm: float
    amplitude_mm: float
    """Half of what a ruler finds from the innermost to the outermost point, in the middle of the stretch."""
    waves: tuple[tuple[float, float, float], ...]
    """(period in mm, share of the amplitude, phase) of the wave and its harmonics."""
    edge_mm: float
    """Width of the transition from bare to coated."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.amplitude_mm + 1.4

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """Length, swing from crest to trough, and area between the nominal edge and this one; see Figure."""
        y = np.linspace(-self.half_md_mm, self.half_md_mm, 4001)
        shift = self._shift(y)
        return Size(self.length_mm, float(np.ptp(shift)), float(np.abs(shift).mean() * self.length_mm))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y = canvas.y[:, 0].astype(np.float64)
        depth = canvas.x * np.float32(self.side)
        shift = self._shift(y).astype(np.float32)[:, None]
        inside = depth - shift
        renewed = soft(np.abs(y).astype(np.float32)[:, None] - np.float32(self.half_md_mm - 1.0), 1.0)
        # Against the light coating, foil and ceramic are equally black.
        if ground.view is not View.BACK_LIGHT:
            self._move(canvas, ground, depth, shift, renewed)
        wrong = np.maximum(np.minimum(-depth, inside), np.minimum(depth, -inside))
        canvas.claim(renewed * soft(-wrong, canvas.step_mm))

    def _move(self, canvas: Canvas, ground: Ground, depth: Field, shift: Field, renewed: Field) -> None:
        inside = depth - shift
        # The bead goes with the edge.
        is_coated = soft(-np.minimum(inside, depth), self.edge_mm) * renewed
        canvas.scale((1.0 + is_coated * (_beaded(inside) / _beaded(depth) - 1.0)).astype(np.float32))
        over = np.float32(_OVER_MM)
        away = np.maximum(np.minimum(shift, 0.0) - over - depth, depth - np.maximum(shift, 0.0) - over)
        coat = coating_along(canvas, ground, self.seed) * _beaded(inside)
        beyond = beyond_along(canvas, ground, self.seed)
        canvas.replace(renewed * soft(away, 0.3), beyond + soft(-inside, self.edge_mm) * (coat - beyond))

    def _shift(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) where the coating ends at positions along the machine, mm inside its nominal edge."""
        fade = np.clip(4.0 - 4.0 * np.abs(y) / self.half_md_mm, 0.0, 1.0)
        swing = sum(share * np.sin(2.0 * np.pi * y / period + phase) for period, share, phase in self.waves)
        return np.asarray(self.amplitude_mm * fade * fade * (3.0 - 2.0 * fade) * swing)


def _beaded(inside: Field) -> Field:
    """Brightness of the coating along its edge: +4 % 0.3 to 0.8 mm inside (section 4.6)."""
    bead = np.exp(-(((inside - np.float32(0.55)) / np.float32(0.22)) ** 2))
    return np.asarray(np.float32(1.0) + np.float32(0.04) * bead, np.float32)


def _draw(rng: np.random.Generator, occasion: Occasion) -> EdgeScallop:
    """Amplitude U(0.1, 0.8) mm, period U(2, 25) mm and harmonics from the note; how long it lasts is judged."""
    period = float(rng.uniform(2.0, 25.0))
    length = period * float(rng.uniform(3.0, 8.0) if occasion.is_dense else rng.uniform(4.0, 40.0))
    shares = np.array([1.0, rng.uniform(0.0, 0.4), rng.uniform(0.0, 0.2)])
    waves = tuple(
        (period / number, float(share / shares.sum()), float(rng.uniform(0.0, 2.0 * np.pi)))
        for number, share in enumerate(shares, start=1)
    )
    return EdgeScallop(
        occasion.side,
        length,
        min(float(rng.uniform(0.1, 0.8)), 0.25 * occasion.room_mm),
        waves,
        edge_mm=float(rng.uniform(0.05, 0.15)),
        seed=int(rng.integers(2**40)),
    )


E16 = Kind("E16", ELECTRODES, Place.COATING_EDGE, Rates(0.01, 0.05, 0.5), _draw)
