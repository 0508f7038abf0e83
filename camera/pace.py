"""Hands frames out at the rate at which a line would have exposed them."""

import time


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
