"""How fast the demo's line runs: as fast as this machine can inspect, with room for a browser beside it.

A real line has its speed, and the station must keep up or say what it missed. The demo's line is the demo's own, so it
may be slow, and become slower when the machine has other things to do; each time it says so.
"""

from collections import deque
from dataclasses import dataclass, replace

from camera.simulated.simulated_camera import SimulatedCamera
from inspection.cli.console import OUT
from inspection.values import Decision, Verdict

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

    def of_cameras(self, cameras: int, width: float) -> "Cost":
        """What a block costs that so many cameras see, each of which has to be shown all of a web that is `width` times
        as wide as what it sees.

        >>> Cost(show_s=0.1, inspect_s=0.2, apart_s=0.1, free_cores=2.0).of_cameras(2, width=1.5)
        Cost(show_s=0.30000000000000004, inspect_s=0.4, apart_s=0.2, free_cores=2.0)
        """
        return replace(
            self,
            show_s=self.show_s * cameras * width,
            inspect_s=self.inspect_s * cameras,
            apart_s=self.apart_s * cameras,
        )


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


class Speed:
    """Keeps the line as slow as the machine needs it; without a throttle the line has its speed, come what may."""

    def __init__(self, rig: SimulatedCamera | None, throttle: Throttle | None) -> None:
        self._rig = rig
        self._throttle = throttle

    def after(self, decision: Decision) -> None:
        """Called with each decision."""
        if self._rig is None or self._throttle is None:
            return
        rule = decision.reasons[0].rule if decision.verdict is Verdict.UNINSPECTED else None
        before_hz = self._throttle.line_rate_hz
        if self._throttle.decided(decision.latency_ms, rule):
            now_hz = self._throttle.line_rate_hz
            why = "the machine has other things to do" if now_hz < before_hz else "the machine has time again"
            OUT.print(f"[bold yellow]{why}: the line runs at {now_hz:.0f} lines per second, not {before_hz:.0f}[/]")
        # A camera that was plugged in again has its first speed.
        if self._rig.line_rate_hz() != self._throttle.line_rate_hz:
            self._rig.run_at(self._throttle.line_rate_hz)
