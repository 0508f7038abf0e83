"""What is published, and the memory of what was published last."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from camera.frame import Frame, FrameId
from inspection.values import Decision


@dataclass(frozen=True, slots=True)
class Publication:
    """A decision on its way out, with the frames it is about."""

    decision: Decision
    frame: Frame | None
    """The one in which its piece begins; None when it never had pixels, or they could not be held."""
    frames: Mapping[FrameId, Frame] = field(default_factory=dict)
    """All that it was judged on and that have pixels, the one in which it begins first. Not given: that one alone."""

    def __post_init__(self) -> None:
        if not self.frames and self.frame is not None:
            object.__setattr__(self, "frames", {self.decision.piece.frame: self.frame})


Sink = Callable[[Sequence[Publication]], None]
"""Takes what is published, in order. Called by the publisher: it must return at once."""


class DecisionFeed:
    """The newest decisions, for whoever wants them soon. It knows no clients: each asks for what comes after its last.

    A slow client falls back to the store, and never holds anybody up.
    """

    def __init__(self, recorded_up_to: Callable[[], int], capacity: int = 1024) -> None:
        self._lock = threading.Lock()
        self._newest: deque[Decision] = deque()
        self._capacity = capacity
        self._recorded_up_to = recorded_up_to
        self._listeners: list[Callable[[], None]] = []
        self.last_sequence = recorded_up_to()
        """Sequence number of the newest decision published, also by an earlier run of the station."""
        self.begins_after = self.last_sequence
        """Every decision with a higher number is in memory."""

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: remember the decisions and wake everybody who waits for them."""
        with self._lock:
            self._newest.extend(publication.decision for publication in publications)
            self.last_sequence = self._newest[-1].sequence
            recorded = self._recorded_up_to()
            # What is not on disk yet has to stay here: the store could not give it to a slow client.
            while len(self._newest) > self._capacity and self._newest[0].sequence <= recorded:
                self.begins_after = self._newest.popleft().sequence
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def after(self, sequence: int, limit: int) -> list[Decision] | None:
        """Up to `limit` decisions with a higher sequence number; None when those are older than the feed's memory."""
        with self._lock:
            if sequence >= self.last_sequence:
                return []
            if sequence < self.begins_after:
                return None
            # One station run's numbers have no gap; before it there may be one.
            skip = max(0, sequence + 1 - self._newest[0].sequence) if self._newest else 0
            return [self._newest[i] for i in range(skip, min(skip + limit, len(self._newest)))]

    def decision(self, sequence: int) -> Decision | None:
        """One decision, None if the feed has it not (any more)."""
        found = self.after(sequence - 1, 1)
        return found[0] if found and found[0].sequence == sequence else None

    def is_recorded(self, sequence: int) -> bool:
        """Whether a published decision is on disk."""
        return sequence <= self._recorded_up_to()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each publication, in the publisher's thread: it must return at once."""
        with self._lock:
            self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """End `listen`."""
        with self._lock:
            self._listeners.remove(listener)
