"""Shifts of a working day. Pure, but for `shift_named`, which asks the machine for its time zone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

SHIFTS = (("early", time(6)), ("late", time(14)), ("night", time(22)))
"""Name and beginning, by local time; each ends where the next begins."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one day."""

    name: str
    """With the day on which it began."""
    began: datetime
    ends: datetime


def shifts_between(
    first: datetime, last: datetime, zone: tzinfo, plan: Sequence[tuple[str, time]] = SHIFTS
) -> Iterator[Shift]:
    """Shifts in their order, from the one that `first` lies in to the one that `last` lies in.

    >>> from datetime import UTC
    >>> noon = datetime(2030, 1, 2, 12, tzinfo=UTC)
    >>> [shift.name for shift in shifts_between(noon, noon + timedelta(hours=12), UTC)]
    ['2030-01-02 early', '2030-01-02 late', '2030-01-02 night']
    """
    day = first.astimezone(zone).date() - timedelta(days=1)
    began, name = datetime.combine(day, plan[0][1], zone), f"{day} {plan[0][0]}"
    number = 0
    while began <= last:
        number += 1
        next_day = day + timedelta(days=number // len(plan))
        word, at = plan[number % len(plan)]
        ends = datetime.combine(next_day, at, zone)
        if ends > first:
            yield Shift(name, began, ends)
        began, name = ends, f"{next_day} {word}"


def shift_at(moment: datetime, zone: tzinfo, plan: Sequence[tuple[str, time]] = SHIFTS) -> Shift:
    """The shift that a moment lies in.

    >>> from datetime import UTC
    >>> shift_at(datetime(2030, 1, 3, 5, 59, tzinfo=UTC), UTC).name
    '2030-01-02 night'
    """
    return next(shift for shift in shifts_between(moment, moment, zone, plan) if shift.began <= moment < shift.ends)


def shift_named(name: str, zone: tzinfo | None = None, plan: Sequence[tuple[str, time]] = SHIFTS) -> Shift | None:
    """The shift of a name; None: there is no such shift. Without a zone by this machine's clock on that day.

    >>> from datetime import UTC
    >>> shift_named("2030-01-02 night", UTC).ends.isoformat(), shift_named("2030-02-30 night"), shift_named("today")
    ('2030-01-03T06:00:00+00:00', None, None)
    """
    written, _, word = name.partition(" ")
    words = [each for each, _ in plan]
    try:
        day = date.fromisoformat(written)
        number = words.index(word)
        following = day + timedelta(days=(number + 1) // len(plan))
        began = datetime.combine(day, plan[number][1], zone)
        ends = datetime.combine(following, plan[(number + 1) % len(plan)][1], zone)
        if zone is None:
            began, ends = began.astimezone(), ends.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    return Shift(f"{day} {word}", began, ends)
