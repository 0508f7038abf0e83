"""A small station with a door for OPC UA, whose web runs slowly and without end."""

from contextlib import contextmanager

from inspection.line.process_door import ProcessDoor
from inspection.station.door_settings import OpcUaSettings
from inspection.station.station import Station
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.support.api_rig import settings

MODULE = "inspection.line.opcua.server"


def make_door(told, **changes):
    return ProcessDoor("plc", OpcUaSettings(port=0, **changes), told, MODULE, "opcua")


def plant_settings(folder, state_dir, *, frames=None):
    camera = {
        "kind": "simulated",
        "web": {"width_px": 256, "severity": "clean"},
        "lines": 64,
        "line_rate_hz": None if frames else 320.0,
        "frame_limit": frames,
    }
    return settings(folder, state_dir=state_dir, cameras=[camera])


@contextmanager
def a_plant(folder, state_dir, *, frames=None, **changes):
    """A station with its door, open to whoever is on this machine unless the changes say otherwise."""
    told = plant_settings(folder, state_dir, frames=frames)
    door = make_door(told, **({"security": "none", "anonymous": "hold", "role": "hold"} | changes))
    with Station(told, doors=[door]) as station:
        yield station, door


@contextmanager
def people_of(state):
    database = Database.in_file(state / "store.db", Access.PEOPLE)
    try:
        yield database
    finally:
        database.close()
