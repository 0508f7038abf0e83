"""A model that has never seen a part of its family's web, and one with the larger network."""

from dataclasses import replace
from itertools import islice

import pytest
from typer.testing import CliRunner

from camera.web.settings import Material, View
from inspection.model.onnx_detector import OnnxDetector
from inspection.model.shelf import Model, list_models
from inspection.recipe.recipe import default_recipe
from training.cli import app
from training.errors import DataError, ExportError
from training.evaluation.simulated_web import evaluate, learnt, looks_of
from training.family import family_of
from training.fitting.fit_settings import FitSettings, read_fit_settings
from training.fitting.fitting import fit, simulated_digest
from training.fitting.run_folder import load_run, read_run
from training.networks.web_network import AuditorNetwork
from training.release.exporting import check_parity, export, parity_tiles
from training.simulation.webs import training_images

SEPARATOR = family_of("separator")
BRIGHT = SEPARATOR.without(["back-light"])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """An auditor that has seen bright-field alone."""
    folder = tmp_path_factory.mktemp("runs") / "auditor"
    fit(
        FitSettings(material="separator", simulated=True, without=("back-light",), auditor=True, steps=2, seed=2),
        folder,
    )
    return folder


@pytest.fixture(scope="module")
def exported(run):
    return export(run, run / "separator-auditor-0.1", selection_blocks=1)


def test_what_is_held_out_is_not_shown():
    # Back-light shines through; in bright-field no web of a separator is as dark.
    seen = [image.pixels.mean() for image in islice(training_images(BRIGHT, 3), 6)]
    back = replace(SEPARATOR, looks=((Material.SEPARATOR, View.BACK_LIGHT),))
    assert min(seen) > max(image.pixels.mean() for image in islice(training_images(back, 3), 6))
    assert simulated_digest(BRIGHT, 1) != simulated_digest(SEPARATOR, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"without": ["cathode"]}, "separator is fitted to separator, bright-field, back-light"),
        ({"without": ["separator"]}, "nothing of separator is left"),
        ({"without": ["back-light"], "simulated": None, "data": ["x"]}, "--without with --simulated"),
        ({"auditor": True, "material": None}, "--material"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words, tmp_path):
    given = {"material": "separator", "simulated": True, "steps": 1, "out": tmp_path} | options
    with pytest.raises(DataError, match=words):
        read_fit_settings(None, {name: value for name, value in given.items() if value is not None})


def test_run_and_card_say_what_the_model_knows(run, exported):
    assert read_run(run).fitted_family == BRIGHT
    assert (exported.card.materials, exported.card.views) == (("separator",), ("bright-field",))
    assert looks_of(exported.card) == {Material.SEPARATOR: (View.BRIGHT_FIELD,)}


def test_an_auditor_is_called_so_and_no_shipped_recipe_gets_it(run, exported):
    assert exported.card.name == "separator-auditor"
    assert list_models(run) == [exported.folder]
    assert default_recipe("separator", "bright-field").model.name == "separator"
    with pytest.raises(ExportError, match="a model of it is called separator-auditor-VERSION"):
        export(run, run / "separator-0.1", selection_blocks=1)


def test_an_auditors_graph_gives_its_networks_scores(run, exported):
    network = load_run(run)[1]
    assert isinstance(network, AuditorNetwork)
    model = Model.load(exported.folder)
    parity = check_parity(network, model.card, model.onnx, list(islice(parity_tiles(BRIGHT), 2)))
    assert parity.max_abs_difference < 1e-3
    OnnxDetector(model.card, model.onnx)


def test_it_is_judged_in_the_light_that_it_knows_and_another_one_is_said_to_be_new(exported):
    (result,) = evaluate(exported.folder.parent, 1, materials=[Material.SEPARATOR], model_folder=exported.folder)
    assert result.view == "bright-field"
    command = ["evaluate", exported.folder, "--simulated", "--view", "back-light", "--blocks", "1", "--workers", "1"]
    done = CliRunner().invoke(app, [str(each) for each in command])
    assert done.exit_code == 0, done.output
    assert "No model has learnt separator in back-light" in " ".join(done.stderr.split())


def test_of_a_family_the_nearest_material_that_it_knows_stands_in():
    known = {Material.CATHODE: (View.BRIGHT_FIELD,)}
    assert learnt(Material.ANODE_UNCALENDERED, known) is Material.CATHODE
    assert learnt(Material.SEPARATOR, known) is Material.SEPARATOR, "nothing is near"
