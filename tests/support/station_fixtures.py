import logging

import httpx
import pytest
import structlog

from tests.support.api_rig import settings
from tests.support.patience import PATIENCE_S
from tests.support.rig import write_model
from tests.support.stations import Station


@pytest.fixture(autouse=True, scope="package")
def quiet_logs():
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # As the program does: a traceback with all local variables takes seconds, and a deadline passes meanwhile.
        processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)],
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("station")
    write_model(folder / "models" / "electrode-0.1")
    return folder


@pytest.fixture(scope="module")
def station(folder):
    """A station that has shown its thirty frames and still answers."""
    with Station(settings(folder)) as station:
        assert station.wait(PATIENCE_S)
        yield station


@pytest.fixture(scope="module")
def client(station):
    with httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
def live(folder, tmp_path):
    """A station whose web never ends."""
    camera = settings(folder).cameras[0].model_copy(update={"line_rate_hz": 6400.0, "frame_limit": None})
    with Station(settings(folder, state_dir=tmp_path / "state", cameras=[camera.model_dump()])) as station:
        yield station
