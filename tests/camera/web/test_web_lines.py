"""Lines of the simulated web: reproducible, seamless, at the grey levels of the table."""

from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from camera.errors import SettingsError
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.materials import APPEARANCES, WHITE_LEVEL_DN
from camera.web.texture import CELL_LINES, STRIP_LINES, EndlessTexture, make_plate, plate_columns

LOOKS = sorted(APPEARANCES)
QUICK, *SLOW = LOOKS


def _web(material=Material.ANODE, view=View.BRIGHT_FIELD, severity=PlantingRate.CLEAN, **settings):
    return SimulatedWeb(WebSettings(material=material, view=view, severity=severity, **settings))


@pytest.mark.parametrize("bit_depth", [8, 12])
@pytest.mark.parametrize(("material", "view"), [QUICK, *(pytest.param(*look, marks=pytest.mark.slow) for look in SLOW)])
def test_lines_do_not_depend_on_how_they_are_asked_for(material, view, bit_depth):
    settings = {"severity": PlantingRate.DENSE, "bit_depth": bit_depth, "width_px": 700, "seed": 4}
    whole = _web(material, view, **settings).render(3_001, 1_500)
    rng = np.random.default_rng(bit_depth)
    cuts = np.sort(rng.choice(np.arange(1, 1_500), 6, replace=False))
    borders = [0, *cuts, 1_500]
    parts = list(pairwise(borders))
    web = _web(material, view, **settings)
    for start, end in rng.permutation(parts):
        np.testing.assert_array_equal(web.render(3_001 + int(start), int(end - start)), whole[start:end])


def test_the_same_seed_gives_the_same_web_and_another_seed_another_one():
    first = _web(severity=PlantingRate.DENSE, width_px=512, seed=1)
    again = _web(severity=PlantingRate.DENSE, width_px=512, seed=1)
    other = _web(severity=PlantingRate.DENSE, width_px=512, seed=2)
    np.testing.assert_array_equal(first.render(0, 300), again.render(0, 300))
    assert [o.key for o in first.objects(0, 4_096)] == [o.key for o in again.objects(0, 4_096)]
    assert (first.render(0, 300) != other.render(0, 300)).mean() > 0.5


def test_no_stretch_of_the_web_repeats_another():
    web = _web(width_px=512)
    a = web.render(0, 1024).astype(float)
    for start in (1024, 4096, 2**40):
        b = web.render(start, 1024).astype(float)
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("material", [Material.ANODE, Material.SEPARATOR])
def test_neighbouring_texture_cells_cannot_be_laid_over_each_other(material):
    """Not even shifted: the best correlation at any offset; a cell laid over itself shows that it would be found."""
    plate = make_plate(APPEARANCES[material, View.BRIGHT_FIELD].coat, 50.0, 0.6, plate_columns(512), seed=5)
    texture = EndlessTexture(plate, seed=7)
    lines = np.concatenate([texture.strip(first, 512) for first in range(0, 6 * CELL_LINES, STRIP_LINES)])
    cells = [cell - cell.mean() for cell in lines.reshape(6, CELL_LINES, 512)]

    def best(one, other):
        size = (2 * CELL_LINES, 1024)
        product = np.fft.rfft2(one, size) * np.conj(np.fft.rfft2(other, size))
        return np.abs(np.fft.irfft2(product, size)).max() / np.sqrt((one**2).sum() * (other**2).sum())

    assert best(cells[0], np.roll(cells[0], (100, 40), (0, 1))) > 0.5
    for lag in (1, 2, 3):
        assert max(best(cells[n], cells[n + lag]) for n in range(6 - lag)) < 0.12


@pytest.mark.parametrize("cell", range(4))
def test_columns_of_a_texture_are_those_of_the_whole(cell):
    """Cells lie turned over in four ways."""
    texture = EndlessTexture(make_plate(APPEARANCES[LOOKS[0]].coat, 50.0, 0.6, plate_columns(640), seed=3), seed=5)
    for line in (cell * CELL_LINES, cell * CELL_LINES + 3 * STRIP_LINES):
        whole = texture.strip(line, 640, salt=2)
        np.testing.assert_array_equal(texture.strip(line, 640, 2, slice(100, 333)), whole[:, 100:333])


def test_sensor_noise_never_repeats_within_a_block():
    block = _web(target="white", width_px=512, bit_depth=12).render(0, 512).astype(float)
    block -= block.mean(axis=0)
    block -= block.mean(axis=1, keepdims=True)
    for lag in (1, 16, 32, 64, 128, 256):
        assert abs((block[lag:] * block[:-lag]).mean() / block.var()) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("material", "view"), LOOKS)
def test_mean_grey_level_is_within_ten_percent_of_the_table(material, view, seed):
    web = _web(material, view, width_px=256, seed=seed)
    assert web.render(0, 1024).mean() == pytest.approx(APPEARANCES[material, view].coat.level_dn, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("material", "low", "high"),
    [(Material.ANODE, 1.8, 5.5), (Material.CATHODE, 1.6, 4.5), (Material.SEPARATOR, 0.8, 2.2)],
)
def test_texture_and_noise_lie_in_their_band(material, low, high):
    for seed in (1, 2, 3):
        block = _web(material, width_px=256, seed=seed).render(0, 1024).astype(float)
        assert low < 100.0 * block.std() / block.mean() < high


def test_copper_margin_is_bright_and_lined_along_the_machine():
    web = _web(width_px=2048)
    margin = web.render(0, 512)[:, 5 : int(web.lanes[0].left_mm / 0.05) - 15].astype(float)
    assert margin.mean() > 225
    across, along = np.abs(np.diff(margin, axis=1)).mean(), np.abs(np.diff(margin, axis=0)).mean()
    assert across > 1.3 * along


def test_lanes_are_coated_and_what_lies_between_is_not():
    web = _web(Material.CATHODE, width_px=2048)
    profile = web.render(0, 256).astype(float).mean(axis=0)
    x_mm = (np.arange(2048) + 0.5) * 0.05
    depth = np.max([np.minimum(x_mm - lane.left_mm, lane.right_mm - x_mm) for lane in web.lanes], axis=0)
    assert len(web.lanes) == 2
    assert profile[depth > 0.4].max() < 100
    assert profile[depth < -0.4].min() > 200


def test_borders_of_strips_and_texture_cells_cannot_be_seen():
    block = _web(width_px=512, bit_depth=12).render(0, 12 * CELL_LINES).astype(float)
    block -= block.mean(axis=1, keepdims=True)  # the lamp's jitter from line to line is meant to be seen
    step = np.sqrt((np.diff(block, axis=0) ** 2).mean(axis=1))
    for period in (STRIP_LINES, CELL_LINES):
        at_border = step[period - 1 :: period]
        assert at_border.mean() == pytest.approx(step.mean(), abs=4.0 * step.std() / np.sqrt(at_border.size))
        assert at_border.max() < step.mean() + 6 * step.std()
    # Within a fade the texture is as strong as elsewhere.
    strength = block.reshape(-1, STRIP_LINES, 512).std(axis=(1, 2))
    fades = strength[CELL_LINES // STRIP_LINES :: CELL_LINES // STRIP_LINES]
    assert fades.mean() == pytest.approx(strength.mean(), rel=0.1)


def test_twelve_bits_show_the_same_web_in_sixteen_times_finer_steps():
    coarse = _web(width_px=512, seed=3).render(100, 400)
    fine = _web(width_px=512, seed=3, bit_depth=12).render(100, 400)
    assert fine.dtype == np.uint16
    assert fine.max() <= 4095
    difference = fine.astype(float) / 16.0 - coarse
    assert np.abs(difference[coarse < 255]).max() <= 0.6
    assert np.unique(fine % 16).size == 16


@pytest.mark.slow
def test_raw_lines_are_flattened_by_white_and_dark_references():
    raw = {"flat_field": "none", "bit_depth": 12, "width_px": 1024, "pixel_pitch_um": 20.0, "seed": 6}
    web = _web(**raw).render(0, 512).mean(axis=0)
    white = _web(**raw, target="white").render(0, 512).mean(axis=0)
    dark = _web(**raw, target="dark").render(0, 512).mean(axis=0)
    corrected = (web - dark) / (white - dark) * WHITE_LEVEL_DN
    true = APPEARANCES[Material.ANODE, View.BRIGHT_FIELD].coat.level_dn
    assert web.std() / web.mean() > 0.05
    assert corrected.std() / corrected.mean() < 0.015
    assert corrected.mean() == pytest.approx(true, rel=0.1)
    assert 0 < dark.mean() / 16 < 8


def test_a_correcting_camera_leaves_a_residue_but_no_vignetting():
    raw = _web(flat_field="none", target="white", width_px=1024).render(0, 512).mean(axis=0)
    flat = _web(target="white", width_px=1024).render(0, 512).mean(axis=0)
    assert raw[512] > 1.15 * raw[:20].mean()
    assert 0.002 < flat.std() / flat.mean() < 0.02


def test_references_show_no_objects():
    assert _web(severity=PlantingRate.DENSE, target="white").objects(0, 4096) == ()


def test_lines_can_be_written_into_a_given_array():
    web = _web(width_px=256)
    out = np.zeros((300, 256), np.uint8)
    assert web.render(77, 300, out) is out
    np.testing.assert_array_equal(out, web.render(77, 300))


@pytest.mark.parametrize(("first_line", "lines"), [(-1, 10), (0, 0), (2**42, 1)])
def test_lines_that_do_not_exist_are_refused_in_words(first_line, lines):
    web = _web(width_px=64)
    for ask in (web.render, web.objects):
        with pytest.raises(SettingsError, match="the simulated web has lines 0"):
            ask(first_line, lines)


@pytest.mark.parametrize("out", [np.zeros((10, 63), np.uint8), np.zeros((10, 64), np.uint16)])
def test_an_array_that_does_not_fit_is_refused_in_words(out):
    with pytest.raises(SettingsError, match="out: expected"):
        _web(width_px=64).render(0, 10, out)


@pytest.mark.parametrize(
    "settings",
    [{"material": "paper"}, {"bit_depth": 10}, {"width_px": 8}, {"colour": "red"}, {"seed": -1}],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        WebSettings.model_validate(settings)


@pytest.mark.slow
@pytest.mark.parametrize(("width_px", "lanes"), [(64, 1), (256, 1), (1000, 1), (2048, 2), (16384, 4)])
def test_the_layout_scales_with_the_width(width_px, lanes):
    web = _web(width_px=width_px)
    assert len(web.lanes) == lanes
    assert 0.0 <= web.lanes[0].left_mm < web.lanes[-1].right_mm <= web.width_mm
    assert web.render(0, 16).shape == (16, width_px)
