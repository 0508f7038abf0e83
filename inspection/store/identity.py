"""Which store this is, from which number on it may count, and how old it is.

A sequence number alone is no identity: a store can be lost, replaced, or put back from an older copy. With the store's
epoch it is one. A store that is not just where this station left it gets a new epoch, and counts on above every number
that may have been told.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from inspection.clock import Clock
from inspection.store.database import Database
from inspection.store.number_mark import Mark
from inspection.store.rows import as_utc
from inspection.store.schema import DECISIONS, SEQUENCE_GAPS, STORE_IDENTITY

_CLOCK_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SequenceGap:
    """Numbers that no decision in the store has."""

    first_sequence: int
    last_sequence: int
    why: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a station takes up its store."""

    epoch: str
    last_number: int
    """The station counts on from here."""
    notices: tuple[str, ...]
    """What a person should know, one sentence each; empty when the store is just where the station left it."""


def take_up(database: Database, found: Mark | None, frames_up_to: Callable[[], int]) -> Beginning:
    """Find out what became of the store since its station last ran, and settle from where to count on.

    found: the highest numbers that this folder's stations told; frames_up_to: finds the highest in the name of a saved
    frame, for a store that is new. Raises StoreError.
    """
    with database.transaction("settle which store this is", writes=True) as connection:
        row = connection.execute(select(STORE_IDENTITY)).one()
        last = last_number(connection)
        is_new = not row.is_in_use and last == 0
        told = max(found.reserved if found else 0, frames_up_to() if is_new else 0)
        why = _what_happened(row.epoch, row.is_in_use, last, found, is_new=is_new)
        was_made_now = is_new and (found is None or found.epoch != row.epoch)
        epoch = str(row.epoch) if why is None or was_made_now else uuid.uuid4().hex
        notices = []
        if why is not None:
            notices.append(
                f"{why} It is called {epoch} from now on; clients that know another name are refused (409) and begin "
                f"anew. It counts on above {max(last, told)}; saved frames of other stores stay where they are."
            )
        if told > last:
            gap = SequenceGap(
                last + 1,
                told,
                why
                or "They may have been told, as UNINSPECTED, while the store took nothing, and were lost with the "
                "station's memory when it ended.",
            )
            connection.execute(insert(SEQUENCE_GAPS).values(gap_row(gap)))
            if why is None:
                notices.append(f"No decision has the numbers {gap.first_sequence} to {gap.last_sequence}: {gap.why}")
        connection.execute(update(STORE_IDENTITY).values(epoch=epoch, is_in_use=True))
    return Beginning(epoch, max(last, told), tuple(notices))


def _what_happened(epoch: str, is_in_use: bool, last: int, found: Mark | None, *, is_new: bool) -> str | None:
    """What is wrong with a store, None if it is the one that was left here, and all in it."""
    if found is None:
        if is_in_use:
            return "The store was put here without numbers.json, which tells the numbers that were given beyond it."
        return None
    if found.epoch != epoch:
        if is_new:
            return f"The store {found.epoch} that this station wrote until now is gone; a new, empty one was made."
        return f"The store is not the one that this station wrote last ({found.epoch})."
    if found.recorded > last:
        return (
            f"The store ends with number {last}, although it had all up to {found.recorded}: an older copy was put in "
            "its place, or its newest part was lost."
        )
    return None


def last_number(connection: Connection) -> int:
    """Highest sequence number that is spoken for: by a decision, or as one that no decision will ever have."""
    decided = connection.execute(select(func.max(DECISIONS.c.sequence))).scalar() or 0
    left_out = connection.execute(select(func.max(SEQUENCE_GAPS.c.last_sequence))).scalar() or 0
    return max(int(decided), int(left_out))


def gap_row(gap: SequenceGap) -> dict[str, Any]:
    """For the table of gaps."""
    row = {"first_sequence": gap.first_sequence, "last_sequence": gap.last_sequence, "why": gap.why}
    return row | {"noted_utc": datetime.now(UTC)}


class StoreTime:
    """The store's own time: seconds that its machine has run since the store was made. Nobody can set it.

    Hours in which the machine was off don't count, for nobody knows how many they were. May be used from any thread.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take it up where it was noted last. Raises StoreError."""
        self._database = database
        self._clock = clock or Clock()
        with database.transaction("read the store's own time") as connection:
            row = connection.execute(select(STORE_IDENTITY)).one()
        self._began_s = self._clock.running_s()
        same_boot = row.boot_id and row.boot_id == self._clock.boot_id()
        since_s = max(0.0, self._began_s - float(row.running_s)) if same_boot else 0.0
        self._age_s = float(row.age_s) + since_s
        self.clock_notice = _clock_notice(
            as_utc(row.noted_utc), self._clock.wall(), since_s if same_boot else None, is_first=not row.boot_id
        )
        """What the wall clock did while no station ran; None: nothing that one can tell."""

    @property
    def now_s(self) -> float:
        """Seconds."""
        return self._age_s + self._clock.running_s() - self._began_s

    def note(self) -> None:
        """Put it on disk. Raises StoreError."""
        values = {
            "age_s": self.now_s,
            "boot_id": self._clock.boot_id(),
            "running_s": self._clock.running_s(),
            "noted_utc": self._clock.wall(),
        }
        with self._database.transaction("note the store's own time", writes=True) as connection:
            connection.execute(update(STORE_IDENTITY).values(values))


def _clock_notice(noted: datetime, now: datetime, since_s: float | None, *, is_first: bool) -> str | None:
    if is_first:
        return None
    expected = noted if since_s is None else noted + timedelta(seconds=since_s)
    moved = now - expected
    is_back = moved < -_CLOCK_TOLERANCE
    if not is_back and (since_s is None or moved < _CLOCK_TOLERANCE):
        return None  # While the machine was off any time may have passed.
    return (
        f"This machine's clock was set {'back' if is_back else 'forward'} by {abs(moved)}, to "
        f"{now:%Y-%m-%d %H:%M} UTC, while no station ran. Ages of saved frames don't go by it; times of day in records "
        "do. Check the clock, its battery and its time server."
    )
