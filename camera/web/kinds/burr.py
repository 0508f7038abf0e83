"""E27, burr at a cut edge (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES
from camera.web.texture import Field

_SMALLEST_PX = 0.3
"""Spikes that reach less far are not drawn: from above, a camera cannot see them."""
_PARTS = 8
"""Each line of pixels is looked at in so many parts."""
_ROOT_MM = 0.03
"""The edge wanders by tens of micrometres: a spike is drawn from so far inside the web."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A sliver of foil that stands out over the edge, in the plane of the web."""

    y_mm: float
    base_mm: float
    height_mm: float
    lean: float
    """Offset of its tip along the machine, in half bases."""


@dataclass(frozen=True, slots=True)
class Burr(Figure):
    """A stretch of cut edge with one spike or some; only those that a pixel can show are drawn. Bare metal: a bright
    spur in front of the roller, a glint in dark-field, a dark one before the lamp.
    """

    side: int
    """+1: the web lies at larger columns."""
    spikes: tuple[Spike, ...]
    glint: Look
    """Brightness against foil in the open."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return max(abs(spike.y_mm) + 1.5 * spike.base_mm for spike in self.spikes) + 0.1

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return max(spike.height_mm for spike in self.spikes) + _ROOT_MM + 0.1

    @property
    def is_windowed(self) -> bool:
        """See Figure: it reckons in whole pixels itself."""
        return True

    def size(self) -> Size:
        """Length along the edge, height of the highest spike, area of all; see Figure."""
        ends = [spike.y_mm + sign * 0.5 * spike.base_mm for spike in self.spikes for sign in (-1.0, 1.0)]
        height = max(spike.height_mm for spike in self.spikes)
        return Size(max(ends) - min(ends), height, sum(0.5 * spike.base_mm * spike.height_mm for spike in self.spikes))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        height = self._height(canvas.y, canvas.step_mm)
        outside = -canvas.x * np.float32(self.side)
        step = np.float32(canvas.step_mm)
        root = np.where(height > 0.0, np.float32(_ROOT_MM), np.float32(0.0))
        drawn = self._filled(outside + np.float32(_ROOT_MM), height + root, step)
        canvas.replace(drawn, ground.bare_dn * self.glint.at(ground.view))
        canvas.claim(self._filled(outside, height, step))

    def _height(self, y: Field, pitch_mm: float) -> Field:
        """(lines, _PARTS) how far out the edge reaches along each part of each line of pixels."""
        parts = (np.arange(_PARTS, dtype=np.float32) + 0.5) / np.float32(_PARTS) - np.float32(0.5)
        along = y + parts[None, :] * np.float32(pitch_mm)
        height = np.zeros(along.shape, np.float32)
        for spike in self.spikes:
            if spike.height_mm >= _SMALLEST_PX * pitch_mm:
                u = (along - np.float32(spike.y_mm)) / np.float32(0.5 * spike.base_mm)
                rise = np.minimum((u + 1.0) / np.float32(1.0 + spike.lean), (1.0 - u) / np.float32(1.0 - spike.lean))
                height = np.maximum(height, np.float32(spike.height_mm) * np.maximum(rise, 0.0))
        return height

    def _filled(self, outside: Field, height: Field, step: np.float32) -> Field:
        """(lines, columns) share of each pixel that lies between the edge at 0 and the height."""
        low = np.maximum(outside - 0.5 * step, 0.0)[:, :, None]
        high = np.maximum(outside + 0.5 * step, 0.0)[:, :, None]
        return np.asarray(np.clip(np.minimum(height[:, None, :], high) - low, 0.0, None).mean(axis=2) / step)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Burr:
    """Base 20 to 200 um, height LogN(12 um, 0.6) within 5 to 100 um, 0.1 to 3 spikes each 100 mm: from the note. One
    stretch of worn knife is 100 mm long.
    """
    count = 1 + int(rng.poisson(float(rng.uniform(0.1, 3.0))))
    spikes = []
    for number in range(count):
        # Spikes of a worn knife are higher; one that no pixel shows would be no object.
        height = float(np.clip((25.0 if occasion.is_dense else 12.0) * np.exp(0.6 * rng.standard_normal()), 5.0, 100.0))
        place = 0.0 if number == 0 else float(rng.uniform(-50.0, 50.0))
        spikes.append(Spike(place, float(rng.uniform(0.02, 0.2)), 0.001 * height, float(rng.uniform(-0.6, 0.6))))
    return Burr(
        occasion.side,
        tuple(spikes),
        glint=Look(float(rng.uniform(0.8, 1.1)), float(rng.uniform(1.5, 6.0)), 1.0),
    )


E27 = Kind("E27", ELECTRODES, Place.CUT_EDGE, Rates(0.01, 0.05, 0.5), _draw)
