"""The simulated web: endless, reproducible, with an answer sheet."""

import numpy as np
from numpy.typing import NDArray

from camera.web.camera_marks import CameraMarks, joined
from camera.web.column_marks import Seam
from camera.web.dimensions import Dimensions
from camera.web.eye import Eye
from camera.web.layout import Lane, Layout
from camera.web.planting import Planting
from camera.web.scene import Scene
from camera.web.settings import WebSettings
from camera.web.strips import Pixels, Strips, check_range
from camera.web.texture import STRIP_LINES
from camera.web.truth import PlantedObject


class SimulatedWeb:
    """One web under one camera, in the order of the imaging chain (numbers note, section 4.1):
    layout and texture, objects, illumination, optics (cached in the plates and the painted objects), sensor.

    Any part can be asked for in any order; the same lines always have the same bytes. Not safe for two threads at once.
    """

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self._scene = Scene(settings)
        self.pitch_mm = self._scene.pitch_mm
        self.width_mm = settings.width_px * self.pitch_mm
        self.lanes: tuple[Lane, ...] = _seen(self._scene.layout, settings.left_mm, self.width_mm)
        """Coated lanes, margins and gaps excluded, from column 0, as far as the camera sees them."""
        variation = self._scene.variation
        marks = CameraMarks.draw(settings, variation.marks_rate, has_seam=variation.has_seam)
        self._eye = Eye(settings, marks, variation)
        self._strips = Strips(settings.width_px, settings.bit_depth, self._draw)
        self._seam = marks.seam
        self._marks = marks.truth(settings, self._scene.layout, self._scene.levels_dn, self._scene.seen)
        self._before: tuple[int, NDArray[np.float32]] | None = None

    def render(self, first_line: int, lines: int, out: Pixels | None = None) -> Pixels:
        """(lines, width_px) grey levels, uint8 or, at 12 bit, uint16; written into `out` where one is given.

        Raises SettingsError for a negative first line, for no lines, and for an `out` of another shape or type.
        """
        return self._strips.render(first_line, lines, out)

    def objects(self, first_line: int, lines: int) -> tuple[PlantedObject, ...]:
        """All objects that show in these lines, nuisance too; masks are cut to them. None but on a web."""
        check_range(first_line, lines)
        if self.settings.target != "web":
            return ()
        late_lines = 0 if self._seam is None else self._seam.late_lines
        plantings = self._scene.plantings(first_line, lines, late_lines)
        found = (self._truth(planting, first_line, lines) for planting in plantings)
        marks = (mark.within(first_line, lines) for mark in self._marks)
        return (*(planted for planted in found if planted is not None), *marks)

    def _truth(self, planting: Planting, first_line: int, lines: int) -> PlantedObject | None:
        planted = self._scene.truth(planting, first_line, lines)
        if self._seam is None:
            return planted
        late = self._scene.truth(planting, first_line - self._seam.late_lines, lines)
        return joined(self._seam, planted, late)

    def dimensions(self, first_line: int, lines: int) -> Dimensions:
        """The true places of all edges in these lines."""
        check_range(first_line, lines)
        return self._scene.dimensions(first_line, lines)

    def _draw(self, start: int, out: Pixels) -> None:
        scene = self._scene.strip(start) if self._seam is None else self._joined_scene(start, self._seam)
        self._eye.expose(scene, start, out)

    def _joined_scene(self, start: int, seam: Seam) -> NDArray[np.float32]:
        """As two cameras see it. The right one's last lines are kept: who asks for a strip often asks for the next."""
        scene = self._scene.strip(start)
        if start == 0:
            # Before the web's line 0 lie lines like it.
            before = np.repeat(scene[:1], seam.late_lines, axis=0)
        elif self._before is not None and self._before[0] == start:
            before = self._before[1]
        else:
            before = self._scene.strip(start - STRIP_LINES)[STRIP_LINES - seam.late_lines :]
        self._before = (start + STRIP_LINES, scene[STRIP_LINES - seam.late_lines :].copy())
        return seam.join(np.concatenate([before, scene]))


def _seen(layout: Layout, left_mm: float, width_mm: float) -> tuple[Lane, ...]:
    spans = ((max(0.0, lane.left_mm - left_mm), min(width_mm, lane.right_mm - left_mm)) for lane in layout.lanes)
    return tuple(Lane(left, right) for left, right in spans if right > left)
