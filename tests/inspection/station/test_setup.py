"""One hash over all that judged, in every decision; what changed under its old name is told."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe, default_recipe, default_recipe_path
from inspection.vision.references import References
from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model
from tests.support.stations import Station


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "models" / "electrode-0.1")
    return tmp_path


def references(**changes) -> References:
    white, dark = np.full(256, 180, np.float32), np.full(256, 4, np.float32)
    same = References(white, dark, (), 8, "cam0", 50.0, None, datetime(2030, 1, 2, tzinfo=UTC))
    return replace(same, **changes)


def test_any_change_of_what_judges_changes_the_hash(folder):
    path = folder / "models" / "electrode-0.1"
    recipe, model = default_recipe("anode", "bright-field"), Model.load(path)
    written = default_recipe_path("anode", "bright-field").read_bytes()
    found = {
        "as it was": Pipeline(recipe, model).setup_sha256,
        "recipe": Pipeline(Recipe.parse(written + b"# or so", "it"), model).setup_sha256,
        "references": Pipeline(recipe, model, references()).setup_sha256,
        "white": Pipeline(
            recipe, model, references(white_dn=np.linspace(150, 190, 256, dtype=np.float32))
        ).setup_sha256,
        "dead": Pipeline(recipe, model, references(dead_columns=(7,))).setup_sha256,
    }
    card = json.loads((path / "card.json").read_text())
    (path / "card.json").write_text(json.dumps(card | {"thresholds": {"E01": 1.0, "E04": 1.0}}))
    found["thresholds"] = Pipeline(recipe, Model.load(path)).setup_sha256
    assert len(set(found.values())) == len(found)
    assert Pipeline(recipe, Model.load(path), references()).setup_sha256 not in found.values()


def test_status_decisions_and_store_tell_the_same_hash(folder):
    with Station(settings(folder)) as station, httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:
        assert station.wait(PATIENCE_S)
        told = {each["setup_sha256"] for each in client.get("/v1/decisions?after=0").json()["decisions"]}
        status = client.get("/v1/status").json()
        stored = {each.decision.setup_sha256 for each in station.store.decisions_after(0, 100)}
    recipe, model = default_recipe("anode", "bright-field"), Model.load(folder / "models" / "electrode-0.1")
    assert told == stored == {Pipeline(recipe, model).setup_sha256} == set(status["setups"].values())
    assert status["model"]["sha256"] == model.card.card_sha256


def alarms_of_a_start(folder, **changes) -> list[str]:
    with Station(settings(folder, **changes)) as station:
        station.wait(PATIENCE_S)
        return [alarm for alarm in station.alarms() if "is not what it was" in alarm]


def test_a_model_or_recipe_changed_under_its_old_version_is_an_alarm_at_the_next_start(folder):
    recipe = folder / "line.toml"
    shutil.copy(default_recipe_path("anode", "bright-field"), recipe)
    assert alarms_of_a_start(folder, recipe=str(recipe)) == []
    path = folder / "models" / "electrode-0.1" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"thresholds": {"E01": 1.0, "E04": 0.5}}))
    (alarm,) = alarms_of_a_start(folder, recipe=str(recipe))
    assert "The model electrode 0.1 is not what it was" in alarm
    assert alarms_of_a_start(folder, recipe=str(recipe)) == [], "it was told, and decisions bear the new hash"
    recipe.write_text(recipe.read_text() + "\n# as it suits me\n")
    (alarm,) = alarms_of_a_start(folder, recipe=str(recipe))
    assert "The recipe default-anode " in alarm


def test_a_store_of_an_earlier_program_that_noted_the_graphs_hash_is_no_alarm(folder):
    alarms_of_a_start(folder)
    model = Model.load(folder / "models" / "electrode-0.1")
    with sqlite3.connect(folder / "state" / "store.db") as connection:
        connection.execute("UPDATE artefacts SET sha256 = ? WHERE role = 'model'", (model.card.sha256,))
    connection.close()
    assert alarms_of_a_start(folder) == []
