"""A camera's own output: pulses at places of the web, from the station through the camera's process to the device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.gentl.gentl_source import GenTLSource
from camera.gentl.output_schedule import MOST_PULSES, OutputSchedule
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from camera.web import WebSettings
from tests.support.patience import until

WEB = WebSettings(width_px=128)
LINES = 64


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 40)), max_size=20),
    st.lists(st.integers(0, 60), max_size=60),
)
def test_the_level_is_high_where_a_pulse_is_and_nowhere_else_and_what_was_not_given_is_counted(told, steps):
    schedule, pulses, end = OutputSchedule(), [], 0
    for gap, length in told:
        pulses.append((end + gap, end + gap + length))
        end += gap + length
    schedule.add(pulses)
    encoder, given = 0, set()
    for step in steps:
        encoder += step
        here = {pulse for pulse in pulses if pulse[0] <= encoder < pulse[1]}
        assert schedule.level(encoder) == bool(here)
        given |= here
    passed = {pulse for pulse in pulses if pulse[1] <= encoder}
    assert schedule.take_missed() == (len(passed - given) if steps else 0)


def test_a_schedule_without_bound_would_be_memory_without_bound():
    schedule = OutputSchedule()
    schedule.add((10 * number, 10 * number + 5) for number in range(MOST_PULSES + 7))
    assert schedule.take_missed() == 7


@pytest.mark.process
def test_the_output_rises_where_the_web_is_at_the_place_and_late_pulses_are_counted():
    with SimulatedCamera(WEB, lines=LINES, line_rate_hz=2000.0) as rig:
        source = GenTLSource(rig.settings(output="UserOutput0", frame_timeout_ms=10_000))
        source.start()
        try:
            until(lambda: source.read(0.1) is not None)
            step_mm = WEB.pixel_pitch_um / 1000.0
            at = int(rig.encoder_lines()) + 2000
            assert source.give_pulses([(at * step_mm, (at + 400) * step_mm)])
            until(lambda: source.read(0.05) is not None and rig.output()[1])
            (rise,) = rig.output()[1]
            assert at <= rise < at + 400
            until(lambda: source.read(0.05) is not None and not rig.output()[0])
            assert source.give_pulses([(0.0, 10.0)])
            until(lambda: source.read(0.05) is not None and source.status().counters["pulses_missed"] == 1)
            assert len(rig.output()[1]) == 1
        finally:
            source.stop()


@pytest.mark.process
def test_a_camera_that_is_away_takes_no_pulse():
    with SimulatedCamera(WEB, lines=LINES, line_rate_hz=2000.0) as rig:
        source = GenTLSource(rig.settings(output="UserOutput0", frame_timeout_ms=200))
        source.start()
        try:
            rig.fault(Fault.UNPLUG)
            until(lambda: source.read(0.1) is not None and not source.status().is_connected)
            assert not source.give_pulses([(1e6, 2e6)])
        finally:
            source.stop()
