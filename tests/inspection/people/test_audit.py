"""The audit log: only ever added to, and every change shows."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from inspection.errors import StoreError
from inspection.people.audit import START, AuditEntry, AuditLog, seal
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.store.sealing_key import read_key
from tests.support.fresh_store import lay_store


@pytest.fixture
def log(tmp_path):
    database = Database.in_file(lay_store(tmp_path / "store.db", Access.PEOPLE), Access.PEOPLE)
    log = AuditLog(database)
    for number in range(1, 6):
        log.add("ann", "line.hold", "line", before=None, after={"reason": f"splice {number}"})
    yield log
    database.close()


def meddle(path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        triggers = [f"DROP TRIGGER audit_log_refuses_{change}" for change in ("update", "delete")]
        for statement in (*triggers, *statements):
            connection.execute(statement)
    connection.close()


def test_entries_come_newest_first_with_person_time_before_and_after(log):
    newest = log.latest(2)
    assert [entry.number for entry in newest] == [5, 4]
    assert newest[0].after == '{"reason": "splice 5"}'
    assert [entry.number for entry in log.latest(9, before=3)] == [2, 1]
    assert log.latest(9, person="bob") == []
    assert len(log.latest(9, subject="line")) == 5


def test_an_untouched_log_is_intact(log):
    check = log.check()
    assert check.is_intact
    assert (check.entries, check.last_number) == (5, 5)
    assert check.last_sha256 == log.latest(1)[0].sha256


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit_log SET person = 'bob' WHERE number = 2", 2),
        ("UPDATE audit_log SET after = NULL WHERE number = 4", 4),
        ("UPDATE audit_log SET utc = '2030-01-01 00:00:00.000000' WHERE number = 1", 1),
        ("DELETE FROM audit_log WHERE number = 3", 4),
        ("DELETE FROM audit_log WHERE number = 1", 2),
        (
            "INSERT INTO audit_log SELECT 6, utc, person, action, subject, before, after, sha256, mac FROM audit_log "
            "WHERE number = 5",
            6,
        ),
    ],
)
def test_what_was_altered_removed_or_inserted_shows(log, tmp_path, change, broken_at):
    meddle(tmp_path / "store-people.db", change)
    assert log.check().broken_at == broken_at


def made_anew(path, *, without_seals: bool = False) -> None:
    """Blame somebody else for a hold, and make the chain of hashes anew, as anybody can who reads the program."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    previous, statements = START, []
    for row in connection.execute("SELECT * FROM audit_log ORDER BY number").fetchall():
        told = dict(row) | {"utc": datetime.fromisoformat(row["utc"]).replace(tzinfo=UTC), "person": "bob"}
        previous = seal(AuditEntry(**told), previous)
        mac = ", mac = NULL" if without_seals else ""
        statements.append(
            f"UPDATE audit_log SET person = 'bob', sha256 = '{previous}'{mac} WHERE number = {row['number']}"
        )
    connection.close()
    meddle(path, *statements)


def test_a_chain_made_anew_does_not_have_the_keys_seals(log, tmp_path):
    made_anew(tmp_path / "store-people.db")
    assert log.check().broken_at == 1


def test_a_chain_made_anew_without_seals_does_not_lie_on_the_anchors(log, tmp_path):
    made_anew(tmp_path / "store-people.db", without_seals=True)
    check = log.check()
    assert check.broken_at == 1
    assert not check.is_intact


@pytest.mark.parametrize("kept", [3, 0])
def test_an_end_that_was_cut_off_is_missed_by_the_anchors(log, tmp_path, kept):
    meddle(tmp_path / "store-people.db", f"DELETE FROM audit_log WHERE number > {kept}")
    check = log.check()
    assert (check.broken_at, check.missing_up_to, check.entries) == (None, 5, kept)
    assert not check.is_intact


def test_an_entry_that_was_added_without_the_key_shows(log, tmp_path):
    last = log.latest(1)[0]
    added = replace(last, number=6, person="bob", sha256="", mac=None)
    meddle(
        tmp_path / "store-people.db",
        f"INSERT INTO audit_log SELECT 6, utc, 'bob', action, subject, before, after, '{seal(added, last.sha256)}', "
        "NULL FROM audit_log WHERE number = 5",
    )
    assert (log.check().not_sealed, log.check().is_intact) == (6, False)


def test_entries_of_an_earlier_program_are_not_sealed_and_not_broken_and_later_ones_hold_them_fast(tmp_path):
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    database.evidence = None
    old = AuditLog(database)
    for number in range(1, 4):
        old.add("ann", "line.hold", "line", after=number)
    database.close()
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    log = AuditLog(database)
    assert (log.check().is_intact, log.check().before_seals) == (True, 3)
    log.add("bob", "line.hold", "line")
    assert (log.check().is_intact, log.check().before_seals) == (True, 3)
    made_anew(tmp_path / "store-people.db")
    assert log.check().broken_at == 4
    database.close()


def test_without_the_key_nothing_is_proven_and_a_new_one_is_not_made_in_its_place(log, tmp_path):
    (tmp_path / "evidence.key").rename(tmp_path / "kept.key")
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    again = AuditLog(database)
    again.add("ann", "line.hold", "line")
    check = again.check()
    assert not check.is_intact
    assert "evidence.key can't be read" in check.trouble
    assert not (tmp_path / "evidence.key").exists()
    assert again.latest(1)[0].mac is None, "what people do goes on"
    check = again.check([read_key(tmp_path / "kept.key")])
    assert (check.broken_at, check.not_sealed, check.trouble) == (None, 6, None)
    database.close()


def test_an_anchor_that_cannot_be_written_stops_nobody_and_is_told(tmp_path):
    (tmp_path / "anchors.jsonl").mkdir()
    (tmp_path / "evidence.key").write_text("ab" * 32)
    (tmp_path / "evidence.key").chmod(0o600)
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    AuditLog(database).add("ann", "line.hold", "line")
    assert AuditLog(database).latest(1)[0].mac is not None
    (trouble,) = database.evidence.troubles()
    assert "anchors.jsonl" in trouble
    database.close()


@pytest.mark.parametrize("change", ["UPDATE audit_log SET person = 'bob'", "DELETE FROM audit_log"])
def test_the_database_refuses_to_change_the_log(log, tmp_path, change):
    connection = sqlite3.connect(tmp_path / "store-people.db")
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        connection.execute(change)
    connection.close()


def test_an_empty_log_is_intact(tmp_path):
    database = Database.in_file(tmp_path / "empty.db", Access.PEOPLE)
    assert AuditLog(database).check().is_intact
    database.close()


def test_what_fails_leaves_no_entry(log, tmp_path):
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)

    def fail_half_way() -> None:
        with log.transaction("fail") as connection:
            log.enter(connection, "ann", "line.hold", "line")
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError):
        fail_half_way()
    database.close()
    assert log.latest(1)[0].number == 5
