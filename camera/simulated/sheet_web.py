"""A web that is cut into sheets, of which some are certainly bad: to test a line by, not to test a model by."""

from zlib import crc32

import numpy as np

from camera.web.settings import WebSettings
from camera.web.strips import Pixels
from camera.web.web import SimulatedWeb

SHEET_MM = 300.0
_BAD_OF = 7
_SPOT_MM = 1.2
"""Diameter of the bare spot in the middle of a bad sheet: more than twice the limit, and what any model knows."""
_SPOT_DN = 190
_WHITE_NOISE_DN = 2.0


def is_bad(number: int) -> bool:
    """Whether sheet `number`, counted from 0 along the web, has a bare spot: about one in seven, never in step.

    >>> [number for number in range(30) if is_bad(number)]
    [0, 3, 11, 14, 20, 23, 28]
    """
    return crc32(b"sheet %d" % number) % _BAD_OF == 0


class SheetWeb:
    """Clean web with a bare spot on each bad sheet; a Renderer (`camera.simulated.web_feed`)."""

    def __init__(self, settings: WebSettings) -> None:
        self._web = SimulatedWeb(settings)
        self._pitch_mm = self._web.pitch_mm
        self._width_px = settings.width_px

    def render(self, first_line: int, lines: int) -> Pixels:
        """(lines, width_px) grey levels from `first_line` on."""
        picture = self._web.render(first_line, lines)
        radius_px = _SPOT_MM / 2.0 / self._pitch_mm
        first = int((first_line - radius_px) * self._pitch_mm // SHEET_MM)
        last = int((first_line + lines + radius_px) * self._pitch_mm // SHEET_MM)
        for number in range(max(0, first), last + 1):
            if is_bad(number):
                self._draw(picture, (number + 0.5) * SHEET_MM / self._pitch_mm - first_line, radius_px, number)
        return picture

    def _draw(self, picture: Pixels, centre_y: float, radius_px: float, number: int) -> None:
        top, bottom = max(0, int(centre_y - radius_px) - 1), min(len(picture), int(centre_y + radius_px) + 2)
        if top >= bottom:
            return
        rows = np.arange(top, bottom)[:, None] + 0.5 - centre_y
        columns = np.arange(self._width_px)[None, :] + 0.5 - self._width_px / 2.0
        share = np.clip(radius_px + 0.5 - np.hypot(rows, columns), 0.0, 1.0)
        noise = np.random.default_rng((number, top)).normal(0.0, _WHITE_NOISE_DN, share.shape)
        part = picture[top:bottom]
        part[...] = np.clip(part + share * (_SPOT_DN + noise - part), 0, 255).astype(part.dtype)
