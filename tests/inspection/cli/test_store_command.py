"""`inspection store`: what a person types when the store is lost, and the copies that make it good."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.cli import app
from inspection.errors import StoreError
from inspection.station.sole_station import SoleStation
from inspection.store.copies import back_up, copies, fault, newest_sound
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Verdict
from tests.support.patience import PATIENCE_S, until
from tests.support.rig import begun_store, decision


@pytest.fixture
def state(tmp_path):
    """A station's folder with 20 decisions and a people's file."""
    store = begun_store(tmp_path / "state" / "store.db")
    store.append([decision(n) for n in range(1, 21)])
    store.close()
    Database.in_file(tmp_path / "state" / "store.db", Access.PEOPLE).close()
    return tmp_path / "state"


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        return 2, str(result.exception)  # `main` makes these one message and exit code 2.
    return result.exit_code, result.output


def last(file: Path) -> int:
    store = Store.in_file(file)
    try:
        return store.last_sequence()
    finally:
        store.close()


def spoil(file: Path) -> None:
    with file.open("r+b") as opened:
        for place in range(4096, file.stat().st_size - 512, 4096):
            opened.seek(place)
            opened.write(bytes(range(256)) * 2)


def test_a_store_is_copied_lost_and_put_back(state, tmp_path):
    code, said = run("store", "backup", "--state-dir", state, "--folder", tmp_path / "copies", "--json")
    assert code == 0
    made = json.loads(said)
    assert (made["last_number"], set(made["sha256"])) == (20, {"store.db", "store-people.db"})
    assert sorted(os.listdir(made["folder"])) == ["copy.json", "store-people.db", "store.db"]
    spoil(state / "store.db")
    code, said = run("store", "check", "--state-dir", state, "--folder", tmp_path / "copies")
    assert code == 1
    assert f"inspection store restore {made['folder']}" in said
    people = (state / "store-people.db").read_bytes()
    code, said = run("store", "restore", "--state-dir", state, "--folder", tmp_path / "copies", "--json")
    assert code == 0, said
    assert last(state / "store.db") == 20
    assert (state / "store-people.db").read_bytes() == people
    replaced = Path(json.loads(said)["replaced"])
    assert (replaced / "store.db").exists()
    assert not (replaced / "store-people.db").exists()
    assert run("store", "check", "--state-dir", state)[0] == 0


def test_people_are_put_back_too_where_theirs_is_lost_or_it_is_asked_for(state, tmp_path):
    copy = back_up(state / "store.db", tmp_path / "copies", keep=9)
    spoil(state / "store-people.db")
    assert run("store", "restore", copy.folder, "--state-dir", state)[0] == 0
    assert (state / "store-people.db").read_bytes() == (copy.folder / "store-people.db").read_bytes()
    assert (state / "replaced-1" / "store-people.db").exists()
    assert run("store", "restore", copy.folder, "--state-dir", state, "--with-people")[0] == 0
    assert (state / "replaced-2" / "store-people.db").exists()


def test_nothing_is_put_back_below_a_station_that_runs(state, tmp_path):
    copy = back_up(state / "store.db", tmp_path / "copies", keep=9)
    before = (state / "store.db").read_bytes()
    with SoleStation(state):
        code, said = run("store", "restore", copy.folder, "--state-dir", state)
    assert code == 2
    assert f"process {os.getpid()}" in said
    assert (state / "store.db").read_bytes() == before


def test_a_copy_that_was_changed_is_passed_over_and_never_put_back(state, tmp_path):
    good = back_up(state / "store.db", tmp_path / "copies", keep=9)
    bad = back_up(state / "store.db", tmp_path / "copies", keep=9)
    with (bad.folder / "store.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    assert newest_sound(tmp_path / "copies") == good
    assert "was changed" in fault(bad)
    before = (state / "store.db").read_bytes()
    code, said = run("store", "restore", bad.folder, "--state-dir", state)
    assert (code, "no sound copy" in said) == (2, True)
    assert (state / "store.db").read_bytes() == before
    shutil.rmtree(good.folder)
    assert run("store", "restore", "--state-dir", state, "--folder", tmp_path / "copies")[0] == 2


def test_a_copy_of_a_damaged_store_is_refused_and_leaves_nothing(state, tmp_path):
    spoil(state / "store.db")
    with pytest.raises(StoreError, match="damaged"):
        back_up(state / "store.db", tmp_path / "copies", keep=9)
    assert os.listdir(tmp_path / "copies") == []
    assert run("store", "backup", "--state-dir", state, "--folder", tmp_path / "copies")[0] == 2


def test_a_copy_that_breaks_off_leaves_nothing_and_takes_nothing(state, tmp_path):
    back_up(state / "store.db", tmp_path / "copies", keep=1)
    with pytest.raises(StoreError, match="could not be copied"):
        back_up(state / "store.db", tmp_path / "copies", keep=1, is_stopped=lambda: True)
    assert os.listdir(tmp_path / "copies") == ["copy-000001"]


def test_old_copies_go_but_never_those_of_a_store_that_was_lost(state, tmp_path):
    for _ in range(3):
        back_up(state / "store.db", tmp_path / "copies", keep=2)
    for file in state.glob("store*.db*"):
        file.unlink()
    begun_store(state / "store.db").close()
    for _ in range(3):
        back_up(state / "store.db", tmp_path / "copies", keep=2)
    found = copies(tmp_path / "copies")
    assert [copy.card.number for copy in found] == [6, 5, 3, 2]
    assert [copy.card.last_number for copy in found] == [0, 0, 20, 20]


@pytest.mark.slow
def test_a_store_that_is_written_meanwhile_is_copied_as_it_was_at_one_moment_without_holding_the_writer(tmp_path):
    store = begun_store(tmp_path / "store.db")
    store.append([decision(n) for n in range(1, 3001)])
    written, is_over, end_s = [3000], threading.Event(), time.monotonic() + PATIENCE_S

    def write():
        while not is_over.is_set():
            store.append([decision(written[0] + 1)])
            written[0] += 1

    def pause():
        """After each step the store is written: were the copy not of one moment, it would begin again each time."""
        before = written[0]
        while written[0] == before and time.monotonic() < end_s:
            time.sleep(0.001)
        return time.monotonic() > end_s

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(tmp_path / "store.db", tmp_path / "copies", keep=9, is_stopped=pause) for _ in range(2)]
    finally:
        is_over.set()
        writer.join()
    store.close()
    for copy in made:
        with sqlite3.connect(copy.folder / "store.db") as connection:
            count, highest = connection.execute("SELECT count(*), max(sequence) FROM decisions").fetchone()
            defects = connection.execute("SELECT count(*) FROM defects").fetchone()[0]
        connection.close()
        assert (count, defects) == (highest, 2 * highest) == (copy.card.last_number, 2 * copy.card.last_number)
    assert made[-1].card.last_number > 3000
    assert written[0] > made[0].card.last_number


def test_folders_that_hold_no_store_and_options_that_say_two_things_are_refused(state, tmp_path):
    assert run("store", "check", "--state-dir", tmp_path / "nowhere")[0] == 2
    assert run("store", "backup", "--state-dir", tmp_path)[0] == 2
    assert run("store", "check")[0] == 2
    assert run("store", "restore", tmp_path, "--state-dir", state)[0] == 2


def test_a_station_copies_its_store_by_itself_and_says_when_it_can_not(tmp_path):
    """A real station in a process of its own would take a minute; its store alone does the same."""
    from inspection.station.settings import StationSettings
    from inspection.station.station_store import StationStore

    told = {
        "cameras": [{"kind": "simulated"}],
        "recipe": "anode",
        "state_dir": tmp_path / "state",
        "backup": {"folder": tmp_path / "copies"},
    }
    with StationStore(StationSettings.model_validate(told), first_copy_s=0.01) as kept:
        kept.start()
        until(lambda: copies(tmp_path / "copies"))
        assert kept.conditions() == []
    (tmp_path / "file").write_text("in the way")
    told["backup"] = {"folder": tmp_path / "file"}
    with StationStore(StationSettings.model_validate(told), first_copy_s=0.01) as kept:
        kept.start()
        until(kept.conditions)
        assert "was not copied" in kept.conditions()[0].told


@pytest.mark.process
def test_the_command_line_says_what_is_wrong_in_one_message(state):
    spoil(state / "store.db")
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "inspection.cli", "store", "check", "--state-dir", str(state)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert "There is no sound copy" in done.stdout


def test_verdicts_outlive_a_copy(state, tmp_path):
    copy = back_up(state / "store.db", tmp_path / "copies", keep=9)
    store = Store.in_file(copy.folder / "store.db")
    assert {each.decision.verdict for each in store.decisions_after(0, 99)} == {Verdict.REJECT}
    store.close()
