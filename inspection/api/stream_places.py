"""The places of those who follow decisions: bounded, some of them kept for the line.

A client that has stopped reading (a suspended panel, a cable that was pulled) gives its place back by itself: the
kernel ends its connection (`inspection.serving.listening`), and with it the stream.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

PLACES = 64
KEPT_FOR_LINE = 8
"""Places, of all there are, that only streams get which ask for one with `for_line`."""
_REMEMBERED_S = 60.0


class NoPlace(Exception):
    """All places that a client may have are taken."""


class StreamPlaces:
    """Belongs to the API's event loop; `open` and `faults` may be read from any thread.

    >>> places = StreamPlaces(places=2, kept_for_line=1)
    >>> with places.taken(), places.taken(for_line=True):
    ...     places.open
    2
    >>> places.faults()
    []
    """

    def __init__(self, places: int = PLACES, kept_for_line: int = KEPT_FOR_LINE) -> None:
        self._places = places
        self._kept = kept_for_line
        self._refused_s: float | None = None
        self.open = 0
        """Streams that run now."""

    @contextmanager
    def taken(self, *, for_line: bool = False) -> Iterator[None]:
        """A place for as long as the block lasts. Raises NoPlace."""
        if self.open >= (self._places if for_line else self._places - self._kept):
            self._refused_s = time.monotonic()
            raise NoPlace(
                f"{self.open} streams are open, of {self._places} that there may be; {self._kept} are kept for the "
                "line (for_line=true). Close those not needed."
            )
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    def faults(self) -> list[str]:
        """What a person should look at, one sentence each; empty when all is well."""
        refused_s = self._refused_s
        if refused_s is None or time.monotonic() - refused_s > _REMEMBERED_S:
            return []
        return [
            f"A client that wanted to follow decisions was refused: {self.open} streams are open. "
            "Look for programs that open streams and do not close them."
        ]
