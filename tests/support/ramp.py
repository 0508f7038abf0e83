"""A web that costs nothing to render and of which every pixel is known."""

import numpy as np

from camera.frame import Pixels
from camera.web.settings import WebSettings


class Ramp:
    """Line y, column x shows y * 7 + x * 3, modulo the sensor's range."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    def render(self, first_line: int, lines: int) -> Pixels:
        y = np.arange(first_line, first_line + lines, dtype=np.uint32)[:, None] * 7
        x = np.arange(self._settings.width_px, dtype=np.uint32)[None, :] * 3 + self._settings.seed
        value = (y + x) % (1 << self._settings.bit_depth)
        return value.astype(np.uint8 if self._settings.bit_depth == 8 else np.uint16)
