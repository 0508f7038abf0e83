"""The audit log: who did what, when, to what, before and after. Entries are only ever added.

Each entry's SHA-256 covers the entry and the SHA-256 of the one before: whoever alters, removes or inserts one in the
middle breaks the chain there. What the chain can't show is that its last entries were cut off: for that, note number
and SHA-256 of the last entry elsewhere from time to time (the page shows them).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from inspection.database import Database
from inspection.people.tables import AUDIT_LOG
from inspection.store_rows import as_utc

START = "0" * 64
"""Stands where the first entry would name the one before."""
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did."""

    number: int
    """1, 2, 3 … without gap."""
    utc: datetime
    person: str
    action: str
    """Machine-readable: `people.add`, `line.hold` …"""
    subject: str
    """What it was done to: `user:ann`, `model:electrode`, `decision:412` …"""
    before: str | None
    """JSON; None: there was nothing."""
    after: str | None
    """JSON; None: there is nothing."""
    sha256: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What the integrity check has found."""

    entries: int
    broken_at: int | None
    """Number of the first entry that does not fit; None: all is as it was written."""
    last_number: int
    last_sha256: str

    @property
    def is_intact(self) -> bool:
        """Whether nothing was altered, removed or inserted."""
        return self.broken_at is None


class AuditLog:
    """The log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, person: str, action: str, subject: str, before: Any = None, after: Any = None) -> None:
        """Note what somebody did; `before` and `after` are anything JSON can hold. Raises StoreError."""
        with self._database.transaction("write the audit log", writes=True) as connection:
            add_entry(connection, person, action, subject, before, after)

    def latest(
        self, limit: int, *, before: int | None = None, person: str | None = None, subject: str | None = None
    ) -> list[AuditEntry]:
        """Up to `limit` entries, newest first; with numbers below `before`, of one person, about one subject."""
        c = AUDIT_LOG.c
        query = select(AUDIT_LOG).order_by(c.number.desc()).limit(limit)
        for column, wanted in ((c.person, person), (c.subject, subject)):
            if wanted is not None:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(c.number < before)
        with self._database.transaction("read the audit log") as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def check(self) -> AuditCheck:
        """Follow the chain from the first entry to the last."""
        entries, last, broken_at = 0, (0, START), None
        while chunk := self._after(last[0]):
            broken_at = first_broken(chunk, *last)
            entries += len(chunk)
            last = (chunk[-1].number, chunk[-1].sha256)
            if broken_at is not None:
                break
        return AuditCheck(entries, broken_at, *last)

    def _after(self, number: int) -> list[AuditEntry]:
        query = select(AUDIT_LOG).where(AUDIT_LOG.c.number > number).order_by(AUDIT_LOG.c.number).limit(_CHUNK)
        with self._database.transaction("read the audit log") as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]


def add_entry(
    connection: Connection, person: str, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """Note what somebody did, within the transaction that does it: both are on disk, or neither."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))
    c = AUDIT_LOG.c
    newest = connection.execute(select(c.number, c.sha256).order_by(c.number.desc()).limit(1)).first()
    number, previous = (int(newest.number) + 1, str(newest.sha256)) if newest else (1, START)
    entry = AuditEntry(number, datetime.now(UTC), person, action, subject, _json(before), _json(after), "")
    sealed = replace(entry, sha256=seal(entry, previous))
    connection.execute(
        insert(AUDIT_LOG).values(
            number=sealed.number,
            utc=sealed.utc,
            person=sealed.person,
            action=sealed.action,
            subject=sealed.subject,
            before=sealed.before,
            after=sealed.after,
            sha256=sealed.sha256,
        )
    )


def seal(entry: AuditEntry, previous_sha256: str) -> str:
    """SHA-256 over the entry (but its own hash) and the hash of the entry before; 64 hexadecimal digits."""
    fields = [
        previous_sha256,
        entry.number,
        entry.utc.isoformat(),
        entry.person,
        entry.action,
        entry.subject,
        entry.before,
        entry.after,
    ]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def first_broken(entries: Iterable[AuditEntry], last_number: int, last_sha256: str) -> int | None:
    """Number of the first entry that does not follow from the one before, None if all do.

    >>> entry = AuditEntry(1, datetime(2030, 1, 2, tzinfo=UTC), "ann", "line.hold", "line", None, '"splice"', "")
    >>> sealed = replace(entry, sha256=seal(entry, START))
    >>> first_broken([sealed], 0, START) is None, first_broken([replace(sealed, person="bob")], 0, START)
    (True, 1)
    """
    number, sha256 = last_number, last_sha256
    for entry in entries:
        if entry.number != number + 1 or entry.sha256 != seal(entry, sha256):
            return entry.number
        number, sha256 = entry.number, entry.sha256
    return None


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        int(row["number"]),
        as_utc(row["utc"]),
        row["person"],
        row["action"],
        row["subject"],
        row["before"],
        row["after"],
        row["sha256"],
    )
