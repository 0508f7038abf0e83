import pytest

from tests.support.api_rig import settings
from tests.support.mosquitto import Mosquitto


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def plant(folder, tmp_path):
    """Settings of a station with an MQTT door, from what differs."""

    def told(port, *, station=None, **door):
        doors = {"plc": {"kind": "mqtt", "port": port, "prefix": "line1"} | door}
        return settings(folder, **({"state_dir": tmp_path / "state", "doors": doors} | (station or {})))

    return told
