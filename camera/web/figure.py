"""The seam between planting and drawing: what every kind of object must offer."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.settings import Material, PlantingRate, View


@dataclass(frozen=True, slots=True)
class Size:
    """True size of an object."""

    length_mm: float
    width_mm: float
    area_mm2: float


class Figure(ABC):
    """One object, all its random choices made; painting it is a pure function of canvas and ground.

    The same figure is painted in every view of a web, so nothing that it holds depends on the light.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def half_md_mm(self) -> float:
        """Nothing of it lies farther up or down from its centre."""

    @property
    def half_cd_mm(self) -> float:
        """Nothing of it lies farther left or right from its centre."""
        return self.half_md_mm

    @property
    def is_windowed(self) -> bool:
        """Large: painted strip by strip in whole pixels. Else painted whole, on a finer grid."""
        return False

    def size(self) -> Size | None:
        """Its true size if its parameters tell; None: measure the coverage."""
        return None

    def repeats(self) -> tuple[tuple[float, float, "Figure"], ...]:
        """Each time that it comes again: how many mm of web later and mm to the side, and how it looks then."""
        return ()

    @abstractmethod
    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """Draw it. The canvas may show only a part of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """One number that depends on the light, for each view."""

    bright: float
    dark: float
    back: float

    def at(self, view: View) -> float:
        """The one for a view.

        >>> Look(0.8, 3.0, 0.3).at(View.DARK_FIELD)
        3.0
        """
        return {View.BRIGHT_FIELD: self.bright, View.DARK_FIELD: self.dark, View.BACK_LIGHT: self.back}[view]


LONGEST_MM = 3000.0
"""No object is longer: streaks are cut off here, so that no more than 3 m of web must be looked back upon."""


class Place(Enum):
    """Where objects of a kind may lie. The canvas's origin is the object's centre, at the edges a point on the edge."""

    COATING = "coating"
    LANE = "lane"
    """On a coated lane, as wide as that."""
    COATING_EDGE = "coating edge"
    """On the border between coating and bare band (or insulation stripe)."""
    FOIL = "foil"
    """On a bare band: margin or gap."""
    INSULATION = "insulation"
    """On the ceramic stripe beside a cathode's coating."""
    CUT_EDGE = "cut edge"
    """On the web's own edge, beyond which the roller is seen."""
    TAB = "tab"
    """On a tab's root, of notched lanes and sheets."""
    CORNER = "corner"
    """On a corner of a sheet or of a coated patch."""
    PATCH_END = "patch end"
    """On the leading or trailing edge of a skip-coated patch."""
    BORDER = "border"
    """At the image's left or right border."""
    ACROSS = "across"
    """Over the full width."""
    MARK = "mark"
    """On a bare band if one is wide enough, or on the coating."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a kind must know to make its random choices."""

    material: Material
    is_dense: bool
    """Draw sizes from wider distributions, so that they lie on both sides of the limits; contrasts are the same."""
    room_mm: float
    """Cross-direction room at the place."""
    is_on_bare: bool
    """It will lie on foil or base film, not on the coating."""
    side: int = 1
    """At an edge: +1 if the coating lies at larger columns, else -1; the web at a cut edge, lines at a patch end."""
    along: int = 1
    """At a corner: +1 if the coating or the sheet lies at later lines, else -1."""

    def lognormal(self, rng: np.random.Generator, median: float, sigma: float, low: float, high: float) -> float:
        """A number from LogN(median, sigma), clipped to low .. high and to 0.8 of the room."""
        return float(np.clip(median * np.exp(sigma * rng.standard_normal()), low, min(high, 0.8 * self.room_mm)))


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a kind occurs."""

    good: float
    normal: float
    bad: float
    dense: float = 1.0
    """For defects: share of an even distribution over the material's kinds. For nuisance: the number itself."""
    per: Literal["m2", "m"] = "m2"
    """What the rates count against: coated area, or length along the machine."""

    def at(self, severity: PlantingRate) -> float:
        """The number for that severity; clean has none."""
        table = {
            PlantingRate.GOOD: self.good,
            PlantingRate.NORMAL: self.normal,
            PlantingRate.BAD: self.bad,
            PlantingRate.DENSE: self.dense,
            PlantingRate.CLEAN: 0.0,
        }
        return table[severity]


SATURATED = 1e4
"""End of a band that only the sensor ends, %."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """What objects of a kind have to look like: bands of Weber contrast for each view, none where they are not seen.

    The contrast is that of the part of an object which is most unlike the web below it; it may lie in any of the bands.
    """

    bright: tuple[tuple[float, float], ...] = ()
    """(least, most) in %."""
    dark: tuple[tuple[float, float], ...] = ()
    back: tuple[tuple[float, float], ...] = ()
    share_percent: float = 5.0
    """Part of the object's area that is held against the bands."""

    def at(self, view: View) -> tuple[tuple[float, float], ...]:
        """Bands in one view.

        >>> Contrast(bright=((-25, -5),)).at(View.BRIGHT_FIELD), Contrast(bright=((-25, -5),)).at(View.DARK_FIELD)
        (((-25, -5),), ())
        """
        return {View.BRIGHT_FIELD: self.bright, View.DARK_FIELD: self.dark, View.BACK_LIGHT: self.back}[view]


@dataclass(frozen=True, slots=True)
class Kind:
    """How objects of one kind are planted and drawn; their names, severity and traits are the station's."""

    code: str
    materials: tuple[Material, ...]
    place: Place
    rates: Rates
    draw: Callable[[np.random.Generator, Occasion], Figure]
    is_clustered: bool = False
    """Comes in clusters now and then: Neyman-Scott, mean 4 children within 20 mm (section 4.7)."""
    contrast: Contrast = Contrast()
    """Bands of the numbers note (tables 2.1 and 2.2) for `training selfcheck`; kinds that are shapes have none."""
