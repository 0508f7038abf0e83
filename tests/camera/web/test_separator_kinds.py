"""Separator defects look as table 2.2 of the numbers note says, in each view, and are as large as they claim."""

from functools import lru_cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera.web.canvas import Canvas, Ground, Painted
from camera.web.figure import Figure, Kind, Occasion
from camera.web.kinds import KINDS
from camera.web.materials import APPEARANCES, Surface
from camera.web.settings import COATED_SEPARATORS, SEPARATORS, Material, View
from camera.web.shading import Shading
from camera.web.texture import make_plate

BF, DF, BL = View.BRIGHT_FIELD, View.DARK_FIELD, View.BACK_LIGHT
ROOM_MM = 90.0
DRAWS = 40
BY_CODE = {kind.code: kind for kind in KINDS}
AT_EDGES = {"S14", "S15", "S16"}

MEAN_PERCENT = {
    # (code, view): least and most Weber contrast, mean over the object.
    ("S01", BF): (-60, -20), ("S01", BL): (80, 160),
    ("S03", BF): (-10, -3), ("S03", BL): (5, 25),
    ("S04", BF): (-45, -15), ("S04", BL): (20, 80),
    ("S05", BF): (-25, -3), ("S05", BL): (3, 50),
    ("S06", BF): (2, 10), ("S06", DF): (20, 100), ("S06", BL): (-50, -10),
    ("S07", BF): (-80, 40), ("S07", BL): (-95, -60),
    ("S08", BF): (-90, -40), ("S08", BL): (-95, -50),
    ("S09", BF): (-50, -10), ("S09", DF): (10, 200), ("S09", BL): (-60, -10),
    ("S12", DF): (20, 150), ("S12", BL): (3, 25),
    ("S13", BF): (-30, -10), ("S13", DF): (-50, -2), ("S13", BL): (10, 60),
}  # fmt: skip
STRONGEST_PERCENT = {
    # (code, view): least and most of the strongest change, whichever its sign.
    ("S02", BF): (3, 15), ("S02", BL): (10, 50),
    ("S10", BF): (2, 10), ("S10", DF): (10, 60), ("S10", BL): (3, 15),
    ("S12", BF): (3, 20),
}  # fmt: skip


@lru_cache
def _plate(surface: Surface) -> NDArray[np.float32]:
    return make_plate(surface, 50.0, 0.6, 256, 3)


def _ground(material: Material, view: View) -> Ground:
    look = APPEARANCES[material, view]
    return Ground(
        material, view, look.coat.level_dn, look.bare.level_dn, _plate(look.bare), look.through_dn, look.insulation_dn,
        Shading.of(view, "upstream"), is_bare=False,
        coat_dn=look.coat.level_dn, coat_plate=_plate(look.coat), beyond_dn=look.coat.level_dn,
    )  # fmt: skip


def _figures(kind: Kind, material: Material, side: int = 1, count: int = DRAWS) -> list[Figure]:
    occasion = Occasion(material, is_dense=True, room_mm=ROOM_MM, is_on_bare=False, side=side)
    return [kind.draw(np.random.default_rng([7, seed]), occasion) for seed in range(count)]


def _paint(figure: Figure, ground: Ground, pitch_mm: float, most_mm: float = 1e9) -> tuple[Painted, Canvas]:
    """On a grid of that pitch, so much of it about its middle as `most_mm` allows on each side."""
    md = int(np.ceil(min(figure.half_md_mm, most_mm) / pitch_mm)) + 2
    cd = int(np.ceil(min(figure.half_cd_mm, most_mm) / pitch_mm)) + 2
    canvas = Canvas((md, cd), (2 * md, 2 * cd), 1, pitch_mm)
    figure.paint(canvas, ground)
    return canvas.develop(0.3, 0.0, ground), canvas


def _change(painted: Painted, ground: Ground) -> NDArray[np.float32]:
    """Relative change of the grey level, without noise."""
    return np.asarray(np.clip(painted.keep + painted.add / ground.level_dn, 0.0, 255.0 / ground.level_dn) - 1.0)


def _pitch(figure: Figure) -> float:
    return float(np.clip(min(figure.half_md_mm, figure.half_cd_mm) / 30.0, 0.01, 0.04))


def _contrasts(code: str, view: View, *, strongest: bool) -> NDArray[np.float64]:
    kind, found = BY_CODE[code], []
    for material in kind.materials:
        if (code, view, material) == ("S04", BF, Material.SEPARATOR_TWO_SIDES):
            # The other side's ceramic lies below: 10 % at most.
            continue
        ground = _ground(material, view)
        for figure in _figures(kind, material):
            painted, _ = _paint(figure, ground, _pitch(figure), most_mm=8.0)
            if strongest:
                inside = np.abs(_change(painted, ground))[painted.coverage > 0.5 * painted.coverage.max()]
                found.append(100.0 * float(np.quantile(inside, 0.98)))
            else:
                found.append(painted.contrast_percent)
    return np.array(found)


@pytest.mark.parametrize(("code", "view"), MEAN_PERCENT, ids=str)
def test_mean_contrast_lies_in_the_band_of_the_table(code: str, view: View) -> None:
    low, high = MEAN_PERCENT[code, view]
    found = _contrasts(code, view, strongest=False)
    assert low <= np.median(found) <= high
    assert np.mean((found >= low) & (found <= high)) >= 0.85, np.sort(found).round(1)


@pytest.mark.parametrize(("code", "view"), STRONGEST_PERCENT, ids=str)
def test_strongest_change_lies_in_the_band_of_the_table(code: str, view: View) -> None:
    low, high = STRONGEST_PERCENT[code, view]
    found = _contrasts(code, view, strongest=True)
    assert low <= np.median(found) <= high
    assert np.mean((found >= low) & (found <= high)) >= 0.8, np.sort(found).round(1)


def test_a_gel_in_back_light_is_bright_in_the_middle_and_has_a_dark_ring() -> None:
    ground = _ground(Material.BASE_FILM, BL)
    for figure in _figures(BY_CODE["S02"], Material.BASE_FILM):
        painted, _ = _paint(figure, ground, _pitch(figure))
        change = _change(painted, ground)
        middle = change[change.shape[0] // 2, change.shape[1] // 2]
        assert 0.08 < middle < 0.52
        assert -0.32 < np.quantile(change[painted.coverage > 0.5], 0.05) < -0.05


@pytest.mark.parametrize("material", SEPARATORS)
def test_a_crease_is_a_line_and_a_fold_lets_through_only_what_two_layers_do(material: Material) -> None:
    grounds = {view: _ground(material, view) for view in View}
    lines: dict[View, list[float]] = {view: [] for view in View}
    bands = []
    for figure in _figures(BY_CODE["S11"], material):
        for view, ground in grounds.items():
            painted, _ = _paint(figure, ground, 0.04, most_mm=10.0)
            if figure.band_mm == 0.0:
                lines[view].append(painted.contrast_percent)
            elif view is BL and abs(figure.band_mm) > 1.0:
                bands.append(100.0 * float(np.median(_change(painted, ground)[painted.coverage > 0.5])))
    assert 10 < np.median(np.abs(lines[BF])) < 30
    assert min(lines[BF]) < 0 < max(lines[BF])
    assert np.median(lines[DF]) > 20
    assert -40 < min(lines[BL]) < max(lines[BL]) < -6
    transmission = {"separator": (15, 30), "separator-two-sides": (10, 20), "base-film": (35, 55)}[material.value]
    assert all(transmission[0] - 1 < 100 + contrast < transmission[1] + 1 for contrast in bands)
    assert len(bands) > 5


def test_a_metal_particle_glints_into_saturation_in_dark_field() -> None:
    for material in SEPARATORS:
        ground = _ground(material, DF)
        brightest = []
        for figure in _figures(BY_CODE["S07"], material):
            painted, _ = _paint(figure, ground, 0.005)
            brightest.append(float((_change(painted, ground) + 1.0).max()) * ground.level_dn)
        assert np.mean(np.array(brightest) >= 254.0) > 0.6


def test_a_hole_in_dark_field_has_a_bright_rim_around_a_dark_middle() -> None:
    ground = _ground(Material.SEPARATOR, DF)
    for figure in _figures(BY_CODE["S01"], Material.SEPARATOR):
        painted, _ = _paint(figure, ground, 0.005)
        change = _change(painted, ground)
        assert change[change.shape[0] // 2, change.shape[1] // 2] < -0.5
        assert 0.05 < change.max() < 0.7


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("code", ["S14", "S16"])
def test_what_is_missing_at_a_cut_edge_shows_roller_or_lamp_on_the_side_of_the_web(code: str, side: int) -> None:
    for view in View:
        ground = _ground(Material.BASE_FILM, view)
        for figure in _figures(BY_CODE[code], Material.BASE_FILM, side, count=12):
            painted, canvas = _paint(figure, ground, 0.025, most_mm=6.0)
            seen = painted.keep * ground.level_dn + painted.add
            inside = painted.coverage > 0.99
            if inside.any():
                assert abs(np.median(seen[inside]) - ground.through_dn) < 0.02 * abs(
                    ground.level_dn - ground.through_dn
                )
            columns = np.flatnonzero((painted.coverage > 0.5).any(axis=0))
            assert np.all(canvas.x[0, columns] * side > 0)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("material", COATED_SEPARATORS)
def test_a_shifted_coating_edge_lays_film_bare_inside_or_coats_it_outside(material: Material, side: int) -> None:
    ground = _ground(material, BL)
    signs = set()
    for figure in _figures(BY_CODE["S15"], material, side):
        painted, canvas = _paint(figure, ground, 0.05, most_mm=12.0)
        seen = painted.keep * ground.level_dn + painted.add
        inside = painted.coverage > 0.99
        expected = ground.bare_dn if figure.shift_mm > 0 else ground.level_dn
        assert np.median(seen[inside]) == pytest.approx(expected, rel=0.04)
        columns = canvas.x[0, np.flatnonzero((painted.coverage > 0.5).any(axis=0))] * side * np.sign(figure.shift_mm)
        assert columns.min() > -0.03
        assert columns.max() == pytest.approx(abs(figure.shift_mm), abs=0.3)
        signs.add(np.sign(figure.shift_mm))
    assert signs == {1.0, -1.0}


def test_a_shifted_coating_edge_is_the_same_whatever_part_is_painted() -> None:
    ground = _ground(Material.SEPARATOR, BF)
    figure = _figures(BY_CODE["S15"], Material.SEPARATOR)[0]
    whole, part = (Canvas((100.0 - top, 60.0), (200 - top, 120), 1, 0.05) for top in (0, 64))
    for canvas in (whole, part):
        figure.paint(canvas, ground)
    full, lower = (canvas.develop(0.5, 0.0, ground) for canvas in (whole, part))
    assert full.add[70:] == pytest.approx(lower.add[6:], abs=1e-3)


SIZED = sorted({kind.code for kind in KINDS if Material.SEPARATOR in kind.materials and kind.code[0] == "S"})


@pytest.mark.parametrize("code", SIZED)
def test_true_area_is_that_of_a_mask_of_the_painting(code: str) -> None:
    kind = BY_CODE[code]
    material = kind.materials[0]
    ground = _ground(material, BL)
    for figure in _figures(kind, material, count=12):
        size = figure.size()
        pitch = 0.05 if figure.is_windowed else _pitch(figure) / 2.0
        painted, _ = _paint(figure, ground, pitch)
        truth = painted.area_mm2 if size is None else size.area_mm2
        mask = painted.coverage >= 0.5
        _same_size(truth, float(mask.sum()) * pitch**2, mask, pitch)


@pytest.mark.parametrize("code", ["S01", "S03", "S04", "S05", "S08", "S13", "S14", "S15", "S16"])
def test_true_area_is_that_of_what_is_seen(code: str) -> None:
    """Half the change that it makes in back-light, where it makes one all over."""
    kind = BY_CODE[code]
    material = kind.materials[0]
    ground = _ground(material, BL)
    seen_to_true = []
    for figure in _figures(kind, material, count=15):
        size = figure.size()
        pitch = 0.04 if figure.is_windowed else _pitch(figure) / 2.0
        painted, canvas = _paint(figure, ground, pitch)
        change = _change(painted, ground)
        if code in AT_EDGES:
            # Outside the web, and outside the coating, the grey level was another one before.
            wrong = np.sign(getattr(figure, "shift_mm", 1.0))
            change = np.where(canvas.x * wrong > 0, change, 0.0)
            if wrong < 0:
                continue
        plateau = np.quantile(np.abs(change[painted.coverage >= 0.5 * painted.coverage.max()]), 0.8)
        area = float((np.abs(change) > 0.5 * plateau).sum()) * pitch**2
        seen_to_true.append(np.sqrt(area / (painted.area_mm2 if size is None else size.area_mm2)))
    assert np.median(seen_to_true) == pytest.approx(1.0, abs=0.1), np.round(seen_to_true, 2)


def _same_size(truth_mm2: float, found_mm2: float, mask: NDArray[np.bool_], pitch_mm: float) -> None:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    border_mm = sum(cv2.arcLength(outline, True) for outline in outlines) * pitch_mm
    assert abs(found_mm2 - truth_mm2) <= max(0.1 * truth_mm2, pitch_mm * border_mm)


RANGES_MM = {
    # Size to draw by table 2.2, mm: (least, most) of the diameter, or of the length where it is long.
    "S01": (0.02, 5), "S02": (0.1, 2), "S03": (1, 30), "S04": (0.2, 20), "S05": (50, 3000), "S06": (0.1, 3),
    "S07": (0.01, 0.5), "S08": (0.1, 5), "S09": (0.5, 15), "S10": (10, 1000), "S11": (4, 500), "S12": (1, 100),
    "S13": (1, 50), "S14": (200, 1000), "S15": (20, 3000), "S16": (0.05, 25),
}  # fmt: skip
LONG = {"S05", "S09", "S10", "S11", "S12", "S14", "S15", "S16"}


@pytest.mark.parametrize("code", RANGES_MM)
def test_sizes_lie_in_the_range_to_draw(code: str) -> None:
    kind = BY_CODE[code]
    low, high = RANGES_MM[code]
    occasion = Occasion(kind.materials[0], is_dense=False, room_mm=1000.0, is_on_bare=False)
    for seed in range(60):
        figure = kind.draw(np.random.default_rng([5, seed]), occasion)
        size = figure.size()
        if size is None:
            pitch = _pitch(figure)
            if max(figure.half_md_mm, figure.half_cd_mm) / pitch > 400:
                continue
            painted, _ = _paint(figure, _ground(kind.materials[0], BL), pitch)
            length, area = painted.length_mm, painted.area_mm2
        else:
            length, area = size.length_mm, size.area_mm2
        found = length if code in LONG else 2.0 * np.sqrt(area / np.pi)
        assert 0.8 * low <= found <= 1.2 * high
