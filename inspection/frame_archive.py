"""Saves frames losslessly for review and training: every reject, every uninspected frame that has pixels, and a random
sample of accepts. In the background: a slow or full disk never delays a decision.
"""

import queue
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import structlog

from camera.frame import Frame
from inspection.errors import StoreError
from inspection.intervention import is_set_aside
from inspection.publication import Publication
from inspection.station_settings import ArchiveSettings
from inspection.store import SavedFrame, Store
from inspection.values import Decision, Verdict

_GB = 1e9
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_TIDY_S = 60.0
_INDEX_GROUP = 16
_FIRST_TO_GO = (Verdict.ACCEPT, Verdict.UNINSPECTED, Verdict.REJECT)

_log = structlog.get_logger("inspection.frame_archive")


class FrameArchive:
    """PNG files below one folder, a folder for each day, with their index in the store."""

    def __init__(self, folder: Path, settings: ArchiveSettings, store: Store, capacity: int = 16) -> None:
        """`capacity`: frames that may wait for the disk; what comes beyond is not saved, and counted."""
        self._folder = folder
        self._settings = settings
        self._store = store
        self._waiting: queue.Queue[Publication | None] = queue.Queue(capacity)
        self._lock = threading.Lock()
        self._in_memory: dict[int, Frame] = {}
        self._not_indexed: list[SavedFrame] = []
        self._saved_bytes = 0
        self._is_dropping = False
        self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
        self.counters: Counter[str] = Counter()
        """Frames by what became of them: saved, dropped (disk too slow), refused (disk full), removed (retention)."""
        self.trouble: str | None = None
        """Why nothing is saved at the moment, None while all is well."""

    def start(self) -> None:
        """Begin to save."""
        self._saved_bytes = self._store.saved_bytes()
        self._thread.start()

    def stop(self) -> None:
        """Save what waits, then end."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether anybody saves."""
        return self._thread.is_alive()

    @property
    def free_bytes(self) -> int | None:
        """Free space on the archive's disk, None if the disk does not say."""
        try:
            return shutil.disk_usage(_existing(self._folder)).free
        except OSError:
            return None

    @property
    def saved_bytes(self) -> int:
        """What the saved files take."""
        return self._saved_bytes

    @property
    def waiting(self) -> int:
        """Frames that wait for the disk."""
        return self._waiting.qsize()

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: keep the frames that are to be saved."""
        for publication in publications:
            decision, frame = publication.decision, publication.frame
            if frame is None or not is_wanted(decision, self._settings.accept_sample):
                continue
            with self._lock:
                self._in_memory[decision.sequence] = frame
            try:
                self._waiting.put_nowait(publication)
            except queue.Full:
                self._forget(decision.sequence)
                self.counters["dropped"] += 1
                if not self._is_dropping:
                    _log.warning("frames are not saved: they come faster than the disk", sequence=decision.sequence)
                self._is_dropping = True
            else:
                self._is_dropping = False

    def is_waiting(self, sequence: int) -> bool:
        """Whether a frame is still in memory, on its way to the disk and into the index."""
        with self._lock:
            return sequence in self._in_memory

    def png(self, sequence: int) -> tuple[bytes, int] | None:
        """A decision's frame as PNG with its bit depth; None when it was not saved, or is no longer."""
        with self._lock:
            frame = self._in_memory.get(sequence)
        if frame is not None:
            return _encode(frame), frame.bit_depth
        saved = self._store.saved_frame(sequence)
        if saved is None:
            return None
        try:
            return (self._folder / saved.path).read_bytes(), saved.bit_depth
        except FileNotFoundError:
            return None

    def tidy(self, now: datetime) -> None:
        """Remove what is too old, then the oldest until the files fit: accepts first, rejects last."""
        keep = self._settings.max_age_days
        for verdict, days in zip(_FIRST_TO_GO, (keep.accept, keep.uninspected, keep.reject), strict=True):
            while old := self._store.oldest_saved_frames(verdict, 100, before=now - timedelta(days=days)):
                self._remove(old)
        for verdict in _FIRST_TO_GO:
            while self._saved_bytes > self._settings.max_gb * _GB:
                oldest = self._store.oldest_saved_frames(verdict, 100)
                if not oldest:
                    break
                surplus = self._saved_bytes - self._settings.max_gb * _GB
                count = int(np.searchsorted(np.cumsum([f.size_bytes for f in oldest]), surplus)) + 1
                self._remove(oldest[:count])

    def adopt(self) -> None:
        """Enter files in the index that a crash left out of it, and remove half-written ones."""
        for folder in sorted(self._folder.glob("????-??-??"))[-2:]:
            for half in folder.glob("*.part"):
                half.unlink(missing_ok=True)
            found = {int(path.name.split("-")[0]): path for path in folder.glob("*.png")}
            for chunk in batched(sorted(found), 500):
                missing = self._store.existing(chunk) - self._store.were_saved(chunk)
                frames = [self._saved_frame(sequence, found[sequence]) for sequence in sorted(missing)]
                if frames:
                    self._store.note_saved_frames(frames)
                    self._saved_bytes += sum(frame.size_bytes for frame in frames)
                    _log.info("saved frames entered in the index after a crash", frames=len(frames))

    def _saved_frame(self, sequence: int, path: Path) -> SavedFrame:
        *_, verdict, bits = path.stem.split("-")
        stat = path.stat()
        return SavedFrame(
            sequence,
            str(path.relative_to(self._folder)),
            Verdict(verdict),
            int(bits.removesuffix("bit")),
            stat.st_size,
            datetime.fromtimestamp(stat.st_mtime, UTC),
        )

    def _work(self) -> None:
        tidy_at_s = time.monotonic()
        try:
            self.adopt()
        except (StoreError, OSError, ValueError) as error:
            _log.warning("the frames folder could not be looked through", folder=str(self._folder), error=str(error))
        while True:
            try:
                publication = self._waiting.get(timeout=1.0)
            except queue.Empty:
                self._index()
            else:
                if publication is None:
                    self._index()
                    return
                if publication.frame is not None:
                    self._save(publication.decision, publication.frame)
                if len(self._not_indexed) >= _INDEX_GROUP or self._waiting.empty():
                    self._index()
            if time.monotonic() >= tidy_at_s:
                tidy_at_s = time.monotonic() + _TIDY_S
                try:
                    self.tidy(datetime.now(UTC))
                except (StoreError, OSError) as error:
                    _log.warning("old frames could not be removed; trying again later", error=str(error))

    def _save(self, decision: Decision, frame: Frame) -> None:
        path = _path(decision, frame.bit_depth)
        try:
            png = _encode(frame)
        except cv2.error as error:
            self.counters["dropped"] += 1
            self._forget(decision.sequence)
            _log.warning("frame not saved: no PNG can hold it", sequence=decision.sequence, error=str(error))
            return
        try:
            self._check_space()
            _write_whole(self._folder / path, png)
        except OSError as error:
            if self.trouble is None:
                _log.error("frames are not saved; inspection goes on", error=str(error))
            self.trouble = (
                f"Frames are not saved: {error.strerror or error} ({self._folder}). Free space on that disk, "
                "or correct state_dir; saving resumes by itself."
            )
            self.counters["refused"] += 1
            self._forget(decision.sequence)
            return
        if self.trouble is not None:
            _log.warning("frames are saved again", refused=self.counters["refused"])
            self.trouble = None
        self.counters["saved"] += 1
        self._saved_bytes += len(png)
        self._not_indexed.append(
            SavedFrame(decision.sequence, path, decision.verdict, frame.bit_depth, len(png), datetime.now(UTC))
        )

    def _index(self) -> None:
        """Enter new files in the store's index; they stay in memory until that has worked."""
        if not self._not_indexed:
            return
        try:
            stored = self._store.existing([frame.sequence for frame in self._not_indexed])
            ready = [frame for frame in self._not_indexed if frame.sequence in stored]
            if ready:
                self._store.note_saved_frames(ready)
        except StoreError as error:
            _log.warning("saved frames wait for their index", waiting=len(self._not_indexed), error=str(error))
            ready = []
        for frame in ready:
            self._forget(frame.sequence)
        self._not_indexed = [frame for frame in self._not_indexed if frame not in ready]
        while len(self._not_indexed) > 4 * _INDEX_GROUP:
            # The store has been away for long: the file stays, its pixels leave memory.
            self._forget(self._not_indexed.pop(0).sequence)

    def _check_space(self) -> None:
        free = self.free_bytes
        if free is not None and free < self._settings.min_free_gb * _GB:
            raise OSError(f"{free / _GB:.1f} GB are free, min_free_gb is {self._settings.min_free_gb:g}")

    def _remove(self, frames: Sequence[SavedFrame]) -> None:
        for frame in frames:
            (self._folder / frame.path).unlink(missing_ok=True)
        self._store.note_deleted_frames([frame.sequence for frame in frames])
        self._saved_bytes -= sum(frame.size_bytes for frame in frames)
        self.counters["removed"] += len(frames)

    def _forget(self, sequence: int) -> None:
        with self._lock:
            self._in_memory.pop(sequence, None)


def batched(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Runs of up to `size`.

    >>> list(batched([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def is_wanted(decision: Decision, accept_sample: float) -> bool:
    """Whether a decision's frame is to be saved; the draw among accepts depends on the sequence number alone.

    What a hold or bypass keeps from being accepted is drawn like accepts: hours of it would push the rest out.
    """
    if decision.verdict is not Verdict.ACCEPT and not is_set_aside(decision):
        return True
    return random.Random(decision.sequence).random() < accept_sample


def _path(decision: Decision, bit_depth: int) -> str:
    frame = decision.piece.frame
    day = decision.captured_utc.astimezone(UTC).date().isoformat()
    return f"{day}/{decision.sequence:010d}-{frame.camera}-{frame.number}-{decision.verdict.value}-{bit_depth}bit.png"


def _encode(frame: Frame) -> bytes:
    return cv2.imencode(".png", frame.pixels, _PNG)[1].tobytes()


def _write_whole(path: Path, content: bytes) -> None:
    """All or nothing: nobody finds half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
