import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from camera.web.settings import Material, View
from camera.web.truth import PlantedObject
from inspection.model.card import read_card
from inspection.model.shelf import Model, list_models
from inspection.quality.intervals import clopper_pearson
from inspection.quality.score_sheet import ScoreSheet
from inspection.recipe.recipe import default_recipe
from inspection.values import Box, Defect, Severity, Verdict
from training.cli import app
from training.errors import DataError
from training.evaluation.report.by_recipe import Judged
from training.evaluation.report.evidence import MISSED, SeenImage, SeenObject
from training.evaluation.simulated_web import VIEWS, Deviation, WebResult, evaluate, measure_deviations
from training.evaluation.summary import summarise, tables
from training.family import FAMILIES
from training.simulation.webs import SeedRange

MODELS = Path(__file__).parents[3] / "models"


def seen(kind, called=MISSED, **said):
    """An object that had to be found, found unless it was MISSED."""
    key = said.pop("key", kind)
    return SeenObject(key, kind, "block", 1.0, called != MISSED, called, None, **said)


def result(*objects, material="anode", view="bright-field", good=0, rejected=0, deviations=()):
    """Ten blocks of web with these objects; `good` of them show no defect, of which `rejected` were rejected."""
    images = [SeenImage(f"good {n}", True, (), n < rejected, "E01", None) for n in range(good)]
    images += [SeenImage(f"bad {n}", False, ("E01",), True, "E01", None) for n in range(10 - good)]
    return WebResult(material, view, "a recipe", Judged(images, list(objects)), deviations)


def test_recall_counts_objects_over_all_webs_and_safety_kinds_apart():
    summary = summarise(
        [
            result(*[seen("E01", "E01")] * 3, *[seen("E13", "E13")] * 3, seen("E13"), good=5, rejected=1),
            result(seen("E13", "E01"), good=5),
        ]
    )["anode"]
    assert summary["recall"] == pytest.approx(7 / 8)
    assert summary["recall_s1"] == pytest.approx(4 / 5)
    assert summary["false_reject_rate"] == pytest.approx(0.1)
    assert summary["by_kind"]["E01"]["n"] == 3
    assert summary["by_kind"]["E13"]["recall"] == pytest.approx(0.8)
    assert summary["blocks"] == 20


def faint(found, missed):
    return [seen("E01", is_asked=False, barely_found=n < found) for n in range(found + missed)]


def test_barely_visible_objects_and_right_names_are_counted_apart():
    parts = [
        result(*(seen("E01", called) for called in ("E01", "E01", "E13", MISSED)), *faint(1, 3)),
        result(*faint(3, 1)),
    ]
    summary = summarise(parts)["anode"]
    assert summary["kind_right"] == pytest.approx(2 / 3, abs=1e-4)
    assert summary["kind_right_up_to_alike"] == summary["kind_right"], "E01 and E13 are told apart"
    assert (summary["snr_5_to_8"]["n"], summary["snr_5_to_8"]["recall"]) == (8, 0.5)
    assert summary["recall"] == 0.75


def test_names_that_one_view_mixes_up_by_their_nature_are_counted_too():
    summary = summarise([result(*(seen("E14", called) for called in ("E14", "E26", "E26", "E03")))])["anode"]
    assert (summary["kind_right"], summary["kind_right_up_to_alike"]) == (0.25, 0.75)


def test_an_object_that_is_barely_visible_is_counted_apart_and_not_asked_for():
    objects = [planted(snr=snr, key=f"SNR {snr:g}", top=top) for snr, top in ((4.0, 100), (6.0, 300), (9.0, 500))]
    small = replace(planted(snr=6.0, key="within its limits", top=700), length_mm=0.1, width_mm=0.1, area_mm2=0.01)
    for verdict, is_rejected in ((Verdict.ACCEPT, False), (Verdict.REJECT, True)):
        sheet, judged = ScoreSheet(default_recipe("anode", "bright-field"), 50.0), Judged()
        sheet.add(0, 1024, [*objects, small], verdict, [replace(defect(), box=Box(100, 0, 120, 1024))])
        judged.note_objects("web", sheet, lambda missed: None, lambda missed: f"{missed.kind} missed")
        assert {each.key: (each.is_asked, each.barely_found) for each in judged.objects} == {
            "web/SNR 4": (False, None),
            "web/SNR 6": (False, is_rejected),
            "web/SNR 9": (True, None),
            "web/within its limits": (False, None),
        }
        assert [each.words for each in judged.asked] == ["" if is_rejected else "E01 missed"]


def test_what_was_taken_for_a_defect_on_good_web_is_counted_by_kind():
    good = [SeenImage("a", True, (), True, "E01", None, ("E01", "E05")), SeenImage("b", True, (), False, "", None)]
    bad = [SeenImage("c", False, (), True, "E05", None, ("E05",)), SeenImage("d", False, ("E05",), True, "E05", None)]
    summary = summarise([WebResult("anode", "bright-field", "a recipe", Judged([*good, *bad]))])["anode"]
    assert summary["false_kinds"] == {"E01": 1, "E05": 1}
    assert (summary["false_rejects"], summary["good_blocks"]) == (1, 2)
    assert (summary["sub_limit_rejects"], summary["sub_limit_blocks"]) == (1, 1)


def test_misses_are_told_web_by_web_in_the_order_of_their_keys():
    webs = [
        [seen("E01", key=key, words=key) for key in keys] + [seen("E01", "E01", key="0")] for keys in (("b", "a"), "c")
    ]
    assert summarise([result(*objects) for objects in webs])["anode"]["missed"] == ["a", "b", "c"]


def test_a_rate_without_a_case_is_null():
    summary = summarise([result()])["anode"]
    assert (summary["recall"], summary["recall_s1"], summary["false_reject_rate"]) == (None, None, None)


def test_views_are_told_apart_where_there_are_two():
    summary = summarise(
        [
            result(seen("S01"), material="separator", view="bright-field"),
            result(seen("S01", "S01"), material="separator", view="back-light"),
        ]
    )["separator"]
    assert {view: figures["recall"] for view, figures in summary["by_view"].items()} == {
        "back-light": 1.0,
        "bright-field": 0.0,
    }


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 10, 0.0, 0.3085), (9, 10, 0.555, 0.9975), (299, 299, 0.9877, 1.0)]
)
def test_intervals_are_those_of_the_tables(hits, total, low, high):
    assert clopper_pearson(hits, total) == pytest.approx((low, high), abs=1e-3)


def test_there_is_a_table_for_people():
    deviation = Deviation("E01", 1.0, 1.0, 0.05, -0.02, 0.01)
    (table,) = tables(summarise([result(seen("E01", "E01"), seen("E01"), deviations=(deviation,))]))
    assert list(table.columns[0].cells) == ["E01", "all", "S1", "SNR 5 to 8", "named right", "or as its like"]
    assert next(iter(table.columns[2].cells)) == "50.00 %"
    assert next(iter(table.columns[4].cells)) == "0.050 mm"


def planted(kind="E01", top=100, left=100, snr=50.0, key="a", size=20):
    return PlantedObject(
        kind, key, (top + size / 2) * 0.05, (left + size / 2) * 0.05, 1.0, 1.0, 0.785, 80.0, snr, top, left,
        np.ones((size, size), bool),
    )  # fmt: skip


def defect(kind="E01", md_mm=5.53, cd_mm=5.5, length_mm=1.1):
    return Defect(
        kind, 0.9, Severity.S2, Box(100, 100, 120, 120), np.ones((20, 20), bool), length_mm, 0.9, 0.8, 75.0, 40.0,
        md_mm, cd_mm, 1,
    )  # fmt: skip


def test_what_was_found_is_counted_under_the_name_of_the_nearest_defect():
    sheet = ScoreSheet(default_recipe("anode", "bright-field"), 50.0)
    objects = [planted("E01", key="a"), planted("E01", top=400, left=400, key="b"), planted("E01", top=800, key="c")]
    far = replace(defect("E08", md_mm=5.9), box=Box(105, 105, 125, 125))
    other = replace(defect("E13", md_mm=20.5, cd_mm=20.5), box=Box(400, 400, 420, 420))
    sheet.add(0, 1024, objects, Verdict.REJECT, [far, defect("E01"), other])
    assert [each.named for each in sheet.outcomes] == ["E01", "E13", None]
    assert sheet.missed == {"E01": 1}
    judged = Judged()
    judged.note_objects("web", sheet, lambda missed: None)
    assert [each.called for each in judged.asked] == ["E01", "E13", MISSED]


def test_what_was_taken_for_a_nuisance_was_not_found():
    sheet = ScoreSheet(default_recipe("anode", "bright-field"), 50.0)
    sheet.add(0, 1024, [planted()], Verdict.REJECT, [defect("N07")])
    assert sheet.missed == {"E01": 1}
    assert [each.named for each in sheet.outcomes] == [None]


def test_of_an_object_that_goes_on_only_what_was_shown_must_be_found():
    """A 1 mm pinhole, 20 px long, across the end of the last block judged."""
    for shown_px, is_due in ((3, False), (18, True)):
        sheet = ScoreSheet(default_recipe("anode", "bright-field"), 50.0)
        sheet.add(0, 1024, [planted(top=1024 - shown_px)], Verdict.ACCEPT, [])
        assert sheet.missed == ({"E01": 1} if is_due else {})
        sheet.add(1024, 1024, [planted(top=1024 - shown_px)], Verdict.ACCEPT, [])
        assert sheet.missed == {"E01": 1}, "seen to its end"


def test_an_object_of_which_only_the_blur_reached_a_judged_block_is_not_asked_for():
    sheet = ScoreSheet(default_recipe("anode", "bright-field"), 50.0)
    beyond = replace(planted("E09", top=1025), length_mm=15.0, width_mm=0.2, mask=np.ones((2, 300), bool))
    assert sheet.must_be_rejected(beyond)
    sheet.add(0, 1024, [beyond], Verdict.ACCEPT, [])
    assert sheet.missed == {}


def test_an_object_beside_an_uninspected_block_counts_as_far_as_it_was_judged():
    for verdict, missed in ((Verdict.UNINSPECTED, {}), (Verdict.ACCEPT, {"E01": 1})):
        sheet = ScoreSheet(default_recipe("anode", "bright-field"), 50.0)
        sheet.add(0, 1024, [planted(top=1006)], verdict, [])
        sheet.add(1024, 1024, [planted(top=1006)], Verdict.ACCEPT, [])
        assert sheet.missed == missed


def test_errors_are_measured_minus_true():
    (deviation,) = measure_deviations([planted()], [defect("E04"), defect()], 0)
    assert deviation.length_error_mm == pytest.approx(0.1)
    assert deviation.width_error_mm == pytest.approx(-0.1)
    assert deviation.position_error_mm == pytest.approx(0.03)


@pytest.mark.parametrize(
    "objects",
    [
        [planted(snr=14.0)],
        [planted(), planted(left=130, key="b")],
        [planted(top=0)],
        [planted(top=1004)],
        [planted(kind="N04")],
    ],
    ids=["faint", "beside another", "at the leading edge", "at the trailing edge", "nuisance"],
)
def test_only_isolated_visible_and_whole_defects_are_held_against_their_sizes(objects):
    found = [defect(each.kind, each.md_mm, each.cd_mm) for each in objects]
    assert measure_deviations(objects, found, 0) == []


def test_the_separator_is_judged_in_both_views_in_turn():
    results = evaluate(MODELS, 20, materials=[Material.SEPARATOR], purpose=SeedRange.SELECTION)
    assert [each.view for each in results] == [view.value for view in VIEWS[Material.SEPARATOR]]
    assert [each.blocks for each in results] == [10, 10]


def test_web_that_no_model_has_learnt_is_judged_by_the_recipe_of_its_nearest():
    (lfp,) = evaluate(MODELS, 1, materials=[Material.CATHODE_LFP], purpose=SeedRange.SELECTION)
    assert (lfp.material, lfp.view, lfp.blocks) == ("cathode-lfp", "bright-field", 1)
    (dark,) = evaluate(MODELS, 1, materials=[Material.ANODE], views=[View.DARK_FIELD], purpose=SeedRange.SELECTION)
    assert (dark.material, dark.view, dark.blocks) == ("anode", "dark-field", 1)


def test_a_material_without_any_model_is_refused():
    outcome = CliRunner().invoke(app, ["evaluate", "--simulated", "--material", "base-film"])
    assert isinstance(outcome.exception, DataError)
    assert "--material base-film: there is no model for it" in str(outcome.exception)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_shipped_model_is_what_its_card_says(name):
    folders = [folder for folder in list_models(MODELS) if read_card(folder / "card.json").name == name]
    assert folders
    for folder in folders:
        model = Model.load(folder)
        assert set(model.card.kinds) <= set(FAMILIES[name].kinds)
        assert model.card.parity.max_abs_difference <= model.card.parity.tolerance
        assert model.card.parity.tiles >= 8
        assert len(model.onnx) < 5_000_000
        assert set(model.card.metrics) >= set(FAMILIES[name].materials)


@pytest.mark.parametrize("material", VIEWS)
def test_a_shipped_model_goes_with_each_default_recipe(material):
    for view in VIEWS[material]:
        recipe = default_recipe(material, View(view))
        assert any(read_card(folder / "card.json").name == recipe.model.name for folder in list_models(MODELS))


def test_evaluation_prints_its_figures_as_json_alone_on_standard_output():
    done = CliRunner().invoke(
        app, ["evaluate", "--simulated", "--blocks", "4", "--json", "--workers", "1", "--models-dir", str(MODELS)]
    )
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert sorted(figures) == ["anode", "cathode", "separator"]
    for each in figures.values():
        assert {"recall", "recall_s1", "false_reject_rate", "by_kind"} <= set(each)
        assert each["blocks"] == 4
        assert each["uninspected"] == 0
        assert all({"n", "recall"} <= set(row) for row in each["by_kind"].values())


def test_only_the_defects_asked_for_lie_on_the_web():
    words = ["evaluate", "--simulated", "--blocks", "6", "--workers", "1", "--models-dir", str(MODELS)]
    done = CliRunner().invoke(app, [*words, "--json", "--material", "anode", "--kind", "E01", "--kind", "E08"])
    assert done.exit_code == 0, done.output
    by_kind = json.loads(done.stdout)["anode"]["by_kind"]
    assert by_kind
    assert set(by_kind) <= {"E01", "E08"}
    for code in ("E99", "N01"):
        assert f"--kind {code}: expected codes" in str(CliRunner().invoke(app, [*words, "--kind", code]).exception)


def test_synth_fit_and_export_run_one_after_the_other(tmp_path):
    runner = CliRunner()
    data, run, model = tmp_path / "data", tmp_path / "run", tmp_path / "electrode-0.0.1"
    steps = [
        ["synth", "--material", "cathode", "--blocks", "2", "--seed", "3", "--out", str(data)],
        ["fit", "--data", str(data), "--material", "electrode", "--steps", "2", "--out", str(run)],
        [
            "export",
            str(run),
            "--out",
            str(model),
            "--selection-blocks",
            "1",
            "--evaluation-blocks",
            "1",
            "--name-webs",
            "1",
        ],
    ]
    for step in steps:
        done = runner.invoke(app, step)
        assert done.exit_code == 0, (step, done.output)
    card = Model.load(model).card
    assert set(card.metrics) >= {"anode", "cathode"}
    assert card.names is None, "it finds nothing to learn names from"
    assert (model / "report.html").exists()
    assert json.loads((model / "report.json").read_text())["model"]["sha256"] == card.sha256


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "--material", "electrode", "--steps", "1", "--out", "x"], "--data DIR"),
        (["fit", "--material", "electrode", "--simulated", "--out", "x"], "--steps"),
        (["fit", "--material", "paper", "--simulated", "--steps", "1", "--out", "x"], "electrode, separator"),
        (["evaluate", "--blocks", "1"], "--simulated"),
        (["export", "nowhere", "--out", "models/electrode-9.0"], "network.pt"),
    ],
)
def test_bad_input_is_told_in_one_sentence(arguments, words):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code != 0
    assert words in str(done.exception)
