"""An SQLite file seen from outside: whether it is still the file that was opened, whether it is sound, how long its
write-ahead log is, and what to do when SQLite objects.

SQLite itself looks at none of that: it goes on writing into a file that was deleted, and takes pages for sound as long
as it remembers them.
"""

import os
import sqlite3
import time
from pathlib import Path

import structlog

from camera.files.file_names import printable
from inspection.errors import StoreDamaged, StoreError

_RECHECK_S = 3.0
_RECHECK_EVERY_S = 600.0
_STEPS = 100_000
"""Steps of SQLite's machine between two looks at the clock."""
_log = structlog.get_logger("inspection.store.sqlite_file")


class SqliteFile:
    """A database file in use by this program. `look` may be called from several threads, the rest by its one writer."""

    def __init__(self, path: Path, *, is_only_ours: bool) -> None:
        """`is_only_ours`: no other program writes it, so that any other change is somebody's mistake."""
        self.path = path
        self._is_only_ours = is_only_ours
        self._identity: tuple[int, int] | None = None
        self._log: tuple[int, int, int] | None = None
        self._size = 0
        self._modified_ns = 0
        self._rechecked_s = -_RECHECK_EVERY_S
        self._damage: str | None = None
        self.is_being_shortened = False
        """While another thread of ours brings the log into the file, changes are no mistake."""

    @property
    def wal_bytes(self) -> int:
        """Length of the write-ahead log."""
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    def take_up(self) -> None:
        """Remember which file it is. Raises StoreError."""
        now = self._stat()
        self._identity = (now.st_dev, now.st_ino)
        self._size, self._modified_ns = now.st_size, now.st_mtime_ns

    def look(self) -> None:
        """See whether it is still there, and the same. Raises StoreError: what is written now would be lost."""
        self._stat()

    def look_before_writing(self) -> None:
        """See also whether anybody else has changed it or its log. Raises StoreError."""
        now = self._stat()
        if not self._is_only_ours:
            return
        if self._damage is not None:
            raise StoreDamaged(self._damage)
        self._look_at_log(is_own_change=False)
        if now.st_size < self._size or (now.st_mtime_ns != self._modified_ns and not self.is_being_shortened):
            self._recheck(now)

    def note_written(self) -> None:
        """Our own writing has ended: from here on every change is another's. Raises StoreError as `look` does."""
        now = self._stat()
        if self._is_only_ours:
            self._size, self._modified_ns = now.st_size, now.st_mtime_ns
            self._look_at_log(is_own_change=True)
            self._log = _stamp(self._wal)

    def _look_at_log(self, *, is_own_change: bool) -> None:
        """The log has one writer, and its newest part lies there alone: any other change has spoilt it."""
        now = _stamp(self._wal)
        if self._log is None or self._log == now or self.is_being_shortened:
            return
        if now is None or now[:2] != self._log[:2]:
            raise StoreError(
                f"{printable(self._wal)}, the newest part of the store, was deleted or replaced while the station "
                "runs. What was decided last will be lost: stop the station, see who did that, and start it again."
            )
        if not is_own_change:
            self._damage = (
                f"{printable(self._wal)}, the newest part of the store, was written by another program while the "
                "station runs. What was decided last may be lost: stop the station, see who did that, and start it "
                "again; it says from which number on."
            )
            raise StoreDamaged(self._damage)

    def _recheck(self, now: os.stat_result) -> None:
        fell_by = self._size - now.st_size
        if fell_by <= 0 and time.monotonic() - self._rechecked_s < _RECHECK_EVERY_S:
            return
        self._rechecked_s = time.monotonic()
        try:
            if fell_by > 0:
                raise StoreDamaged(f"it lost {fell_by} bytes")
            check_sound(self.path, _RECHECK_S)
        except StoreDamaged as error:
            self._damage = (
                f"{printable(self.path)} was written by another program while the station runs, and is damaged: "
                f"{error}. {RESTORE}"
            )
            raise StoreDamaged(self._damage) from error
        _log.warning("another program has written the store; what was checked of it is sound", path=str(self.path))

    def _stat(self) -> os.stat_result:
        try:
            now = self.path.stat()
        except OSError as error:
            raise StoreError(
                f"The store {printable(self.path)} is not there any more ({error.strerror}): it was deleted or moved "
                "while it was in use. What is written now would be lost. Put it back, or start the program again."
            ) from error
        if self._identity is not None and self._identity != (now.st_dev, now.st_ino):
            raise StoreError(
                f"Another file lies at {printable(self.path)} than the store that was opened: somebody replaced it "
                "while it was in use. What is written now would be lost. Start the program again to use the new one."
            )
        return now

    @property
    def _wal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")


RESTORE = (
    "Stop the station and look with `inspection store check`; `inspection store restore` puts the newest sound copy in "
    "its place and keeps the damaged file aside."
)
"""What to do about a damaged store."""


def check_sound(path: Path, limit_s: float, *, thoroughly: bool = False) -> bool:
    """Look for damage; `thoroughly` also holds the indexes against their tables. A file that is not there is sound.

    Returns whether it got to the end within `limit_s`. Raises StoreDamaged, and StoreError if it can't be read.
    """
    if not path.exists():
        return True
    end_s = time.monotonic() + limit_s
    try:
        # Only to read: closing it must not bring a log into a file that is damaged.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
        try:
            connection.set_progress_handler(lambda: time.monotonic() > end_s, _STEPS)
            found = connection.execute(
                "PRAGMA integrity_check(3)" if thoroughly else "PRAGMA quick_check(3)"
            ).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        if is_damage(error):
            raise StoreDamaged(str(error)) from error
        raise StoreError(f"{printable(path)} can't be checked: {error}. {what_to_do(error, path)}") from error
    if [row[0] for row in found] != ["ok"]:
        raise StoreDamaged("; ".join(str(row[0]) for row in found).replace("\n", " ")[:300])
    return True


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is not what it was."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def what_to_do(error: BaseException, path: Path | None) -> str:
    """Advice that goes with SQLite's error; `path` None: a database of another kind.

    >>> what_to_do(ValueError("unknown"), None)
    'See that the database runs, answers, and has space.'
    """
    if path is None:
        return "See that the database runs, answers, and has space."
    match _code(error):
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return f"The file is damaged, or no store at all. {RESTORE}"
        case sqlite3.SQLITE_FULL:
            return f"The disk of {printable(path.parent)} is full: free space; writing goes on by itself."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"Another program holds it locked: `fuser -v '{printable(path)}'` names it; end that program."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return (
                "It may not be written: see the rights of file and folder, and whether the disk is mounted read-only."
            )
        case sqlite3.SQLITE_CANTOPEN:
            return "It can't be opened: see that the folder is there, and the rights of folder and file."
        case sqlite3.SQLITE_IOERR:
            return (
                "The disk does not do as it is told: see that it is not full, and what the system's log says about it."
            )
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_MISMATCH:
            return "The store is well: it can't hold what was given to it."
        case sqlite3.SQLITE_INTERRUPT:
            return "It took too long and was cut off, for a reader that stays lets the store's log grow. Ask for less."
        case _:
            return "See that the disk is not full, the folder is there, and no other program holds the database locked."


def _code(error: BaseException) -> int:
    """SQLite's primary result code, 0 for any other error."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Which file it is, and when it was written last."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
