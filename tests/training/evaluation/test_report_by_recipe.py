"""The report by the station's own verdicts: what its pipeline and a recipe make of images, and of simulated web."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from camera.web.settings import Material
from inspection.model.shelf import Model, find_model
from inspection.recipe.recipe import default_recipe
from inspection.recipe.views import ModelChoice
from tests.support.extremes import save, write_model
from training.cli import app
from training.data import read_data_set
from training.errors import DataError
from training.evaluation.report.by_recipe import asking_for, judge_by_recipe
from training.evaluation.report.by_scores import chosen_items
from training.evaluation.report.evidence import MISSED
from training.evaluation.report.figures import figures_of, headline
from training.evaluation.report.page import as_page
from training.evaluation.simulated_evidence import simulated_evidence
from training.evaluation.simulated_web import evaluate
from training.evaluation.summary import summarise
from training.simulation.webs import SeedRange

MODELS = Path(__file__).parents[3] / "models"
RECIPE = default_recipe("anode", "bright-field")
SIDE = 512
BRIGHT, DIM = 200, 115
PITCH_UM = 50.0


def web(level, size_px=40, seed=1):
    """A bright (or dim) square on a grey web; its mask."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(90, 98, (SIDE, SIDE)).astype(np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    place = (slice(200, 200 + size_px), slice(240, 240 + size_px))
    pixels[place], mask[place] = level - rng.integers(0, 4, (size_px, size_px)), 255
    return pixels, mask


@pytest.fixture(scope="module")
def plates(tmp_path_factory):
    """Plates with E01, asked for from 0.5 mm: one found, one too dim for it, one small; two good, one without light."""
    root = tmp_path_factory.mktemp("data") / "plates"
    for name, level, size_px in (("found", BRIGHT, 40), ("dim", DIM, 40), ("small", BRIGHT, 4)):
        pixels, mask = web(level, size_px)
        save(root / f"test/E01/{name}.png", pixels)
        save(root / f"ground_truth/E01/{name}.png", mask)
    save(root / "test/good/quiet.png", web(94)[0])
    glint = web(BRIGHT, 30)[0]
    glint[10:14, 10:14] = BRIGHT  # beside it one that is within its limits, and blamed for nothing
    save(root / "test/good/glint.png", glint)
    save(root / "test/good/unlit.png", web(94)[0] // 10)
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Model.load(write_model(tmp_path_factory.mktemp("models") / "extremes-0.1"))


def judged(model, root, pitch_um=PITCH_UM):
    identity, items = chosen_items(read_data_set(root), None)
    return judge_by_recipe(model, items, identity, RECIPE, pitch_um=pitch_um)


def by_name(seen):
    return {each.image.removeprefix("test/E01/").removesuffix(".png"): each for each in seen.objects}


def test_what_has_to_be_rejected_is_asked_for_and_what_is_within_its_limits_is_not(model, plates):
    objects = by_name(judged(model, plates))
    assert {name: (each.is_asked, each.is_found) for name, each in objects.items()} == {
        "found": (True, True),
        "dim": (True, False),
        "small": (False, True),
    }
    assert objects["dim"].called == MISSED
    assert objects["dim"].picture is not None
    assert objects["found"].size == pytest.approx(2.0 * np.sqrt(2.0 * 2.0 / np.pi))


def test_only_what_is_asked_for_counts_as_missed(model, plates):
    figures = figures_of(judged(model, plates))
    (kind,) = figures.by_kind
    assert (kind.escapes.count, kind.escapes.total) == (1, 2)
    assert "3 objects" in kind.pod.reason, "all of them tell what is seen at which size"
    assert (figures.false_rejects.count, figures.false_rejects.total) == (1, 2)


def test_a_good_image_that_is_rejected_shows_what_was_taken_for_a_defect(model, plates):
    (alarm,) = judged(model, plates).false_alarms
    assert (alarm.image, alarm.called) == ("test/good/glint.png", "E01")
    assert alarm.size == pytest.approx(2.0 * np.sqrt(1.5 * 1.5 / np.pi), rel=0.1)
    assert alarm.picture.mask.any()


def test_each_image_says_what_was_measured_on_it_whatever_the_verdict(model, plates):
    measured = {Path(each.name).stem: each.measured for each in judged(model, plates).images}
    assert measured == {"found": ("E01",), "dim": (), "small": ("E01",), "quiet": (), "glint": ("E01",)}


def test_what_was_not_inspected_is_said_and_counts_nowhere(model, plates):
    seen = judged(model, plates)
    assert seen.uninspected == {"image.black": 1}
    assert len(seen.images) == 5
    figures = figures_of(seen)
    words = "1 of 6 images were not inspected (image.black 1)"
    assert words in headline(seen, figures)
    assert words in as_page(seen, figures)


def test_where_nothing_is_inspected_there_is_no_report(model, tmp_path):
    save(tmp_path / "test/good/unlit.png", web(94)[0] // 10)
    with pytest.raises(DataError, match=r"none of 1 images was inspected: image\.black \(1\)"):
        judged(model, tmp_path)


def test_a_recipe_that_pins_another_file_judges_this_model_all_the_same(model):
    pinned = RECIPE.model_copy(update={"model": ModelChoice(name="extremes", sha256="0" * 64, thresholds={"E01": 0.7})})
    assert asking_for(model.card, pinned).model == ModelChoice(name="extremes", thresholds={"E01": 0.7})
    assert asking_for(model.card, RECIPE).model == ModelChoice(name="extremes")


def test_limits_in_mm_need_the_pixel_pitch(model, plates):
    with pytest.raises(DataError, match="Give --pitch-um"):
        judged(model, plates, pitch_um=None)


def test_an_image_of_which_only_the_kind_is_known_is_one_object(model, tmp_path):
    for name, level in (("a", BRIGHT), ("b", DIM)):
        save(tmp_path / f"E01/{name}.png", web(level)[0])
    seen = judged(model, tmp_path)
    assert [(each.is_found, each.size) for each in seen.objects] == [(True, None), (False, None)]


def test_the_command_judges_by_a_recipe(model, plates, tmp_path):
    page = tmp_path / "out.html"
    command = ["evaluate", model.folder, plates, "--recipe", "anode", "--pitch-um", "50", "--report", page]
    done = CliRunner().invoke(app, [*map(str, command), "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["escapes"]["count"] == 1
    assert figures["operating_point"]["words"] == "as the station judges by recipe default-anode 1.0"
    assert figures["data"]["uninspected"] == {"image.black": 1}
    assert "image AUROC" not in page.read_text(), "there are no scores"


@pytest.fixture(scope="module")
def shipped():
    return find_model(MODELS, "separator")


@pytest.fixture(scope="module")
def results(shipped):
    return evaluate(
        MODELS, 20, materials=[Material.SEPARATOR], purpose=SeedRange.SELECTION, model_folder=shipped.folder
    )


def test_the_report_of_simulated_web_has_the_figures_of_its_summary(shipped, results):
    figures = figures_of(simulated_evidence(shipped, results, {}))
    summary = summarise(results)["separator"]
    assert figures.overall.escapes.total == summary["n"] > 0
    assert {each.kind: each.escapes.total for each in figures.by_kind} == {
        kind: row["n"] for kind, row in summary["by_kind"].items()
    }
    assert {each.kind: each.escapes.total - each.escapes.count for each in figures.by_kind} == {
        kind: row["found"] for kind, row in summary["by_kind"].items()
    }
    assert (figures.false_rejects.count, figures.false_rejects.total) == (
        summary["false_rejects"],
        summary["good_blocks"],
    )
    assert figures.overall.named_right.rate == pytest.approx(summary["kind_right"], abs=1e-4)
    assert summary["blocks"] == 20
    misses = figures.overall.escapes.count
    assert [words.split()[1][:9] for words in summary["missed"]] == ["separator"] * misses


def test_a_report_is_about_one_model():
    command = ["evaluate", "--simulated", "--blocks", "1", "--report", "x.html", "--models-dir", str(MODELS)]
    done = CliRunner().invoke(app, command)
    assert "these webs are judged by electrode, separator" in str(done.exception)


def test_two_models_are_compared_on_the_same_web(shipped, tmp_path):
    words = ["--simulated", "--material", "separator", "--blocks", "6", "--workers", "1", "--models-dir", MODELS]
    command = ["evaluate", *words, "--against", shipped.folder, "--report", tmp_path / "out.html"]
    done = CliRunner().invoke(app, [*map(str, command)])
    assert done.exit_code == 0, done.output
    against = json.loads((tmp_path / "out.json").read_text())["against"]
    assert against["standing"] == "undecided"
    assert against["objects"]["both_judged"] > 0
    assert against["objects"]["only_new_right"] == against["objects"]["only_other_right"] == 0
