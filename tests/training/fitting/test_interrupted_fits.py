"""A fit can be killed at any moment and gone on with; what comes out is what would have come out."""

import shutil
import subprocess
import sys
from itertools import islice

import cv2
import numpy as np
import pytest
import torch

from camera.web.settings import Material, PlantingRate
from tests.support.patience import PATIENCE_S
from training.errors import DataError, ExportError, TrainingError
from training.family import family_of
from training.fitting.checkpoint import load_checkpoint, save_checkpoint
from training.fitting.fit_settings import FitSettings, load_run_settings, read_fit_settings, to_toml
from training.fitting.fitting import fit, resume
from training.fitting.run_folder import RunState, load_run, read_curves, state_of
from training.lessons.lessons import WebLesson
from training.lessons.pool import TilePool
from training.lessons.stream import tiles_of
from training.simulation.synth import synthesise

pytestmark = pytest.mark.process

SEPARATOR = family_of("separator")
SETTINGS = FitSettings(
    material="separator", simulated=True, seed=2, steps=6, memory_mib=80.0, checkpoint_minutes=1e-6
)  # a checkpoint after each step


class Interrupted(Exception):
    """Instead of a kill, where the process has to live on."""


def interrupt_at(step):
    def report(standing):
        if standing.step == step:
            raise Interrupted

    return report


def weights(folder):
    return load_run(folder)[1].state_dict()


def assert_same_network(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    fit(SETTINGS, folder)
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    synthesise(folder, material=Material.SEPARATOR, severity=PlantingRate.DENSE, blocks=2, seed=3)
    return folder


@pytest.fixture(scope="module")
def on_images(images):
    return FitSettings(material="separator", data=(images,), steps=5, memory_mib=80.0, checkpoint_minutes=1e-6)


@pytest.fixture(scope="module")
def stopped_once(on_images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "stopped"
    with pytest.raises(Interrupted):
        fit(on_images, folder, report=interrupt_at(3))
    return folder


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """A fit on images, interrupted in its third step."""
    return shutil.copytree(stopped_once, tmp_path / "stopped")


def test_a_killed_fit_goes_on_to_the_very_network_that_it_would_have_become(whole, tmp_path):
    folder = tmp_path / "killed"
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from training.fitting.fit_settings import FitSettings\nfrom training.fitting.fitting import fit\n"
        "def report(standing):\n    if standing.step == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "fit(FitSettings.model_validate_json(sys.argv[1]), Path(sys.argv[2]), report=report)"
    )
    command = [sys.executable, "-c", code, SETTINGS.model_dump_json(), str(folder)]
    assert subprocess.run(command, check=False, timeout=PATIENCE_S).returncode == -9
    assert state_of(folder) is RunState.INTERRUPTED
    (folder / ".checkpoint.pt.part").write_bytes(b"a kill in the midst of saving")
    steps = []
    run = resume(folder, report=lambda standing: steps.append(standing.step))
    assert steps == [4, 5, 6]
    assert run.steps == 6
    assert_same_network(weights(folder), weights(whole))
    assert [(p.loss, p.learning_rate) for p in read_curves(folder)] == [
        (p.loss, p.learning_rate) for p in read_curves(whole)
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["curves.csv", "network.pt", "run.json", "run.toml"]


def test_the_settings_in_the_run_folder_repeat_the_run(whole, tmp_path):
    settings, folder = read_fit_settings(whole / "run.toml", {"out": tmp_path / "again"})
    assert settings == SETTINGS
    again = fit(settings, folder)
    assert_same_network(weights(folder), weights(whole))
    first = load_run(whole)[0]
    assert (again.data_sha256, again.last_loss, again.steps) == (first.data_sha256, first.last_loss, first.steps)


def test_a_folder_of_a_running_or_interrupted_fit_is_no_finished_run(on_images, tmp_path):
    folder = tmp_path / "run"
    settings = on_images.model_copy(update={"checkpoint_minutes": 10.0})

    def look(standing):
        assert state_of(folder) is RunState.RUNNING
        assert load_run_settings(folder) == settings
        with pytest.raises(ExportError, match=r"network\.pt and run\.json of a finished"):
            load_run(folder)
        with pytest.raises(DataError, match="Another fit is running"):
            resume(folder)
        if standing.step == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        fit(settings, folder, report=look)
    assert state_of(folder) is RunState.INTERRUPTED
    with pytest.raises(ExportError, match="--resume"):
        load_run(folder)
    with pytest.raises(DataError, match="Go on with `training fit --resume"):
        fit(settings, folder)
    assert not (folder / "checkpoint.pt").exists()
    standings = []
    resume(folder, report=standings.append)  # before the first checkpoint: from the beginning
    assert [each.step for each in standings] == [1, 2, 3, 4, 5]
    assert standings[-1].minutes_left == 0.0 < standings[0].minutes_left


def test_a_finished_run_is_neither_overwritten_nor_gone_on_with(whole):
    before = (whole / "network.pt").read_bytes()
    with pytest.raises(DataError, match="holds a finished run"):
        fit(SETTINGS, whole)
    with pytest.raises(DataError, match="nothing is left to do"):
        resume(whole)
    assert (whole / "network.pt").read_bytes() == before


def test_a_fit_on_images_goes_on_unless_they_have_changed(stopped, on_images, images, tmp_path):
    image = sorted(images.glob("*.png"))[0]
    content = image.read_bytes()
    pixels = cv2.imread(str(image), cv2.IMREAD_UNCHANGED)
    pixels[0, 0] ^= 1
    cv2.imwrite(str(image), pixels)
    with pytest.raises(DataError, match="not those that this run was begun with"):
        resume(stopped)
    image.write_bytes(content)
    resume(stopped)
    fit(on_images, tmp_path / "whole")
    assert_same_network(weights(stopped), weights(tmp_path / "whole"))


def test_a_fit_for_minutes_goes_on_for_what_was_left_of_them(stopped):
    settings = load_run_settings(stopped).model_copy(update={"steps": None, "minutes": 0.05})
    (stopped / "run.toml").write_text(to_toml(settings))
    standings = []
    resume(stopped, report=standings.append)
    assert standings[0].step == 3
    assert standings[0].steps is None
    assert standings[-1].fraction == 1.0
    assert read_curves(stopped)[-2].seconds < 0.05 * 60.0  # the last step began in time


def test_a_damaged_checkpoint_and_a_folder_without_a_run_are_told(stopped, tmp_path):
    (stopped / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(DataError, match="Delete it to begin that run anew"):
        resume(stopped)
    with pytest.raises(DataError, match=r"is no run folder: it holds no run\.toml"):
        resume(tmp_path)


@pytest.mark.parametrize("source", ["simulated", "images"])
def test_a_stream_of_tiles_taken_up_anywhere_gives_the_tiles_that_follow(source, images):
    folders = (images,) if source == "images" else ()
    lesson = WebLesson(SEPARATOR, folders)
    stream = tiles_of(lesson, 9)
    items = [next(stream)]
    while items[-1][1].taken >= len(items):  # until the second round begins
        items.append(next(stream))
    end = len(items) - 1
    items += islice(stream, 20)
    for taken in (1, end, end + 10):
        following = islice(tiles_of(lesson, 9, items[taken - 1][1]), 5)
        for (tile, place), (wanted, wanted_place) in zip(following, items[taken : taken + 5], strict=True):
            assert np.array_equal(tile.pixels, wanted.pixels)
            assert np.array_equal(tile.weight, wanted.weight)
            assert (place, tile.subject) == (wanted_place, wanted.subject)


def test_a_pool_kept_and_restored_draws_the_same_batches():
    tiles = [tile for tile, _ in islice(tiles_of(WebLesson(SEPARATOR), 1), 60)]
    pool = TilePool(SEPARATOR, np.random.default_rng(1), 60.0)
    pool.add(tiles)
    pool.add_hard(tiles[3])
    pool.draw(5)
    other = TilePool(SEPARATOR, np.random.default_rng(2), 60.0)
    other.restore(pool.state())
    for fresh in tiles[:20]:
        one, twin = pool.draw(8, [fresh]), other.draw(8, [fresh])
        assert torch.equal(one.pixels, twin.pixels)
        assert torch.equal(one.weight, twin.weight)
        assert torch.equal(one.wanted, twin.wanted)
        pool.add([fresh])
        other.add([fresh])


def test_a_fit_whose_loss_is_no_number_ends_with_words_and_makes_no_network(tmp_path):
    settings = SETTINGS.model_copy(update={"steps": 3})
    with pytest.raises(Interrupted):
        fit(settings, tmp_path / "run", report=interrupt_at(2))
    saved = load_checkpoint(tmp_path / "run")
    for weights_of in saved["learner"]["network"].values():
        if weights_of.is_floating_point():
            weights_of.fill_(float("nan"))
    save_checkpoint(tmp_path / "run", saved)
    with pytest.raises(TrainingError, match=r"Step 2: the loss is nan.*training data check"):
        resume(tmp_path / "run")
    assert state_of(tmp_path / "run") is RunState.INTERRUPTED
