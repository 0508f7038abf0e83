"""Models for kinds that the catalogue does not have: from folders of masks to a model that is held to its data."""

import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from inspection.model.shelf import Model
from training.cli import app
from training.data import read_data_set
from training.data.dataset import all_items, validation_items
from training.errors import DataError, ExportError
from training.family import OWN, own_family
from training.release.contender import Unseen, find_contender
from training.release.criteria import judge_on_own_images
from training.release.exporting import Intent
from training.release.own_kinds import export_own, intent_of

KINDS = ("dent", "scrape")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """16 images, two kinds: dark squares and bright bars on noise."""
    root = tmp_path_factory.mktemp("data") / "plates"
    rng = np.random.default_rng(4)
    for split, count in (("train", 12), ("test", 4)):
        for number in range(count):
            kind = KINDS[number % 2]
            pixels = rng.integers(90, 111, (96, 128)).astype(np.uint8)
            mask = np.zeros_like(pixels)
            top, left = (int(rng.integers(8, 60)) for _ in range(2))
            high, wide = (12, 12) if kind == "dent" else (4, 50)
            box = (slice(top, top + high), slice(left, left + wide))
            pixels[box] = 30 if kind == "dent" else 220
            mask[box] = 255
            for path, image in ((f"{split}/{kind}", pixels), (f"ground_truth/{split}/{kind}", mask)):
                (root / path).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(root / path / f"{number}.png"), image)
    return root


def training(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "plates"
    result = training("fit", "--data", data, "--steps", "40", "--seed", "3", "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


def test_training_and_validation_share_no_image(data):
    family = own_family(KINDS)
    parts = [{item.name for item in items} for items in (all_items([data], family), validation_items([data], family))]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {item.name for item in read_data_set(data).items if item.split == "train"}
    assert {item.kinds[0] for item in validation_items([data], family)} == set(KINDS)


def test_a_run_on_own_data_is_a_model_of_its_kinds(run, data):
    model = Model.load(run)
    assert (model.card.name, model.card.kinds) == (OWN, KINDS)
    assert model.card.parity.max_abs_difference < 1e-3
    result = training("evaluate", run, data, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["by_kind"]["dent"]["escapes"]["total"] == 2
    assert figures["mean_iou"] > 0.2, "40 steps find dark squares and bright bars"


def test_for_the_station_it_is_exported_with_what_it_is_for(run, tmp_path):
    result = training(
        "export",
        run,
        "--out",
        tmp_path / "plates-1.0",
        "--web",
        "steel",
        "--view",
        "bright-field",
        "--pitch-um",
        40,
        60,
    )
    assert result.exit_code == 0, result.output
    card = Model.load(tmp_path / "plates-1.0").card
    assert (card.materials, card.views, card.pixel_pitch_um.max) == (("steel",), ("bright-field",), 60.0)
    without = training("export", run, "--out", tmp_path / "plates-1.1")
    assert isinstance(without.exception, DataError)
    assert "--web, --view and --pitch-um" in str(without.exception)
    assert not (tmp_path / "plates-1.1").exists()


def test_data_that_changed_since_the_fit_are_refused(run, data, tmp_path):
    first = sorted((data / "test/dent").iterdir())[0]
    content = first.read_bytes()
    first.write_bytes(cv2.imencode(".png", np.full((96, 128), 100, np.uint8))[1].tobytes())
    try:
        with pytest.raises(ExportError, match="have changed since it was fitted"):
            export_own(run, tmp_path / "plates-1.0", "plates", "1.0")
    finally:
        first.write_bytes(content)
    assert not (tmp_path / "plates-1.0").exists()


def test_what_a_model_is_for_must_be_said_whole():
    assert intent_of(["steel"], ["back-light"], (10.0, 20.0)) == Intent(("steel",), ("back-light",), (10.0, 20.0))
    with pytest.raises(DataError, match="smallest and the largest"):
        intent_of(["steel"], ["back-light"], (20.0, 10.0))


@pytest.fixture(scope="module")
def exported(run):
    where = ("--web", "steel", "--view", "bright-field", "--pitch-um", 40, 60)
    for version in ("1.0", "1.1"):
        assert training("export", run, "--out", run / f"plates-{version}", *where).exit_code == 0
    return run


def test_a_first_model_of_own_kinds_is_promoted_by_parity_and_speed(exported, tmp_path):
    (tmp_path / "models").mkdir()
    done = training("promote", exported / "plates-1.0", "--models", tmp_path / "models", "--who", "Anna")
    table = " ".join(done.stdout.split())
    assert done.exit_code == (0 if "speed │ yes" in table else 1), done.output
    assert "parity │ yes" in table
    assert "at least 25" in table


def test_a_later_one_is_held_against_the_one_in_service_on_images_that_it_never_saw(exported, data, tmp_path):
    contender = find_contender(exported)
    assert contender.model.card.version == "1.1", "the newest"
    assert contender.unseen.words == "images for testing"
    assert {item.split for item in contender.unseen.items} == {"test"}
    recall, safety, false_rejects = judge_on_own_images(contender, Model.load(exported / "plates-1.0"))
    assert (recall.is_met, false_rejects.is_met) == (False, False)
    assert recall.sentence.startswith("4 cases are too few")
    assert safety.is_met, "none of the kinds is one"


def test_with_enough_images_recall_and_false_rejects_decide(exported, tmp_path):
    contender = find_contender(exported)
    good = [replace(item, is_good=True, kinds=(), marks=None) for item in contender.unseen.items]
    items = [replace(each, name=str(number)) for number, each in enumerate([*contender.unseen.items, *good] * 8)]
    many = replace(contender, unseen=Unseen("many", tuple(items)))
    blind = json.loads((exported / "plates-1.0/card.json").read_text())
    shutil.copytree(exported / "plates-1.0", tmp_path / "plates-0.9")
    (tmp_path / "plates-0.9/card.json").write_text(json.dumps(blind | {"thresholds": dict.fromkeys(KINDS, 1.0)}))
    sees_nothing = Model.load(tmp_path / "plates-0.9")
    same = judge_on_own_images(many, Model.load(exported / "plates-1.0"))
    assert all(criterion.is_met for criterion in same)
    recall, _, false_rejects = judge_on_own_images(many, sees_nothing)
    assert recall.is_met
    assert not false_rejects.is_met, "it calls defects on images that are said to be good"
    recall, _, false_rejects = judge_on_own_images(replace(many, model=sees_nothing), many.model)
    assert (recall.is_met, false_rejects.is_met) == (False, True)


def test_a_run_that_was_not_exported_says_how(run, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(run, bare, ignore=shutil.ignore_patterns("plates-*"))
    with pytest.raises(DataError, match="--web, --view, --pitch-um"):
        find_contender(bare)
