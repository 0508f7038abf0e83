"""Saved frames found and read: files below one folder, by the store's index. Nothing here writes or removes one."""

import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inspection.store.decisions import Store
from inspection.store.frame_index import SavedFrame
from inspection.values import Decision, Verdict

_DAY = "????-??-??"
_EPOCH = "[0-9a-f]" * 32
_NAME = re.compile(rf".*-(?P<verdict>{'|'.join(Verdict)})-(?P<bits>\d{{1,2}})bit\.png", re.DOTALL)


class FrameFiles:
    """PNG files below `folder`: a folder for each epoch of the store, so that no other store's pictures are ever taken
    for this one's, and in it one for each day. May be used from several threads.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    def png(self, sequence: int) -> tuple[bytes, int] | None:
        """A decision's frame as PNG with its bit depth; None when it was not saved, or is no longer.

        Raises StoreError, and OSError for a file that is there and can't be read.
        """
        saved = self._store.frame_index.saved_frame(sequence)
        if saved is None:
            return None
        try:
            return self.content(saved), saved.bit_depth
        except FileNotFoundError:
            return None

    def content(self, saved: SavedFrame) -> bytes:
        """A saved frame's file. Raises OSError."""
        return (self.folder / saved.path).read_bytes()

    @property
    def free_bytes(self) -> int | None:
        """Free space on the files' disk, None if the disk does not say."""
        try:
            return shutil.disk_usage(_existing(self.folder)).free
        except OSError:
            return None

    def path_of(self, decision: Decision, bit_depth: int) -> str:
        """Where a decision's frame belongs, below the folder; its name alone tells what the index has to know."""
        frame = decision.piece.frame
        day = decision.captured_utc.astimezone(UTC).date().isoformat()
        name = f"{decision.sequence:010d}-{frame.camera}-{frame.number}-{decision.verdict.value}-{bit_depth}bit.png"
        return f"{self._store.epoch}/{day}/{name}"

    def days(self) -> list[Path]:
        """Folders of this store, in no order: after the clock was set the last one need not bear the latest date."""
        return [day for epoch in self._store.epochs() for day in (self.folder / epoch).glob(_DAY)]

    def folders_of_others(self) -> list[Path]:
        """Folders with frames that are not this store's."""
        epochs = self._store.epochs()
        others = [folder for folder in sorted(self.folder.glob(_EPOCH)) if folder.name not in epochs]
        days = sorted(self.folder.glob(_DAY))  # As they lay before stores had epochs.
        if days and not self._store.frame_index.has_saved_frames("____-__-__/%"):
            others += days
        return [folder for folder in others if any(folder.iterdir())]

    def not_indexed(self, day: Path, also_known: Sequence[int] = ()) -> Iterator[list[SavedFrame]]:
        """A day's files that the index lacks, some hundred at a time; `also_known` are on their way into it."""
        found = {number: path for path in day.glob("*.png") if (number := _number(path)) is not None}
        for sequence in also_known:
            found.pop(sequence, None)
        for chunk in batched(sorted(found), 500):
            missing = self._store.frame_index.not_indexed(day.parent.name, chunk)
            told = (self._saved_frame(sequence, found[sequence]) for sequence in sorted(missing))
            yield [frame for frame in told if frame is not None]

    def _saved_frame(self, sequence: int, path: Path) -> SavedFrame | None:
        """What a file's name tells; None: it is not one of ours."""
        named = _NAME.fullmatch(path.name)
        if named is None:
            return None
        stat = path.stat()
        return SavedFrame(
            sequence,
            str(path.relative_to(self.folder)),
            Verdict(named["verdict"]),
            int(named["bits"]),
            stat.st_size,
            datetime.fromtimestamp(stat.st_mtime, UTC),
            self._store.time.now_s,
        )


def highest_saved_number(folder: Path) -> int:
    """The highest sequence number in the name of any file, whichever store it belongs to; 0 where there is none."""
    found = (_number(path) for pattern in (_DAY, f"{_EPOCH}/{_DAY}") for path in folder.glob(f"{pattern}/*.png"))
    return max((number for number in found if number is not None), default=0)


def batched(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Runs of up to `size`.

    >>> list(batched([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _number(path: Path) -> int | None:
    number = path.name.split("-")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
