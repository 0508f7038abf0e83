"""Which version of a model is in service, and how it came to be: `history.jsonl` in the models folder.

One line for each change, the newest last; lines are added, never altered. What is in service follows from them: the
version that was last activated or rolled back to, or the newest one as long as nobody chose.
"""

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from camera.checked import Checked
from inspection.errors import ModelError
from inspection.mistakes import in_words
from inspection.model.card import Sha256
from inspection.text_file import TextError, read_text
from inspection.whole_file import sole_writer, write_whole

HISTORY = "history.jsonl"


class Change(Checked):
    """One line of the history."""

    utc: datetime
    who: str
    action: Literal["promote", "activate", "rollback"]
    """A promoted model joins the folder; it is in service at once only where nobody chose a version."""
    name: str
    """The model's, without version."""
    version: str
    """Promoted, activated or rolled back to."""
    sha256: Sha256
    """SHA-256 of that version's card.json, which holds model.onnx's; earlier programs noted model.onnx's alone."""
    before: str | None
    """Version in service until then; None: there was none."""
    after: str
    """Version in service since then."""
    why: str


def read_history(models_dir: Path | str) -> list[Change]:
    """All changes, oldest first; none where nothing was ever changed. Raises ModelError."""
    path = Path(models_dir) / HISTORY
    if not path.exists():
        return []
    try:
        lines = read_text(path).splitlines()
    except OSError as error:
        raise ModelError(f"History {path} can't be read ({error.strerror}). Check the folder's rights.") from error
    except TextError as error:
        raise ModelError(
            f"History {path} can't be read: {error}. It tells which model is in service: restore it from a backup, or "
            "remove it and activate the wanted version."
        ) from error
    return [_read_line(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def _read_line(line: str, place: str) -> Change:
    try:
        return Change.model_validate_json(line)
    except ValidationError as error:
        raise ModelError(
            f"History {place}: {in_words(error, whole='the line')} It tells which model is in service: restore it "
            "from a backup, or remove it and activate the wanted version."
        ) from error


@contextmanager
def changing(models_dir: Path) -> Iterator[None]:
    """Nobody else changes the models meanwhile. Raises ModelError: somebody does, or the folder can't be written."""
    try:
        with sole_writer(models_dir):
            yield
    except BlockingIOError as error:
        raise ModelError(f"Another command changes the models in {models_dir} right now. Try again.") from error
    except OSError as error:
        raise ModelError(
            f"Models folder {models_dir} can't be changed ({error.strerror}). Check that it exists, its rights and "
            "the disk."
        ) from error


def add_change(models_dir: Path, change: Change) -> None:
    """Add a line, on disk when this returns; only while `changing` the folder. Raises OSError."""
    path = models_dir / HISTORY
    before = path.read_bytes() if path.exists() else b""
    write_whole(path, before + change.model_dump_json().encode() + b"\n")


def last_choice(changes: Iterable[Change], name: str) -> Change | None:
    """The change that chose a version of a model; None: nobody did, the newest one is in service."""
    chosen = None
    for change in changes:
        if change.name == name and change.action != "promote":
            chosen = change
    return chosen


def way_back(changes: Sequence[Change], name: str) -> str | None:
    """The version that the last change which still holds took out of service; None: there is no such change.

    Rolling back twice goes back two changes.
    """
    replaced: list[str] = []
    for change in changes:
        if change.name != name or change.before is None:
            continue
        if change.action == "rollback":
            replaced.pop()
        elif change.before != change.after:
            replaced.append(change.before)
    return replaced[-1] if replaced else None


def user_name() -> str:
    """Who works at this machine. Raises ModelError if the system does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise ModelError("The system does not know who you are, and the history has to. Add --who NAME.") from error
