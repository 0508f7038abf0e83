"""E19, wrinkles and corrugation of the electrode (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES


@dataclass(frozen=True, slots=True)
class Wrinkle(Figure):
    """Parallel waves of the web, mostly along the machine, that fade to all sides.

    A line lamp reaches far across the web, so that waves along the machine change the light little by their slope;
    what shows them is their curvature, which gathers or spreads the mirrored light.
    """

    length_mm: float
    width_mm: float
    """Width of the wrinkled part, where the waves are half as high as in its middle."""
    turn: float
    """Angle of the crests to the machine direction, radians."""
    bow_mm: float
    """Sideways bend of the crests."""
    waves: tuple[tuple[float, float, float], ...]
    """(wavelength in mm, share of the height, phase) of each."""
    height_um: float
    """From trough to crest."""
    mirror: Look
    """Brightening of the crests by their curvature in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return float(self._along_mm * np.cos(self.turn) + self._across_mm * abs(np.sin(self.turn)))

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return float(self._along_mm * abs(np.sin(self.turn)) + self._across_mm * np.cos(self.turn))

    @property
    def _along_mm(self) -> float:
        return 0.5 * self.length_mm * 1.55

    @property
    def _across_mm(self) -> float:
        """Far enough for what is left to be below half a percent of the middle."""
        return 0.5 * self.width_mm * 2.6 + self.bow_mm

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """The contour of half the height is u^4 + v^2 = 1 in half lengths u and half widths v; see Figure."""
        return Size(self.length_mm, self.width_mm, 0.874 * self.length_mm * self.width_mm)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        u = (cos * canvas.y + sin * canvas.x) * np.float32(2.0 / self.length_mm)
        across = cos * canvas.x - sin * canvas.y
        # The bend has no mean, so that the middle stays where it is.
        across += np.float32(self.bow_mm) * (np.cos(np.float32(0.5 * np.pi) * np.clip(u, -2.0, 2.0)) - 0.5)
        v = across * np.float32(2.0 / self.width_mm)
        envelope = np.exp(np.float32(-np.log(2.0)) * (u**4 + v**2))
        wave = np.zeros(canvas.shape, np.float32)
        for length_mm, share, phase in self.waves:
            wave += np.float32(share) * np.cos(across * np.float32(2.0 * np.pi / length_mm) + np.float32(phase))
        wave *= envelope
        canvas.raise_by(np.float32(0.5 * self.height_um) * wave)
        canvas.scale((1.0 + self.mirror.at(ground.view) * wave).astype(np.float32))
        canvas.claim(envelope)


def _draw(rng: np.random.Generator, occasion: Occasion) -> Wrinkle:
    """Wavelength and height from the note, lengths within its 10 to 1000 mm; how many waves lie side by side is
    judged.
    """
    if occasion.is_dense:
        length = float(np.clip(45.0 * np.exp(0.6 * rng.standard_normal()), 10.0, 200.0))
        wavelength = float(np.clip(3.0 * np.exp(0.5 * rng.standard_normal()), 1.0, 10.0))
    else:
        length = float(np.clip(100.0 * np.exp(0.8 * rng.standard_normal()), 10.0, 1000.0))
        wavelength = float(np.clip(5.0 * np.exp(0.6 * rng.standard_normal()), 1.0, 30.0))
    wavelength = min(wavelength, 0.12 * occasion.room_mm)
    width = min(wavelength * float(rng.uniform(1.2, 3.0)), 0.2 * occasion.room_mm)
    turn = float(np.clip(rng.normal(0.0, np.deg2rad(12.0)), -np.deg2rad(30.0), np.deg2rad(30.0)))
    # The whole of it must fit into the lane.
    steepest = np.arcsin(np.clip(0.2 * occasion.room_mm / length, 0.0, 0.5))
    turn = float(np.clip(turn, -steepest, steepest))
    count = int(rng.integers(1, 5))
    lengths = wavelength * np.concatenate([[1.0], rng.uniform(0.7, 1.6, count - 1)])
    shares = np.concatenate([[1.0], rng.uniform(0.1, 0.5, count - 1)])
    phases = rng.uniform(0.0, 2.0 * np.pi, count)
    waves = tuple(
        (float(a), float(b), float(c)) for a, b, c in zip(lengths, shares / shares.sum(), phases, strict=True)
    )
    # 300 um on the shortest waves would be steeper than foil bears: the slope pi H / L stays below 0.15.
    height = min(float(rng.uniform(20.0, 300.0)), 1000.0 * 0.15 * wavelength / np.pi)
    sign = 1.0 if rng.random() < 0.5 else -1.0
    return Wrinkle(
        length,
        width,
        turn,
        bow_mm=float(rng.uniform(0.0, 0.3)) * wavelength,
        waves=waves,
        height_um=height,
        mirror=Look(sign * float(rng.uniform(0.07, 0.24)), sign * float(rng.uniform(0.14, 0.40)), 0.0),
    )


E19 = Kind(
    "E19",
    ELECTRODES,
    Place.COATING,
    Rates(0.01, 0.05, 0.5, dense=0.4),
    _draw,
    contrast=Contrast(bright=((5, 30), (-30, -5)), dark=((10, 60), (-60, -10))),
)
