import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from camera.errors import DeviceLost, ProducerError, SettingsError
from camera.frame import LossReason
from camera.gentl.gentl_source import GenTLSource
from camera.settings import TriggerSettings
from camera.simulated.producer.build import build_producer
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import PlantingRate, SimulatedWeb, WebSettings
from tests.support import ramp
from tests.support.known_line import LINES, PATIENT, Line, is_frame, is_lost, opened, processes_with, reasons
from tests.support.patience import PATIENCE_S


def test_every_pixel_and_encoder_value_comes_through_harvesters_as_it_was_made(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        frames = line.frames(10)
    assert [frame.id.number for frame in frames] == list(range(1, 11))
    assert all(frame.pixels.shape == (LINES, 256) and frame.pixels.dtype == np.uint8 for frame in frames)
    assert all(line.shows_the_web(frame) for frame in frames)
    assert [line.first_line(b) - line.first_line(a) for a, b in itertools.pairwise(frames)] == [LINES] * 9
    assert all(a.captured_ns < b.captured_ns for a, b in itertools.pairwise(frames))
    assert {frame.exposure_us for frame in frames} == {20.0}


@pytest.mark.parametrize(("pixel_format", "depth", "shift"), [(None, 12, 0), ("Mono16", 16, 4), ("Mono8", 8, -4)])
def test_twelve_bit_webs_come_in_the_pixel_format_that_is_asked_for(rig, pixel_format, depth, shift):
    camera = rig(WebSettings(width_px=256, bit_depth=12))
    with opened(camera.settings(pixel_format=pixel_format)) as source:
        line = Line(source, camera)
        frame = line.frames(1)[0]
    web = line.web.render(line.first_line(frame), LINES).astype(int)
    assert frame.bit_depth == depth
    assert frame.pixels.dtype == (np.uint8 if depth == 8 else np.uint16)
    np.testing.assert_array_equal(frame.pixels, web << shift if shift >= 0 else web >> -shift)


def test_a_line_may_change_its_speed_on_the_way_and_nothing_is_lost(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        first = line.frames(2)
        camera.run_at(1600.0)
        frames = [*first, *line.frames(6)]
    assert camera.line_rate_hz() == 1600.0
    assert [frame.id.number for frame in frames] == list(range(1, 9))
    assert all(line.shows_the_web(frame) for frame in frames)
    with pytest.raises(SettingsError, match="STAND"):
        camera.run_at(0.0)


def test_a_window_of_the_sensor_is_cut_out_exactly(rig):
    camera = rig()
    settings = camera.settings(width_px=100, height_px=40, features={"OffsetX": 17})
    with opened(settings) as source:
        line = Line(source, camera)
        frame = line.frames(1)[0]
    expected = line.web.render(line.first_line(frame), 40)[:, 17:117]
    np.testing.assert_array_equal(frame.pixels, expected)


def test_without_chunks_positions_are_counted_from_the_first_frame(rig):
    camera = rig()
    with opened(camera.settings(chunks=False)) as source:
        frames = Line(source, camera).frames(3)
    assert [frame.position_mm for frame in frames] == pytest.approx([0.0, 3.2, 6.4])


def test_two_cameras_each_show_their_own_web(rig):
    camera = rig(devices=2)
    with opened(camera.settings(0)) as left, opened(camera.settings(1)) as right:
        lines = Line(left, camera, 0), Line(right, camera, 1)
        for line, name in zip(lines, ("cam0", "cam1"), strict=True):
            for frame in line.frames(5):
                assert frame.id.camera == name
                assert line.shows_the_web(frame)


def test_a_hardware_trigger_starts_one_frame_for_each_edge(rig):
    camera = rig()
    trigger = TriggerSettings(source="Line0", activation="RisingEdge")
    with opened(camera.settings(trigger=trigger)) as source:
        line = Line(source, camera)
        frames = line.frames(5)
    assert [line.first_line(b) - line.first_line(a) for a, b in itertools.pairwise(frames)] == [LINES] * 4


def test_a_software_trigger_that_nobody_pulls_gives_no_frames_but_word_of_it(rig):
    camera = rig()
    settings = camera.settings(trigger=TriggerSettings(source="Software"))
    with opened(settings, is_patient=False) as source:
        heard = Line(source, camera).read_until(is_lost)
    assert reasons(heard) == ["timeout"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.DROP, LossReason.DROPPED),
        (Fault.INCOMPLETE, LossReason.INCOMPLETE),
        (Fault.WRONG_SIZE, LossReason.WRONG_SIZE),
    ],
)
def test_spoilt_frames_are_lost_for_their_reason_and_the_next_is_good(rig, fault, reason):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(fault, frames=3)
        line.read_until(is_lost)
        good = line.frames(3)
        assert source.status().counters[reason.value] == 3
    assert [each.reason for each in line.heard if is_lost(each)] == [reason] * 3
    assert all(line.shows_the_web(frame) for frame in good)
    line.assert_no_number_is_missing_or_told_twice()
    places = [each.position_mm for each in line.heard]
    assert np.diff(places) == pytest.approx([3.2] * (len(places) - 1))


def test_a_frozen_sensor_shows_the_same_again_and_again_with_new_numbers(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.FREEZE, frames=4)
        frames = line.frames(10)
    stale = [b for a, b in itertools.pairwise(frames) if b.position_mm <= a.position_mm]
    assert len(stale) in (3, 4)
    assert len({frame.pixels.tobytes() for frame in stale}) == 1
    assert line.shows_the_web(frames[-1])
    line.assert_no_number_is_missing_or_told_twice()


def test_a_black_frame_is_a_frame(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(2)
        camera.fault(Fault.BLACK, frames=2)
        frames = line.frames(6)
    assert [frame.pixels.max() == 0 for frame in frames].count(True) == 2
    assert line.shows_the_web(frames[-1])


def test_a_stalled_camera_times_out_block_by_block_and_recovers(rig):
    camera = rig()
    with opened(camera.settings(), is_patient=False) as source:
        line = Line(source, camera)
        line.frames(2)
        camera.fault(Fault.STALL)
        for _ in range(5):
            assert line.read_until(is_lost)[-1].reason is LossReason.TIMEOUT
        camera.clear_faults()
        good = line.frames(3)
    assert all(line.shows_the_web(frame) for frame in good)
    line.assert_no_number_is_missing_or_told_twice()


def test_all_of_the_web_is_accounted_for_when_a_cable_is_pulled_and_put_back(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.UNPLUG)
        pulled_ns = time.monotonic_ns()
        first = line.read_until(is_lost)[-1]
        assert first.reason is LossReason.DEVICE_LOST
        assert (first.noticed_ns - pulled_ns) / 1e6 < PATIENT["frame_timeout_ms"] / 2, "heard from silence alone"
        assert not source.status().is_connected
        camera.clear_faults()
        back = line.read_until(is_frame)[-1]
        good = line.frames(3)
        assert source.status().is_connected
    assert back.id.run == 2
    assert all(line.shows_the_web(frame) for frame in good)
    assert reasons(line.heard) == ["device_lost"]
    line.assert_no_number_is_missing_or_told_twice()
    places = [each.position_mm for each in line.heard]
    assert np.diff(places) == pytest.approx([3.2] * (len(places) - 1))


def test_a_camera_process_that_is_killed_is_replaced(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        killed = source.pid
        os.kill(killed, signal.SIGKILL)
        heard = line.read_until(lambda reading: is_frame(reading) and reading.id.run == 2)
        assert source.pid != killed
        assert source.status().counters["process_restarts"] >= 1
    assert reasons(heard) == ["process_died"]
    assert "SIGKILL" in next(each.detail for each in heard if is_lost(each))
    line.assert_no_number_is_missing_or_told_twice()


def test_a_camera_process_that_hangs_is_replaced(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        os.kill(source.pid, signal.SIGSTOP)
        heard = line.read_until(lambda reading: is_frame(reading) and reading.id.run == 2)
    assert reasons(heard)[-1] == "process_died"
    line.assert_no_number_is_missing_or_told_twice()


def test_a_station_that_does_not_read_loses_frames_to_a_full_ring_and_hears_of_each(rig):
    camera = rig()
    with opened(camera.settings(ring_slots=4)) as source:
        line = Line(source, camera)
        line.frames(2)
        passed = camera.blocks_passed()
        while camera.blocks_passed() < passed + 30:
            time.sleep(0.05)
        heard = line.read_until(is_lost) + line.frames(5)
        status = source.status()
    assert "overrun" in reasons(heard)
    assert status.counters["overrun"] > 0
    line.assert_no_number_is_missing_or_told_twice()


def test_nothing_is_left_behind(running_rigs, cache):
    camera = SimulatedCamera(lines=64, line_rate_hz=3200.0, renderer="ramp:Ramp", devices=2, cache=cache)
    camera.start()
    folder = camera.producer.parent
    with opened(camera.settings(0)) as source:
        Line(source, camera).frames(1)
        assert processes_with(str(folder))
    camera.stop()
    assert processes_with(str(folder)) == []
    assert not folder.exists()
    kept = {path.resolve() for other in running_rigs.values() for path in other.producer.parent.glob("feed-*")}
    assert set(Path("/dev/shm").glob(f"web-feed-{os.getpid()}-*")) == kept


STATION = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from camera.gentl.gentl_source import GenTLSource
from camera.simulated.simulated_camera import SimulatedCamera
camera = SimulatedCamera(lines=64, line_rate_hz=3200.0, renderer="ramp:Ramp", cache=Path(sys.argv[1]))
camera.start()
source = GenTLSource(camera.settings())
source.start()
source.read(5.0)
print(camera.producer.parent, flush=True)
time.sleep(600)
"""


@pytest.mark.process
def test_a_station_that_is_killed_leaves_neither_processes_nor_memory_behind(cache):
    arguments = [sys.executable, "-c", STATION, str(cache), str(Path(ramp.__file__).parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as station:
        folder = Path(station.stdout.readline().strip())
        assert len(processes_with(str(folder))) == 2  # the generator and the camera's process
        station.kill()
    give_up = time.monotonic() + PATIENCE_S
    while (processes_with(str(folder)) or folder.exists()) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert processes_with(str(folder)) == []
    assert not folder.exists()
    assert list(Path("/dev/shm").glob(f"web-feed-{station.pid}-*")) == []


def test_what_a_killed_rig_left_is_removed_by_the_next(rig, cache):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = cache / f"rig-{ended.pid}-0badcafe"
    left.mkdir()
    memory = cache / "left-memory"
    memory.touch()
    (left / "feed-0").symlink_to(memory)
    rig(first_line=LINES)
    assert not left.exists()
    assert not memory.exists()


def test_the_simulated_web_comes_through_the_camera_as_it_is_rendered(rig):
    web = WebSettings(width_px=256, severity=PlantingRate.DENSE)
    camera = rig(web, renderer="camera.web:SimulatedWeb", lines=128, line_rate_hz=2560.0)
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        frames = line.frames(3)
    expected = SimulatedWeb(camera.web_settings())
    for frame in frames:
        np.testing.assert_array_equal(frame.pixels, expected.render(line.first_line(frame), 128))


def test_a_second_program_is_told_that_the_camera_is_in_use(rig):
    camera = rig()
    second = GenTLSource(camera.settings())
    with opened(camera.settings()), pytest.raises(DeviceLost, match="is another program using it"):
        second.start()


def test_a_counted_unplugging_is_refused(rig):
    with pytest.raises(SettingsError, match="cable"):
        rig().fault(Fault.UNPLUG, frames=3)


def test_a_rig_of_five_devices_is_refused():
    with pytest.raises(SettingsError, match="1 to 4"):
        SimulatedCamera(devices=5)


def test_a_web_that_cannot_be_rendered_is_reported_with_its_reason(rig):
    with pytest.raises(ProducerError, match="no_such_module"):
        rig(renderer="no_such_module:Thing")


def test_a_missing_compiler_is_named_with_a_way_out(tmp_path):
    with pytest.raises(ProducerError, match=r"'no-such-cc'.*simulated"):
        build_producer(tmp_path, compiler="no-such-cc")


def test_a_failing_compiler_speaks_for_itself(tmp_path):
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho 'cannot find -lmagic' >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(ProducerError, match=r"(?s)exit status 3.*cannot find -lmagic"):
        build_producer(tmp_path / "cache", compiler=str(broken))


def test_a_producer_is_built_once(cache):
    built = build_producer(cache)
    when = built.stat().st_mtime_ns
    assert build_producer(cache) == built
    assert built.stat().st_mtime_ns == when
