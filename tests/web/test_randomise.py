"""Domain randomisation: rolls, cameras and objects differ more, and the answer sheet stays true."""

import numpy as np
import pytest

from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings


def webs(randomised, count=24, **settings):
    return [
        SimulatedWeb(WebSettings(seed=seed, width_px=512, randomised=randomised, **settings)) for seed in range(count)
    ]


def column_noise(web):
    columns = web.render(0, 512).astype(np.float64).mean(axis=0)
    return float(np.std(np.diff(columns)))


def test_rolls_and_cameras_differ_more_than_faithful_ones():
    faithful, randomised = (webs(flag, severity=PlantingRate.CLEAN) for flag in (False, True))
    levels = [np.std([float(web.render(0, 128).mean()) for web in each]) for each in (faithful, randomised)]
    assert levels[1] > 1.2 * levels[0]
    noise = [np.median([column_noise(web) for web in each]) for each in (faithful, randomised)]
    assert noise[1] > 1.15 * noise[0]


def test_a_camera_seam_and_wrong_columns_come_often():
    shown = [{planted.kind for planted in web.objects(0, 256)} for web in webs(True, 60, kinds=("N06", "N07", "N08"))]
    assert 8 <= sum("N06" in kinds for kinds in shown) <= 30
    assert sum(bool(kinds & {"N07", "N08"}) for kinds in shown) >= 5
    plain = [web.objects(0, 256) for web in webs(False, 60, kinds=("N06", "N07", "N08"))]
    assert sum(bool(objects) for objects in plain) <= 6


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
