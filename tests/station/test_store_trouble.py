"""A store that does not answer makes decisions UNINSPECTED, and loses none of them."""

import resource
import sqlite3
import time
from contextlib import contextmanager

import pytest

from inspection.recorder import Recorder
from inspection.runner import Runner
from inspection.values import Verdict

from .rig import ScriptedSource, begun_store, build_pipeline, decision, frame


@pytest.fixture
def store(tmp_path):
    store = begun_store(tmp_path / "store.db")
    yield store
    store.close()


@contextmanager
def locked(path):
    """Another program holds the database for writing."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full_disk(limit_bytes):
    """No file may grow beyond a size: the operating system refuses the write itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def accepts(first, last):
    return [decision(n, Verdict.ACCEPT) for n in range(first, last + 1)]


def verdicts(store):
    return [s.decision.verdict.value for s in store.decisions_after(0, 1000)]


def test_while_another_program_locks_the_database_nothing_is_accepted_and_nothing_lost(tmp_path, store):
    recorder = Recorder(store)
    assert recorder.record(accepts(1, 2)) == accepts(1, 2)
    with locked(tmp_path / "store.db"):
        unsure = recorder.record(accepts(3, 5))
        assert {d.verdict for d in unsure} == {Verdict.UNINSPECTED}
        assert unsure[0].reasons[0].rule == "store"
        assert "locked" in unsure[0].reasons[0].sentence
        assert "locked" in recorder.trouble
        assert (recorder.waiting, recorder.recorded_up_to) == (3, 2)
    recorder.catch_up(at_once=True)
    assert recorder.record(accepts(6, 6)) == accepts(6, 6)
    assert (recorder.trouble, recorder.waiting, recorder.recorded_up_to) == (None, 0, 6)
    assert verdicts(store) == ["accept"] * 2 + ["uninspected"] * 3 + ["accept"]


def test_a_reject_keeps_its_own_reasons_when_the_store_fails(tmp_path, store):
    recorder = Recorder(store)
    with locked(tmp_path / "store.db"):
        (unsure,) = recorder.record([decision(1)])
    assert [reason.rule for reason in unsure.reasons] == ["store", "limit.E01.diameter_mm"]
    assert len(unsure.defects) == 2


def test_a_full_disk_is_survived_like_a_lock(tmp_path, store):
    recorder = Recorder(store)
    recorder.record(accepts(1, 1))
    with full_disk((tmp_path / "store.db-wal").stat().st_size):
        assert recorder.record(accepts(2, 40))[0].verdict is Verdict.UNINSPECTED
        assert recorder.trouble is not None
    recorder.catch_up(at_once=True)
    assert recorder.trouble is None
    assert verdicts(store) == ["accept"] + ["uninspected"] * 39
    assert recorder.record(accepts(41, 41))[0].verdict is Verdict.ACCEPT


def test_memory_for_waiting_decisions_is_bounded_and_what_is_lost_is_counted(tmp_path, store):
    recorder = Recorder(store, capacity=3)
    with locked(tmp_path / "store.db"):
        recorder.record(accepts(1, 5))
    assert (recorder.waiting, recorder.not_kept) == (3, 2)
    recorder.catch_up(at_once=True)
    assert len(verdicts(store)) == 3


def test_a_write_whose_answer_was_lost_is_not_written_twice(tmp_path, store):
    recorder = Recorder(store)
    with locked(tmp_path / "store.db"):
        unsure = recorder.record(accepts(1, 3))
    store.append(unsure[:2])
    recorder.catch_up(at_once=True)
    assert len(verdicts(store)) == 3
    assert recorder.recorded_up_to == 3


def test_the_running_line_rides_out_a_locked_database(tmp_path, store):
    published = []
    source = ScriptedSource((frame(n) for n in range(1, 10_000)), every_s=0.02)
    recorder = Recorder(store)
    runner = Runner(
        [(source, build_pipeline(tmp_path))],
        recorder,
        sinks=[lambda ps: published.extend(p.decision for p in ps)],
        deadline_ms=10_000.0,
    )

    def until(condition):
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, "nothing happened in 30 s"
            time.sleep(0.01)

    runner.start()
    until(lambda: len(published) > 5)
    with locked(tmp_path / "store.db"):
        until(lambda: recorder.waiting > 5)
    until(lambda: recorder.trouble is None and published[-1].verdict is Verdict.ACCEPT)
    runner.stop()
    stored = [s.decision for s in store.decisions_after(0, 10_000)]
    assert [d.sequence for d in stored] == [d.sequence for d in published] == list(range(1, len(published) + 1))
    assert [d.verdict for d in stored] == [d.verdict for d in published]
    uninspected = [d for d in stored if d.verdict is Verdict.UNINSPECTED]
    assert len(uninspected) > 5
    assert {d.reasons[0].rule for d in uninspected} == {"store"}
