"""One web as one of several cameras shows it: from its own place, with its own lamp, lens fault, columns and noise."""

import math
from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.errors import SettingsError
from camera.web.camera_marks import CameraMarks
from camera.web.eye import Eye
from camera.web.place import CameraPlace
from camera.web.scene import Scene
from camera.web.settings import WebSettings
from camera.web.strips import Pixels, Strips
from camera.web.texture import STRIP_LINES

BESIDE_MM = 2.0
"""How far beyond the simulated width a camera may look that does not quite hang where it should: it sees its image's
border mirrored there."""
_KEPT_STRIPS = 4
_REACH_PX = 3
"""Lines and columns beyond a point from which its grey level is interpolated."""
_EXACT_PX = 1e-6


class PlacedWeb:
    """The same web for each place: coating, edges, weave and objects are cut out of one scene. `settings` say how wide
    that is, and the camera's columns and errors come after. Lines are counted by the encoder, which all cameras share.

    Any part can be asked for in any order; the same lines always have the same bytes. Not safe for two threads at once.
    """

    def __init__(self, settings: WebSettings, place: CameraPlace) -> None:
        """Raises SettingsError for a web with a seam, which several cameras have by themselves, and for a camera that
        looks beside the simulated width.
        """
        if settings.seam_px is not None:
            raise SettingsError(
                f"seam_px {settings.seam_px}: a web under several cameras has its seams where they meet; leave it out"
            )
        self.settings, self.place = settings, place
        web = place.looks_at(settings)
        self._pitch_mm = web.pixel_pitch_um / 1000.0
        self._width_px = place.width_on(web)
        self._web_px = web.width_px
        step = -place.scale if place.is_mirrored else place.scale
        first = (place.across_mm - web.left_mm) / self._pitch_mm - 0.5
        turn = place.rotation_mrad * 1e-3 * place.scale
        self._columns = (step, first + 0.5 * step)
        """(a, b): column c shows column a * c + b of the scene."""
        self._lines = (-turn, -place.along_mm / self._pitch_mm - 0.5 * turn)
        """(a, b): in line L it shows line L + a * c + b of the scene."""
        self._check_reach()
        self._scene = Scene(web)
        own = {"width_px": self._width_px, "camera_seed": settings.seed if place.seed is None else place.seed}
        camera = web.model_copy(update=own)
        variation = self._scene.variation
        self._eye = Eye(camera, CameraMarks.draw(camera, variation.marks_rate), variation)
        self._strips = Strips(self._width_px, camera.bit_depth, self._draw)
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def render(self, first_line: int, lines: int, out: Pixels | None = None) -> Pixels:
        """(lines, width_px) grey levels from the line on that the encoder counts as `first_line`, as of SimulatedWeb.
        What had passed before the web's line 0 looks like that.
        """
        return self._strips.render(first_line, lines, out)

    def _check_reach(self) -> None:
        a, b = self._columns
        ends = sorted((b - 0.5 * a, b + a * (self._width_px - 0.5)))
        beside = BESIDE_MM / self._pitch_mm
        if ends[0] < -0.5 - beside or ends[1] > self._web_px - 0.5 + beside:
            left_mm = self.settings.left_mm
            first_mm, last_mm = (left_mm + (end + 0.5) * self._pitch_mm for end in ends)
            raise SettingsError(
                f"across_mm {self.place.across_mm:g}: the camera looks at {first_mm:g} .. {last_mm:g} mm across, and "
                f"the simulated web reaches from {left_mm:g} to {left_mm + self._web_px * self._pitch_mm:g} mm; "
                "move the camera, or give the web more width_px"
            )

    def _draw(self, start: int, out: Pixels) -> None:
        self._eye.expose(self._seen(start), start, out)

    def _seen(self, start: int) -> NDArray[np.float32]:
        """(STRIP_LINES, width_px) DN of the scene before this camera."""
        a, b = self._columns
        turn, late = self._lines
        last = self._width_px - 1
        columns, lines = sorted((b, a * last + b)), sorted((late, turn * last + late))
        if abs(a) == 1.0 and turn == 0.0 and max(abs(b - round(b)), abs(late - round(late))) < _EXACT_PX:
            scene = self._part(start + round(late), STRIP_LINES, round(columns[0]), self._width_px)
            return scene if a > 0.0 else np.ascontiguousarray(scene[:, ::-1])
        top, left = math.floor(lines[0]) - _REACH_PX, math.floor(columns[0]) - _REACH_PX
        height = STRIP_LINES + math.ceil(lines[1]) + _REACH_PX - top
        width = math.ceil(columns[1]) + _REACH_PX + 1 - left
        scene = self._part(start + top, height, left, width)
        matrix = np.array([[a, 0.0, b - left], [turn, 1.0, late - top]])
        size = (self._width_px, STRIP_LINES)
        # Cubic: what a pixel integrates, seen half a pixel aside, keeps its contrast.
        return np.asarray(cv2.warpAffine(scene, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP), np.float32)

    def _part(self, top: int, height: int, left: int, width: int) -> NDArray[np.float32]:
        """(height, width) DN of the scene from there on, a copy."""
        first, last = max(0, left), min(self._web_px, left + width)
        parts, line, end = [], max(0, top), max(1, top + height)
        while line < end:
            start = line // STRIP_LINES * STRIP_LINES
            parts.append(self._strip(start)[line - start : end - start, first:last])
            line = start + STRIP_LINES
        if top < 0:  # before the web's line 0 lie lines like it
            parts.insert(0, np.repeat(parts[0][:1], min(-top, height), axis=0))
        part = np.concatenate(parts)[:height]
        beside = (first - left, left + width - last)
        return np.pad(part, ((0, 0), beside), mode="symmetric") if any(beside) else part

    def _strip(self, start: int) -> NDArray[np.float32]:
        if start in self._kept:
            self._kept.move_to_end(start)
        else:
            self._kept[start] = self._scene.strip(start)
            while len(self._kept) > _KEPT_STRIPS:
                self._kept.popitem(last=False)
        return self._kept[start]
