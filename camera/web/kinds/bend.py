"""A part of the web that is bent up or folded over along a straight line."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Look
from camera.web.texture import Field

_OVER_MM = 0.3
"""The web's edge wanders: so far about the part is the roller laid."""


@dataclass(frozen=True, slots=True)
class Bend:
    """Bent by less than a right angle, the part is seen foreshortened; by more, its other side lies over the web."""

    x_mm: float
    y_mm: float
    """A point on the line."""
    turn: float
    """From the cross direction to the line's normal, which points to the part that is bent; radians."""
    angle: float
    """How far it is bent, radians, 0 to pi; never a right one."""
    tone: Look
    """Grey level of the bent part, relative to the level it is given."""
    crease: Look
    """Change along the line in parts."""
    shadow: Look
    """Darkening beside what lies over the web, in parts."""

    def beyond(self, x: Field, y: Field) -> Field:
        """(m, n) distance in mm from the line, positive on the part that is bent; x (1, n), y (m, 1)."""
        across, along = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        return across * (x - np.float32(self.x_mm)) + along * (y - np.float32(self.y_mm))

    def paint(
        self,
        canvas: Canvas,
        ground: Ground,
        outline: Callable[[Field, Field], Field],
        level_dn: Field,
        roller_dn: Field,
    ) -> None:
        """Draw it. `outline`: signed distance in mm of the flat part, negative on it, for x and y of shapes that fit
        together; `level_dn` and `roller_dn` (m, n): the part's own side or reverse, and what is seen below the web.
        """
        beyond = self.beyond(canvas.x, canvas.y)
        flat = outline(canvas.x, canvas.y)
        sharp = max(0.02, canvas.step_mm)
        past = soft(-beyond, sharp)
        canvas.replace(past * soft(flat - np.float32(_OVER_MM), 0.03), roller_dn)
        flap = self._flap(canvas.x, canvas.y, outline)
        lies = soft(flap, sharp)
        if np.cos(self.angle) < 0.0:
            away = np.maximum(flap, 0.0)
            shade = np.exp(-((away / np.float32(0.15)) ** 2)) * (1.0 - lies) * soft(beyond, sharp)
            canvas.scale((1.0 - self.shadow.at(ground.view) * shade).astype(np.float32))
        canvas.replace(lies, level_dn * np.float32(self.tone.at(ground.view)))
        crease = np.exp(-((beyond / np.float32(0.08)) ** 2)) * soft(flat, sharp)
        canvas.scale((1.0 + self.crease.at(ground.view) * crease).astype(np.float32))
        canvas.claim(np.maximum(past * soft(flat, sharp), lies))

    def _flap(self, x: Field, y: Field, outline: Callable[[Field, Field], Field]) -> Field:
        """(m, n) signed distance in mm of where the bent part is seen from above."""
        beyond = self.beyond(x, y)
        before = beyond / np.float32(np.cos(self.angle))
        shift = before - beyond
        moved_x, moved_y = x + np.float32(np.cos(self.turn)) * shift, y + np.float32(np.sin(self.turn)) * shift
        return np.asarray(np.maximum(outline(moved_x, moved_y), -before), np.float32)
