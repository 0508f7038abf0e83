"""Seals over the decisions: what was written can be trusted later, and what was not, shows."""

import json
import socket
import sqlite3
from dataclasses import replace

import pytest

from inspection.judging.uninspected import withdrawn
from inspection.station.anchoring import Anchoring
from inspection.station.station_store import StationStore
from inspection.store.anchors import Anchor, Head
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.evidence import Evidence
from inspection.store.seal_check import check_seals
from inspection.store.sealing_key import SealingKey, make_key, read_key
from inspection.store.seals import seal_head
from inspection.values import Verdict
from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import MODEL, RECIPE, begun_store, decision, write_model
from tests.support.stations import Station


@pytest.fixture
def sealed(tmp_path):
    """Twenty decisions, written one, five, four and ten at a time."""
    store = begun_store(tmp_path / "store.db")
    of = [decision(n, Verdict.ACCEPT if n % 2 else Verdict.REJECT) for n in range(1, 21)]
    for first, last in ((0, 1), (1, 6), (6, 10), (10, 20)):
        store.append(of[first:last])
    store.close()
    return tmp_path


def check(folder, *more_keys):
    database = Database.in_file(folder / "store.db")
    try:
        return check_seals(database, [read_key(folder / "evidence.key"), *more_keys], database.evidence.anchors())
    finally:
        database.close()


def anchor(folder):
    database = Database.in_file(folder / "store.db")
    store, head = seal_head(database)
    database.evidence.key(is_first=False)
    database.evidence.anchor(store, decisions=head)
    database.close()


def meddle(folder, *statements):
    connection = sqlite3.connect(folder / "store.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_what_nobody_touched_is_intact(sealed):
    anchor(sealed)
    found = check(sealed)
    assert (found.decisions, found.sealed, found.before_seals, found.faults) == (20, 20, 0, ())
    assert found.anchored_up_to == 20


_COPY = "INSERT INTO {} SELECT {} FROM {} WHERE sequence = 7"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (("UPDATE decisions SET verdict = 'accept' WHERE sequence = 8",), "Decision 8: altered"),
        (("UPDATE decisions SET start_mm = start_mm + 0.001 WHERE sequence = 3",), "Decision 3: altered"),
        (("UPDATE decisions SET captured_utc = '2030-01-01 00:00:00.000000' WHERE sequence IN (3, 4)",),
         "Decisions 3 to 4: altered"),
        (("UPDATE decisions SET captured_utc = 'never' WHERE sequence = 5",), "Decision 5: altered"),
        (("UPDATE decisions SET stage_ms = '{half' WHERE sequence = 5",), "Decision 5: altered"),
        (("UPDATE decisions SET setup_sha256 = NULL, latency_ms = 0 WHERE sequence = 20",), "Decision 20: altered"),
        (("UPDATE reasons SET sentence = 'it was nothing' WHERE sequence = 12",), "Decision 12: altered"),
        (("DELETE FROM reasons WHERE sequence = 12",), "Decision 12: altered"),
        (("UPDATE defects SET diameter_mm = 0.1 WHERE sequence = 2 AND position = 1",), "Decision 2: altered"),
        (("UPDATE defects SET mask_png = NULL WHERE sequence = 2",), "Decision 2: altered"),
        (("DELETE FROM defects WHERE sequence = 2 AND position = 1",), "Decision 2: altered"),
        (("UPDATE dimensions SET value_mm = 100 WHERE sequence = 1",), "Decision 1: altered"),
        (("UPDATE artefacts SET version = '9' WHERE role = 'recipe'",), "Decisions 1 to 20: altered"),
        (("UPDATE decisions SET piece_id = 'x' WHERE sequence = 6", "UPDATE decisions SET piece_id = 'P6' "
          "WHERE sequence = 7"), "Decisions 6 to 7: altered"),
        (("DELETE FROM decisions WHERE sequence = 9",), "Decision 9: missing, though sealed"),
        (("DELETE FROM decisions WHERE sequence BETWEEN 7 AND 10", "DELETE FROM seals WHERE number = 3"),
         "Seals 3 to 3 are missing"),
        (("DELETE FROM decisions WHERE sequence BETWEEN 7 AND 10", "DELETE FROM seals WHERE number = 3",
          "UPDATE seals SET number = 3 WHERE number = 4"), "Seal 3 (decisions 11 to 20) does not follow"),
        (("DELETE FROM seals WHERE number = 1",), "Seals 1 to 1 are missing"),
        (("UPDATE seals SET digests = (SELECT digests FROM seals WHERE number = 1) WHERE number = 2",),
         "Seal 2 (decisions 2 to 6) does not follow"),
        (("INSERT INTO decisions SELECT 21, station_run_id, camera, run, 99, verdict, severity, start_mm, length_mm, "
          "trigger_id, piece_id, captured_utc, decided_utc, latency_ms, deadline_met, recipe_id, model_id, stage_ms, "
          "setup_sha256, cut, lane, -21 FROM decisions WHERE sequence = 1",), "Decision 21: without a seal"),
    ],
)  # fmt: skip
def test_whatever_was_altered_removed_added_or_swapped_shows(sealed, statements, fault):
    meddle(sealed, *statements)
    found = check(sealed)
    assert not found.is_intact
    assert any(each.startswith(fault) for each in found.faults), found.faults


def test_an_end_that_was_cut_off_with_its_seals_is_missed_by_the_anchors(sealed):
    anchor(sealed)
    cut = [f"DELETE FROM {table} WHERE sequence > 10" for table in ("reasons", "defects", "dimensions", "decisions")]
    meddle(sealed, *cut, "DELETE FROM seals WHERE number = 4")
    (fault,) = check(sealed).faults
    assert "ends with decision 10" in fault
    assert "reached 20" in fault


def test_seals_that_were_all_removed_are_missed_by_the_anchors(sealed):
    anchor(sealed)
    meddle(sealed, "UPDATE decisions SET verdict = 'accept'", "DELETE FROM seals")
    found = check(sealed)
    assert found.before_seals == 20
    assert "reached 20" in found.faults[0]


def test_a_chain_made_anew_with_another_key_shows(sealed):
    anchor(sealed)
    forged = SealingKey(b"x" * 32)
    meddle(sealed, "UPDATE decisions SET verdict = 'accept'", "DELETE FROM seals")
    database = Database.in_file(sealed / "store.db", evidence=Evidence(sealed / "other.key", sealed / "other.jsonl"))
    (sealed / "other.key").write_text(forged.secret.hex())
    store = Store(database)
    stored = [each.decision for each in store.decisions(range(1, 21))]
    meddle(sealed, *(f"DELETE FROM {t}" for t in ("reasons", "defects", "dimensions", "decisions")))
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append(stored)
    database.close()
    assert any(f"made with key {forged.name}, which is not here" in fault for fault in check(sealed).faults)
    assert any("don't lie on the chain" in fault for fault in check(sealed, forged).faults)


def test_a_decision_withdrawn_before_it_was_published_is_sealed_as_it_was_told(tmp_path):
    store = begun_store(tmp_path / "store.db")
    told = [decision(n, Verdict.ACCEPT) for n in range(1, 4)]
    store.append(told)
    store.amend([withdrawn(told[1], 250.0, 200.0)])
    store.close()
    assert check(tmp_path).faults == ()
    meddle(tmp_path, "UPDATE decisions SET verdict = 'accept' WHERE sequence = 2")
    assert check(tmp_path).faults == ("Decision 2: altered since the seal was made.",)


def test_decisions_of_an_earlier_program_are_not_sealed_and_not_broken(tmp_path):
    database = Database.in_file(tmp_path / "store.db")
    database.evidence = None
    store = Store(database)
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append([decision(1), decision(2)])
    database.close()
    store = begun_store(tmp_path / "store.db")
    store.append([decision(3)])
    store.close()
    found = check(tmp_path)
    assert (found.decisions, found.sealed, found.before_seals, found.faults) == (3, 1, 2, ())


def test_numbers_that_are_left_out_and_values_at_the_edge_of_what_a_column_holds_are_sealed_as_they_come_back(tmp_path):
    store = begun_store(tmp_path / "store.db")
    odd = decision(9, latency_ms=-0.0, stage_ms={"z": 1e-300, "a": 2})
    odd = replace(odd, piece=replace(odd.piece, start_mm=3, length_mm=None, piece_id="ü\u2028"))
    store.append([decision(2), decision(3), decision(7), odd])
    store.append([decision(5)])
    store.close()
    assert check(tmp_path).faults == ()


@pytest.mark.parametrize("content", [None, b"", b"zz" * 32, b"ab" * 31, b"\xff\x00"])
def test_a_key_that_cannot_be_used_stops_nothing_and_is_told(sealed, content):
    (sealed / "evidence.key").unlink()
    if content is not None:
        (sealed / "evidence.key").write_bytes(content)
    database = Database.in_file(sealed / "store.db")
    store = Store(database)
    store.begin_run("test", "0", RECIPE, MODEL)
    store.append([decision(21)])
    assert store.last_sequence() == 21
    (trouble,) = [text for text in database.evidence.troubles() if "without seals" in text]
    assert "evidence.key" in trouble
    store.close()
    assert (sealed / "evidence.key").exists() is (content is not None)


def test_a_key_that_comes_back_is_taken_up_and_the_time_without_it_stays_visible(sealed):
    (sealed / "evidence.key").rename(sealed / "away")
    store = begun_store(sealed / "store.db")
    store.append([decision(21)])
    store.close()
    (sealed / "away").rename(sealed / "evidence.key")
    store = begun_store(sealed / "store.db")
    store.append([replace(decision(22), piece=replace(decision(22).piece, trigger_id=None))])
    store.close()
    assert [fault.split(":")[0] for fault in check(sealed).faults] == ["Decision 21"]


def test_a_key_that_others_may_read_is_an_alarm_and_seals_all_the_same(sealed):
    (sealed / "evidence.key").chmod(0o644)
    database = Database.in_file(sealed / "store.db")
    assert database.evidence.key(is_first=False) is not None
    assert "mode 0644" in database.evidence.troubles()[0]
    database.close()


def test_a_key_is_made_once_for_this_user_alone(tmp_path):
    key = make_key(tmp_path / "state" / "k")
    assert make_key(tmp_path / "state" / "k") == key
    assert (tmp_path / "state" / "k").stat().st_mode & 0o777 == 0o600
    assert key.secret.hex() not in repr(key)
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["k"]


def test_an_anchor_line_cut_short_by_a_power_cut_spoils_no_other(sealed):
    anchor(sealed)
    path = sealed / "anchors.jsonl"
    path.write_bytes(path.read_bytes() + b'{"utc": "2030-')
    anchor(sealed)
    database = Database.in_file(sealed / "store.db")
    assert [each.last_sequence for each in database.evidence.anchors()] == [20, 20]
    database.close()
    assert check(sealed).faults == ()


def test_an_anchor_can_not_be_bent_to_another_time_store_or_number():
    key = SealingKey(b"k" * 32)
    made = Anchor.made(key, "store-a", Head(20, "m" * 64), None)
    assert made.fits(key, "m" * 64, None)
    for change in ({"last_sequence": 19}, {"store": "store-b"}, {"utc": made.utc.replace(year=2031)}):
        assert not made.model_copy(update=change).fits(key, "m" * 64, None)
    assert not made.fits(key, "n" * 64, None)
    assert not made.fits(SealingKey(b"l" * 32), "m" * 64, None)


def anchored(folder):
    return [json.loads(line)["last_sequence"] for line in (folder / "anchors.jsonl").read_text().splitlines()]


def test_how_far_the_seals_reach_is_anchored_every_so_often_and_when_the_store_is_closed(tmp_path):
    kept = StationStore(settings(tmp_path, evidence={"anchor_every_s": 3600.0}))  # its own upkeep is not started
    kept.store.begin_run("test", "0", RECIPE, MODEL)
    anchoring = Anchoring(kept.database, 3600.0)
    anchoring.keep_up()
    kept.store.append([decision(1)])
    anchoring.anchor()
    anchoring.anchor()
    anchoring.keep_up()
    assert anchored(tmp_path / "state") == [1], "nothing new, and not yet time"
    kept.store.append([decision(2)])
    kept.close()
    kept.close()
    assert anchored(tmp_path / "state") == [1, 2]


@pytest.mark.slow
def test_a_station_seals_what_it_decides(tmp_path):
    write_model(tmp_path / "models" / "electrode-0.1")
    with Station(settings(tmp_path)) as station:
        assert station.wait(PATIENCE_S)
    found = check(tmp_path / "state")
    assert found.faults == ()
    assert found.sealed == found.decisions == found.anchored_up_to > 0


def test_anchors_go_to_syslog_too(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(tmp_path / "log"))
        daemon.settimeout(10)
        evidence = Evidence(tmp_path / "k", tmp_path / "a.jsonl", str(tmp_path / "log"))
        key = evidence.key(is_first=True)
        evidence.anchor("store-a", decisions=Head(7, "m" * 64))
        line = daemon.recv(2000).rstrip(b"\0").decode()
        assert evidence.troubles() == []
    word, _, told = line.partition(": ")
    assert word.endswith("inspection-anchor")
    assert Anchor.model_validate_json(told).fits(key, "m" * 64, None)
    evidence.anchor("store-a", decisions=Head(8, "m" * 64))
    (trouble,) = evidence.troubles()
    assert "syslog" in trouble
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2, "the file has it all the same"
