"""Anchors: short lines that say how far the sealed chains reached, kept outside of the databases.

A chain of seals can't show that its end was cut off; a line that names a later end can. Lines are only ever added, to
a file and, by setting, to syslog. What reaches another machine at once is beyond whoever later takes this one over.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, ValidationError

from camera.checked import Checked
from inspection.private_files import FILE_MODE, make_file, make_folder
from inspection.store.sealing_key import SealingKey


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends."""

    number: int
    """Number of the last entry: a decision's sequence number, or the audit log's number."""
    mac: str
    """MAC of the last seal."""


class Anchor(Checked):
    """One line."""

    utc: AwareDatetime
    store: str
    """Which store it is about."""
    last_sequence: int | None = Field(ge=0)
    """The last sealed decision; null: whoever wrote the line did not look."""
    audit_number: int | None = Field(ge=0)
    """The last entry of the audit log; null likewise."""
    mac: str
    """Over all this and the seals of both, by the station's key."""

    @classmethod
    def made(cls, key: SealingKey, store: str, decisions: Head | None, audit: Head | None) -> Self:
        """The anchor of both chains as they are now."""
        utc = datetime.now(UTC).replace(microsecond=0)
        last_sequence = decisions.number if decisions else None
        audit_number = audit.number if audit else None
        macs = (decisions.mac if decisions else "", audit.mac if audit else "")
        return cls(
            utc=utc,
            store=store,
            last_sequence=last_sequence,
            audit_number=audit_number,
            mac=_mac(key, utc, store, last_sequence, audit_number, *macs),
        )

    def fits(self, key: SealingKey, decision_mac: str | None, audit_mac: str | None) -> bool:
        """Whether it was made with this key over these seals."""
        macs = (decision_mac or "", audit_mac or "")
        return self.mac == _mac(key, self.utc, self.store, self.last_sequence, self.audit_number, *macs)


def _mac(
    key: SealingKey,
    utc: datetime,
    store: str,
    last_sequence: int | None,
    audit_number: int | None,
    decision_mac: str,
    audit_mac: str,
) -> str:
    fields = ["anchor", f"{utc.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", store, last_sequence, audit_number]
    return key.mac([json.dumps([*fields, decision_mac, audit_mac]).encode()])


def add_line(path: Path, anchor: Anchor) -> None:
    """Add a line, on disk when this returns; several processes may do so at once. Raises OSError."""
    make_folder(path.parent)
    make_file(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, FILE_MODE)
    try:
        size = os.fstat(descriptor).st_size
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # a power cut left half a line
        os.write(descriptor, (b"\n" if is_torn else b"") + anchor.model_dump_json().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_lines(path: Path) -> Iterator[tuple[int, Anchor | None]]:
    """(number of the line, its anchor or None where it is damaged). Nothing without a file. Raises OSError."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield number, Anchor.model_validate_json(line)
            except ValidationError:
                yield number, None


class SyslogAnchors(SysLogHandler):
    """Sends anchors to a syslog daemon, each a line of the facility `local0`, `inspection-anchor: …`."""

    def __init__(self, address: str) -> None:
        """`address`: a socket's path like /dev/log, or host:port (UDP). Raises OSError."""
        host, colon, port = address.rpartition(":")
        where = (host.strip("[]"), int(port)) if colon and not address.startswith("/") else address
        super().__init__(where, SysLogHandler.LOG_LOCAL0)
        self.ident = "inspection-anchor: "

    def send(self, anchor: Anchor) -> None:
        """Send a line. Raises OSError."""
        self.emit(
            logging.LogRecord("inspection.store.anchors", logging.INFO, "", 0, anchor.model_dump_json(), None, None)
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Let the caller hear of it; logging would only print it."""
        raise
