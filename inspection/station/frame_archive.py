"""Saves frames losslessly for review and training: every reject, every uninspected frame that has pixels, and a random
sample of accepts. In the background: a slow or full disk never delays a decision.
"""

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
import structlog

from camera.files.file_names import printable
from camera.frame import Frame
from inspection.errors import StoreError
from inspection.private_files import close_to_others, make_file, make_folder
from inspection.station.feed import Publication
from inspection.station.intervention import is_set_aside
from inspection.station.settings import ArchiveSettings
from inspection.store.decisions import Store
from inspection.store.frame_files import FrameFiles
from inspection.store.frame_index import SavedFrame
from inspection.values import Decision, Verdict

_GB = 1e9
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_TIDY_S = 60.0
_INDEX_GROUP = 16
_FIRST_TO_GO = (Verdict.ACCEPT, Verdict.UNINSPECTED, Verdict.REJECT)
_DAY_S = 86_400.0

P = ParamSpec("P")
T = TypeVar("T")
_log = structlog.get_logger("inspection.station.frame_archive")


class FrameArchive:
    """Writes frames as files, enters them in the store's index, and removes what is too old or too much."""

    def __init__(self, folder: Path, settings: ArchiveSettings, store: Store, capacity: int = 16) -> None:
        """`capacity`: frames that may wait for the disk; what comes beyond is not saved, and counted."""
        self._folder = folder
        self._settings = settings
        self._store = store
        self._files = FrameFiles(folder, store)
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
        self.notice: str | None = None
        """Word that there are frames of another store; None: there are none."""

    def start(self) -> None:
        """Begin to save. Raises StoreError."""
        close_to_others(self._folder)
        self._saved_bytes = self._store.frame_index.saved_bytes()
        assert self._store.epoch, "a run has begun"
        _ = self._store.time  # Read once, here, where its trouble can be told.
        if others := self._files.folders_of_others():
            named = ", ".join(printable(folder.name) for folder in others[:3])
            self.notice = (
                f"{printable(self._folder)} holds frames of another store ({named}{' …' if others[3:] else ''}). No "
                "page shows them, and nothing removes them. Put that store back (`inspection store restore`), or move "
                "these folders to a place of your own."
            )
            _log.warning("there are frames of another store", folders=[folder.name for folder in others])
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
        return self._files.free_bytes

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
        return self._files.png(sequence)

    def tidy(self, now: datetime) -> None:
        """Remove what is too old, then the oldest until the files fit: accepts first, rejects last.

        `now` is noted as the time of removal, and nothing else: ages go by the store's own time, which nobody can set.
        """
        keep = self._settings.max_age_days
        age_s = self._store.time.now_s
        for verdict, days in zip(_FIRST_TO_GO, (keep.accept, keep.uninspected, keep.reject), strict=True):
            while old := self._store.frame_index.oldest_saved_frames(verdict, 100, before_s=age_s - days * _DAY_S):
                self._remove(old, now)
        for verdict in _FIRST_TO_GO:
            while self._saved_bytes > self._settings.max_gb * _GB:
                oldest = self._store.frame_index.oldest_saved_frames(verdict, 100)
                if not oldest:
                    break
                surplus = self._saved_bytes - self._settings.max_gb * _GB
                count = int(np.searchsorted(np.cumsum([f.size_bytes for f in oldest]), surplus)) + 1
                self._remove(oldest[:count], now)

    def adopt(self, folder: Path) -> None:
        """Enter a day's files in the index that a crash left out of it, and remove half-written ones."""
        for half in folder.glob("*.part"):
            half.unlink(missing_ok=True)
        for frames in self._files.not_indexed(folder, [frame.sequence for frame in self._not_indexed]):
            if frames:
                self._store.frame_index.note_saved_frames(frames)
                self._saved_bytes += sum(frame.size_bytes for frame in frames)
                _log.info("saved frames entered in the index after a crash", frames=len(frames))

    def _work(self) -> None:
        tidy_at_s = time.monotonic()
        to_adopt = self._attempt("find what a crash left", self._files.days) or []
        while True:
            try:
                publication = self._waiting.get(timeout=0.01 if to_adopt else 1.0)
            except queue.Empty:
                self._attempt("index frames", self._index)
                if to_adopt:
                    self._attempt("adopt frames", self.adopt, to_adopt.pop())
            else:
                if publication is None:
                    self._attempt("index frames", self._index)
                    return
                if publication.frame is not None:
                    self._attempt("save a frame", self._save, publication.decision, publication.frame)
                if len(self._not_indexed) >= _INDEX_GROUP or self._waiting.empty():
                    self._attempt("index frames", self._index)
            if time.monotonic() >= tidy_at_s:
                tidy_at_s = time.monotonic() + _TIDY_S
                self._attempt("remove old frames", self.tidy, datetime.now(UTC))

    def _attempt(self, what: str, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | None:
        """Whatever goes wrong with one frame or folder, the next has its turn."""
        try:
            return work(*arguments, **named)
        except (StoreError, OSError) as error:
            _log.warning(f"could not {what}", folder=printable(self._folder), error=str(error))
        except Exception:  # noqa: BLE001 - a thread that ends would save nothing any more
            _log.exception(f"could not {what}", folder=printable(self._folder))
        return None

    def _save(self, decision: Decision, frame: Frame) -> None:
        try:
            path = self._files.path_of(decision, frame.bit_depth)
            png = _encode(frame)
        except (cv2.error, ValueError, OverflowError) as error:
            self._drop(decision, "no PNG can hold it", error)
            return
        try:
            self._check_space()
            _write_whole(self._folder / path, png)
        except FileExistsError as error:
            self._drop(decision, "a file of that name is there already", error)
            return
        except OSError as error:
            if self.trouble is None:
                _log.error("frames are not saved; inspection goes on", error=str(error))
            self.trouble = (
                f"Frames are not saved: {printable(str(error.strerror or error))} "
                f"({printable(self._folder)}). Free space on that disk, or correct state_dir; saving resumes by itself."
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
            SavedFrame(
                decision.sequence,
                path,
                decision.verdict,
                frame.bit_depth,
                len(png),
                datetime.now(UTC),
                self._store.time.now_s,
            )
        )

    def _drop(self, decision: Decision, why: str, error: Exception) -> None:
        self.counters["dropped"] += 1
        self._forget(decision.sequence)
        _log.warning(f"frame not saved: {why}", sequence=decision.sequence, error=str(error))

    def _index(self) -> None:
        """Enter new files in the store's index; they stay in memory until that has worked."""
        if not self._not_indexed:
            return
        try:
            stored = self._store.existing([frame.sequence for frame in self._not_indexed])
            ready = [frame for frame in self._not_indexed if frame.sequence in stored]
            if ready:
                self._store.frame_index.note_saved_frames(ready)
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

    def _remove(self, frames: Sequence[SavedFrame], now: datetime) -> None:
        for frame in frames:
            (self._folder / frame.path).unlink(missing_ok=True)
        self._store.frame_index.note_deleted_frames([frame.sequence for frame in frames], now)
        self._saved_bytes -= sum(frame.size_bytes for frame in frames)
        self.counters["removed"] += len(frames)

    def _forget(self, sequence: int) -> None:
        with self._lock:
            self._in_memory.pop(sequence, None)


def is_wanted(decision: Decision, accept_sample: float) -> bool:
    """Whether a decision's frame is to be saved; the draw among accepts depends on the sequence number alone.

    What a hold or bypass keeps from being accepted is drawn like accepts: hours of it would push the rest out.
    """
    if decision.verdict is not Verdict.ACCEPT and not is_set_aside(decision):
        return True
    return random.Random(decision.sequence).random() < accept_sample


def _encode(frame: Frame) -> bytes:
    return cv2.imencode(".png", frame.pixels, _PNG)[1].tobytes()


def _write_whole(path: Path, content: bytes) -> None:
    """All or nothing: nobody finds half a file, and none is written over."""
    make_folder(path.parent)
    if path.exists():
        raise FileExistsError(path)
    half = path.with_suffix(".part")
    try:
        make_file(half)
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
