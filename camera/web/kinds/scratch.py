"""E09, scratch in the coating (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import ELECTRODES
from camera.web.shapes import Curve
from camera.web.texture import Field

_STEP_MM = 0.01
_Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where something sharp went along: a broken line whose ends run out thin."""

    curve: Curve
    width_mm: float
    duty: float
    """Share of its length that is seen."""
    break_mm: float
    """Typical length of a segment."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """Nothing of it lies farther along the machine."""
        return float(np.abs(self.curve.points[:, 1]).max()) + 4.0 * self.width_mm + 0.2

    @property
    def half_cd_mm(self) -> float:
        """Nothing of it lies farther across."""
        return float(np.abs(self.curve.points[:, 0]).max()) + 4.0 * self.width_mm + 0.2

    def size(self) -> Size:
        """True size: from the first segment that is seen to the last, and the area of the segments."""
        along, seen, _, wide = self._profile()
        # A tip below a fifth of the usual width is lost in the softness of the groove's border.
        shown = along[(seen >= 0.5) & (wide >= 0.2)]
        return Size(float(np.ptp(shown)), self.width_mm, float((seen * wide).sum()) * _STEP_MM * self.width_mm)

    def plough(self, canvas: Canvas) -> tuple[Field, Field, Field, Field]:
        """Coverage of the groove, height of the ridge beside it (0..1), strength of the mark and whether it is seen
        at all (0..1); each (lines, columns).
        """
        away, place = self.curve.distance(canvas.x, canvas.y, 3.0 * self.width_mm)
        along, seen, strength, wide = self._profile()
        index = np.clip((place / np.float32(_STEP_MM)).astype(np.int32), 0, along.size - 1)
        border = away - (0.5 * self.width_mm * wide).astype(np.float32)[index]
        alpha = soft(border, max(canvas.step_mm, 0.3 * self.width_mm))
        ridge = np.exp(-(((border - 0.5 * self.width_mm) / (0.5 * self.width_mm)) ** 2))
        return alpha, ridge * (1.0 - alpha), strength.astype(np.float32)[index], seen.astype(np.float32)[index]

    def _profile(self) -> tuple[_Profile, _Profile, _Profile, _Profile]:
        """Arc positions in mm; at each whether the line is seen (0..1), how strongly, and its width in parts."""
        along = np.arange(0.0, self.curve.arc_mm + 2.0 * _STEP_MM, _STEP_MM)
        pressure = lattice.smooth(self.seed, along / self.break_mm)
        pressure -= np.quantile(pressure, 1.0 - self.duty)
        seen = np.clip(pressure / 0.3 + 0.5, 0.0, 1.0)
        strength = seen * (1.0 + 0.25 * lattice.smooth(self.seed + 1, along / 2.0))
        wide = (
            1.0 + 0.2 * lattice.smooth(self.seed + 2, along / 1.0) + 0.1 * lattice.smooth(self.seed + 3, along / 0.08)
        )
        # Segments are blunt, the ends of the whole run out thin.
        wide *= np.clip(0.6 + pressure, 0.5, 1.0)
        wide *= np.clip(np.minimum(along, along[-1] - along) / 1.0, 0.3, 1.0)
        return along, seen, strength, wide


@dataclass(frozen=True, slots=True)
class Scratch(Figure):
    """A nearly straight, broken line, bright or dark, with a ploughed ridge beside it; it shines in grazing light."""

    track: Track
    change: Look
    """Change of the grey level, in parts."""

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.track.half_md_mm

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        return self.track.half_cd_mm

    def size(self) -> Size:
        """See Figure."""
        return self.track.size()

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        groove, ridge, strength, seen = self.track.plough(canvas)
        change = np.float32(self.change.at(ground.view))
        canvas.scale((1.0 + strength * change * (groove - 0.15 * ridge)).astype(np.float32))
        canvas.claim(groove * seen)


def draw_line(rng: np.random.Generator, length_mm: float, room_mm: float) -> Curve:
    """A nearly straight line about the origin: 70 % within some 4 degrees of the machine direction, the rest any."""
    angle = float(rng.normal(0.0, np.deg2rad(4.0)) if rng.random() < 0.7 else rng.uniform(-np.pi / 2, np.pi / 2))
    if length_mm * abs(np.sin(angle)) > 0.8 * room_mm:
        angle = float(np.arcsin(0.8 * room_mm / length_mm) * np.sign(angle))
    u = np.linspace(-0.5, 0.5, 25)
    bend = rng.normal(0.0, 0.01) * (4.0 * u * u - 1.0 / 3.0) + rng.normal(0.0, 0.003) * np.sin(2.0 * np.pi * u)
    along, aside = length_mm * u, length_mm * bend
    x, y = np.sin(angle) * along + np.cos(angle) * aside, np.cos(angle) * along - np.sin(angle) * aside
    points = np.stack([x, y], axis=1)
    return Curve(points - (points.max(axis=0) + points.min(axis=0)) / 2.0)


def draw_track(rng: np.random.Generator, length_mm: float, width_mm: float, room_mm: float) -> Track:
    """A track of that size, seen on 50 to 95 % of its length in segments of 0.1 to 0.6 mm."""
    return Track(
        draw_line(rng, length_mm, room_mm),
        width_mm,
        duty=float(rng.uniform(0.5, 0.95)),
        break_mm=float(rng.uniform(0.1, 0.6)),
        seed=int(rng.integers(2**60)),
    )


def _draw(rng: np.random.Generator, occasion: Occasion) -> Scratch:
    if occasion.is_dense:
        length = float(np.clip(13.0 * np.exp(0.6 * rng.standard_normal()), 2.0, 45.0))
        width = occasion.lognormal(rng, 0.12, 0.5, 0.02, 0.3)
    else:
        length = float(np.clip(15.0 * np.exp(0.9 * rng.standard_normal()), 1.0, 100.0))
        width = occasion.lognormal(rng, 0.06, 0.5, 0.02, 0.3)
    change = float(rng.uniform(0.10, 0.40)) if rng.random() < 0.75 else -float(rng.uniform(0.05, 0.15))
    track = draw_track(rng, length, width, occasion.room_mm)
    return Scratch(track, Look(change, float(rng.uniform(0.30, 2.00)), 0.0))


E09 = Kind(
    "E09",
    ELECTRODES,
    Place.COATING,
    Rates(0.02, 0.1, 1.0),
    _draw,
    contrast=Contrast(bright=((-15, 40),), dark=((30, 200),)),
)
