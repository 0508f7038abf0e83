"""Asks doors and closes them so that one which hangs holds nobody up: the line's alarms, or the end of the station."""

import threading
from collections.abc import Callable, Sequence

import structlog

from inspection.alarms.condition import AlarmKind, Condition, said
from inspection.station.door import Door

_ANSWER_S = 2.0
"""Patience with a door that is asked how it is; it should say so at once."""
_CLOSE_S = 60.0
"""Patience with one that closes; what it hands on may take some seconds."""
_log = structlog.get_logger("inspection.station")


class DoorGuard:
    """One door, asked on threads of its own. May be used from several threads."""

    def __init__(self, door: Door, answer_s: float = _ANSWER_S, close_s: float = _CLOSE_S) -> None:
        self._door = door
        self._answer_s, self._close_s = answer_s, close_s
        self._lock = threading.Lock()
        self._unanswered: _Errand | None = None

    def conditions(self) -> Sequence[Condition]:
        """What the door says a person should look at; that it doesn't answer, where it doesn't."""
        answer: list[Sequence[Condition]] = []
        with self._lock:
            if self._unanswered is None or self._unanswered.is_back(0.0):
                errand = _Errand(f"ask {self._door.name}", lambda: answer.append(self._door.conditions()))
                self._unanswered = None if errand.is_back(self._answer_s) else errand
            else:
                errand = self._unanswered
        if answer:
            return answer[0]
        why = f"({errand.error!r})" if errand.error else "(it does not answer)"
        return said(
            AlarmKind.STATION_THREAD,
            (f"The {self._door.name} door can't say how it is {why}: take it as closed, and restart the station.",),
        )

    def close(self) -> None:
        """Close the door, or leave it behind as it is, with a word in the log."""
        errand = _Errand(f"close {self._door.name}", self._door.close)
        if not errand.is_back(self._close_s):
            _log.error("a door does not close; the station ends without it", door=self._door.name)
        elif errand.error is not None:
            _log.error("a door did not close", door=self._door.name, exc_info=errand.error)


class _Errand:
    """Work on a thread that keeps no process alive."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def is_back(self, patience_s: float) -> bool:
        """Whether the work is done, after waiting for that."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - one door's trouble must not hide what all others have to say
            self.error = error
