"""Any lines of a web, made of strips that are always cut alike: the same lines always have the same bytes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camera.errors import SettingsError
from camera.web.texture import STRIP_LINES

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
LAST_LINE = 2**42
"""No web is longer."""


class Strips:
    """The picture of one camera, strip by strip."""

    def __init__(self, width_px: int, bit_depth: int, draw: Callable[[int, Pixels], None]) -> None:
        """`draw` writes the strip that begins at a line, a multiple of STRIP_LINES, into (STRIP_LINES, width_px)."""
        self._width_px = width_px
        self._dtype: np.dtype[np.uint8] | np.dtype[np.uint16] = (
            np.dtype(np.uint8) if bit_depth == 8 else np.dtype(np.uint16)
        )
        self._draw = draw
        self._last: tuple[int, Pixels] | None = None

    def render(self, first_line: int, lines: int, out: Pixels | None = None) -> Pixels:
        """(lines, width_px) grey levels, uint8 or, at 12 bit, uint16; written into `out` where one is given.

        Raises SettingsError for a negative first line, for no lines, and for an `out` of another shape or type.
        """
        check_range(first_line, lines)
        shape = (lines, self._width_px)
        if out is None:
            out = np.empty(shape, self._dtype)
        elif out.shape != shape or out.dtype != self._dtype:
            raise SettingsError(
                f"out: expected {shape} of {self._dtype}, got {out.shape} of {out.dtype}; "
                "make it with np.empty(shape, dtype), or leave it away"
            )
        end = first_line + lines
        for start in range(first_line // STRIP_LINES * STRIP_LINES, end, STRIP_LINES):
            if first_line <= start and start + STRIP_LINES <= end:
                self._draw(start, out[start - first_line : start - first_line + STRIP_LINES])
            else:
                top, bottom = max(start, first_line), min(start + STRIP_LINES, end)
                out[top - first_line : bottom - first_line] = self._strip(start)[top - start : bottom - start]
        return out

    def _strip(self, start: int) -> Pixels:
        """A whole strip, kept for the next call: who asks for a part of it often asks for the rest."""
        if self._last is None or self._last[0] != start:
            strip: Pixels = np.empty((STRIP_LINES, self._width_px), self._dtype)
            self._draw(start, strip)
            self._last = (start, strip)
        return self._last[1]


def check_range(first_line: int, lines: int) -> None:
    """Raise SettingsError for lines that no web has."""
    if first_line < 0 or lines < 1 or first_line + lines > LAST_LINE:
        raise SettingsError(
            f"lines {first_line} .. {first_line + lines}: the simulated web has lines 0 .. {LAST_LINE}; "
            "ask for one line or more, from 0 on"
        )
