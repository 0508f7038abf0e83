"""S10, wrinkles in a separator (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import SEPARATORS, View
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Wrinkle(Figure):
    """A few parallel troughs, as a rule nearly along the machine, that rise and fade like a wave packet."""

    length_mm: float
    """Along the troughs, to half the height."""
    width_mm: float
    """Across the troughs, to half the height."""
    wave_mm: float
    turn: float
    """Angle of the troughs to the machine direction, radians."""
    phase: float
    slope: float
    """Steepest slope, height over length."""
    tilt: Look
    """Change of the grey level where the film is steepest, whichever way it faces, in parts."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(abs(np.cos(self.turn)) * self.length_mm + abs(np.sin(self.turn)) * self.width_mm)

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(abs(np.sin(self.turn)) * self.length_mm + abs(np.cos(self.turn)) * self.width_mm)

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        return Size(self.length_mm, self.width_mm, float(np.pi / 4.0 * self.length_mm * self.width_mm))

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        along, across = cos * canvas.y + sin * canvas.x, cos * canvas.x - sin * canvas.y
        place: Field = np.hypot(along / np.float32(0.5 * self.length_mm), across / np.float32(0.5 * self.width_mm))
        # A Gaussian of half height at the border, let down to nothing at twice its size.
        height = np.exp2(-(place**2)) * np.clip(2.0 * (2.0 - place), 0.0, 1.0)
        y = canvas.y[:, 0].astype(np.float64)
        wander = 0.12 * self.wave_mm * lattice.smooth(self.seed, y / (4.0 * self.wave_mm))
        angle = (across + wander.astype(np.float32)[:, None]) * np.float32(2.0 * np.pi / self.wave_mm)
        angle += np.float32(self.phase)
        amplitude_um = 1000.0 * self.slope * self.wave_mm / (2.0 * np.pi)
        canvas.raise_by(np.float32(amplitude_um) * height * np.cos(angle))
        # A quarter of a wave on, troughs gather the light that comes through and crests spread it.
        is_through = np.float32(ground.view is View.BACK_LIGHT)
        steep = height * (is_through * np.cos(angle) + (1.0 - is_through) * np.sin(angle) ** 2)
        canvas.scale(1.0 + np.float32(self.tilt.at(ground.view)) * steep)
        canvas.claim(soft((place - 1.0) * np.float32(0.5 * min(self.length_mm, self.width_mm)), canvas.step_mm))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Wrinkle:
    # Lengths about the limit of 100 mm; wavelengths those of a wrinkle on an electrode.
    if occasion.is_dense:
        length = float(np.clip(35.0 * np.exp(0.5 * rng.standard_normal()), 10.0, 110.0))
        wave = occasion.lognormal(rng, 3.0, 0.5, 1.0, 0.15 * occasion.room_mm)
    else:
        length = float(np.clip(80.0 * np.exp(0.7 * rng.standard_normal()), 10.0, 1000.0))
        wave = occasion.lognormal(rng, 5.0, 0.6, 1.0, 30.0)
    width = min(float(rng.uniform(1.0, 4.0)) * wave, 0.25 * occasion.room_mm)
    turn = float(np.clip(rng.normal(0.0, np.deg2rad(15.0)), -0.52, 0.52))
    most = float(np.arcsin(min(1.0, 0.2 * occasion.room_mm / length)))
    return Wrinkle(
        length,
        width,
        wave,
        turn=float(np.clip(turn, -most, most)),
        phase=float(rng.uniform(0.0, 2.0 * np.pi)),
        slope=float(rng.uniform(0.06, 0.25)),
        tilt=Look(
            float(rng.uniform(0.03, 0.11)) * (1.0 if rng.random() < 0.4 else -1.0),
            float(rng.uniform(0.10, 0.60)),
            float(rng.uniform(0.03, 0.15)),
        ),
        seed=int(rng.integers(2**60)),
    )


S10 = Kind(
    "S10",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    contrast=Contrast(bright=((2, 10), (-10, -2)), dark=((10, 60), (-60, -10)), back=((3, 15), (-15, -3))),
)
