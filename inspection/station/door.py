"""A door to the line: a way by which machines and programs hear of decisions, and tell the station what they want.

The station knows doors by this alone; which there are is the table in `inspection.doors`.
"""

from collections.abc import Sequence
from typing import Protocol

from inspection.alarms.condition import Condition
from inspection.station.desk import Desk
from inspection.station.door_state import DoorState


class Door(Protocol):
    """Made from the settings, with its address claimed; opened once, before the first decision; closed once.

    A door reads decisions from the desk's feed at its own pace, on threads of its own: one that is slow, or dead, falls
    behind, and nothing waits for it.
    """

    @property
    def name(self) -> str:
        """What the door is called in logs and alarms, for example `http`."""

    @property
    def address(self) -> str:
        """Where its partners find it, also before it is open."""

    @property
    def access(self) -> str:
        """Whom it lets in, in a sentence. Not before it is open."""

    @property
    def followers(self) -> int:
        """Number of partners that follow decisions now."""

    @property
    def state(self) -> DoorState:
        """How it is doing. Answers at once."""

    def open(self, desk: Desk) -> None:
        """Serve; returns once partners are answered. Raises InspectionError: then the station does not start."""

    def conditions(self) -> Sequence[Condition]:
        """What a person should look at now; empty while all is well. Answers at once."""

    def close(self) -> None:
        """Hand on what waits, then end, within some seconds. Also of a door that was never open; may be repeated."""
