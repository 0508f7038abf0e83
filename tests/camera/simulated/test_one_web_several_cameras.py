"""Several simulated cameras over one web: one pace, one encoder, each with its own place and its own faults."""

import os
import signal
import time

import numpy as np
import pytest

from camera.errors import ProducerError, SettingsError
from camera.frame import LossReason
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import CameraPlace, PlacedWeb, PlantingRate, View, WebSettings
from tests.support.known_line import LINES, Line, is_frame, is_lost, opened, reasons
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.process

WAY_MM = 6.4
BESIDE = (CameraPlace(width_px=150), CameraPlace(width_px=136, across_mm=6.0))
BEHIND = (CameraPlace(), CameraPlace(along_mm=WAY_MM, seed=40))


@pytest.fixture
def stopped_generators():
    """Generators that a test stops go on again whatever becomes of it."""
    stopped = []
    yield stopped
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


def frames_of_both(lines, count, late=(0, 0)):
    """Read two cameras in turn until they have shown `count` stretches of the web both; of each its frames by the line
    of the web that they begin with.
    """
    shown = {}, {}
    give_up = time.monotonic() + PATIENCE_S
    while len(shown[0].keys() & shown[1].keys()) < count:
        assert time.monotonic() < give_up
        for line, frames, way in zip(lines, shown, late, strict=True):
            frames |= {line.first_line(frame) - way: frame for frame in line.frames(1)}
    return shown


def test_cameras_side_by_side_show_their_parts_of_one_web(rig):
    camera = rig(places=BESIDE)
    with opened(camera.settings(0)) as left, opened(camera.settings(1)) as right:
        lines = Line(left, camera, 0), Line(right, camera, 1)
        shown = frames_of_both(lines, 5)
        for line, frames in zip(lines, shown, strict=True):
            assert all(line.shows_the_web(frame) for frame in frames.values())
    for first_line in set(shown[0]) & set(shown[1]):
        left, right = (frames[first_line].pixels for frames in shown)
        assert (left.shape, right.shape) == ((LINES, 150), (LINES, 136))
        np.testing.assert_array_equal(left[:, 120:], right[:, :30])


def test_a_camera_at_a_later_roller_shows_a_line_when_the_encoder_has_counted_the_way(rig):
    camera = rig(places=BEHIND)
    way = round(WAY_MM / 0.05)
    assert camera.first_line == way
    with opened(camera.settings(0)) as ahead, opened(camera.settings(1)) as behind:
        lines = Line(ahead, camera, 0), Line(behind, camera, 1)
        early, late = frames_of_both(lines, 5, late=(0, way))
    for line in set(early) & set(late):
        np.testing.assert_array_equal(early[line].pixels, late[line].pixels)
        assert early[line].captured_ns < late[line].captured_ns


def test_no_camera_gets_ahead_while_one_is_slow_and_all_go_on_together(rig, stopped_generators):
    camera = rig(places=BESIDE, first_line=LINES)
    for device in (1, 0):
        pid = camera.pids[device]
        stopped_generators.append(pid)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.1)  # a block that was being shown is shown
        before = [camera.blocks_passed(each) for each in (0, 1)]
        time.sleep(1.0)  # fifty blocks at the line's speed
        after = [camera.blocks_passed(each) for each in (0, 1)]
        assert max(after) - min(before) <= 1
        assert abs(after[0] - after[1]) <= 1
        os.kill(pid, signal.SIGCONT)
        give_up = time.monotonic() + PATIENCE_S
        while min(camera.blocks_passed(each) for each in (0, 1)) < max(after) + 5:
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_a_web_without_a_camera_on_it_goes_on_for_the_others(rig):
    camera = rig(places=BESIDE)
    with opened(camera.settings(0)) as left, opened(camera.settings(1)) as right:
        lines = Line(left, camera, 0), Line(right, camera, 1)
        for line in lines:
            line.frames(3)
        camera.fault(Fault.UNPLUG, device=0)
        lines[0].read_until(lambda reading: is_lost(reading) and reading.reason is LossReason.DEVICE_LOST)
        good = lines[1].frames(10)
        assert all(lines[1].shows_the_web(frame) for frame in good)
        assert "device_lost" not in reasons(lines[1].heard)
        camera.clear_faults(device=0)
        back = lines[0].read_until(is_frame)[-1]
    assert back.id.run == 2
    assert lines[0].shows_the_web(back), "it counts the encoder that went on"


def test_frames_are_spoilt_for_one_camera_alone(rig):
    camera = rig(places=BESIDE)
    with opened(camera.settings(0)) as left, opened(camera.settings(1)) as right:
        lines = Line(left, camera, 0), Line(right, camera, 1)
        lines[0].frames(2)
        camera.fault(Fault.BLACK, frames=2, device=1)
        black = lines[1].read_until(lambda reading: is_frame(reading) and reading.pixels.max() == 0)[-1]
        until_ns = black.captured_ns
        heard = lines[0].read_until(lambda reading: is_frame(reading) and reading.captured_ns > until_ns)
    assert all(frame.pixels.max() > 0 for frame in heard if is_frame(frame))


def test_a_web_that_stands_for_one_camera_stands_for_all(rig):
    camera = rig(places=BESIDE)
    camera.fault(Fault.STAND, device=1)
    time.sleep(0.2)
    stands = [camera.blocks_passed(each) for each in (0, 1)]
    time.sleep(0.3)
    assert [camera.blocks_passed(each) for each in (0, 1)] == stands
    camera.clear_faults()
    give_up = time.monotonic() + PATIENCE_S
    while min(camera.blocks_passed(each) for each in (0, 1)) < max(stands) + 3:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_the_slowest_camera_s_line_rate_is_the_web_s(rig):
    camera = rig(places=BEHIND, first_line=500)
    camera.run_at(1600.0, device=1)
    assert camera.line_rate_hz(0) == camera.line_rate_hz(1) == 1600.0


def test_the_rendered_web_comes_through_each_camera_as_its_place_shows_it(rig):
    web = WebSettings(width_px=400, severity=PlantingRate.DENSE, material="separator")
    places = (
        CameraPlace(width_px=256),
        CameraPlace(view=View.BACK_LIGHT, across_mm=7.23, rotation_mrad=1.0, width_px=250),
    )
    camera = rig(web, renderer=None, places=places, lines=128, line_rate_hz=2560.0)
    assert [place.seed for place in camera.places] == [1, 2]
    for device in (0, 1):
        with opened(camera.settings(device)) as source:
            frame = Line(source, camera, device).frames(1)[0]
        expected = PlacedWeb(camera.web_settings(device), camera.places[device])
        np.testing.assert_array_equal(frame.pixels, expected.render(round(frame.position_mm / 0.05), 128))


def test_a_place_beside_the_web_is_reported_for_its_device(rig):
    with pytest.raises(ProducerError, match=r"(?s)device 1.*looks at 30 \.\. 42\.8 mm"):
        rig(renderer=None, places=(CameraPlace(), CameraPlace(across_mm=30.0)))


def test_five_places_are_refused():
    with pytest.raises(SettingsError, match="1 to 4"):
        SimulatedCamera(places=[CameraPlace()] * 5)
