"""The shape of a tab, as notching should leave it (numbers note, section 4.6)."""

from dataclasses import dataclass

import numpy as np

from camera.web.texture import Field

TAB_WIDTH_MM = 45.0
"""Along the machine."""
TAB_CORNER_MM = 2.0
"""Radius of its corners and roots."""


@dataclass(frozen=True, slots=True)
class TabOutline:
    """A tab on an edge at x = 0, about the middle of its root."""

    side: int
    """+1: the web lies at larger columns, the tab at smaller ones."""
    height_mm: float
    """Cross direction, from the root."""

    def distance(self, x: Field, y: Field) -> Field:
        """Signed distance in mm, negative on the tab and on the web next to its root."""
        out = -x * np.float32(self.side)
        radius = np.float32(TAB_CORNER_MM)
        across = np.maximum(out - np.float32(self.height_mm), np.float32(-0.5 * self.height_mm) - out) + radius
        along = np.abs(y) - np.float32(0.5 * TAB_WIDTH_MM) + radius
        tab = np.hypot(np.maximum(across, 0.0), np.maximum(along, 0.0)) + np.minimum(np.maximum(across, along), 0.0)
        tab = tab - radius
        fillet = np.maximum(radius, np.minimum(tab, out)) - np.hypot(
            np.maximum(radius - tab, 0.0), np.maximum(radius - out, 0.0)
        )
        joined = np.where((tab < radius) & (out < radius), fillet, np.minimum(tab, out))
        return np.asarray(np.maximum(joined, np.float32(-0.5 * self.height_mm) - out), np.float32)

    def off_web(self, x: Field, step_mm: float) -> Field:
        """(1, n) coverage: 1 beyond the root."""
        out = -x * np.float32(self.side)
        return np.asarray(np.clip(out / np.float32(step_mm) + np.float32(0.5), 0.0, 1.0), np.float32)


def outward(side: int, aside: float) -> float:
    """Angle from the cross direction to a tab's tip, turned by `aside` radians towards later lines.

    >>> float(np.cos(outward(1, 0.0))), float(np.cos(outward(-1, 0.0)))
    (-1.0, 1.0)
    """
    return float(np.arctan2(np.sin(aside), -side * np.cos(aside)))
