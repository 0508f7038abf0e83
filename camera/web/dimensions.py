"""What a gauge should find: the true place of every edge (numbers note, section 3)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camera.web.coating import Window
from camera.web.edges import Edges
from camera.web.layout import Border, Layout, Segment, Stretch, Surface
from camera.web.layouts import misregistration_mm

Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A lane, a ceramic stripe, a foil margin or gap: its two edges on each line."""

    surface: Surface
    left_mm: Places
    """(lines,) from column 0, weave and wander included; may lie outside the image."""
    right_mm: Places
    """(lines,)"""

    @property
    def width_mm(self) -> Places:
        """(lines,)"""
        return self.right_mm - self.left_mm


@dataclass(frozen=True, slots=True)
class Patch:
    """A skip-coated patch; machine direction, mm on the web: each end's mean over the coating that the camera sees."""

    start_mm: float
    end_mm: float
    gap_mm: float
    """From its end to the next patch."""

    @property
    def length_mm(self) -> float:
        """Machine direction."""
        return self.end_mm - self.start_mm


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab; machine direction in mm on the web, cross direction from column 0, at the tab's middle."""

    start_mm: float
    end_mm: float
    root_mm: float
    tip_mm: float
    corner_mm: float
    """Radius."""

    @property
    def width_mm(self) -> float:
        """Machine direction."""
        return self.end_mm - self.start_mm

    @property
    def height_mm(self) -> float:
        """Cross direction."""
        return self.root_mm - self.tip_mm


@dataclass(frozen=True, slots=True)
class Sheet:
    """A cut sheet, its tab left away; machine direction in mm on the web, cross direction from column 0."""

    start_mm: float
    end_mm: float
    left_mm: float
    right_mm: float

    @property
    def length_mm(self) -> float:
        """Machine direction."""
        return self.end_mm - self.start_mm

    @property
    def width_mm(self) -> float:
        """Cross direction."""
        return self.right_mm - self.left_mm


@dataclass(frozen=True, slots=True, eq=False)
class Dimensions:
    """The geometry of some lines of a web, as this camera could see it were its pixels infinitely small."""

    md_mm: Places
    """(lines,) where on the web the middle of each line lies, encoder errors included."""
    bands: tuple[Band, ...]
    """From left to right, those of which a part is in view; in gaps between patches and sheets they go on."""
    patches: tuple[Patch, ...]
    """Those that touch these lines; so too for tabs and sheets."""
    tabs: tuple[Tab, ...]
    sheets: tuple[Sheet, ...]
    misregistration_mm: float
    """By how much side B's coating lies to the right of side A's, on this web."""
    misregistration_md_mm: float
    """By how much side B's patches come later."""

    def of(self, surface: Surface) -> tuple[Band, ...]:
        """The bands of one surface."""
        return tuple(band for band in self.bands if band.surface is surface)

    @property
    def lanes(self) -> tuple[Band, ...]:
        """Coating, as far as no ceramic covers it."""
        return self.of(Surface.COATING)

    @property
    def margins(self) -> tuple[Band, ...]:
        """Bare foil, or base film."""
        return self.of(Surface.FOIL)

    @property
    def insulation(self) -> tuple[Band, ...]:
        """Ceramic stripes."""
        return self.of(Surface.INSULATION)


def measure(layout: Layout, edges: Edges, window: Window, seed: int, first_line: int, lines: int) -> Dimensions:
    """The dimensions of these lines of the web of that seed."""
    md_mm = window.track.md_mm(first_line, lines)
    origin_mm = window.track.weave_mm(md_mm) - window.left_mm
    top, bottom = float(md_mm.min()), float(md_mm.max())
    borders = {border.position_mm: edges.place_mm(border, md_mm) + origin_mm for border in layout.borders()}
    bands = tuple(
        Band(stretch.surface, *(_at(borders, end, origin_mm) for end in _ends(layout, stretch)))
        for stretch in layout.stretches()
        if stretch.surface is not Surface.OUTSIDE
    )
    width_mm = window.width_px * window.pitch_mm
    cross, machine = misregistration_mm(seed)
    return Dimensions(
        md_mm,
        tuple(band for band in bands if float(band.right_mm.max()) > 0.0 and float(band.left_mm.min()) < width_mm),
        _patches(layout, edges, window, top, bottom),
        _tabs(layout, edges, window, top, bottom),
        _sheets(layout, edges, window, top, bottom),
        cross,
        machine,
    )


def _ends(layout: Layout, stretch: Stretch) -> tuple[float, float]:
    """Where no edge is in sight, the web ends with the image."""
    return max(0.0, stretch.left_mm), min(layout.width_mm, stretch.right_mm)


def _at(borders: dict[float, Places], position_mm: float, origin_mm: Places) -> Places:
    return borders.get(position_mm, np.full(origin_mm.shape, position_mm))


def _patches(layout: Layout, edges: Edges, window: Window, top_mm: float, bottom_mm: float) -> tuple[Patch, ...]:
    if layout.gaps is None:
        return ()
    columns_mm = window.left_mm + (np.arange(window.width_px) + 0.5) * window.pitch_mm
    is_coated = np.zeros(columns_mm.shape, bool)
    for lane in layout.lanes:
        is_coated |= (columns_mm > lane.left_mm) & (columns_mm < lane.right_mm)
    if not is_coated.any():
        return ()

    def end_mm(number: int, nominal_mm: float) -> float:
        aside = window.track.weave_mm(np.array([nominal_mm]))
        return nominal_mm + float(edges.end_wander_mm(number, columns_mm[is_coated] - aside).mean())

    pitch = layout.gaps.pitch_mm
    gaps = []
    for number in range(int(top_mm // pitch) - 2, int(bottom_mm // pitch) + 3):
        gap = layout.gaps.segment(number)
        gaps.append((end_mm(2 * number, gap.start_mm), end_mm(2 * number + 1, gap.end_mm)))
    patches = [Patch(before[1], after[0], after[1] - after[0]) for before, after in pairwise(gaps)]
    return tuple(patch for patch in patches if patch.end_mm > top_mm and patch.start_mm < bottom_mm)


def _seen(edges: Edges, window: Window, border: Border, segment: Segment) -> float:
    """Where an edge is seen, from column 0, in the middle of a tab or sheet."""
    middle_mm = np.array([0.5 * (segment.start_mm + segment.end_mm)])
    place = edges.place_mm(border, middle_mm) + window.track.weave_mm(middle_mm)
    return float(place[0]) - window.left_mm


def _tabs(layout: Layout, edges: Edges, window: Window, top_mm: float, bottom_mm: float) -> tuple[Tab, ...]:
    if layout.tabs is None:
        return ()
    root, height, corner = layout.borders()[0], layout.tabs.height_mm, layout.tabs.corner_mm
    found = []
    for tab in layout.tabs_touching(top_mm, bottom_mm):
        root_mm = _seen(edges, window, root, tab)
        found.append(Tab(tab.start_mm, tab.end_mm, root_mm, root_mm - height, corner))
    return tuple(found)


def _sheets(layout: Layout, edges: Edges, window: Window, top_mm: float, bottom_mm: float) -> tuple[Sheet, ...]:
    if layout.sheets is None:
        return ()
    left, right = layout.borders()[0], layout.borders()[-1]
    return tuple(
        Sheet(
            sheet.start_mm,
            sheet.end_mm,
            _seen(edges, window, left, sheet),
            _seen(edges, window, right, sheet),
        )
        for sheet in layout.sheets.touching(top_mm, bottom_mm)
    )
