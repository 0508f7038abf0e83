"""Which pipelines judge which decision: one set up to a number, the next one from that number on.

A change has two steps, so that it can be noted between them: `announce` has the frames that are read from now on
inspected by the new pipelines, `settle` has them decided by them. What was inspected by one set and has to be decided
by the other is judged by neither.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspection.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Turn:
    """What judges from a number on."""

    pipelines: Mapping[str, Pipeline]
    """By camera."""
    first_sequence: int
    deadline_ms: float
    """From the last line exposed to the decision."""


@dataclass(frozen=True, slots=True)
class Due:
    """The next decision: its number, what decides it."""

    sequence: int
    turn: Turn
    before: Turn | None
    """What judged the last piece before it, where this is the first one after a change; else None."""


class Turns:
    """The turn that it is, and at most one to come. Numbers are given here: each knows its turn. Thread-safe."""

    def __init__(self, turn: Turn) -> None:
        self._lock = threading.Lock()
        self._now = turn
        self._coming: Turn | None = None
        self._is_settled = False
        self._next_read = self._next_decided = turn.first_sequence
        self._first, self._last_of = turn, dict[str, Turn]()

    @property
    def now(self) -> Turn:
        """What decides at this moment."""
        return self._now

    @property
    def coming(self) -> Turn | None:
        """What decides from a later number on, None if nothing is to change."""
        return self._coming

    @property
    def next_read(self) -> int:
        """The number of the next frame that is read: exactly of one camera's, of several cameras' to about one frame
        of each, for they are decided as they are ready.
        """
        return self._next_read

    def take_in(self, decisions: Callable[[Turn], int] = lambda _turn: 1) -> Turn:
        """A frame number has been read: what inspects it. `decisions`: how many will be made about it by a turn."""
        with self._lock:
            number = max(self._next_read, self._next_decided)
            coming = self._coming
            turn = coming if coming is not None and number >= coming.first_sequence else self._now
            self._next_read = number + decisions(turn)
            return turn

    def next_decision(self, web: str) -> Due:
        """Give the next number to a piece of a web, or of a lane: whatever is judged by itself, under its own name."""
        with self._lock:
            sequence, self._next_decided = self._next_decided, self._next_decided + 1
            coming = self._coming
            if coming is not None and self._is_settled and sequence >= coming.first_sequence:
                self._now, self._coming = coming, None
            before, self._last_of[web] = self._last_of.get(web, self._first), self._now
            return Due(sequence, self._now, None if before is self._now else before)

    def announce(self, pipelines: Mapping[str, Pipeline], deadline_ms: float, first_sequence: int | None) -> int:
        """Prepare a change with a decision; `first_sequence`: None is the next frame that is read. Returns the number,
        a later one than was asked for if that has been decided by now. A change that was to come is given up.
        """
        with self._lock:
            first = max(self._next_read if first_sequence is None else first_sequence, self._next_decided)
            self._coming, self._is_settled = Turn(dict(pipelines), first, deadline_ms), False
            return first

    def settle(self) -> int:
        """The change that was announced is to happen. Returns the first decision that is still to come then."""
        with self._lock:
            assert self._coming is not None, "nothing was announced"
            self._is_settled = True
            return max(self._coming.first_sequence, self._next_decided)

    def give_up(self) -> bool:
        """No change is to come. False: it has happened."""
        with self._lock:
            was_coming, self._coming = self._coming is not None, None
            return was_coming
