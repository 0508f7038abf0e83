"""Files and folders for the station's user alone, whatever the caller's umask: made so, and closed where found open."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import structlog

from camera.files.file_names import printable

FILE_MODE = 0o600
FOLDER_MODE = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
_log = structlog.get_logger("inspection.private_files")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; one that is there stays as it is. Raises OSError."""
    missing = []
    for each in (folder, *folder.parents):
        if each.exists():
            break
        missing.append(each)
    for each in reversed(missing):
        each.mkdir(FOLDER_MODE, exist_ok=True)
    folder.mkdir(FOLDER_MODE, exist_ok=True)  # where it is a file, that says so


def make_file(path: Path) -> None:
    """Make an empty file where there is none; one that is there is closed to others. Raises OSError."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        close_to_others(path)


def others_may(path: Path) -> str | None:
    """The mode of a file or folder that group or others may use in any way, or None; None, too, where it is not there.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()); others_may(folder)
    >>> folder.chmod(0o750); others_may(folder)
    '0750'
    >>> folder.rmdir()
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
    return f"{mode:04o}" if mode & OTHERS else None


def close_to_others(path: Path) -> None:
    """Take all rights from group and others; what belongs to another user stays as it is, for doctor to tell of."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
            _log.warning("others could use it, now they can't", path=printable(path), before=f"{mode:04o}")
