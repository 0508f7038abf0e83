"""Which pipelines judge which decision: one set up to a number, the next one from that number on.

Where several cameras look at one web, the change is at a place on it: where the leading camera's first frame by the new
set begins. What another camera shows before that place is inspected by the old set, what it shows behind it by the new
one, and the frame that shows both by both.

A change has two steps, so that it can be noted between them: `announce` has the frames that are read from now on
inspected by the new pipelines, `settle` has them decided by them. What was inspected by one set and has to be decided
by the other is judged by neither.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from inspection.pipeline import Pipeline
from inspection.values import Span

_ROUNDING_MM = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What judges from a number on. Each is itself alone, whatever it is made of."""

    pipelines: Mapping[str, Pipeline]
    """By camera."""
    first_sequence: int
    deadline_ms: float
    """From the last line exposed to the decision."""


@dataclass(slots=True)
class _Border:
    """Where on the web one turn ends and another begins."""

    before: Turn
    after: Turn
    place_mm: float | None = None
    """None until a frame behind it said where it was."""
    passed: set[str] = field(default_factory=set)
    """Cameras that have shown a frame behind it."""


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
        self._leading = turn
        """What inspects the leading camera's newest frame."""
        self._leading_mm: float | None = None
        self._border: _Border | None = None

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

    def lead(self, turn: Turn, start_mm: float | None) -> None:
        """The leading camera of a web that others see has read a frame, which begins at a place on it (None: nobody
        knows) and is inspected by a turn.
        """
        with self._lock:
            if turn is not self._leading:
                self._border = _Border(self._leading, turn)
                self._leading = turn
            border = self._border
            if start_mm is None:
                return
            if self._leading_mm is not None and start_mm < self._leading_mm and border is not None:
                border = self._border = _Border(border.before, turn) if border.place_mm is None else None
            if border is not None and border.place_mm is None:
                border.place_mm = start_mm
            self._leading_mm = start_mm

    def turns_at(self, camera: str, place: Callable[[Turn], Span | None]) -> tuple[Turn, ...]:
        """What inspects a frame of a camera that does not lead: what judges its `place` on the web, both turns where it
        shows the border between them.
        """
        with self._lock:
            border, span = self._border, place(self._leading)
            if border is None or border.place_mm is None or span is None or camera in border.passed:
                return (self._leading,)
            if span.end_mm <= border.place_mm + _ROUNDING_MM:
                return (border.before,)
            if span.start_mm >= border.place_mm - _ROUNDING_MM:
                border.passed.add(camera)
                return (border.after,)
            return (border.before, border.after)

    def opened(self, sequence: int) -> None:
        """Pieces are told apart by now up to the one that this decision will be about: a change comes later."""
        with self._lock:
            self._next_read = max(self._next_read, sequence + 1)

    def of(self, sequence: int) -> Turn:
        """What a later decision will be made by, as far as that is known now."""
        with self._lock:
            coming = self._coming
            return coming if coming is not None and sequence >= coming.first_sequence else self._now

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
