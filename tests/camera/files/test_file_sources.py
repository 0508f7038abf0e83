"""Folders of images as cameras: replay and watch."""

import os
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.errors import SettingsError, UnreadableImage
from camera.files.image_file import read_image
from camera.files.replay_source import ReplaySource
from camera.files.watch_source import WatchSource
from camera.frame import EndOfFrames, Frame, LossReason, LostFrame
from camera.settings import ReplaySettings, WatchSettings


def picture(seed: int = 0, shape: tuple[int, ...] = (40, 64), dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_file_cut_short_anywhere_is_never_handed_on_as_an_image(tmp_path: Path, suffix: str):
    path = tmp_path / f"web{suffix}"
    cv2.imwrite(str(path), picture())
    assert read_image(path).shape == (40, 64)
    content = path.read_bytes()
    for keep in {0, 3, 10, len(content) // 3, len(content) // 2, len(content) - 40, len(content) - 2}:
        path.write_bytes(content[:keep])
        with pytest.raises(UnreadableImage, match=f"web{suffix}"):
            read_image(path)


def test_an_uncompressed_tiff_cut_short_is_unreadable(tmp_path: Path):
    path = tmp_path / "web.tif"
    cv2.imwrite(str(path), picture(), [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 700])
    with pytest.raises(UnreadableImage, match=r"truncated|damaged"):
        read_image(path)


def test_sixteen_bit_images_keep_their_depth(tmp_path: Path):
    deep = picture(dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    assert np.array_equal(read_image(tmp_path / "deep.png"), deep)


def test_a_colour_image_is_refused_by_name(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "colour.png"), picture(shape=(40, 64, 3)))
    with pytest.raises(UnreadableImage, match=r"colour.png: has 3 colour channels, expected a grey image"):
        read_image(tmp_path / "colour.png")


def test_replay_gives_bad_files_a_number_and_a_reason(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "1.png"), picture(1))
    (tmp_path / "2.png").write_bytes(b"no image")
    cv2.imwrite(str(tmp_path / "3.png"), picture(3, (40, 65)))
    cv2.imwrite(str(tmp_path / "4.tif"), picture(4))
    (tmp_path / "notes.txt").write_text("not shown")
    source = ReplaySource(ReplaySettings(folder=tmp_path, pixel_pitch_um=100))
    source.start()
    readings = [source.read(1.0) for _ in range(5)]
    source.stop()
    frames = [r for r in readings if isinstance(r, Frame)]
    losses = [r for r in readings if isinstance(r, LostFrame)]
    assert [f.id.number for f in frames] == [1, 4]
    assert [f.position_mm for f in frames] == pytest.approx([0.0, 12.0])
    assert [(loss.id.number, loss.reason) for loss in losses] == [
        (2, LossReason.UNREADABLE),
        (3, LossReason.WRONG_SIZE),
    ]
    assert isinstance(readings[4], EndOfFrames)


def test_replay_says_what_is_wrong_with_its_folder(tmp_path: Path):
    with pytest.raises(SettingsError, match="is no folder"):
        ReplaySource(ReplaySettings(folder=tmp_path / "gone", pixel_pitch_um=50)).start()
    with pytest.raises(SettingsError, match="holds no image"):
        ReplaySource(ReplaySettings(folder=tmp_path, pixel_pitch_um=50)).start()


def test_watch_never_takes_a_file_that_is_still_being_written(tmp_path: Path):
    source = WatchSource(WatchSettings(folder=tmp_path, pixel_pitch_um=50, settle_ms=30, give_up_ms=5000))
    source.start()
    image = picture(9, (400, 640))
    content = cv2.imencode(".png", image)[1].tobytes()

    def write_slowly() -> None:
        with (tmp_path / "slow.png").open("wb", buffering=0) as file:
            for part in np.array_split(np.frombuffer(content, np.uint8), 6):
                file.write(part.tobytes())
                time.sleep(0.06)  # longer than settle_ms: a quiet file alone must not look complete

    writer = threading.Thread(target=write_slowly)
    writer.start()
    reading = None
    while reading is None:
        reading = source.read(0.1)
    writer.join()
    assert isinstance(reading, Frame)
    assert np.array_equal(reading.pixels, image)
    assert source.read(0.05) is None
    source.decided(reading.id)
    assert source.read(0.05) is None
    assert (tmp_path / "taken" / "slow.png").exists()
    source.stop()


def test_watch_hands_a_file_that_stays_damaged_on_as_unreadable(tmp_path: Path):
    source = WatchSource(WatchSettings(folder=tmp_path, pixel_pitch_um=50, settle_ms=10, give_up_ms=100))
    source.start()
    (tmp_path / "bad.png").write_bytes(cv2.imencode(".png", picture())[1].tobytes()[:-20])
    reading = source.read(3.0)
    assert isinstance(reading, LostFrame)
    assert reading.reason is LossReason.UNREADABLE
    assert "bad.png: is truncated" in reading.detail


def test_watch_reports_a_folder_that_vanishes_and_goes_on_when_it_is_back(tmp_path: Path):
    folder = tmp_path / "drop"
    folder.mkdir()
    source = WatchSource(WatchSettings(folder=folder, pixel_pitch_um=50, settle_ms=0))
    source.start()
    folder.rename(tmp_path / "moved")
    assert source.read(0.05) is None
    assert not source.status().is_connected
    (tmp_path / "moved").rename(folder)
    cv2.imwrite(str(folder / "a.png"), picture())
    assert isinstance(source.read(1.0), Frame)
    assert source.status().is_connected


def replayed(folder: Path, **changes) -> ReplaySource:
    source = ReplaySource(ReplaySettings(folder=folder, pixel_pitch_um=50, **changes))
    source.start()
    return source


def test_replay_shows_images_as_people_count_and_nothing_that_systems_left(tmp_path: Path):
    for name in ("10.png", "2.png", "1.bmp", "a.tif"):
        cv2.imwrite(str(tmp_path / name), picture(shape=(40 + len(name), 64)))
    (tmp_path / "._2.png").write_bytes(b"Mac OS X")
    source = replayed(tmp_path)
    frames = [source.read(1.0) for _ in range(4)]
    assert [f.height_px for f in frames if isinstance(f, Frame)] == [45, 45, 46, 45]
    assert np.array_equal(frames[2].pixels, picture(shape=(46, 64)))
    assert isinstance(source.read(1.0), EndOfFrames)


def test_replay_looks_at_no_page_alone(tmp_path: Path):
    cv2.imwritemulti(str(tmp_path / "1.tif"), [picture(1), picture(2)])
    cv2.imwrite(str(tmp_path / "2.png"), picture(3))
    source = replayed(tmp_path)
    lost, frame = source.read(1.0), source.read(1.0)
    assert isinstance(lost, LostFrame)
    assert "holds 2 pictures" in lost.detail
    assert isinstance(frame, Frame)


def test_replay_goes_on_where_its_folder_vanishes_and_waits_for_it_before_it_begins_again(tmp_path: Path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        cv2.imwrite(str(folder / name), picture())
    source = replayed(folder, repeat=True)
    assert isinstance(source.read(1.0), Frame)
    folder.rename(tmp_path / "away")
    lost = source.read(1.0)
    assert isinstance(lost, LostFrame)
    assert lost.reason is LossReason.UNREADABLE
    assert source.read(0.02) is None
    assert not source.status().is_connected
    assert "waiting for it to come back" in source.status().detail
    (tmp_path / "away").rename(folder)
    assert isinstance(source.read(1.0), Frame)
    assert source.status().is_connected
    source.stop()
    assert isinstance(source.read(1.0), EndOfFrames)


def test_replay_shows_no_pipe_and_no_folder(tmp_path: Path):
    os.mkfifo(tmp_path / "1.png")
    (tmp_path / "2.png").mkdir()
    source = replayed(tmp_path)
    assert [type(source.read(1.0)) for _ in range(3)] == [LostFrame, LostFrame, EndOfFrames]
