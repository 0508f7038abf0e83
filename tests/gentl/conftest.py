"""Simulated cameras with a web of which every pixel is known."""

from pathlib import Path

import pytest

from camera.simulated_camera import SimulatedCamera
from camera.web.settings import WebSettings

from .line import LINE_RATE_HZ, LINES


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def rig(cache, monkeypatch):
    """Makes simulated cameras that are stopped at the end of the test."""
    monkeypatch.syspath_prepend(Path(__file__).parent)  # where the generators find ramp.py
    rigs = []

    def make(web=None, **options):
        settings = {
            "lines": LINES,
            "line_rate_hz": LINE_RATE_HZ,
            "renderer": "ramp:Ramp",
            "cache": cache,
            **options,
        }
        camera = SimulatedCamera(web or WebSettings(width_px=256), **settings)
        rigs.append(camera)
        camera.start()
        return camera

    yield make
    for camera in rigs:
        camera.stop()
