"""Simulated cameras with a web of which every pixel is known."""

from pathlib import Path

import pytest

from camera.simulated.simulated_camera import SimulatedCamera
from camera.web.settings import WebSettings
from tests.support.known_line import LINE_RATE_HZ, LINES


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def running_rigs():
    """Those of a module, by their options: a camera that goes on for nobody takes the next tests' processor time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)  # where the generators find ramp.py
        rigs = {}
        yield rigs
        for camera in rigs.values():
            camera.stop()


@pytest.fixture
def rig(cache, running_rigs):
    """Simulated cameras; those with the same options are shared by the tests of a module, healthy again after each."""

    def make(web=None, **options):
        settings = {
            "web": web or WebSettings(width_px=256),
            "lines": LINES,
            "line_rate_hz": LINE_RATE_HZ,
            "renderer": "ramp:Ramp",
            "cache": cache,
            **options,
        }
        key = repr(settings)
        if key not in running_rigs:
            camera = SimulatedCamera(**settings)
            camera.start()
            running_rigs[key] = camera
        return running_rigs[key]

    yield make
    for camera in running_rigs.values():
        camera.clear_faults()
