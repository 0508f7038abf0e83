"""The audit log: only ever added to, and every change shows."""

import sqlite3

import pytest

from inspection.database import Access, Database
from inspection.errors import StoreError
from inspection.people.audit import AuditLog, add_entry


@pytest.fixture
def log(tmp_path):
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
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
            "INSERT INTO audit_log SELECT 6, utc, person, action, subject, before, after, sha256 FROM audit_log "
            "WHERE number = 5",
            6,
        ),
    ],
)
def test_what_was_altered_removed_or_inserted_shows(log, tmp_path, change, broken_at):
    meddle(tmp_path / "store-people.db", change)
    assert log.check().broken_at == broken_at


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
        with database.transaction("fail", writes=True) as connection:
            add_entry(connection, "ann", "line.hold", "line")
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError):
        fail_half_way()
    database.close()
    assert log.latest(1)[0].number == 5
