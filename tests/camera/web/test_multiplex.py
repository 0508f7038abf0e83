"""Strobe-multiplexed views of one web."""

import numpy as np
import pytest

from camera.errors import SettingsError
from camera.web import Light, Material, MultiplexedWeb, PlantingRate, SimulatedWeb, View, WebSettings
from camera.web.multiplex import split

BRIGHT, DARK = Light(View.BRIGHT_FIELD), Light(View.DARK_FIELD)
FROM_BELOW = Light(View.DARK_FIELD, "downstream")
SETTINGS = WebSettings(severity=PlantingRate.DENSE, width_px=512, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("lights", [(BRIGHT, DARK), (BRIGHT, DARK, FROM_BELOW)])
def test_camera_lines_show_the_views_in_turn(lights):
    web = MultiplexedWeb(SETTINGS, lights)
    block = web.render(1_201, 301)
    views = split(block, len(lights), first_line=1_201)
    for number, (light, view) in enumerate(zip(lights, views, strict=True)):
        first = -(-(1_201 - number) // len(lights))
        alone = SimulatedWeb(
            SETTINGS.model_copy(
                update={"view": light.view, "light_from": light.light_from, "line_offset": number / len(lights)}
            )
        )
        np.testing.assert_array_equal(view, alone.render(first, view.shape[0]))


@pytest.mark.slow
def test_a_single_line_shows_one_view():
    web = MultiplexedWeb(SETTINGS, (BRIGHT, DARK))
    np.testing.assert_array_equal(web.render(7, 1), web.render(0, 10)[7:8])


@pytest.mark.slow
def test_all_views_show_the_same_objects_half_a_line_apart():
    web = MultiplexedWeb(SETTINGS.model_copy(update={"kinds": ("E01",)}), (BRIGHT, DARK))
    bright, dark = ({item.key: item for item in items} for items in web.objects(0, 300_000))
    assert set(bright) == set(dark)
    later = []
    for key, item in bright.items():
        assert (dark[key].md_mm, dark[key].cd_mm) == pytest.approx((item.md_mm, item.cd_mm), abs=0.005)
        centres = [each.top_line + np.nonzero(each.mask)[0].mean() for each in (item, dark[key])]
        later.append(centres[0] - centres[1])
    assert len(later) > 15
    assert np.mean(later) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("lights", "words"),
    [((BRIGHT,), "takes 2 to 4 of them, got 1"), ((BRIGHT, BRIGHT), "each must differ"), ((BRIGHT,) * 5, "got 5")],
)
def test_impossible_lights_are_refused_in_words(lights, words):
    with pytest.raises(SettingsError, match=words):
        MultiplexedWeb(SETTINGS, lights)


def test_more_views_than_lines_are_refused_in_words():
    with pytest.raises(SettingsError, match="a block of 2 lines holds 1 to 2 views, got 3"):
        split(np.zeros((2, 8), np.uint8), 3)


@pytest.mark.slow
def test_lines_before_the_web_are_refused():
    with pytest.raises(SettingsError, match="has lines 0"):
        MultiplexedWeb(SETTINGS.model_copy(update={"material": Material.CATHODE}), (BRIGHT, DARK)).render(-1, 4)
