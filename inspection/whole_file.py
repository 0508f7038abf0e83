"""Files that are there whole or not at all, whatever happens while they are written; folders with one writer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from inspection.private_files import make_file


@contextmanager
def whole_file(path: Path, *, is_private: bool = False) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path`, on disk, when the context ends well; else nothing changes.

    A process that is killed leaves `.NAME.part` behind, which the next one writes over. `is_private`: for this user
    alone. Raises OSError.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if is_private:
            make_file(part)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    settle(path.parent)


def write_whole(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Put `content` in place of the file; `is_private`: for this user alone. Raises OSError."""
    with whole_file(path, is_private=is_private) as file:
        file.write(content)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Nobody else writes here meanwhile. Raises BlockingIOError if somebody does; a killed process lets go by itself.

    It binds those that ask for it too; readers and copies go on.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def has_writer(folder: Path) -> bool:
    """Whether somebody is the folder's sole writer at this moment."""
    try:
        with sole_writer(folder):
            return False
    except BlockingIOError:
        return True


def settle(folder: Path) -> None:
    """Put the folder's entries on disk, so that a new name outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
