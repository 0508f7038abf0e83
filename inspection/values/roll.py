"""Rolls: which decisions belong to which. Pure.

A decision does not name its roll. Rolls are stretches of the sequence of decisions: each begins where the line (or a
person) said so, and ends where the next one begins. What nobody named is called after the start of the station.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Roll:
    """A stretch of decisions."""

    name: str
    """As the line named it, else `run N` after the station's start; several stretches may have the same name."""
    first_sequence: int
    """Identifies the stretch."""
    last_sequence: int
    is_named: bool
    """False where nobody told the station which roll it was."""
    is_running: bool
    """The last one: more decisions may come."""


@dataclass(frozen=True, slots=True)
class RollChange:
    """Word of a roll's beginning or end."""

    first_sequence: int
    """Sequence number of the first decision after it."""
    roll: str | None
    """None: the roll before has ended, and none was named."""
    told_utc: datetime
    told_by: str


def rolls_of(changes: Sequence[RollChange], run_starts: Sequence[tuple[int, int]], last_sequence: int) -> list[Roll]:
    """All rolls in their order. `run_starts`: (number, first sequence) of each start of the station that decided.

    A named roll goes on over a restart of the station; an unnamed one ends there.

    >>> [(roll.name, roll.first_sequence, roll.last_sequence) for roll in rolls_of([], [(1, 1), (2, 50)], 80)]
    [('run 1', 1, 49), ('run 2', 50, 80)]
    """
    marks: list[tuple[int, int, str | None, int]] = [(first, 0, None, run) for run, first in run_starts]
    marks += [(change.first_sequence, 1, change.roll, 0) for change in changes]
    begins: list[tuple[int, str, bool]] = []
    named: str | None = None
    run = 0
    for first, is_change, name, started in sorted(marks, key=lambda mark: mark[:2]):
        if is_change:
            named = name
        else:
            run = started
            if named is not None:
                continue
        title = named or (f"run {run}" if not is_change else f"run {run} from {first}")
        while begins and begins[-1][0] >= first:
            begins.pop()  # the later word about the same decision counts
        begins.append((first, title, named is not None))
    rolls = []
    for number, (first, title, is_named) in enumerate(begins):
        is_last = number + 1 == len(begins)
        end = last_sequence if is_last else min(begins[number + 1][0] - 1, last_sequence)
        if end >= first:
            rolls.append(Roll(title, first, end, is_named, end == last_sequence))
    return rolls
