"""A store that is lost, replaced, put back or shared never gives a number twice, nor shows one store's pictures as
another's.
"""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camera.frame import FrameId
from inspection.api.problems import ApiProblem
from inspection.api.reader import DecisionReader
from inspection.clock import Clock, ClockWatch
from inspection.errors import StoreDamaged, StoreError
from inspection.station.feed import DecisionFeed, Publication
from inspection.station.frame_archive import FrameArchive
from inspection.station.recorder import Recorder
from inspection.station.settings import ArchiveSettings, StationSettings
from inspection.station.sole_station import SoleStation
from inspection.station.station_store import StationStore
from inspection.store.copies import back_up, restore
from inspection.values import Verdict
from tests.inspection.store.test_store_trouble import locked
from tests.support.rig import MODEL, RECIPE, decision, frame

pytestmark = pytest.mark.process


def settings(folder: Path, **changes) -> StationSettings:
    values = {"cameras": [{"kind": "simulated"}], "recipe": "anode", "state_dir": folder / "state"}
    return StationSettings.model_validate(values | changes)


class Shift:
    """A station between its start and its end, without cameras."""

    def __init__(self, told: StationSettings) -> None:
        self.kept = StationStore(told)
        self.kept.store.begin_run("test", "0", RECIPE, MODEL)
        self.recorder = Recorder(self.kept.store, self.kept.mark)
        self.epoch = self.kept.store.epoch

    def decide(self, count: int) -> list[int]:
        first = self.recorder.recorded_up_to + 1 + self.recorder.waiting
        told = self.recorder.record([decision(n, Verdict.ACCEPT) for n in range(first, first + count)])
        return [each.sequence for each in told]

    def __enter__(self) -> "Shift":
        return self

    def __exit__(self, *_: object) -> None:
        self.kept.close()


def test_a_store_is_taken_up_where_it_was_left_without_a_word(tmp_path):
    with Shift(settings(tmp_path)) as first:
        assert first.decide(5) == [1, 2, 3, 4, 5]
    with Shift(settings(tmp_path)) as second:
        assert (second.epoch, second.kept.notices) == (first.epoch, [])
        assert second.decide(1) == [6]


def test_a_lost_store_does_not_begin_at_one_again_and_has_another_name(tmp_path):
    with Shift(settings(tmp_path)) as first:
        first.decide(5)
    for file in (tmp_path / "state").glob("store.db*"):
        file.unlink()
    with Shift(settings(tmp_path)) as second:
        assert second.epoch != first.epoch
        assert second.decide(1) == [6]
        (notice,) = second.kept.notices
        assert first.epoch in notice
        assert second.epoch in notice
        assert first.epoch in second.kept.store.gap_at(3).why
        assert second.kept.store.gap_at(6) is None


def test_when_the_numbers_were_lost_with_the_store_the_saved_frames_still_tell_them(tmp_path):
    day = tmp_path / "state" / "frames" / ("a" * 32) / "2030-01-02"
    day.mkdir(parents=True)
    (day / "0000000041-cam0-41-reject-8bit.png").write_bytes(b"")
    old = tmp_path / "state" / "frames" / "2029-01-02"
    old.mkdir()
    (old / "0000000042-cam0-42-reject-8bit.png").write_bytes(b"")
    with Shift(settings(tmp_path)) as shift:
        assert shift.decide(1) == [43]


def test_pictures_of_a_lost_store_stay_apart_and_are_named(tmp_path):
    told = settings(tmp_path)
    every = ArchiveSettings(accept_sample=1.0, min_free_gb=0.0)
    with Shift(told) as first:
        archive = FrameArchive(told.frames_dir, every, first.kept.store)
        archive.start()
        assert archive.notice is None
        archive.take([Publication(each, frame(9)) for each in first.recorder.record([decision(1)])])
        archive.stop()
        before = archive.png(first.kept.store.station_run, FrameId("cam0", 1, 1))
    (picture,) = told.frames_dir.rglob("*.png")
    for file in (tmp_path / "state").glob("store.db*"):
        file.unlink()
    with Shift(told) as second:
        archive = FrameArchive(told.frames_dir, every, second.kept.store)
        archive.start()
        assert first.epoch in archive.notice
        assert archive.png(first.kept.store.station_run, FrameId("cam0", 1, 1)) is None
        archive.take([Publication(each, frame(5)) for each in second.recorder.record([decision(2)])])
        archive.stop()
        assert archive.png(second.kept.store.station_run, FrameId("cam0", 1, 2)) != before
    assert picture.read_bytes() == before[0]
    assert len(list(told.frames_dir.rglob("*.png"))) == 2


def test_an_older_copy_that_was_put_back_gives_no_number_twice(tmp_path):
    told = settings(tmp_path)
    with Shift(told) as first:
        first.decide(5)
        copy = back_up(tmp_path / "state" / "store.db", tmp_path / "copies", keep=3)
        assert first.decide(3) == [6, 7, 8]
    restore(copy, tmp_path / "state" / "store.db", with_people=False)
    with Shift(told) as second:
        assert second.epoch != first.epoch
        assert second.decide(1) == [9]
        assert "ends with number 5, although it had all up to 8" in second.kept.store.gap_at(7).why
        assert second.kept.store.decision(5).epoch == first.epoch
        assert second.kept.store.decision(9).epoch == second.epoch
    with Shift(told) as third:
        assert (third.epoch, third.kept.notices) == (second.epoch, [])
        assert third.decide(1) == [10]


def test_another_stations_store_that_was_put_here_gets_a_name_of_its_own(tmp_path):
    with Shift(settings(tmp_path / "a")) as a:
        a.decide(2)
    with Shift(settings(tmp_path / "b")) as b:
        b.decide(7)
    shutil.copy(tmp_path / "a" / "state" / "store.db", tmp_path / "b" / "state" / "store.db")
    with Shift(settings(tmp_path / "b")) as mixed:
        assert mixed.epoch not in (a.epoch, b.epoch)
        assert mixed.decide(1) == [8]


def test_a_store_without_the_file_of_its_numbers_gets_another_name(tmp_path):
    with Shift(settings(tmp_path)) as first:
        first.decide(2)
    (tmp_path / "state" / "numbers.json").write_bytes(b"\x00garbage")
    with Shift(settings(tmp_path)) as second:
        assert second.epoch != first.epoch
        assert second.decide(1) == [3]
        assert "numbers.json" in second.kept.notices[0]


def test_numbers_told_while_the_store_took_nothing_are_not_given_again_after_a_kill(tmp_path):
    with Shift(settings(tmp_path)) as first:
        first.decide(2)
        with locked(tmp_path / "state" / "store.db"):
            told = first.decide(4)
            assert told == [3, 4, 5, 6]
    with Shift(settings(tmp_path)) as second:
        assert second.epoch == first.epoch
        (number,) = second.decide(1)
        assert number > 6
        assert all("UNINSPECTED, while the store took nothing" in second.kept.store.gap_at(n).why for n in told)
    with Shift(settings(tmp_path)) as third:
        assert third.kept.notices == []
        assert third.decide(1) == [number + 1]


def test_after_the_store_took_all_that_waited_no_number_is_left_out(tmp_path):
    with Shift(settings(tmp_path)) as first:
        first.decide(2)
        with locked(tmp_path / "state" / "store.db"):
            first.decide(4)
        first.recorder.catch_up(at_once=True)
        assert first.decide(1) == [7]
    with Shift(settings(tmp_path)) as second:
        assert second.decide(1) == [8]


def test_a_client_before_a_gap_hears_also_of_what_only_memory_has(tmp_path):
    with Shift(settings(tmp_path)) as first:
        first.decide(2)
        with locked(tmp_path / "state" / "store.db"):
            first.decide(4)
    with Shift(settings(tmp_path)) as second:
        feed = DecisionFeed(lambda: second.recorder.recorded_up_to)
        reader = DecisionReader(feed, second.kept.store)
        last = feed.last_sequence
        with locked(tmp_path / "state" / "store.db"):
            told = second.recorder.record([decision(last + n, Verdict.ACCEPT) for n in (1, 2, 3)])
        feed.take([Publication(each, None) for each in told])
        found = [each.sequence for each in asyncio.run(reader.after(2, 2))]
        assert found == [last + 1, last + 2]
        assert [each.sequence for each in asyncio.run(reader.after(last + 2, 2))] == [last + 3]
        assert [each.sequence for each in asyncio.run(reader.after(0, 9))] == [1, 2]
        assert feed.decision(last) is None


def test_a_client_of_another_epoch_is_refused(tmp_path):
    with Shift(settings(tmp_path)) as shift:
        shift.decide(2)
        feed = DecisionFeed(lambda: shift.recorder.recorded_up_to)
        reader = DecisionReader(feed, shift.kept.store)
        reader.check(2, shift.epoch)
        with pytest.raises(ApiProblem, match=shift.epoch) as refused:
            reader.check(1, "of another store")
        assert (refused.value.status, refused.value.name) == (409, "other-epoch")
        assert {each.epoch for each in asyncio.run(reader.after(0, 9))} == {shift.epoch}


@pytest.mark.parametrize("by", ["its own name", "a link", "a store of its own folder"])
def test_a_second_station_on_the_same_store_is_refused_and_told_who_has_it(tmp_path, by):
    (tmp_path / "state").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "state")
    other = {
        "its own name": {},
        "a link": {"state_dir": tmp_path / "link"},
        "a store of its own folder": {
            "state_dir": tmp_path / "elsewhere",
            "store_url": f"sqlite:///{tmp_path}/shared/store.db",
        },
    }[by]
    (tmp_path / "shared").mkdir()
    mine = settings(tmp_path, **({"store_url": other["store_url"]} if "store_url" in other else {}))
    with Shift(mine) as first:
        first.decide(1)
        with pytest.raises(StoreError, match=r"Another station works on .*process \d+ on .*, since .* UTC"):
            StationStore(settings(tmp_path, **other))
        assert first.decide(1) == [2]
    with Shift(settings(tmp_path, **other)):
        pass


def test_a_killed_station_lets_go(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from inspection.station.sole_station import SoleStation\n"
        "SoleStation(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[3]
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root)
    assert child.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match=f"process {child.pid}"):
        SoleStation(tmp_path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    SoleStation(tmp_path).close()


def test_a_lock_file_that_somebody_removed_keeps_a_second_station_out_again(tmp_path):
    with SoleStation(tmp_path) as first:
        (tmp_path / "station.lock").unlink()
        first.look()
        with pytest.raises(StoreError):
            SoleStation(tmp_path)
        (tmp_path / "station.lock").unlink()
        with SoleStation(tmp_path), pytest.raises(StoreError, match="Another station"):
            first.look()


def test_a_state_folder_that_was_moved_away_is_not_made_anew_in_its_place(tmp_path):
    with SoleStation(tmp_path / "state") as held:
        (tmp_path / "state").rename(tmp_path / "elsewhere")
        with pytest.raises(StoreError, match="folder is there"):
            held.look()
        assert not (tmp_path / "state").exists()
        (tmp_path / "elsewhere").rename(tmp_path / "state")
        held.look()


def test_a_damaged_store_is_refused_at_start_with_the_newest_sound_copy(tmp_path):
    told = settings(tmp_path, backup={"folder": tmp_path / "copies"})
    store_file = tmp_path / "state" / "store.db"
    with Shift(told) as shift:
        shift.decide(2)
        sound = back_up(store_file, tmp_path / "copies", keep=3)
        shift.decide(2)
        spoilt = back_up(store_file, tmp_path / "copies", keep=3)
    (spoilt.folder / "store.db").write_bytes(b"spoilt")
    spoil(store_file)
    with pytest.raises(StoreDamaged, match=r"store\.db is damaged: .*inspection store restore") as refused:
        StationStore(told)
    assert str(sound.folder) in str(refused.value)
    assert "up to 2" in str(refused.value)


def spoil(file: Path) -> None:
    """Half of the pages become noise."""
    content = bytearray(file.read_bytes())
    for place in range(4096, len(content), 8192):
        content[place : place + 512] = bytes(range(256)) * 2
    file.write_bytes(content)


def test_what_the_clock_does_is_told_once_running_or_not(tmp_path):
    wall, running = [datetime(2000, 1, 1, tzinfo=UTC)], [50.0]
    clock = Clock(lambda: wall[0], lambda: running[0], lambda: "one boot")
    watch = ClockWatch(clock)
    wall[0] += timedelta(seconds=30)
    assert watch.look() is None
    running[0] += 30.0
    wall[0] += timedelta(days=9000)
    jump = watch.look()
    assert (jump.after_utc - jump.before_utc) == timedelta(days=9000)
    assert watch.look() is None
    wall[0] -= timedelta(seconds=40)
    assert watch.look() is None
    wall[0] -= timedelta(seconds=40)
    assert watch.look() is not None

    StationStore(settings(tmp_path), clock).close()
    running[0], wall[0] = running[0] + 100, wall[0] + timedelta(seconds=100)
    StationStore(settings(tmp_path), clock).close()
    wall[0] -= timedelta(days=3)
    with StationStore(settings(tmp_path), clock) as kept:
        (notice,) = kept.notices
        assert "set back by 3 days" in notice


def test_numbers_are_noted_even_where_the_folder_was_deleted(tmp_path):
    with Shift(settings(tmp_path)) as shift:
        shift.decide(2)
        shutil.rmtree(tmp_path / "state")
        told = shift.decide(3)
        assert "not there any more" in shift.recorder.trouble
        assert json.loads((tmp_path / "state" / "numbers.json").read_bytes())["reserved"] >= told[-1]
    with Shift(settings(tmp_path)) as second:
        assert second.decide(1)[0] > told[-1]


def test_the_stores_name_is_in_each_copy_and_changes_are_kept_with_their_reason(tmp_path):
    with Shift(settings(tmp_path)) as shift:
        shift.decide(1)
        copy = back_up(tmp_path / "state" / "store.db", tmp_path / "copies", keep=1)
    assert (copy.card.epoch, copy.card.last_number) == (shift.epoch, 1)
    with sqlite3.connect(copy.folder / "store.db") as connection:
        assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (1,)
    connection.close()
