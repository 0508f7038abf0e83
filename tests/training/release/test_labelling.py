"""Labels that a model proposes: a data set that people correct, and that another model can be held against."""

import json

import pytest
from typer.testing import CliRunner

from inspection.model.shelf import Model
from inspection.recipe.recipe import default_recipe
from tests.support.extremes import save, write_model
from tests.training.evaluation.test_report_by_recipe import BRIGHT, DIM, PITCH_UM, RECIPE, web
from training.cli import app
from training.data import read_data_set
from training.errors import DataError
from training.evaluation.report.by_recipe import judge_by_recipe
from training.evaluation.report.by_scores import chosen_items
from training.release.labelling import label_images

UNSURE = 131
"""A grey value that the model scores with 0.6."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Model.load(write_model(tmp_path_factory.mktemp("models") / "extremes-0.1"))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    root = tmp_path_factory.mktemp("photographs")
    save(root / "monday/bright.png", web(BRIGHT, 40)[0])
    save(root / "monday/unsure.png", web(UNSURE, 40)[0])
    save(root / "monday/small.png", web(BRIGHT, 4)[0])
    save(root / "tuesday/quiet.png", web(94, 0)[0])
    save(root / "tuesday/unlit.png", web(94)[0] // 10)
    return root


@pytest.fixture(scope="module")
def labelled(model, photographs, tmp_path_factory):
    out = tmp_path_factory.mktemp("sets") / "week"
    return out, label_images(model, RECIPE, photographs, out, sure_from=0.9)


def test_what_is_above_its_limits_is_a_label_where_the_model_is_sure(labelled):
    out, made = labelled
    labels = {item.name: [(each.kind, each.is_sure) for each in item.labels()] for item in read_data_set(out).items}
    assert labels == {
        "monday/bright.png": [("E01", True)],
        "monday/unsure.png": [("E01", False)],
        "monday/small.png": [("E01", False)],
        "tuesday/quiet.png": [],
    }
    assert (made.images, made.with_defects, made.sure, made.unsure) == (4, 3, 1, 2)


def test_a_label_lies_where_the_object_is_and_says_how_sure_the_model_was(labelled):
    out, _ = labelled
    truth = json.loads((out / "truth.json").read_text())
    (sure,) = [each for each in truth["annotations"] if each["is_sure"]]
    left, top, width, height = sure["bbox"]
    assert abs(left - 240) <= 2
    assert abs(top - 200) <= 2
    assert abs(width - 40) <= 4
    assert abs(height - 40) <= 4
    assert sure["score"] > 0.9
    assert truth["info"]["model"] == "extremes 0.1"


def test_what_can_not_be_inspected_is_left_out_and_said(labelled):
    out, made = labelled
    assert made.uninspected == {"image.black": 1}
    assert not (out / "tuesday/unlit.png").exists()


def test_another_model_is_held_against_what_was_sure(labelled, tmp_path):
    out, _ = labelled
    identity, items = chosen_items(read_data_set(out), None)
    blind = Model.load(write_model(tmp_path / "blind-0.1", threshold=1.0))
    seen = judge_by_recipe(blind, items, identity, RECIPE, pitch_um=PITCH_UM)
    assert [(each.image, each.is_found) for each in seen.asked] == [("monday/bright.png", False)]
    same = judge_by_recipe(Model.load(write_model(tmp_path / "same-0.1")), items, identity, RECIPE)
    assert [each.is_found for each in same.asked] == [True]
    assert same.false_alarms == (), "nobody knows what the unsure places are"
    assert sum(each.is_good for each in same.images) == 1


def test_the_command_says_what_it_made_and_how_to_go_on(model, photographs, tmp_path):
    out = tmp_path / "week"
    command = ["label", photographs, "--model", model.folder, "--recipe", "anode", "--out", out]
    done = CliRunner().invoke(app, [str(each) for each in command])
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "4 images, 3 of them with defects; 2 objects it is sure of, 1 for a person to decide." in words
    assert "Left out: 1 images that can't be inspected (image.black)." in words
    again = CliRunner().invoke(app, [str(each) for each in command])
    assert "expected a new or empty folder" in str(again.exception)


def test_nothing_is_left_of_images_that_can_not_be_read(model, tmp_path):
    save(tmp_path / "in/a.png", web(DIM)[0])
    (tmp_path / "in/b.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"b\.png"):
        label_images(model, RECIPE, tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="expected a folder with images"):
        label_images(model, default_recipe("cathode", "bright-field"), tmp_path / "nowhere", tmp_path / "out")
