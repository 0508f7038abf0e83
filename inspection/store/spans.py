"""Stretches of the decisions' sequence, and how times become such."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import DECISIONS


@dataclass(frozen=True, slots=True)
class Span:
    """Decisions from a sequence number to another one, both included."""

    first_sequence: int
    last_sequence: int


def whole_span(database: Database) -> Span:
    """All decisions there are; (1, 0) in an empty store."""
    d = DECISIONS.c
    with database.transaction("read the range of decisions") as connection:
        first = connection.execute(select(func.min(d.sequence))).scalar()
        last = connection.execute(select(func.max(d.sequence))).scalar()
    return Span(int(first or 1), int(last or 0))


def span_between(database: Database, began: datetime | None, ended: datetime | None) -> Span:
    """Decisions made from a time on and before another one; None: no bound.

    Where the clock was set back meanwhile, others may lie between them.
    """
    whole, d = whole_span(database), DECISIONS.c
    with database.transaction("look up times") as connection:
        first = whole.first_sequence if began is None else first_at(connection, began, whole)
        last = whole.last_sequence if ended is None else last_before(connection, ended, whole)
        if first > last and began is not None and ended is not None:
            query = select(func.min(d.sequence), func.max(d.sequence)).where(
                d.decided_utc >= began, d.decided_utc < ended
            )
            lowest, highest = connection.execute(query).one()
            if lowest is not None:
                first, last = int(lowest), int(highest)
    return Span(first, last)


def first_at(connection: Connection, moment: datetime, span: Span) -> int:
    """The first decision made at a time or later; one beyond the span when there is none."""
    d = DECISIONS.c
    query = select(d.sequence).where(d.decided_utc >= moment).order_by(d.decided_utc, d.sequence).limit(1)
    found = connection.execute(query).scalar()
    return span.last_sequence + 1 if found is None else int(found)


def last_before(connection: Connection, moment: datetime, span: Span) -> int:
    """The last decision made before a time; one before the span when there is none."""
    d = DECISIONS.c
    query = select(d.sequence).where(d.decided_utc < moment).order_by(d.decided_utc.desc(), d.sequence.desc()).limit(1)
    found = connection.execute(query).scalar()
    return span.first_sequence - 1 if found is None else int(found)


def next_time(connection: Connection, moment: datetime) -> datetime | None:
    """When something was decided next, at a time or later; None: nothing was."""
    d = DECISIONS.c
    found = connection.execute(select(func.min(d.decided_utc)).where(d.decided_utc >= moment)).scalar()
    return None if found is None else as_utc(found)
