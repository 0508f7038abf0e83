"""`inspection store verify` and `new-key`, as a person calls them."""

import json
import sqlite3

import pytest
from typer.testing import CliRunner

from inspection.cli import app
from inspection.people.audit import AuditLog
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.store.seals import seal_head
from tests.support.rig import begun_store, decision


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def verified(folder, *more):
    answer = call("store", "verify", "--state-dir", folder, "--json", *more)
    return answer.exit_code, json.loads(answer.stdout)


@pytest.fixture
def folder(tmp_path):
    """Decisions and audit log of a station, sealed and anchored."""
    store = begun_store(tmp_path / "store.db")
    store.append([decision(n) for n in range(1, 11)])
    store.close()
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    for reason in ("splice", "web break"):
        AuditLog(database).add("ann", "line.hold", "line", after=reason)
    epoch, head = seal_head(database)
    database.evidence.anchor(epoch, decisions=head)
    database.close()
    return tmp_path


def meddle(path, *statements):
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_what_nobody_touched_is_told_with_what_can_not_be_shown(folder):
    answer = call("store", "verify", "--state-dir", folder)
    assert answer.exit_code == 0, answer.output
    assert "decisions: 10, of which 10 are as they were sealed" in answer.stdout
    assert "audit log: 2 entries" in answer.stdout
    assert "whoever has the key can forge" in answer.stdout
    code, told = verified(folder)
    assert (code, told["is_intact"], told["faults"], told["warnings"]) == (0, True, [], [])
    assert (told["decisions"]["anchored_up_to"], told["audit_log"]["anchored_up_to"]) == (10, 2)


def test_a_reject_that_became_an_accept_is_named(folder):
    meddle(folder / "store.db", "UPDATE decisions SET verdict = 'accept' WHERE sequence = 4")
    code, told = verified(folder)
    assert (code, told["faults"]) == (1, ["Decision 4: altered since the seal was made."])


def test_an_audit_log_that_was_cut_off_is_named(folder):
    triggers = [f"DROP TRIGGER audit_log_refuses_{change}" for change in ("update", "delete")]
    meddle(folder / "store-people.db", *triggers, "DELETE FROM audit_log WHERE number = 2")
    code, told = verified(folder)
    assert code == 1
    assert "ends with entry 1, an anchor names 2" in told["faults"][0]


def test_a_new_key_is_made_where_the_old_one_is_lost_and_the_old_seals_need_the_old_key(folder):
    assert call("store", "new-key", "--state-dir", folder).exit_code == 1
    (folder / "evidence.key").rename(folder / "old.key")
    code, told = verified(folder)
    assert code == 1
    assert any("evidence.key can't be read" in fault for fault in told["faults"])
    made = call("store", "new-key", "--state-dir", folder)
    assert made.exit_code == 0, made.output
    assert (folder / "evidence.key").stat().st_mode & 0o777 == 0o600
    code, told = verified(folder)
    assert code == 1
    assert any("which is not here" in fault for fault in told["faults"])
    assert verified(folder, "--key", folder / "old.key")[:1] == (0,)
