"""The table of doors: which settings open which door to the line."""

from contextlib import ExitStack

from inspection.api.http_door import HttpDoor
from inspection.station.door import Door
from inspection.station.settings import StationSettings


def make_doors(settings: StationSettings) -> tuple[Door, ...]:
    """The doors that the settings describe, with their addresses claimed, not yet open: `Station` opens them.

    Raises SettingsError for an address that can't be had; nothing stays claimed then.
    """
    with ExitStack() as undo:
        doors: list[Door] = []
        for kind in (HttpDoor,):
            door = kind(settings)
            undo.callback(door.close)
            doors.append(door)
        undo.pop_all()
    return tuple(doors)
