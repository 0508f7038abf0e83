"""Which visit of a review page holds which case: a page that has gone holds nothing, whatever it still asked for.

A browser tells in passing that its page goes, and what the page asked for just before may reach the server after that.
A claim in the store names the person alone, and the same person may have gone on to another page, or to another tab.
"""

import threading
from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")

_MOST_CASES = 10_000
_MOST_GONE = 1_000
"""Remembered, the newest."""


class ReviewVisits:
    """Visits are named by the server, one for each page that is loaded. May be used from several threads.

    >>> visits = ReviewVisits()
    >>> visits.hold("first", [40, 30]), visits.hold("second", [30])
    (True, True)
    >>> visits.go("first"), visits.hold("first", [20])
    ([40], False)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[int, str] = {}
        self._gone: dict[str, None] = {}

    def hold(self, visit: str, cases: Iterable[int]) -> bool:
        """The visit has claimed these cases now, and whoever held them holds them no more. False: it has gone."""
        with self._lock:
            if visit in self._gone:
                return False
            for case in cases:
                self._holders.pop(case, None)
                self._holders[case] = visit
            _keep_newest(self._holders, _MOST_CASES)
            return True

    def give_back(self, visit: str, cases: Iterable[int]) -> list[int]:
        """Those of the cases that no other visit holds."""
        with self._lock:
            return self._freed(visit, cases)

    def go(self, visit: str, cases: Iterable[int] = ()) -> list[int]:
        """The visit is over. Returns all that it held, and those of `cases` that no other visit holds."""
        with self._lock:
            self._gone[visit] = None
            _keep_newest(self._gone, _MOST_GONE)
            held = [case for case, holder in self._holders.items() if holder == visit]
            return self._freed(visit, dict.fromkeys([*held, *cases]))

    def _freed(self, visit: str, cases: Iterable[int]) -> list[int]:
        freed = [case for case in cases if self._holders.get(case, visit) == visit]
        for case in freed:
            self._holders.pop(case, None)
        return freed


def _keep_newest(known: dict[T, Any], most: int) -> None:
    for name in list(known)[: max(0, len(known) - most)]:
        del known[name]
