"""Where on a layout objects of each kind of place may lie."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from camera.web.figure import Place
from camera.web.layout import Layout, Segment, Surface

SNAPPED = (Place.TAB, Place.CORNER, Place.PATCH_END)
"""Their objects lie at certain points along the machine only."""
CLUSTERED = (Place.COATING, Place.FOIL, Place.INSULATION, Place.MARK)
"""Where objects can lie scattered about each other; at edges and across lanes they cannot."""
_WIDE_MM = 5.0
"""Bare bands at least as wide have room for marks."""


@dataclass(frozen=True, slots=True)
class Site:
    """A stretch or edge of the web across the machine."""

    left_mm: float
    right_mm: float
    """The room that objects have, across."""
    surface: Surface
    """What they lie on; at an edge: the web's or the coating's side."""
    position_mm: float | None = None
    """At an edge along the machine: its nominal place."""
    beyond: Surface | None = None
    """At an edge: what lies on the other side."""
    side: int = 1
    """At an edge: +1 if `surface` lies at larger columns, at a patch's end at later lines."""
    along: int = 0
    """At a corner or a patch's end: +1 if `surface` lies at later lines, else -1; elsewhere 0."""

    @property
    def towards(self) -> tuple[int, int]:
        """(x, y) signs of where `surface` lies, seen from the object's centre; zeros where it lies all around."""
        if self.beyond is None:
            return 0, 0
        return (0 if self.position_mm is None else self.side), self.along

    @property
    def room_mm(self) -> float:
        """Across."""
        return self.right_mm - self.left_mm


@dataclass(frozen=True, slots=True)
class Stop:
    """A place along the machine at which a snapped object may lie."""

    md_mm: float
    along: int
    """+1 if the coating, or the sheet, lies at later lines."""


class Sites:
    """Those of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        stretches = layout.stretches()
        rooms = {each: (max(0.0, each.left_mm), min(layout.width_mm, each.right_mm)) for each in stretches}
        self._lanes = tuple(Site(*rooms[each], each.surface) for each in stretches if each.surface is Surface.COATING)
        self._foil = tuple(Site(*rooms[each], each.surface) for each in stretches if each.surface is Surface.FOIL)
        self._ceramic = tuple(
            Site(*rooms[each], each.surface) for each in stretches if each.surface is Surface.INSULATION
        )
        coating, cut = [], []
        for left, right in pairwise(stretches):
            surfaces = {left.surface, right.surface}
            if Surface.OUTSIDE in surfaces:
                inner, beyond, side = (right, left, 1) if left.surface is Surface.OUTSIDE else (left, right, -1)
                cut.append(Site(*rooms[inner], inner.surface, left.right_mm, beyond.surface, side))
            elif Surface.COATING in surfaces:
                inner, beyond, side = (right, left, 1) if right.surface is Surface.COATING else (left, right, -1)
                narrow = min((rooms[left], rooms[right]), key=lambda room: room[1] - room[0])
                coating.append(Site(*narrow, inner.surface, left.right_mm, beyond.surface, side))
        self._coating_edges, self._cut_edges = tuple(coating), tuple(cut)

    def has(self, place: Place) -> bool:
        """Whether there is any such place."""
        layout = self._layout
        match place:
            case Place.COATING_EDGE:
                return bool(self._coating_edges)
            case Place.FOIL:
                return bool(self._foil)
            case Place.INSULATION:
                return bool(self._ceramic)
            case Place.CUT_EDGE:
                return bool(self._cut_edges)
            case Place.TAB:
                return layout.tabs is not None
            case Place.CORNER:
                return layout.gaps is not None or layout.sheets is not None
            case Place.PATCH_END:
                return layout.gaps is not None
            case Place.ACROSS:
                return layout.sheets is None
            case _:
                return True

    def draw(self, place: Place, stop: Stop | None, rng: np.random.Generator) -> Site:
        """One of the places of a kind that the layout has."""
        match place:
            case Place.ACROSS:
                return self._across(rng)
            case Place.BORDER:
                return self._border(rng)
            case Place.MARK:
                wide = [site for site in self._foil if site.room_mm >= _WIDE_MM]
                return _any_of(wide, rng) if wide and rng.random() < 0.5 else self._lane(rng)
            case Place.COATING_EDGE:
                return _any_of(self._coating_edges, rng)
            case Place.CUT_EDGE:
                return _any_of(self._cut_edges, rng)
            case Place.FOIL:
                return _any_of(self._foil, rng)
            case Place.INSULATION:
                return _any_of(self._ceramic, rng)
            case Place.TAB:
                return self._tab()
            case Place.CORNER:
                assert stop is not None, "corners lie at stops"
                return self._corner(stop, rng)
            case Place.PATCH_END:
                assert stop is not None, "patches end at stops"
                lane = self._lane(rng)
                return Site(lane.left_mm, lane.right_mm, lane.surface, None, Surface.FOIL, stop.along, stop.along)
            case _:
                return self._lane(rng)

    def stops(self, place: Place, top_mm: float, bottom_mm: float) -> tuple[Stop, ...]:
        """Where snapped objects may lie between two places along the machine."""
        layout = self._layout
        if place is Place.TAB:
            found = [Stop(0.5 * (tab.start_mm + tab.end_mm), 1) for tab in layout.tabs_touching(top_mm, bottom_mm)]
        elif layout.sheets is not None:
            found = _ends(layout.sheets.touching(top_mm - 1.0, bottom_mm + 1.0), at_start=1)
        elif layout.gaps is not None:
            found = _ends(layout.gaps.touching(top_mm - 1.0, bottom_mm + 1.0), at_start=-1)
        else:
            found = []
        return tuple(stop for stop in found if top_mm <= stop.md_mm < bottom_mm)

    def stops_per_mm(self, place: Place) -> float:
        """How many there are, on the average, along the machine."""
        layout = self._layout
        if place is Place.TAB and layout.tabs is not None and layout.tabs.rhythm is not None:
            return 1.0 / layout.tabs.rhythm.pitch_mm
        rhythm = layout.sheets or layout.gaps
        assert rhythm is not None, "only places that the layout has are asked for"
        return (1.0 if place is Place.TAB else 2.0) / rhythm.pitch_mm

    def _lane(self, rng: np.random.Generator) -> Site:
        share = np.array([lane.room_mm for lane in self._lanes])
        return self._lanes[int(rng.choice(len(self._lanes), p=share / share.sum()))]

    def _across(self, rng: np.random.Generator) -> Site:
        pieces = self._layout.pieces or ((0.0, self._layout.width_mm),)
        left, right = pieces[0] if len(pieces) == 1 else pieces[int(rng.integers(len(pieces)))]
        return Site(left, right, Surface.COATING)

    def _border(self, rng: np.random.Generator) -> Site:
        """At the web's edge; where none is in sight, at the image's."""
        width = self._layout.width_mm
        if self._cut_edges:
            return _any_of(self._cut_edges, rng)
        borders = [site for site in self._foil if site.left_mm == 0.0 or site.right_mm == width]
        if borders:
            site = _any_of(borders, rng)
        elif rng.random() < 0.5:
            site = Site(0.0, min(8.0, width), Surface.COATING)
        else:
            site = Site(max(0.0, width - 8.0), width, Surface.COATING)
        is_left = site.left_mm == 0.0
        edge = site.left_mm if is_left else site.right_mm
        return Site(site.left_mm, site.right_mm, site.surface, edge, None, 1 if is_left else -1)

    def _tab(self) -> Site:
        layout = self._layout
        assert layout.tabs is not None, "only layouts with tabs are asked"
        assert layout.pieces is not None, "a web with tabs is cut"
        root = layout.pieces[0][0]
        return Site(root - layout.tabs.height_mm, root, Surface.FOIL, root, Surface.OUTSIDE, 1)

    def _corner(self, stop: Stop, rng: np.random.Generator) -> Site:
        layout = self._layout
        sheet = self._cut_edges if layout.sheets is not None else ()
        beyond = Surface.OUTSIDE if sheet else Surface.FOIL
        site = _any_of(sheet or self._lanes, rng)
        side = site.side if sheet else (1 if rng.random() < 0.5 else -1)
        edge = site.left_mm if side > 0 else site.right_mm
        return Site(site.left_mm, site.right_mm, site.surface, edge, beyond, side, stop.along)


def _any_of(sites: tuple[Site, ...] | list[Site], rng: np.random.Generator) -> Site:
    return sites[int(rng.integers(len(sites)))]


def _ends(segments: list[Segment], at_start: int) -> list[Stop]:
    return [
        stop for segment in segments for stop in (Stop(segment.start_mm, at_start), Stop(segment.end_mm, -at_start))
    ]
