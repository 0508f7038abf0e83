"""One web in several lights: the same objects, counted by piece, all views together beside each alone."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from camera.web.settings import Material, PlantingRate, View
from inspection.recipe.recipe import Recipe, recipe_path
from inspection.values import Severity
from training.cli import app
from training.errors import DataError
from training.evaluation.several_views import FUSED, DueObject, Pieces, judge_web, recipe_of_views
from training.evaluation.views_summary import summarise_views, views_tables
from training.simulation.webs import SeedRange, numbered_web, webs_of_views

MODELS = Path(__file__).parents[3] / "models"
RECIPE = Recipe.load(recipe_path("separator"))
LIGHTS = (View.BRIGHT_FIELD, View.BACK_LIGHT)


def test_both_lights_show_the_same_objects_and_each_its_own_camera():
    bright, back = webs_of_views(SeedRange.TRAINING, 3, Material.SEPARATOR, LIGHTS)
    of_web = [
        {(each.kind, each.key, each.md_mm, each.cd_mm) for each in web.objects(0, 8192) if not each.is_nuisance}
        for web in (bright, back)
    ]
    assert len(of_web[0]) > 3
    assert len(of_web[0] & of_web[1]) > 0.8 * len(of_web[0] | of_web[1])
    assert bright.settings.seed == back.settings.seed
    assert bright.settings.seed_of_camera != back.settings.seed_of_camera
    alone = numbered_web(SeedRange.TRAINING, 3, Material.SEPARATOR, View.BRIGHT_FIELD)
    assert np.array_equal(alone.render(0, 64), bright.render(0, 64))


def test_lights_find_the_recipe_that_is_shipped_for_them():
    assert recipe_of_views(Material.SEPARATOR, LIGHTS[::-1]).name == RECIPE.name
    with pytest.raises(DataError, match="no recipe is shipped for anode in these lights"):
        recipe_of_views(Material.ANODE, LIGHTS)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--views", "bright-field"], "two lights or more"),
        (["--views", "bright-field,bright-field"], "two lights or more"),
        (["--views", "bright-field,moonlight"], "expected lights"),
        (["--views", "bright-field,back-light", "--view", "back-light"], "goes without"),
        (["--views", "bright-field,back-light", "--material", "anode"], "no recipe is shipped"),
    ],
)
def test_lights_that_go_with_nothing_are_refused(more, said):
    told = CliRunner().invoke(app, ["evaluate", "--simulated", "--models-dir", str(MODELS), *more])
    assert isinstance(told.exception, DataError)
    assert said in str(told.exception)


def due(key, kind, named, *, is_found=True):
    return DueObject(key, kind, RECIPE.limit_for(kind).severity is Severity.S1, is_found, named if is_found else None)


def test_figures_count_by_piece_and_pair_what_each_view_saw():
    fused = Pieces([due("a", "S01", "S01"), due("b", "S07", "S07"), due("c", "S04", "S04"), due("d", "S08", "S08")],
                   [True] * 4, {"1": False, "2": True, "3": False})  # fmt: skip
    bright = Pieces([due("a", "S01", "S07"), due("b", "S07", "S08"), due("c", "S04", "S04", is_found=False),
                     due("d", "S08", "S08")], [True] * 3, {"1": False, "2": False, "3": False})  # fmt: skip
    told = summarise_views({FUSED: fused, "bright-field": bright})
    assert told[FUSED]["rejected_of_due"]["count"] == 4
    assert told["bright-field"]["rejected_of_due"]["count"] == 3
    assert told["bright-field"]["safety_found"]["of"] == 3
    assert told[FUSED]["good_blocks_rejected"]["rate"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["bright-field"]["hole_and_metal_told_apart"]["count"] == 1
    assert told["bright-field"]["hole_and_metal_named_right"]["count"] == 0
    assert told["bright-field"]["called"]["S01"] == {"S07": 1}
    against = told["bright-field"]["against_fused"]
    assert against["objects"] == {
        "of": 4, "right_fused_alone": 1, "right_in_this_view_alone": 0, "mcnemar_p": pytest.approx(1.0)
    }  # fmt: skip
    assert against["good_blocks"]["right_in_this_view_alone"] == 1
    assert [len(table.columns) for table in views_tables(told)] == [3, 3]


@pytest.mark.slow
def test_all_views_together_reject_what_either_rejects():
    found = judge_web(RECIPE, MODELS, SeedRange.TRAINING, 1, 6, severity=PlantingRate.DENSE)
    fused = {each.key: each.is_found for each in found[FUSED].due}
    assert len(fused) >= 2
    for view in RECIPE.views:
        alone = {each.key: each.is_found for each in found[view].due}
        assert alone.keys() == fused.keys(), "the same objects are asked of all"
        assert all(fused[key] for key, is_found in alone.items() if is_found)
