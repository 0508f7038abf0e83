"""How fast the demo's line runs: as fast as this machine can inspect, with room for a browser beside it. Pure.

A real line has its speed, and the station must keep up or say what it missed. The demo's line is the demo's own, so it
may be slow, and become slower when the machine has other things to do; each time it says so.
"""

from collections import deque
from dataclasses import dataclass

FASTEST_HZ = 10_000.0
"""The numbers note's preset `demo`: 100 mm of web at 30 m/min and 50 um a pixel."""
SLOWEST_HZ = 500.0
"""A block every two seconds; below, nobody would believe that the web moves."""
_SHARE = 0.35
"""Share of the cores that nothing else uses. On two cores as much again goes to a browser with the line page, and to
the processes of pages and camera; the rest is for blocks in which much lies."""
_WORKERS_SHARE = 0.5
"""Share of what the workers inspect when they do nothing else: blocks that come unevenly must not have to wait."""
_STRAINED, _EASY = 0.4, 0.2
"""Shares of the deadline: half of the last few blocks took more, all of the last many took less."""
_FEW, _MANY = 6, 60
"""Blocks looked at before the line becomes slower, and faster again."""
_SLOWER, _FASTER = 0.7, 1.2
_LEAST_SHARE = 0.5
"""Share of the line's speed at the start. A camera that is much slower than it said counts as silent."""
_TOO_MUCH = ("late", "overload", "lost.overrun")
"""Rules of blocks that came too fast."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one block costs on this machine, while whatever else runs on it goes on."""

    show_s: float
    """Time of one core to simulate the web."""
    inspect_s: float
    """Time of one core to inspect it, store the decision and save what was rejected."""
    apart_s: float
    """From one decision to the next, when all workers have their hands full."""
    free_cores: float
    """Number of cores that nothing else uses."""

    @property
    def block_s(self) -> float:
        """Time of one core, all in all."""
        return self.show_s + self.inspect_s


def fitting_line_rate_hz(cost: Cost, lines: int) -> float:
    """Line rate for blocks of so many lines that leaves room for a browser, two digits of it.

    >>> fitting_line_rate_hz(Cost(show_s=0.1, inspect_s=0.15, apart_s=0.08, free_cores=2.0), 1024)
    2900.0
    >>> fitting_line_rate_hz(Cost(show_s=0.01, inspect_s=0.02, apart_s=0.01, free_cores=16.0), 1024)
    10000.0
    """
    by_cores = _SHARE * cost.free_cores / cost.block_s
    by_workers = _WORKERS_SHARE / cost.apart_s
    rate_hz = float(f"{lines * min(by_cores, by_workers):.2g}")
    return min(max(rate_hz, SLOWEST_HZ), FASTEST_HZ)


def deadline_at(line_rate_hz: float, deadline_ms: float) -> float:
    """Deadline of a line that runs so fast, if at its fastest it is `deadline_ms`: the reject gate stays where it is.

    >>> deadline_at(2_500.0, 500.0)
    2000.0
    """
    return deadline_ms * max(1.0, FASTEST_HZ / line_rate_hz)


class Throttle:
    """Watches how long decisions take, and says how fast the line should run."""

    def __init__(self, line_rate_hz: float, deadline_ms: float) -> None:
        self.line_rate_hz = line_rate_hz
        """As fast as it should run now."""
        self._most_hz = line_rate_hz
        self._deadline_ms = deadline_ms
        self._shares: deque[float] = deque(maxlen=_MANY)

    def decided(self, latency_ms: float, rule: str | None) -> bool:
        """Tell it of a decision and, if that is uninspected, its first rule; True if the line's speed should change.

        >>> throttle = Throttle(4_000.0, 500.0)
        >>> throttle.decided(180.0, None), throttle.decided(500.0, "late"), throttle.line_rate_hz
        (False, True, 2800.0)
        """
        before_hz = self.line_rate_hz
        self._shares.append(latency_ms / self._deadline_ms)
        last = sorted(list(self._shares)[-_FEW:])
        is_strained = len(last) == _FEW and last[_FEW // 2] > _STRAINED
        if is_strained or (rule is not None and rule.startswith(_TOO_MUCH)):
            self.line_rate_hz = max(_SLOWER * before_hz, _LEAST_SHARE * self._most_hz)
            self._shares.clear()
        elif len(self._shares) == _MANY and max(self._shares) < _EASY:
            self.line_rate_hz = min(_FASTER * before_hz, self._most_hz)
            self._shares.clear()
        return self.line_rate_hz != before_hz
