"""Defects of the electrode's coating: contrasts, sizes and looks as sections 2.1 and 4.7 of the numbers note say."""

from dataclasses import replace
from functools import cache
from typing import Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera.web.canvas import Canvas, Ground, Painted
from camera.web.figure import LONGEST_MM, Figure, Occasion, Place
from camera.web.kinds import KINDS
from camera.web.kinds.chatter import Chatter
from camera.web.kinds.delamination import Delamination
from camera.web.kinds.roll_imprint import RollImprint
from camera.web.materials import APPEARANCES
from camera.web.settings import ELECTRODES, Material, View
from camera.web.shading import Shading

BRIGHT, DARK, BACK = View.BRIGHT_FIELD, View.DARK_FIELD, View.BACK_LIGHT
KIND = {kind.code: kind for kind in KINDS}
CODES = tuple(
    kind.code
    for kind in KINDS
    if kind.materials == ELECTRODES and kind.place in (Place.COATING, Place.LANE) and not kind.contrast.back
)
"""Kinds that leave the foil below the coating whole."""
DRAWS = 20
ROOM_MM = 40.0
SHOWN_MM = 12.0
"""How far up and down from their middle long figures are painted."""
Measure = Literal["mean", "lit", "shaded", "flank", "strongest", "columns", "lines"]


@cache
def drawn(code: str, material: Material = Material.ANODE, is_dense: bool = True) -> tuple[Figure, ...]:
    occasion = Occasion(material, is_dense, ROOM_MM, is_on_bare=False)
    return tuple(KIND[code].draw(np.random.default_rng([7, n]), occasion) for n in range(DRAWS))


def ground(view: View, material: Material = Material.ANODE) -> Ground:
    look, plate = APPEARANCES[material, view], np.zeros((64, 64), np.float32)
    return Ground(
        material,
        view,
        level_dn=look.coat.level_dn,
        bare_dn=look.bare.level_dn,
        bare_plate=plate,
        through_dn=look.through_dn,
        insulation_dn=look.insulation_dn,
        shading=Shading.of(view, "upstream"),
        is_bare=False,
        coat_dn=look.coat.level_dn,
        coat_plate=plate,
        beyond_dn=look.coat.level_dn,
    )


def step_of(figure: Figure) -> float:
    """Some 200 000 cells, 12.5 to 100 um wide."""
    area_mm2 = 4.0 * min(figure.half_md_mm, SHOWN_MM) * figure.half_cd_mm
    return float(np.clip(np.sqrt(area_mm2 / 2e5), 0.0125, 0.1))


def painted(figure: Figure, on: Ground, step_mm: float, lines: tuple[int, int] | None = None) -> Painted:
    """Without texture, noise and blur; `lines`: first and last of the canvas, from the centre."""
    if lines is None:
        reach = int(np.ceil(min(figure.half_md_mm, SHOWN_MM) / step_mm))
        lines = -reach, reach
    aside = int(np.ceil(figure.half_cd_mm / step_mm))
    canvas = Canvas((float(-lines[0]), float(aside)), (lines[1] - lines[0], 2 * aside), 1, step_mm)
    figure.paint(canvas, on)
    return canvas.develop(1e-3, 0.0, on)


def change(image: Painted, on: Ground) -> NDArray[np.float32]:
    """Difference to the coating around, in % of it, as the sensor clips it."""
    seen = np.clip(image.keep * np.float32(on.level_dn) + image.add, 0.0, 255.0)
    return np.asarray(100.0 * (seen / np.float32(on.level_dn) - 1.0), np.float32)


def contrast(figure: Figure, view: View, measure: Measure, material: Material = Material.ANODE) -> float:
    """mean: over the covered area, be it ever so thin; lit, shaded: brightest and darkest 40 um; strongest: of the two;
    flank: brighter than nine tenths of it, that is without a glint; columns, lines: strongest mean along the machine
    or across it.
    """
    on, step_mm = ground(view, material), step_of(figure)
    image = painted(figure, on, step_mm)
    difference = change(image, on)
    if measure == "mean":
        return float(difference[image.coverage > 0.01].sum() / image.coverage.sum())
    if measure == "flank":
        return float(np.quantile(difference[image.coverage > 0.5], 0.9))
    if measure in ("columns", "lines"):
        profile = difference.mean(axis=0 if measure == "columns" else 1)
        return float(profile[np.abs(profile).argmax()])
    size = max(1, round(0.04 / step_mm))
    smooth = cv2.blur(difference, (size, size))
    lit, shaded = float(smooth.max()), float(smooth.min())
    return {"lit": lit, "shaded": shaded, "strongest": max(lit, shaded, key=abs)}[measure]


TABLE: list[tuple[str, View, Measure, float, float]] = [
    # Foil on copper and aluminium saturates at some +170 to +220 %; small pinholes are darker at their wall.
    ("E01", BRIGHT, "mean", 40, 400),
    ("E01", DARK, "mean", -30, 60),
    ("E01", DARK, "lit", 20, 80),
    ("E02", BRIGHT, "flank", 10, 30),
    ("E02", BRIGHT, "shaded", -30, -10),
    ("E02", DARK, "lit", 30, 120),
    ("E03", BRIGHT, "shaded", -35, -10),
    ("E03", BRIGHT, "lit", 5, 25),
    ("E03", DARK, "lit", 20, 80),
    ("E04", BRIGHT, "mean", -25, -3),  # some have a gloss of +5 to +20 % on top
    ("E04", BRIGHT, "lit", 2, 30),
    ("E04", DARK, "lit", 20, 100),
    ("E04", DARK, "shaded", -100, -15),
    ("E05", BRIGHT, "mean", -25, -10),
    ("E05", DARK, "lit", 20, 50),
    ("E06", BRIGHT, "columns", -15, 15),
    ("E06", DARK, "columns", -15, 15),
    ("E07", BRIGHT, "mean", 100, 400),
    ("E07", DARK, "mean", -30, 50),
    ("E08", BRIGHT, "mean", 70, 400),  # islands of coating are left in it
    ("E08", DARK, "mean", -40, 60),
    ("E09", BRIGHT, "mean", -15, 40),
    ("E09", DARK, "mean", 30, 200),
    ("E10", BRIGHT, "mean", 80, 400),
    ("E10", DARK, "mean", 50, 300),
    ("E11", BRIGHT, "mean", -60, -20),
    ("E11", DARK, "mean", -20, 60),
    ("E12", BRIGHT, "mean", 80, 300),
    ("E12", BRIGHT, "shaded", -60, -20),
    ("E12", DARK, "lit", 50, 150),
    ("E13", BRIGHT, "strongest", 50, 400),
    ("E13", DARK, "lit", 200, 900),
    ("E14", BRIGHT, "mean", -40, 30),
    ("E14", DARK, "mean", 10, 100),
    ("E15", BRIGHT, "mean", -60, 60),
    ("E15", DARK, "mean", 30, 150),
    ("E19", BRIGHT, "lit", 5, 30),
    ("E19", BRIGHT, "shaded", -30, -5),
    ("E19", DARK, "lit", 10, 60),
    ("E20", BRIGHT, "strongest", -100, 180),  # up to foil
    ("E20", DARK, "lit", 50, 200),
    ("E21", BRIGHT, "mean", -15, 25),
    ("E21", DARK, "strongest", -80, 80),
    ("E22", BRIGHT, "lines", -6, 6),
    ("E22", DARK, "lines", -8, 8),
    ("E24", BRIGHT, "mean", -30, -5),
    ("E24", DARK, "mean", -20, -5),
    ("E25", BRIGHT, "lit", 1, 8),
    ("E25", DARK, "lit", 1, 8),
]


FOIL = ("E01", "E07", "E08", "E10", "E12")


@pytest.mark.parametrize(("code", "view", "measure", "low", "high"), TABLE, ids=lambda value: str(value))
def test_contrast_lies_in_its_band(code: str, view: View, measure: Measure, low: float, high: float) -> None:
    contrasts = np.array([contrast(figure, view, measure) for figure in drawn(code)])
    assert low <= np.median(contrasts) <= high, contrasts
    assert ((contrasts >= low) & (contrasts <= high)).mean() >= 0.85, contrasts


@pytest.mark.parametrize("material", [Material.CATHODE, Material.CATHODE_LFP, Material.ANODE_UNCALENDERED])
@pytest.mark.parametrize("code", FOIL)
def test_foil_looks_right_below_every_coating(code: str, material: Material) -> None:
    for view, low, high in ((BRIGHT, 60, 400), (DARK, -45, 300 if code == "E10" else 75)):
        contrasts = [contrast(figure, view, "mean", material) for figure in drawn(code, material)[:6]]
        assert low < np.median(contrasts) < high, (view, contrasts)


@pytest.mark.parametrize(
    ("code", "view", "measure", "weakest"),
    [("E06", BRIGHT, "columns", 2), ("E06", DARK, "columns", 3), ("E20", BRIGHT, "strongest", 30),
     ("E21", BRIGHT, "mean", 2), ("E21", DARK, "strongest", 20), ("E22", BRIGHT, "lines", 0.7),
     ("E22", DARK, "lines", 1.4), ("E14", BRIGHT, "mean", 7), ("E15", BRIGHT, "mean", 10)],
)  # fmt: skip
def test_what_is_bright_or_dark_is_never_in_between(code: str, view: View, measure: Measure, weakest: float) -> None:
    strengths = np.abs([contrast(figure, view, measure) for figure in drawn(code)])
    assert (strengths >= weakest).mean() >= 0.9, strengths


@pytest.mark.parametrize("code", CODES)
def test_nothing_on_foil_is_seen_against_the_light(code: str) -> None:
    on = ground(BACK)
    for figure in drawn(code)[:4]:
        assert np.abs(change(painted(figure, on, 4.0 * step_of(figure)), on)).max() < 0.1


@pytest.mark.parametrize("code", CODES)
def test_what_belongs_to_it_does_not_depend_on_the_light(code: str) -> None:
    for figure in drawn(code)[:4]:
        images = [painted(figure, ground(view), 4.0 * step_of(figure)) for view in (BRIGHT, DARK)]
        np.testing.assert_array_equal(images[0].coverage, images[1].coverage)
        assert images[0].coverage.max() > 0.0


@pytest.mark.parametrize(
    ("code", "low_mm", "high_mm"),
    [("E01", 0.04, 1.6), ("E02", 0.3, 5.0), ("E03", 0.1, 3.0), ("E04", 0.05, 2.0), ("E05", 0.5, 10.0),
     ("E08", 0.35, 30.0), ("E12", 0.3, 20.0), ("E13", 0.01, 0.5), ("E14", 0.05, 1.0), ("E21", 0.2, 10.0),
     ("E24", 1.0, 50.0), ("E25", 2.0, 100.0)],
)  # fmt: skip
def test_spots_are_as_large_as_the_note_says(code: str, low_mm: float, high_mm: float) -> None:
    """Diameter of the circle of the same area, with what uneven borders and a loose flake add or take."""
    diameters = []
    for figure in (*drawn(code), *drawn(code, is_dense=False)):
        size = figure.size()
        area = size.area_mm2 if size else painted(figure, ground(BRIGHT), step_of(figure)).area_mm2
        diameters.append(2.0 * np.sqrt(area / np.pi))
    assert np.min(diameters) > 0.8 * low_mm
    assert np.max(diameters) < 1.2 * high_mm
    assert np.max(diameters) > 2.0 * np.min(diameters)


@pytest.mark.parametrize(
    ("code", "width_mm", "length_mm"),
    [("E06", (0.1, 3.0), (20.0, LONGEST_MM)), ("E07", (0.1, 5.0), (20.0, LONGEST_MM)),
     ("E09", (0.02, 0.3), (0.4, 300.0)), ("E10", (0.03, 0.5), (0.4, 300.0)), ("E15", (0.01, 0.05), (0.2, 15.0)),
     ("E19", (1.0, 120.0), (10.0, 1000.0)),
     ("E20", (0.1, 20.0), (5.0, 1000.0)), ("E22", (ROOM_MM - 1.0, ROOM_MM), (40.0, LONGEST_MM))],
)  # fmt: skip
def test_lines_and_bands_are_as_long_and_wide_as_the_note_says(
    code: str, width_mm: tuple[float, float], length_mm: tuple[float, float]
) -> None:
    sizes = [size for figure in (*drawn(code), *drawn(code, is_dense=False)) if (size := figure.size())]
    assert len(sizes) == 2 * DRAWS
    for size in sizes:
        assert width_mm[0] <= size.width_mm <= width_mm[1]
        assert length_mm[0] <= size.length_mm <= length_mm[1]


@pytest.mark.parametrize("is_dense", [True, False])
@pytest.mark.parametrize("code", CODES)
def test_everything_finds_room_in_its_lane(code: str, is_dense: bool) -> None:
    for figure in drawn(code, is_dense=is_dense):
        assert figure.half_cd_mm < 0.5 * ROOM_MM
        assert figure.half_md_mm <= 0.5 * LONGEST_MM + 10.0


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_cut_off_at_the_border_of_its_box(code: str) -> None:
    for view in (BRIGHT, DARK):
        on = ground(view)
        for figure in drawn(code)[:6]:
            reach = int(np.ceil(figure.half_md_mm / step_of(figure)))
            image = painted(figure, on, 4.0 * step_of(figure), (-reach // 4, reach // 4))
            seen = np.abs(change(image, on))
            # Chatter is as wide as its lane.
            sides = [seen[0], seen[-1]] if code == "E22" else [seen[0], seen[-1], seen[:, 0], seen[:, -1]]
            assert max(side.max() for side in sides) < 2.0, figure


def measured(figure: Figure, view: View, share: float) -> tuple[float, float]:
    """Length in mm and area in mm2 of what differs from the coating by that share of the figure's usual change."""
    on, step_mm = ground(view), step_of(figure)
    image = painted(figure, on, step_mm)
    difference = change(image, on)
    usual = float(np.median(difference[image.coverage >= 0.9 * image.coverage.max()]))
    mask = np.sign(usual) * difference > share * abs(usual)
    sides = cv2.minAreaRect(np.argwhere(mask).astype(np.float32))[1]
    return (max(sides) + 1.0) * step_mm, float(mask.sum()) * step_mm**2


@pytest.mark.parametrize(
    ("code", "view", "share"),
    # Of the usual change, at the border: pinholes have a dark wall, scratches thin ends, crumbs are uneven.
    [("E01", BRIGHT, 0.35), ("E05", BRIGHT, 0.5), ("E08", BRIGHT, 0.5), ("E10", BRIGHT, 0.4), ("E12", BRIGHT, 0.5),
     ("E14", DARK, 0.25)],
)  # fmt: skip
def test_true_size_is_what_a_ruler_finds(code: str, view: View, share: float) -> None:
    """Within a pixel of 50 um or a tenth."""
    checked = 0
    for figure in drawn(code):
        if figure.half_md_mm > SHOWN_MM:
            continue
        # A loose flake is darker than the coating.
        if isinstance(figure, Delamination) and figure.flake is not None:
            continue
        image = painted(figure, ground(view), step_of(figure))
        size = figure.size()
        length_mm, area_mm2 = (size.length_mm, size.area_mm2) if size else (image.length_mm, image.area_mm2)
        found_mm, found_mm2 = measured(figure, view, share)
        assert found_mm == pytest.approx(length_mm, rel=0.1, abs=0.05), figure
        assert np.sqrt(found_mm2) == pytest.approx(np.sqrt(area_mm2), rel=0.1, abs=0.05), figure
        checked += 1
    assert checked >= 10


@pytest.mark.parametrize("code", ["E02", "E03"])
def test_relief_is_seen_all_over_its_true_size(code: str) -> None:
    for figure in drawn(code):
        on, step_mm = ground(DARK), step_of(figure)
        image = painted(figure, on, step_mm)
        seen = np.abs(change(image, on))
        rows = np.flatnonzero((seen > 0.2 * seen.max()).any(axis=1))
        truth = np.flatnonzero((image.coverage >= 0.5).any(axis=1))
        assert np.ptp(rows) * step_mm == pytest.approx(np.ptp(truth) * step_mm, rel=0.12, abs=0.05)


def test_the_lit_half_of_a_blister_faces_the_lamp() -> None:
    figure = drawn("E02")[1]
    for light_from, axis, sign in (("upstream", 0, 1), ("downstream", 0, -1), ("drive-side", 1, 1)):
        on = replace(ground(DARK), shading=Shading.of(DARK, light_from))
        difference = change(painted(figure, on, step_of(figure)), on)
        first, second = np.array_split(difference, 2, axis=axis)
        assert sign * (first.mean() - second.mean()) > 1.0


@pytest.mark.parametrize("code", ["E07", "E19", "E20", "E22", "E25"])
def test_long_figures_go_on_from_strip_to_strip(code: str) -> None:
    """With foil that has a texture: rolling lines must not start anew with each strip."""
    rng = np.random.default_rng(1)
    for view in (BRIGHT, DARK):
        texture = cv2.blur(rng.normal(0.0, 0.2, (64, 64)).astype(np.float32), (1, 9))
        on = replace(ground(view), bare_plate=texture)
        for figure in drawn(code)[:4]:
            whole = change(painted(figure, on, 0.05, (-64, 64)), on)
            upper = change(painted(figure, on, 0.05, (-64, -13)), on)
            lower = change(painted(figure, on, 0.05, (-13, 64)), on)
            parts = np.concatenate([upper, lower])
            np.testing.assert_allclose(parts[:49], whole[:49], atol=0.05)
            np.testing.assert_allclose(parts[53:], whole[53:], atol=0.05)
            # Slopes are taken from one side at the border of a strip.
            np.testing.assert_allclose(parts, whole, atol=3.0)


def test_an_imprint_returns_with_each_turn_of_its_roll() -> None:
    occasion = Occasion(Material.ANODE, False, ROOM_MM, is_on_bare=False)
    heads = [KIND["E21"].draw(np.random.default_rng(n), occasion) for n in range(200)]
    missing = expected = 0
    gains: list[float] = []
    for head in heads:
        assert isinstance(head, RollImprint)
        later = head.repeats()
        along = np.array([md_mm for md_mm, _, _ in later])
        if along.size < 3:
            continue
        period = float(np.diff(along).min())
        turns = np.round(along / period)
        period = float((along / turns).mean())
        assert 100.0 < period / np.pi < 161.0 or 699.0 < period / np.pi < 1001.0
        np.testing.assert_allclose(along / turns, period, rtol=0.005)
        assert max(abs(cd_mm) for _, cd_mm, _ in later) <= 0.3
        assert along.max() <= LONGEST_MM
        expected += int(turns.max())
        missing += int(turns.max()) - along.size
        for _, _, again in later:
            assert isinstance(again, RollImprint)
            assert again.repeats() == ()
            assert again.half_md_mm == head.half_md_mm
            gains.append(again.change.bright / head.change.bright)
    assert 0.05 < missing / expected < 0.15
    assert 0.15 < np.std(np.log(gains)) < 0.25


def test_chatter_has_its_period() -> None:
    for figure in drawn("E22"):
        assert isinstance(figure, Chatter)
        on = ground(BRIGHT)
        reach = int(0.4 * figure.length_mm / 0.5)
        rows = change(painted(figure, on, 0.5, (-reach, reach)), on).mean(axis=1)
        turns = np.abs(np.fft.rfft(rows - rows.mean(), 1 << 14)).argmax()
        assert (1 << 14) * 0.5 / turns == pytest.approx(figure.period_mm, rel=0.12)
