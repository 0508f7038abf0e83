"""The table of doors: which settings open which door to the line."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec

from inspection.api.http_door import HttpDoor
from inspection.errors import SettingsError
from inspection.line.output_door import OutputDoor
from inspection.line.process_door import ProcessDoor
from inspection.station.door import Door
from inspection.station.door_settings import CameraOutputSettings
from inspection.station.settings import StationSettings


@dataclass(frozen=True, slots=True)
class MachineDoor:
    """A kind of door for machines: it has a process of its own."""

    module: str
    """Its `serve(link)` answers the partners."""
    library: str
    """What it can't do without; the extra `line` brings it."""


MACHINE_DOORS: Mapping[str, MachineDoor] = {
    "modbus": MachineDoor("inspection.line.modbus.server", "pymodbus"),
    "mqtt": MachineDoor("inspection.line.mqtt.client", "aiomqtt"),
    "opcua": MachineDoor("inspection.line.opcua.server", "asyncua"),
}
"""By the kind that `[doors.NAME]` names."""


def make_doors(settings: StationSettings) -> tuple[Door, ...]:
    """The doors that the settings describe, with the API's address claimed, not yet open: `Station` opens them.

    Raises SettingsError for an address that can't be had, or a library that is missing; nothing stays claimed then.
    """
    with ExitStack() as undo:
        doors: list[Door] = []
        for make in (HttpDoor, *_machine_doors(settings)):
            door = make(settings)
            undo.callback(door.close)
            doors.append(door)
        undo.pop_all()
    return tuple(doors)


def _machine_doors(settings: StationSettings) -> list[Callable[[StationSettings], Door]]:
    return [_maker(name, settings) for name in settings.doors]


def _maker(name: str, settings: StationSettings) -> Callable[[StationSettings], Door]:
    told = settings.doors[name]
    if isinstance(told, CameraOutputSettings):
        return lambda _: OutputDoor(name, told)
    kind = MACHINE_DOORS[told.kind]
    if find_spec(kind.library) is None:
        raise SettingsError(
            f"doors.{name}: a door of kind {told.kind} needs {kind.library}, which is not installed. Install it with "
            "pip install 'web-inspection-station[line]', or take the door out."
        )
    return lambda settings: ProcessDoor(name, told, settings, kind.module, told.kind)
