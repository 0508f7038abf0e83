"""Which of the demo's cameras is spoilt, when, and when it is mended again."""

import re
import time
from dataclasses import dataclass
from enum import Enum

from camera.errors import SettingsError
from camera.simulated.simulated_camera import Fault, SimulatedCamera
from inspection.cli.console import OUT
from inspection.cli.demo_line import LINES

FRAMES = 5
"""Spoilt by a fault that has a number of frames."""
LASTING = (Fault.UNPLUG, Fault.STALL, Fault.STAND)
"""Faults that stay until they are cleared."""
_FIRST_S, _EVERY_S = 6.0, 20.0
"""Time before the first fault and between two, in seconds of web at the line's speed. The first comes after a third of
the frames, if that is less."""
_LASTS_BLOCKS, _LASTS_S = 20, 5.0
"""What is over first ends a lasting fault: while a web stands there are no blocks to count."""


@dataclass(frozen=True, slots=True)
class FaultChoice:
    """A fault, and the camera that it befalls."""

    fault: Fault
    device: int | None
    """None: all of them."""

    @classmethod
    def parse(cls, told: str, cameras: int) -> "FaultChoice":
        """What `--fault` says: a fault, or FAULT:camN. Raises SettingsError.

        >>> FaultChoice.parse("unplug:cam1", cameras=2)
        FaultChoice(fault=<Fault.UNPLUG: 'unplug'>, device=1)
        """
        name, _, camera = told.partition(":")
        known = ", ".join(fault.value for fault in Fault)
        if name not in set(Fault):
            raise SettingsError(
                f"--fault {told}: there is no fault {name!r}; there are {known}, for one camera {name}:cam0"
            )
        number = re.fullmatch(r"cam(\d)", camera)
        if camera and (number is None or int(number[1]) >= cameras):
            names = ", ".join(f"cam{each}" for each in range(cameras))
            raise SettingsError(f"--fault {told}: there is no camera {camera!r}; there are {names}")
        return cls(Fault(name), int(number[1]) if number else None)


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


class Faults:
    """Spoils the camera, and mends it again, time after time."""

    def __init__(
        self, rig: SimulatedCamera | None, choice: FaultChoice | None, line_rate_hz: float, frames: int | None
    ) -> None:
        self._rig = rig
        self._choice = choice
        self._times = None if choice is None else FaultTimes(choice.fault, line_rate_hz, frames)

    def after(self, pieces: int) -> None:
        """Called again and again with the number of pieces decided so far."""
        if self._rig is None or self._choice is None or self._times is None:
            return
        fault, device = self._choice.fault, self._choice.device
        camera = "the camera" if device is None else f"cam{device}"
        match self._times.turn(pieces, time.monotonic()):
            case Turn.SPOIL:
                OUT.print(f"[bold yellow]now {camera} gets the fault: {fault.value}[/]")
                self._rig.fault(fault, frames=None if fault in LASTING else FRAMES, device=device)
            case Turn.MEND:
                OUT.print(f"[bold yellow]now {camera} is mended[/]")
                self._rig.clear_faults()
