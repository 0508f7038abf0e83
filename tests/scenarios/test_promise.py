"""For each frame number exactly one decision, in order, before its deadline, and never ACCEPT by default."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from camera.errors import CameraError, DeviceLost
from camera.frame import EndOfFrames, Frame, FrameId, LossReason
from camera.settings import SimulatedSettings
from camera.sources import open_source
from inspection.errors import StoreError
from inspection.judging.uninspected import withdrawn
from inspection.pipeline import Pipeline
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.store.decisions import Store
from inspection.values import Verdict
from tests.support.patience import PATIENCE_S, until
from tests.support.rig import (
    MODEL,
    RECIPE,
    ScriptedSource,
    SlowPipeline,
    begun_store,
    build_pipeline,
    decision,
    frame,
    lost,
    run_to_end,
    slow_pipeline,
)


@pytest.fixture
def store(tmp_path):
    store = begun_store(tmp_path / "store.db")
    yield store
    store.close()


def one_by_one(readings, published):
    """Each shown when all before it were told: however slow the machine, no two share a write."""
    for before, reading in enumerate(readings):
        until(lambda before=before: len(published) == before)
        yield reading


class InNeed(ScriptedSource):
    """Some of its frames reach the station when most of their time has gone: so many milliseconds are left of it.

    All others have the whole deadline, which no busy machine uses up: what is late is late by the test's will.
    """

    def __init__(self, readings, left_ms, deadline_ms, **how) -> None:
        super().__init__(readings, **how)
        self._gone_ms = {number: deadline_ms - ms for number, ms in left_ms.items()}

    def read(self, timeout_s: float):
        reading = super().read(timeout_s)
        if reading is None or isinstance(reading, EndOfFrames):
            return reading
        gone_ns = int(1e6 * self._gone_ms.get(reading.id.number, 0.0))
        return replace(reading, captured_ns=reading.captured_ns - gone_ns)


class HeldPipeline(SlowPipeline):
    """Inspects some frames until something has happened."""

    held: dict[int, Callable[[], bool]]

    def inspect(self, frame):
        self.began.append(frame.id.number)
        until(self.held.get(frame.id.number, lambda: True))
        return Pipeline.inspect(self, frame)


def held_pipeline(tmp_path, held):
    pipeline = build_pipeline(tmp_path, HeldPipeline)
    pipeline.held, pipeline.began = held, []
    pipeline.slow_conclusion_s, pipeline.choke_on_conclusion = {}, set()
    return pipeline


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
    published = []
    pipeline = held_pipeline(tmp_path, {2: lambda: len(published) == 20})
    source = InNeed([frame(n) for n in range(1, 21)], {2: 500.0}, 30_000.0)
    runner = Runner(
        [(source, pipeline)], Recorder(store), sinks=[lambda ps: published.extend(p.decision for p in ps)],
        deadline_ms=30_000.0,
    )  # fmt: skip
    runner.start()
    until(lambda: runner.late_results)
    runner.stop()
    assert numbers(published) == list(range(1, 21))
    assert [(d.piece.frame.number, d.reasons[0].rule) for d in published if d.verdict is not Verdict.ACCEPT] == [
        (2, "late")
    ]
    assert published[1].verdict is Verdict.UNINSPECTED
    assert runner.late_results == 1
    assert [s.decision.verdict for s in store.decisions_after(1, 1)] == [Verdict.UNINSPECTED]


def test_frames_that_no_worker_can_take_in_time_are_overload_and_the_reader_goes_on(store, tmp_path):
    published = []
    pipeline = held_pipeline(tmp_path, dict.fromkeys(range(1, 13), lambda: len(published) == 12))
    source = InNeed([frame(n) for n in range(1, 13)], dict.fromkeys(range(2, 13), 200.0), 3000.0, waits=False)
    runner = Runner(
        [(source, pipeline)], Recorder(store), sinks=[lambda ps: published.extend(p.decision for p in ps)],
        deadline_ms=3000.0, workers=1,
    )  # fmt: skip
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    assert numbers(published) == list(range(1, 13))
    assert {d.verdict for d in published} == {Verdict.UNINSPECTED}
    assert {d.reasons[0].rule for d in published} == {"late", "overload"}
    assert "more workers" in published[-1].reasons[0].sentence
    overloaded = {d.piece.frame.number for d in published if d.reasons[0].rule == "overload"}
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
    until(lambda: len(published) == 5)
    runner.stop()
    assert [p.decision.piece.frame.camera for p in published] == ["swift"] * 5


def test_a_number_that_the_source_skips_is_lost_and_one_that_it_repeats_is_ignored(store, tmp_path):
    readings = [frame(1), frame(4), frame(4), frame(5)]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert numbers(decisions) == [1, 2, 3, 4, 5]
    assert [d.verdict.value for d in decisions] == ["accept", "uninspected", "uninspected", "accept", "accept"]
    assert "without a word" in decisions[1].reasons[0].sentence


@pytest.mark.parametrize("leap", [2_000, 10**6, 2**40])
def test_a_range_of_numbers_that_the_source_skips_is_one_decision_in_words(store, tmp_path, leap):
    readings = [frame(1), replace(frame(2), id=FrameId("cam0", 1, 1 + leap))]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert numbers(decisions) == [1, 2, 1 + leap]
    assert [d.verdict.value for d in decisions] == ["accept", "uninspected", "accept"]
    assert f"{leap - 1} frames, 2 to {leap}" in decisions[1].reasons[0].sentence


def test_a_new_run_of_the_camera_counts_anew_and_loses_nothing(store, tmp_path):
    readings = [frame(1), frame(2), frame(1, run=2), frame(2, run=2)]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)))
    assert [(d.piece.frame.run, d.piece.frame.number) for d in decisions] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def cut_by_the_border(number, lines, *, run):
    """A frame with half an object: each half is within its limit, both together are not."""
    pixels = frame(number).pixels.copy()
    pixels[lines, 48:54] = np.random.default_rng(number).integers(222, 238, pixels[lines, 48:54].shape)
    return replace(frame(number, run=run), pixels=pixels)


@pytest.mark.parametrize(
    ("between", "verdicts"),
    [([], ["accept", "reject"]), ([lost(2, LossReason.DEVICE_LOST)], ["accept", "uninspected", "accept"])],
    ids=["the runs touch", "a loss between"],
)
def test_an_object_that_a_new_run_cuts_is_one_object_unless_a_loss_lies_between(store, tmp_path, between, verdicts):
    readings = [cut_by_the_border(1, slice(-5, None), run=1), *between, cut_by_the_border(2, slice(0, 7), run=2)]
    _, decisions = run_to_end(store, (ScriptedSource(readings), build_pipeline(tmp_path)), deadline_ms=20_000.0)
    assert [d.verdict.value for d in decisions] == verdicts


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
    until(lambda: len(published) > 2)
    runner.stop()
    assert numbers(published) == source.was_read
    assert not source.is_open
    assert runner.wait(0)


def test_a_last_frame_that_takes_long_and_is_in_time_is_decided_before_the_end(store, tmp_path):
    source, pipeline = ScriptedSource([frame(1), frame(2)]), slow_pipeline(tmp_path, slow_s={2: 1.0})
    _, published = run_to_end(store, (source, pipeline))
    assert numbers(published) == [1, 2]
    assert [d.verdict for d in published] == [Verdict.ACCEPT, Verdict.ACCEPT]


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
    assert runner.wait(PATIENCE_S)
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


class Stumbling(ScriptedSource):
    """Its reading breaks off at some numbers, each time in another way, and goes on with the next one."""

    def __init__(self, readings, errors) -> None:
        super().__init__(readings)
        self._errors = dict(errors)

    def read(self, timeout_s: float):
        reading = super().read(timeout_s)
        error = None if isinstance(reading, EndOfFrames) else self._errors.pop(reading.id.number, None)
        if error is not None:
            raise error
        return reading


def test_an_error_of_any_type_while_reading_costs_one_frame_and_never_the_reader(store, tmp_path):
    errors = {2: ZeroDivisionError("bug in the adapter"), 4: OSError(24, "Too many open files"), 5: MemoryError()}
    source = Stumbling([frame(n) for n in range(1, 8)], errors)
    runner, decisions = run_to_end(store, (source, build_pipeline(tmp_path)))
    assert numbers(decisions) == list(range(1, 8))
    assert [n for n, d in enumerate(decisions, start=1) if d.verdict is Verdict.ACCEPT] == [1, 3, 6, 7]
    assert runner.faults() == []


def test_a_camera_that_can_not_be_read_is_a_fault_until_it_can(store, tmp_path):
    class Broken(ScriptedSource):
        is_broken = True

        def read(self, timeout_s: float):
            if self.is_broken:
                raise ZeroDivisionError("bug in the adapter")
            return super().read(timeout_s)

    source = Broken([frame(1)])
    runner = Runner([(source, build_pipeline(tmp_path))], Recorder(store))
    runner.start()
    until(runner.faults)
    assert "ZeroDivisionError: bug in the adapter" in runner.faults()[0]
    source.is_broken = False
    assert runner.wait(PATIENCE_S)
    runner.stop()
    assert runner.faults() == []
    assert store.last_sequence() == 1


def test_a_camera_that_breaks_at_its_start_in_an_unknown_way_stops_the_start(store, tmp_path):
    class Broken(ScriptedSource):
        def start(self) -> None:
            raise KeyError("firmware")

    runner = Runner([(Broken([]), build_pipeline(tmp_path))], Recorder(store))
    with pytest.raises(CameraError, match=r"cam0 can't be opened: KeyError: 'firmware'"):
        runner.start()


def test_a_thread_that_hangs_is_a_fault_and_the_station_can_still_be_stopped(store, tmp_path):
    never = threading.Event()

    class Hanging(ScriptedSource):
        def read(self, timeout_s: float):
            never.wait()

    runner = Runner([(Hanging([]), build_pipeline(tmp_path))], Recorder(store), deadline_ms=100.0)
    runner.start()
    assert set(runner.heartbeats_s()) == {"read-cam0", "inspect-0", "inspect-1", "publish"}
    until(runner.faults)
    assert "read-cam0 has not been heard of" in runner.faults()[0]
    assert runner.heartbeats_s()["publish"] < runner.heartbeats_s()["read-cam0"]
    runner.stop()
    assert runner.wait(0)
    never.set()


def test_a_decision_that_can_not_be_made_or_recorded_is_published_as_uninspected_and_the_next_ones_follow(
    store, tmp_path
):
    class Broken(Recorder):
        def record(self, decisions):
            if any(d.sequence == 3 for d in decisions):
                raise RuntimeError("bug in the recorder")
            return super().record(decisions)

    published, asked = [], []

    def intervention():
        asked.append(None)
        if len(asked) == 2:
            raise RuntimeError("bug in the holds")

    source = ScriptedSource(one_by_one([frame(n) for n in range(1, 6)], published))
    runner = Runner(
        [(source, build_pipeline(tmp_path))],
        Broken(store),
        sinks=[lambda ps: published.extend(p.decision for p in ps)],
        intervention=intervention,
        deadline_ms=30_000.0,
    )
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    assert [d.sequence for d in published] == numbers(published) == [1, 2, 3, 4, 5]
    rules = {d.sequence: d.reasons[0].rule for d in published if d.verdict is not Verdict.ACCEPT}
    assert rules == {2: "failed", 3: "store"}
    assert {d.verdict for d in published} == {Verdict.ACCEPT, Verdict.UNINSPECTED}


class SlowStore(Store):
    """Its writes about some frames take until a moment: of decisions (`append_until_ns`), of what withdraws them."""

    append_until_ns: dict[int, int]
    amend_until_ns: dict[int, int]

    def append(self, decisions) -> None:
        super().append(decisions)
        sleep_until_ns(*(self.append_until_ns.get(d.piece.frame.number, 0) for d in decisions))

    def amend(self, decisions) -> None:
        super().amend(decisions)
        sleep_until_ns(*(self.amend_until_ns.get(d.piece.frame.number, 0) for d in decisions))


def sleep_until_ns(*moments_ns):
    time.sleep(max(0, max(moments_ns) - time.monotonic_ns()) / 1e9)


@pytest.mark.parametrize(
    ("stage", "rule"),
    [
        ("read", "late.frame"),
        ("inspect", "late"),
        ("conclude", "late"),
        ("write", "late.store"),
        ("withdraw", "late.store"),
    ],
)
def test_no_accept_is_published_after_its_deadline_whichever_stage_is_slow(tmp_path, stage, rule):
    """Frames 4, 10 and 16 are still in a stage when their time is over; frames 5, 11 and 17 when what withdraws those
    before them is written. All others have half a minute.
    """
    deadline_ms = 30_000.0
    slow, after_slow = range(4, 20, 6), range(5, 20, 6) if stage == "withdraw" else ()
    left_ms = dict.fromkeys(slow, -10.0 if stage == "read" else 1000.0) | dict.fromkeys(after_slow, 1500.0)
    over_ns, published = {}, []

    class Source(InNeed):
        def read(self, timeout_s: float):
            reading = super().read(timeout_s)
            if isinstance(reading, Frame) and reading.id.number in left_ms:
                over_ns[reading.id.number] = reading.captured_ns + int((deadline_ms + 10.0) * 1e6)
                if stage in ("write", "withdraw"):
                    store.append_until_ns[reading.id.number] = over_ns[reading.id.number]
                if stage == "withdraw":  # and meanwhile the next one's time passes
                    store.amend_until_ns[reading.id.number] = over_ns[reading.id.number] + int(600e6)
            return reading

    class Slow(HeldPipeline):
        def follow(self, findings, carried):
            if stage == "conclude":
                sleep_until_ns(over_ns.get(findings.frame_id.number, 0))
            return super().follow(findings, carried)

    store = SlowStore.in_file(tmp_path / "store.db")
    store.append_until_ns, store.amend_until_ns = {}, {}
    store.begin_run("test", "0", RECIPE, MODEL)
    pipeline = build_pipeline(tmp_path, Slow)
    pipeline.began, pipeline.slow_conclusion_s, pipeline.choke_on_conclusion = [], {}, set()
    pipeline.held = {n: lambda n=n: n in numbers(list(published)) for n in slow if stage == "inspect"}
    readings = [frame(n, pinhole=n == 6) for n in range(1, 20)]
    if stage == "read":  # one after the other: there is room for each, so that nothing else made it late
        readings = one_by_one(readings, published)
    runner = Runner(
        [(Source(readings, left_ms, deadline_ms), pipeline)],
        Recorder(store),
        sinks=[lambda ps: published.extend(p.decision for p in ps)],
        deadline_ms=deadline_ms,
    )
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    assert numbers(published) == list(range(1, 20))
    late = [d for d in published if d.piece.frame.number in left_ms]
    assert {d.verdict for d in late} == {Verdict.UNINSPECTED}
    assert stage == "inspect" or not any(d.deadline_met for d in late)  # that is decided a little before
    assert rule in {reason.rule for d in late for reason in d.reasons}
    others = {d.piece.frame.number: d.verdict for d in published if d not in late}
    assert [number for number, verdict in others.items() if verdict is not Verdict.ACCEPT] == [6]
    assert all(d.deadline_met for d in published if d not in late)
    # Published, stored and found again are one and the same.
    stored = [s.decision for s in store.decisions_after(0, 100)]
    said = [(d.sequence, d.verdict, d.reasons, d.deadline_met, d.severity) for d in published]
    assert [(d.sequence, d.verdict, d.reasons, d.deadline_met, d.severity) for d in stored] == said
    withdrawn_ones = [d for d in late if d.reasons[0].rule == "late.store"]
    assert len(withdrawn_ones) <= runner.progress.published_late
    store.close()


def test_a_withdrawal_waits_for_the_store_like_every_decision(tmp_path):
    class Refusing(Store):
        refuses = True

        def amend(self, decisions) -> None:
            if self.refuses:
                raise StoreError("disk full")
            super().amend(decisions)

    store = Refusing.in_file(tmp_path / "store.db")
    store.begin_run("test", "0", RECIPE, MODEL)
    recorder = Recorder(store)
    recorded = recorder.record([decision(1, Verdict.ACCEPT), decision(2)])
    recorder.amend([withdrawn(d, 700.0, 500.0) for d in recorded])
    assert recorder.trouble == "disk full"
    assert recorder.waiting == 2
    assert recorder.record([decision(3, Verdict.ACCEPT)])[0].verdict is Verdict.UNINSPECTED
    store.refuses = False
    recorder.catch_up(at_once=True)
    assert (recorder.trouble, recorder.waiting) == (None, 0)
    stored = [s.decision for s in store.decisions_after(0, 10)]
    assert [(d.verdict, d.deadline_met) for d in stored] == [
        (Verdict.UNINSPECTED, False),
        (Verdict.REJECT, False),
        (Verdict.UNINSPECTED, True),
    ]
    assert [d.reasons[0].rule for d in stored] == ["late.store", "limit.E01.diameter_mm", "store"]
    store.close()


def test_a_decision_is_in_the_store_before_anybody_hears_of_it(store, tmp_path):
    was_stored = []

    def hear(publications):
        was_stored.extend(store.decision(p.decision.sequence) is not None for p in publications)

    source = ScriptedSource([frame(n) for n in range(1, 21)])
    runner = Runner([(source, build_pipeline(tmp_path))], Recorder(store), sinks=[hear])
    runner.start()
    assert runner.wait(PATIENCE_S)
    runner.stop()
    assert was_stored == [True] * 20
