"""Trigger and piece ids that the line sends, held until the frame comes that they belong to."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from inspection.errors import LineError

_REMEMBERED = 10_000
_NOTHING_READ = (1, -1)
"""Run and number before the first frame."""
_log = structlog.get_logger("inspection.station.triggers")


class DuplicateTrigger(LineError):
    """The line sent a trigger id for the second time."""


class TriggerTooLate(LineError):
    """The frame that a trigger names has been read already."""


class TriggerQueueFull(LineError):
    """More triggers wait for frames than the station holds."""


class UnknownCamera(LineError):
    """A trigger names a camera that this station does not have."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the line wants to find again on a decision."""

    trigger_id: str
    piece_id: str | None = None
    frame_number: int | None = None
    """The camera's frame number it belongs to; None: the next frame captured after it arrived."""
    camera: str | None = None
    """None: a piece that passes under all cameras, each of them echoes it once."""
    run: int | None = None
    """The camera's run that `frame_number` counts in; None: the one of the moment at which the trigger arrives."""
    place_mm: float | None = None
    """Where on the web it belongs, by the encoder: where a sheet begins, or a place in the frame that is meant; None:
    where the web is when it arrives, if no frame is named."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    trigger: Trigger
    run: int
    """In which a named frame is looked for."""
    arrived_ns: int

    @property
    def place(self) -> tuple[int, int] | None:
        number = self.trigger.frame_number
        return None if number is None else (self.run, number)

    def is_due(self, frame: tuple[int, int], captured_ns: int, end_mm: float | None) -> bool:
        """Whether it belongs to a frame of that run and number, or to one before; the frame ends at `end_mm`."""
        if self.place is not None:
            return self.place <= frame
        if self.trigger.place_mm is not None:
            return end_mm is not None and self.trigger.place_mm < end_mm
        return self.arrived_ns <= captured_ns


class TriggerQueue:
    """First come, first served, separately for each camera. Safe from any thread.

    A trigger that names a frame ends with the camera's run, for in the next one the numbers mean other frames; any
    other that frames pass by goes after `expiry_s` seconds.
    """

    def __init__(self, cameras: Iterable[str], capacity: int = 256, expiry_s: float = 60.0) -> None:
        self._lock = threading.Lock()
        self._capacity = capacity
        self._expiry_ns = int(expiry_s * 1e9)
        self._waiting: dict[str, deque[_Waiting]] = {name: deque() for name in cameras}
        self._last: dict[str, tuple[int, int]] = dict.fromkeys(self._waiting, _NOTHING_READ)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._expired = 0

    def add(self, trigger: Trigger) -> None:
        """Take a trigger in. Raises DuplicateTrigger, TriggerTooLate, TriggerQueueFull or UnknownCamera."""
        with self._lock:
            if trigger.camera is not None and trigger.camera not in self._waiting:
                raise UnknownCamera(f"No camera is named {trigger.camera!r}; there are {', '.join(self._waiting)}.")
            if trigger.trigger_id in self._seen:
                raise DuplicateTrigger(f"Trigger {trigger.trigger_id!r} was sent before. Send each id once.")
            cameras = list(self._waiting) if trigger.camera is None else [trigger.camera]
            now_ns = time.monotonic_ns()
            taken_in = []
            for camera in cameras:
                run, number = self._last[camera]
                waiting = _Waiting(trigger, trigger.run or run, now_ns)
                if waiting.place is not None and waiting.place <= (run, number):
                    raise TriggerTooLate(
                        f"Frame {trigger.frame_number} of camera {camera} has been read already (asked for in run "
                        f"{waiting.run}, now at {number} of run {run}). Send the trigger before the frame is exposed."
                    )
                if len(self._waiting[camera]) >= self._capacity:
                    self._drop(camera, [w for w in self._waiting[camera] if self._is_old(w, now_ns)])
                if len(self._waiting[camera]) >= self._capacity:
                    raise TriggerQueueFull(
                        f"{self._capacity} triggers wait for frames of camera {camera}. "
                        "Send one for each frame, not more; see whether the camera delivers."
                    )
                taken_in.append((camera, waiting))
            self._seen[trigger.trigger_id] = None
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            for camera, waiting in taken_in:
                self._waiting[camera].append(waiting)

    def take(
        self, camera: str, number: int, captured_ns: int, *, run: int = 1, end_mm: float | None = None
    ) -> Trigger | None:
        """The trigger that a frame echoes, None if there is none. Call once for each frame, in order.

        `run`: the camera's; 1 for a camera that begins once; `end_mm`: where on the web the frame ends, None where
        nobody knows: then no trigger that names a place belongs to it.
        """
        with self._lock:
            self._last[camera] = (run, number)
            waiting = self._waiting[camera]
            named = next((w for w in waiting if w.place == (run, number)), None)
            unnamed = (w for w in waiting if w.place is None and w.is_due((run, number), captured_ns, end_mm))
            found = named or next(unnamed, None)
            if found is not None:
                waiting.remove(found)
            now_ns = time.monotonic_ns()
            self._drop(
                camera,
                [w for w in waiting if (w.place or (run, number + 1)) <= (run, number) or self._is_old(w, now_ns)],
            )
            return None if found is None else found.trigger

    def take_all(
        self, camera: str, number: int, captured_ns: int, *, run: int = 1, end_mm: float | None = None
    ) -> list[tuple[Trigger, int]]:
        """All triggers that arrived before a frame was captured or that name it, one before, or a place before its end,
        with the moment at which they arrived, in that order: where the line cuts sheets. Call once for each frame, in
        order. `end_mm`: see `take`.
        """
        with self._lock:
            self._last[camera] = (run, number)
            waiting = self._waiting[camera]
            due = [w for w in waiting if w.is_due((run, number), captured_ns, end_mm)]
            if end_mm is None:  # the web may be anywhere: all that was told by then has passed unseen, or will
                due = [w for w in waiting if w in due or (w.place is None and w.arrived_ns <= captured_ns)]
            for each in due:
                waiting.remove(each)
            return [(each.trigger, each.arrived_ns) for each in due]

    def waiting(self) -> int:
        """Triggers that still wait for a frame."""
        with self._lock:
            return sum(len(queue) for queue in self._waiting.values())

    def expired(self) -> int:
        """Triggers since start whose frame never came: each is counted for each camera that was to echo it."""
        return self._expired

    def _is_old(self, waiting: _Waiting, now_ns: int) -> bool:
        return now_ns - waiting.arrived_ns > self._expiry_ns

    def _drop(self, camera: str, gone: list[_Waiting]) -> None:
        """Their frame will not come any more: no other may echo them, and the line may send them again."""
        for waiting in gone:
            self._waiting[camera].remove(waiting)
            self._seen.pop(waiting.trigger.trigger_id, None)
        if gone:
            self._expired += len(gone)
            _log.warning(
                "triggers dropped: their frames never came",
                camera=camera,
                count=len(gone),
                first=gone[0].trigger.trigger_id,
            )
