"""For each frame number exactly one decision, in order, before its deadline, and never ACCEPT by default."""

import threading
import time

import pytest

from camera.errors import DeviceLost
from camera.frame import LossReason
from camera.settings import SimulatedSettings
from camera.sources import open_source
from inspection.recorder import Recorder
from inspection.runner import Runner
from inspection.values import Verdict

from .rig import ScriptedSource, begun_store, build_pipeline, frame, lost, run_to_end, slow_pipeline


@pytest.fixture
def store(tmp_path):
    store = begun_store(tmp_path / "store.db")
    yield store
    store.close()


def numbers(decisions):
    return [d.piece.frame.number for d in decisions]


def test_every_kind_of_loss_becomes_one_uninspected_decision_in_its_place(store, tmp_path):
    readings = [frame(1)]
    for number, reason in enumerate(LossReason, start=2):
        readings.append(lost(number, reason))
    readings.append(frame(len(readings) + 1))
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert numbers(decisions) == list(range(1, len(readings) + 1))
    assert [d.sequence for d in decisions] == list(range(1, len(readings) + 1))
    assert [d.verdict for d in decisions] == [
        Verdict.ACCEPT,
        *[Verdict.UNINSPECTED] * len(LossReason),
        Verdict.ACCEPT,
    ]
    assert [d.reasons[0].rule for d in decisions[1:-1]] == [f"lost.{reason.value}" for reason in LossReason]
    assert "went missing" in decisions[1].reasons[0].sentence


def test_a_pinhole_is_rejected_and_stored_as_it_was_published(store, tmp_path):
    _, decisions = run_to_end(store, (ScriptedSource([frame(1), frame(2, pinhole=True)]), build_pipeline(tmp_path)))
    assert [d.verdict for d in decisions] == [Verdict.ACCEPT, Verdict.REJECT]
    stored = [s.decision for s in store.decisions_after(0, 10)]
    assert [(d.sequence, d.verdict, d.reasons, d.piece) for d in stored] == [
        (d.sequence, d.verdict, d.reasons, d.piece) for d in decisions
    ]
    assert stored[1].defects[0].mask.any()


def test_a_frame_on_which_inspection_chokes_is_uninspected_and_the_next_is_judged(store, tmp_path):
    pipeline = slow_pipeline(tmp_path, choke_on={2}, choke_on_conclusion={4})
    _, decisions = run_to_end(store, (ScriptedSource([frame(n) for n in range(1, 6)]), pipeline))
    assert [d.verdict is Verdict.UNINSPECTED for d in decisions] == [False, True, False, True, False]
    assert [d.reasons[0].rule for d in decisions if d.reasons] == ["failed", "failed"]
    assert "ArithmeticError: choked" in decisions[1].reasons[0].sentence


def test_a_slow_inspection_is_late_and_its_result_is_dropped_and_counted(store, tmp_path):
    pipeline = slow_pipeline(tmp_path, slow_s={2: 1.2})
    source = ScriptedSource([frame(n) for n in range(1, 21)], every_s=0.05)
    runner, decisions = run_to_end(store, (source, pipeline), deadline_ms=600.0)
    assert numbers(decisions) == list(range(1, 21))
    late = decisions[1]
    assert (late.verdict, late.reasons[0].rule) == (Verdict.UNINSPECTED, "late")
    assert late.deadline_met
    assert decisions[-1].verdict is Verdict.ACCEPT
    assert runner.late_results == 1
    assert [s.decision.verdict for s in store.decisions_after(1, 1)] == [Verdict.UNINSPECTED]


def test_frames_that_no_worker_can_take_in_time_are_overload_and_the_reader_goes_on(store, tmp_path):
    pipeline = slow_pipeline(tmp_path, slow_s=dict.fromkeys(range(1, 13), 0.5))
    source = ScriptedSource([frame(n) for n in range(1, 13)], waits=False)
    _, decisions = run_to_end(store, (source, pipeline), workers=1, deadline_ms=300.0)
    assert numbers(decisions) == list(range(1, 13))
    assert {d.verdict for d in decisions} == {Verdict.UNINSPECTED}
    assert {d.reasons[0].rule for d in decisions} == {"late", "overload"}
    assert "more workers" in decisions[-1].reasons[0].sentence
    overloaded = {d.piece.frame.number for d in decisions if d.reasons[0].rule == "overload"}
    assert not overloaded & set(pipeline.began)


def test_decisions_stay_in_order_when_inspections_end_out_of_order(store, tmp_path):
    slow = {number: 0.03 * ((number * 7) % 5) for number in range(1, 41)}
    source = ScriptedSource([frame(n) for n in range(1, 41)])
    _, decisions = run_to_end(store, (source, slow_pipeline(tmp_path, slow_s=slow)), workers=4, deadline_ms=30_000.0)
    assert numbers(decisions) == list(range(1, 41))
    assert {d.verdict for d in decisions} == {Verdict.ACCEPT}


def test_two_cameras_share_one_sequence_and_keep_each_its_order(store, tmp_path):
    sources = [
        open_source(
            SimulatedSettings.model_validate(
                {
                    "name": name,
                    "web": {"width_px": 256, "severity": "clean", "seed": seed},
                    "lines": 64,
                    "line_rate_hz": None,
                    "frame_limit": 15,
                }
            )
        )
        for seed, name in enumerate(("left", "right"), start=1)
    ]
    cameras = [(source, build_pipeline(tmp_path)) for source in sources]
    runner, decisions = run_to_end(store, *cameras, deadline_ms=30_000.0)
    assert [d.sequence for d in decisions] == list(range(1, 31))
    for name in ("left", "right"):
        assert numbers(d for d in decisions if d.piece.frame.camera == name) == list(range(1, 16))
    assert runner.progress.frames == {"left": 15, "right": 15}


def test_a_stuck_camera_does_not_hold_up_the_other(store, tmp_path):
    never, published = threading.Event(), []
    stuck = ScriptedSource([frame(1, camera="stuck")], camera="stuck", hold=never)
    swift = ScriptedSource([frame(n, camera="swift") for n in range(1, 6)], camera="swift")
    pipeline = build_pipeline(tmp_path)
    runner = Runner([(stuck, pipeline), (swift, pipeline)], Recorder(store), sinks=[published.extend])
    runner.start()
    end = time.monotonic() + 30
    while len(published) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    runner.stop()
    assert [p.decision.piece.frame.camera for p in published] == ["swift"] * 5


def test_a_number_that_the_source_skips_is_lost_and_one_that_it_repeats_is_ignored(store, tmp_path):
    readings = [frame(1), frame(4), frame(4), frame(5)]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert numbers(decisions) == [1, 2, 3, 4, 5]
    assert [d.verdict.value for d in decisions] == ["accept", "uninspected", "uninspected", "accept", "accept"]
    assert "without a word" in decisions[1].reasons[0].sentence


def test_a_new_run_of_the_camera_counts_anew_and_loses_nothing(store, tmp_path):
    readings = [frame(1), frame(2), frame(1, run=2), frame(2, run=2)]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert [(d.piece.frame.run, d.piece.frame.number) for d in decisions] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_stopping_decides_every_frame_that_was_read(store, tmp_path):
    source = ScriptedSource((frame(n) for n in range(1, 10_000)), every_s=0.002)
    published = []
    runner = Runner(
        [(source, slow_pipeline(tmp_path, slow_s=dict.fromkeys(range(1, 10_000), 0.05)))],
        Recorder(store),
        sinks=[lambda ps: published.extend(p.decision for p in ps)],
        deadline_ms=30_000.0,
    )
    runner.start()
    time.sleep(0.5)
    runner.stop()
    assert numbers(published) == source.was_read
    assert len(published) > 2
    assert not source.is_open
    assert runner.wait(0)


def test_the_sequence_goes_on_where_the_store_ends(store, tmp_path):
    pipeline = build_pipeline(tmp_path)
    run_to_end(store, (ScriptedSource([frame(1), frame(2)]), pipeline))
    store.begin_run("test", "0", pipeline.recipe_artefact, pipeline.model_artefact)
    _, decisions = run_to_end(store, (ScriptedSource([frame(1), frame(2)]), pipeline))
    assert [d.sequence for d in decisions] == [3, 4]


def test_a_sink_that_breaks_does_not_stop_the_line(store, tmp_path):
    published = []

    def broken(_publications):
        raise OSError("cable cut")

    runner = Runner(
        [(ScriptedSource([frame(n) for n in range(1, 6)]), build_pipeline(tmp_path))],
        Recorder(store),
        sinks=[broken, published.extend],
    )
    runner.start()
    assert runner.wait(30)
    runner.stop()
    assert numbers(p.decision for p in published) == [1, 2, 3, 4, 5]


def test_a_camera_that_does_not_open_stops_the_start_with_its_own_message(store, tmp_path):
    class Unplugged(ScriptedSource):
        def start(self) -> None:
            raise DeviceLost("cam0 does not answer; check its cable")

    good = ScriptedSource([frame(1, camera="good")], camera="good")
    pipeline = build_pipeline(tmp_path)
    runner = Runner([(Unplugged([]), pipeline), (good, pipeline)], Recorder(store))
    with pytest.raises(DeviceLost, match="check its cable"):
        runner.start()
    assert not good.is_open
    assert store.last_sequence() == 0


def test_a_reader_that_dies_is_reported_as_a_fault(store, tmp_path):
    class Broken(ScriptedSource):
        def read(self, timeout_s: float):
            raise ZeroDivisionError("bug in the adapter")

    runner, _ = run_to_end(store, (Broken([]), build_pipeline(tmp_path)))
    assert "ZeroDivisionError: bug in the adapter" in runner.faults()[0]


def test_a_decision_is_in_the_store_before_anybody_hears_of_it(store, tmp_path):
    was_stored = []

    def hear(publications):
        was_stored.extend(store.decision(p.decision.sequence) is not None for p in publications)

    source = ScriptedSource([frame(n) for n in range(1, 21)])
    runner = Runner([(source, build_pipeline(tmp_path))], Recorder(store), sinks=[hear])
    runner.start()
    assert runner.wait(30)
    runner.stop()
    assert was_stored == [True] * 20
