"""How edges run and what they look like across: wander, rim, bead, softness (numbers note, section 4.6)."""

import math

import numpy as np
from numpy.typing import NDArray

from camera.web import lattice
from camera.web.layout import Border, Layout, Surface, sheet_aside_mm
from camera.web.texture import Field

INSIDE_MM, OUTSIDE_MM = 1.3, 0.5
"""How far a coating's edge reaches into the coating and onto what lies beside it."""
_STEP_MM = 0.002
_ERF = np.vectorize(math.erf)


class Edges:
    """The edges along the machine of one web: the same in all views of it and on all cameras above it."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self._layout, self._seed = layout, seed

    def place_mm(self, border: Border, md_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) where the edge lies on the web, across: a coating's is rough, 30 um over 0.5 mm, and wanders 50 um over
        20 mm; a cut one wanders 20 um over 200 mm, with 5 um of roughness.
        """
        seed = self._seed + round(border.position_mm * 1000.0)
        if Surface.OUTSIDE in (border.left, border.right):
            rough, slow = (0.005, 0.5), (0.02, 200.0)
        else:
            rough, slow = (0.03, 0.5), (0.05, 20.0)
        place = border.position_mm + rough[0] * lattice.smooth(seed, md_mm / rough[1])
        place += slow[0] * lattice.smooth(seed + 5, md_mm / slow[1])
        if self._layout.sheets is not None:
            place += sheet_aside_mm(self._layout.sheets, md_mm)
        return np.asarray(place)

    def end_wander_mm(self, end: int, cd_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) by how much the end of a coated patch comes later than its mean, across the web; `end` numbers them."""
        seed = (self._seed + 15_485_863 * (end + 1)) % 2**62
        return np.asarray(0.06 * lattice.smooth(seed, cd_mm / 4.0) + 0.03 * lattice.smooth(seed + 5, cd_mm / 0.5))


class Profile:
    """An edge across: by distance into the lower surface, the share of the upper one and the gain of the lower one."""

    def __init__(self, alpha: Field, gain: Field | None, from_mm: float) -> None:
        self._alpha, self._gain, self._from_mm = alpha, gain, from_mm

    def at(self, depth_mm: NDArray[np.floating]) -> tuple[Field, Field | None]:
        """(alpha, gain), of the shape of `depth_mm`; no gain: 1 everywhere."""
        index = ((depth_mm - self._from_mm) * (1.0 / _STEP_MM)).astype(np.int32)
        alpha = np.take(self._alpha, index, mode="clip")
        return alpha, None if self._gain is None else np.take(self._gain, index, mode="clip")


def coating_profile(transition_mm: float, blur_mm: float) -> Profile:
    """Coating's edge on foil or under ceramic: transition of 50 to 150 um, a thin bright rim, a bead of +4 %
    0.3 to 0.8 mm inside.
    """
    depth = np.arange(-OUTSIDE_MM - 0.3, INSIDE_MM + 0.3, _STEP_MM)
    softness = np.hypot(transition_mm / 2.5, blur_mm)
    alpha = 0.5 * (1.0 - np.tanh(depth / softness * 0.8))
    gain = 1.0 + 0.04 * np.exp(-(((depth - 0.55) / 0.22) ** 2)) + 0.05 * np.exp(-((depth / 0.15) ** 2))
    return Profile(alpha.astype(np.float32), gain.astype(np.float32), float(depth[0]))


def plain_profile(blur_mm: float) -> Profile:
    """A sharp edge as the optics show it."""
    depth = np.arange(-OUTSIDE_MM, OUTSIDE_MM, _STEP_MM)
    alpha = 0.5 * (1.0 - _ERF(depth / (np.sqrt(2.0) * blur_mm)))
    return Profile(alpha.astype(np.float32), None, -OUTSIDE_MM)
