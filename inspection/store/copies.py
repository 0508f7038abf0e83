"""Copies of a station's SQLite files: made while the station runs, checked to the last page, put back when it is lost.

A copy is a folder (`copy-000012`) with both files and a card that names them by hash; it is there whole or not at all.
Numbers tell which is newer, for the clock may have been set in between.
"""

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, Field, ValidationError

from camera.checked import Checked
from camera.files.file_names import printable
from inspection.errors import StoreDamaged, StoreError
from inspection.private_files import FOLDER_MODE, close_to_others, make_file, make_folder
from inspection.store.sqlite_file import check_sound
from inspection.whole_file import settle, write_whole

COPIES = "copies"
"""Folder below state_dir, where no other is named."""
_CARD = "copy.json"
_PAGES = 256
"""Copied at once; as long as that took nothing is done, so that the station's own writes find the disk free."""


class CopyCard(Checked):
    """What a copy says of itself."""

    number: int
    made_utc: AwareDatetime
    source: str
    """The store's file."""
    epoch: str
    last_number: int
    """Highest sequence number in it."""
    age_s: float
    """The store's own time when it was made."""
    sha256: dict[str, str] = Field(min_length=1)
    """SHA-256 of each file, by name."""


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """A copy on disk."""

    folder: Path
    card: CopyCard


def people_file(store_file: Path) -> Path:
    """Where people's tables lie beside the station's."""
    return store_file.with_name(f"{store_file.stem}-people{store_file.suffix}")


def back_up(store_file: Path, folder: Path, keep: int, is_stopped: Callable[[], bool] = lambda: False) -> StoreCopy:
    """Copy the station's and people's file into a new folder below `folder`, then give up this store's oldest copies.

    The station goes on meanwhile. keep: copies of this store that stay; those of other stores all do. Raises
    StoreError: then there is no new copy, and the old ones are all there.
    """
    if not store_file.exists():
        raise StoreError(f"There is no store {printable(store_file)} to copy. Name the folder that holds it.")
    number = max((copy.card.number for copy in copies(folder)), default=0) + 1
    part = folder / f".copy-{number:06d}.part"
    try:
        make_folder(folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(FOLDER_MODE)
        # People's first: what they say refers to decisions, so that the copy of the store has them all.
        names = [file.name for file in (people_file(store_file), store_file) if file.exists()]
        for name in names:
            _copy(store_file.with_name(name), part / name, is_stopped)
        card = _card(part / store_file.name, number, store_file, {name: _sha256(part / name) for name in names})
        write_whole(part / _CARD, card.model_dump_json(indent=1).encode(), is_private=True)
        whole = folder / f"copy-{number:06d}"
        part.rename(whole)
        settle(folder)
    except StoreDamaged as error:
        raise StoreDamaged(f"{printable(store_file)} can't be copied, for it is damaged: {error}") from error
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{printable(store_file)} could not be copied to {printable(folder)}: {why}. See that this folder is "
            "there, may be written, and has space for the store's size."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    made = StoreCopy(whole, card)
    for copy in copies(folder):
        close_to_others(copy.folder)
    for old in [copy for copy in copies(folder) if copy.card.epoch == card.epoch][keep:]:
        shutil.rmtree(old.folder, ignore_errors=True)
    return made


def copies(folder: Path) -> list[StoreCopy]:
    """The copies in a folder, the newest first; what has no readable card is none."""
    return sorted(_found(folder), key=lambda copy: copy.card.number, reverse=True)


def fault(copy: StoreCopy) -> str | None:
    """What is wrong with a copy, None if it is sound."""
    for name, sha256 in copy.card.sha256.items():
        file = copy.folder / name
        try:
            if _sha256(file) != sha256:
                return f"{name} was changed since it was made"
            check_sound(file, float("inf"), thoroughly=True)
        except (OSError, StoreError) as error:
            return f"{name}: {error}"
    return None


def newest_sound(folder: Path) -> StoreCopy | None:
    """The newest copy that is sound, None if there is none."""
    return next((copy for copy in copies(folder) if fault(copy) is None), None)


def restore(copy: StoreCopy, store_file: Path, *, with_people: bool) -> Path:
    """Put a copy in the store's place; returns the folder to which the files that were there are moved.

    with_people: people's file too, even if that which is there is sound. Nobody may work on the store meanwhile.
    Raises StoreError: then the store is as it was.
    """
    if wrong := fault(copy):
        raise StoreDamaged(
            f"{printable(copy.folder)} is no sound copy: {wrong}. `inspection store check` lists others."
        )
    state_dir = store_file.parent
    names = {name: store_file if name != people_name(copy) else people_file(store_file) for name in copy.card.sha256}
    if not with_people and _is_sound(people_file(store_file)):
        names.pop(people_name(copy), None)
    aside = next(path for n in range(1, 10**6) if not (path := state_dir / f"replaced-{n}").exists())
    parts = {}
    try:
        make_folder(state_dir)
        for name, target in names.items():
            parts[target] = target.with_name(f".{target.name}.restored")
            make_file(parts[target])
            shutil.copyfile(copy.folder / name, parts[target])
            _to_disk(parts[target])
        aside.mkdir(FOLDER_MODE)
        for target, part in parts.items():
            for suffix in ("", "-wal", "-shm"):
                there = target.with_name(f"{target.name}{suffix}")
                if there.exists():
                    there.rename(aside / there.name)
            part.rename(target)
        settle(state_dir)
    except OSError as error:
        raise StoreError(
            f"{printable(copy.folder)} could not be put in the place of {printable(store_file)}: {error.strerror}. "
            f"What was moved away lies in {printable(aside)}. See the rights and the space of {printable(state_dir)}."
        ) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return aside


def people_name(copy: StoreCopy) -> str:
    """Name of people's file in a copy."""
    return people_file(Path(Path(copy.card.source).name)).name


def _found(folder: Path) -> Iterator[StoreCopy]:
    for card in folder.glob(f"copy-*/{_CARD}"):
        try:
            yield StoreCopy(card.parent, CopyCard.model_validate_json(card.read_bytes()))
        except (OSError, ValidationError):
            continue


def _copy(source: Path, target: Path, is_stopped: Callable[[], bool]) -> None:
    last_s = time.monotonic()

    def pause(_status: int, _remaining: int, _total: int) -> None:
        nonlocal last_s
        if is_stopped():
            raise InterruptedError("the station stops")
        time.sleep(min(time.monotonic() - last_s, 0.5))
        last_s = time.monotonic()

    make_file(target)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as origin,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # One reading transaction over all steps: the copy is of one moment, and no commit makes it begin again.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
        origin.backup(copy, pages=_PAGES, progress=pause)
        copy.execute("PRAGMA journal_mode=DELETE")  # One file, without a log beside it.
    check_sound(target, float("inf"), thoroughly=True)
    _to_disk(target)


def _card(store: Path, number: int, source: Path, sha256: dict[str, str]) -> CopyCard:
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        epoch, age_s = connection.execute("SELECT epoch, age_s FROM store_identity").fetchone()
        last = connection.execute("SELECT coalesce(max(sequence), 0) FROM decisions").fetchone()[0]
    return CopyCard(
        number=number,
        made_utc=datetime.now(UTC),
        source=printable(source.absolute()),
        epoch=epoch,
        last_number=last,
        age_s=age_s,
        sha256=sha256,
    )


def _is_sound(file: Path) -> bool:
    try:
        return file.exists() and check_sound(file, float("inf"))
    except StoreError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
