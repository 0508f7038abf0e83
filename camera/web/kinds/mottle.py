"""E25, mottled colour of the coating by uneven drying (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES
from camera.web.shapes import Blob, draw_blob
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Mottle(Figure):
    """Clouds of lighter and darker coating without any border."""

    blob: Blob
    waves: tuple[tuple[float, float, float], ...]
    """(radians per mm across, radians per mm along, phase) of the clouds' plane waves."""
    change: Look
    """Change of the grey level at the clouds' middles, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.blob.reach_mm + 0.5 * self._edge_mm

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    @property
    def _edge_mm(self) -> float:
        return 0.5 * self.blob.diameter_mm

    def size(self) -> Size:
        """Size of the ellipse; see Figure."""
        stretch = np.sqrt(self.blob.aspect)
        diameter = self.blob.diameter_mm
        return Size(float(diameter * stretch), float(diameter / stretch), float(0.25 * np.pi * diameter**2))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        alpha = soft(self.blob.distance(canvas.x, canvas.y), self._edge_mm)
        clouds = np.tanh(self._clouds(canvas))
        canvas.scale((1.0 + self.change.at(ground.view) * clouds * alpha).astype(np.float32))
        canvas.claim(alpha)

    def _clouds(self, canvas: Canvas) -> Field:
        """(lines, columns) of deviation 1: a sum of plane waves."""
        total = np.zeros(canvas.shape, np.float32)
        for across, along, phase in self.waves:
            x, y = np.float32(across) * canvas.x + np.float32(phase), np.float32(along) * canvas.y
            total += np.cos(x) * np.cos(y) - np.sin(x) * np.sin(y)
        return total * np.float32(np.sqrt(2.0 / len(self.waves)))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Mottle:
    """Contrast and extent from the note; how large the clouds are, a sixth to the whole of it, is judged."""
    diameter = occasion.lognormal(rng, 10.0 if occasion.is_dense else 25.0, 0.6, 4.0, 100.0)
    diameter = min(diameter, 0.45 * occasion.room_mm)
    cloud_mm = np.maximum(2.0, diameter * np.exp(rng.uniform(np.log(0.15), 0.0, 12)))
    turn = rng.uniform(0.0, np.pi, 12)
    waves = np.stack([np.cos(turn), np.sin(turn), np.zeros(12)], axis=1) * (2.0 * np.pi / cloud_mm)[:, None]
    waves[:, 2] = rng.uniform(0.0, 2.0 * np.pi, 12)
    bright, dark = float(rng.uniform(0.015, 0.08)), float(rng.uniform(0.015, 0.08))
    shape = draw_blob(rng, diameter, 0.0, aspect=float(rng.uniform(1.0, 1.8)))
    return Mottle(
        Blob(shape.diameter_mm, shape.aspect, shape.turn, ()),
        tuple((float(across), float(along), float(phase)) for across, along, phase in waves),
        Look(bright, dark, 0.0),
    )


E25 = Kind(
    "E25",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5, dense=0.4),
    _draw,
    contrast=Contrast(bright=((1, 8), (-8, -1)), dark=((1, 8), (-8, -1))),
)
