"""Two clocks. The wall clock says when something happened, and anybody can set it at any time; the running clock says
how long something lasted, and nobody can set it. Whatever means a span goes by the running clock.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_JUMP = timedelta(seconds=60)
"""A wall clock that is steered moves by milliseconds; from here on somebody has set it."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def running_s() -> float:
    """Seconds since the machine was switched on, suspended ones included; all programs see the same."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Changes with each start of the machine: `running_s` can be compared within the same one only."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the time comes from."""

    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    running_s: Callable[[], float] = running_s
    boot_id: Callable[[], str] = boot_id


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The wall clock was set."""

    before_utc: datetime
    """What it would say now."""
    after_utc: datetime
    """What it says."""
    noticed_s: float
    """On the running clock."""

    @property
    def sentence(self) -> str:
        """For alarms and logs.

        >>> ClockJump(datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC), 5.0).sentence[:85]
        'This machine said 2000-01-01 00:00 UTC and was set forward by 10958 days 0:00:00, to '
        """
        moved = abs(self.after_utc - self.before_utc)
        days = f"{moved.days} days " if moved.days else ""
        return (
            f"This machine said {self.before_utc:%Y-%m-%d %H:%M} UTC and was set "
            f"{'forward' if self.after_utc > self.before_utc else 'back'} by {days}"
            f"{timedelta(seconds=moved.seconds)}, to {self.after_utc:%Y-%m-%d %H:%M} UTC. Spans and ages don't go by "
            "that clock, and nothing is deleted for it; times of day in records are only as right as it was. Check the "
            "clock, its battery and its time server."
        )


class ClockWatch:
    """Holds the wall clock against the running one. `look` often; may be used from several threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._offset = self._now()
        self.last: ClockJump | None = None
        """The newest jump, None as long as there was none."""

    def look(self) -> ClockJump | None:
        """The jump since the last look; None when the clock ran on. Small ones count once they add up to a minute."""
        with self._lock:
            offset = self._now()
            if abs(offset - self._offset) < _JUMP:
                return None
            after, running = self._clock.wall(), self._clock.running_s()
            self.last = ClockJump(after - (offset - self._offset), after, running)
            self._offset = offset
            return self.last

    def _now(self) -> timedelta:
        """The wall clock's distance from the running one."""
        return (self._clock.wall() - datetime.min.replace(tzinfo=UTC)) - timedelta(seconds=self._clock.running_s())
