"""The frames that the station has read and not yet decided: ordered for each camera, bounded, shared by the threads."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from camera.frame import Frame
from inspection.judging.findings import Findings
from inspection.station.turns import Turn
from inspection.values import Piece, Reason

FrameOutcome = Findings | Reason
"""What became of a frame: findings, or the reason why there are none."""


@dataclass(eq=False, slots=True)
class FrameInHand:
    """One frame number between reading and decision."""

    piece: Piece
    frame: Frame | None
    """None when it never had pixels, or when they could not be held."""
    captured_utc: datetime
    captured_ns: int
    decide_by_ns: int
    """After this nobody waits for its result any more."""
    turn: Turn
    """What inspects it."""
    outcome: FrameOutcome | None = None
    """None as long as it is not known."""
    began_ns: int | None = None
    """When a worker took it up, None as long as none did."""
    is_decided: bool = False
    also: Turn | None = None
    """Inspects it, too: it shows web that this one judges. Its look is the camera's next item."""
    is_second_look: bool = False
    """It is the item before, for another turn."""
    is_late_look: bool = False
    """It was taken in before, and is inspected once more for a turn that nobody had known of then."""

    def age_ms(self) -> float:
        """Time since its last line was exposed."""
        return (time.monotonic_ns() - self.captured_ns) / 1e6


class FramesInHand:
    """Between readers (`wait_for_room`, `add`), workers (`next_to_inspect`, `settle`) and the publisher (`take`)."""

    def __init__(self, cameras: Iterable[str], capacity: int) -> None:
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._work = threading.Condition(self._lock)
        self._change = threading.Condition(self._lock)
        self._in_order: dict[str, deque[FrameInHand]] = {name: deque() for name in cameras}
        self._to_inspect: deque[FrameInHand] = deque()
        self._late_looks: deque[FrameInHand] = deque()
        """In the order in which they were asked for."""
        self._late_to_inspect: deque[FrameInHand] = deque()
        self._capacity = capacity
        self._with_pixels = 0
        self._full_until_ns = 0
        self._is_closed = False
        self.late_results = 0
        """Results that came after their frame's decision, and were dropped."""

    def wait_for_room(self, timeout_s: float) -> bool:
        """Whether a frame with pixels can be added, after waiting for that."""
        with self._lock:
            return self._room.wait_for(lambda: self._with_pixels < self._capacity, timeout_s)

    def had_room_since(self, moment_ns: int) -> bool:
        """Whether a frame that was captured then has never had to wait for room here."""
        with self._lock:
            return self._with_pixels < self._capacity and self._full_until_ns < moment_ns

    def add(self, item: FrameInHand) -> None:
        """Take the next frame number of a camera in. One with pixels is queued for inspection, unless its outcome is
        known.

        Without room for its pixels this waits until it has to be decided, and then lets them go.
        """
        with self._lock:
            if item.frame is not None:
                patience_s = max(0.0, (item.decide_by_ns - time.monotonic_ns()) / 1e9)
                if self._room.wait_for(lambda: self._with_pixels < self._capacity, patience_s):
                    self._with_pixels += 1
                    if item.outcome is None:
                        self._to_inspect.append(item)
                        self._work.notify()
                else:
                    item.frame = None
            self._in_order[item.piece.frame.camera].append(item)
            self._change.notify()

    def look_again(self, item: FrameInHand) -> None:
        """Have a frame that was taken before inspected once more, when there is nothing else to do. Its pixels are held
        by whoever asks.
        """
        with self._lock:
            self._late_looks.append(item)
            self._late_to_inspect.append(item)
            self._work.notify()

    @property
    def is_over(self) -> bool:
        """Whether there will be nothing to inspect any more."""
        with self._lock:
            return self._is_closed and not self._to_inspect and not self._late_to_inspect

    def next_to_inspect(self, timeout_s: float) -> tuple[FrameInHand, Frame] | None:
        """The next frame to inspect, None if there is none within `timeout_s`."""
        with self._lock:
            self._work.wait_for(lambda: self._to_inspect or self._late_to_inspect or self._is_closed, timeout_s)
            queue = self._to_inspect or self._late_to_inspect
            if not queue:
                return None
            item = queue.popleft()
            item.began_ns = time.monotonic_ns()
            assert item.frame is not None
            return item, item.frame

    def settle(self, item: FrameInHand, outcome: FrameOutcome) -> None:
        """A worker is done with a frame. If that was decided meanwhile, the outcome is dropped and counted."""
        with self._lock:
            if item.is_decided:
                self.late_results += 1
                return
            item.outcome = outcome
            self._change.notify()

    def take(self, timeout_s: float, limit: int, until_ns: int | None = None) -> list[FrameInHand]:
        """Frames to decide now, in each camera's order: their outcome is known, or their time is up.

        Waits up to `timeout_s` for one, at most until a moment. An outcome of None in the answer means that time was
        up.
        """
        end_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        if until_ns is not None:
            end_ns = min(end_ns, until_ns)
        with self._lock:
            while True:
                now_ns = time.monotonic_ns()
                taken = self._ready(now_ns, limit)
                if taken or now_ns >= end_ns:
                    return taken
                heads = (queue[0].decide_by_ns for queue in self._queues() if queue)
                self._change.wait((min(end_ns, min(heads, default=end_ns)) - now_ns) / 1e9)

    def close(self) -> None:
        """No more frames will come: workers go home."""
        with self._lock:
            self._is_closed = True
            self._work.notify_all()

    def __len__(self) -> int:
        with self._lock:
            return sum(len(queue) for queue in self._queues())

    def _queues(self) -> tuple[deque[FrameInHand], ...]:
        return (*self._in_order.values(), self._late_looks)

    def _ready(self, now_ns: int, limit: int) -> list[FrameInHand]:
        taken: list[FrameInHand] = []
        for queue in self._queues():
            while queue and len(taken) < limit and (queue[0].outcome is not None or now_ns >= queue[0].decide_by_ns):
                item = queue.popleft()
                item.is_decided = True
                if item.frame is not None and not item.is_late_look:
                    if self._with_pixels == self._capacity:
                        self._full_until_ns = now_ns
                    self._with_pixels -= 1
                    self._room.notify_all()
                for waiting in (self._to_inspect, self._late_to_inspect):
                    if item in waiting:
                        waiting.remove(item)
                taken.append(item)
        return taken
