"""The highest sequence number that may have been told, in a small file beside the store.

The store alone can't know: it may be lost or put back from an older copy, and while it takes nothing decisions are told
all the same. Numbers that may have been told are never given to another piece. The file is written in place, so that a
full disk does not matter.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from camera.files.file_names import printable
from inspection.errors import StoreError
from inspection.private_files import FILE_MODE, make_file, make_folder

FILE = "numbers.json"
_SIZE = 256
"""Within one sector of any disk: it is written whole or not at all."""
_BLOCK = 500
"""Numbers reserved at once while the store takes nothing, for each time costs a write down to the disk."""
_log = structlog.get_logger("inspection.store.number_mark")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file says."""

    epoch: str
    """Epoch of the store that the numbers belong to."""
    recorded: int
    """The store had all up to here."""
    reserved: int
    """None above was ever told."""


class NumberMark:
    """Keeps the file. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Read what there is. Raises StoreError: the file can't be opened."""
        self._path = path
        try:
            self._descriptor = self._open()
            told: Any = json.loads(os.pread(self._descriptor, _SIZE, 0) or b"null")
        except OSError as error:
            raise StoreError(
                f"{printable(path)}, which tells what numbers were given, can't be read: {error.strerror}. "
                "See the folder's rights, or correct state_dir."
            ) from error
        except ValueError:
            told = {}
        self.found = _mark(told)
        """What an earlier start of the station left; None: nothing, or it can't be understood."""
        self._mark = self.found or Mark("", 0, 0)
        self.trouble: str | None = None
        """Why the file can't be written at the moment."""

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def begin(self, epoch: str, sequence: int) -> None:
        """From here on the numbers are this store's, which has all up to `sequence`."""
        self._write(Mark(epoch, sequence, sequence), to_disk=True)

    def note_recorded(self, sequence: int) -> None:
        """The store has all up to here: on disk, so that this here may follow when it likes."""
        self._write(Mark(self._mark.epoch, sequence, sequence), to_disk=False)

    def reserve(self, sequence: int) -> None:
        """A number will be told that the store does not have: it is put on disk, once for many."""
        if sequence > self._mark.reserved:
            self._write(Mark(self._mark.epoch, self._mark.recorded, sequence + _BLOCK - 1), to_disk=True)

    def _write(self, mark: Mark, *, to_disk: bool) -> None:
        """Trouble is told, and stops nobody: it takes a second one to do harm."""
        self._mark = mark
        try:
            if os.fstat(self._descriptor).st_nlink == 0:
                gone, self._descriptor = self._descriptor, self._open()
                os.close(gone)
                to_disk = True
            os.pwrite(self._descriptor, json.dumps(asdict(mark)).ljust(_SIZE).encode(), 0)
            if to_disk:
                os.fdatasync(self._descriptor)
        except OSError as error:
            if self.trouble is None:
                _log.error("the numbers that were given can't be noted", path=str(self._path), error=str(error))
            self.trouble = (
                f"{printable(self._path)} can't be written ({error.strerror}): should the store be lost now, numbers "
                "could be given twice. See the disk and the folder's rights."
            )
        else:
            self.trouble = None

    def _open(self) -> int:
        make_folder(self._path.parent)
        make_file(self._path)
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)


def _mark(told: Any) -> Mark | None:
    match told:
        case {"epoch": str(epoch), "recorded": int(recorded), "reserved": int(reserved)} if 0 <= recorded <= reserved:
            return Mark(epoch, recorded, reserved)
        case _:
            return None
