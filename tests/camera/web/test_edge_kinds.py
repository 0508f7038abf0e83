"""Electrode defects at edges, tabs, corners, patch ends and on bare bands, as section 2.1 of the numbers note says."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.canvas import Canvas, Ground, Painted
from camera.web.figure import Figure, Occasion, Place
from camera.web.kinds import KINDS
from camera.web.kinds.burr import Burr
from camera.web.kinds.edge_chip import EdgeChip
from camera.web.layouts import lay_out
from camera.web.materials import APPEARANCES
from camera.web.planting import Field
from camera.web.settings import STILL
from camera.web.shading import Shading

BRIGHT, DARK, BACK = View.BRIGHT_FIELD, View.DARK_FIELD, View.BACK_LIGHT
ANODE, CATHODE = Material.ANODE, Material.CATHODE
KIND = {kind.code: kind for kind in KINDS}
DRAWS = 24
STEP_MM = 0.025
ROOM_MM = {Place.TAB: 12.0, Place.INSULATION: 4.0, Place.FOIL: 15.0}
LAYOUTS = {
    "E16": "L4", "E17": "L4", "E18": "L4", "E23": "L3", "E26": "L4", "E27": "L4", "E28": "L5", "E29": "L5",
    "E30": "L6", "E31": "L4", "E32": "L1", "E33": "L1",
}  # fmt: skip
THROUGH_FOIL = ("E26", "E28", "E29", "E30", "E31")
ON_FOIL_OR_COATING = ("E16", "E17", "E23", "E32", "E33")


@cache
def drawn(code: str, side: int = 1, is_dense: bool = True) -> tuple[Figure, ...]:
    kind = KIND[code]
    occasion = Occasion(kind.materials[0], is_dense, ROOM_MM.get(kind.place, 150.0), kind.place is Place.FOIL, side)
    return tuple(kind.draw(np.random.default_rng([3, n]), occasion) for n in range(DRAWS))


def ground(code: str, view: View, side: int = 1) -> Ground:
    """What lies about the figure's centre, without texture."""
    kind = KIND[code]
    look, plate = APPEARANCES[kind.materials[0], view], np.zeros((64, 64), np.float32)
    coat, bare, through = look.coat.level_dn, look.bare.level_dn, look.through_dn
    level, beyond, towards = {
        Place.COATING_EDGE: (coat, bare, (side, 0)),
        Place.CUT_EDGE: (coat, through, (side, 0)),
        Place.PATCH_END: (coat, bare, (0, side)),
        Place.CORNER: (coat, through, (side, 1)),
        Place.TAB: (bare, through, (-side, 0)),
        Place.FOIL: (bare, bare, (0, 0)),
        Place.INSULATION: (look.insulation_dn, look.insulation_dn, (0, 0)),
    }.get(kind.place, (coat, coat, (0, 0)))
    return Ground(
        kind.materials[0], view, level, bare, plate, through, look.insulation_dn,
        Shading.of(view, "upstream"), kind.place is Place.FOIL, coat, plate, beyond, towards,
    )  # fmt: skip


def painted(
    figure: Figure, on: Ground, step_mm: float = STEP_MM, most_mm: float = 12.0, aside_px: float = 0.0
) -> tuple[Painted, NDArray]:
    """Without texture, noise and blur: the object, and its difference in DN to the web about it. `aside_px`: from a
    border of pixels to the object's centre.
    """
    down = int(np.ceil(min(figure.half_md_mm, most_mm) / step_mm))
    aside = int(np.ceil(figure.half_cd_mm / step_mm))
    canvas = Canvas((float(down), aside + aside_px), (2 * down, 2 * aside), 1, step_mm)
    figure.paint(canvas, on)
    image = canvas.develop(1e-3, 0.0, on)
    below = np.clip(on.below(canvas.x, canvas.y), 0.0, 255.0)
    return image, np.clip(image.keep * below + image.add, 0.0, 255.0) - below


def contrasts(code: str, view: View) -> Iterator[float]:
    """Weber contrast in % of each figure of which anything is seen there."""
    for figure in drawn(code):
        if isinstance(figure, EdgeChip) and figure.torn is not None:
            continue
        image, _ = painted(figure, ground(code, view), 0.05 if figure.is_windowed else STEP_MM)
        if image.coverage.max() > 0.5:
            yield image.contrast_percent


@pytest.mark.parametrize(
    ("code", "view", "low", "high"),
    [
        ("E17", BRIGHT, -12, 12), ("E17", DARK, -20, 20), ("E18", BRIGHT, 80, 300), ("E23", BRIGHT, -75, -10),
        ("E26", BRIGHT, -90, -30), ("E26", DARK, -90, -30), ("E31", BRIGHT, -90, -30), ("E31", DARK, -90, -30),
        ("E32", BRIGHT, -70, -40), ("E33", BRIGHT, -60, -20), ("E33", DARK, 10, 150),
        ("E26", BACK, 5000, 9000), ("E31", BACK, 5000, 9000),
    ],
)  # fmt: skip
def test_contrast_lies_in_its_band(code: str, view: View, low: float, high: float) -> None:
    found = np.array(list(contrasts(code, view)))
    assert found.size >= 10
    assert ((found >= low) & (found <= high)).mean() >= 0.9, found


@pytest.mark.parametrize("code", ON_FOIL_OR_COATING)
def test_what_leaves_the_foil_whole_is_not_seen_against_the_light(code: str) -> None:
    for figure in drawn(code)[:6]:
        assert np.abs(painted(figure, ground(code, BACK), 0.05)[1]).max() < 0.1


def test_a_chip_is_seen_against_the_light_where_the_foil_is_torn_only() -> None:
    chips = [figure for figure in drawn("E18") if isinstance(figure, EdgeChip)]
    torn = [figure.torn is not None for figure in chips]
    assert 0 < sum(torn) < DRAWS / 2
    for figure, is_torn in zip(chips, torn, strict=True):
        change = np.abs(painted(figure, ground("E18", BACK), aside_px=0.75)[1]).max()
        assert change > 200.0 if is_torn else change < 0.1


@pytest.mark.parametrize("code", THROUGH_FOIL)
def test_where_web_is_missing_the_lamp_is_seen(code: str) -> None:
    for figure in drawn(code)[:8]:
        image, difference = painted(figure, ground(code, BACK), 0.05, most_mm=30.0)
        if image.coverage.sum() * 0.05**2 > 0.1:
            assert difference.max() > 240.0, figure


@pytest.mark.parametrize("code", sorted(LAYOUTS))
def test_what_belongs_to_it_does_not_depend_on_the_light(code: str) -> None:
    for figure in drawn(code)[:4]:
        images = [painted(figure, ground(code, view), 0.05)[0].coverage for view in (BRIGHT, DARK, BACK)]
        np.testing.assert_array_equal(images[0], images[1])
        np.testing.assert_array_equal(images[0], images[2])


@pytest.mark.parametrize(
    ("code", "low_mm", "high_mm"),
    [("E26", 0.05, 50.0), ("E31", 0.2, 30.0), ("E18", 0.1, 8.0), ("E32", 0.3, 40.0), ("E33", 0.4, 24.0),
     ("E30", 0.5, 40.0), ("E23", 0.3, 80.0)],
)  # fmt: skip
def test_lengths_lie_in_the_range_of_the_note(code: str, low_mm: float, high_mm: float) -> None:
    lengths = [
        painted(figure, ground(code, BRIGHT), most_mm=20.0)[0].length_mm
        for figure in (*drawn(code), *drawn(code, is_dense=False)[:8])
    ]
    assert min(lengths) > 0.7 * low_mm
    assert max(lengths) < 1.1 * high_mm
    assert max(lengths) > 2.0 * min(lengths)


def test_edges_swing_and_beads_are_as_wide_as_the_note_says() -> None:
    swings = [size.width_mm for figure in drawn("E16") if (size := figure.size())]
    widths = [size.width_mm for figure in drawn("E17") if (size := figure.size())]
    assert len(swings) == len(widths) == DRAWS
    assert 0.1 < min(swings) < 0.4 < max(swings) < 2.0
    assert 0.3 <= min(widths) < 2.0 < max(widths) <= 5.0


def test_a_wavy_edge_is_bare_inside_and_coated_outside() -> None:
    for figure in drawn("E16")[:6]:
        _, difference = painted(figure, ground("E16", BRIGHT), most_mm=40.0)
        inner, outer = np.array_split(difference[:, ::-1], 2, axis=1)
        assert inner.max() > 100.0
        assert outer.min() < -100.0


def test_a_burr_below_a_third_of_a_pixel_is_not_drawn() -> None:
    burr = drawn("E27")[0]
    assert isinstance(burr, Burr)
    for height_mm, is_drawn in ((0.014, False), (0.016, True)):
        spike = replace(burr.spikes[0], height_mm=height_mm)
        image, difference = painted(replace(burr, spikes=(spike,)), ground("E27", BRIGHT), 0.05)
        assert (np.abs(difference).max() > 1.0) == is_drawn
        assert (image.coverage.max() > 0.0) == is_drawn


@pytest.mark.parametrize("view", [BRIGHT, DARK])
def test_a_burr_is_bright_before_the_roller_and_dark_before_the_lamp(view: View) -> None:
    for figure in drawn("E27"):
        _, difference = painted(figure, ground("E27", view), 0.01, most_mm=1.0)
        _, shadow = painted(figure, ground("E27", BACK), 0.01, most_mm=1.0)
        assert difference.max() > 30.0
        assert shadow.min() < -150.0


@pytest.mark.parametrize("code", ["E16", "E17", "E18", "E28", "E29", "E30", "E31"])
def test_both_sides_of_an_edge_are_drawn_as_mirror_images(code: str) -> None:
    """But for the small raggedness of their borders."""
    for left, right in zip(drawn(code, side=1), drawn(code, side=-1), strict=True):
        one = painted(left, ground(code, BRIGHT), 0.1, most_mm=30.0)[0].coverage
        other = painted(right, ground(code, BRIGHT, side=-1), 0.1, most_mm=30.0)[0].coverage[:, ::-1]
        assert one.shape == other.shape
        assert np.abs(one - other).sum() <= 0.3 * one.sum(), left


def test_a_tail_leaves_the_patch_at_either_end() -> None:
    for side in (1, -1):
        for figure in drawn("E23", side=side)[:6]:
            image, difference = painted(figure, ground("E23", BRIGHT, side))
            coating_side = np.s_[difference.shape[0] // 2 :] if side > 0 else np.s_[: difference.shape[0] // 2]
            assert image.coverage[coating_side].max() == 0.0
            on_foil, on_coating = np.delete(difference, coating_side, axis=0), difference[coating_side]
            assert on_foil.min() < -50.0
            assert np.abs(on_coating).max() < 20.0


@pytest.mark.parametrize("code", ["E16", "E17", "E27"])
def test_long_figures_go_on_from_strip_to_strip(code: str) -> None:
    on = replace(
        ground(code, BRIGHT), bare_plate=np.random.default_rng(1).normal(0.0, 0.2, (64, 64)).astype(np.float32)
    )
    for figure in drawn(code)[:4]:
        aside = int(np.ceil(figure.half_cd_mm / 0.05))
        parts = []
        for first, last in ((-64, 64), (-64, -13), (-13, 64)):
            canvas = Canvas((float(-first), float(aside)), (last - first, 2 * aside), 1, 0.05)
            figure.paint(canvas, on)
            parts.append(canvas.develop(1e-3, 0.0, on).add)
        np.testing.assert_allclose(np.concatenate(parts[1:]), parts[0], atol=3.0)


@pytest.mark.parametrize("code", sorted(LAYOUTS))
def test_each_appears_on_a_layout_that_has_its_place(code: str) -> None:
    """And the web is changed where the answer sheet says."""
    material = CATHODE if LAYOUTS[code] in ("L1", "L6") else KIND[code].materials[0]
    settings = WebSettings(
        layout=LAYOUTS[code], material=material, severity=PlantingRate.DENSE, kinds=(code,), seed=4, motion=STILL,
        width_px=1024, view=BRIGHT if code in ON_FOIL_OR_COATING or code == "E27" else BACK,
        pixel_pitch_um=25.0 if code == "E27" else 50.0,
    )  # fmt: skip
    field = Field(material, settings.severity, lay_out(settings), settings.seed, (KIND[code],))
    plantings = [planting for planting in field.touching(100.0, 20_000.0) if planting.md_mm > 100.0][:8]
    assert len(plantings) == 8
    half_mm = 512 * settings.pixel_pitch_um / 1000.0
    seen = 0
    for planting in plantings[:3]:
        here = settings.model_copy(update={"left_mm": planting.cd_mm - half_mm})
        line = int(1000.0 * planting.md_mm / settings.pixel_pitch_um) - 256
        dense = SimulatedWeb(here)
        clean = SimulatedWeb(here.model_copy(update={"severity": PlantingRate.CLEAN}))
        items = [item for item in dense.objects(line, 512) if item.key == planting.key]
        difference = np.abs(dense.render(line, 512).astype(float) - clean.render(line, 512))
        for item in items:
            top = item.top_line - line
            patch = difference[
                top : top + item.mask.shape[0], item.left_px : item.left_px + item.mask.shape[1]
            ]  # fmt: skip
            seen += bool(patch[item.mask].max() > 5.0)
    assert seen >= 1


def test_insects_at_the_lamp_are_met_within_some_metres() -> None:
    for layout, material in (("auto", ANODE), ("L8", Material.SEPARATOR)):
        made = lay_out(WebSettings(layout=layout, material=material))
        field = Field(material, PlantingRate.DENSE, made, 3, (KIND["N05"],))
        assert 15 < len(field.touching(0.0, 100_000.0)) < 60
