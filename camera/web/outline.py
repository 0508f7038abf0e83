"""The shape of a web that is notched or cut into sheets: distances to its outline (numbers note, section 4.6)."""

import numpy as np
from numpy.typing import NDArray

from camera.web.edges import Edges
from camera.web.layout import Border, Layout, Segment, Surface
from camera.web.texture import Field

_NEAR_MM = 3.0
"""Beyond this distance from the outline nothing is blurred."""


class Outline:
    """The cut edges of sheets, or the notched left edge of a lane."""

    def __init__(self, layout: Layout, edges: Edges) -> None:
        assert layout.pieces is not None, "what is cut has cut edges"
        self._layout, self._edges = layout, edges
        self._left = Border(layout.pieces[0][0], Surface.OUTSIDE, Surface.COATING)
        self._right = Border(layout.pieces[-1][1], Surface.COATING, Surface.OUTSIDE)

    @property
    def reach_mm(self) -> tuple[float, float]:
        """(left, right) across the web: beyond lies nothing but the roller. The right edge of a lane that is notched
        and not cut is none of the outline.
        """
        tabs_mm = 0.0 if self._layout.tabs is None else self._layout.tabs.height_mm
        right_mm = np.inf if self._layout.sheets is None else self._right.position_mm + _NEAR_MM
        return self._left.position_mm - tabs_mm - _NEAR_MM, right_mm

    def spans(self, md_mm: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        """(left, right) in mm across the web of all within reach that must be looked at on those lines."""
        first, last = self.reach_mm
        left = (first, self._left.position_mm + _NEAR_MM)
        sheets = self._layout.sheets
        if sheets is None:
            return (left,)
        top, bottom = float(md_mm.min()) - _NEAR_MM, float(md_mm.max()) + _NEAR_MM
        if self._layout.is_interrupted(top, bottom, is_on_coating=False):
            return ((first, last),)
        return (left, (self._right.position_mm - _NEAR_MM, last))

    def depth_mm(self, x_mm: Field, md_mm: NDArray[np.float64]) -> Field:
        """(lines, columns) distance from the outline, positive on the web; x (lines, columns), md (lines,)."""
        # The edge's wander moves the whole shape.
        left = self._edges.place_mm(self._left, md_mm).astype(np.float32)[:, None] - x_mm
        tabs = self._layout.tabs
        corner = np.float32(2.0 if tabs is None else tabs.corner_mm)
        top, bottom = float(md_mm[0]) - _NEAR_MM, float(md_mm[-1]) + _NEAR_MM
        outside = left
        if self._layout.sheets is not None:
            right = x_mm - self._edges.place_mm(self._right, md_mm).astype(np.float32)[:, None]
            across = np.maximum(left, right)
            outside = np.full(x_mm.shape, _NEAR_MM, np.float32)
            for sheet in self._layout.sheets.touching(top, bottom):
                outside = np.minimum(outside, _rounded(across, _along(md_mm, sheet), corner))
        if tabs is not None:
            for tab in self._layout.tabs_touching(top, bottom):
                # Its inner end lies well inside the web.
                reach = np.maximum(left - np.float32(tabs.height_mm), np.float32(-0.5 * tabs.height_mm) - left)
                outside = _joined(outside, _rounded(reach, _along(md_mm, tab), corner), corner)
        return -outside


def _along(md_mm: NDArray[np.float64], segment: Segment) -> Field:
    """(lines, 1) distance to the nearer end, negative between the two."""
    return np.maximum(segment.start_mm - md_mm, md_mm - segment.end_mm).astype(np.float32)[:, None]


def _rounded(across: Field, along: Field, radius: np.float32) -> Field:
    """Distance to a rectangle with round corners, from the distances to its sides."""
    a, b = across + radius, along + radius
    return np.asarray(_length(np.maximum(a, 0.0), np.maximum(b, 0.0)) + np.minimum(np.maximum(a, b), 0.0) - radius)


def _joined(a: Field, b: Field, radius: np.float32) -> Field:
    """Distance to two shapes together, the inner corners between them filled with that radius."""
    fillet = np.maximum(radius, np.minimum(a, b)) - _length(np.maximum(radius - a, 0.0), np.maximum(radius - b, 0.0))
    return np.asarray(np.where((a < radius) & (b < radius), fillet, np.minimum(a, b)), np.float32)


def _length(a: Field, b: Field) -> Field:
    """The hypotenuse, several times as fast as by `np.hypot`, which minds numbers whose squares overflow."""
    return np.asarray(np.sqrt(a * a + b * b), np.float32)
