"""What a machine at its limits costs is lost and told; the camera comes back by itself."""

import os
import resource
import signal
from contextlib import ExitStack, contextmanager

import pytest

from camera.errors import DeviceLost
from camera.gentl.gentl_source import GenTLSource
from camera.simulated.simulated_camera import Fault
from tests.support.known_line import Line, is_frame, is_lost, opened, reasons


@contextmanager
def files_at_most(count):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_camera_process_that_cannot_be_replaced_for_want_of_files_is_a_loss_until_it_can(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        with files_at_most(3):
            os.kill(source.pid, signal.SIGKILL)
            line.read_until(is_lost)
            line.read_until(lambda reading: "Too many open files" in source.status().detail)
            assert not source.status().is_connected
            assert source.pid is None
        line.read_until(lambda reading: is_frame(reading) and reading.id.run == 2)
    assert reasons(line.heard) == ["process_died"]
    line.assert_no_number_is_missing_or_told_twice()


def test_a_first_start_without_files_fails_with_a_reason_and_leaves_none_open(rig):
    source = GenTLSource(rig().settings())
    before = set(os.listdir("/proc/self/fd"))
    with files_at_most(3), pytest.raises(DeviceLost, match="Too many open files"):
        source.start()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_camera_is_heard_in_a_process_with_more_than_a_thousand_files(rig):
    camera = rig()
    with ExitStack() as files, files_at_most(4096):
        for _ in range(1100):
            files.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        with opened(camera.settings()) as source:
            Line(source, camera).frames(2)


def test_a_camera_that_only_sends_nonsense_gets_a_word_for_each_frame(rig):
    camera = rig()
    camera.fault(Fault.WRONG_SIZE)
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        while len(line.heard) < 8:
            line.read_until(is_lost)
    assert reasons(line.heard)[-1] == "wrong_size"
    line.assert_no_number_is_missing_or_told_twice()
