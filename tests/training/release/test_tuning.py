"""A shipped model tuned to a plant's own images: it begins with the exported graph, and forgets nothing."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from camera.web import Material, PlantingRate, View
from inspection.errors import ModelError
from inspection.model.card import read_card
from inspection.model.onnx_detector import OnnxDetector
from inspection.model.shelf import Model
from inspection.recipe.recipe import default_recipe
from training.data.dataset import all_items, folder_rng, validation_items
from training.data.labels import Label, LabelledImage
from training.errors import DataError, ExportError
from training.family import family_of
from training.fitting.fit_settings import FitSettings
from training.fitting.fitting import fit, settled
from training.fitting.learner import WebLearner
from training.fitting.mode import TUNING_STEPS
from training.fitting.starting import load_start
from training.lessons.lessons import WebLesson
from training.release.contender import Contender, Unseen
from training.release.criteria import judge_on_own_images
from training.release.exporting import check_parity, export, parity_tiles
from training.release.thresholds import ScoreEvidence, choose, gather_from, own_method
from training.simulation.synth import synthesise

MODEL = Path(__file__).parents[3] / "models" / "separator-1.2.0"
SEPARATOR = family_of("separator")
KINDS = len(SEPARATOR.kinds)


@pytest.fixture(scope="module")
def plates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "plates"
    synthesise(
        folder,
        material=Material.SEPARATOR_TWO_SIDES,
        view=View.BRIGHT_FIELD,
        severity=PlantingRate.DENSE,
        blocks=2,
        rolls=4,
        seed=3,
    )
    return folder


@pytest.fixture(scope="module")
def tuned(plates, tmp_path_factory):
    settings = FitSettings(material="separator", data=(plates,), start=MODEL, steps=2)
    run = tmp_path_factory.mktemp("runs") / "plates"
    return run, fit(settings, run)


def test_the_weights_of_a_model_give_the_models_scores():
    start = load_start(MODEL, "web", KINDS)
    model = Model.load(MODEL)
    tiles = list(islice(parity_tiles(SEPARATOR), 2))
    assert start.is_model
    assert check_parity(start.network, model.card, model.onnx, tiles).max_abs_difference < 1e-3


def test_a_step_changes_weights_and_leaves_normalisations_alone():
    learner = WebLearner(FitSettings(material="separator", data=(Path("x"),), start=MODEL), SEPARATOR)
    before = {name: value.clone() for name, value in learner._network.state_dict().items()}
    tiles = list(islice(WebLesson(SEPARATOR).prepare()(np.random.default_rng(1), np.random.default_rng(1)), 4))
    learner.begin(iter(tiles * 20), 4)
    learner.step(tiles, 0.5, 1.0)
    changed = {name for name, value in learner._network.state_dict().items() if not torch.equal(value, before[name])}
    assert "head.weight" in changed
    assert "filters.0.weight" in changed
    assert not {name for name in changed if "running" in name}


@pytest.mark.parametrize(("network", "kinds"), [("fine", KINDS), ("web", KINDS + 1)])
def test_a_model_of_another_architecture_or_other_kinds_is_refused(network, kinds):
    with pytest.raises(
        DataError,
        match=rf"--start .*gives no weights for this fit, which has {kinds} kind",
    ):
        load_start(MODEL, network, kinds)


def test_a_model_whose_file_is_not_the_cards_is_refused(tmp_path):
    for name in ("card.json", "model.onnx"):
        (tmp_path / name).write_bytes((MODEL / name).read_bytes())
    (tmp_path / "model.onnx").write_bytes((tmp_path / "model.onnx").read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"SHA-256"):
        load_start(tmp_path, "web", KINDS)


def test_simulated_web_is_shown_between_the_plants_images_and_a_roll_is_held_out(plates):
    items = all_items([plates], SEPARATOR, holds_out=True)
    held_out = validation_items([plates], SEPARATOR)
    assert {item.group for item in items}.isdisjoint({item.group for item in held_out})
    assert len(items) + len(held_out) == 8
    own = WebLesson(SEPARATOR, (plates,)).prepare()
    mixed = WebLesson(SEPARATOR, (plates,), rehearses=True).prepare()
    chances = [(folder_rng(1), np.random.default_rng(1)) for _ in range(2)]
    alone, together = list(own(*chances[0])), list(mixed(*chances[1]))
    assert len(together) > len(items), "each image gives a tile, and is followed by simulated ones"
    levels = [float(np.median(tile.pixels)) for tile in together]
    own_level = min(float(np.median(tile.pixels)) for tile in alone)
    assert min(levels) < 0.9 * own_level, "ceramic on one side alone is darker, and simulated"


def test_without_steps_a_tuning_takes_the_usual_number_and_another_fit_asks(plates, tuned):
    run, _ = tuned
    assert settled(FitSettings(material="separator", data=(plates,), start=MODEL)).steps == TUNING_STEPS
    with pytest.raises(DataError, match=r"is a run, not an exported model: give --steps"):
        settled(FitSettings(material="separator", data=(plates,), start=run))


def test_the_run_says_where_it_began_and_the_card_what_it_was_tuned_to(tuned, plates, tmp_path):
    run, made = tuned
    assert (made.started_from, made.rehearsed) == ("separator-1.2.0", True)
    exported = export(run, tmp_path / "separator-1.3.0", selection_blocks=1)
    card = read_card(exported.folder / "card.json")
    shown, held_out = all_items([plates], SEPARATOR, holds_out=True), validation_items([plates], SEPARATOR)
    assert f"Tuned to {len(shown)} images of a plant's own web." in card.intended_use
    assert f"The same was done on {len(held_out)} images" in card.threshold_method
    assert card.grey_level_dn is not None
    assert card.grey_level_dn.max > read_card(MODEL / "card.json").grey_level_dn.max, "two ceramic sides are brighter"


def test_data_that_have_changed_since_are_refused(tuned, plates, tmp_path):
    run, _ = tuned
    image = next(iter(sorted(plates.glob("*.png"))))
    content = image.read_bytes()
    image.write_bytes(next(iter(sorted(plates.glob("*.png"), reverse=True))).read_bytes())
    try:
        with pytest.raises(ExportError, match=r"have changed since it was fitted"):
            export(run, tmp_path / "separator-1.3.0", selection_blocks=1)
    finally:
        image.write_bytes(content)


def test_false_alarms_on_the_plants_own_good_images_raise_a_threshold():
    simulated = ScoreEvidence({"S04": [0.1] * 100}, {"S04": {"a": 0.9, "b": 0.8}})
    assert choose(simulated)["S04"] == choose(simulated, ScoreEvidence({"S04": [0.05] * 10}, {}))["S04"]
    noisy = ScoreEvidence({"S04": [0.05] * 9 + [0.7]}, {"S04": {"own": 0.9}})
    assert choose(simulated)["S04"] < 0.7 < choose(simulated, noisy)["S04"]
    assert "on 10 images with 1 objects" in own_method(10, noisy)


def test_on_labelled_images_a_hole_is_evidence_and_a_good_one_of_false_alarms():
    model = Model.load(MODEL)
    web = np.random.default_rng(1).normal(185, 2, (256, 512))
    holed = web.copy()
    holed[100:110, 200:210] = 70.0
    mask = np.ones((10, 10), bool)
    images = [web.astype(np.uint8), holed.astype(np.uint8), holed.astype(np.uint8)]
    scores = OnnxDetector(model.card, model.onnx).scores(images[1])
    kind = max(("S01", "S08", "S04"), key=lambda each: scores[SEPARATOR.kinds.index(each)].max())
    labels = [(), (Label(kind, 100, 200, mask, np.inf, -60.0),), ()]
    items = [(LabelledImage(image, label), 50.0) for image, label in zip(images, labels, strict=True)]
    evidence = gather_from(model.card, model.onnx, items, default_recipe("separator", "bright-field"))
    assert evidence.object_peaks[kind]["1/0"] > 0.5
    good, marked, unmarked = evidence.false_peaks[kind]
    assert max(good, marked) < 0.3 < unmarked


def test_a_tuned_model_is_held_against_the_one_in_service_on_the_plants_images_by_the_stations_verdicts(tuned, plates):
    run, _ = tuned
    model = Model.load(MODEL)
    contender = Contender(model, run, Unseen("held out", validation_items([plates], SEPARATOR)))
    recall, safety, false_rejects = judge_on_own_images(contender, model)
    assert [each.name.split(": ")[0] for each in (recall, safety, false_rejects)] == ["own images"] * 3
    assert safety.is_met, "as many as itself"
    assert not false_rejects.is_met
    assert "too few to compare by, 30 are expected" in false_rejects.sentence
    assert judge_on_own_images(replace(contender, unseen=Unseen("", ())), model) == []
