"""The simulated web's statistics, as `training selfcheck` measures them, on less web; and that it finds faults."""

from dataclasses import replace

import numpy as np
import pytest

from camera.web import Material, View
from camera.web.figure import Contrast
from camera.web.kinds import KINDS
from camera.web.materials import APPEARANCES
from training.simulation import grey_check
from training.simulation.check import Check, clean_web
from training.simulation.contrast_check import contrasts
from training.simulation.grey_check import column_noise, grey_levels, spectral_deviation, spectrum, tails
from training.simulation.texture_check import repeats, same_bytes, seams, texture_of

LOOKS = sorted(APPEARANCES)
KIND = {kind.code: kind for kind in KINDS}


@pytest.fixture(scope="module")
def texture():
    return texture_of(Material.ANODE, 1_500.0)


def test_every_check_says_what_it_expected_and_saw():
    check = same_bytes(256)
    assert check == Check("pixels that differ between two webs of a seed", "0", "0", True)


@pytest.mark.parametrize(("material", "view"), LOOKS)
def test_grey_levels_and_spectrum_are_those_of_the_table(material, view):
    for check in (*grey_levels(material, view, webs=1), spectrum(material, view, blocks=2)):
        assert check.is_ok, check


def test_a_web_of_another_level_or_roughness_is_found(monkeypatch):
    # The table of one material held against the web of another.
    monkeypatch.setitem(grey_check._LEVELS_DN, Material.ANODE, grey_check._LEVELS_DN[Material.CATHODE])
    monkeypatch.setitem(grey_check._GRAIN_PERCENT, Material.ANODE, (0.1, 0.3))
    monkeypatch.setattr(grey_check, "_SLOW_PERCENT", (0.1, 0.3))
    mean, deviation = grey_levels(Material.ANODE, View.BRIGHT_FIELD, webs=1)
    assert not mean.is_ok
    assert not deviation.is_ok


def test_a_spectrum_of_coarser_texture_or_other_optics_is_found():
    web = clean_web(Material.ANODE, View.BRIGHT_FIELD, 1)
    squares = [web.render(number * 512, 512) for number in range(2)]
    roll = grey_check.roll_of(web)
    assert np.abs(spectral_deviation(squares, roll)).max() < 1.0
    assert np.abs(spectral_deviation(squares, replace(roll, psf_px=1.3 * roll.psf_px))).max() > 2.0
    coat = roll.appearance.coat
    rough = replace(roll, appearance=replace(roll.appearance, coat=replace(coat, grain_cv=1.5 * coat.grain_cv)))
    assert np.abs(spectral_deviation(squares, rough)).max() > 2.0


@pytest.mark.parametrize("material", [Material.ANODE, Material.CATHODE])
def test_glints_and_pores_stand_out_as_often_as_they_should(material):
    check = tails(material, megapixels=4)
    assert check.is_ok, check


def test_columns_differ_as_much_as_those_of_a_camera():
    for check in column_noise(256):
        assert check.is_ok, check


def test_the_texture_has_neither_repeat_nor_seam(texture):
    for check in (repeats(texture), *seams(texture)):
        assert check.is_ok, check


def test_a_repeated_texture_is_found(texture):
    again = texture.copy()
    again[9000:13000] = again[3000:7000]
    check = repeats(again)
    assert not check.is_ok
    assert "after 6000 lines" in check.seen


def test_a_seam_and_a_weak_fade_are_found(texture):
    cut = texture.copy()
    cut[1024::2048] += 2.0
    step, _ = seams(cut)
    assert not step.is_ok
    faded = texture.copy().reshape(-1, 1024, texture.shape[1])
    faded[:, :128] *= 0.7
    _, fade = seams(faded.reshape(texture.shape))
    assert not fade.is_ok


@pytest.mark.parametrize(
    ("code", "view"),
    [
        ("E01", View.BRIGHT_FIELD),
        ("E03", View.BRIGHT_FIELD),
        ("E13", View.DARK_FIELD),
        ("E17", View.BRIGHT_FIELD),
        ("E18", View.BRIGHT_FIELD),
        ("E20", View.DARK_FIELD),
        ("E24", View.BRIGHT_FIELD),
        ("E33", View.BRIGHT_FIELD),
        ("S01", View.BACK_LIGHT),
        ("S04", View.BACK_LIGHT),
        ("S09", View.BRIGHT_FIELD),
    ],
)
def test_kinds_have_the_contrast_of_the_catalogue(code, view):
    check = contrasts(KIND[code], view, objects=6)
    assert check.is_ok, check


def test_a_kind_of_the_wrong_polarity_is_found():
    dark = replace(KIND["S01"], contrast=Contrast(back=((-60.0, -20.0),)))
    check = contrasts(dark, View.BACK_LIGHT, objects=3)
    assert not check.is_ok
    assert "0% of 3 in band" in check.seen
