"""One line camera and its lamp: what they make of a scene."""

import numpy as np
from numpy.typing import NDArray

from camera.web.camera_marks import CameraMarks
from camera.web.illumination import Illumination
from camera.web.randomise import Variation
from camera.web.sensor import Sensor
from camera.web.settings import WebSettings
from camera.web.texture import STRIP_LINES


class Eye:
    """Lamp, dust, columns and noise. Nothing of it lies on the web, and nothing of it depends on the web's seed where
    the settings give the camera one of its own.
    """

    def __init__(self, settings: WebSettings, marks: CameraMarks, variation: Variation) -> None:
        width, seed, is_corrected = settings.width_px, settings.seed_of_camera, settings.flat_field == "camera"
        error = variation.column_error
        self._light = Illumination(width, settings.pixel_pitch_um, is_corrected, seed, marks.columns, error)
        self._sensor = Sensor(width, settings.bit_depth, is_corrected, seed, marks.columns, error)
        self._gain = self._light.columns * self._sensor.column_gain

    def expose(self, scene: NDArray[np.float32], start: int, out: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        """Write the grey levels of the strip that begins at line `start` into `out`; `scene` is used up."""
        scene *= self._gain
        scene *= self._light.lines(start, STRIP_LINES)[:, None]
        self._sensor.expose(scene, start, out)
