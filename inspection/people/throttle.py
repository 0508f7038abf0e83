"""Slows down who guesses: each try counts before it is made, and each failure doubles the wait."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

_FORGET_S = 3600.0
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries there may be of one kind."""

    key: str
    """Whose tries: of an account, an address, a browser …"""
    free: int = 3
    """Failures before the first wait."""
    longest_s: float = 300.0


@dataclass(slots=True)
class _Tries:
    count: int
    last_s: float


class Throttle:
    """Counts tries by key. May be used from several threads: tries at the same moment are counted one by one.

    >>> throttle = Throttle(lambda: 0.0)
    >>> [throttle.reserve(Limit("ann", free=2)) for _ in range(4)]
    [0.0, 0.0, 1.0, 1.0]
    >>> throttle.succeeded(Limit("ann", free=2))
    >>> throttle.reserve(Limit("ann", free=2))
    0.0
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._tries: dict[str, _Tries] = {}

    def reserve(self, *limits: Limit) -> float:
        """Count a try as failed and return 0; where one has to wait first, count nothing and return for how long, in s.

        What the try turns out to be is told afterwards by `succeeded` or `give_back`.
        """
        with self._lock:
            now_s = self._now_s()
            wait_s = max((self._wait_s(limit, now_s) for limit in limits), default=0.0)
            if wait_s <= 0.0:
                for limit in limits:
                    known = self._tries.pop(limit.key, None)  # the newest stand last
                    is_old = known is None or now_s - known.last_s > _FORGET_S
                    self._tries[limit.key] = _Tries(1 if known is None or is_old else known.count + 1, now_s)
                while len(self._tries) > _MOST_KEYS:
                    del self._tries[next(iter(self._tries))]
            return wait_s

    def give_back(self, *limits: Limit) -> None:
        """A reserved try does not count: it was not made, or it says nothing about who else tries."""
        with self._lock:
            for limit in limits:
                known = self._tries.get(limit.key)
                if known is not None:
                    known.count -= 1
                    if known.count <= 0:
                        del self._tries[limit.key]

    def succeeded(self, *limits: Limit) -> None:
        """A try has succeeded: the failures before it are forgotten."""
        with self._lock:
            for limit in limits:
                self._tries.pop(limit.key, None)

    def _wait_s(self, limit: Limit, now_s: float) -> float:
        tries = self._tries.get(limit.key)
        if tries is None or tries.count < limit.free or now_s - tries.last_s > _FORGET_S:
            return 0.0
        pause_s: float = min(limit.longest_s, 2.0 ** min(tries.count - limit.free, 10))
        return max(0.0, tries.last_s + pause_s - now_s)


def neighbourhood(address: str) -> str:
    """What one machine can call itself: its address, of IPv6 the network of 64 bits.

    >>> neighbourhood("10.0.0.7"), neighbourhood("::ffff:10.0.0.7"), neighbourhood("2001:db8::1:2")
    ('10.0.0.7', '10.0.0.7', '2001:db8::')
    """
    try:
        told = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(told, IPv6Address):
        return str(told)
    if told.ipv4_mapped is not None:
        return str(told.ipv4_mapped)
    return str(IPv6Address(int(told) >> 64 << 64))
