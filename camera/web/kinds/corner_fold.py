"""E30, corner fold or dog-ear (numbers note, sections 2.1 and 4.7)."""

from dataclasses import dataclass

import numpy as np

from camera.web.canvas import Canvas, Ground, soft
from camera.web.figure import Figure, Kind, Look, Occasion, Place, Rates
from camera.web.kinds.bend import Bend
from camera.web.settings import ELECTRODES
from camera.web.texture import Field

_CORNER_MM = 2.0
"""Radius of a sheet's corners (section 4.6)."""


@dataclass(frozen=True, slots=True)
class CornerFold(Figure):
    """A sheet's corner is folded over: the roller shows where it was, its other side beside the crease. At the corner
    of a skip-coated patch, which nothing can fold, a triangle of bare foil.
    """

    side: int
    """+1: the sheet lies at larger columns."""
    along: int
    """+1: the sheet lies at later lines."""
    bend: Bend
    reach_mm: float
    """Nothing of it lies farther from the corner."""
    is_coated_below: bool
    """The other side is coated too; else it is foil."""
    seed: int

    @property
    def half_md_mm(self) -> float:
        """See Figure."""
        return self.reach_mm

    def paint(self, canvas: Canvas, ground: Ground) -> None:
        """See Figure."""
        rng = np.random.default_rng(self.seed)
        foil = canvas.bare(ground, rng)
        if ground.beyond_dn == ground.bare_dn:
            bare = soft(-self.bend.beyond(canvas.x, canvas.y), 0.3) * soft(self._outline(canvas.x, canvas.y) - 0.3, 0.3)
            canvas.replace(bare, foil)
            canvas.claim(bare * soft(self._outline(canvas.x, canvas.y), canvas.step_mm))
            return
        other = canvas.coating(ground, rng) if self.is_coated_below else foil
        roller = canvas.bare(ground, rng) * np.float32(ground.through_dn / ground.bare_dn)
        self.bend.paint(canvas, ground, self._outline, other, roller)

    def _outline(self, x: Field, y: Field) -> Field:
        """Signed distance in mm of the sheet about its corner, negative on it."""
        a = np.float32(_CORNER_MM) - x * np.float32(self.side)
        b = np.float32(_CORNER_MM) - y * np.float32(self.along)
        rounded = np.hypot(np.maximum(a, 0.0), np.maximum(b, 0.0)) + np.minimum(np.maximum(a, b), 0.0)
        return np.asarray(rounded - np.float32(_CORNER_MM), np.float32)


def _draw(rng: np.random.Generator, occasion: Occasion) -> CornerFold:
    """Depths of 0.5 to 15 mm from the note, from the rounded corner to the crease; the distribution is judged. On
    most sheets both sides are coated.
    """
    deep = float(np.clip((1.2 if occasion.is_dense else 2.5) * np.exp(0.7 * rng.standard_normal()), 0.5, 15.0))
    lean = float(np.deg2rad(rng.uniform(30.0, 60.0)))
    # From the corner's point, were it not round, to its round tip, along the normal.
    tip = _CORNER_MM * (np.cos(lean) + np.sin(lean) - 1.0)
    away = deep + tip
    x, y = occasion.side * away * np.cos(lean), occasion.along * away * np.sin(lean)
    is_coated = rng.random() < 0.7
    bend = Bend(
        float(x),
        float(y),
        turn=float(np.arctan2(-occasion.along * np.sin(lean), -occasion.side * np.cos(lean))),
        angle=float(np.deg2rad(rng.uniform(160.0, 180.0))),
        tone=Look(float(rng.uniform(0.8, 1.25)), float(rng.uniform(0.8, 1.5)), 1.0),
        crease=Look(float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.5, 1.5)), 0.0),
        shadow=Look(float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.3, 0.7)), 0.0),
    )
    reach = float(away / min(np.cos(lean), np.sin(lean)))
    return CornerFold(
        occasion.side,
        occasion.along,
        bend,
        reach + 0.8,
        is_coated_below=is_coated,
        seed=int(rng.integers(2**62)),
    )


E30 = Kind("E30", ELECTRODES, Place.CORNER, Rates(0.01, 0.05, 0.5), _draw)
