"""A web that stands still is no camera fault, and silence over a web that moves is no standing web."""

import time

import pytest

from camera.gentl.standing import StandingWatch
from camera.settings import TriggerSettings
from camera.simulated.simulated_camera import Fault
from tests.support.known_line import Line, is_frame, is_lost, opened, reasons
from tests.support.patience import PATIENCE_S

ENCODER = TriggerSettings(source="Line0", activation="RisingEdge")
SLOW_HZ = 320.0
"""Lines per second: what comes 0.6 s late is overdue, which on a busy machine healthy frames are not."""


def read_for(source, line, seconds):
    """What is heard in this time."""
    since, end = len(line.heard), time.monotonic() + seconds
    while time.monotonic() < end:
        reading = source.read(0.02)
        if reading is not None:
            line.heard.append(reading)
    return line.heard[since:]


def await_standing(source, line, within_s=PATIENCE_S):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        read_for(source, line, 0.05)
        if source.status().is_standing:
            return
    raise AssertionError(f"not standing within {within_s} s: {source.status()}")


def test_a_line_that_stops_loses_no_frame_and_goes_on_where_it_stopped(rig):
    camera = rig(line_rate_hz=SLOW_HZ)
    with opened(camera.settings(trigger=ENCODER), is_patient=False) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.STAND)
        await_standing(source, line)
        assert read_for(source, line, 0.5) == []
        status = source.status()
        assert status.is_connected
        assert status.is_standing
        assert "the web stands still" in status.detail
        camera.clear_faults()
        line.frames(3)
        assert not source.status().is_standing
    assert all(is_frame(each) and each.id.run == 1 for each in line.heard)
    assert [line.first_line(b) - line.first_line(a) for a, b in zip(line.heard, line.heard[1:], strict=False)] == [
        64
    ] * (len(line.heard) - 1)


def test_a_camera_that_keeps_silent_while_the_encoder_counts_is_no_standing_web(rig):
    camera = rig(line_rate_hz=SLOW_HZ)
    with opened(camera.settings(trigger=ENCODER), is_patient=False) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.STALL)
        heard = line.read_until(is_lost)
        assert not source.status().is_standing
        camera.clear_faults()
        line.frames(2)
    assert reasons(heard) == ["timeout"]
    line.assert_no_number_is_missing_or_told_twice()


def test_a_camera_that_gives_its_lines_itself_and_stops_is_at_fault_though_the_web_stands(rig):
    camera = rig(line_rate_hz=SLOW_HZ)
    with opened(camera.settings(), is_patient=False) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.STAND)
        assert reasons(line.read_until(is_lost)) == ["timeout"]
        assert not source.status().is_standing


def test_a_camera_that_is_gone_sees_no_standing_web(rig):
    camera = rig(line_rate_hz=SLOW_HZ)
    with opened(camera.settings(trigger=ENCODER), is_patient=False) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.fault(Fault.STAND)
        await_standing(source, line)
        camera.fault(Fault.UNPLUG)
        assert reasons(line.read_until(is_lost)) == ["device_lost"]
        assert not source.status().is_standing


def watch(**changes):
    values = {"is_paced_outside": True, "believes_silence": True, "block_mm": 10.0, "step_mm": 0.1}
    return StandingWatch(**(values | changes))


MS = 1_000_000


@pytest.mark.parametrize(
    ("changes", "answers", "expected"),
    [
        ({}, [(100, 0), (200, 0)], True),
        ({}, [(100, 0), (200, 149)], True),
        ({}, [(100, 0), (200, 151)], False),
        ({}, [(100, 151), (200, 0)], False),
        ({}, [(100, 0), (200, 151), (300, 0)], False),
        ({}, [(100, None), (200, None)], True),
        ({"believes_silence": False}, [(100, None)], False),
        ({"believes_silence": False}, [(100, 5), (200, 5)], True),
        ({"is_paced_outside": False}, [(100, 5), (200, 5)], False),
        ({}, [(0, None)], False),
    ],
    ids=[
        *("the encoder rests", "it creeps within a block", "it moves", "it moves backwards", "it moved meanwhile"),
        *(
            "no encoder",
            "no encoder, and a timeout is set",
            "an encoder, and a timeout is set",
            "the camera's own pace",
        ),
        "the device never answered",
    ],
)
def test_a_standing_web_is_believed_on_evidence_alone(changes, answers, expected):
    watched = watch(**changes)
    found = None
    for at_ms, encoder in answers:
        found = watched.stands(at_ms * MS, encoder, now_ns=(at_ms + 50) * MS)
    assert found is expected


def test_an_answer_that_is_old_is_none():
    assert watch().stands(100 * MS, 0, now_ns=200 * MS)
    assert not watch().stands(100 * MS, 0, now_ns=700 * MS)


def test_frames_of_the_same_web_are_a_standing_web_unless_the_live_encoder_moves():
    free = watch(is_paced_outside=False)
    for at, position_mm, live, repeats in (
        (1, 5.0, 0, False),
        (2, 5.0, 0, True),
        (3, 5.0, 400, False),
        (4, 6.0, 400, False),
    ):
        free.frame_came(at * MS, position_mm)
        assert free.repeats(live) is repeats
    assert not free.repeats(None)
