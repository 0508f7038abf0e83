"""Domain randomisation: rolls, cameras and objects differ more, and the answer sheet stays true."""

import numpy as np
import pytest

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.camera_marks import CameraMarks
from camera.web.materials import draw_roll
from camera.web.randomise import randomised


def webs(is_randomised, count=16):
    settings = {"width_px": 384, "severity": PlantingRate.CLEAN, "randomised": is_randomised}
    return [SimulatedWeb(WebSettings(seed=seed, **settings)) for seed in range(count)]


def column_noise(web):
    columns = web.render(0, 512).astype(np.float64).mean(axis=0)
    return float(np.std(np.diff(columns)))


@pytest.mark.slow
def test_rolls_and_cameras_differ_more_than_faithful_ones():
    faithful, wide = (webs(flag) for flag in (False, True))
    levels = [np.std([float(web.render(0, 128).mean()) for web in each]) for each in (faithful, wide)]
    assert levels[1] > 1.2 * levels[0]
    noise = [np.median([column_noise(web) for web in each]) for each in (faithful, wide)]
    assert noise[1] > 1.15 * noise[0]


def test_a_camera_seam_and_wrong_columns_come_often():
    roll = draw_roll(Material.ANODE, View.BRIGHT_FIELD, np.random.default_rng(1))
    drawn = {seed: randomised(roll, seed) for seed in range(300)}
    assert 60 <= sum(each.has_seam for each in drawn.values()) <= 120
    assert 0.4 <= min(each.roll.psf_px for each in drawn.values()) < 0.45
    assert 0.95 < max(each.roll.psf_px for each in drawn.values()) <= 1.0
    seed = next(seed for seed, each in drawn.items() if each.has_seam)
    wanted = WebSettings(seed=seed, width_px=512, randomised=True)
    assert "N06" in {planted.kind for planted in SimulatedWeb(wanted).objects(0, 256)}
    without = wanted.model_copy(update={"kinds": ("E01",)})
    assert not SimulatedWeb(without).objects(0, 256)
    marked = [CameraMarks.draw(wanted.model_copy(update={"seed": seed}), 6.0) for seed in range(300)]
    usual = [CameraMarks.draw(wanted.model_copy(update={"seed": seed})) for seed in range(300)]
    assert sum(len(each.columns) for each in marked) > 3 * sum(len(each.columns) for each in usual)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("material", "view"), [(Material.ANODE, View.BRIGHT_FIELD), (Material.SEPARATOR, View.BACK_LIGHT)]
)
def test_the_same_objects_lie_there_fainter_or_stronger(material, view):
    kinds = ("E04", "E24") if material is Material.ANODE else ("S03", "S06")
    settings = WebSettings(
        material=material, view=view, severity=PlantingRate.DENSE, kinds=kinds, seed=5, width_px=1024
    )
    plain, varied = (SimulatedWeb(settings.model_copy(update={"randomised": flag})) for flag in (False, True))
    ratios = {}
    for block in range(70):
        usual = {planted.key: planted for planted in plain.objects(block * 1024, 1024)}
        for planted in varied.objects(block * 1024, 1024):
            if planted.key in usual and abs(usual[planted.key].contrast_percent) > 4.0:
                ratios[planted.key] = planted.contrast_percent / usual[planted.key].contrast_percent
                assert planted.area_mm2 == pytest.approx(usual[planted.key].area_mm2, rel=0.15)
    assert len(ratios) > 8
    assert 0.5 < min(ratios.values()) < 0.95
    assert 1.05 < max(ratios.values()) < 1.6


def test_the_same_seed_gives_the_same_bytes():
    one, other = (SimulatedWeb(WebSettings(seed=9, randomised=True, severity=PlantingRate.DENSE)) for _ in range(2))
    assert np.array_equal(one.render(300, 400), other.render(300, 400))
