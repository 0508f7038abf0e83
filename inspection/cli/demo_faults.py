"""When the demo's camera is spoilt, and when it is mended again. Pure."""

from enum import Enum

from camera.simulated.simulated_camera import Fault
from inspection.cli.demo_score import LINES

FRAMES = 5
"""Spoilt by a fault that has a number of frames."""
LASTING = (Fault.UNPLUG, Fault.STALL, Fault.STAND)
"""Faults that stay until they are cleared."""
_FIRST_S, _EVERY_S = 6.0, 20.0
"""Time before the first fault and between two, in seconds of web at the line's speed. The first comes after a third of
the frames, if that is less."""
_LASTS_BLOCKS, _LASTS_S = 20, 5.0
"""What is over first ends a lasting fault: while a web stands there are no blocks to count."""


class Turn(Enum):
    """What happens to the camera now."""

    SPOIL = "spoil"
    MEND = "mend"


class FaultTimes:
    """The times of a fault that comes back until the demo is stopped."""

    def __init__(self, fault: Fault, line_rate_hz: float, frames: int | None) -> None:
        """`frames`: after which the demo stops, None if it does not stop by itself."""
        blocks_s = line_rate_hz / LINES
        first = max(1, round(_FIRST_S * blocks_s))
        self._lasts = fault in LASTING
        self._next = first if frames is None else min(first, max(1, frames // 3))
        self._every = max(_LASTS_BLOCKS + 1, round(_EVERY_S * blocks_s))
        self._mend: tuple[int, float] | None = None

    def turn(self, decisions: int, now_s: float) -> Turn | None:
        """What happens after so many decisions, at this time; asked again and again.

        >>> times = FaultTimes(Fault.UNPLUG, 1024.0, None)
        >>> [times.turn(decisions, float(decisions)) for decisions in (5, 6, 10, 11, 12)]
        [None, <Turn.SPOIL: 'spoil'>, None, <Turn.MEND: 'mend'>, None]
        """
        if self._mend is not None and (decisions >= self._mend[0] or now_s >= self._mend[1]):
            self._mend = None
            return Turn.MEND
        if decisions < self._next:
            return None
        self._next += self._every
        if self._lasts:
            self._mend = decisions + _LASTS_BLOCKS, now_s + _LASTS_S
        return Turn.SPOIL
