import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from structlog.testing import CapturingLogger

from camera.frame import FrameId
from inspection.clock import Clock
from inspection.station import frame_archive
from inspection.station.feed import Publication
from inspection.station.frame_archive import FrameArchive, is_wanted
from inspection.station.settings import ArchiveSettings
from inspection.store.frame_files import FrameFiles
from inspection.values import Box, Fate, Piece, Severity, Verdict
from inspection.vision.overlay import draw_overlay, to_grey8
from tests.inspection.store.test_store_trouble import full_disk
from tests.support.patience import PATIENCE_S, until
from tests.support.rig import MODEL, RECIPE, begun_store, decision, defect, frame
from tests.support.views import above, below, of_two_views

ALL = ArchiveSettings(accept_sample=1.0, min_free_gb=0.0)


class SettableClock:
    """A machine whose clocks a test moves: both run on, or somebody sets the one on the wall."""

    def __init__(self) -> None:
        self.wall_utc = datetime(2030, 1, 2, tzinfo=UTC)
        self.seconds = 1000.0
        self.boot = "first start"

    def run_on(self, span: timedelta) -> None:
        self.wall_utc += span
        self.seconds += span.total_seconds()

    def start_anew(self) -> None:
        """Switched off and on: the running clock begins anew."""
        self.seconds, self.boot = 5.0, self.boot + " and another"

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.wall_utc, lambda: self.seconds, lambda: self.boot)


@pytest.fixture
def machine():
    return SettableClock()


@pytest.fixture
def store(tmp_path, machine):
    store = begun_store(tmp_path / "store.db", machine.clock)
    yield store
    store.close()


def published(store, *decisions, pixels=None):
    store.append(list(decisions))
    frames = [frame(d.sequence) for d in decisions]
    if pixels is not None:
        frames = [replace(f, pixels=pixels, bit_depth=12) for f in frames]
    return [Publication(d, f) for d, f in zip(decisions, frames, strict=True)]


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "frames").rglob("*") if path.is_file())


def test_rejects_and_uninspected_frames_are_all_saved_and_accepts_as_a_sample():
    assert all(is_wanted(decision(n, v), 0.0) for n in range(9) for v in (Verdict.REJECT, Verdict.UNINSPECTED))
    drawn = [is_wanted(decision(n, Verdict.ACCEPT), 0.1) for n in range(5000)]
    assert 0.08 < np.mean(drawn) < 0.12
    assert drawn == [is_wanted(decision(n, Verdict.ACCEPT), 0.1) for n in range(5000)]


def test_a_saved_frame_is_lossless_also_with_twelve_bits(tmp_path, store):
    pixels = np.random.default_rng(1).integers(0, 4096, (64, 128), np.uint16)
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()
    archive.take(published(store, decision(1), pixels=pixels))
    archive.stop()
    assert files(tmp_path) == ["0000000001-cam0-1-reject-12bit.png"]
    saved = store.frame_index.saved_frame(1)
    assert saved.path == f"{store.epoch}/2030-01-02/0000000001-cam0-1-reject-12bit.png"
    png, bit_depth = archive.png(store.station_run, FrameId("cam0", 1, 1))
    assert bit_depth == 12
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), pixels)


def test_who_only_reads_finds_what_was_saved_and_touches_nothing(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()
    archive.take(published(store, decision(1), decision(2)))
    archive.stop()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "frames").rglob("*")}
    read = FrameFiles(tmp_path / "frames", store)
    assert read.png(2) == archive.png(store.station_run, FrameId("cam0", 1, 2))
    assert read.png(3) is None, "no such decision"
    (read.folder / store.frame_index.saved_frame(1).path).unlink()
    assert read.png(1) is None, "somebody removed it by hand"
    assert [day.name for day in read.days()] == ["2030-01-02"]
    assert list(read.not_indexed(read.days()[0])) == [[]]
    left = {path: path.stat().st_mtime_ns for path in (tmp_path / "frames").rglob("*") if path.is_file()}
    assert left == {path: time_ns for path, time_ns in before.items() if path in left}
    assert len(left) == 1


def test_a_frame_that_waits_for_the_disk_can_be_seen_already(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.take(published(store, decision(1)))
    assert archive.png(store.station_run, FrameId("cam0", 1, 1)) is not None
    assert files(tmp_path) == []


def test_what_the_disk_can_not_take_in_time_is_dropped_and_counted(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store, capacity=4)
    archive.take(published(store, *(decision(n) for n in range(1, 11))))
    assert archive.counters["dropped"] == 6
    archive.start()
    archive.stop()
    assert archive.counters["saved"] == len(files(tmp_path)) == 4


def test_a_full_disk_stops_saving_loudly_and_saving_resumes_by_itself(tmp_path, store, monkeypatch):
    # The full disk must not hold the file in which pytest catches what is logged.
    logs = CapturingLogger()
    monkeypatch.setattr(frame_archive, "_log", logs)
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()

    first, second = published(store, decision(1)), published(store, decision(2))
    with full_disk(1000):
        archive.take(first)
        until(lambda: archive.counters["refused"] == 1)
        assert "saving resumes by itself" in archive.trouble
    assert files(tmp_path) == []
    archive.take(second)
    until(lambda: archive.counters["saved"] == 1)
    archive.stop()
    assert archive.trouble is None
    assert [(call.method_name, call.args[0]) for call in logs.calls] == [
        ("error", "frames are not saved; inspection goes on"),
        ("warning", "frames are saved again"),
    ]
    assert files(tmp_path) == ["0000000002-cam0-2-reject-8bit.png"]


def test_below_the_least_free_space_nothing_is_saved(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ArchiveSettings(min_free_gb=1e9), store)
    archive.start()
    archive.take(published(store, decision(1)))
    archive.stop()
    assert files(tmp_path) == []
    assert "min_free_gb" in archive.trouble


def saved(tmp_path, store, settings, verdicts):
    archive = FrameArchive(tmp_path / "frames", settings, store, capacity=100)
    archive.take(published(store, *(decision(n, verdict) for n, verdict in enumerate(verdicts, start=1))))
    archive.start()
    archive.stop()
    return archive


MIXED = [Verdict.REJECT, Verdict.ACCEPT, Verdict.UNINSPECTED] * 4


def test_beyond_its_size_the_archive_gives_up_accepts_first_and_rejects_last(tmp_path, store):
    archive = saved(tmp_path, store, ALL, MIXED)
    one = archive.saved_bytes / 12
    for keep, left in ((9, "reject accept uninspected"), (6, "reject uninspected"), (3, "reject")):
        small = FrameArchive(tmp_path / "frames", ALL.model_copy(update={"max_gb": (keep + 0.3) * one / 1e9}), store)
        small._saved_bytes = store.frame_index.saved_bytes()
        small.tidy(datetime.now(UTC))
        assert len(files(tmp_path)) == keep
        assert {name.split("-")[-2] for name in files(tmp_path)} == set(left.split())
    assert store.frame_index.saved_bytes() <= 3.3 * one


def test_old_frames_go_by_verdict_and_their_decisions_stay(tmp_path, store, machine):
    archive = saved(tmp_path, store, ALL, MIXED)
    machine.run_on(timedelta(days=40))
    archive.tidy(machine.wall_utc)
    assert {name.split("-")[-2] for name in files(tmp_path)} == {"reject", "uninspected"}
    machine.run_on(timedelta(days=760))
    archive.tidy(machine.wall_utc)
    assert files(tmp_path) == []
    assert archive.counters["removed"] == 12
    assert archive.png(store.station_run, FrameId("cam0", 1, 1)) is None
    assert store.decision(1).saved_frame is None


@pytest.mark.parametrize("years", [26, 14, -30], ids=["a flat battery is put right", "far ahead", "back"])
def test_a_clock_that_is_set_makes_no_frame_old(tmp_path, store, machine, years):
    archive = saved(tmp_path, store, ALL, MIXED)
    machine.wall_utc += timedelta(days=365 * years)
    archive.tidy(machine.wall_utc)
    machine.wall_utc -= timedelta(days=365 * years)
    archive.tidy(machine.wall_utc)
    assert len(files(tmp_path)) == 12


def test_ages_go_on_over_starts_of_station_and_machine_and_only_running_days_count(tmp_path, store, machine):
    saved(tmp_path, store, ALL, MIXED)
    machine.run_on(timedelta(days=20))
    store.time.note()
    store.close()

    machine.run_on(timedelta(days=5))  # No station runs, but the machine does.
    again = begun_store(tmp_path / "store.db", machine.clock)
    assert again.time.now_s == pytest.approx(25 * 86_400)
    again.time.note()
    again.close()

    machine.wall_utc += timedelta(days=9000)
    machine.start_anew()
    after = begun_store(tmp_path / "store.db", machine.clock)
    archive = FrameArchive(tmp_path / "frames", ALL, after)
    assert after.time.now_s == pytest.approx(25 * 86_400)
    archive.tidy(machine.wall_utc)
    assert len(files(tmp_path)) == 12
    machine.run_on(timedelta(days=6))
    archive.tidy(machine.wall_utc)
    assert {name.split("-")[-2] for name in files(tmp_path)} == {"reject", "uninspected"}
    after.close()


def test_beyond_its_size_the_first_saved_go_first_whatever_the_clock_said(tmp_path, store, machine):
    archive = saved(tmp_path, store, ALL, [Verdict.REJECT] * 2)
    one = archive.saved_bytes / 2
    machine.wall_utc -= timedelta(days=9000)
    store.append([decision(3)])
    later = FrameArchive(tmp_path / "frames", ALL.model_copy(update={"max_gb": 2.3 * one / 1e9}), store)
    later.start()
    later.take([Publication(decision(3), frame(3))])
    later.stop()
    later.tidy(machine.wall_utc)
    assert [store.frame_index.saved_frame(n) is not None for n in (1, 2, 3)] == [False, True, True]


def test_saving_never_holds_the_publisher_up(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store, capacity=2)
    done = threading.Event()

    def publish():
        archive.take(published(store, *(decision(n) for n in range(1, 21))))
        done.set()

    threading.Thread(target=publish, daemon=True).start()
    assert done.wait(PATIENCE_S)


def test_an_overlay_marks_each_defect_and_tells_the_verdict_without_colour(tmp_path):
    image = np.full((200, 400), 90, np.uint8)
    cases = {}
    for verdict in Verdict:
        told = decision(1, verdict, piece=Piece(FrameId("cam0", 1, 1), 0.0, 10.0))
        cases[verdict] = draw_overlay(image, told)
    heights = {picture.shape[0] for picture in cases.values()}
    assert heights == {228}
    banners = [cv2.cvtColor(picture[:28], cv2.COLOR_BGR2GRAY) for picture in cases.values()]
    assert not np.array_equal(banners[0], banners[1])
    assert not np.array_equal(banners[1], banners[2])
    near = cases[Verdict.REJECT][28:, :100].astype(int)
    assert (np.abs(near - 90).max(axis=2) > 40).sum() > 50
    assert (cases[Verdict.ACCEPT][28:] == 90).all()


def test_an_overlay_draws_a_defect_that_began_in_the_frame_before_and_one_at_the_border():
    image = np.full((100, 100), 90, np.uint8)
    early = defect(box=Box(80, -30, 100, 10), mask=np.ones((10, 20), bool), severity=Severity.N)
    picture = draw_overlay(image, decision(1, defects=(early,)))
    body = picture[28:]
    assert (body[9, 80:100] != 90).any()
    assert picture.shape == (128, 100, 3)


def test_any_bit_depth_becomes_eight_bits_for_the_eye():
    assert to_grey8(np.array([[1023]], np.uint16), 10)[0, 0] == 255
    assert to_grey8(np.array([[65535]], np.uint16), 16)[0, 0] == 255
    assert to_grey8(np.array([[77]], np.uint8), 8)[0, 0] == 77


def test_files_that_a_crash_kept_out_of_the_index_are_found_again(tmp_path, store):
    archive = saved(tmp_path, store, ALL, MIXED[:2])
    store.append([decision(3)])
    folder = tmp_path / "frames" / store.epoch / "2030-01-02"
    (folder / "notes.png").write_bytes(b"no frame of ours")
    (folder / "0000000003-left-cam-3-reject-12bit.png").write_bytes(
        (archive.png(store.station_run, FrameId("cam0", 1, 1)))[0]
    )
    (folder / "0000000004-cam0-4-reject-8bit.part").write_bytes(b"half")
    again = FrameArchive(tmp_path / "frames", ALL, store)
    again.start()
    until(lambda: store.frame_index.saved_frame(3) is not None)
    again.stop()
    found = store.frame_index.saved_frame(3)
    assert (found.verdict, found.bit_depth, found.size_bytes) == (
        Verdict.REJECT,
        12,
        len(archive.png(store.station_run, FrameId("cam0", 1, 1))[0]),
    )
    assert again.saved_bytes == store.frame_index.saved_bytes()
    assert len(files(tmp_path)) == 4  # The half-written one has gone.


def test_files_below_a_date_that_is_not_the_newest_are_found_again_too(tmp_path, store):
    archive = saved(tmp_path, store, ALL, MIXED[:2])
    store.append([decision(3)])
    for day in ("2031-05-05", "2032-05-05"):  # The clock was ahead, and put back.
        (tmp_path / "frames" / store.epoch / day).mkdir()
    folder = tmp_path / "frames" / store.epoch / "2000-01-01"
    folder.mkdir()
    (folder / "0000000003-cam0-3-reject-8bit.png").write_bytes(archive.png(store.station_run, FrameId("cam0", 1, 1))[0])
    again = FrameArchive(tmp_path / "frames", ALL, store)
    again.start()
    until(lambda: store.frame_index.saved_frame(3) is not None)
    again.stop()


def test_no_frame_is_written_over_another(tmp_path, store):
    archive = saved(tmp_path, store, ALL, MIXED[:1])
    kept = archive.png(store.station_run, FrameId("cam0", 1, 1))
    again = FrameArchive(tmp_path / "frames", ALL, store)
    again.start()
    again.take([Publication(decision(1), frame(77))])
    again.stop()
    assert (again.counters["dropped"], again.png(store.station_run, FrameId("cam0", 1, 1))) == (1, kept)


def published_views(store, *decisions):
    """With the frames of all views that have pixels."""
    store.append(list(decisions))
    found = []
    for made in decisions:
        names = [seen.frame for seen in made.view_frames if seen.outcome is Fate.SEEN]
        frames = {name: frame(name.number, camera=name.camera, run=name.run) for name in names}
        found.append(Publication(made, frames.get(made.piece.frame), frames))
    return found


def sharing(sequence, verdict, shared, **changes):
    """About a piece that lies on the end of one frame of the camera below, which shows other pieces too."""
    made = of_two_views(sequence, verdict, **changes)
    leading, other, _ = made.view_frames
    return replace(made, view_frames=(leading, replace(other, frame=below(shared))))


def test_of_a_piece_that_several_cameras_see_the_frames_of_all_are_saved(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ArchiveSettings(accept_sample=0.0, min_free_gb=0.0), store)
    archive.start()
    archive.take(published_views(store, of_two_views(1), of_two_views(2, Verdict.ACCEPT), of_two_views(3)))
    archive.stop()
    assert files(tmp_path) == [
        "0000000001-above-1-reject-8bit.png",
        "0000000001-below.2-11-reject-8bit.png",
        "0000000003-above-3-reject-8bit.png",
        "0000000003-below.2-13-reject-8bit.png",
    ]
    saved = store.decision(1).saved_frames
    assert set(saved) == {above(1), below(11)}
    assert store.decision(1).saved_frame == saved[above(1)]
    assert store.decision(2).saved_frames == {}
    png, _ = archive.png(store.station_run, below(11))
    expected = frame(11, camera="below", run=2).pixels
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), expected)
    assert FrameFiles(tmp_path / "frames", store).png(1) == archive.png(store.station_run, above(1))


@pytest.mark.parametrize(
    ("verdicts", "kept_as"),
    [
        ([Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT], Verdict.REJECT),
        ([Verdict.UNINSPECTED, Verdict.ACCEPT, Verdict.REJECT], Verdict.REJECT),
        ([Verdict.REJECT, Verdict.UNINSPECTED], Verdict.REJECT),
        ([Verdict.ACCEPT, Verdict.UNINSPECTED], Verdict.UNINSPECTED),
    ],
)
def test_a_frame_that_several_pieces_share_is_saved_once_and_kept_for_the_gravest(tmp_path, store, verdicts, kept_as):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()
    for sequence, verdict in enumerate(verdicts, start=1):
        archive.take(published_views(store, sharing(sequence, verdict, 40)))
        until(lambda: archive.waiting == 0)
    archive.stop()
    assert len([name for name in files(tmp_path) if "below" in name]) == 1
    assert store.frame_index.saved(store.station_run, below(40)).verdict is kept_as
    assert all(below(40) in store.decision(n).saved_frames for n in range(1, len(verdicts) + 1))
    assert archive.saved_bytes == store.frame_index.saved_bytes()


def test_lanes_of_a_stretch_have_its_frame_once(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.take(published_views(store, *(of_two_views(n, number=7, lane=n) for n in (1, 2, 3))))
    archive.start()
    archive.stop()
    assert archive.counters == {"saved": 2}
    assert [set(store.decision(n).saved_frames) for n in (1, 2, 3)] == [{above(7), below(17)}] * 3
    gone = store.frame_index.saved(store.station_run, above(7))
    store.frame_index.note_deleted_frames([gone], datetime.now(UTC))
    assert [set(store.decision(n).saved_frames) for n in (1, 2, 3)] == [{below(17)}] * 3
    assert store.decision(2).saved_frame is None


def test_what_retention_removes_is_a_frame_of_one_start_of_the_station(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()
    archive.take(published_views(store, of_two_views(1)))
    archive.stop()
    first = store.station_run
    store.begin_run("test", "0", RECIPE, MODEL)
    again = FrameArchive(tmp_path / "frames", ALL, store)
    again.start()
    again.take(published_views(store, of_two_views(2, number=1)))
    again.stop()
    store.frame_index.note_deleted_frames([store.frame_index.saved(first, above(1))], datetime.now(UTC))
    assert again.png(first, above(1)) is None
    assert again.png(store.station_run, above(1)) is not None
    assert [store.decision(n).saved_frame is not None for n in (1, 2)] == [False, True]


def test_frames_of_views_that_a_crash_kept_out_of_the_index_are_found_again(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store)
    archive.start()
    archive.take(published_views(store, sharing(1, Verdict.REJECT, 40), sharing(2, Verdict.REJECT, 40)))
    archive.stop()
    before = store.decision(1).saved_frames, store.decision(2).saved_frames
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DELETE FROM saved_frames")
    connection.close()
    after = begun_store(tmp_path / "store.db")
    again = FrameArchive(tmp_path / "frames", ALL, after)
    again.start()
    until(lambda: len(after.decision(2).saved_frames) == 2)
    again.stop()
    for number, told in enumerate(before, start=1):
        found = after.decision(number).saved_frames
        assert {name: (saved.path, saved.verdict) for name, saved in found.items()} == {
            name: (saved.path, saved.verdict) for name, saved in told.items()
        }
    assert len(files(tmp_path)) == 3
    after.close()


def test_a_frame_that_was_dropped_may_still_be_saved_for_another_piece_that_it_shows(tmp_path, store):
    archive = FrameArchive(tmp_path / "frames", ALL, store, capacity=2)
    first, second, third = published_views(store, *(sharing(n, Verdict.REJECT, 40) for n in (1, 2, 3)))
    archive.take([replace(first, frames={above(1): frame(1), above(99): frame(99)}), second])
    assert archive.counters == {"dropped": 2}
    archive.start()
    until(lambda: archive.waiting == 0)
    archive.take([third])
    archive.stop()
    assert set(store.decision(3).saved_frames) == {above(3), below(40)}
    assert store.decision(2).saved_frame is None
