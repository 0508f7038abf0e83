"""Foil laid bare by a fault in the coating: what each light makes of it (numbers note, section 2.1)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground
from camera.web.settings import View
from camera.web.texture import Field


@dataclass(frozen=True, slots=True)
class ExposedFoil:
    """In bright-field it is about as bright as foil in the open; in dark-field the mirror sends most light past the
    camera, and how much is left is a matter of its roughness: the note gives contrasts to the coating. No light comes
    through.
    """

    bright: float
    """Brightness against foil in the open."""
    dark: float
    """Contrast to the coating in dark-field, in parts."""

    def level(self, canvas: Canvas, ground: Ground, rng: np.random.Generator) -> Field:
        """Grey levels in DN, at a random place of the foil. For figures that are painted whole."""
        return canvas.bare(ground, rng) * np.float32(self._gain(ground))

    def level_along(self, canvas: Canvas, ground: Ground, seed: int) -> Field:
        """Grey levels in DN, for figures that are painted strip by strip: the rolling lines go on from each strip to
        the next.
        """
        height, width = ground.bare_plate.shape
        first = int(np.floor(canvas.y[0, 0] / canvas.step_mm + 0.25)) + seed
        rows = (first + np.arange(canvas.shape[0])) % height
        columns = (seed // height + np.arange(canvas.shape[1])) % width
        texture = ground.bare_plate[np.ix_(rows, columns)] + np.float32(1.0)
        return texture * np.float32(ground.bare_dn * self._gain(ground))

    def _gain(self, ground: Ground) -> float:
        if ground.view is View.BRIGHT_FIELD:
            return self.bright
        seen = 1.0 + self.dark if ground.view is View.DARK_FIELD else 1.0
        return seen * ground.level_dn / ground.bare_dn
