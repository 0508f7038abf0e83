"""What makes the station's word worth something later: the key that seals decisions and audit log, and the anchors.

Neither ever stops deciding, or a person's work: without a key things are written unsealed, and an alarm says so.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from inspection.errors import EvidenceError
from inspection.store.anchors import Anchor, Head, SyslogAnchors, add_line, read_lines
from inspection.store.sealing_key import SealingKey, exposed_to, make_key, read_key

KEY_FILE = "evidence.key"
ANCHOR_FILE = "anchors.jsonl"
_RETRY_S = 10.0
_log = structlog.get_logger("inspection.store.evidence")


class Evidence:
    """Key and anchors of one store. May be used from several threads."""

    def __init__(self, key_file: Path, anchor_file: Path, syslog: str | None = None) -> None:
        """`syslog`: where anchors are sent, too: a socket's path or host:port; None: nowhere."""
        self.key_file = key_file
        self.anchor_file = anchor_file
        self._syslog_address = syslog
        self._syslog: SyslogAnchors | None = None
        self._lock = threading.Lock()
        self._key: SealingKey | None = None
        self._retry_at_s = 0.0
        self._key_trouble: str | None = None
        self._anchor_trouble: str | None = None

    @classmethod
    def beside(cls, folder: Path) -> "Evidence":
        """With key and anchors in the store's own folder, where nobody said otherwise."""
        return cls(folder / KEY_FILE, folder / ANCHOR_FILE)

    def key(self, *, is_first: bool) -> SealingKey | None:
        """The key; None while it can't be had, which `troubles` tells.

        `is_first`: nothing was sealed yet in the chain that asks. Only then, and where no anchor is either, a missing
        key is made: with a new one in place of a lost one, what was sealed before could not be checked any more.
        """
        with self._lock:
            if self._key is None and (is_first or time.monotonic() >= self._retry_at_s):
                try:
                    self._key = self._open(may_make=is_first)
                except EvidenceError as error:
                    if self._key_trouble is None:
                        _log.error("nothing is sealed until the key is there", error=str(error))
                    self._key_trouble = f"Decisions and audit log are written without seals: {error}"
                    self._retry_at_s = time.monotonic() + _RETRY_S
                else:
                    self._key_trouble = None
            return self._key

    def key_to_check(self) -> SealingKey:
        """The key, to check what was sealed with it. Raises EvidenceError."""
        return self._key or read_key(self.key_file)

    def troubles(self) -> list[str]:
        """What a person should look at now, one sentence each."""
        told = [text for text in (self._key_trouble, self._anchor_trouble, exposed_to(self.key_file)) if text]
        if self._key is not None and not os.path.exists(self.key_file):
            told.append(
                f"Key {self.key_file} has gone. What is written is sealed until the next start; then it can't be, nor "
                "what was sealed be checked. Restore it from its backup."
            )
        return told

    def anchor(self, store: str, decisions: Head | None = None, audit: Head | None = None) -> None:
        """Say how far a chain of a store reaches; does nothing without a key. What fails is told by `troubles`."""
        if self._key is None:
            return
        made = Anchor.made(self._key, store, decisions, audit)
        with self._lock:
            trouble = None
            try:
                add_line(self.anchor_file, made)
            except OSError as error:
                trouble = f"Anchors can't be added to {self.anchor_file} ({error.strerror}). Check rights and disk."
            if self._syslog_address is not None:
                try:
                    self._syslog = self._syslog or SyslogAnchors(self._syslog_address)
                    self._syslog.send(made)
                except OSError as error:
                    self._syslog = None
                    trouble = (
                        f"Anchors can't be sent to syslog at {self._syslog_address} ({error}). Check the daemon, or "
                        "correct [evidence] syslog."
                    )
            if trouble is not None and self._anchor_trouble is None:
                _log.error("an anchor is missing", error=trouble)
            self._anchor_trouble = trouble

    def anchors(self) -> Iterator[Anchor]:
        """All that are in the file, whatever store they are about; damaged lines are left out. Raises EvidenceError."""
        try:
            yield from (anchor for _, anchor in read_lines(self.anchor_file) if anchor is not None)
        except OSError as error:
            raise EvidenceError(
                f"Anchors {self.anchor_file} can't be read ({error.strerror}). Check the file's rights."
            ) from error

    def _open(self, *, may_make: bool) -> SealingKey:
        if not may_make or any(os.path.exists(path) for path in (self.key_file, self.anchor_file)):
            return read_key(self.key_file)
        made = make_key(self.key_file)
        _log.info("made the key that seals decisions and audit log: keep a copy apart", path=str(self.key_file))
        return made
