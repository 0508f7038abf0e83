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
TOUCH_TOLERANCE = 0.01
"""Within this share of a block the first frame of a run is said to touch the last one of the run before."""
SLACK = 64
"""A counter may be so far ahead of the clock: as many frames as lie in buffers and come in one go."""
PACE_TOLERANCE = 2
"""A counter may run so many times faster than the rate that is known."""
MOST_TOLD = 1000
"""More lost numbers at one time are told as one: a line has no use for a thousand words on one stretch of web."""
NUMBER_MOST = 2**53
"""Above this a counter says nothing, and not every reader of a decision could read it: such a run begins at 1."""
WRAPS = (16, 32)
"""Bits of the counters that begin again: GigE Vision and CoaXPress count to 65535, most others further."""


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
    """A frame as it came from the camera, or word of one that can't be delivered."""

    number: int | None
    """The camera's counter; None where it is not told, as of a torn frame: then it is the next."""
    captured_ns: int
    """When it arrived."""
    position_mm: float | None
    """Encoder position of row 0, None where the camera sends none."""
    device_ns: int | None
    """When it was exposed by the camera's own clock, None where it has none."""
    length_mm: float | None = None
    """Web that it shows; None: a whole block."""
    problem: tuple[LossReason, str] | None = None
    """Why it can't be delivered, None for a good one."""


class FrameLedger:
    """One camera's account.

    `period_ns` from block to block, None if nobody knows; `timeout_ns` of silence after which frames are overdue;
    `block_mm` of web in a frame; `is_free_running`: the camera keeps its period by itself, so that time tells what is
    missing where neither counter nor encoder do.

    Between two frames that are delivered in a row, nothing was missed as far as counter, encoder and clock can tell.
    So a new run begins behind a loss, unless the encoder shows that it begins where the run before ended.
    """

    def __init__(
        self, *, period_ns: int | None, timeout_ns: int, block_mm: float, now_ns: int, is_free_running: bool = True
    ) -> None:
        self.run = 1
        self.late = 0
        """Frames that came after they had been reported lost."""
        self._period_ns = period_ns
        self._timeout_ns = timeout_ns
        self._block_mm = block_mm
        self._is_free_running = is_free_running
        self._last_number = 0
        self._offset = 0
        self._camera_number: int | None = None
        self._counts_zero = False
        self._is_first = True
        self._next_mm: float | None = None
        self._seen_to_mm: float | None = None
        self._last_sign_ns = now_ns
        self._anchor_ns = now_ns
        self._declared_ns = now_ns
        self._last_arrival: Arrival | None = None
        self._told_since = 0  # the last arrival
        self._is_behind_loss = False  # the next frame; else the last one was delivered
        self._outage: tuple[LossReason, str] | None = None

    def connected(self, now_ns: int, block_mm: float) -> None:
        """The camera is there (again): its next frame begins a new run, unless it is the very first."""
        self._is_first = True
        self._camera_number = None
        self._offset = 0
        self._block_mm = block_mm
        self._last_sign_ns = now_ns

    def disconnected(self, reason: LossReason, detail: str) -> None:
        """The camera or its process is gone: overdue numbers are lost for this reason until frames come again."""
        self._outage = (reason, detail)

    def stands(self, now_ns: int) -> None:
        """The web is known to stand still: no number passes, so none is overdue."""
        self._anchor_ns = now_ns

    def is_silent(self, now_ns: int) -> bool:
        """Has nothing come for so long that frames are overdue?"""
        return self._outage is not None or now_ns - self._last_sign_ns >= self._timeout_ns

    def tick(self, now_ns: int) -> list[Lost]:
        """What is overdue by now."""
        if not self.is_silent(now_ns):
            return []
        reason, detail = self._outage or (
            LossReason.TIMEOUT,
            f"no frame for {(now_ns - self._last_sign_ns) / 1e6:.0f} ms, expected one "
            f"every {(self._period_ns or self._timeout_ns) / 1e6:.0f} ms: is the web moving, does the trigger come?",
        )
        step_ns = self._step_ns
        grace_ns = self._period_ns or 0  # a frame is declared lost one period after it was due
        count = max(0, (now_ns - grace_ns - self._anchor_ns) // step_ns)
        self._anchor_ns += count * step_ns
        return self._lose_blocks(count, reason, detail, now_ns)

    def arrived(self, frame: Arrival) -> tuple[list[Lost], Delivered | None]:
        """A frame came: what was lost before it, and its place in the account; None if it is lost or came too late."""
        now_ns = frame.captured_ns
        self._last_sign_ns = now_ns
        if self._is_known(frame) and (frame.problem is not None or self._is_late(frame)):
            self.late += 1
            self._told_since -= frame.number is None
            return [], None
        if self._last_arrival is None and self._is_first:
            lost = self._begin_first_run(frame)
        elif self._is_first:
            lost = self._begin_next_run(frame)
        else:
            lost = self._catch_up(frame)
        self._is_first = False
        self._outage = None
        self._anchor_ns = now_ns
        self._last_arrival = frame
        number = self._last_number + 1
        if frame.number is not None:
            self._camera_number = frame.number
            self._offset = number - frame.number
            self._counts_zero |= frame.number == 0
        if frame.position_mm is not None:
            self._next_mm = frame.position_mm
        if frame.problem is not None:
            lost.append(self._lose(*frame.problem, now_ns))
            self._told_since = 0
            return lost, None
        position_mm = self._next_mm if self._next_mm is not None else 0.0
        self._last_number = number
        self._told_since = 0
        self._is_behind_loss = False
        self._next_mm = position_mm + (self._block_mm if frame.length_mm is None else frame.length_mm)
        self._seen_to_mm = None if frame.position_mm is None else self._next_mm
        return lost, Delivered(self.run, number, position_mm)

    @property
    def _step_ns(self) -> int:
        return self._period_ns or self._timeout_ns

    def _is_known(self, frame: Arrival) -> bool:
        """May its number have been told as lost already?"""
        if self._is_first or (frame.problem is not None and frame.number in (None, self._camera_number)):
            return False
        if frame.number is None:
            return self._told_since > 0
        if frame.problem is not None and self._camera_number is not None and frame.number < self._camera_number:
            return False  # the counter has begun again
        return frame.number + self._offset <= self._last_number

    def _is_late(self, frame: Arrival) -> bool:
        """Was it exposed before its number was declared lost? Else the camera's counter had paused: that is new web."""
        last = self._last_arrival
        if last is None or last.device_ns is None or frame.device_ns is None:
            return False
        exposed_ns = last.captured_ns + frame.device_ns - last.device_ns
        return exposed_ns <= self._declared_ns

    def _begin_first_run(self, frame: Arrival) -> list[Lost]:
        """Nothing came before: what the run lost before this frame, and where that was."""
        number = _first_of(frame.number)
        if self._last_number == 0:
            self._last_number = _number_before(number)
        missing = number - 1 - self._last_number
        if frame.number is not None and not 0 <= missing <= FIRST_NUMBERS:  # there was silence before
            return self._begin_next_run(frame)
        missing = max(0, missing)
        if frame.position_mm is not None:
            self._next_mm = frame.position_mm - missing * self._block_mm
        return self._lose_skipped(missing, number, frame.captured_ns)

    def _begin_next_run(self, frame: Arrival) -> list[Lost]:
        """The rest of the outage, as far as the encoder shows it; it carries on the old run's numbers."""
        number = _first_of(frame.number)
        number_before = _number_before(number) if self._is_first else number - 1
        missing = number - 1 - number_before
        begin_mm = None if frame.position_mm is None else frame.position_mm - missing * self._block_mm
        unseen = self._unseen_by_encoder(begin_mm, frame)
        reason, detail = self._outage or (LossReason.TIMEOUT, "the encoder shows web that passed unseen")
        if not (unseen or self._is_behind_loss or self._touches(begin_mm)):
            unseen = 1
            detail = f"{self._outage[1] if self._outage else self._restart_of(frame)}: nobody knows what passed unseen"
        lost = self._lose_blocks(unseen or 0, reason, detail, frame.captured_ns)
        self.run += 1
        self._last_number = number_before
        if begin_mm is not None:
            self._next_mm = begin_mm
        return lost + self._lose_skipped(missing, number, frame.captured_ns)

    def _catch_up(self, frame: Arrival) -> list[Lost]:
        """What the run lost between the last frame and this one."""
        number, before = frame.number, self._camera_number
        if number is None or number == before:  # the camera does not count
            missing = 0 if frame.problem is not None else self._unseen(frame) or 0
            detail = "the camera does not count its frames, and encoder or clock show that some are missing"
            return self._lose_blocks(missing, LossReason.DROPPED, detail, frame.captured_ns)
        missing = number + self._offset - self._last_number - 1
        if before is None:
            return self._lose_skipped(missing if 0 <= missing <= FIRST_NUMBERS else 0, number, frame.captured_ns)
        believable = self._believable(frame)
        if number < before:
            wrapped = (missing + 2**bits - (not (self._counts_zero or number == 0)) for bits in WRAPS)
            found = next((count for count in wrapped if 0 <= count <= believable), None)
            return self._restart(frame) if found is None else self._lose_skipped(found, number, frame.captured_ns)
        if missing < 0:  # its number was declared lost in a silence, in which the counter had paused
            return self._begin_next_run(frame)
        return (
            self._leap(frame, missing, believable)
            if missing > believable
            else self._lose_skipped(missing, number, frame.captured_ns)
        )

    def _restart(self, frame: Arrival) -> list[Lost]:
        """The counter went back though the camera was there: the run goes on if encoder or clock know what passed."""
        unseen = self._unseen(frame)
        if unseen is None:
            return self._begin_next_run(frame)
        return self._lose_blocks(unseen, LossReason.DROPPED, self._restart_of(frame), frame.captured_ns)

    def _restart_of(self, frame: Arrival) -> str:
        return f"the camera's counter went back from {self._camera_number} to {frame.number}: was it restarted?"

    def _leap(self, frame: Arrival, missing: int, believable: int) -> list[Lost]:
        """The counter went on faster than frames can come: a fault of the device, told in one word, and a new run."""
        detail = (
            f"the camera's counter leapt from {self._camera_number} to {frame.number}: {missing} frames can't have "
            f"passed since the last one, at most {believable} are believed. How many were lost nobody knows; this "
            f"stands for numbers {self._last_number + 1} to {self._last_number + missing}. Look at the camera and "
            "its firmware"
        )
        lost = [self._lose(LossReason.COUNTER, detail, frame.captured_ns)]
        self.run += 1
        self._last_number = _first_of(frame.number) - 1
        return lost

    def _believable(self, frame: Arrival) -> int:
        """How many frames can have passed since the last arrival."""
        pace = PACE_TOLERANCE * self._elapsed_ns(frame) // self._step_ns
        return int(min(SLACK + pace, MOST_TOLD))

    def _elapsed_ns(self, frame: Arrival) -> int:
        """Since the last arrival, by the camera's clock if it has one that goes on."""
        last = self._last_arrival
        assert last is not None
        if last.device_ns is not None and frame.device_ns is not None and frame.device_ns > last.device_ns:
            return frame.device_ns - last.device_ns
        return max(0, frame.captured_ns - last.captured_ns)

    def _unseen(self, frame: Arrival) -> int | None:
        """Blocks that passed unseen before this frame, by encoder or else by clock; None if neither tells."""
        by_encoder = self._unseen_by_encoder(frame.position_mm, frame)
        if by_encoder is not None or not self._is_free_running or self._period_ns is None:
            return by_encoder
        periods = round(self._elapsed_ns(frame) / self._period_ns)
        return min(max(0, periods - 1 - self._told_since), MOST_TOLD)

    def _unseen_by_encoder(self, begin_mm: float | None, frame: Arrival) -> int | None:
        """Blocks between the end of what is accounted for and `begin_mm`; a restarted encoder tells nothing."""
        if begin_mm is None or self._next_mm is None or self._seen_to_mm is None:
            return None
        blocks = math.ceil((begin_mm - self._next_mm) / self._block_mm - BLOCK_TOLERANCE)
        if blocks > 0:
            return blocks if blocks <= self._believable(frame) else None
        return 0 if begin_mm >= self._seen_to_mm - BLOCK_TOLERANCE * self._block_mm else None

    def _touches(self, begin_mm: float | None) -> bool:
        """Does the encoder show that nothing lies between the last frame and this place?"""
        if begin_mm is None or self._seen_to_mm is None:
            return False
        return abs(begin_mm - self._seen_to_mm) <= TOUCH_TOLERANCE * self._block_mm

    def _lose_skipped(self, count: int, number: int, now_ns: int) -> list[Lost]:
        """Count as lost the numbers that the camera's counter skipped before `number`."""
        detail = f"the camera's counter skipped {count} before {number}: lost on the wire, or for want of a buffer"
        return self._lose_blocks(count, LossReason.DROPPED, detail, now_ns)

    def _lose_blocks(self, count: int, reason: LossReason, detail: str, now_ns: int) -> list[Lost]:
        """Count the next numbers as lost; too many to tell one by one are told as one that stands for all their web."""
        if count <= MOST_TOLD:
            return [self._lose(reason, detail, now_ns) for _ in range(count)]
        lost = self._lose(reason, f"{detail} (this stands for {count} frames)", now_ns)
        if self._next_mm is not None:
            self._next_mm += (count - 1) * self._block_mm
        return [lost]

    def _lose(self, reason: LossReason, detail: str, now_ns: int) -> Lost:
        """The next number."""
        position_mm = self._next_mm
        if self._next_mm is not None:
            self._next_mm += self._block_mm
        self._last_number += 1
        self._told_since += 1
        self._is_behind_loss = True
        self._declared_ns = now_ns
        return Lost(self.run, self._last_number, reason, detail, position_mm)


def _first_of(number: int | None) -> int:
    """With which number a run begins whose first frame has this one.

    >>> _first_of(None), _first_of(7), _first_of(2**60)
    (1, 7, 1)
    """
    return 1 if number is None or number > NUMBER_MOST else number


def _number_before(number: int) -> int:
    """The number with which a run is settled before its first frame.

    >>> _number_before(1), _number_before(3), _number_before(0), _number_before(70_000)
    (0, 0, -1, 69999)
    """
    return 0 if 1 <= number <= FIRST_NUMBERS else number - 1
