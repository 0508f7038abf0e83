"""A station's store for as long as it runs: held alone, taken up where it was left, kept in order, copied at night."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Self

import structlog

from camera.files.file_names import printable
from inspection.alarms.condition import AlarmKind, Condition, said
from inspection.clock import Clock, ClockWatch
from inspection.errors import StoreDamaged, StoreError
from inspection.station.anchoring import Anchoring
from inspection.station.settings import StationSettings
from inspection.station.sole_station import SoleStation
from inspection.store.copies import COPIES, back_up, copies, newest_sound
from inspection.store.database import Database, sqlite_file
from inspection.store.decisions import Store
from inspection.store.frame_files import highest_saved_number
from inspection.store.identity import take_up
from inspection.store.number_mark import FILE, NumberMark

_LOOK_S = 1.0
_NOTE_S = 60.0
_LONG_LOG_BYTES = 512 * 1024 * 1024
_JUMP_TOLD_S = 86_400.0
_RETRY_S = 3600.0
_HOUR_S = 3600.0
_log = structlog.get_logger("inspection.station.station_store")


class StationStore:
    """`start` begins the upkeep, `close` ends it and gives everything back."""

    def __init__(self, settings: StationSettings, clock: Clock | None = None, *, first_copy_s: float = 60.0) -> None:
        """Open it. Raises StoreError: another station has it, it is damaged, it can't be opened.

        first_copy_s: after the start, so that the line has the disk for itself until it runs.
        """
        self._first_copy_s = first_copy_s
        self._settings = settings.backup
        self._clock = clock or Clock()
        self._watch = ClockWatch(self._clock)
        self._lock_trouble: str | None = None
        self._backup_trouble: str | None = None
        self._is_closing = threading.Event()
        with ExitStack() as undo:
            url = settings.store_url
            self._sole = undo.enter_context(SoleStation(settings.state_dir, sqlite_file(url)))
            self.database = self._open(url, settings)
            undo.callback(self.database.close)
            undo.enter_context(self.database.held_alone())
            self.mark = NumberMark(settings.state_dir / FILE)
            undo.callback(self.mark.close)
            beginning = take_up(self.database, self.mark.found, lambda: highest_saved_number(settings.frames_dir))
            self.mark.begin(beginning.epoch, beginning.last_number)
            self.store = Store(self.database, self._clock)
            self._anchoring = Anchoring(self.database, settings.evidence.anchor_every_s)
            told = (*beginning.notices, self.store.time.clock_notice)
            self.notices = [notice for notice in told if notice]
            """What became of store and clock while no station ran, one sentence each."""
            self.store.time.note()
            self._undo = undo.pop_all()
        for notice in self.notices:
            _log.warning(notice)
        self._threads = [threading.Thread(target=self._keep_up, name="upkeep", daemon=True)]
        if self._settings.folder is not None:
            self._threads.append(threading.Thread(target=self._keep_copies, name="backup", daemon=True))

    def start(self) -> None:
        """Begin the upkeep."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End it, and let another station have the store. May be repeated."""
        is_first = not self._is_closing.is_set()
        self._is_closing.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if is_first:
            self._attempt("say how far the seals reach", self._anchoring.anchor)
        with suppress(StoreError):
            self.store.time.note()
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def trouble(self) -> str | None:
        """Why this station may not count on being alone, None while it is."""
        return self._lock_trouble

    def conditions(self) -> list[Condition]:
        """What a person should look at now; that the station is not alone is told by `trouble`."""
        upkeep, clock, log = [self.mark.trouble], [], []
        jump = self._watch.last
        if jump is not None and self._clock.running_s() - jump.noticed_s < _JUMP_TOLD_S:
            clock.append(jump.sentence)
        if (log_bytes := self.database.wal_bytes) > _LONG_LOG_BYTES:
            log.append(
                f"The store's log {printable(str(self.database.file))}-wal has grown to {log_bytes / 1e9:.1f} GB, for "
                "another program has been reading the store for long without a pause: `fuser -v` on that file names "
                "it; end that program, and the log gets short by itself."
            )
        if dead := [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]:
            upkeep.append(f"The store's {' and '.join(dead)} has died. The log says more; restart the station.")
        evidence = self.database.evidence
        return [
            *said(AlarmKind.STORE_CHANGED, self.notices),
            *said(AlarmKind.STORE_UPKEEP, upkeep),
            *said(AlarmKind.STORE_BACKUP, (self._backup_trouble,)),
            *said(AlarmKind.CLOCK_SET, clock),
            *said(AlarmKind.STORE_LOG, log),
            *said(AlarmKind.SEALS, evidence.troubles() if evidence is not None else ()),
        ]

    def _open(self, url: str | None, settings: StationSettings) -> Database:
        try:
            return Database.at(url, settings.state_dir, evidence=settings.open_evidence())
        except StoreDamaged as error:
            folder = self._settings.folder or settings.state_dir / COPIES
            copy = newest_sound(folder)
            if copy is None:
                advice = f"There is no sound copy in {printable(folder)}."
            else:
                advice = (
                    f"The newest sound copy is {printable(copy.folder)}, made {copy.card.made_utc:%Y-%m-%d %H:%M} UTC, "
                    f"with decisions up to {copy.card.last_number}."
                )
            raise StoreDamaged(f"{error} {advice}") from error

    def _keep_up(self) -> None:
        noted_s = time.monotonic()
        while not self._is_closing.wait(_LOOK_S):
            if (jump := self._watch.look()) is not None:
                _log.warning(jump.sentence)
            self._attempt("hold the store alone", self._hold)
            self._attempt("shorten the store's log", self.database.shorten_log)
            self._attempt("say how far the seals reach", self._anchoring.keep_up)
            if time.monotonic() - noted_s >= _NOTE_S:
                noted_s = time.monotonic()
                self._attempt("note the store's time", self.store.time.note)

    def _hold(self) -> None:
        try:
            self._sole.look()
            self.database.look_alone()
        except StoreError as error:
            if self._lock_trouble is None:
                _log.error("this station is not alone with its store", error=str(error))
            self._lock_trouble = str(error)
        else:
            self._lock_trouble = None

    def _keep_copies(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        wait_s = self._first_copy_s
        while not self._is_closing.wait(wait_s):
            wait_s = 30.0
            try:
                if self._is_copy_due():
                    self._copy()
                    self._backup_trouble = None
            except Exception as error:  # noqa: BLE001 - whatever it is, a person has to hear that there is no copy
                if not self._is_closing.is_set():
                    self._backup_trouble = f"The store was not copied; it is tried again in an hour. {error}"
                    _log.error("the store was not copied", exc_info=error)
                wait_s = _RETRY_S

    def _copy(self) -> None:
        file, folder = self.database.file, self._settings.folder
        assert folder is not None, "settings without it start no copies"
        if file is None:
            raise StoreError(
                "Only SQLite files are copied here: for PostgreSQL use its own pg_dump, and set no backup."
            )
        self.store.time.note()
        made = back_up(file, folder, self._settings.keep, self._is_closing.is_set)
        _log.info("the store was copied", folder=printable(made.folder), last_number=made.card.last_number)

    def _is_copy_due(self) -> bool:
        """By the store's own time, and only the hour by the wall clock: however that is set, copies are a day apart."""
        assert self._settings.folder is not None
        made = (copy for copy in copies(self._settings.folder) if copy.card.epoch == self.store.epoch)
        newest = next(made, None)
        if newest is None:
            return True
        since_s = self.store.time.now_s - newest.card.age_s
        at = self._settings.at
        now = self._clock.wall().astimezone()
        past = (now - now.replace(hour=at.hour, minute=at.minute, second=0)) % timedelta(days=1)
        return since_s >= 26 * _HOUR_S or (since_s >= 12 * _HOUR_S and past < timedelta(hours=1))

    def _attempt(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except StoreError as error:
            _log.warning(f"could not {what}", error=str(error))
        except Exception:  # noqa: BLE001 - a thread that ends would keep nothing in order any more
            _log.exception(f"could not {what}")
