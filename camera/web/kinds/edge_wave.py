"""S14, wavy edge or baggy lane of a separator (numbers note, section 2.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Occasion, Place, Rates, Size
from camera.web.settings import SEPARATORS


@dataclass(frozen=True, slots=True)
class EdgeWave(Figure):
    """The slack edge lifts in waves, so that it is seen farther inside, and shades itself; the roller shows beside."""

    side: int
    """+1: the web lies at larger columns."""
    length_mm: float
    depth_mm: float
    """How far inside the edge is seen at most."""
    wave_mm: float
    phase: float
    harmonic: float
    """Strength of the second harmonic."""
    height_um: float
    """Height of the waves at the edge."""
    reach_mm: float
    """How far the waves run into the web."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return 0.5 * self.length_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.depth_mm + 2.0 * self.reach_mm

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """Length along the edge, depth and area of the web that is missing there; see Figure."""
        y = np.linspace(-0.5 * self.length_mm, 0.5 * self.length_mm, 2001)
        depth = self._depth(y)
        return Size(self.length_mm, float(depth.max()), float(depth.mean() * self.length_mm))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        y = canvas.y[:, 0].astype(np.float64)
        inside = canvas.x * np.float32(self.side)
        depth = self._depth(y).astype(np.float32)[:, None]
        wave = (self._envelope(y) * np.cos(self._angle(y))).astype(np.float32)[:, None]
        fade = np.exp(-np.maximum(inside, 0.0) / np.float32(self.reach_mm)) - np.float32(np.exp(-2.0))
        height = np.float32(self.height_um) * wave * np.maximum(fade, 0.0)
        canvas.scale(ground.shading.gain(height, canvas.step_mm))
        beyond = inside - depth
        # The film curls away from the light towards its edge.
        canvas.scale(1.0 - np.float32(0.12) * np.exp(-((beyond / np.float32(0.3)) ** 2)))
        missing = soft(beyond, 0.02)
        canvas.replace(missing, ground.through_dn)
        canvas.claim(missing * soft(-inside, canvas.step_mm))

    def _angle(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(2.0 * np.pi * y / self.wave_mm + self.phase)

    def _envelope(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.cos(np.pi * np.clip(y / self.length_mm, -0.5, 0.5)) ** 2)

    def _depth(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the edge is seen, mm inside its nominal place."""
        angle = self._angle(y)
        wave = 1.0 + np.cos(angle) + self.harmonic * (1.0 + np.cos(2.0 * angle + 1.0))
        return np.asarray(self.depth_mm * self._envelope(y) * wave / (2.0 + 2.0 * self.harmonic))


def _draw(rng: np.random.Generator, occasion: Occasion) -> EdgeWave:
    # The table has amplitudes of 0.2 to 5 mm in a metre and a limit of 1 mm.
    if occasion.is_dense:
        length = float(rng.uniform(30.0, 110.0))
        depth = occasion.lognormal(rng, 0.5, 0.7, 0.2, 3.0)
    else:
        length = float(rng.uniform(200.0, 1000.0))
        depth = occasion.lognormal(rng, 0.8, 0.7, 0.2, 5.0)
    wave = length / float(rng.uniform(1.5, 5.0))
    return EdgeWave(
        occasion.side,
        length,
        depth,
        wave,
        phase=float(rng.uniform(0.0, 2.0 * np.pi)),
        harmonic=float(rng.uniform(0.0, 0.4)),
        height_um=float(rng.uniform(0.02, 0.10)) * 1000.0 * wave / (2.0 * np.pi),
        reach_mm=min(float(rng.uniform(0.2, 0.5)) * wave, 0.2 * occasion.room_mm),
    )


S14 = Kind("S14", SEPARATORS, Place.CUT_EDGE, Rates(0.01, 0.05, 0.5), _draw)
