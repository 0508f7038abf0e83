"""Reads a source as the station does."""

import itertools
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from camera.frame import Frame, LostFrame
from camera.gentl.gentl_source import GenTLSource
from tests.support.patience import PATIENCE_S
from tests.support.ramp import Ramp

LINES = 64
LINE_RATE_HZ = 3200.0
PERIOD_S = LINES / LINE_RATE_HZ


PATIENT = {"frame_timeout_ms": 60_000.0, "ring_slots": 64}
"""For tests of what arrives: on a busy machine camera and reader come late, which is not what they are about."""


@contextmanager
def opened(settings, *, is_patient=True):
    """A source that was started. `is_patient`: silence is a slow machine's, not the camera's."""
    source = GenTLSource(patient(settings) if is_patient else settings)
    source.start()
    try:
        yield source
    finally:
        source.stop()


def patient(settings):
    """The settings, with time and room for a machine that has other things to do where they say nothing of it."""
    return settings.model_copy(
        update={key: value for key, value in PATIENT.items() if key not in settings.model_fields_set}
    )


class Line:
    """Reads a source as the station does, and remembers all that it heard."""

    def __init__(self, source, camera, device=0):
        self.source = source
        self.heard = []
        place = camera.places[device] if camera.places else None
        self.web = Ramp(camera.web_settings(device), place)
        self.pitch_mm = camera.web_settings(device).pixel_pitch_um / 1000.0

    def read_until(self, condition, within_s=PATIENCE_S):
        """Read on until something that satisfies the condition was heard; returns all heard meanwhile."""
        since, give_up = len(self.heard), time.monotonic() + within_s
        while time.monotonic() < give_up:
            reading = self.source.read(0.05)
            if reading is not None:
                self.heard.append(reading)
                if condition(reading):
                    return self.heard[since:]
        raise AssertionError(f"not heard within {within_s} s; last: {self.heard[-3:]}; {self.source.status()}")

    def frames(self, count):
        """Read on until so many further frames came."""
        got = []
        while len(got) < count:
            got += [each for each in self.read_until(is_frame) if is_frame(each)]
        return got

    def first_line(self, frame):
        return round(frame.position_mm / self.pitch_mm)

    def shows_the_web(self, frame):
        return np.array_equal(frame.pixels, self.web.render(self.first_line(frame), frame.height_px))

    def assert_no_number_is_missing_or_told_twice(self):
        numbers = [(each.id.run, each.id.number) for each in self.heard]
        for (run, number), (next_run, next_number) in itertools.pairwise(numbers):
            assert (next_run == run and next_number == number + 1) or (next_run == run + 1 and next_number == 1)


def is_frame(reading):
    return isinstance(reading, Frame)


def is_lost(reading):
    return isinstance(reading, LostFrame)


def reasons(heard):
    """The reasons of the losses, without repeats in a row."""
    found = [each.reason.value for each in heard if is_lost(each)]
    return [reason for index, reason in enumerate(found) if index == 0 or found[index - 1] != reason]


def processes_with(word):
    """Commands of running processes in which the word occurs."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if word in command:
                found.append(command)
    return found
