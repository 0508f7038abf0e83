"""A watched folder, with all that other programs, people and disks do to it: no image lost, none decided twice."""

import os
import shutil
import socket
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.errors import SettingsError
from camera.files.watch_source import WatchSource
from camera.frame import Frame, LostFrame, Reading
from camera.limited_source import LimitedSource
from camera.settings import WatchSettings


def png(seed: int, shape: tuple[int, int] = (40, 64)) -> bytes:
    image = np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)
    return cv2.imencode(".png", image)[1].tobytes()


def drop(folder: Path, name: str | bytes, seed: int = 1, content: bytes | None = None) -> None:
    """As careful programs do it: written beside, then renamed."""
    part = folder / ".part"
    part.write_bytes(png(seed) if content is None else content)
    os.replace(part, os.path.join(os.fsencode(folder), os.fsencode(name)))


def watch(folder: Path, **changes) -> WatchSource:
    values = {"folder": folder, "pixel_pitch_um": 50, "settle_ms": 0, "give_up_ms": 80} | changes
    source = WatchSource(WatchSettings(**values))
    source.start()
    return source


def read_all(source: WatchSource, *, decide: bool = True, quiet_s: float = 0.15) -> list[Frame | LostFrame]:
    """All readings until none comes any more."""
    readings: list[Frame | LostFrame] = []
    while (reading := source.read(quiet_s)) is not None:
        assert isinstance(reading, Frame | LostFrame)
        readings.append(reading)
        if decide:
            source.decided(reading.id)
    return readings


def seeds(readings: list[Frame | LostFrame]) -> list[int | None]:
    """Which picture each reading shows, None for a lost one."""
    known = {cv2.imdecode(np.frombuffer(png(seed), np.uint8), -1).tobytes(): seed for seed in range(40)}
    return [known[r.pixels.tobytes()] if isinstance(r, Frame) else None for r in readings]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_image_is_moved_when_its_decision_is_on_disk_and_not_before(tmp_path: Path):
    source = watch(tmp_path)
    drop(tmp_path, "a.png", 1)
    drop(tmp_path, "b.png", 2)
    first, second = read_all(source, decide=False)
    assert names(tmp_path) == {"a.png", "b.png", "taken"}
    source.decided(second.id)
    assert source.read(0.05) is None
    assert names(tmp_path) == {"a.png", "taken"}
    source.decided(first.id)
    source.stop()
    assert names(tmp_path / "taken") == {"a.png", "b.png"}


def test_a_station_that_was_killed_sees_the_images_again_that_it_had_not_decided(tmp_path: Path):
    killed = watch(tmp_path)
    for number in range(4):
        drop(tmp_path, f"{number}.png", number)
    readings = read_all(killed, decide=False)
    killed.decided(readings[0].id)
    assert killed.read(0.05) is None  # from here on nothing more is heard of it
    assert seeds(read_all(watch(tmp_path))) == [1, 2, 3]


def test_what_is_decided_after_the_camera_was_closed_is_moved_all_the_same(tmp_path: Path):
    source = LimitedSource(watch(tmp_path), frame_limit=1)
    drop(tmp_path, "a.png")
    source.start()
    reading = source.read(2.0)
    assert isinstance(reading, Frame)
    source.stop()
    source.decided(reading.id)
    assert names(tmp_path / "taken") == {"a.png"}


def test_images_of_one_name_are_all_kept(tmp_path: Path):
    source = watch(tmp_path)
    (tmp_path / "taken" / "block-3.png").mkdir()
    for seed in range(4):
        drop(tmp_path, "block.png", seed)
        assert seeds(read_all(source)) == [seed]
    taken = tmp_path / "taken"
    assert names(taken) == {"block.png", "block-2.png", "block-3.png", "block-4.png", "block-5.png"}
    assert [(taken / f"block{n}.png").read_bytes() for n in ("", "-2", "-4", "-5")] == [png(seed) for seed in range(4)]


def test_an_image_put_in_the_place_of_one_that_waits_for_its_decision_gets_its_own(tmp_path: Path):
    source = watch(tmp_path)
    drop(tmp_path, "block.png", 1)
    (first,) = read_all(source, decide=False)
    drop(tmp_path, "block.png", 2)
    source.decided(first.id)
    (second,) = read_all(source, decide=False)
    assert seeds([first, second]) == [1, 2]
    assert (tmp_path / "block.png").read_bytes() == png(2)
    source.decided(second.id)
    assert read_all(source) == []
    assert (tmp_path / "taken" / "block.png").read_bytes() == png(2)


def test_a_file_that_is_written_anew_after_it_was_read_is_looked_at_again(tmp_path: Path):
    source = watch(tmp_path)
    blank = bytes(len(png(7)))
    (tmp_path / "slow.png").write_bytes(blank)
    (early,) = read_all(source, decide=False)
    assert isinstance(early, LostFrame)
    (tmp_path / "slow.png").write_bytes(png(7))
    source.decided(early.id)
    assert seeds(read_all(source)) == [7]
    assert names(tmp_path / "taken") == {"slow.png"}


def remove(taken: Path) -> None:
    shutil.rmtree(taken)


def make_a_file(taken: Path) -> None:
    shutil.rmtree(taken)
    taken.write_text("in the way")


def make_a_dangling_link(taken: Path) -> None:
    shutil.rmtree(taken)
    taken.symlink_to("nowhere")


@pytest.mark.parametrize("spoil", [remove, make_a_file, make_a_dangling_link])
def test_whatever_happens_to_the_taken_folder_each_image_is_decided_once_and_kept(tmp_path: Path, spoil):
    source = watch(tmp_path)
    drop(tmp_path, "a.png", 1)
    assert seeds(read_all(source)) == [1]
    spoil(tmp_path / "taken")
    drop(tmp_path, "b.png", 2)
    drop(tmp_path, "c.png", 3)
    assert seeds(read_all(source)) == [2, 3]
    if spoil is not remove:
        status = source.status()
        assert not status.is_connected
        assert "2 that were decided wait" in status.detail
        assert {"b.png", "c.png"} <= names(tmp_path)
        drop(tmp_path, "d.png", 4)
        assert seeds(read_all(source)) == [4]
        (tmp_path / "taken").unlink()
        while not source.status().is_connected:
            assert source.read(0.1) is None
    assert source.read(0.05) is None
    assert {"b.png", "c.png"} <= names(tmp_path / "taken")
    assert names(tmp_path) == {"taken"}


def test_a_folder_that_goes_away_with_decided_images_brings_none_back(tmp_path: Path):
    folder = tmp_path / "share"
    folder.mkdir()
    source = watch(folder)
    drop(folder, "a.png", 1)
    (reading,) = read_all(source, decide=False)
    folder.rename(tmp_path / "away")
    source.decided(reading.id)
    assert source.read(0.05) is None
    assert not source.status().is_connected
    (tmp_path / "away").rename(folder)
    drop(folder, "b.png", 2)
    readings: list[Reading] = []
    while not readings or not source.status().is_connected:
        if (reading := source.read(0.1)) is not None:
            readings.append(reading)
    assert seeds(readings) == [2]


def test_a_start_without_a_folder_for_taken_images_is_refused_in_words(tmp_path: Path):
    (tmp_path / "taken").write_text("in the way")
    with pytest.raises(SettingsError, match="taken images are moved there"):
        watch(tmp_path)


def test_what_is_no_file_stops_nothing_and_is_named(tmp_path: Path):
    source = watch(tmp_path)
    outside = tmp_path.parent / f"{tmp_path.name}-outside.png"
    outside.write_bytes(png(9))
    os.mkfifo(tmp_path / "a-pipe.png")
    (tmp_path / "b-dangling.png").symlink_to("nowhere")
    (tmp_path / "c-link.png").symlink_to(outside)
    (tmp_path / "d-folder.png").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "e-socket.png"))
        drop(tmp_path, "z.png", 3)
        assert seeds(read_all(source)) == [3]
        alarm = source.status().alarm
    assert source.status().is_connected
    for what in ("a pipe", "a link", "a folder", "a socket"):
        assert what in alarm or "more in" in alarm
    assert "no files" in alarm
    assert outside.exists()
    for path in tmp_path.glob("?-*.png"):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    assert read_all(source) == []
    assert source.status().alarm is None


ODD_NAMES = {
    "Latin-1": b"coup\xe9.png",
    "no UTF-8 at all": b"\xff\xfe\x80.png",
    "a line break and colours": b"m\n\x1b[31mroot: fake.png",
    "markup": b"a [ok] [red].png",
    "percent and question mark": b"50%?%2e#.png",
    "text from right to left": "a\u202egnp.png".encode(),
    "quotes": b"'\"`$(reboot).png",
    "as long as it may be": b"n" * 251 + b".png",
}


@pytest.mark.parametrize("what", ODD_NAMES)
def test_a_name_of_any_bytes_is_found_told_in_print_and_moved_as_it_is(tmp_path: Path, what: str):
    source = watch(tmp_path)
    name = ODD_NAMES[what]
    for _ in range(2):
        drop(tmp_path, name, content=b"no image")
        (lost,) = read_all(source)
        assert isinstance(lost, LostFrame)
        assert lost.detail.isprintable()
        lost.detail.encode()
    taken = os.listdir(os.fsencode(tmp_path / "taken"))
    assert name in taken
    assert len(taken) == 2
    assert all(len(each) <= 255 for each in taken)


def test_an_image_taken_away_before_its_turn_is_nobodys(tmp_path: Path):
    source = watch(tmp_path, settle_ms=60)
    drop(tmp_path, "a.png", 1)
    drop(tmp_path, "b.png", 2)
    assert source.read(0.01) is None
    (tmp_path / "a.png").unlink()
    assert seeds(read_all(source)) == [2]


def test_an_image_taken_away_before_its_decision_holds_up_none_of_the_next(tmp_path: Path):
    source = watch(tmp_path)
    drop(tmp_path, "a.png", 1)
    (first,) = read_all(source, decide=False)
    (tmp_path / "a.png").unlink()
    source.decided(first.id)
    drop(tmp_path, "b.png", 2)
    assert seeds(read_all(source)) == [2]
    assert source.status().is_connected
    assert names(tmp_path / "taken") == {"b.png"}


def test_a_file_that_grows_without_end_does_not_hold_the_others_up(tmp_path: Path):
    source = watch(tmp_path, settle_ms=60, give_up_ms=150)
    stopped = threading.Event()

    def grow() -> None:
        with (tmp_path / "a.png").open("wb", buffering=0) as file:
            while not stopped.wait(0.005):
                file.write(b"x")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        while not (tmp_path / "a.png").exists():
            assert source.read(0.01) is None
        drop(tmp_path, "b.png", 2)
        reading = None
        while reading is None:
            reading = source.read(0.1)
        assert seeds([reading]) == [2]
        assert source.read(0.01) is None
        assert "a.png has been written to for long" in source.status().alarm
    finally:
        stopped.set()
        writer.join()
    (lost,) = read_all(source, quiet_s=0.4)
    assert isinstance(lost, LostFrame)


def test_a_file_that_is_set_aside_and_then_filled_is_taken_once_it_is_whole(tmp_path: Path):
    source = watch(tmp_path, settle_ms=20, give_up_ms=5000)
    content = png(5, (200, 300))
    with (tmp_path / "a.png").open("wb", buffering=0) as file:
        file.truncate(len(content))
        assert source.read(0.1) is None
        file.write(content[: len(content) // 2])
        assert source.read(0.1) is None
        file.write(content[len(content) // 2 :])
    (frame,) = read_all(source)
    assert isinstance(frame, Frame)
    assert frame.height_px == 200


def test_a_backlog_is_counted_and_becomes_an_alarm_until_it_is_worked_off(tmp_path: Path):
    source = watch(tmp_path, backlog_alarm_files=10)
    for number in range(30):
        drop(tmp_path, f"{number}.png", number)
    assert seeds([source.read(1.0)]) == [0]
    status = source.status()
    assert status.waiting == 29
    assert status.oldest_waiting_s is not None
    assert "29 images wait" in status.alarm
    assert seeds(read_all(source)) == list(range(1, 30))  # by number, not by letter
    assert source.status().waiting == 0
    assert source.status().oldest_waiting_s is None
    assert source.status().alarm is None


def test_an_image_that_has_lain_there_for_long_is_an_alarm(tmp_path: Path):
    source = watch(tmp_path, settle_ms=60_000, backlog_alarm_s=0.05)
    drop(tmp_path, "a.png")
    assert source.read(0.1) is None
    assert "1 images wait" in source.status().alarm


def test_twelve_bits_in_files_of_sixteen_are_told(tmp_path: Path):
    source = watch(tmp_path)
    image = np.random.default_rng(1).integers(1000, 4000, (40, 64)).astype(np.uint16)
    drop(tmp_path, "a.png", content=cv2.imencode(".png", image)[1].tobytes())
    assert len(read_all(source)) == 1
    assert "set bit_depth = 12" in source.status().alarm
