"""The audit log: who did what, when, to what, before and after. Entries are only ever added.

Each entry's SHA-256 covers the entry and the SHA-256 of the one before: whoever alters, removes or inserts one in the
middle breaks the chain there. The station's key seals each SHA-256: without it nobody can make the chain anew. That the
last entries were cut off is shown by the anchor that follows each one, see `inspection.store.anchors`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection, insert, select, text

from inspection.errors import EvidenceError, StoreError
from inspection.people.audit_search import AuditSearch
from inspection.people.tables import AUDIT_LOG
from inspection.store.anchors import Anchor, Head
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.sealing_key import SealingKey
from inspection.store.seals import store_epoch, store_epochs

START = "0" * 64
"""Stands where the first entry would name the one before."""
_CHUNK = 1000
_log = structlog.get_logger("inspection.audit")


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
    mac: str | None = None
    """The SHA-256, sealed with the station's key; None: of an earlier program, or the key could not be had."""


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What the integrity check has found."""

    entries: int
    broken_at: int | None
    """Number of the first entry that does not fit its chain, its seal or its anchor; None: all are as written."""
    last_number: int
    last_sha256: str
    before_seals: int = 0
    """Entries before the first sealed one: of them nobody can tell whether all were made anew before it was written."""
    not_sealed: int | None = None
    """Number of the first entry after a sealed one that has no seal: the key could not be had, or somebody added it."""
    missing_up_to: int | None = None
    """An anchor names this entry, and the log ends before it: its end was cut off. None: nothing is missing."""
    anchored_up_to: int | None = None
    """The last entry that an anchor names: what came behind it could be cut off unseen. None: no anchor names any."""
    trouble: str | None = None
    """Why seals can't be checked: the key can't be had. None: it is there, or nothing is sealed."""

    @property
    def is_intact(self) -> bool:
        """Whether it is proven that nothing was altered, removed or inserted since seals are made."""
        return all(fault is None for fault in (self.broken_at, self.not_sealed, self.missing_up_to, self.trouble))


class AuditLog:
    """The log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._anchored = 0

    def add(self, person: str, action: str, subject: str, before: Any = None, after: Any = None) -> None:
        """Note what somebody did; `before` and `after` are anything JSON can hold. Raises StoreError."""
        with self.transaction("write the audit log") as connection:
            self.enter(connection, person, action, subject, before, after)

    @contextmanager
    def transaction(self, purpose: str) -> Iterator[Connection]:
        """A transaction that writes and `enter`s in the log what it did: both are on disk, or neither."""
        with self._database.transaction(purpose, writes=True) as connection:
            yield connection
        self._anchor()

    def enter(
        self, connection: Connection, person: str, action: str, subject: str, before: Any = None, after: Any = None
    ) -> None:
        """Note what somebody did, within the `transaction` that does it."""
        if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            connection.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))
        newest = _newest(connection)
        number, previous = (newest.number + 1, newest.sha256) if newest else (1, START)
        entry = AuditEntry(number, datetime.now(UTC), person, action, subject, _json(before), _json(after), "")
        sha256 = seal(entry, previous)
        key = self._key(connection, newest)
        entry = replace(entry, sha256=sha256, mac=_mac(key, sha256) if key else None)
        connection.execute(insert(AUDIT_LOG).values(asdict(entry)))

    def _key(self, connection: Connection, newest: AuditEntry | None) -> SealingKey | None:
        if (evidence := self._database.evidence) is None:
            return None
        is_sealed = newest is not None and (newest.mac is not None or _has_seals(connection))
        return evidence.key(is_first=not is_sealed)

    def _anchor(self) -> None:
        """Say how far the log reaches. What was noted is on disk already, so that nothing may fail here."""
        if (evidence := self._database.evidence) is None:
            return
        try:
            with self._database.transaction("read the end of the audit log") as connection:
                newest, store = _newest(connection), store_epoch(connection)
        except StoreError as error:
            _log.error("the audit log's newest entry has no anchor", error=str(error))
            return
        if newest is not None and newest.mac is not None and newest.number != self._anchored:
            evidence.anchor(store, audit=Head(newest.number, newest.mac))
            self._anchored = newest.number

    def latest(
        self, limit: int, *, before: int | None = None, person: str | None = None, subject: str | None = None
    ) -> list[AuditEntry]:
        """Up to `limit` entries, newest first; with numbers below `before`, of one person, about one subject."""
        return self.search(AuditSearch(person=person or "", subject=subject or "", before=before), limit)

    def search(self, wanted: AuditSearch, limit: int) -> list[AuditEntry]:
        """Up to `limit` entries of those that are wanted, newest first. Raises StoreError."""
        query = select(AUDIT_LOG).where(*wanted.conditions).order_by(AUDIT_LOG.c.number.desc()).limit(limit)
        with self._database.transaction("read the audit log") as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def people(self) -> list[str]:
        """Everybody whom the log names as a doer, by name."""
        query = select(AUDIT_LOG.c.person).distinct().order_by(AUDIT_LOG.c.person)
        with self._database.transaction("read who is in the audit log") as connection:
            return [str(person) for person in connection.execute(query).scalars()]

    def check(self, more_keys: Sequence[SealingKey] = ()) -> AuditCheck:
        """Follow the chain from the first entry to the last, with its seals, and hold it against the anchors.

        `more_keys`: earlier ones of this store. Raises StoreError.
        """
        keys, anchors, trouble = self._witnesses(more_keys)
        found = AuditCheck(0, None, 0, START, anchored_up_to=max(anchors, default=None))
        while chunk := self._after(found.last_number):
            broken_at = first_broken(chunk, found.last_number, found.last_sha256)
            before, not_sealed, is_sealed = found.before_seals, found.not_sealed, found.before_seals < found.entries
            for entry in chunk:
                if entry.mac is None and not is_sealed:
                    before += 1
                elif entry.mac is None:
                    not_sealed = not_sealed or entry.number
                is_sealed = is_sealed or entry.mac is not None
                does_fit = not keys or entry.mac is None or any(entry.mac == _mac(key, entry.sha256) for key in keys)
                lies = [anchor for anchor in anchors.pop(entry.number, []) if not _lies_on(anchor, entry, keys)]
                if (not does_fit or lies) and (broken_at is None or entry.number < broken_at):
                    broken_at = entry.number
            last = chunk[-1]
            found = replace(
                found,
                entries=found.entries + len(chunk),
                broken_at=broken_at,
                last_number=last.number,
                last_sha256=last.sha256,
                before_seals=before,
                not_sealed=not_sealed,
            )
            if broken_at is not None:
                break
        missing = max(anchors, default=None) if found.broken_at is None else None
        is_of_interest = found.before_seals < found.entries or bool(anchors)
        return replace(found, missing_up_to=missing, trouble=trouble if is_of_interest else None)

    def _witnesses(
        self, more_keys: Sequence[SealingKey]
    ) -> tuple[list[SealingKey], dict[int, list[Anchor]], str | None]:
        """(keys, anchors by the entry that they name, why there is no key)."""
        if (evidence := self._database.evidence) is None:
            return list(more_keys), {}, None if more_keys else "No key is named that seals this store."
        with self._database.transaction("read which store it is") as connection:
            stores = store_epochs(connection)
        keys, trouble = list(more_keys), None
        try:
            keys.append(evidence.key_to_check())
        except EvidenceError as error:
            trouble = str(error)
        anchors: dict[int, list[Anchor]] = {}
        for anchor in evidence.anchors():
            if anchor.store in stores and anchor.audit_number is not None:
                anchors.setdefault(anchor.audit_number, []).append(anchor)
        return keys, anchors, None if keys else trouble

    def _after(self, number: int) -> list[AuditEntry]:
        query = select(AUDIT_LOG).where(AUDIT_LOG.c.number > number).order_by(AUDIT_LOG.c.number).limit(_CHUNK)
        with self._database.transaction("read the audit log") as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]


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


def _mac(key: SealingKey, sha256: str) -> str:
    return key.mac([b"audit", sha256.encode()])


def _lies_on(anchor: Anchor, entry: AuditEntry, keys: Sequence[SealingKey]) -> bool:
    """Whether an anchor was made over this very entry; without a key nobody can tell."""
    return not keys or any(anchor.fits(key, None, entry.mac) for key in keys)


def _newest(connection: Connection) -> AuditEntry | None:
    found = connection.execute(select(AUDIT_LOG).order_by(AUDIT_LOG.c.number.desc()).limit(1)).mappings().first()
    return None if found is None else _entry(found)


def _has_seals(connection: Connection) -> bool:
    query = select(AUDIT_LOG.c.number).where(AUDIT_LOG.c.mac.is_not(None)).limit(1)
    return connection.execute(query).first() is not None


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
        row["mac"],
    )
