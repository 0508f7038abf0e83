"""Slows down who guesses passwords: each failure doubles the wait, by name and by address."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_FREE_TRIES = 3
_LONGEST_S = 300.0
_FORGET_S = 3600.0
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float


class Throttle:
    """Counts failures for each key (a name, an address). May be used from several threads."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failures: dict[str, _Failures] = {}

    def wait_s(self, *keys: str) -> float:
        """How long the next try has to wait; 0 when it may be made now."""
        with self._lock:
            now_s = self._now_s()
            return max((self._wait_s(self._failures.get(key), now_s) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """A try has failed."""
        with self._lock:
            now_s = self._now_s()
            if len(self._failures) >= _MOST_KEYS:
                self._failures = {k: f for k, f in self._failures.items() if self._wait_s(f, now_s) > 0}
            for key in keys:
                known = self._failures.get(key)
                is_old = known is None or now_s - known.last_s > _FORGET_S
                self._failures[key] = _Failures(1 if is_old or known is None else known.count + 1, now_s)

    def succeeded(self, *keys: str) -> None:
        """A try has succeeded: its failures are forgotten."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _wait_s(self, failures: _Failures | None, now_s: float) -> float:
        if failures is None or failures.count < _FREE_TRIES:
            return 0.0
        pause_s: float = min(_LONGEST_S, 2.0 ** min(failures.count - _FREE_TRIES, 10))
        return max(0.0, failures.last_s + pause_s - now_s)
