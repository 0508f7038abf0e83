"""Trigger and piece ids that the line sends, held until the frame comes that they belong to."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from inspection.errors import LineError

_REMEMBERED = 10_000


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


@dataclass(frozen=True, slots=True)
class _Waiting:
    trigger: Trigger
    arrived_ns: int


class TriggerQueue:
    """First come, first served, separately for each camera. Safe from any thread."""

    def __init__(self, cameras: Iterable[str], capacity: int = 256) -> None:
        self._lock = threading.Lock()
        self._capacity = capacity
        self._waiting: dict[str, deque[_Waiting]] = {name: deque() for name in cameras}
        self._last_number: dict[str, int] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, trigger: Trigger) -> None:
        """Take a trigger in. Raises DuplicateTrigger, TriggerTooLate, TriggerQueueFull or UnknownCamera."""
        with self._lock:
            if trigger.camera is not None and trigger.camera not in self._waiting:
                raise UnknownCamera(f"No camera is named {trigger.camera!r}; there are {', '.join(self._waiting)}.")
            cameras = list(self._waiting) if trigger.camera is None else [trigger.camera]
            if trigger.trigger_id in self._seen:
                raise DuplicateTrigger(f"Trigger {trigger.trigger_id!r} was sent before. Send each id once.")
            for camera in cameras:
                last = self._last_number.get(camera, -1)
                if trigger.frame_number is not None and trigger.frame_number <= last:
                    raise TriggerTooLate(
                        f"Frame {trigger.frame_number} of camera {camera} has been read already (now at {last}). "
                        "Send the trigger before the frame is exposed."
                    )
                if len(self._waiting[camera]) >= self._capacity:
                    raise TriggerQueueFull(
                        f"{self._capacity} triggers wait for frames of camera {camera}. "
                        "Send one for each frame, not more; see whether the camera delivers."
                    )
            self._seen[trigger.trigger_id] = None
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            for camera in cameras:
                self._waiting[camera].append(_Waiting(trigger, time.monotonic_ns()))

    def take(self, camera: str, number: int, captured_ns: int) -> Trigger | None:
        """The trigger that a frame echoes, None if there is none. Call once for each frame, in order."""
        with self._lock:
            self._last_number[camera] = number
            waiting = self._waiting[camera]
            named = next((w for w in waiting if w.trigger.frame_number == number), None)
            unnamed = (w for w in waiting if w.trigger.frame_number is None and w.arrived_ns <= captured_ns)
            found = named or next(unnamed, None)
            if found is None:
                return None
            waiting.remove(found)
            return found.trigger

    def waiting(self) -> int:
        """Triggers that still wait for a frame."""
        with self._lock:
            return sum(len(queue) for queue in self._waiting.values())
