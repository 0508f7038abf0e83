"""Hands frames out at the rate at which a line would have exposed them."""

import threading
import time
from collections.abc import Iterable


class Pace:
    """Knows when the next frame's last line is exposed. With no line rate everything is due at once."""

    def __init__(self, line_rate_hz: float | None) -> None:
        self._line_rate_hz = line_rate_hz
        self._due_s: float | None = None

    def wait(self, lines: int, timeout_s: float) -> bool:
        """Sleep until a frame of `lines` lines is due; False if that is more than `timeout_s` away (then ask again)."""
        if self._line_rate_hz is None:
            return True
        now = time.monotonic()
        if self._due_s is None:
            self._due_s = now
        due = self._due_s + lines / self._line_rate_hz
        if due - now > timeout_s:
            time.sleep(timeout_s)
            return False
        time.sleep(max(0.0, due - now))
        self._due_s = due
        return True


class CommonPace:
    """The pace of one web under several cameras, each read in a thread of its own: it moves on to the next frame's
    lines when they are due and all cameras have had the last, so that none gets ahead. Those that have ended do not
    count.
    """

    def __init__(self, line_rate_hz: float | None, cameras: Iterable[str]) -> None:
        """With no line rate the web moves on as fast as all are read."""
        self._line_rate_hz = line_rate_hz
        self._had = dict.fromkeys(cameras, 0)
        self._frame = 0
        self._due_s: float | None = None
        self._changed = threading.Condition()

    def wait(self, camera: str, lines: int, timeout_s: float) -> int | None:
        """Which frame's lines, 1 for the first, have come to the camera when its next frame, of `lines` lines, is due;
        None if that takes longer (then ask again). A camera that was away goes on where the web is by then.
        """
        give_up_s = time.monotonic() + timeout_s
        with self._changed:
            while not self._is_due(camera, lines):
                now_s = time.monotonic()
                if now_s >= give_up_s:
                    return None
                until_due_s = 0.0 if self._due_s is None else self._due_s - now_s
                self._changed.wait(min(give_up_s - now_s, until_due_s if until_due_s > 0.0 else timeout_s))
            self._had[camera] += 1
            self._changed.notify_all()
            return self._had[camera]

    def leave(self, camera: str) -> None:
        """The camera has ended: nobody waits for it any more."""
        with self._changed:
            self._had.pop(camera, None)
            self._changed.notify_all()

    def _is_due(self, camera: str, lines: int) -> bool:
        if self._had.setdefault(camera, self._frame) < self._frame:
            return True
        now_s = time.monotonic()
        if any(had < self._frame for had in self._had.values()):
            return False
        period_s = 0.0 if self._line_rate_hz is None else lines / self._line_rate_hz
        if self._due_s is None:
            self._due_s = now_s + period_s
        if now_s < self._due_s:
            return False
        self._frame += 1
        self._due_s = max(self._due_s + period_s, now_s)
        return True
