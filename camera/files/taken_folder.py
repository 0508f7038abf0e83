"""Where images go once their decision is on disk: moved, never over one another, never one that nobody looked at."""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from camera.errors import SettingsError
from camera.files.file_names import printable

_TRY_AGAIN_S = 1.0
_MOST_NAME_BYTES = 255
_MOST_COUNTED_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Tells a file from another one of its name, and from itself after somebody wrote into it."""

    inode: int
    size: int
    modified_ns: int

    @staticmethod
    def of(status: os.stat_result) -> "FileIdentity":
        """From what the file system says."""
        return FileIdentity(status.st_ino, status.st_size, status.st_mtime_ns)


class TakenFolder:
    """The folder `taken` inside a watched one. Safe to use from several threads."""

    def __init__(self, watched: Path) -> None:
        self._watched = watched
        self.path = watched / "taken"
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, FileIdentity]] = deque()
        self._copies: dict[str, int] = {}
        self._try_again_s = 0.0
        self._refusal: str | None = None
        """What the file system said when an image could not be moved."""

    @property
    def trouble(self) -> str | None:
        """Why images that were decided can't be moved, None while they can."""
        if self._refusal is None:
            return None
        return (
            f"folder {self.path} takes no images ({self._refusal}): {len(self._waiting)} that were decided wait in "
            f"{self._watched}. Make it a folder that the station may write; it goes on by itself"
        )

    def check(self) -> None:
        """See that images can be moved here. Raises SettingsError."""
        probe, moved = self._watched / ".inspection-probe", self.path / ".inspection-probe"
        try:
            self.path.mkdir(exist_ok=True)
            probe.touch()
            probe.replace(moved)
            moved.unlink()
        except OSError as error:
            raise SettingsError(
                f"folder {self.path}: can't be written ({error.strerror}); taken images are moved there"
            ) from error

    def put(self, name: str, identity: FileIdentity) -> None:
        """The image of this name and identity is decided: it is moved by the next `move`."""
        self._waiting.append((name, identity))

    def move(self) -> list[tuple[str, FileIdentity]]:
        """Move what waits, as far as that is possible now; what is out of the watched folder by that."""
        gone: list[tuple[str, FileIdentity]] = []
        with self._lock:
            if not self._waiting or time.monotonic() < self._try_again_s:
                return gone
            try:
                while self._waiting:
                    self._move_one(*self._waiting[0])
                    gone.append(self._waiting.popleft())
                self._refusal = None
            except OSError as error:
                self._try_again_s = time.monotonic() + _TRY_AGAIN_S
                self._refusal = error.strerror or str(error)
        return gone

    def _move_one(self, name: str, identity: FileIdentity) -> None:
        source = self._watched / name
        if not _is_it(source, identity):
            self._watched.stat()  # a folder that has gone with all its images will be back with them
            return  # its writer took it away or put another in its place, which comes to its own turn
        self.path.mkdir(exist_ok=True)
        target = self._free(name)
        source.rename(target)
        if not _is_it(target, identity):
            # Replaced in the moment between: what was moved is an image that nobody looked at.
            back = source if not os.path.lexists(source) else self._watched / _numbered(name, time.time_ns())
            target.rename(back)

    def _free(self, name: str) -> Path:
        """A name in the folder that nothing has: a number behind it where it is taken already."""
        target = self.path / name
        if not os.path.lexists(target):
            return target
        if len(self._copies) > _MOST_COUNTED_NAMES:
            self._copies.clear()
        number = self._copies.get(name, 1) + 1
        while os.path.lexists(target := self.path / _numbered(name, number)):
            number += 1
        self._copies[name] = number
        return target


def _is_it(path: Path, identity: FileIdentity) -> bool:
    try:
        return FileIdentity.of(path.lstat()) == identity
    except FileNotFoundError:
        return False


def _numbered(name: str, number: int) -> str:
    """`name` with a number behind its stem, no longer than a file system takes.

    >>> _numbered("block.png", 2)
    'block-2.png'
    """
    stem, suffix = os.path.splitext(name)
    end = os.fsencode(f"-{number}{suffix}")
    return os.fsdecode(os.fsencode(stem)[: _MOST_NAME_BYTES - len(end)] + end)


def shown_name(name: str) -> str:
    """A file's name in a sentence, short enough to read."""
    text = printable(name)
    return text if len(text) <= 80 else f"{text[:60]}…{text[-16:]}"
