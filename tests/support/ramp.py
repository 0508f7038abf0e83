"""A web that costs nothing to render and of which every pixel is known."""

import numpy as np

from camera.frame import Pixels
from camera.web.place import CameraPlace
from camera.web.settings import WebSettings


class Ramp:
    """Line y, column x shows y * 7 + x * 3, modulo the sensor's range; a place sees those of the web that lie there."""

    def __init__(self, settings: WebSettings, place: CameraPlace | None = None) -> None:
        self._settings = settings
        place = place or CameraPlace()
        self._width_px = place.width_on(settings)
        self._late, self._aside = (
            round(mm * 1000.0 / settings.pixel_pitch_um) for mm in (place.along_mm, place.across_mm)
        )

    def render(self, first_line: int, lines: int) -> Pixels:
        first_line -= self._late
        y = np.arange(first_line, first_line + lines, dtype=np.uint32)[:, None] * 7
        x = np.arange(self._aside, self._aside + self._width_px, dtype=np.uint32)[None, :] * 3 + self._settings.seed
        value = (y + x) % (1 << self._settings.bit_depth)
        return value.astype(np.uint8 if self._settings.bit_depth == 8 else np.uint16)
