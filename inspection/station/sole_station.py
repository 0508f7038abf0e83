"""One station on one state folder and one store: a second one would give the same numbers to other pieces."""

import fcntl
import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from camera.files.file_names import printable
from inspection.errors import StoreError
from inspection.private_files import FILE_MODE, make_file, make_folder

_FILE = "station.lock"


class SoleStation:
    """Held for a station's life; a process that is killed lets go by itself. The same folder by any name counts."""

    def __init__(self, state_dir: Path, store_file: Path | None = None) -> None:
        """Take the folder, and the store's SQLite file if it lies elsewhere. Raises StoreError: who has it."""
        files = [state_dir / _FILE]
        if store_file is not None and store_file.resolve().parent != state_dir.resolve():
            files.append(store_file.resolve().with_name(f"{store_file.name}.lock"))
        self._held: dict[Path, int] = {}
        try:
            for file in files:
                _make_folder(file)
                self._held[file] = _take(file)
        except StoreError:
            self.close()
            raise

    def look(self) -> None:
        """See that it is held still; a lock file that somebody removed is made anew. Raises StoreError."""
        for file, descriptor in list(self._held.items()):
            if _is_at(file, descriptor):
                continue
            self._held[file] = _take(file)
            os.close(descriptor)

    def close(self) -> None:
        """Let go."""
        while self._held:
            os.close(self._held.popitem()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def works_on(state_dir: Path) -> str | None:
    """The station that works on a folder at this moment, in words; None without. Changes nothing."""
    try:
        descriptor = os.open(state_dir / _FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _make_folder(file: Path) -> None:
    try:
        make_folder(file.parent)
    except OSError as error:
        raise StoreError(
            f"The folder {printable(file.parent)} can't be made: {error.strerror}. Correct state_dir."
        ) from error


def _take(file: Path) -> int:
    try:
        make_file(file)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise StoreError(
            f"The lock {printable(file)}, which keeps a second station out, can't be made: {error.strerror}. "
            "See that the folder is there and may be written, or correct state_dir."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_at(file, descriptor):
            raise BlockingIOError  # Removed by somebody at this very moment.
    except OSError as error:
        who = _holder(descriptor)
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):
            raise StoreError(
                f"The lock {printable(file)} can't be taken: {error.strerror}. Put state_dir on a local disk."
            ) from error
        raise StoreError(
            f"Another station works on {printable(file.parent)}: {who}. Two of them would give the same numbers to "
            "different pieces. Stop that one first, or name another state_dir (and store_url)."
        ) from error
    told = {"pid": os.getpid(), "host": socket.gethostname(), "since_utc": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"}
    with suppress(OSError):  # On a full disk the lock holds all the same.
        os.pwrite(descriptor, json.dumps(told).ljust(200).encode(), 0)
    return descriptor


def _is_at(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _holder(descriptor: int) -> str:
    try:
        told: Any = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {told['pid']} on {told['host']}, since {told['since_utc']} UTC"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that did not leave its name"
