"""The station's side of people's database: whose key is good, and who changed the line over the API.

It is opened when it is needed first. Whatever becomes of it, the station goes on: keys that were good stay good, and
what could not be written in the audit log waits, is in the station's own log meanwhile, and raises an alarm.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from inspection.errors import NotStorable, StoreError
from inspection.people.api_keys import ApiKey, ApiKeys
from inspection.people.audit import AuditLog
from inspection.store.database import Database

_FRESH_S = 2.0
"""A key that was revoked is good no longer than this."""
_RETRY_S = 5.0
_MOST_WAITING = 1000
_log = structlog.get_logger("inspection.audit")


class LineLedger:
    """May be used from several threads."""

    def __init__(self, open_database: Callable[[], Database]) -> None:
        """`open_database`: people's; it may raise StoreError."""
        self._open_database = open_database
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._keys: Mapping[str, ApiKey] = {}
        self._read_at_s: float | None = None
        self._keys_trouble: str | None = None
        self._waiting: deque[tuple[str, str, str, Any, Any]] = deque(maxlen=_MOST_WAITING)
        self._write_trouble: str | None = None
        self._retry_at_s = 0.0

    def keys(self) -> Mapping[str, ApiKey]:
        """Those that are good, by the SHA-256 of the key; as last read while they can't be."""
        with self._lock:
            if self._read_at_s is None or time.monotonic() - self._read_at_s >= _FRESH_S:
                try:
                    self._keys, self._keys_trouble = ApiKeys(self._opened()).good(), None
                except StoreError as error:
                    if self._keys_trouble is None:
                        _log.error("the API keys can't be read", error=str(error))
                    self._keys_trouble = str(error)
                self._read_at_s = time.monotonic()
            return self._keys

    @property
    def are_keys_fresh(self) -> bool:
        """Whether `keys` answers at once."""
        return self._read_at_s is not None and time.monotonic() - self._read_at_s < _FRESH_S

    def note(self, who: str, action: str, subject: str, before: Any = None, after: Any = None) -> None:
        """Note what was changed, in the station's log at once, in the audit log now or as soon as it can be written."""
        _log.warning("the line was changed", who=who, action=action, subject=subject, before=before, after=after)
        with self._lock:
            if len(self._waiting) == _MOST_WAITING:
                _log.error("the audit log has been away for too long: its oldest entry that waits is given up")
            told_utc = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._waiting.append((who, action, subject, before, {"at_utc": told_utc, **(after or {})}))
            self._write()

    def keep_up(self) -> None:
        """Write what waits, if it is time to try again."""
        with self._lock:
            if self._waiting and time.monotonic() >= self._retry_at_s:
                self._write()

    def faults(self) -> list[str]:
        """What a person should look at, one sentence each."""
        told = []
        if self._waiting and self._write_trouble is not None:
            told.append(
                f"{len(self._waiting)} changes of the line are not in the audit log yet, and would be lost with the "
                f"station's end; its own log has them. {self._write_trouble}"
            )
        if self._keys_trouble is not None:
            told.append(f"API keys that were made or revoked meanwhile are not known. {self._keys_trouble}")
        return told

    def close(self) -> None:
        """Write what waits, and give the database back."""
        with self._lock:
            if self._waiting:
                self._write()
            if self._database is not None:
                self._database.close()
                self._database = None

    def _write(self) -> None:
        try:
            audit = AuditLog(self._opened())
            while self._waiting:
                try:
                    audit.add(*self._waiting[0])
                except NotStorable as error:
                    _log.error("an entry can't be kept in the audit log", entry=self._waiting[0], error=str(error))
                self._waiting.popleft()
            self._write_trouble = None
        except StoreError as error:
            if self._write_trouble is None:
                _log.error("the audit log can't be written; it is tried again", error=str(error))
            self._write_trouble = str(error)
            self._retry_at_s = time.monotonic() + _RETRY_S

    def _opened(self) -> Database:
        if self._database is None:
            self._database = self._open_database()
        return self._database
