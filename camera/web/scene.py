"""The web as one perfect camera would see it: layout, texture, edges and objects, without lamp and sensor."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from camera.web.canvas import Ground
from camera.web.coating import Coating, Window
from camera.web.dimensions import Dimensions, measure
from camera.web.edges import Edges
from camera.web.kinds import KINDS
from camera.web.layout import Surface
from camera.web.layouts import lay_out
from camera.web.materials import WHITE_LEVEL_DN, draw_roll
from camera.web.motion import Track
from camera.web.painter import Painter, lay
from camera.web.planting import Field, Planting
from camera.web.randomise import Variation, randomised
from camera.web.settings import WebSettings
from camera.web.shading import Shading
from camera.web.texture import STRIP_LINES
from camera.web.truth import PlantedObject
from camera.web.visibility import Visibility


class Scene:
    """What lies before a camera, and its lens; nothing of lamp and sensor. Not safe for two threads at once."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        pitch_um, seed = settings.pixel_pitch_um, settings.seed
        self.pitch_mm = pitch_um / 1000.0
        self.layout = layout = lay_out(settings)
        roll = draw_roll(settings.material, settings.view, np.random.default_rng([seed, 1]))
        self.variation = randomised(roll, seed) if settings.randomised else Variation(roll)
        roll, look = self.variation.roll, self.variation.roll.appearance
        track = Track(settings.motion, self.pitch_mm, settings.line_offset, seed)
        self._edges = Edges(layout, int(np.random.default_rng([seed, 63]).integers(2**61)))
        self._window = Window(settings.left_mm, settings.width_px, self.pitch_mm, roll.psf_px, track)
        self._coating = Coating(look, layout, self._edges, self._window, seed)
        kinds = tuple(kind for kind in KINDS if settings.kinds is None or kind.code in settings.kinds)
        self._field = Field(settings.material, settings.severity, layout, seed, kinds)
        self.levels_dn = {
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
        self.seen = {name: Visibility(surface, pitch_um, roll.psf_px) for name, surface in surfaces.items()}
        """How well objects can be seen on each surface."""
        self._painter = Painter(ground, self.seen, self.levels_dn, self._window, layout, self.variation)

    def strip(self, start: int) -> NDArray[np.float32]:
        """(STRIP_LINES, width_px) DN of the strip that begins at line `start`, a multiple of STRIP_LINES."""
        shape = (STRIP_LINES, self.settings.width_px)
        if self.settings.target == "dark":
            return np.zeros(shape, np.float32)
        if self.settings.target == "white":
            return np.full(shape, WHITE_LEVEL_DN, np.float32)
        scene = self._coating.strip(start)
        top_mm, bottom_mm = start * self.pitch_mm, (start + STRIP_LINES) * self.pitch_mm
        # Objects reach a few pixels past their boxes by the blur of the lens.
        blur_mm = 4.0 * self.pitch_mm
        for planting in self._field.touching(top_mm - blur_mm, bottom_mm + blur_mm):
            patch = self._painter.patch(planting, start, STRIP_LINES)
            if patch is not None:
                lay(scene, start, patch)
        return scene

    def plantings(self, first_line: int, lines: int, late_lines: int = 0) -> Iterator[Planting]:
        """What may show in these lines, or in as many that begin `late_lines` before. Nothing but on a web."""
        if self.settings.target == "web":
            yield from self._field.touching(
                first_line * self.pitch_mm - late_lines * self.pitch_mm, (first_line + lines) * self.pitch_mm
            )

    def truth(self, planting: Planting, first_line: int, lines: int) -> PlantedObject | None:
        """How an object shows in these lines, None where no pixel of it does."""
        return self._painter.truth(planting, first_line, lines)

    def dimensions(self, first_line: int, lines: int) -> Dimensions:
        """The true places of all edges in these lines."""
        return measure(self.layout, self._edges, self._window, self.settings.seed, first_line, lines)
