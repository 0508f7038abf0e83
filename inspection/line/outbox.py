"""What a door has handed on: a number on disk, from which it goes on after any restart. Decisions wait in the store."""

import threading
import time
from pathlib import Path

import structlog
from pydantic import Field, ValidationError

from camera.checked import Checked
from inspection.private_files import make_folder
from inspection.whole_file import write_whole

_WRITE_EVERY_S = 0.5
"""At a crash a door hands on anew what was acknowledged in that time: at least once, never not at all."""
_log = structlog.get_logger("inspection.line.outbox")


class _Kept(Checked):
    acknowledged: int = Field(ge=0)
    """All decisions up to this number are the partner's."""


class Outbox:
    """One door's. Safe from any thread."""

    def __init__(self, path: Path, last_sequence: int) -> None:
        """Take up where the door stood. `last_sequence`: the newest decision; a door that is new begins behind it, and
        so does one whose file can't be read or is ahead of all decisions: the store was put back.
        """
        self._path = path
        self._lock = threading.Lock()
        self.trouble: str | None = None
        """Why it would not outlive a restart, in words; None: it does."""
        kept = self._read()
        if kept is not None and kept > last_sequence:
            _log.warning("a door stood ahead of all decisions; it begins anew", kept=kept, last_sequence=last_sequence)
        self.acknowledged = last_sequence if kept is None or kept > last_sequence else kept
        """All decisions up to this number are the partner's."""
        self._written = kept
        self._write_at_s = 0.0
        self.keep_up()

    def acknowledge(self, up_to: int) -> bool:
        """The partner has taken all up to a number. Returns whether that is news; a lower number is none."""
        with self._lock:
            if up_to <= self.acknowledged:
                return False
            self.acknowledged = up_to
        self.keep_up()
        return True

    def waiting(self, last_sequence: int) -> int:
        """Decisions that the partner has not taken."""
        return max(0, last_sequence - self.acknowledged)

    def keep_up(self, *, at_once: bool = False) -> None:
        """Write how far the door is, if that is due."""
        with self._lock:
            now_s = time.monotonic()
            if self._written == self.acknowledged or (now_s < self._write_at_s and not at_once):
                return
            self._write_at_s = now_s + _WRITE_EVERY_S
            told = self.acknowledged
            try:
                make_folder(self._path.parent)
                write_whole(self._path, _Kept(acknowledged=told).model_dump_json().encode(), is_private=True)
            except OSError as error:
                if self.trouble is None:
                    _log.error("a door's place can't be written", path=str(self._path), error=str(error))
                self.trouble = (
                    f"{self._path} can't be written ({error.strerror}): after a restart the door would hand on anew "
                    f"what came after decision {self._written or 0}. Check the folder's rights and the disk."
                )
                return
            self._written, self.trouble = told, None

    def _read(self) -> int | None:
        try:
            return _Kept.model_validate_json(self._path.read_bytes()).acknowledged
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.error("a door's place can't be read; it begins with what is decided from now on", error=str(error))
            return None
