"""Keeps account of a camera's frame numbers: each one is either delivered or reported lost, once, in order.

Pure: it is told what came and what time it is, and answers with what the station must hear.
"""

import math
from dataclasses import dataclass

from camera.frame import LossReason

FIRST_NUMBERS = 64
"""A run that begins with a number up to this lost those before it; a higher one is a counter that goes on."""
BLOCK_TOLERANCE = 0.05
"""A remainder of web shorter than this share of a block is encoder jitter."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A frame number that the station must be told is lost."""

    run: int
    number: int
    reason: LossReason
    detail: str
    position_mm: float | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A frame that the station gets: its number and where on the web it begins."""

    run: int
    number: int
    position_mm: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame as it came from the camera."""

    number: int
    captured_ns: int
    """When it arrived."""
    position_mm: float | None
    """Encoder position of row 0, None where the camera sends none."""
    device_ns: int | None
    """When it was exposed by the camera's own clock, None where it has none."""


class FrameLedger:
    """One camera's account.

    `period_ns` from block to block, None if nobody knows; `timeout_ns` of silence after which frames are overdue;
    `block_mm` of web in a frame.
    """

    def __init__(self, *, period_ns: int | None, timeout_ns: int, block_mm: float, now_ns: int) -> None:
        self.run = 1
        self.late = 0
        """Frames that came after they had been reported lost."""
        self._period_ns = period_ns
        self._timeout_ns = timeout_ns
        self._block_mm = block_mm
        self._last_number = 0
        self._is_first = True
        self._held: dict[int, tuple[LossReason, str]] = {}
        self._next_mm: float | None = None
        self._last_sign_ns = now_ns
        self._anchor_ns = now_ns
        self._declared_ns = now_ns
        self._last_arrival: Arrival | None = None
        self._outage: tuple[LossReason, str] | None = None

    def connected(self, now_ns: int, block_mm: float) -> None:
        """The camera is there (again): its next frame begins a new run, unless it is the very first."""
        self._is_first = True
        self._held.clear()
        self._block_mm = block_mm
        self._last_sign_ns = now_ns

    def disconnected(self, reason: LossReason, detail: str) -> None:
        """The camera or its process is gone: overdue numbers are lost for this reason until frames come again."""
        self._outage = (reason, detail)

    def tick(self, now_ns: int) -> list[Lost]:
        """What is overdue by now."""
        if self._outage is None and now_ns - self._last_sign_ns < self._timeout_ns:
            return []
        reason, detail = self._outage or (
            LossReason.TIMEOUT,
            f"no frame for {(now_ns - self._last_sign_ns) / 1e6:.0f} ms, expected one "
            f"every {(self._period_ns or self._timeout_ns) / 1e6:.0f} ms: is the web moving, does the trigger come?",
        )
        step_ns = self._period_ns or self._timeout_ns
        grace_ns = self._period_ns or 0  # a frame is declared lost one period after it was due
        lost = []
        while self._anchor_ns + step_ns + grace_ns <= now_ns:
            self._anchor_ns += step_ns
            lost.append(self._lose(self._last_number + 1, reason, detail, now_ns))
        return lost

    def missing(self, number: int, reason: LossReason, detail: str, now_ns: int) -> list[Lost]:
        """The camera's process says that it can't deliver this number."""
        if self._is_first:
            self._held[number] = (reason, detail)  # where its run begins shows only with its first frame
            return []
        self._last_sign_ns = now_ns
        lost = self._gap(number, now_ns)
        if number == self._last_number + 1:
            self._anchor_ns = now_ns
            lost.append(self._lose(number, reason, detail, now_ns))
        return lost

    def arrived(self, frame: Arrival) -> tuple[list[Lost], Delivered | None]:
        """A frame came: what was lost before it, and its place in the account; None if it came too late."""
        now_ns = frame.captured_ns
        self._last_sign_ns = now_ns
        is_known = frame.number <= self._last_number
        if is_known and not self._is_first and self._is_late(frame):
            self.late += 1
            return [], None
        lost = []
        if self._last_arrival is None and not (is_known and self._last_number > 0):
            self._begin_first_run(frame)
        elif self._is_first or is_known:
            lost = self._begin_next_run(frame)
        self._is_first = False
        lost += self._gap(frame.number, now_ns)
        self._outage = None
        position_mm = frame.position_mm
        if position_mm is None:
            position_mm = self._next_mm if self._next_mm is not None else 0.0
        self._last_number = frame.number
        self._next_mm = position_mm + self._block_mm
        self._anchor_ns = now_ns
        self._last_arrival = frame
        return lost, Delivered(self.run, frame.number, position_mm)

    def _is_late(self, frame: Arrival) -> bool:
        """Was it exposed before its number was declared lost? Else the camera's counter had paused: that is new web."""
        last = self._last_arrival
        if last is None or last.device_ns is None or frame.device_ns is None:
            return False
        exposed_ns = last.captured_ns + frame.device_ns - last.device_ns
        return exposed_ns <= self._declared_ns

    def _begin_first_run(self, frame: Arrival) -> None:
        """Nothing came before: what the run lost before this frame, and where that was."""
        if self._last_number == 0:
            self._last_number = _number_before(frame.number)
        if frame.position_mm is not None:
            self._next_mm = frame.position_mm - (frame.number - 1 - self._last_number) * self._block_mm

    def _begin_next_run(self, frame: Arrival) -> list[Lost]:
        """The rest of the outage, as far as the encoder shows it; it carries on the old run's numbers."""
        number_before = _number_before(frame.number) if self._is_first else frame.number - 1
        begin_mm = None
        if frame.position_mm is not None:
            begin_mm = frame.position_mm - (frame.number - 1 - number_before) * self._block_mm
        reason, detail = self._outage or (LossReason.TIMEOUT, "the encoder shows web that passed unseen")
        lost = [
            self._lose(self._last_number + 1, reason, detail, frame.captured_ns)
            for _ in range(self._unseen_blocks(begin_mm, frame.captured_ns))
        ]
        self.run += 1
        self._last_number = number_before
        if begin_mm is not None:
            self._next_mm = begin_mm
        return lost

    def _unseen_blocks(self, begin_mm: float | None, now_ns: int) -> int:
        """Blocks between the end of what is accounted for and `begin_mm`; a restarted encoder tells nothing."""
        if begin_mm is None or self._next_mm is None:
            return 0
        blocks = math.ceil((begin_mm - self._next_mm) / self._block_mm - BLOCK_TOLERANCE)
        step_ns = self._period_ns or self._timeout_ns
        believable = 64 + 4 * (now_ns - self._anchor_ns) // step_ns
        return blocks if 0 < blocks <= believable else 0

    def _gap(self, number: int, now_ns: int) -> list[Lost]:
        """All numbers between the last one accounted for and this one."""
        first = self._last_number + 1
        dropped = (
            LossReason.DROPPED,
            f"the camera's counter went from {first - 1} to {number}: lost on the wire, or for want of a buffer",
        )
        return [self._lose(each, *self._held.pop(each, dropped), now_ns) for each in range(first, number)]

    def _lose(self, number: int, reason: LossReason, detail: str, now_ns: int) -> Lost:
        position_mm = self._next_mm
        if self._next_mm is not None:
            self._next_mm += self._block_mm
        self._last_number = number
        self._declared_ns = now_ns
        return Lost(self.run, number, reason, detail, position_mm)


def _number_before(number: int) -> int:
    """The number with which a run is settled before its first frame.

    >>> _number_before(1), _number_before(3), _number_before(0), _number_before(70_000)
    (0, 0, -1, 69999)
    """
    return 0 if 1 <= number <= FIRST_NUMBERS else number - 1
