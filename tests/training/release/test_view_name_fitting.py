"""Names of several views: learnt from one web in several lights, as the station judges it."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from inspection.judging.view_names import ViewNames
from inspection.model.names_card import read_names_card
from inspection.recipe.recipe import Recipe, recipe_path
from training.cli import app
from training.errors import DataError
from training.evaluation.several_views import SeveralViews
from training.release.view_name_fitting import ViewSample, fit_view_names, samples_of_web, taught_views

MODELS = Path(__file__).parents[3] / "models"
RECIPE = Recipe.load(recipe_path("separator"))
VIEWS = SeveralViews.load(RECIPE, MODELS, without_names=True)
KINDS = ("S01", "S07", "S08")


def samples(seed=1, webs=20, of_each=3):
    """In the first view S01 and S07 look alike; in the second they differ in one feature, and S08 is not seen."""
    rng = np.random.default_rng(seed)
    length = taught_views(VIEWS)[0].features
    made = []
    for web in range(webs):
        for kind, place in zip(KINDS, (-2.0, 2.0, 0.0), strict=True):
            for _ in range(of_each):
                first, second = rng.normal(0.0, 0.5, (2, length))
                first[0], second[0], second[length - 10] = 1.0, 1.0, place + rng.normal(0.0, 0.3)
                made.append(
                    ViewSample(kind, "S07", np.concatenate([first, second * (kind != "S08")]), web)
                )  # fmt: skip
    return made


def test_it_learns_what_the_other_view_shows_and_that_it_shows_nothing():
    card = fit_view_names(samples(), VIEWS, "separator-names", "0.1", 20)
    assert card.kinds == KINDS
    assert card.metrics["kept"] == 36
    assert card.metrics["kept_right"] >= 35
    assert card.metrics["kept_right_by_gravest_name"] == 12
    assert [view.light for view in card.views] == ["bright-field", "back-light"]
    names = ViewNames(card, tuple(RECIPE.views))
    one = next(each for each in samples(seed=2) if each.kind == "S08")
    assert KINDS[int(np.argmax(names.logits(one.features)))] == "S08"


def test_the_same_samples_give_the_same_weights():
    one, other = (fit_view_names(samples(), VIEWS, "separator-names", "0.1", 20) for _ in range(2))
    assert one.model_copy(update={"created_utc": other.created_utc}) == other


def test_too_few_objects_are_told_by_kind():
    with pytest.raises(DataError, match=r"S01 9, .*S07 9, S08 9"):
        fit_view_names(samples(webs=3), VIEWS, "separator-names", "0.1", 3)


@pytest.mark.slow
def test_samples_are_rejected_objects_with_a_block_for_each_view():
    found = samples_of_web(RECIPE, MODELS, 1)
    length = sum(view.features for view in taught_views(VIEWS))
    assert len(found) > 3
    assert {len(each.features) for each in found} == {length}
    assert all(np.isfinite(each.features).all() for each in found)
    flags = {(each.features[0], each.features[length // 2]) for each in found}
    assert (1.0, 1.0) in flags
    assert (0.0, 0.0) not in flags


def test_a_recipe_with_one_view_has_no_names_of_several(tmp_path):
    asked = ["names", str(tmp_path / "names-0.1"), "--recipe", "anode", "--models-dir", str(MODELS)]
    told = CliRunner().invoke(app, asked)
    assert isinstance(told.exception, DataError)
    assert "it has one view" in str(told.exception)
    assert not (tmp_path / "names-0.1").exists()


def test_the_shipped_classifier_goes_with_its_recipe_and_was_taught_by_today_s_models():
    views = SeveralViews.load(RECIPE, MODELS)
    assert views.names is not None
    assert {"S01", "S07", "S08"} <= set(views.names.kinds)
    card = read_names_card(MODELS / f"{views.names.card.name}-{views.names.card.version}" / "card.json")
    taught = {view.light: view.model_sha256 for view in card.views}
    assert taught == {RECIPE.views[name].light: model.card.card_sha256 for name, model in views.models.items()}
