"""The simulated web: endless, reproducible, with an answer sheet."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from camera.errors import SettingsError
from camera.web.camera_marks import CameraMarks, joined
from camera.web.canvas import Ground
from camera.web.coating import Coating, Window
from camera.web.column_marks import Seam
from camera.web.dimensions import Dimensions, measure
from camera.web.edges import Edges
from camera.web.illumination import Illumination
from camera.web.kinds import KINDS
from camera.web.layout import Lane, Layout, Surface
from camera.web.layouts import lay_out
from camera.web.materials import WHITE_LEVEL_DN, draw_roll
from camera.web.motion import Track
from camera.web.painter import Painter, lay
from camera.web.planting import Field, Planting
from camera.web.randomise import Variation, randomised
from camera.web.sensor import Sensor
from camera.web.settings import WebSettings
from camera.web.shading import Shading
from camera.web.texture import STRIP_LINES
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
LAST_LINE = 2**42
"""No web is longer."""


class SimulatedWeb:
    """One web under one camera, in the order of the imaging chain (numbers note, section 4.1):
    layout and texture, objects, illumination, optics (cached in the plates and the painted objects), sensor.

    Any part can be asked for in any order; the same lines always have the same bytes. Not safe for two threads at once.
    """

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        width, pitch_um = settings.width_px, settings.pixel_pitch_um
        self.pitch_mm = pitch_um / 1000.0
        self.width_mm = width * self.pitch_mm
        layout = lay_out(settings)
        self.lanes: tuple[Lane, ...] = _seen(layout, settings.left_mm, self.width_mm)
        """Coated lanes, margins and gaps excluded, from column 0, as far as the camera sees them."""
        self._dtype: np.dtype[np.uint8] | np.dtype[np.uint16] = (
            np.dtype(np.uint8) if settings.bit_depth == 8 else np.dtype(np.uint16)
        )
        seed = settings.seed
        is_corrected = settings.flat_field == "camera"
        roll = draw_roll(settings.material, settings.view, np.random.default_rng([seed, 1]))
        variation = randomised(roll, seed) if settings.randomised else Variation(roll)
        roll, look = variation.roll, variation.roll.appearance
        marks = CameraMarks.draw(settings, variation.marks_rate, has_seam=variation.has_seam)
        self._light = Illumination(width, pitch_um, is_corrected, seed, marks.columns, variation.column_error)
        self._sensor = Sensor(width, settings.bit_depth, is_corrected, seed, marks.columns, variation.column_error)
        self._gain = self._light.columns * self._sensor.column_gain
        track = Track(settings.motion, self.pitch_mm, settings.line_offset, seed)
        self._layout = layout
        self._edges = Edges(layout, int(np.random.default_rng([seed, 63]).integers(2**61)))
        self._window = Window(settings.left_mm, width, self.pitch_mm, roll.psf_px, track)
        self._coating = Coating(look, layout, self._edges, self._window, seed)
        kinds = tuple(kind for kind in KINDS if settings.kinds is None or kind.code in settings.kinds)
        self._field = Field(settings.material, settings.severity, layout, seed, kinds)
        levels_dn = {
            Surface.COATING: look.coat.level_dn,
            Surface.FOIL: look.bare.level_dn,
            Surface.INSULATION: look.insulation_dn,
            Surface.OUTSIDE: look.through_dn,
        }
        ground = Ground(
            material=settings.material,
            view=settings.view,
            level_dn=look.coat.level_dn,
            bare_dn=look.bare.level_dn,
            bare_plate=self._coating.bare_plate,
            through_dn=look.through_dn,
            insulation_dn=look.insulation_dn,
            shading=Shading.of(settings.view, settings.light_from),
            is_bare=False,
            coat_dn=look.coat.level_dn,
            coat_plate=self._coating.coat_plate,
            beyond_dn=look.coat.level_dn,
        )
        ceramic = replace(look.coat, level_dn=look.insulation_dn)
        surfaces = {Surface.COATING: look.coat, Surface.FOIL: look.bare, Surface.INSULATION: ceramic}
        seen = {name: Visibility(surface, pitch_um, roll.psf_px) for name, surface in surfaces.items()}
        self._painter = Painter(ground, seen, levels_dn, self._window, layout, variation)
        self._seam = marks.seam
        self._marks = marks.truth(settings, layout, levels_dn, seen)
        self._last: tuple[int, Pixels] | None = None
        self._before: tuple[int, NDArray[np.float32]] | None = None

    def render(self, first_line: int, lines: int, out: Pixels | None = None) -> Pixels:
        """(lines, width_px) grey levels, uint8 or, at 12 bit, uint16; written into `out` where one is given.

        Raises SettingsError for a negative first line, for no lines, and for an `out` of another shape or type.
        """
        check_range(first_line, lines)
        shape = (lines, self.settings.width_px)
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
                self._render_strip(start, out[start - first_line : start - first_line + STRIP_LINES])
            else:
                top, bottom = max(start, first_line), min(start + STRIP_LINES, end)
                out[top - first_line : bottom - first_line] = self._strip(start)[top - start : bottom - start]
        return out

    def objects(self, first_line: int, lines: int) -> tuple[PlantedObject, ...]:
        """All objects that show in these lines, nuisance too; masks are cut to them. None but on a web."""
        check_range(first_line, lines)
        if self.settings.target != "web":
            return ()
        late_mm = 0.0 if self._seam is None else self._seam.late_lines * self.pitch_mm
        found = (
            self._truth(planting, first_line, lines)
            for planting in self._field.touching(
                first_line * self.pitch_mm - late_mm, (first_line + lines) * self.pitch_mm
            )
        )
        marks = (mark.within(first_line, lines) for mark in self._marks)
        return (*(planted for planted in found if planted is not None), *marks)

    def _truth(self, planting: Planting, first_line: int, lines: int) -> PlantedObject | None:
        planted = self._painter.truth(planting, first_line, lines)
        if self._seam is None:
            return planted
        late = self._painter.truth(planting, first_line - self._seam.late_lines, lines)
        return joined(self._seam, planted, late)

    def dimensions(self, first_line: int, lines: int) -> Dimensions:
        """The true places of all edges in these lines."""
        check_range(first_line, lines)
        return measure(self._layout, self._edges, self._window, self.settings.seed, first_line, lines)

    def _strip(self, start: int) -> Pixels:
        """A whole strip, kept for the next call: who asks for a part of it often asks for the rest."""
        if self._last is None or self._last[0] != start:
            strip: Pixels = np.empty((STRIP_LINES, self.settings.width_px), self._dtype)
            self._render_strip(start, strip)
            self._last = (start, strip)
        return self._last[1]

    def _render_strip(self, start: int, out: Pixels) -> None:
        scene = self._scene(start) if self._seam is None else self._joined_scene(start, self._seam)
        scene *= self._gain
        scene *= self._light.lines(start, STRIP_LINES)[:, None]
        self._sensor.expose(scene, start, out)

    def _joined_scene(self, start: int, seam: Seam) -> NDArray[np.float32]:
        """As two cameras see it. The right one's last lines are kept: who asks for a strip often asks for the next."""
        scene = self._scene(start)
        if start == 0:
            # Before the web's line 0 lie lines like it.
            before = np.repeat(scene[:1], seam.late_lines, axis=0)
        elif self._before is not None and self._before[0] == start:
            before = self._before[1]
        else:
            before = self._scene(start - STRIP_LINES)[STRIP_LINES - seam.late_lines :]
        self._before = (start + STRIP_LINES, scene[STRIP_LINES - seam.late_lines :].copy())
        return seam.join(np.concatenate([before, scene]))

    def _scene(self, start: int) -> NDArray[np.float32]:
        """(STRIP_LINES, width_px) DN under even light, as one perfect camera would see it."""
        shape = (STRIP_LINES, self.settings.width_px)
        if self.settings.target == "dark":
            scene = np.zeros(shape, np.float32)
        elif self.settings.target == "white":
            scene = np.full(shape, WHITE_LEVEL_DN, np.float32)
        else:
            scene = self._coating.strip(start)
            top_mm, bottom_mm = start * self.pitch_mm, (start + STRIP_LINES) * self.pitch_mm
            # Objects reach a few pixels past their boxes by the blur of the lens.
            blur_mm = 4.0 * self.pitch_mm
            for planting in self._field.touching(top_mm - blur_mm, bottom_mm + blur_mm):
                patch = self._painter.patch(planting, start, STRIP_LINES)
                if patch is not None:
                    lay(scene, start, patch)
        return scene


def _seen(layout: Layout, left_mm: float, width_mm: float) -> tuple[Lane, ...]:
    spans = ((max(0.0, lane.left_mm - left_mm), min(width_mm, lane.right_mm - left_mm)) for lane in layout.lanes)
    return tuple(Lane(left, right) for left, right in spans if right > left)


def check_range(first_line: int, lines: int) -> None:
    """Raise SettingsError for lines that no web has."""
    if first_line < 0 or lines < 1 or first_line + lines > LAST_LINE:
        raise SettingsError(
            f"lines {first_line} .. {first_line + lines}: the simulated web has lines 0 .. {LAST_LINE}; "
            "ask for one line or more, from 0 on"
        )
