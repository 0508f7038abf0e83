"""Saved frames found and read: files below one folder, by the store's index. Nothing here writes or removes one."""

import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from camera.files.png_file import PNG_HEAD_BYTES, png_size
from camera.frame import FrameId
from inspection.store.decisions import Store
from inspection.store.frame_index import SavedFrame
from inspection.values import Decision, Verdict

_DAY = "????-??-??"
_EPOCH = "[0-9a-f]" * 32
_NAME = re.compile(
    rf"(?P<sequence>\d+)-(?P<frame>.*)-(?P<verdict>{'|'.join(Verdict)})-(?P<bits>\d{{1,2}})bit\.png", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class FrameForm:
    """A saved frame's measure."""

    width_px: int
    height_px: int
    bit_depth: int
    """Bits of a pixel that the camera gave."""


class FrameFiles:
    """PNG files below `folder`: a folder for each epoch of the store, so that no other store's pictures are ever taken
    for this one's, and in it one for each day. May be used from several threads.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    def png(self, sequence: int) -> tuple[bytes, int] | None:
        """The frame in which a decision's piece begins as PNG with its bit depth; None when it was not saved, or is no
        longer.

        Raises StoreError, and OSError for a file that is there and can't be read.
        """
        return self._png(self._store.frame_index.saved_frame(sequence))

    def png_of(self, station_run: int, frame: FrameId) -> tuple[bytes, int] | None:
        """A frame of a start of the station; else like `png`."""
        return self._png(self._store.frame_index.saved(station_run, frame))

    def png_of_view(self, sequence: int, position: int) -> tuple[bytes, int] | None:
        """One of the frames of all views that a decision was judged on; else like `png`."""
        return self._png(self._store.frame_index.saved_view(sequence, position))

    def png_of_sighting(self, sequence: int, defect: int) -> tuple[bytes, int] | None:
        """The frame that a decision's defect is drawn in; else like `png`."""
        return self._png(self._store.frame_index.saved_sighting(sequence, defect))

    def _png(self, saved: SavedFrame | None) -> tuple[bytes, int] | None:
        if saved is None:
            return None
        try:
            return self.content(saved), saved.bit_depth
        except FileNotFoundError:
            return None

    def form(self, sequence: int) -> FrameForm | None:
        """How a decision's frame looks, out of the file's first bytes.

        None when it was not saved, is no longer, or is no PNG. Raises StoreError, and OSError as `png` does.
        """
        saved = self._store.frame_index.saved_frame(sequence)
        if saved is None:
            return None
        try:
            with (self.folder / saved.path).open("rb") as file:
                head = file.read(PNG_HEAD_BYTES)
        except FileNotFoundError:
            return None
        size_px = png_size(head)
        return None if size_px is None else FrameForm(*size_px, saved.bit_depth)

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

    def path_of(self, decision: Decision, frame: FrameId, bit_depth: int) -> str:
        """Where a frame belongs that is saved for a decision, below the folder; its name alone tells what the index has
        to know.
        """
        day = decision.captured_utc.astimezone(UTC).date().isoformat()
        named = _named(frame, is_own=frame == decision.piece.frame)
        return f"{self._store.epoch}/{day}/{decision.sequence:010d}-{named}-{decision.verdict.value}-{bit_depth}bit.png"

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

    def not_indexed(self, day: Path, also_known: Collection[str] = ()) -> Iterator[list[SavedFrame]]:
        """A day's files that the index lacks, those of some hundred decisions at a time; `also_known` are paths below
        the folder that are on their way into it.
        """
        found: dict[int, list[Path]] = {}
        for path in day.glob("*.png"):
            number = _number(path)
            if number is not None and str(path.relative_to(self.folder)) not in also_known:
                found.setdefault(number, []).append(path)
        for chunk in batched(sorted(found), 500):
            about = self._store.frame_index.frames_of(day.parent.name, chunk)
            named: dict[int, dict[FrameId, Path]] = {}
            for sequence, (station_run, frames) in about.items():
                for path in found[sequence]:
                    if (frame := _frame_of(path, frames)) is not None:
                        named.setdefault(station_run, {}).setdefault(frame, path)
            missing: list[SavedFrame] = []
            for station_run, paths in named.items():
                known = self._store.frame_index.ever_saved(station_run, paths)
                missing += [
                    self._saved_frame(station_run, frame, path) for frame, path in paths.items() if frame not in known
                ]
            yield missing

    def _saved_frame(self, station_run: int, frame: FrameId, path: Path) -> SavedFrame:
        """What a file's name tells."""
        told = _NAME.fullmatch(path.name)
        assert told is not None, "it named its frame"
        stat = path.stat()
        return SavedFrame(
            station_run,
            frame,
            str(path.relative_to(self.folder)),
            Verdict(told["verdict"]),
            int(told["bits"]),
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


def _named(frame: FrameId, *, is_own: bool) -> str:
    """A frame in the name of its file: of the frame in which a piece begins without the camera's run, as ever.

    >>> _named(FrameId("left", 2, 40), is_own=True), _named(FrameId("right", 1, 7), is_own=False)
    ('left-40', 'right.1-7')
    """
    return f"{frame.camera}-{frame.number}" if is_own else f"{frame.camera}.{frame.run}-{frame.number}"


def _frame_of(path: Path, frames: Sequence[FrameId]) -> FrameId | None:
    """Which of a decision's frames, its own first, a file shows; None: it is not one of ours."""
    told = _NAME.fullmatch(path.name)
    if told is None:
        return None
    others = {_named(frame, is_own=False): frame for frame in frames[1:]}
    # Its own needs no comparing: the name of its camera may have been another when it was saved.
    return others.get(told["frame"], None if "." in told["frame"] else frames[0])


def _number(path: Path) -> int | None:
    number = path.name.split("-")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
