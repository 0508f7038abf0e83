"""Classifiers of names among the models: found, pinned, and refused where they are not what a recipe needs."""

import json
import math

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import ModelError, RecipeError
from inspection.model.names_card import NamesCard, names_card_text, read_names_card
from inspection.model.shelf import find_model, find_names, list_models, list_names
from inspection.pipeline import setup_sha256
from inspection.recipe.recipe import Recipe, recipe_path
from inspection.recipe.views import Fusing
from inspection.station.setup import names_of
from inspection.values import Artefact
from tests.support.names_cards import FEATURES, content, view_names, write
from tests.support.rig import write_model

RECIPE = Recipe.load(recipe_path("separator"))
MODELS = {name: find_model("models", "separator") for name in RECIPE.views}


def asking(name="separator-names", sha256=None, **changes):
    fusing = RECIPE.fusing.model_copy(update={"names": name, "names_sha256": sha256})
    return RECIPE.model_copy(update={"fusing": fusing} | changes)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"bias": [0.0, 0.0]}, "a row for each of 3 kinds"),
        ({"mean": [0.0]}, "numbers each"),
        ({"bias": [0.0, 0.0, math.inf]}, "bias"),
        ({"weights": [[math.nan] * (2 * FEATURES)] * 3}, "weights"),
        ({"scale": [0.0] * (2 * FEATURES)}, "scale"),
        ({"kinds": ["S01", "S01", "S07"]}, "each code once"),
        ({"kinds": ["S01", "S04", "E01"]}, "E01"),
        ({"views": content()["views"][:1]}, "views"),
        ({"views": [content()["views"][0]] * 2}, "each light and side once"),
        ({"card_sha256": "a" * 64}, "card_sha256"),
        ({"graph": "none"}, "graph"),
    ],
)
def test_a_card_that_cannot_be_is_refused_with_what_is_wrong(tmp_path, spoilt, said):
    folder = write(tmp_path / "separator-names-1.0", content() | spoilt)
    with pytest.raises(ModelError, match=said):
        read_names_card(folder / "card.json")


def test_a_card_reads_as_it_was_written(tmp_path):
    card = view_names(1.0, 2.0, 3.5).card
    folder = tmp_path / "separator-names-1.0"
    folder.mkdir()
    (folder / "card.json").write_text(names_card_text(card), encoding="utf-8")
    assert read_names_card(folder / "card.json").model_copy(update={"card_sha256": ""}) == card


def test_the_newest_is_found_or_the_pinned_one(tmp_path):
    for version in ("1.9", "1.10"):
        write(tmp_path / f"separator-names-{version}", content(version=version))
    assert find_names(tmp_path, "separator-names").version == "1.10"
    older = read_names_card(tmp_path / "separator-names-1.9" / "card.json")
    assert find_names(tmp_path, "separator-names", older.card_sha256).version == "1.9"
    with pytest.raises(ModelError, match=r"separator-names-1\.9, separator-names-1\.10"):
        find_names(tmp_path, "separator-names", "f" * 64)
    with pytest.raises(ModelError, match="No classifier of names 'other'"):
        find_names(tmp_path, "other")


def test_a_pin_needs_a_name():
    with pytest.raises(ValidationError, match="names_sha256 pins a classifier"):
        Fusing(names_sha256="a" * 64)


def test_models_and_names_lie_side_by_side(tmp_path):
    write_model(tmp_path / "electrode-0.1")
    write(tmp_path / "separator-names-1.0", content())
    assert [folder.name for folder in list_models(tmp_path)] == ["electrode-0.1"]
    assert [folder.name for folder in list_names(tmp_path)] == ["separator-names-1.0"]
    assert find_model(tmp_path, "electrode").card.version == "0.1"


def test_the_command_line_lists_and_verifies_both(tmp_path):
    write_model(tmp_path / "electrode-0.1")
    folder = write(tmp_path / "separator-names-1.0", content())
    told = CliRunner().invoke(app, ["models", "list", "--json", "--models-dir", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert [json.loads(line)["name"] for line in told.stdout.splitlines()] == ["electrode", "separator-names"]
    verified = CliRunner().invoke(app, ["models", "verify", "--models-dir", str(tmp_path)])
    assert verified.exit_code == 0, verified.output
    assert "separator-names 1.0" in verified.output
    (folder / "card.json").write_text(json.dumps(content(bias=[1.0])), encoding="utf-8")
    spoilt = CliRunner().invoke(app, ["models", "verify", "--models-dir", str(tmp_path)])
    assert spoilt.exit_code == 1


def test_a_recipe_gets_its_classifier_for_its_own_names_of_the_views(tmp_path):
    write(tmp_path / "separator-names-1.0", content())
    assert names_of(RECIPE.model_copy(update={"fusing": Fusing()}), MODELS, tmp_path) is None
    found = names_of(asking(), MODELS, tmp_path)
    assert found.views == tuple(RECIPE.views)
    ours = dict(zip(("above", "through"), RECIPE.views.values(), strict=True))
    models = dict(zip(ours, MODELS.values(), strict=True))
    assert names_of(asking(views=dict(reversed(ours.items()))), models, tmp_path).views == ("above", "through")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (content(material="anode"), "material"),
        (content(views=[content()["views"][0], content()["views"][1] | {"light": "dark-field"}]), "no view for"),
        (content(views=[each | {"model": "electrode"} for each in content()["views"]]), "model electrode"),
        (
            content(views=[each | {"kinds": ["S01", "S04", "E01"]} for each in content()["views"]],
                    kinds=["S01", "S04", "E01"]),
            "E01",
        ),
    ],
)  # fmt: skip
def test_a_classifier_of_other_views_kinds_or_webs_is_refused(tmp_path, told, said):
    write(tmp_path / "separator-names-1.0", told)
    with pytest.raises(RecipeError, match=said):
        names_of(asking(), MODELS, tmp_path)


def test_a_view_that_it_was_not_taught_on_is_refused(tmp_path):
    write(tmp_path / "separator-names-1.0", content())
    third = RECIPE.views["back-light"].model_copy(update={"light": "dark-field"})
    with pytest.raises(RecipeError, match="not taught on what the view dark-field sees"):
        names_of(asking(views=RECIPE.views | {"dark-field": third}), MODELS | {"dark-field": None}, tmp_path)


def test_the_hash_of_all_that_judges_tells_of_it():
    recipe, model = Artefact("separator", "1", "a" * 64), Artefact("separator", "1", "b" * 64)
    one, other = view_names(1.0, 0.0, 0.0), view_names(2.0, 0.0, 0.0)
    changed = other.card.model_copy(update={"card_sha256": "c" * 64})
    hashes = {
        setup_sha256(recipe, model, None),
        setup_sha256(recipe, model, None, one),
        setup_sha256(recipe, model, None, type(other)(changed, other.views)),
    }
    assert len(hashes) == 3


def test_a_card_without_views_of_its_features_is_refused():
    with pytest.raises(ValidationError, match="numbers each"):
        NamesCard.model_validate(content(mean=[0.0] * FEATURES))
