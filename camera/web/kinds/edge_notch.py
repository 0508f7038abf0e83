"""A torn outline that is open to the web's cut edge: for pieces that have come off there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera.web.shapes import Curve
from camera.web.texture import Field

_WANDER_MM = 0.15
"""Beyond this distance from an edge's nominal place there is no web of its own, but may be a neighbour."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeNotch:
    """A polygon of 5 to 9 corners with one side on the edge, which lies at x = 0."""

    side: int
    """+1: the web lies at larger columns."""
    along_mm: NDArray[np.float64]
    """(n,) corners along the edge, rising; the first and last lie on it."""
    depth_mm: NDArray[np.float64]
    """(n,) how far inside the web each corner lies."""

    @property
    def half_mouth_mm(self) -> float:
        """Nothing of it lies farther up or down."""
        return float(np.abs(self.along_mm).max())

    @property
    def deepest_mm(self) -> float:
        """Nothing of it lies farther inside."""
        return float(self.depth_mm.max())

    def distance(self, x: Field, y: Field, reach_mm: float) -> Field:
        """Signed distance in mm, at most `reach_mm`, to its torn sides; x (1, n) and y (m, 1) give (m, n). The side on
        the edge is open: outside the web it goes on as far as the edge may wander.
        """
        inside = x * np.float32(self.side)
        torn = Curve(np.stack([self.side * self.depth_mm, self.along_mm], axis=1))
        away, _ = torn.distance(x, y, reach_mm)
        depth = np.interp(y[:, 0], self.along_mm, self.depth_mm, left=-1e3, right=-1e3).astype(np.float32)[:, None]
        torn_away = np.where(inside < depth, -away, away)
        return np.asarray(np.maximum(torn_away, -inside - np.float32(_WANDER_MM)), np.float32)


def draw_notch(rng: np.random.Generator, side: int, depth_mm: float, mouth_mm: float) -> EdgeNotch:
    """One of that depth and that length along the edge."""
    inner = int(rng.integers(3, 8))
    along = np.concatenate([[-0.5], np.sort(rng.uniform(-0.42, 0.42, inner)), [0.5]]) * mouth_mm
    # It is deepest somewhere about its middle.
    depth = (1.0 - np.abs(along / mouth_mm)) * rng.uniform(0.5, 1.0, inner + 2)
    depth[[0, -1]] = 0.0
    return EdgeNotch(side, along, depth * depth_mm / depth.max())
