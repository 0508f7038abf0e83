"""The PLC's side of a door: what the simulated line needs of any protocol."""

from collections.abc import Callable
from typing import Protocol

from inspection.simulated_line.plc import Word


class Partner(Protocol):
    """Talks to one door, on threads of its own; comes back by itself when it was cut off."""

    def start(self, hears: Callable[[Word], None], beats: Callable[[], None]) -> None:
        """Begin. `hears` is called with each result in order, `beats` whenever the station shows that it lives."""

    def tell_sheet(self, number: int, place_mm: float) -> None:
        """Sheet `number` begins at a place on the web, by the encoder. Waits for nothing."""

    def stall(self, *, stalls: bool) -> None:
        """Take nothing in, and say nothing, as a PLC in STOP does; or go on."""

    def close(self) -> None:
        """End. May be repeated."""


def sheet_of(piece_id: str | None) -> int | None:
    """The sheet's number: piece ids of a simulated line are plain numbers, as PLCs have them.

    >>> sheet_of("17"), sheet_of("roll-3"), sheet_of(None)
    (17, None, None)
    """
    return int(piece_id) if piece_id is not None and piece_id.isdecimal() else None
