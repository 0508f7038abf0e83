"""How far apart on the web two sightings lie: by their boxes first, and where these are near, pixel by pixel.

A long scratch's box covers much that it does not touch.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.judging.sight import SeenObject

_MOST_POINTS = 1000
"""Most pixels of a mask that are held against the other one: of a larger one every second, third ..."""


@dataclass(slots=True)
class Nearness:
    """Distances between sightings that lie no farther apart than a tolerance; what it takes is made once for each."""

    within_mm: float
    _distances_px: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def gap_mm(self, one: SeenObject, other: SeenObject) -> float:
        """Distance between both, 0 where they touch; infinite beyond the tolerance."""
        by_box_mm = one.rect.gap_mm(other.rect)
        if by_box_mm > self.within_mm:
            return math.inf
        if not (_shows_all(one) and _shows_all(other)):
            return by_box_mm  # of what reaches back into an earlier frame nobody has the pixels
        smaller, larger = sorted((one, other), key=lambda each: np.count_nonzero(each.sighting.defect.mask))
        between_mm = self._between_mm(larger, _points_mm(smaller))
        found_mm = max(by_box_mm, between_mm)
        return found_mm if found_mm <= self.within_mm else math.inf

    def _between_mm(self, each: SeenObject, points_mm: NDArray[np.float64]) -> float:
        """From an object to the nearest of points (n, 2), along and across the web."""
        pitch_mm = _pitches_mm(each)
        coarser_mm = float(pitch_mm.max())
        beside_px = math.ceil(self.within_mm / float(pitch_mm.min())) + 2
        if id(each) not in self._distances_px:
            mask = each.sighting.defect.mask[:, ::-1] if each.is_mirrored else each.sighting.defect.mask
            around = np.pad(mask, beside_px).astype(np.uint8)
            self._distances_px[id(each)] = np.asarray(
                cv2.distanceTransform(1 - around, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32
            )
        distances_px = self._distances_px[id(each)]
        corner_mm = np.array([each.rect.along.start_mm, each.rect.across.left_mm])
        places = np.floor((points_mm - corner_mm) / pitch_mm).astype(int) + beside_px
        is_there = ((places >= 0) & (places < distances_px.shape)).all(axis=1)
        if not is_there.any():
            return math.inf
        least_px = float(distances_px[tuple(places[is_there].T)].min())
        # From middle to middle: what lies side by side touches.
        return max(0.0, least_px - 1.5) * coarser_mm


def _shows_all(each: SeenObject) -> bool:
    defect = each.sighting.defect
    return bool(defect.mask.any()) and defect.mask.shape == (defect.box.height_px, defect.box.width_px)


def _pitches_mm(each: SeenObject) -> NDArray[np.float64]:
    """(2,) length along and across of its mask's pixels on the web."""
    rows, columns = each.sighting.defect.mask.shape
    across = each.rect.across
    return np.array([each.rect.along.length_mm / rows, (across.right_mm - across.left_mm) / columns])


def _points_mm(each: SeenObject) -> NDArray[np.float64]:
    """(n, 2) middles of its mask's pixels on the web, along and across."""
    mask = each.sighting.defect.mask[:, ::-1] if each.is_mirrored else each.sighting.defect.mask
    pixels = np.argwhere(mask)
    pixels = pixels[:: math.ceil(len(pixels) / _MOST_POINTS)]
    return np.array([each.rect.along.start_mm, each.rect.across.left_mm]) + (pixels + 0.5) * _pitches_mm(each)
