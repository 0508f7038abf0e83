"""True dimensions: the edges are seen where they are said to lie."""

import numpy as np
import pytest

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.layout import Surface
from camera.web.layouts import misregistration_mm

ANODE, CATHODE, SEPARATOR = Material.ANODE, Material.CATHODE, Material.SEPARATOR
LINES = 512


def _web(layout, material, **settings):
    return SimulatedWeb(
        WebSettings(layout=layout, material=material, severity=PlantingRate.CLEAN, bit_depth=12, seed=8, **settings)
    )


def _crossings_mm(profile, pitch_mm, near_mm, reach_mm=0.9, flat_mm=0.35):
    """Where a profile passes half of its height near a place, by linear interpolation."""
    centre = near_mm / pitch_mm
    index = np.arange(int(centre - reach_mm / pitch_mm), int(centre + reach_mm / pitch_mm))
    part = profile[index]
    flat = max(2, round(flat_mm / pitch_mm))
    half = 0.5 * (np.median(part[:flat]) + np.median(part[-flat:]))
    above = part > half
    step = int(np.flatnonzero(above[1:] != above[:-1])[0])
    fraction = (half - part[step]) / (part[step + 1] - part[step])
    return (index[step] + 0.5 + fraction) * pitch_mm


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "material", "left_mm", "view"),
    [
        ("L1", CATHODE, 300.0, View.DARK_FIELD),  # ceramic, foil, ceramic
        ("L2", ANODE, -10.0, View.BRIGHT_FIELD),  # roller, foil, coating
        ("L4", CATHODE, 145.0, View.BRIGHT_FIELD),  # coating, roller, coating
        ("L7", CATHODE, -5.0, View.BRIGHT_FIELD),
        ("L8", SEPARATOR, -5.0, View.BRIGHT_FIELD),
    ],
)
def test_edges_along_the_machine_lie_where_they_are_said_to(layout, material, left_mm, view):
    """Each line is laid straight by its true edge first, so that averaging does not blur the edge by its wander."""
    web = _web(layout, material, left_mm=left_mm, view=view, pixel_pitch_um=25.0)
    block = web.render(0, LINES).astype(float)
    columns = (np.arange(2048) + 0.5) * 0.025
    checked = 0
    for band in web.dimensions(0, LINES).bands:
        for edge_mm in (band.left_mm, band.right_mm):
            middle = float(edge_mm.mean())
            if 2.0 < middle < 49.0:
                near = np.abs(columns - middle) < 1.6
                lines = [np.interp(columns[near] + shift, columns, line)
                         for shift, line in zip(edge_mm - middle, block, strict=True)]  # fmt: skip
                profile = np.zeros(2048)
                profile[near] = np.mean(lines, axis=0)
                assert _crossings_mm(profile, 0.025, middle) == pytest.approx(middle, abs=0.02)
                checked += 1
    assert checked >= 2


def test_patches_begin_and_end_where_they_are_said_to():
    web = _web("L3", ANODE, left_mm=40.0)
    dimensions = web.dimensions(5_000, 3_000)
    before, after = dimensions.patches
    assert before.gap_mm == pytest.approx(after.start_mm - before.end_mm)
    assert before.length_mm == pytest.approx(600.0, abs=1.0)
    profile = np.zeros(8_000)
    profile[5_000:] = web.render(5_000, 3_000).astype(float).mean(axis=1)
    for edge_mm in (before.end_mm, after.start_mm):
        assert _crossings_mm(profile, 0.05, edge_mm, reach_mm=2.5, flat_mm=1.0) == pytest.approx(edge_mm, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "material"), [("L5", CATHODE), ("L6", ANODE)])
def test_tabs_have_the_true_size(layout, material):
    web = _web(layout, material, left_mm=-5.0)
    tab = web.dimensions(0, 2_000).tabs[0]
    block = web.render(0, 2_000).astype(float)
    middle_mm = 0.5 * (tab.start_mm + tab.end_mm)
    across = block[int(middle_mm / 0.05) - 100 : int(middle_mm / 0.05) + 100].mean(axis=0)
    tip_mm = _crossings_mm(across, 0.05, tab.tip_mm)
    assert tip_mm == pytest.approx(tab.tip_mm, abs=0.02)
    column = int((tab.tip_mm + 0.5 * tab.height_mm) / 0.05)
    along = block[:, column - 40 : column + 40].mean(axis=1)
    assert _crossings_mm(along, 0.05, tab.start_mm) == pytest.approx(tab.start_mm, abs=0.02)
    assert _crossings_mm(along, 0.05, tab.end_mm) == pytest.approx(tab.end_mm, abs=0.02)


def test_sheets_have_the_true_size():
    web = _web("L6", ANODE, left_mm=270.0)
    sheet = web.dimensions(0, 2_300).sheets[0]
    block = web.render(0, 2_300).astype(float)
    middle = int(0.5 * (sheet.start_mm + sheet.end_mm) / 0.05)
    across = block[middle - 60 : middle + 60].mean(axis=0)
    assert _crossings_mm(across, 0.05, sheet.right_mm) == pytest.approx(sheet.right_mm, abs=0.02)
    along = block[:, 100:700].mean(axis=1)
    assert _crossings_mm(along, 0.05, sheet.start_mm) == pytest.approx(sheet.start_mm, abs=0.02)
    assert _crossings_mm(along, 0.05, sheet.end_mm) == pytest.approx(sheet.end_mm, abs=0.02)
    assert sheet.length_mm == pytest.approx(101.0, abs=0.2)
    assert sheet.width_mm == pytest.approx(303.0, abs=0.2)


@pytest.mark.slow
def test_widths_are_those_of_the_layout():
    dimensions = _web("L1", CATHODE, pixel_pitch_um=200.0, width_px=8192).dimensions(0, 20_000)
    assert [band.width_mm.mean() for band in dimensions.lanes] == pytest.approx([302.0] * 4, abs=0.02)
    assert [band.width_mm.mean() for band in dimensions.insulation] == pytest.approx([4.0] * 8, abs=0.02)
    assert [band.width_mm.mean() for band in dimensions.margins] == pytest.approx([35, 30, 30, 30, 35], abs=0.03)


def test_only_what_is_in_view_is_told():
    bands = _web("L1", CATHODE, left_mm=-10.0).dimensions(0, 10).bands
    assert [band.surface for band in bands] == [Surface.FOIL, Surface.INSULATION, Surface.COATING]


def test_side_b_lies_off_side_a_by_the_misregistration():
    lanes = {side: _web("L2", ANODE, side=side).dimensions(0, 2_000) for side in ("A", "B")}
    off = lanes["A"].misregistration_mm
    assert lanes["B"].misregistration_mm == off != 0.0
    shift = lanes["B"].lanes[0].left_mm.mean() - lanes["A"].lanes[0].left_mm.mean()
    assert shift == pytest.approx(off, abs=0.05)
    cut = lanes["B"].margins[0].left_mm - lanes["A"].margins[0].left_mm
    assert np.abs(cut).max() < 1e-9


def test_webs_differ_in_misregistration_as_the_numbers_note_says():
    found = np.array([misregistration_mm(seed) for seed in range(500)])
    assert found.std(axis=0) == pytest.approx([0.15, 0.25], rel=0.1)
    assert np.abs(found.mean(axis=0)).max() < 0.04
