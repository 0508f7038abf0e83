"""Motion: the web weaves, the encoder errs, the exposure smears."""

import numpy as np
import pytest

from camera.web import Material, Motion, PlantingRate, SimulatedWeb, WebSettings
from camera.web.motion import Track
from camera.web.settings import STILL


def _shown(motion, **settings):
    web = SimulatedWeb(WebSettings(severity=PlantingRate.DENSE, kinds=("E01",), seed=4, motion=motion, **settings))
    return {item.key: item for item in web.objects(0, 40_000)}


def test_the_weave_has_the_amplitudes_and_frequencies_of_the_numbers_note():
    track = Track(Motion(speed_m_per_min=60.0), 0.05, 0.0, seed=2)
    weave = track.weave_mm(np.arange(0.0, 20_000.0, 5.0))  # 20 s at 1 m/s, 200 Hz
    spectrum = 2.0 * np.abs(np.fft.rfft(weave)) / weave.size
    frequency = np.fft.rfftfreq(weave.size, 0.005)
    strong = np.flatnonzero(spectrum > 0.02)
    assert frequency[strong] == pytest.approx([0.2, 3.0])
    assert spectrum[strong] == pytest.approx([0.3, 0.1], rel=0.01)


def test_lines_lie_off_by_the_roller_and_by_noise():
    track = Track(Motion(), 0.05, 0.0, seed=2)
    error_um = (track.md_mm(0, 60_000) - (np.arange(60_000) + 0.5) * 0.05) * 1000.0
    period = round(np.pi * 120.0 / 0.05)
    once_round = error_um[: 7 * period].reshape(7, period).mean(axis=0)
    assert once_round.max() == pytest.approx(8.0, abs=3.0)
    assert (error_um[1:] - error_um[:-1]).std() / np.sqrt(2.0) == pytest.approx(2.0, rel=0.05)
    np.testing.assert_array_equal(track.md_mm(40_000, 10), track.md_mm(39_000, 2_000)[1000:1010])


@pytest.mark.slow
def test_objects_and_their_masks_lie_aside_as_the_web_does():
    still, moving = _shown(STILL), _shown(Motion(slow_weave_mm=1.5))
    track = Track(Motion(slow_weave_mm=1.5), 0.05, 0.0, seed=4)
    checked = 0
    for key, item in moving.items():
        aside = float(track.weave_mm(np.array([item.md_mm]))[0])
        assert item.cd_mm - still[key].cd_mm == pytest.approx(aside, abs=0.005)
        if item.mask.sum() > 12:
            columns = np.nonzero(item.mask)[1].mean() + item.left_px
            before = np.nonzero(still[key].mask)[1].mean() + still[key].left_px
            assert (columns - before) * 0.05 == pytest.approx(aside, abs=0.04)
            checked += abs(aside) > 0.3
    assert checked >= 3


@pytest.mark.slow
def test_edges_lie_aside_as_the_web_does():
    motion = Motion(slow_weave_mm=1.5, quick_weave_mm=0.0)
    web = SimulatedWeb(WebSettings(severity=PlantingRate.CLEAN, motion=motion, seed=4))
    track = Track(motion, 0.05, 0.0, seed=4)
    for first in (0, 12_000, 24_000):
        profile = web.render(first, 128).astype(float).mean(axis=0)
        edge_mm = float((profile[:200] > 168).sum()) * 0.05
        aside = float(track.weave_mm(np.array([(first + 64) * 0.05]))[0])
        assert edge_mm == pytest.approx(web.lanes[0].left_mm + aside, abs=0.2)


@pytest.mark.slow
def test_a_long_exposure_smears_along_the_machine_only():
    steps = {}
    for name, motion in (("flash", STILL), ("long", STILL.model_copy(update={"exposure_lines": 0.95}))):
        block = (
            SimulatedWeb(WebSettings(severity=PlantingRate.CLEAN, motion=motion, width_px=512, bit_depth=12))
            .render(0, 1024)
            .astype(float)
        )
        block -= block.mean(axis=1, keepdims=True)
        steps[name] = [np.diff(block, axis=axis).std() for axis in (0, 1)]
    assert steps["long"][0] < 0.96 * steps["flash"][0]
    assert steps["long"][0] / steps["long"][1] < 0.985 * steps["flash"][0] / steps["flash"][1]


@pytest.mark.slow
def test_a_streak_follows_the_weave_along_its_length_and_strips_join_without_a_step():
    motion = Motion(slow_weave_mm=1.5, quick_weave_mm=0.0)
    web = SimulatedWeb(
        WebSettings(severity=PlantingRate.DENSE, kinds=("E06",), seed=6, motion=motion, material=Material.ANODE)
    )
    streak = max(web.objects(0, 40_000), key=lambda item: item.length_mm)
    middle = np.array([np.flatnonzero(row).mean() if row.any() else np.nan for row in streak.mask])
    middle = middle[~np.isnan(middle)]
    assert middle.max() - middle.min() > 4.0
    assert np.abs(np.diff(middle)).max() < 2.5
