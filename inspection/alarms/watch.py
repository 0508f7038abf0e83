"""The thread that keeps the alarms up to date, and the store up to date with them."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from inspection.alarms.book import AlarmBook
from inspection.alarms.condition import Condition
from inspection.alarms.messages import Messenger
from inspection.alarms.records import AlarmRecords
from inspection.errors import StoreError
from inspection.store.identity import StoreTime

_LOOK_S = 1.0
_TIDY_S = 600.0
_DAY_S = 86_400.0
_log = structlog.get_logger("inspection.alarms")


class AlarmWatch:
    """`start` once, `stop` at the end. Whatever breaks off is logged, and tried again at the next look."""

    def __init__(
        self,
        book: AlarmBook,
        records: AlarmRecords,
        store_time: StoreTime,
        *,
        standing: Callable[[], Sequence[Condition]],
        passing: Callable[[], Sequence[Condition]],
        messengers: Sequence[Messenger] = (),
        keep_days: float,
    ) -> None:
        """`standing`: all that stands now; `passing`: what was there for a moment since the last call."""
        self._book = book
        self._records = records
        self._store_time = store_time
        self._standing = standing
        self._passing = passing
        self._messengers = tuple(messengers)
        self._keep_s = keep_days * _DAY_S
        self._tidy_at_s = time.monotonic() + _TIDY_S
        self._is_store_away = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        for messenger in self._messengers:
            messenger.start()
        self._thread.start()

    def stop(self) -> None:
        """End after a last look and a last try to write. May be repeated, also before `start`."""
        is_first = not self._stopping.is_set()
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
            if is_first:
                self.look()
        for messenger in self._messengers:
            messenger.stop()

    def is_alive(self) -> bool:
        """Whether anybody looks: true also before the start."""
        return self._thread.ident is None or self._thread.is_alive() or self._stopping.is_set()

    def look(self) -> None:
        """Once: what stands, what has passed, messages, store."""
        self._attempt("look at what stands", lambda: self._book.look(self._standing))
        self._attempt("note what has passed", lambda: self._book.note(self._passing()))
        self._attempt("hand on messages", self._hand_on)
        self._attempt("write alarms", self._write)

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self.look()
            if time.monotonic() >= self._tidy_at_s:
                self._tidy_at_s = time.monotonic() + _TIDY_S
                self._attempt("remove old alarms", self._tidy)

    def _hand_on(self) -> None:
        for happening, alarm in self._book.take_news():
            for messenger in self._messengers:
                messenger.tell(happening, alarm)

    def _write(self) -> None:
        changed = self._book.changed()
        if not changed:
            return
        try:
            self._records.write(changed, self._store_time.now_s)
        except StoreError as error:
            if not self._is_store_away:
                _log.warning("alarms wait for the store", error=str(error))
            self._is_store_away = True
        else:
            self._is_store_away = False
            self._book.written(changed)

    def _tidy(self) -> None:
        while self._records.remove(self._store_time.now_s - self._keep_s) and not self._stopping.is_set():
            pass

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except StoreError as error:
            _log.warning(f"could not {what}", error=str(error))
        except Exception:  # noqa: BLE001 - a thread that ends would raise no alarm any more
            _log.exception(f"could not {what}")
