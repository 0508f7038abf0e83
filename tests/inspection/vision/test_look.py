"""From pixels and scores to measured objects."""

import numpy as np
import pytest

from inspection.recipe.recipe import Layout
from inspection.vision.candidates import Storm
from inspection.vision.look import LookSetup, look
from inspection.vision.stopwatch import Stopwatch
from tests.support.drawing import disc, expose, plant, web

SETUP = LookSetup(
    kinds=("E01", "E06"),
    thresholds={"E01": 0.5, "E06": 0.5},
    stride=8,
    max_candidates=4,
    psf_sigma_px=0.75,
    layout=Layout(),
    pitch_x_um=50.0,
    pitch_y_um=40.0,
    start_mm=100.0,
)


@pytest.fixture
def image():
    scene = web(160, 160)
    plant(scene, disc(12.0), 40.0, 60.0, -40.0)
    plant(scene, disc(12.0), 120.0, 100.0, -40.0)
    return expose(scene, seed=3)


@pytest.fixture
def scores():
    """The first disc looks like E01, the second like E06."""
    scores = np.zeros((2, 20, 20), np.float32)
    scores[0, 6:9, 4:7], scores[1, 6:9, 4:7] = 0.9, 0.3
    scores[1, 11:14, 14:17] = 0.8
    return scores


def test_what_scores_high_and_stands_out_is_measured_in_millimetres_of_the_web(image, scores):
    first, second = sorted(look(image, scores, SETUP), key=lambda sighting: sighting.defect.cd_mm)
    assert (first.defect.kind, second.defect.kind) == ("E01", "E06")
    assert first.defect.cd_mm == pytest.approx(40 * 0.05, abs=0.05)
    assert first.defect.md_mm == pytest.approx(100.0 + 60 * 0.04, abs=0.05)
    assert first.defect.diameter_mm == pytest.approx(12 * np.sqrt(0.05 * 0.04), abs=0.08)
    assert first.scores == pytest.approx({"E01": 0.9, "E06": 0.3})


def test_places_likelier_another_kind_are_left_out_where_one_kind_is_asked_for(image, scores):
    (alone,) = look(image, scores, SETUP, only="E06")
    assert alone.defect.kind == "E06"


def test_too_many_places_are_a_storm_and_none_is_traced(image):
    scores = np.zeros((2, 20, 20), np.float32)
    scores[0, ::6, ::6] = 0.9
    watch = Stopwatch()
    assert isinstance(look(image, scores, SETUP, watch=watch), Storm)
    assert set(watch.stage_ms) == {"detect"}


def test_a_web_without_anything_shows_nothing(image):
    assert look(image, np.zeros((2, 20, 20), np.float32), SETUP) == ()
