"""Where coating, foil and ceramic lie on the web, and where the web ends (numbers note, section 4.6).

Positions are on the web: cross direction from its left limit, tabs included; machine direction from its line 0.
"""

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice

Span = tuple[float, float]
"""From and to, mm."""


class Surface(Enum):
    """What can lie on either side of an edge."""

    COATING = "coating"
    FOIL = "foil"
    INSULATION = "insulation"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Lane:
    """A coated lane; positions in mm across the web."""

    left_mm: float
    right_mm: float

    @property
    def width_mm(self) -> float:
        """Width in the cross direction."""
        return self.right_mm - self.left_mm


@dataclass(frozen=True, slots=True)
class Segment:
    """One patch gap, tab or sheet; machine direction, mm."""

    number: int
    start_mm: float
    end_mm: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Something that comes again and again along the machine.

    Each one jitters about its own place in the grid, so that any can be found without counting those before it.
    """

    pitch_mm: float
    length_mm: float
    length_sd_mm: float
    place_sd_mm: float
    seed: int
    offset_mm: float = 0.0
    """Distance by which all of them lie later."""

    def segment(self, number: int) -> Segment:
        """The one whose nominal centre is (number + 1/2) pitches from line 0.

        >>> Rhythm(102.0, 45.0, 0.0, 0.0, seed=1).segment(2)
        Segment(number=2, start_mm=232.5, end_mm=277.5)
        """
        return _segment(self, number)

    def touching(self, top_mm: float, bottom_mm: float) -> list[Segment]:
        """Segments of which a part lies between two positions; none lies before line 0."""
        first, last = int(top_mm // self.pitch_mm) - 1, int(bottom_mm // self.pitch_mm) + 1
        found = (self.segment(number) for number in range(max(0, first), last + 1))
        return [segment for segment in found if segment.end_mm > top_mm and segment.start_mm < bottom_mm]


@lru_cache(maxsize=256)
def _segment(rhythm: Rhythm, number: int) -> Segment:
    place, length = lattice.normal(rhythm.seed, np.array([2 * number, 2 * number + 1]))
    centre = (number + 0.5) * rhythm.pitch_mm + rhythm.offset_mm + rhythm.place_sd_mm * float(place)
    half = 0.5 * (rhythm.length_mm + rhythm.length_sd_mm * float(length))
    return Segment(number, centre - half, centre + half)


@dataclass(frozen=True, slots=True)
class Tabs:
    """Foil tabs on the left edge."""

    height_mm: float
    """Height in the cross direction, from the root."""
    width_mm: float
    """Width in the machine direction."""
    corner_mm: float
    """Radius of corners and roots."""
    rhythm: Rhythm | None
    """None: one on each sheet, `from_middle_mm` from the sheet's middle."""
    from_middle_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """One surface across the web, up to the next."""

    left_mm: float
    right_mm: float
    surface: Surface


@dataclass(frozen=True, slots=True)
class Border:
    """An edge along the machine and what lies on either side of it."""

    position_mm: float
    left: Surface
    right: Surface


@dataclass(frozen=True, slots=True)
class Layout:
    """A web: coated lanes, ceramic stripes beside them, bare foil (or base film) elsewhere, nothing outside."""

    width_mm: float
    lanes: tuple[Lane, ...]
    """Coated lanes, without what a ceramic stripe covers."""
    insulation: tuple[Span, ...] = ()
    pieces: tuple[Span, ...] | None = None
    """The parts of the web between which the roller is seen, tabs left away; None: no cut edge is in sight."""
    gaps: Rhythm | None = None
    """Gaps between skip-coated patches."""
    sheets: Rhythm | None = None
    """Sheets that the web is cut into."""
    tabs: Tabs | None = None

    def stretches(self) -> tuple[Stretch, ...]:
        """All surfaces from the far left to the far right; between patches and sheets too.

        >>> layout = Layout(50.0, (Lane(20.0, 50.0),), insulation=((16.0, 20.0),), pieces=((4.0, 50.0),))
        >>> [(each.left_mm, each.surface.value) for each in layout.stretches()]
        [(-inf, 'outside'), (4.0, 'foil'), (16.0, 'insulation'), (20.0, 'coating'), (50.0, 'outside')]
        """
        pieces = ((-math.inf, math.inf),) if self.pieces is None else self.pieces
        covered = [Stretch(lane.left_mm, lane.right_mm, Surface.COATING) for lane in self.lanes]
        covered += [Stretch(left, right, Surface.INSULATION) for left, right in self.insulation]
        found: list[Stretch] = []
        place = -math.inf
        for start, end in pieces:
            if start > place:
                found.append(Stretch(place, start, Surface.OUTSIDE))
            place = start
            for each in sorted(covered, key=lambda each: each.left_mm):
                if start <= each.left_mm < end:
                    # The first and last lane of a web without cut edges end where the camera's view does.
                    left = -math.inf if self.pieces is None and each.left_mm <= 0.0 else each.left_mm
                    right = math.inf if self.pieces is None and each.right_mm >= self.width_mm else each.right_mm
                    if left > place:
                        found.append(Stretch(place, left, Surface.FOIL))
                    found.append(Stretch(left, right, each.surface))
                    place = right
            if end > place:
                found.append(Stretch(place, end, Surface.FOIL))
            place = end
        if place < math.inf:
            found.append(Stretch(place, math.inf, Surface.OUTSIDE))
        return tuple(found)

    def visible(self, surface: Surface) -> tuple[Span, ...]:
        """(left, right) in mm of each stretch of that surface on the web.

        >>> Layout(100.0, (Lane(6.0, 47.0), Lane(53.0, 100.0))).visible(Surface.FOIL)
        ((0.0, 6.0), (47.0, 53.0))
        """
        return tuple(
            (max(0.0, each.left_mm), min(self.width_mm, each.right_mm))
            for each in self.stretches()
            if each.surface is surface
        )

    def borders(self) -> tuple[Border, ...]:
        """All edges along the machine, from left to right."""
        stretches = self.stretches()
        return tuple(Border(a.right_mm, a.surface, b.surface) for a, b in pairwise(stretches))

    def is_interrupted(self, top_mm: float, bottom_mm: float, is_on_coating: bool) -> bool:
        """Whether the web, or the coating, is not whole between two places along the machine."""
        if self.sheets is not None:
            return not any(
                sheet.start_mm <= top_mm and bottom_mm <= sheet.end_mm
                for sheet in self.sheets.touching(top_mm, bottom_mm)
            )
        return is_on_coating and self.gaps is not None and bool(self.gaps.touching(top_mm, bottom_mm))

    def coated_share(self, md_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) share of each place along the machine that is not in a gap between patches or sheets; soft over 0.2 mm.

        >>> gapped = Layout(60.0, (Lane(0.0, 60.0),), gaps=Rhythm(100.0, 20.0, 0.0, 0.0, seed=1))
        >>> gapped.coated_share(np.array([20.0, 40.0, 50.0])).tolist()
        [1.0, 0.5, 0.0]
        """
        rhythm = self.sheets or self.gaps
        if rhythm is None:
            return np.ones(md_mm.shape)
        inside = np.full(md_mm.shape, -np.inf)
        for segment in rhythm.touching(float(md_mm.min()) - 1.0, float(md_mm.max()) + 1.0):
            inside = np.maximum(inside, np.minimum(md_mm - segment.start_mm, segment.end_mm - md_mm))
        share = np.clip(0.5 + inside / 0.2, 0.0, 1.0)
        return share if rhythm is self.sheets else 1.0 - share

    def tab_of(self, sheet: Segment) -> Segment:
        """The tab of a sheet, along the machine."""
        assert self.tabs is not None, "only sheets with tabs are asked"
        middle = 0.5 * (sheet.start_mm + sheet.end_mm) + self.tabs.from_middle_mm
        return Segment(sheet.number, middle - 0.5 * self.tabs.width_mm, middle + 0.5 * self.tabs.width_mm)

    def tabs_touching(self, top_mm: float, bottom_mm: float) -> list[Segment]:
        """Tabs of which a part lies between two places along the machine."""
        if self.tabs is None:
            return []
        if self.tabs.rhythm is not None:
            return self.tabs.rhythm.touching(top_mm, bottom_mm)
        assert self.sheets is not None, "tabs without a rhythm of their own sit on sheets"
        tabs = (self.tab_of(sheet) for sheet in self.sheets.touching(top_mm, bottom_mm))
        return [tab for tab in tabs if tab.end_mm > top_mm and tab.start_mm < bottom_mm]


def sheet_aside_mm(sheets: Rhythm, md_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) distance of the sheet at each position to the right of its nominal place: N(0, 0.1) mm."""
    return np.asarray(0.1 * lattice.normal(sheets.seed + 7, (md_mm // sheets.pitch_mm).astype(np.int64)))
