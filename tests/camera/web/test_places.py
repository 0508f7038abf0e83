"""Places for planting: objects at edges, tabs, corners and patch ends lie just there."""

from dataclasses import dataclass

import numpy as np
import pytest

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.canvas import Canvas, Ground
from camera.web.figure import Figure, Kind, Occasion, Place, Rates
from camera.web.layout import Surface
from camera.web.layouts import lay_out
from camera.web.materials import APPEARANCES
from camera.web.planting import Field
from camera.web.settings import STILL

ANODE, CATHODE, SEPARATOR = Material.ANODE, Material.CATHODE, Material.SEPARATOR


@dataclass(frozen=True, slots=True)
class Probe(Figure):
    """Draws nothing."""

    occasion: Occasion

    @property
    def half_md_mm(self) -> float:
        return 0.8

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        pass


def _probes(layout, material, place, seed=5, end_mm=6_000.0, dense=1.0):
    kind = Kind("E99", tuple(Material), place, Rates(0, 0, 0, dense=dense), lambda _, occasion: Probe(occasion))
    made = lay_out(WebSettings(layout=layout, material=material, seed=seed))
    return Field(material, PlantingRate.DENSE, made, seed, (kind,)).touching(0.0, end_mm)


CASES = [
    ("L1", CATHODE, Place.COATING_EDGE), ("L2", ANODE, Place.COATING_EDGE), ("L8", SEPARATOR, Place.COATING_EDGE),
    ("L1", CATHODE, Place.CUT_EDGE), ("L4", CATHODE, Place.CUT_EDGE), ("L5", ANODE, Place.CUT_EDGE),
    ("L6", ANODE, Place.CUT_EDGE), ("L3", ANODE, Place.PATCH_END), ("L3", ANODE, Place.CORNER),
    ("L6", CATHODE, Place.CORNER), ("L6", ANODE, Place.CORNER),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "material", "place"), CASES)
def test_what_lies_on_either_side_of_an_edge_is_what_the_object_is_told(layout, material, place):
    """A millimetre to either side of the object's centre the web shows the two surfaces."""
    look = APPEARANCES[material, View.DARK_FIELD]
    level = {Surface.COATING: look.coat.level_dn, Surface.FOIL: look.bare.level_dn,
             Surface.INSULATION: look.insulation_dn, Surface.OUTSIDE: look.through_dn}  # fmt: skip
    seen = set()
    for planting in _probes(layout, material, place)[:8]:
        web = SimulatedWeb(
            WebSettings(layout=layout, material=material, view=View.DARK_FIELD, severity=PlantingRate.CLEAN, seed=5,
                        motion=STILL, left_mm=planting.cd_mm - 3.2, width_px=128)
        )  # fmt: skip
        centre = int(planting.md_mm / 0.05)
        block = web.render(max(0, centre - 60), 120).astype(float)
        row, step = centre - max(0, centre - 60), 20
        towards_x, towards_y = planting.site.towards
        own = block[_around(row + step * towards_y), _around(64 + step * towards_x)].mean()
        other = block[_around(row - step * towards_y), _around(64 - step * towards_x)].mean()
        assert own == pytest.approx(level[planting.site.surface], rel=0.25), planting.site
        assert other == pytest.approx(level[planting.site.beyond], rel=0.25), planting.site
        seen.add(planting.site.towards)
    assert len(seen) >= 2


def _around(middle):
    return slice(int(middle) - 5, int(middle) + 6)


def test_the_occasion_tells_the_side_of_an_edge_and_the_room():
    for planting in _probes("L1", CATHODE, Place.COATING_EDGE):
        occasion = planting.figure.occasion
        assert occasion.side == planting.site.side
        assert occasion.room_mm == pytest.approx(4.0)
        assert not occasion.is_on_bare
        lanes = lay_out(WebSettings(layout="L1", material=CATHODE)).lanes
        edges = [lane.left_mm if occasion.side > 0 else lane.right_mm for lane in lanes]
        assert min(abs(planting.cd_mm - edge) for edge in edges) < 1e-9


@pytest.mark.parametrize(
    ("place", "surface", "room_mm", "is_on_bare"),
    [(Place.FOIL, Surface.FOIL, 30.0, True), (Place.INSULATION, Surface.INSULATION, 4.0, False),
     (Place.LANE, Surface.COATING, 302.0, False)],
)  # fmt: skip
def test_objects_on_foil_ceramic_and_lanes_lie_inside_them(place, surface, room_mm, is_on_bare):
    found = _probes("L1", CATHODE, place)
    assert len(found) > 20
    for planting in found:
        assert planting.site.surface is surface
        assert planting.figure.occasion.is_on_bare == is_on_bare
        assert planting.figure.occasion.room_mm == pytest.approx(room_mm, abs=5.1)
        assert planting.site.left_mm + 0.8 <= planting.cd_mm <= planting.site.right_mm - 0.8
        if place is Place.LANE:
            assert planting.cd_mm == pytest.approx(0.5 * (planting.site.left_mm + planting.site.right_mm))


def test_objects_on_tabs_lie_at_their_roots():
    made = lay_out(WebSettings(layout="L5", material=CATHODE, seed=5))
    found = _probes("L5", CATHODE, Place.TAB)
    assert len(found) > 10
    for planting in found:
        (tab,) = made.tabs_touching(planting.md_mm - 1.0, planting.md_mm + 1.0)
        assert planting.md_mm == pytest.approx(0.5 * (tab.start_mm + tab.end_mm))
        assert planting.cd_mm == pytest.approx(12.0)
        assert planting.figure.occasion.room_mm == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("layout", "material", "places"),
    [
        ("auto", ANODE, (Place.CUT_EDGE, Place.INSULATION, Place.TAB, Place.CORNER, Place.PATCH_END)),
        ("L2", ANODE, (Place.INSULATION, Place.TAB, Place.CORNER, Place.PATCH_END)),
        ("L6", SEPARATOR, (Place.COATING_EDGE, Place.FOIL, Place.TAB, Place.ACROSS, Place.PATCH_END)),
        ("L8-slit", SEPARATOR, (Place.COATING_EDGE, Place.FOIL)),
    ],
)
def test_a_place_that_a_layout_does_not_have_gets_no_objects(layout, material, places):
    for place in places:
        assert _probes(layout, material, place) == []
    assert _probes(layout, material, Place.COATING)


@pytest.mark.slow
@pytest.mark.parametrize("place", [Place.PATCH_END, Place.CORNER, Place.COATING])
def test_objects_at_rare_places_are_as_many_as_elsewhere(place):
    # So few that hardly any gives way to another.
    count = len(_probes("L3", ANODE, place, end_mm=400_000.0, dense=0.01))
    assert count == pytest.approx(0.01 * 130.0 * 0.6 * 400.0, rel=0.15)


def test_no_object_lies_in_a_gap():
    gaps = lay_out(WebSettings(layout="L3", material=ANODE, seed=5)).gaps
    for planting in _probes("L3", ANODE, Place.COATING, end_mm=20_000.0):
        assert gaps.touching(planting.md_mm - 0.8, planting.md_mm + 0.8) == []


def test_a_streak_ends_where_the_patch_ends():
    settings = WebSettings(
        layout="L3", material=ANODE, severity=PlantingRate.DENSE, kinds=("E06",), seed=7, motion=STILL, left_mm=25.0
    )
    web = SimulatedWeb(settings)
    crossing = 0
    for gap in lay_out(settings).gaps.touching(0.0, 12_000.0):
        first, last = int(gap.start_mm / 0.05) + 4, int(gap.end_mm / 0.05) - 4
        assert web.objects(first, last - first) == ()
        before = {item.key for item in web.objects(first - 200, 150)}
        crossing += len(before & {item.key for item in web.objects(last + 50, 150)})
    assert crossing > 0
    assert np.ptp(web.render(int(gap.start_mm / 0.05) + 40, 128).mean(axis=0)) < 200
