"""The demo with several cameras over one web: real GenTL devices, one decision for each piece from all that see it."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspection.values import Cut, Fate
from tests.scenarios.test_demo import assert_gapless, await_decisions, end, finish, is_well_again, reasons, start

pytestmark = pytest.mark.process

TWO_VIEWS = ["--material", "separator", "--views", "bright-field,back-light"]


def cameras_of(stored) -> set[str]:
    return {each.frame.camera for each in stored.decision.view_frames}


def test_two_lights_at_rollers_apart_lead_to_one_decision_for_each_piece_and_none_is_left_unseen(tmp_path: Path):
    outcome = finish(start(tmp_path, 20, *TWO_VIEWS, "--way-mm", "120"), tmp_path)
    assert_gapless(outcome, 20)
    assert outcome.summary["uninspected"] == 0, outcome.printed
    assert {each.view for d in outcome.decisions for each in d.decision.view_frames} == {"bright-field", "back-light"}
    assert all(each.outcome is Fate.SEEN for d in outcome.decisions for each in d.decision.view_frames)
    assert all(cameras_of(d) == {"cam0", "cam1"} for d in outcome.decisions)
    assert sum(outcome.summary["planted"].values()) >= 5
    assert sum(outcome.summary["found"].values()) >= 0.8 * sum(outcome.summary["planted"].values())
    assert outcome.summary["false_rejects"] <= 2


def test_two_cameras_side_by_side_decide_lane_by_lane(tmp_path: Path):
    outcome = finish(start(tmp_path, 16, "--cameras", "2", "--layout", "L5", "--cut", "lane"), tmp_path)
    assert outcome.summary["uninspected"] == 0, outcome.printed
    pieces = [d.decision.piece for d in outcome.decisions]
    assert [(piece.number, piece.lane) for piece in pieces] == [(number, 1) for number in range(1, 17)]
    assert {piece.cut for piece in pieces} == {Cut.LANE}
    assert set.union(*(cameras_of(d) for d in outcome.decisions)) == {"cam0", "cam1"}
    assert outcome.summary["false_rejects"] <= 2


def test_each_sheet_that_the_line_tells_of_has_its_own_decision(tmp_path: Path):
    outcome = finish(start(tmp_path, 24, "--cut", "sheet"), tmp_path)
    told = [d.decision.piece for d in outcome.decisions]
    named = [piece.piece_id for piece in told if piece.piece_id is not None]
    assert len(named) >= 8
    numbers = [int(name.removeprefix("sheet-")) for name in named]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)
    for piece, after in itertools.pairwise(told):
        assert after.start_mm == pytest.approx(piece.start_mm + piece.length_mm, abs=0.01)


def test_an_unplugged_second_camera_makes_pieces_uninspected_for_its_own_reason_and_comes_back(tmp_path: Path):
    process = start(tmp_path, 10_000, *TWO_VIEWS, "--fault", "unplug:cam1")
    await_decisions(tmp_path, lambda why: "lost.device_lost" in why and is_well_again(why))
    outcome = end(process, tmp_path)
    # Tape across the web hides all of it: that is nobody's loss; nor is what a busy machine loses.
    of_tape, of_machine = {"image.level", "image.blurred"}, {"lost.overrun", "late", "late.frame", "overload"}
    expected = {None, "lost.device_lost", "lost.timeout", "view.missing"}
    assert set(reasons(outcome)) <= expected | of_tape | of_machine
    lost = [d.decision for d in outcome.decisions if d.decision.verdict.value == "uninspected"]
    assert {reason.view for decision in lost for reason in decision.reasons if reason.rule == "lost.device_lost"} == {
        "back-light"
    }
    assert {d.decision.piece.frame.run for d in outcome.decisions} == {1}, "the leading camera went on"
    assert "now cam1 gets the fault: unplug" in outcome.printed


def test_without_a_compiler_both_views_of_the_same_web_are_shown_all_the_same(tmp_path: Path):
    arguments = ["--frames", "8", "--port", "0", "--summary", "demo.json", "--state-dir", "state", "--no-pages"]
    arguments += ["--line-rate", "2000", "--deadline-ms", "120000", *TWO_VIEWS, "--way-mm", "60"]
    code = "import os, sys; os.environ['PATH'] = ''; from inspection.cli import main; main()"
    environment = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code, "demo", *arguments],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    outcome = finish(process, tmp_path)
    assert_gapless(outcome, 8)
    assert outcome.summary["source"] == "simulated"
    assert outcome.summary["uninspected"] == 0, outcome.printed


def test_impossible_lines_are_refused_before_anything_starts(tmp_path: Path):
    for options, words in (
        (["--views", "bright-field,dark-field", "--material", "separator"], "No recipe is shipped"),
        (["--views", "bright-field,moonlight"], "moonlight"),
        ([*TWO_VIEWS, "--cameras", "4"], "1 to 4"),
        ([*TWO_VIEWS, "--fault", "unplug:cam7"], "cam0, cam1"),
        (["--fault", "sneeze"], "there is no fault 'sneeze'"),
        (["--layout", "L8"], "expected a separator"),
    ):
        process = start(tmp_path, 5, *options)
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 2, printed
        assert words in " ".join(printed.split())
    assert not (tmp_path / "state").exists()
