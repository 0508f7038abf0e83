"""A model comes into models/ when parity, speed and accuracy hold, or somebody overrides it in writing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from camera.web.settings import Material
from inspection.errors import ModelError
from inspection.model.activation import activate, roll_back
from inspection.model.history import read_history
from inspection.model.shelf import Model, find_model, list_models
from training.cli import app
from training.errors import DataError
from training.evaluation.report.by_recipe import Judged
from training.evaluation.report.evidence import MISSED, SeenImage, SeenObject
from training.evaluation.simulated_web import evaluate
from training.family import family_of
from training.fitting.run_folder import Run
from training.networks.web_network import WebNetwork
from training.release.contender import current_model, find_contender
from training.release.criteria import Criterion, judge_accuracy, judge_parity, judge_samples, judge_speed, no_worse
from training.release.exporting import export
from training.release.promotion import promote, verdict
from training.simulation.webs import SeedRange

SHIPPED = next((Path(__file__).parents[3] / "models").glob("separator-[0-9]*"))
SEPARATOR = family_of("separator")
HOLDS = [Criterion("parity", True, "fine"), Criterion("speed", True, "fast")]
SLOW = [Criterion("parity", True, "fine"), Criterion("speed", False, "20 Mpx/s")]


def copy_model(folder, version):
    """The shipped separator model under another version."""
    target = folder / f"separator-{version}"
    shutil.copytree(SHIPPED, target)
    card = json.loads((target / "card.json").read_text())
    (target / "card.json").write_text(json.dumps(card | {"version": version}))
    return target


def write_run(folder, seed):
    """A run whose network has learnt nothing."""
    torch.manual_seed(seed)
    folder.mkdir()
    torch.save(WebNetwork(len(SEPARATOR.kinds)).state_dict(), folder / "network.pt")
    run = Run(
        family="separator",
        kinds=SEPARATOR.kinds,
        seed=seed,
        steps=1,
        minutes=0.1,
        data=(),
        data_sha256="0" * 64,
        started_from=None,
        last_loss=9.0,
        versions={},
    )
    (folder / "run.json").write_text(run.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def ignorant(tmp_path_factory):
    """A run and, in its folder, the model separator-7.0 of it."""
    run = write_run(tmp_path_factory.mktemp("runs") / "ignorant", seed=1)
    export(run, run / "separator-7.0", selection_blocks=1)
    return run


@pytest.fixture
def models_dir(tmp_path):
    """Holds separator 1.0."""
    folder = tmp_path / "models"
    folder.mkdir()
    copy_model(folder, "1.0")
    return folder


@pytest.fixture
def contender(tmp_path):
    """separator 2.0, not yet in models/."""
    return Model.load(copy_model(tmp_path, "2.0"))


def let_in(contender, models_dir, criteria=HOLDS, override=None):
    current = current_model(models_dir, "separator")
    return promote(contender, current, models_dir, criteria, who="Anna", override=override)


def test_a_promoted_model_is_in_service_and_card_and_history_tell_why(contender, models_dir):
    change = let_in(contender, models_dir)
    assert (change.action, change.before, change.after, change.why) == ("promote", "1.0", "2.0", "all criteria met")
    model = find_model(models_dir, "separator")
    assert model.card.version == "2.0"
    finding = model.card.metrics["promotion"]
    assert (finding["who"], finding["compared_with"], finding["override"]) == ("Anna", "1.0", None)
    assert finding["criteria"][1] == {"name": "speed", "is_met": True, "sentence": "fast"}
    assert read_history(models_dir) == [change]


def test_a_model_takes_its_report_along(contender, models_dir):
    (contender.folder / "report.html").write_text("what it misses")
    let_in(contender, models_dir)
    assert (models_dir / "separator-2.0" / "report.html").read_text() == "what it misses"


def test_a_promotion_can_be_rolled_back(contender, models_dir):
    let_in(contender, models_dir)
    assert roll_back(models_dir, "separator", who="Bert", why="").after == "1.0"
    assert find_model(models_dir, "separator").card.version == "1.0"


def test_where_somebody_chose_a_version_a_promoted_one_waits(contender, models_dir):
    activate(models_dir, "separator-1.0", who="Bert", why="")
    change = let_in(contender, models_dir)
    assert (change.version, change.before, change.after) == ("2.0", "1.0", "1.0")
    assert find_model(models_dir, "separator").card.version == "1.0"
    with pytest.raises(ModelError, match="nothing to roll"):
        roll_back(models_dir, "separator", who="Bert", why="")


def test_what_does_not_hold_keeps_a_model_out(contender, models_dir):
    before = sorted(models_dir.rglob("*"))
    with pytest.raises(DataError, match=r"separator 2\.0 may not replace 1\.0: speed"):
        let_in(contender, models_dir, SLOW)
    assert sorted(models_dir.rglob("*")) == before


def test_an_override_is_kept_in_card_and_history(contender, models_dir):
    change = let_in(contender, models_dir, SLOW, override="the new line runs at half the speed")
    assert change.why == "override: the new line runs at half the speed"
    finding = find_model(models_dir, "separator").card.metrics["promotion"]
    assert finding["override"] == "the new line runs at half the speed"
    assert [criterion["is_met"] for criterion in finding["criteria"]] == [True, False]


def test_a_version_is_never_replaced(models_dir, tmp_path):
    again = Model.load(copy_model(tmp_path, "1.0"))
    with pytest.raises(DataError, match="a version never changes"):
        let_in(again, models_dir)


def test_a_folder_that_is_not_named_as_its_card_says_is_refused(contender, models_dir, tmp_path):
    shutil.copytree(contender.folder, tmp_path / "separator-3.0")
    with pytest.raises(ModelError, match=r"says separator 2\.0 in its card"):
        let_in(Model.load(tmp_path / "separator-3.0"), models_dir)


def test_a_promotion_that_fails_halfway_leaves_nothing(contender, models_dir):
    broken = Model(contender.card, contender.onnx[:-1], contender.folder)
    with pytest.raises(ModelError, match="altered or damaged"):
        let_in(broken, models_dir)
    assert [path.name for path in models_dir.iterdir()] == ["separator-1.0"]


def trials(found, planted, safety_found, safety_planted, false_rejects, good_blocks):
    """Objects on web, safety kinds among them, and good blocks."""
    counts = (("S04", found - safety_found, planted - safety_planted), ("S01", safety_found, safety_planted))
    return Judged(
        [SeenImage(f"{n}", True, (), n < false_rejects, "S04", None) for n in range(good_blocks)],
        [
            SeenObject(f"{n}", kind, "", 1.0, n < hits, kind if n < hits else MISSED, None)
            for kind, hits, total in counts
            for n in range(total)
        ],
    )


CURRENT = trials(198, 200, 40, 40, 2, 1000)


@pytest.mark.parametrize(
    ("new", "missed"),
    [
        (CURRENT, []),
        (trials(200, 200, 40, 40, 0, 1000), []),
        (trials(196, 200, 40, 40, 5, 1000), []),
        (trials(195, 200, 40, 40, 2, 1000), ["separator: recall"]),
        (trials(198, 200, 39, 40, 2, 1000), ["separator: recall of safety kinds"]),
        (trials(198, 200, 40, 40, 6, 1000), ["separator: false rejects"]),
        (trials(29, 29, 5, 5, 0, 29), ["separator: recall", "separator: false rejects"]),
    ],
    ids=["equal", "better", "within the margins", "finds less", "misses metal", "cries wolf", "too few"],
)
def test_no_worse_means_within_margins_and_no_safety_object_fewer(new, missed):
    criteria = no_worse("separator", new, CURRENT)
    assert [criterion.name for criterion in criteria if not criterion.is_met] == missed


def test_comparisons_come_with_intervals():
    recall, *_ = no_worse("separator", CURRENT, CURRENT)
    assert recall.sentence.startswith(
        "198 of 200 (99 %; 95 % confidence: 96 % to 99.88 %); the current model 198 of 200"
    )


def test_the_verdict_is_one_plain_sentence(contender, models_dir):
    current = current_model(models_dir, "separator")
    assert verdict(contender.card, current, HOLDS) == "separator 2.0 may replace 1.0: parity, speed hold."
    assert verdict(contender.card, current, SLOW) == "separator 2.0 may not replace 1.0: speed."
    assert "come into service, the first of its name" in verdict(contender.card, None, HOLDS)


def test_parity_is_computed_again_from_the_run(ignorant, tmp_path):
    contender = find_contender(ignorant)
    assert contender == find_contender(ignorant / "separator-7.0")
    assert judge_parity(contender).is_met
    other = write_run(tmp_path / "other", seed=2)
    criterion = judge_parity(find_contender(ignorant / "separator-7.0", other))
    assert not criterion.is_met
    assert "differ by" in criterion.sentence


def test_a_model_without_its_run_and_a_folder_without_a_model_are_told(models_dir, tmp_path):
    with pytest.raises(DataError, match="Name that run: --run DIR"):
        find_contender(models_dir / "separator-1.0")
    with pytest.raises(DataError, match="Export one from a finished run"):
        find_contender(write_run(tmp_path / "bare", seed=3))


def test_a_model_is_as_fast_as_itself(ignorant):
    contender = find_contender(ignorant)
    criterion = judge_speed(contender, contender.model)
    assert criterion.is_met, criterion.sentence
    assert "% of the current model's" in criterion.sentence


def test_both_models_see_the_kinds_that_the_current_one_names(ignorant, models_dir):
    current = current_model(models_dir, "separator")
    results = []
    judge_accuracy(find_contender(ignorant), current, 6, report=results.append)
    of_new, of_current = results
    on_new, on_current = ({each.key: each.kind for each in of.judged.asked} for of in (of_new, of_current))
    assert on_new == on_current
    assert on_new
    assert set(on_new.values()) <= set(current.card.kinds)


def test_no_sample_image_that_the_current_model_judges_rightly_may_be_lost(ignorant, models_dir, tmp_path):
    current = current_model(models_dir, "separator")
    contender = find_contender(ignorant)
    samples = Path(__file__).parents[3] / "sample_images"
    (lost,) = judge_samples(contender, current, samples)
    assert not lost.is_met
    assert "Lost: separator-" in lost.sentence
    assert "anode" not in lost.sentence, "of the contender's own looks alone"
    (same,) = judge_samples(replace(contender, model=current), current, samples)
    assert same.is_met, same.sentence
    with pytest.raises(DataError, match="--samples DIR"):
        judge_samples(contender, current, tmp_path)
    rows = "image,material,view,verdict\na.png,anode,bright-field,accept\n"
    for text, words in (
        ("image,verdict\na.png,accept\n", "material, view and verdict"),
        (rows + "a.png,anode,bright-field,reject\n", r"names a\.png 2 times"),
        (rows.replace("accept", "acept"), r"a\.png: verdict: expected accept, reject, uninspected; got 'acept'"),
        (rows[:28], "expected rows below its first line"),
    ):
        (tmp_path / "truth.csv").write_text(text)
        with pytest.raises(DataError, match=words):
            judge_samples(contender, current, tmp_path)


def test_the_kinds_that_lie_on_the_webs_can_be_chosen(models_dir):
    (result,) = evaluate(
        models_dir, 3, materials=[Material.SEPARATOR], purpose=SeedRange.SELECTION, kinds=("S04",), model_folder=SHIPPED
    )
    assert {each.kind for each in result.judged.asked} <= {"S04"}


def test_a_network_that_learnt_nothing_needs_an_override(ignorant, models_dir):
    command = ["promote", str(ignorant), "--models", str(models_dir), "--blocks", "1", "--workers", "1"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1, done.output
    assert "separator 7.0 may not replace 1.0: " in done.stdout
    assert "separator: recall" in done.stdout
    assert [folder.name for folder in list_models(models_dir)] == ["separator-1.0"]
    done = CliRunner().invoke(app, [*command, "--override", "to see the station with it", "--who", "Anna"])
    assert done.exit_code == 0, done.output
    assert "in service from the station's next start" in done.stdout
    assert find_model(models_dir, "separator").card.version == "7.0"
    done = CliRunner().invoke(app, [*command, "--override", " "])
    assert "Say why" in str(done.exception)
