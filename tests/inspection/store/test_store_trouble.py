"""A store that does not answer makes decisions UNINSPECTED, and loses none of them."""

import math
import os
import resource
import shutil
import sqlite3
from contextlib import contextmanager

import pytest

from camera.frame import FrameId
from inspection.errors import StoreDamaged, StoreError
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.sqlite_file import check_sound
from inspection.values import Box, Piece, Reason, Verdict
from tests.support.patience import until
from tests.support.rig import MODEL, RECIPE, ScriptedSource, begun_store, build_pipeline, decision, defect, frame


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


def test_a_disk_that_gets_full_within_a_write_is_no_other_programs_doing(tmp_path, store):
    recorder = Recorder(store)
    recorder.record(accepts(1, 1))
    with full_disk((tmp_path / "store.db-wal").stat().st_size + 10_000):
        recorder.record(accepts(2, 200))
        assert "space" in recorder.trouble or "full" in recorder.trouble
    recorder.catch_up(at_once=True)
    assert recorder.trouble is None
    assert recorder.record(accepts(201, 201))[0].verdict is Verdict.ACCEPT


def test_memory_for_waiting_decisions_is_bounded_and_what_is_lost_is_counted(tmp_path, store):
    recorder = Recorder(store, capacity=3)
    with locked(tmp_path / "store.db"):
        recorder.record(accepts(1, 5))
    assert (recorder.waiting, recorder.not_kept) == (3, 2)
    recorder.catch_up(at_once=True)
    assert len(verdicts(store)) == 3
    assert recorder.recorded_up_to == 5
    assert "memory was used up" in store.gap_at(5).why
    assert recorder.record(accepts(6, 6))[0].verdict is Verdict.ACCEPT


UNFIT = {
    "a size that is no number": {"defects": (defect(length_mm=math.nan),)},
    "an endless latency": {"latency_ms": math.inf},
    "an endless place": {"piece": Piece(FrameId("cam0", 1, 3), math.inf, -math.inf)},
    "a kind that no column takes": {"defects": (defect(kind=object()),)},
    "a box beyond 64 bits": {"defects": (defect(box=Box(0, 0, 2**70, 20)),)},
    "a time that JSON does not know": {"stage_ms": {"detect": object()}},
    "half a letter in a kind": {"defects": (defect(kind="E\ud8001"),)},
}


@pytest.mark.slow
@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_a_decision_that_can_not_be_stored_is_told_and_stored_without_its_detail(store, unfit):
    recorder = Recorder(store)
    told = recorder.record([*accepts(1, 2), decision(3, Verdict.ACCEPT, **unfit), *accepts(4, 5)])
    assert (recorder.trouble, recorder.waiting, recorder.not_kept) == (None, 0, 0)
    assert [d.verdict for d in told] == [Verdict.ACCEPT] * 2 + [Verdict.UNINSPECTED] + [Verdict.ACCEPT] * 2
    assert [reason.rule for reason in told[2].reasons] == ["store.detail"]
    stored = [s.decision for s in store.decisions_after(0, 10)]
    assert [(d.sequence, d.verdict, d.reasons) for d in stored] == [(d.sequence, d.verdict, d.reasons) for d in told]
    assert recorder.recorded_up_to == 5


@pytest.mark.parametrize("piece", [Piece(FrameId("cam0", 1, 2**63), 0.0, 1.0), Piece(FrameId("cam0", 1, 1), 0.0, 1.0)])
def test_a_frame_that_the_store_can_not_hold_at_all_is_told_as_uninspected_and_explained(store, piece):
    """A number beyond the column's range; a frame that has its decision already."""
    recorder = Recorder(store)
    told = recorder.record([*accepts(1, 2), decision(3, Verdict.ACCEPT, piece=piece), *accepts(4, 4)])
    assert [d.verdict for d in told] == [Verdict.ACCEPT] * 2 + [Verdict.UNINSPECTED, Verdict.ACCEPT]
    assert (recorder.trouble, recorder.not_kept, recorder.recorded_up_to) == (None, 1, 4)
    assert str(piece.frame) in store.gap_at(3).why
    assert [s.decision.sequence for s in store.decisions_after(0, 10)] == [1, 2, 4]


def test_text_that_no_network_can_carry_is_spelt_out_alike_where_it_is_told_and_stored(store):
    recorder = Recorder(store)
    spoilt = Piece(FrameId("cam0", 1, 1), 0.0, 1.0, "T\udce9\x00", "P" * 300)
    reason = Reason("unreadable", "caf\udce9.png can't be read")
    (told,) = recorder.record([decision(1, Verdict.REJECT, piece=spoilt, reasons=(reason,))])
    assert (told.verdict, told.piece.trigger_id, told.piece.piece_id) == (Verdict.REJECT, "T\\xe9\\x00", "P" * 128)
    assert told.reasons[0].sentence == "caf\\xe9.png can't be read"
    assert store.decision(1).decision.piece == told.piece


def test_a_number_under_which_the_store_has_another_piece_is_trouble_and_nothing_is_accepted(store):
    recorder = Recorder(store)
    recorder.record(accepts(1, 2))
    store.append([decision(3, Verdict.ACCEPT, piece=Piece(FrameId("other", 1, 9), 0.0, 1.0))])
    (told,) = recorder.record(accepts(3, 3))
    assert told.verdict is Verdict.UNINSPECTED
    assert "other/1/9" in recorder.trouble
    recorder.catch_up(at_once=True)
    assert recorder.trouble is not None


def test_a_write_whose_answer_was_lost_is_not_written_twice(tmp_path, store):
    recorder = Recorder(store)
    with locked(tmp_path / "store.db"):
        unsure = recorder.record(accepts(1, 3))
    store.append(accepts(1, 2))  # As it was before the store failed; nobody heard of that.
    recorder.catch_up(at_once=True)
    assert verdicts(store) == ["uninspected"] * 3
    assert [d.verdict for d in unsure] == [Verdict.UNINSPECTED] * 3
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


def checkpointed(file):
    """What the log has is in the file too, so that it is there that damage does harm; the log stays as it is."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.close()


def deleted(file):
    file.unlink()


def replaced(file):
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").replace(file)


def moved_folder(file):
    file.parent.rename(file.parent.with_name("elsewhere"))


def log_deleted(file):
    file.with_name("store.db-wal").unlink()


def log_scribbled_on(file):
    _scribble(file.with_name("store.db-wal"))


def scribbled_on(file):
    checkpointed(file)
    _scribble(file)


def cut_short(file):
    checkpointed(file)
    os.truncate(file, 3 * 4096)


def _scribble(file):
    with file.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)
        for place in range(4096, size - 512, 4096):
            opened.seek(place)
            opened.write(bytes(range(256)) * 2)


MISHAPS = (deleted, replaced, moved_folder, log_deleted, log_scribbled_on, scribbled_on, cut_short)


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
def test_nothing_is_accepted_into_a_file_that_is_not_the_store_any_more(tmp_path, mishap):
    file = tmp_path / "state" / "store.db"
    store = begun_store(file)
    recorder = Recorder(store)
    recorder.record(accepts(1, 50))
    mishap(file)
    with pytest.raises(StoreError, match=r"store\.db"):
        store.probe()
    assert {d.verdict for d in recorder.record(accepts(51, 53))} == {Verdict.UNINSPECTED}
    assert "store.db" in recorder.trouble
    store.close()


def test_a_store_that_was_moved_and_put_back_takes_all_that_waited(tmp_path):
    file = tmp_path / "state" / "store.db"
    store = begun_store(file)
    recorder = Recorder(store)
    recorder.record(accepts(1, 2))
    file.parent.rename(tmp_path / "elsewhere")
    assert recorder.record(accepts(3, 4))[0].verdict is Verdict.UNINSPECTED
    (tmp_path / "elsewhere").rename(file.parent)
    recorder.catch_up(at_once=True)
    assert recorder.trouble is None
    assert verdicts(store) == ["accept"] * 2 + ["uninspected"] * 2
    store.close()


def test_what_another_program_writes_into_the_log_is_noticed(tmp_path, store):
    recorder = Recorder(store)
    recorder.record(accepts(1, 2))
    other = begun_store(tmp_path / "store.db")
    other.append([decision(3, Verdict.ACCEPT, piece=Piece(FrameId("other", 1, 9), 0.0, 1.0))])
    other.close()
    (told,) = recorder.record(accepts(3, 3))
    assert told.verdict is Verdict.UNINSPECTED
    assert "written by another program" in recorder.trouble


def test_a_store_that_was_touched_and_is_sound_goes_on(tmp_path, store):
    recorder = Recorder(store)
    recorder.record(accepts(1, 2))
    os.utime(tmp_path / "store.db", (1e9, 1e9))
    assert recorder.record(accepts(3, 3))[0].verdict is Verdict.ACCEPT


@pytest.mark.parametrize("spoil", [scribbled_on, cut_short, lambda file: file.write_bytes(b"no database" * 99)])
def test_a_damaged_store_is_called_damaged_and_not_full(tmp_path, spoil):
    store = begun_store(tmp_path / "store.db")
    store.append(accepts(1, 200))
    store.close()
    spoil(tmp_path / "store.db")
    with pytest.raises(StoreDamaged, match=r"damaged.*inspection store restore") as refused:
        Database.in_file(tmp_path / "store.db")
    assert "full" not in str(refused.value)


def test_what_is_wrong_and_what_to_do_goes_by_the_cause(tmp_path, store):
    with locked(tmp_path / "store.db"), pytest.raises(StoreError, match=r"locked: `fuser"):
        store.append(accepts(1, 1))
    with full_disk((tmp_path / "store.db-wal").stat().st_size), pytest.raises(StoreError, match=r"full"):
        store.append(accepts(1, 90))


def test_the_check_at_start_has_its_time_and_no_more(tmp_path, store):
    store.append(accepts(1, 3000))
    assert check_sound(tmp_path / "store.db", 60.0) is True
    assert check_sound(tmp_path / "store.db", 0.0) is False


NAMES = ["a%20b", "what?x=1", "a#b", 'it\'s "so"', "a b", "a:b;c", "caf\udce9", "naïve"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_folder_may_have_any_name(tmp_path, name):
    file = tmp_path / name / "store.db"
    store = begun_store(file)
    store.append(accepts(1, 2))
    pages = Database.in_file(file, Access.PEOPLE)
    assert Store(pages).last_sequence() == 2
    pages.close()
    store.close()
    assert sorted(os.listdir(tmp_path)) == [name]
    assert {"store.db", "store-people.db"} <= set(os.listdir(file.parent))


def test_a_reader_that_stays_is_cut_off(tmp_path, store):
    store.append(accepts(1, 10))
    database = Database.in_file(tmp_path / "store.db", longest_read_s=0.2)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with (
        pytest.raises(StoreError, match="cut off"),
        database.transaction("count without end") as connection,
    ):
        connection.exec_driver_sql(endless)
    assert Store(database).last_sequence() == 10
    database.close()


def test_a_log_that_another_programs_reader_let_grow_gets_short_again_and_the_line_goes_on(tmp_path):
    database = Database.in_file(tmp_path / "store.db")
    store = Store(database)
    store.begin_run("test", "0", RECIPE, MODEL)
    recorder = Recorder(store)
    recorder.record(accepts(1, 2))
    reader = sqlite3.connect(f"file:{tmp_path / 'store.db'}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM decisions").fetchone()
    with database.transaction("fill", writes=True) as connection:
        connection.exec_driver_sql("CREATE TABLE filling (content BLOB)")
        for _ in range(70):
            connection.exec_driver_sql("INSERT INTO filling VALUES (zeroblob(1000000))")
    assert database.wal_bytes > 70e6
    database.shorten_log()
    assert recorder.record(accepts(3, 3))[0].verdict is Verdict.ACCEPT
    assert database.wal_bytes > 70e6
    reader.close()
    database.shorten_log()
    assert database.wal_bytes < 1e6
    assert recorder.record(accepts(4, 4))[0].verdict is Verdict.ACCEPT
    database.close()
