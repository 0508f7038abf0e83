"""The place of a camera that fits points best which it and another camera show."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspection.vision.placement import Placement

Floats = NDArray[np.float64]
WIDE_MM = 15.0
"""Points that lie closer together across say nothing of scale and rotation: these stay as they were told."""
FEWEST_MARKS = 6
LARGEST_TURN = 0.05
SCALES = (0.9, 1.1)
"""What settings can say of a camera's rotation, in rad, and scale."""


@dataclass(frozen=True, slots=True)
class Search:
    """How far from where it was told a camera may look."""

    along_mm: float = 30.0
    across_mm: float = 5.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """The same points by two cameras; arrays of one length."""

    x_mm: Floats
    """In the image of the camera whose place is looked for, from its first column."""
    position_mm: Floats
    """By the encoder, there."""
    cd_mm: Floats
    """On the web across, by the other camera."""
    md_mm: Floats
    """On the web along, by the other camera."""

    def __len__(self) -> int:
        return len(self.x_mm)

    def only(self, chosen: NDArray[np.int_] | NDArray[np.bool_]) -> "Pairs":
        """Some of them, by number or mask."""
        return Pairs(self.x_mm[chosen], self.position_mm[chosen], self.cd_mm[chosen], self.md_mm[chosen])

    def misses(self, place: Placement) -> tuple[Floats, Floats]:
        """How far along and across each point lies beside where the place puts it."""
        sign = -1.0 if place.is_mirrored else 1.0
        along = self.position_mm - place.along_mm - self.x_mm * place.scale * place.rotation_mrad / 1000.0
        return along - self.md_mm, place.across_mm + sign * place.scale * self.x_mm - self.cd_mm


@dataclass(frozen=True, slots=True)
class Registration:
    """A camera's place on the web as measured."""

    placement: Placement
    residual_mm: float
    """How far off the marks are, root mean square."""
    marks: int
    is_wide: bool
    """Scale and rotation were measured; else the marks lie too close together across, and both are as told before."""


def fit(pairs: Pairs, told: Placement) -> Registration:
    """The place that fits points which belong together best; `told`: mirrored or not, and what the points do not tell.

    Without a pair of points there is none: `pairs` has at least one.
    """
    sign = -1.0 if told.is_mirrored else 1.0
    scale, turn = told.scale, told.rotation_mrad / 1000.0
    is_wide = len(pairs) >= FEWEST_MARKS and float(np.ptp(pairs.x_mm)) >= WIDE_MM
    late = pairs.position_mm - pairs.md_mm
    if is_wide:
        slope, across_mm = np.polyfit(pairs.x_mm, pairs.cd_mm, 1)
        scale = float(np.clip(sign * slope, *SCALES))
        slope, along_mm = np.polyfit(pairs.x_mm * scale, late, 1)
        turn = float(np.clip(slope, -LARGEST_TURN, LARGEST_TURN))
    across_mm = float(np.mean(pairs.cd_mm - sign * scale * pairs.x_mm))
    along_mm = float(np.mean(late - turn * scale * pairs.x_mm))
    place = replace(told, across_mm=across_mm, along_mm=along_mm, scale=scale, rotation_mrad=1000.0 * turn)
    along, across = pairs.misses(place)
    return Registration(place, float(np.sqrt(np.mean(along**2 + across**2))), len(pairs), is_wide)


def flipped(place: Placement, width_mm: float) -> Placement:
    """The same field of view with its columns counted from the other side; `width_mm`: of the image."""
    across = place.across_mm + (-1.0 if place.is_mirrored else 1.0) * place.scale * width_mm
    turn = place.rotation_mrad / 1000.0
    along_mm = place.along_mm + turn * place.scale * width_mm
    return replace(
        place,
        across_mm=across,
        along_mm=along_mm,
        is_mirrored=not place.is_mirrored,
        rotation_mrad=-place.rotation_mrad,
    )
