"""The runner's threads: which there are, when each last came round, and what keeps them from their work."""

import threading
import time
from collections.abc import Callable, Mapping

from inspection.station.attempt import Broken, attempt

_SILENT_S = 5.0
_SILENT_DEADLINES = 10.0
"""Seconds, and deadlines, without a sign of life after which a thread hangs; the longer time counts."""


class Threads:
    """Makes threads and listens to them. Safe from any thread."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._now_ns = now_ns
        self._faults: dict[str, str] = {}
        self._deaths: dict[str, str] = {}
        self._beats_ns: dict[str, int] = {}

    def impede(self, what: str, sentence: str) -> None:
        """Something keeps a thread from its work until `clear`; the newest sentence about `what` stands."""
        self._faults[what] = sentence

    def clear(self, what: str) -> None:
        """It works again."""
        self._faults.pop(what, None)

    def faults(self, deadline_ms: float) -> list[str]:
        """What keeps threads from their work, those that are stuck included; one sentence each."""
        return [*self._faults.values(), *self.stuck(deadline_ms)]

    def stuck(self, deadline_ms: float) -> list[str]:
        """Which threads have died or do not come round, one sentence each: only a new start helps for certain.

        `deadline_ms`: of the decisions that they work for; a thread hangs after ten of them.
        """
        patience_s = max(_SILENT_S, _SILENT_DEADLINES * deadline_ms / 1000.0)
        silent = {name: age_s for name, age_s in self.heartbeats_s().items() if age_s > patience_s}
        return [
            *self._deaths.values(),
            *(
                f"Thread {name} has not been heard of for {age_s:.0f} s: it hangs. "
                "Look at the camera, folder or disk that it works on; restart the station if it does not come back."
                for name, age_s in silent.items()
            ),
        ]

    def heartbeats_s(self) -> Mapping[str, float]:
        """Seconds since each running thread last came round, by its name."""
        now_ns = self._now_ns()
        return {name: (now_ns - beat_ns) / 1e9 for name, beat_ns in dict(self._beats_ns).items()}

    def thread(self, name: str, work: Callable[..., None], *arguments: object) -> threading.Thread:
        """A thread of this name, not started yet. What breaks it off is logged and told."""

        def run() -> None:
            outcome = attempt(name, work, *arguments)
            self._beats_ns.pop(name, None)
            if isinstance(outcome, Broken):
                self._faults.pop(name, None)
                self._deaths[name] = f"Thread {name} has died: {outcome.error}. The log says more; restart the station."

        return threading.Thread(target=run, name=name, daemon=True)

    def beat(self, name: str) -> None:
        """A thread has come round."""
        self._beats_ns[name] = self._now_ns()
