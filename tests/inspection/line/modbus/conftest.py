import pytest

from inspection.doors import make_doors
from inspection.line.process_door import ProcessDoor
from inspection.station.station import Station
from tests.support.api_rig import settings
from tests.support.station_fixtures import folder, quiet_logs

__all__ = ["folder", "quiet_logs"]


@pytest.fixture
def begin(folder, tmp_path):
    """Starts a station with a Modbus door, one after the other on the same state folder; returns both."""
    running = []

    def start(changes=None, **door):
        while running:
            running.pop().stop()
        plc = {"kind": "modbus", "port": 0} | door
        told = settings(folder, **{"state_dir": tmp_path / "state", "doors": {"plc": plc}} | (changes or {}))
        doors = make_doors(told)
        station = Station(told, doors=doors)
        station.start()
        running.append(station)
        return station, next(each for each in doors if isinstance(each, ProcessDoor))

    yield start
    while running:
        running.pop().stop()
