"""Saves frames losslessly for review and training: every reject, every uninspected frame that has pixels, and a random
sample of accepts. In the background: a slow or full disk never delays a decision.

Of a piece that several cameras see the frames of all are saved, each one once, however many pieces it shows.
"""

import queue
import random
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
import structlog

from camera.files.file_names import printable
from camera.frame import Frame, FrameId
from inspection.errors import StoreError
from inspection.private_files import close_to_others, make_file, make_folder
from inspection.station.feed import Publication
from inspection.station.intervention import is_set_aside
from inspection.station.settings import ArchiveSettings
from inspection.store.decisions import Store
from inspection.store.frame_files import FrameFiles
from inspection.store.frame_index import FIRST_TO_GO, SavedFrame
from inspection.values import Decision, Verdict

_GB = 1e9
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_TIDY_S = 60.0
_INDEX_GROUP = 16
_SHARED = 4096
"""How many frames back a piece may share one with a later piece: with sheets, blocks and rollers some dozens do."""
_DAY_S = 86_400.0

P = ParamSpec("P")
T = TypeVar("T")
_log = structlog.get_logger("inspection.station.frame_archive")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A frame on its way to the disk."""

    decision: Decision
    """The first one that it is saved for."""
    name: FrameId
    frame: Frame


class FrameArchive:
    """Writes frames as files, enters them in the store's index, and removes what is too old or too much."""

    def __init__(self, folder: Path, settings: ArchiveSettings, store: Store, capacity: int = 16) -> None:
        """`capacity`: frames that may wait for the disk; what comes beyond is not saved, and counted."""
        self._folder = folder
        self._settings = settings
        self._store = store
        self._files = FrameFiles(folder, store)
        self._waiting: queue.Queue[_Wanted | None] = queue.Queue(capacity)
        self._lock = threading.Lock()
        self._in_memory: dict[FrameId, Frame] = {}
        self._taken: OrderedDict[FrameId, Verdict] = OrderedDict()
        """The newest frames that were taken to be saved, with the gravest verdict about them."""
        self._graver: dict[FrameId, Verdict] = {}
        """What the index has still to hear of them."""
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
            decision = publication.decision
            if not is_wanted(decision, self._settings.accept_sample):
                continue
            for name, frame in publication.frames.items():
                if self._take_up(name, decision.verdict, frame):
                    self._put(_Wanted(decision, name, frame))

    def _take_up(self, name: FrameId, verdict: Verdict, frame: Frame) -> bool:
        """Whether a frame is new to the archive; else it is kept as long as the gravest verdict about it asks."""
        with self._lock:
            before = self._taken.get(name)
            if before is None:
                self._taken[name] = verdict
                self._in_memory[name] = frame
                if len(self._taken) > _SHARED:
                    self._taken.popitem(last=False)
            elif FIRST_TO_GO.index(before) < FIRST_TO_GO.index(verdict):
                self._taken[name] = self._graver[name] = verdict
        return before is None

    def _put(self, wanted: _Wanted) -> None:
        try:
            self._waiting.put_nowait(wanted)
        except queue.Full:
            self._give_up(wanted.name)
            self.counters["dropped"] += 1
            if not self._is_dropping:
                _log.warning("frames are not saved: they come faster than the disk", sequence=wanted.decision.sequence)
            self._is_dropping = True
        else:
            self._is_dropping = False

    def is_waiting(self, frame: FrameId) -> bool:
        """Whether a frame of this start of the station is still in memory, on its way to the disk and the index."""
        with self._lock:
            return frame in self._in_memory

    def png(self, station_run: int, frame: FrameId) -> tuple[bytes, int] | None:
        """A frame of a start of the station as PNG with its bit depth; None when it was not saved, or is no longer."""
        if station_run == self._store.station_run:
            with self._lock:
                held = self._in_memory.get(frame)
            if held is not None:
                return _encode(held), held.bit_depth
        return self._files.png_of(station_run, frame)

    def tidy(self, now: datetime) -> None:
        """Remove what is too old, then the oldest until the files fit: accepts first, rejects last.

        `now` is noted as the time of removal, and nothing else: ages go by the store's own time, which nobody can set.
        """
        keep = self._settings.max_age_days
        age_s = self._store.time.now_s
        for verdict, days in zip(FIRST_TO_GO, (keep.accept, keep.uninspected, keep.reject), strict=True):
            while old := self._store.frame_index.oldest_saved_frames(verdict, 100, before_s=age_s - days * _DAY_S):
                self._remove(old, now)
        for verdict in FIRST_TO_GO:
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
        for frames in self._files.not_indexed(folder, {frame.path for frame in self._not_indexed}):
            if frames:
                self._store.frame_index.note_saved_frames(frames)
                self._saved_bytes += sum(frame.size_bytes for frame in frames)
                _log.info("saved frames entered in the index after a crash", frames=len(frames))

    def _work(self) -> None:
        tidy_at_s = time.monotonic()
        to_adopt = self._attempt("find what a crash left", self._files.days) or []
        while True:
            try:
                wanted = self._waiting.get(timeout=0.01 if to_adopt else 1.0)
            except queue.Empty:
                self._attempt("index frames", self._index)
                if to_adopt:
                    self._attempt("adopt frames", self.adopt, to_adopt.pop())
            else:
                if wanted is None:
                    self._attempt("index frames", self._index)
                    return
                self._attempt("save a frame", self._save, wanted.decision, wanted.name, wanted.frame)
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

    def _save(self, decision: Decision, name: FrameId, frame: Frame) -> None:
        try:
            path = self._files.path_of(decision, name, frame.bit_depth)
            png = _encode(frame)
        except (cv2.error, ValueError, OverflowError) as error:
            self._drop(decision, name, "no PNG can hold it", error)
            return
        try:
            self._check_space()
            _write_whole(self._folder / path, png)
        except FileExistsError as error:
            self._drop(decision, name, "a file of that name is there already", error)
            return
        except OSError as error:
            if self.trouble is None:
                _log.error("frames are not saved; inspection goes on", error=str(error))
            self.trouble = (
                f"Frames are not saved: {printable(str(error.strerror or error))} "
                f"({printable(self._folder)}). Free space on that disk, or correct state_dir; saving resumes by itself."
            )
            self.counters["refused"] += 1
            self._give_up(name)
            return
        if self.trouble is not None:
            _log.warning("frames are saved again", refused=self.counters["refused"])
            self.trouble = None
        self.counters["saved"] += 1
        self._saved_bytes += len(png)
        self._not_indexed.append(
            SavedFrame(
                self._store.station_run,
                name,
                path,
                decision.verdict,
                frame.bit_depth,
                len(png),
                datetime.now(UTC),
                self._store.time.now_s,
            )
        )

    def _drop(self, decision: Decision, name: FrameId, why: str, error: Exception) -> None:
        self.counters["dropped"] += 1
        self._give_up(name)
        _log.warning(f"frame not saved: {why}", sequence=decision.sequence, error=str(error))

    def _index(self) -> None:
        """Enter new files in the store's index; they stay in memory until that has worked."""
        with self._lock:
            graver = dict(self._graver)
        if not self._not_indexed and not graver:
            return
        told = [replace(saved, verdict=graver.get(saved.frame, saved.verdict)) for saved in self._not_indexed]
        run, index = self._store.station_run, self._store.frame_index
        try:
            if told:
                index.note_saved_frames(told)
            for saved in self._not_indexed:
                self._forget(saved.frame)
            self._not_indexed = []
            for verdict in set(graver.values()):
                index.keep_as(run, [name for name, each in graver.items() if each is verdict], verdict)
        except StoreError as error:
            waiting = len(self._not_indexed)
            _log.warning("saved frames wait for their index", waiting=waiting, error=str(error))
            while len(self._not_indexed) > 4 * _INDEX_GROUP:
                # The store has been away for long: the file stays, its pixels leave memory.
                self._forget(self._not_indexed.pop(0).frame)
        else:
            with self._lock:
                # A frame that still waits for the disk is entered later, and one that got a graver word meanwhile, too.
                for name, verdict in graver.items():
                    if self._graver.get(name) is verdict and name not in self._in_memory:
                        del self._graver[name]

    def _check_space(self) -> None:
        free = self.free_bytes
        if free is not None and free < self._settings.min_free_gb * _GB:
            raise OSError(f"{free / _GB:.1f} GB are free, min_free_gb is {self._settings.min_free_gb:g}")

    def _remove(self, frames: Sequence[SavedFrame], now: datetime) -> None:
        for frame in frames:
            (self._folder / frame.path).unlink(missing_ok=True)
        self._store.frame_index.note_deleted_frames(frames, now)
        self._saved_bytes -= sum(frame.size_bytes for frame in frames)
        self.counters["removed"] += len(frames)

    def _forget(self, frame: FrameId) -> None:
        with self._lock:
            self._in_memory.pop(frame, None)

    def _give_up(self, frame: FrameId) -> None:
        """It was not saved; a later piece that it shows may have it saved still."""
        with self._lock:
            for known in (self._in_memory, self._taken, self._graver):
                known.pop(frame, None)


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
