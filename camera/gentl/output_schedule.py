"""Pulses of a camera's output at places of the web, by its encoder: what is to come, what level is due. Pure."""

from collections import deque
from collections.abc import Iterable

MOST_PULSES = 1024
"""Pulses that may be to come: some hundred metres of sheets."""


class OutputSchedule:
    """Pulses in the order of the web; a web that runs back gives none twice.

    >>> schedule = OutputSchedule()
    >>> schedule.add([(100, 110), (200, 210)])
    >>> [schedule.level(encoder) for encoder in (90, 100, 109, 110, 205, 300)]
    [False, True, True, False, True, False]
    >>> schedule.add([(250, 260)]); schedule.level(300), schedule.take_missed()
    (False, 1)
    """

    def __init__(self) -> None:
        self._coming: deque[tuple[int, int]] = deque()
        self._given: tuple[int, int] | None = None
        self._missed = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to come, and nothing to be ended."""
        return not self._coming and self._given is None

    def add(self, pulses: Iterable[tuple[int, int]]) -> None:
        """Further pulses, from one encoder count up to another."""
        for pulse in pulses:
            if len(self._coming) >= MOST_PULSES or pulse[1] <= pulse[0]:
                self._missed += 1
            else:
                self._coming.append(pulse)

    def level(self, encoder: int) -> bool:
        """The level that is due where the web is."""
        if self._given is not None and not self._given[0] <= encoder < self._given[1]:
            self._given = None
        while self._given is None and self._coming and self._coming[0][0] <= encoder:
            pulse = self._coming.popleft()
            if encoder < pulse[1]:
                self._given = pulse
            else:
                self._missed += 1
        return self._given is not None

    def take_missed(self) -> int:
        """Pulses since last asked whose place had passed when they were due, or for which there was no room."""
        missed, self._missed = self._missed, 0
        return missed
