"""S11, crease or fold in a separator (numbers note, sections 2.2 and 4.7)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Contrast, Figure, Kind, Look, Occasion, Place, Rates, Size
from camera.web.settings import SEPARATORS, Material, View
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class Crease(Figure):
    """A sharp line where the film was bent, or, folded over for good, that line and a band of doubled film.

    The band lies to one side of the line, widest in the middle (a parabola), and ends in the free edge of the fold.
    """

    length_mm: float
    turn: float
    """Angle of the line to the machine direction, radians."""
    line_mm: float
    line: Look
    """Change of the grey level on the line, in parts."""
    band_mm: float
    """Greatest width of the doubled film, signed: the side on which it lies; 0 for a crease alone."""
    doubled: Look
    """Factor of the grey level where film lies double."""
    skew: float
    """By so much of half its length the band's widest place lies off the middle."""
    shows_reverse: bool
    """The band turns the uncoated side up."""
    height_um: float
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        wide = abs(self.band_mm) + 3.0 * self.line_mm + 0.5
        return float(0.5 * abs(np.cos(self.turn)) * self.length_mm + abs(np.sin(self.turn)) * wide) + 0.5

    @property
    def half_cd_mm(self) -> float:
        """See Figure."""
        wide = abs(self.band_mm) + 3.0 * self.line_mm + 0.5
        return float(0.5 * abs(np.sin(self.turn)) * self.length_mm + abs(np.cos(self.turn)) * wide) + 0.5

    @property
    def is_windowed(self) -> bool:
        """See Figure."""
        return True

    def size(self) -> Size:
        """See Figure."""
        width = abs(self.band_mm) + 0.5 * self.line_mm
        if self.band_mm == 0.0:
            return Size(self.length_mm, self.line_mm, self.length_mm * self.line_mm)
        # Half of the line lies on the band; a skewed parabola holds 2/3 - 8/15 skew^2 of its box.
        share = 2.0 / 3.0 - 8.0 / 15.0 * self.skew**2
        area = self.length_mm * (0.5 * self.line_mm + share * abs(self.band_mm))
        return Size(max(self.length_mm, width), min(self.length_mm, width), area)

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        along, across = cos * canvas.y + sin * canvas.x, cos * canvas.x - sin * canvas.y
        at = np.arange(-0.5 * self.length_mm - 1.0, 0.5 * self.length_mm + 1.0, 0.05)
        bend = 0.003 * self.length_mm * lattice.smooth(self.seed, at / (0.4 * self.length_mm))
        bend += 0.02 * lattice.smooth(self.seed + 1, at / 1.5)
        strength = 1.0 + 0.2 * lattice.smooth(self.seed + 2, at / 6.0) + 0.1 * lattice.smooth(self.seed + 3, at / 0.7)
        across = across - _read(bend, along, at[0])
        ends = soft(np.abs(along) - np.float32(0.5 * self.length_mm), 1.0)
        line = soft(np.abs(across) - np.float32(0.5 * self.line_mm), self.line_mm)
        inside = ends >= 0.5
        if self.band_mm != 0.0:
            self._double(canvas, ground, across * np.float32(np.sign(self.band_mm)), along, line)
        canvas.scale(1.0 + np.float32(self.line.at(ground.view)) * line * ends * _read(strength, along, at[0]))
        tent = np.clip(1.0 - np.abs(across) / np.float32(2.0 * self.line_mm), 0.0, None)
        canvas.raise_by(np.float32(self.height_um) * tent * ends)
        canvas.claim(soft(np.abs(across) - np.float32(0.5 * self.line_mm), canvas.step_mm) * inside)

    def _double(self, canvas: Canvas, ground: Ground, across: Field, along: Field, line: Field) -> None:
        """The band, on the positive side of `across`: its surface, the shadow beside its free edge, the edge itself."""
        place = np.clip(along / np.float32(0.5 * self.length_mm), -1.0, 1.0)
        place += np.float32(self.skew) * (1.0 - place**2)
        at = np.arange(-0.5 * self.length_mm - 1.0, 0.5 * self.length_mm + 1.0, 0.05)
        uneven = 1.0 + 0.06 * lattice.smooth(self.seed + 4, at / (0.15 * self.length_mm))
        width = np.float32(abs(self.band_mm)) * (1.0 - place**2) * _read(uneven, along, at[0])
        beyond = across - width
        shown = soft(np.maximum(beyond, -across), 0.06)
        shade = np.exp(-((np.maximum(beyond, 0.0) / np.float32(0.15)) ** 2)) * (across > 0.0) * (width > 0.1)
        canvas.scale(1.0 - np.float32(self.doubled.bright - 1.0 + 0.04) * shade * (1.0 - shown))
        factor = self.doubled.at(ground.view)
        if self.shows_reverse and ground.view is not View.BACK_LIGHT:
            factor *= ground.bare_dn / ground.level_dn
        canvas.scale(1.0 + np.float32(factor - 1.0) * shown)
        rim = np.exp(-((beyond / np.float32(0.05)) ** 2)) * (width > 0.1)
        canvas.scale(1.0 + np.float32(0.4 * self.line.at(ground.view)) * rim * (1.0 - line))
        canvas.claim(soft(np.maximum(beyond, -across), canvas.step_mm))


def _read(profile: NDArray[np.float64], along: Field, start_mm: float) -> Field:
    """`profile`, given each 0.05 mm from `start_mm` on, at the places `along` in mm."""
    index = np.clip((along - np.float32(start_mm)) * np.float32(20.0), 0, profile.size - 1)
    return np.asarray(profile[index.astype(np.int32)], np.float32)


def _transmission(rng: np.random.Generator, material: Material) -> float:
    """Share of the light that one layer lets through (section 4.2)."""
    low, high = {
        Material.SEPARATOR: (0.15, 0.30),
        Material.SEPARATOR_TWO_SIDES: (0.10, 0.20),
    }.get(material, (0.35, 0.55))
    return float(rng.uniform(low, high))


def _draw(rng: np.random.Generator, occasion: Occasion) -> Crease:
    # No lengths in the note: a few centimetres; band W U(.2, 20) mm.
    median, longest = (18.0, 60.0) if occasion.is_dense else (60.0, 500.0)
    length = float(np.clip(median * np.exp(0.7 * rng.standard_normal()), 4.0, longest))
    most = float(np.arcsin(min(1.0, 0.5 * occasion.room_mm / length)))
    turn = float(np.clip(rng.normal(0.0, np.deg2rad(25.0)), -most, most))
    band = 0.0
    if rng.random() < 0.4:
        widest = min(8.0 if occasion.is_dense else 20.0, 0.25 * occasion.room_mm, 0.4 * length)
        band = float(rng.uniform(0.2, widest)) * (1.0 if rng.random() < 0.5 else -1.0)
    lit = float(rng.uniform(1.03, 1.15))
    return Crease(
        length,
        turn,
        line_mm=float(rng.uniform(0.1, 0.3)),
        line=Look(
            float(rng.uniform(0.10, 0.30)) * (1.0 if rng.random() < 0.5 else -1.0),
            float(rng.uniform(0.3, 1.2)),
            -float(rng.uniform(0.12, 0.40)),
        ),
        band_mm=band,
        # Two layers let through T^2, one T; the second layer hides the dark roller.
        doubled=Look(lit, lit, _transmission(rng, occasion.material)),
        skew=float(rng.uniform(-0.35, 0.35)),
        shows_reverse=occasion.material is Material.SEPARATOR and rng.random() < 0.5,
        height_um=float(rng.uniform(10.0, 40.0)),
        seed=int(rng.integers(2**60)),
    )


S11 = Kind(
    "S11",
    SEPARATORS,
    Place.COATING,
    Rates(0.01, 0.05, 0.5),
    _draw,
    # A line, or film that lies double: of 15 to 30 % of the light so much again comes through.
    contrast=Contrast(bright=((10, 30), (-30, -10)), back=((-40, -10), (-85, -70))),
)
