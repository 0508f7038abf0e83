"""The shipped recipes and models under a lamp that they were not made for: nothing is accepted there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from camera.frame import FrameId
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.judging.findings import Carried
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.values import Verdict
from tests.support.drawing import frame

MODELS = Path(__file__).parents[2] / "models"
LINES = 256
BRIGHT, DARK = View.BRIGHT_FIELD, View.DARK_FIELD
LOOKS = [
    (Material.ANODE, BRIGHT),
    (Material.CATHODE, BRIGHT),
    (Material.SEPARATOR, BRIGHT),
    (Material.SEPARATOR, View.BACK_LIGHT),
]


def verdict(material: Material, view: View, shown: View, gain: np.ndarray | float = 1.0) -> Verdict:
    """Verdict on clean web in the light `shown`, under the recipe for `view`."""
    recipe = default_recipe(material, view)
    pipeline = Pipeline(recipe, find_model(MODELS, recipe.model.name))
    web = SimulatedWeb(WebSettings(material=material, view=shown, severity=PlantingRate.CLEAN, seed=6))
    pixels = np.clip(np.rint(web.render(0, LINES) * gain), 0, 255).astype(np.uint8)
    lit = replace(frame(pixels), id=FrameId("cam0", 1, 1))
    judgement, _ = pipeline.conclude(pipeline.inspect(lit), Carried.START)
    if judgement.verdict is Verdict.UNINSPECTED:
        assert judgement.reasons[0].rule in ("image.level", "image.saturated")
    return judgement.verdict


@pytest.mark.parametrize(("material", "view"), LOOKS)
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.2])
def test_a_lamp_a_little_weaker_or_stronger_is_the_same_light(material, view, gain):
    assert verdict(material, view, view, gain) is Verdict.ACCEPT


@pytest.mark.parametrize(("material", "view"), LOOKS)
@pytest.mark.parametrize("gain", [0.5, 1.6])
def test_half_the_light_and_far_too_much_are_another_light(material, view, gain):
    assert verdict(material, view, view, gain) is Verdict.UNINSPECTED


@pytest.mark.parametrize(("material", "view"), LOOKS[:3])
def test_dark_field_in_place_of_bright_field_is_another_light(material, view):
    assert verdict(material, view, DARK) is Verdict.UNINSPECTED


@pytest.mark.parametrize(("material", "view"), LOOKS)
def test_a_lamp_of_which_a_third_has_failed_is_another_light(material, view):
    gain = np.where(np.arange(2048) < 700, 0.4, 1.0)
    assert verdict(material, view, view, gain) is Verdict.UNINSPECTED
