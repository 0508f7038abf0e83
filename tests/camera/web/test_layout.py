"""Layouts: what lies where across and along the web, and which ones are refused."""

from itertools import pairwise

import numpy as np
import pytest

from camera.errors import SettingsError
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.layout import Surface
from camera.web.layouts import lay_out
from camera.web.outline import Outline
from camera.web.settings import STILL, Motion

ANODE, CATHODE, SEPARATOR = Material.ANODE, Material.CATHODE, Material.SEPARATOR
ALL = [
    ("L1", CATHODE, 1400.0, 4), ("L2", ANODE, 1400.0, 4), ("L3", ANODE, 700.0, 2), ("L4", CATHODE, 1374.0, 8),
    ("L5", CATHODE, 170.0, 1), ("L6", CATHODE, 320.0, 1), ("L6", ANODE, 323.0, 1), ("L6", SEPARATOR, 306.0, 1),
    ("L7", CATHODE, 76.0, 1), ("L7", ANODE, 80.0, 1), ("L8", SEPARATOR, 1300.0, 1), ("L8-slit", SEPARATOR, 1294.0, 12),
]  # fmt: skip


def _web(layout, material, **settings):
    usual = {"severity": PlantingRate.CLEAN, "motion": STILL, "seed": 3}
    return SimulatedWeb(WebSettings(layout=layout, material=material, **(usual | settings)))


@pytest.mark.parametrize(("layout", "material", "width_mm", "lanes"), ALL)
def test_each_layout_is_as_wide_as_the_numbers_note_says_and_leaves_no_hole(layout, material, width_mm, lanes):
    made = lay_out(WebSettings(layout=layout, material=material))
    stretches = made.stretches()
    assert made.width_mm == pytest.approx(width_mm)
    assert len(made.lanes) == lanes
    assert (stretches[0].left_mm, stretches[-1].right_mm) == (-np.inf, np.inf)
    assert all(a.right_mm == b.left_mm and a.surface is not b.surface for a, b in pairwise(stretches))


def test_a_cathode_has_four_millimetres_of_ceramic_on_both_sides_of_each_lane():
    made = lay_out(WebSettings(layout="L1", material=CATHODE))
    assert [right - left for left, right in made.visible(Surface.INSULATION)] == pytest.approx([4.0] * 8)
    assert [right - left for left, right in made.visible(Surface.FOIL)] == pytest.approx([35.0, 30.0, 30.0, 30.0, 35.0])
    assert [lane.width_mm for lane in made.lanes] == pytest.approx([302.0] * 4)


@pytest.mark.parametrize(("layout", "material", "left_mm"), [("L1", CATHODE, -20.0), ("L5", CATHODE, -5.0),
                                                             ("L3", ANODE, 300.0), ("L6", ANODE, 0.0)])  # fmt: skip
def test_lines_of_every_layout_do_not_depend_on_how_they_are_asked_for(layout, material, left_mm):
    settings = {"left_mm": left_mm, "severity": PlantingRate.DENSE, "motion": WebSettings().motion, "width_px": 700}
    whole = _web(layout, material, **settings).render(6_001, 500)
    web = _web(layout, material, **settings)
    for start, end in ((300, 500), (0, 77), (77, 300)):
        np.testing.assert_array_equal(web.render(6_001 + start, end - start), whole[start:end])


@pytest.mark.parametrize(
    ("view", "outside", "tolerance"), [(View.BRIGHT_FIELD, 40.0, 8.0), (View.BACK_LIGHT, 255.0, 1.0)]
)
def test_beside_the_web_the_roller_is_seen_or_the_lamp(view, outside, tolerance):
    block = _web("L7", CATHODE, left_mm=-10.0, view=view).render(0, 256).astype(float)
    assert block[:, :180].mean() == pytest.approx(outside, abs=tolerance)
    assert block[:, 1900:].mean() == pytest.approx(outside, abs=tolerance)
    assert abs(block[:, 700].mean() - outside) > 20.0


def test_a_gap_between_patches_is_bare_and_the_patch_is_not():
    web = _web("L3", ANODE, left_mm=150.0, width_px=256)
    profile = web.render(5_800, 800).astype(float).mean(axis=1)
    (gap,) = lay_out(web.settings).gaps.touching(290.0, 330.0)
    inside = (np.arange(5_800, 6_600) + 0.5) * 0.05
    depth = np.maximum(gap.start_mm - inside, inside - gap.end_mm)
    assert profile[depth < -1.0].min() > 220.0
    assert profile[depth > 1.0].max() < 110.0


def test_patches_and_gaps_vary_as_they_should():
    gaps = lay_out(WebSettings(layout="L3", material=ANODE)).gaps
    found = [gaps.segment(number) for number in range(2000)]
    lengths = np.array([after.start_mm - before.end_mm for before, after in pairwise(found)])
    widths = np.array([gap.end_mm - gap.start_mm for gap in found])
    assert lengths.mean() == pytest.approx(600.0, abs=0.03)
    assert lengths.std() == pytest.approx(0.25, rel=0.1)
    assert widths.mean() == pytest.approx(20.0, abs=0.02)
    assert widths.std() == pytest.approx(0.15, rel=0.1)


def test_tabs_stand_out_with_round_corners_and_roots():
    block = _web("L5", CATHODE, left_mm=-5.0, view=View.BACK_LIGHT, width_px=512).render(0, 2040) > 128
    open_px = block[:, 100 : int(17.5 / 0.05)].sum() * 0.05**2
    # One pitch of 102 mm, 12.5 mm of it seen from 0 to 12.5 mm: the web covers a tab and half a millimetre.
    tab = 12.0 * 45.0 - 2 * (1 - np.pi / 4) * 2.0**2 + 2 * (1 - np.pi / 4) * 2.0**2
    assert open_px == pytest.approx(12.5 * 102.0 - tab - 0.5 * 102.0, rel=0.01)
    tip = block[:, 103]
    assert (~tip).sum() * 0.05 == pytest.approx(41.0, abs=1.5)  # rounded off by 2 mm on each side


@pytest.mark.parametrize("layout", ["L5", "L6"])
def test_what_is_laid_as_roller_unseen_is_roller(monkeypatch, layout):
    """A web that weaves as far as it may, in a picture twice its width, against one whose every pixel was looked at."""
    weaving = Motion(slow_weave_mm=1.5, quick_weave_mm=1.5)
    settings = {"left_mm": -40.0, "pixel_pitch_um": 150.0, "width_px": 1500, "motion": weaving}
    shown = _web(layout, CATHODE, **settings).render(0, 3_000)
    monkeypatch.setattr(Outline, "reach_mm", (-np.inf, np.inf))
    everywhere = _web(layout, CATHODE, **settings).render(0, 3_000)
    # A share of 1 mixes to the last bit but one.
    assert np.abs(shown.astype(int) - everywhere).max() <= 1
    assert (shown != everywhere).mean() < 1e-4


def test_a_camera_sees_the_same_objects_as_its_neighbour_where_they_overlap():
    settings = {"severity": PlantingRate.DENSE, "seed": 5, "width_px": 2048, "motion": WebSettings().motion}
    left, right = (_web("L2", ANODE, left_mm=left_mm, **settings) for left_mm in (100.0, 150.0))
    shared = {item.key: item for item in left.objects(0, 30_000) if item.cd_mm > 56.0 and item.length_mm < 8.0}
    there = {item.key: item for item in right.objects(0, 30_000)}
    assert len(shared) >= 3
    for key, item in shared.items():
        assert there[key].cd_mm == pytest.approx(item.cd_mm - 50.0)
        assert there[key].md_mm == item.md_mm


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"layout": "L1", "material": ANODE}, "layout L1: expected a cathode, got anode; choose auto, L2"),
        ({"layout": "L2", "material": CATHODE}, "expected an anode"),
        ({"layout": "L5", "material": SEPARATOR}, "expected an electrode, got separator; choose auto, L6, L8"),
        ({"layout": "L8", "material": CATHODE}, "expected a separator"),
        ({"layout": "L2", "left_mm": 1400.0}, "lies at 0 .. 1400 mm, the camera sees 1400 .. 1502.4 mm"),
        ({"layout": "L2", "left_mm": -102.4}, "choose left_mm between -102.4 and 1400"),
        ({"layout": "L2", "web_mm": 1300.0}, "need 1334 mm, got a web of 1300 mm"),
        ({"layout": "L7", "web_mm": 90.0}, "is cut to 80 mm, got 90"),
        ({"layout": "auto", "left_mm": 5.0}, "layout auto: the web is as wide as the camera sees"),
    ],
)
def test_impossible_layouts_are_refused_in_words(settings, words):
    with pytest.raises(SettingsError, match=words):
        SimulatedWeb(WebSettings(**settings))


def test_a_narrower_web_has_narrower_margins():
    made = lay_out(WebSettings(layout="L2", web_mm=1360.0))
    assert [right - left for left, right in made.visible(Surface.FOIL)] == pytest.approx([13.0, 26.0, 26.0, 26.0, 13.0])
