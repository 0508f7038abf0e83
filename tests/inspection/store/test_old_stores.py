"""Stores of earlier versions: what they did not say is worked out as far as it can be known, once."""

import signal
import sqlite3
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from sqlalchemy import Engine, event

from inspection.errors import StoreError
from inspection.recipe.recipe import default_recipe
from inspection.store.decisions import Store
from inspection.store.sealing_key import make_key
from inspection.store.seals import START, Seal, mac_of
from inspection.values import Cut, Reason, Severity, Verdict
from tests.inspection.store.test_seals import check
from tests.inspection.store.test_store_trouble import full_disk
from tests.support.old_store import judged_by_chance, store_at
from tests.support.rig import MODEL, RECIPE, begun_store, decision, defect

ANODE = default_recipe("anode", "bright-field")
PLACE = "at 100.0 mm along and 20.0 mm across the web"


@pytest.mark.slow
def test_who_is_to_blame_is_known_again_of_a_store_that_did_not_say_it(tmp_path):
    judged = judged_by_chance(1500, ANODE)
    rules = {reason.rule.partition(".")[0] for each in judged for reason in each.reasons}
    assert rules == {"limit", "count", "cluster", "late"}
    store_at(tmp_path / "store.db", "0002", judged)
    store = Store.in_file(tmp_path / "store.db")
    read = store.decisions_after(0, len(judged))
    store.close()
    for now, before in zip(read, judged, strict=True):
        for found, told in zip(now.decision.reasons, before.reasons, strict=True):
            if told.rule == "cluster":  # an old one is about those near the place that it names
                assert len(found.defects) == told.measured, before.sequence
                assert set(found.defects) <= set(told.defects), before.sequence
                assert found.severity in (Severity.S1, Severity.S2)
            else:
                assert found == told, before.sequence
    with sqlite3.connect(tmp_path / "store.db") as connection:
        kept = connection.execute("SELECT severity FROM decisions ORDER BY sequence").fetchall()
    connection.close()
    assert [severity for (severity,) in kept] == [each.decision.severity for each in read]


LARGE, SMALL = defect(area_mm2=1.0), defect(area_mm2=0.01)
NEAR = tuple(defect(kind="E14", severity=Severity.S3, md_mm=100.0, cd_mm=20.0 + n) for n in range(3))
UNKNOWABLE = [
    ("limit", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (LARGE, SMALL), (), "S2"),
    ("limit, only one", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (SMALL,), (0,), "S2"),
    ("limit of nothing", Reason("limit.E01.diameter_mm", "", "E01", 0.7), (), (), None),
    ("count of fewer", Reason("count.E01", "", "E01", 6.0), (LARGE, SMALL), (), "S2"),
    ("cluster without a place", Reason("cluster", "3 are too many.", None, 3.0), NEAR, (), "S2"),
    ("cluster elsewhere", Reason("cluster", "3 objects of 0.1 mm or more within 10 mm, 3 are too many at 7.0 mm along "
     "and 9.0 mm across the web.", None, 3.0), NEAR, (), "S2"),
    ("cluster of more", Reason("cluster", f"4 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}.", None,
     4.0), NEAR, (), "S2"),
    ("cluster", Reason("cluster", f"3 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}, lane 2.", None,
     3.0), NEAR, (0, 1, 2), "S2"),
    ("cluster of grave ones", Reason("cluster", f"3 objects of 0.1 mm or more within 10 mm, 3 are too many {PLACE}.",
     None, 3.0), (*NEAR[:2], replace(NEAR[2], kind="E13", severity=Severity.S1), defect(cd_mm=90.0)), (0, 1, 2), "S1"),
    ("storm", Reason("storm", "401 places", None, 401.0, 400.0), (), (), "S2"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "defects", "guilty", "severity"), [case[1:] for case in UNKNOWABLE], ids=[case[0] for case in UNKNOWABLE]
)
def test_where_an_old_reason_does_not_add_up_it_is_about_none_rather_than_all(
    tmp_path, reason, defects, guilty, severity
):
    store_at(tmp_path / "store.db", "0002", [decision(1, reasons=(reason,), defects=defects)])
    store = Store.in_file(tmp_path / "store.db")
    found = store.decision(1)
    store.close()
    assert found is not None
    (now,) = found.decision.reasons
    assert (now.defects, now.severity, found.decision.severity) == (guilty, severity, severity)
    assert replace(now, defects=(), severity=None, quantity=None) == reason


@pytest.mark.slow
def test_a_migration_that_breaks_off_leaves_the_store_as_it_was(tmp_path):
    path = tmp_path / "store.db"
    store_at(path, "0002", judged_by_chance(2500, ANODE))
    with sqlite3.connect(path) as connection:
        before = list(connection.iterdump())
        last = "(SELECT max(sequence) FROM reasons WHERE rule LIKE 'limit%')"
        connection.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON reasons "
            f"WHEN new.sequence = {last} BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(StoreError, match=r"bring its tables up to date.*disk is full"):
        Store.in_file(path)
    connection.execute("DROP TRIGGER full")
    assert list(connection.iterdump()) == before
    connection.close()
    store = Store.in_file(path)
    assert store.last_sequence() == 2500
    store.close()


SEALED_BY_0006 = (
    "3079af4b9adfef6d9ac6a6567f13416ea7718d696b6d09d897efa801a9c3f963"
    "2864375c643d6f947055fac5ab669f3d490b2d8fdea8f12c416b040d77cbd94e"
)
"""What the program of revision 0006 sealed these two with, in one seal."""


def sealed_by_0006():
    bare = np.zeros((0, 0), bool)
    found = (defect(mask=bare), defect(mask=bare, kind="E04", lane=None))
    return [decision(1, defects=found), decision(2, Verdict.ACCEPT)]


def test_what_was_sealed_before_there_were_views_is_intact_and_still_guarded(tmp_path):
    path = tmp_path / "store.db"
    store_at(path, "0006", sealed_by_0006())
    key = make_key(tmp_path / "evidence.key")
    seal = Seal(1, 1, 2, bytes.fromhex(SEALED_BY_0006), key.name, "")
    with sqlite3.connect(path) as connection:
        row = asdict(replace(seal, mac=mac_of(key, seal, START)))
        connection.execute(
            "INSERT INTO seals VALUES (:number, :first_sequence, :last_sequence, :digests, :key_name, :mac)", row
        )
    connection.close()
    store = Store.in_file(path)
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append([decision(3)])
    store.close()
    found = check(tmp_path)
    assert (found.decisions, found.sealed, found.faults) == (3, 3, ())
    for column, value in (("piece_number", "7"), ("lane", "1"), ("cut", "'sheet'")):
        with sqlite3.connect(path) as connection:
            was = connection.execute(f"SELECT {column} FROM decisions WHERE sequence = 1").fetchone()
            connection.execute(f"UPDATE decisions SET {column} = {value} WHERE sequence = 1")
        assert check(tmp_path).faults == ("Decision 1: altered since the seal was made.",)
        with connection:
            connection.execute(f"UPDATE decisions SET {column} = ? WHERE sequence = 1", was)
        connection.close()


SAVED = "INSERT INTO saved_frames VALUES (?, ?, ?, 8, 1000, '2030-01-02 00:00:00', NULL, 5.0)"


def old_store_with_frames(path, count):
    """Every third decision's frame is saved."""
    judged = judged_by_chance(count, ANODE)
    store_at(path, "0006", judged)
    rows = [(n, f"day/{n:010d}-cam0-{n}-reject-8bit.png", "reject") for n in range(3, count + 1, 3)]
    with sqlite3.connect(path) as connection:
        connection.executemany(SAVED, rows)
    connection.close()
    return judged


def holds_all(path, judged):
    """Whether the store has all that it had, in the tables of today."""
    store = Store.in_file(path)
    read = store.decisions_after(0, len(judged) + 1)
    assert [each.decision.sequence for each in read] == [each.sequence for each in judged]
    for now, before in zip(read, judged, strict=True):
        assert now.decision.piece == before.piece
        assert now.decision.reasons == before.reasons
        assert len(now.decision.defects) == len(before.defects)
        assert (now.decision.view_frames, now.decision.piece.cut) == ((), Cut.BLOCK)
        name = f"day/{before.sequence:010d}-cam0-{before.sequence}-reject-8bit.png"
        assert (now.saved_frame and now.saved_frame.path) == (None if before.sequence % 3 else name)
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM saved_frames").fetchone() == (len(judged) // 3,)
    connection.close()


def test_frames_that_were_saved_for_decisions_are_found_by_frame_and_by_decision(tmp_path):
    judged = old_store_with_frames(tmp_path / "store.db", 300)
    holds_all(tmp_path / "store.db", judged)
    store = begun_store(tmp_path / "store.db")
    saved = store.frame_index.saved(1, judged[2].piece.frame)
    assert saved == store.frame_index.saved_frame(3)
    assert (saved.station_run, saved.verdict, saved.saved_at_s) == (1, Verdict.REJECT, 5.0)
    again = decision(301, piece=replace(judged[0].piece, number=1))
    store.append([again])
    with pytest.raises(StoreError, match="UNIQUE"):
        store.append([replace(again, sequence=302)])
    store.close()


def test_a_saved_frame_of_no_decision_does_not_keep_the_station_from_starting(tmp_path):
    judged = old_store_with_frames(tmp_path / "store.db", 6)
    with sqlite3.connect(tmp_path / "store.db") as connection:  # foreign keys are not held here
        connection.execute(SAVED, (99, "day/99.png", "reject"))
    connection.close()
    holds_all(tmp_path / "store.db", judged)


STEPS = (
    "CREATE TRIGGER full BEFORE UPDATE ON decisions WHEN new.sequence = 900 BEGIN SELECT RAISE(ABORT, 'is full'); END",
    "CREATE TRIGGER full BEFORE UPDATE ON saved_frames WHEN old.sequence = 900 "
    "BEGIN SELECT RAISE(ABORT, 'is full'); END",
    "CREATE TABLE sightings (full)",
)


@pytest.mark.parametrize("in_the_way", STEPS, ids=["while pieces are counted", "while frames move", "between tables"])
def test_an_error_in_the_middle_of_taking_up_views_leaves_the_store_as_it_was(tmp_path, in_the_way):
    path = tmp_path / "store.db"
    judged = old_store_with_frames(path, 1000)
    with sqlite3.connect(path) as connection:
        before = list(connection.iterdump())
        connection.execute(in_the_way)
    with pytest.raises(StoreError, match=r"bring its tables up to date"):
        Store.in_file(path)
    with connection:
        connection.execute(f"DROP {'TABLE sightings' if in_the_way == STEPS[2] else 'TRIGGER full'}")
    assert list(connection.iterdump()) == before
    connection.close()
    holds_all(path, judged)


def test_a_disk_that_gets_full_while_views_are_taken_up_is_called_full_and_loses_nothing(tmp_path):
    path = tmp_path / "store.db"
    judged = old_store_with_frames(path, 900)

    def spill(connection, _record):
        connection.execute("PRAGMA cache_size=10")  # so that the disk is asked all along, not at the end alone

    event.listen(Engine, "connect", spill)
    try:
        told = []
        for limit_bytes in range(100_000, 6_000_000, 150_000):
            try:
                with full_disk(limit_bytes):
                    Store.in_file(path).close()
            except StoreError as error:
                told.append(str(error))
            else:
                break
    finally:
        event.remove(Engine, "connect", spill)
    assert len(told) >= 3
    assert all("disk" in sentence and "no such table" not in sentence for sentence in told), told
    holds_all(path, judged)


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from inspection.store.decisions import Store

@event.listens_for(Engine, "connect")
def spill(connection, _record):
    connection.execute("PRAGMA cache_size=10")  # so that what is not committed lies on the disk already

@event.listens_for(Engine, "before_cursor_execute")
def die(connection, cursor, statement, *_more):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

Store.in_file(Path(sys.argv[1]))
"""


@pytest.mark.process
def test_a_start_that_is_killed_while_it_takes_up_views_loses_nothing(tmp_path):
    path = tmp_path / "store.db"
    judged = old_store_with_frames(path, 900)
    for place in (
        "DROP TABLE decisions",
        "CREATE TABLE sightings",
        "DROP TABLE saved_frames",
        "UPDATE alembic_version",
    ):
        ended = subprocess.run([sys.executable, "-c", KILLED, str(path), place], capture_output=True, check=False)
        assert ended.returncode == -signal.SIGKILL, place
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0006",), place
        connection.close()
    holds_all(path, judged)
