"""Alarms in the store: to take up after a restart, to look up later, and to remove when they are old."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from camera.files.file_names import printable
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Priority
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ALARMS

_CHUNK = 200
_LONGEST = {"subject": 128, "detail": 4000, "sentence": 1000}


class AlarmRecords:
    """The store's alarms. Each call is one transaction, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_number(self) -> int:
        """The highest number that an alarm has, 0 in a store without any."""
        with self._database.transaction("read the last alarm's number") as connection:
            return int(connection.execute(select(func.max(ALARMS.c.number))).scalar() or 0)

    def unsettled(self) -> list[Alarm]:
        """Those that somebody has still to deal with, as they were written last; of a kind and subject the newest."""
        query = select(ALARMS).where(ALARMS.c.is_settled.is_(False)).order_by(ALARMS.c.number)
        with self._database.transaction("read alarms") as connection:
            return [_alarm(row) for row in connection.execute(query).mappings()]

    def write(self, alarms: Sequence[Alarm], now_s: float) -> None:
        """Put alarms in the place of what was written of them before. `now_s`: the store's own time."""
        for begin in range(0, len(alarms), _CHUNK):
            rows = [_row(alarm, now_s) for alarm in alarms[begin : begin + _CHUNK]]
            with self._database.transaction("write alarms", writes=True) as connection:
                connection.execute(delete(ALARMS).where(ALARMS.c.number.in_([row["number"] for row in rows])))
                connection.execute(insert(ALARMS), rows)

    def remove(self, before_s: float) -> int:
        """Remove what was settled and written before `before_s`, in the store's own time, some at once.

        Returns how many there were. The newest stays, so that no number is given twice.
        """
        c = ALARMS.c
        with self._database.transaction("remove old alarms", writes=True) as connection:
            newest = connection.execute(select(func.max(c.number))).scalar() or 0
            old = select(c.number).where(c.is_settled.is_(True), c.written_at_s < before_s, c.number < newest)
            numbers = connection.execute(old.order_by(c.written_at_s).limit(_CHUNK)).scalars().all()
            connection.execute(delete(ALARMS).where(c.number.in_(numbers)))
        return len(numbers)

    def page(
        self,
        limit: int,
        *,
        before: int | None = None,
        kinds: Collection[AlarmKind] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Alarm]:
        """Up to `limit` alarms, newest first: with numbers below `before`, of some kinds, raised within a span.

        `until` is exclusive; an alarm that was raised before `since` and raised again after it counts.
        """
        c = ALARMS.c
        query = select(ALARMS).order_by(c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(c.number < before)
        if kinds:
            query = query.where(c.kind.in_([kind.value for kind in kinds]))
        if since is not None:
            query = query.where(c.last_raised_utc >= since)
        if until is not None:
            query = query.where(c.raised_utc < until)
        with self._database.transaction("read alarms") as connection:
            return [_alarm(row) for row in connection.execute(query).mappings()]

    def during(self, began: datetime, ends: datetime, limit: int) -> list[Alarm]:
        """Up to `limit` alarms that stood at some time from `began` and before `ends`, by their numbers."""
        c = ALARMS.c
        query = (
            select(ALARMS)
            .where(
                c.raised_utc < ends, or_(c.cleared_utc.is_(None), c.cleared_utc >= began, c.last_raised_utc >= began)
            )
            .order_by(c.number)
            .limit(limit)
        )
        with self._database.transaction("read the alarms of a span") as connection:
            return [_alarm(row) for row in connection.execute(query).mappings()]

    def no_longer_kept(self, began: datetime, ends: datetime) -> int:
        """How many alarms that may have been raised from `began` and before `ends` are not here any more."""
        c = ALARMS.c
        with self._database.transaction("look for alarms that were removed") as connection:
            last = connection.execute(select(func.max(c.number))).scalar() or 0
            earlier = connection.execute(select(func.max(c.number)).where(c.raised_utc < began)).scalar() or 0
            later = connection.execute(select(func.min(c.number)).where(c.raised_utc >= ends)).scalar() or last + 1
            between = select(func.count()).where(c.number > earlier, c.number < later)
            kept = int(connection.execute(between).scalar() or 0)
        return max(0, int(later) - int(earlier) - 1 - kept)


def _row(alarm: Alarm, now_s: float) -> dict[str, Any]:
    row = {column.name: getattr(alarm, column.name) for column in ALARMS.c if hasattr(alarm, column.name)}
    row |= {name: printable(str(row[name]))[:longest] for name, longest in _LONGEST.items()}
    return row | {
        "kind": alarm.kind.value,
        "priority": alarm.priority.value,
        "facts": dict(alarm.facts),
        "written_at_s": now_s,
    }


def _alarm(row: Any) -> Alarm:
    return Alarm(
        number=int(row["number"]),
        kind=AlarmKind(row["kind"]),
        subject=row["subject"],
        priority=Priority(row["priority"]),
        sentence=row["sentence"],
        detail=row["detail"],
        raised_utc=as_utc(row["raised_utc"]),
        last_raised_utc=as_utc(row["last_raised_utc"]),
        occurrences=int(row["occurrences"]),
        cleared_utc=_moment(row["cleared_utc"]),
        acknowledged_by=row["acknowledged_by"],
        acknowledged_utc=_moment(row["acknowledged_utc"]),
        shelved_by=row["shelved_by"],
        shelved_reason=row["shelved_reason"],
        shelved_utc=_moment(row["shelved_utc"]),
        shelved_until_utc=_moment(row["shelved_until_utc"]),
        facts=row["facts"],
    )


def _moment(stored: datetime | None) -> datetime | None:
    return None if stored is None else as_utc(stored)
