"""What every FrameSource promises, whatever camera is behind it: one contract, run over all."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.frame import EndOfFrames, Frame, LostFrame, Reading
from camera.memory_source import MemorySource
from camera.settings import ReplaySettings, SimulatedSettings, WatchSettings
from camera.simulated.simulated_camera import SimulatedCamera
from camera.source import FrameSource
from camera.sources import open_source
from camera.web import SimulatedWeb, WebSettings
from tests.support.known_line import patient
from tests.support.patience import PATIENCE_S

WEB = WebSettings(width_px=256, pixel_pitch_um=100.0)
LINES = 64
FRAMES = 6
LINE_RATE_HZ = 3200.0


def images() -> list[np.ndarray]:
    web = SimulatedWeb(WEB)
    return [web.render(n * LINES, LINES) for n in range(FRAMES)]


def write_images(folder: Path) -> None:
    for number, image in enumerate(images()):
        cv2.imwrite(str(folder / f"{number:03d}.png"), image)


def gentl(folder: Path, stack: ExitStack) -> FrameSource:
    rig = stack.enter_context(SimulatedCamera(WEB, lines=LINES, line_rate_hz=LINE_RATE_HZ))
    return open_source(patient(rig.settings()))


def replay(folder: Path, stack: ExitStack) -> FrameSource:
    write_images(folder)
    return open_source(ReplaySettings(name="cam0", folder=folder, pixel_pitch_um=100.0))


def watch(folder: Path, stack: ExitStack) -> FrameSource:
    write_images(folder)
    return open_source(WatchSettings(name="cam0", folder=folder, pixel_pitch_um=100.0, settle_ms=20))


def simulated(folder: Path, stack: ExitStack) -> FrameSource:
    return open_source(SimulatedSettings(name="cam0", web=WEB, lines=LINES, line_rate_hz=LINE_RATE_HZ))


def memory(folder: Path, stack: ExitStack) -> FrameSource:
    return MemorySource(images(), frame_limit=FRAMES, pixel_pitch_um=100.0)


def limited(folder: Path, stack: ExitStack) -> FrameSource:
    settings = SimulatedSettings(name="cam0", web=WEB, lines=LINES, line_rate_hz=None, frame_limit=FRAMES)
    return open_source(settings)


@pytest.fixture(
    params=[pytest.param(gentl, marks=pytest.mark.process), replay, watch, simulated, memory, limited],
    ids=lambda make: make.__name__,
)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrameSource]:
    make: Callable[[Path, ExitStack], FrameSource] = request.param
    with ExitStack() as stack:
        made = make(tmp_path, stack)
        stack.callback(made.stop)
        yield made


def read_frames(source: FrameSource, count: int) -> list[Reading]:
    readings: list[Reading] = []
    end = time.monotonic() + PATIENCE_S
    while len(readings) < count and time.monotonic() < end:
        reading = source.read(0.5)
        if reading is not None:
            readings.append(reading)
    return readings


def test_every_number_comes_once_in_order_without_a_gap(source: FrameSource):
    source.start()
    readings = read_frames(source, FRAMES)
    numbers = [r.id.number for r in readings if isinstance(r, Frame | LostFrame)]
    assert len(numbers) == FRAMES
    assert numbers == list(range(numbers[0], numbers[0] + FRAMES))
    assert len({r.id.run for r in readings if isinstance(r, Frame | LostFrame)}) == 1


def test_frames_say_what_they_show_and_touch_each_other_on_the_web(source: FrameSource):
    source.start()
    frames = [r for r in read_frames(source, FRAMES) if isinstance(r, Frame)]
    assert len(frames) >= FRAMES - 1  # a shared machine may lose one to an overrun: then it is a LostFrame
    for frame in frames:
        assert frame.pixels.shape == (LINES, 256)
        assert frame.pixels.dtype == np.uint8
        assert frame.bit_depth == 8
        assert frame.length_mm == pytest.approx(6.4)
    for before, after in pairwise(frames):
        assert after.captured_ns >= before.captured_ns
        apart = after.id.number - before.id.number
        assert after.position_mm == pytest.approx(before.position_mm + apart * before.length_mm)


def test_a_frame_owns_its_pixels(source: FrameSource):
    source.start()
    first, *_ = [r for r in read_frames(source, 2) if isinstance(r, Frame)]
    kept = first.pixels.copy()
    read_frames(source, 3)
    assert np.array_equal(first.pixels, kept)


def test_reading_waits_no_longer_than_asked(source: FrameSource):
    source.start()
    read_frames(source, 1)
    started = time.monotonic()
    for _ in range(5):
        source.read(0.001)
    assert time.monotonic() - started < 60.0, "a read without a frame has no end of its own"


def test_status_tells_whether_it_is_connected_before_during_and_after(source: FrameSource):
    source.start()
    read_frames(source, 2)
    running = source.status()
    assert running.is_connected
    assert running.counters["frames"] >= 1
    source.stop()
    source.stop()
    assert source.status().detail


def test_a_source_that_ends_says_so_and_stays_ended(tmp_path: Path):
    for make in (replay, memory, limited):
        source = make(tmp_path, ExitStack())
        source.start()
        readings = read_frames(source, FRAMES + 2)
        assert [isinstance(r, EndOfFrames) for r in readings] == [False] * FRAMES + [True, True]
        source.stop()
