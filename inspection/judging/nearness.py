"""How far apart on the web two sightings lie: by their boxes first, and where these are near, pixel by pixel.

A long scratch's box covers much that it does not touch.
"""

import math

import numpy as np
from numpy.typing import NDArray

from inspection.judging.sight import SeenObject

_MOST_POINTS = 600
"""Of a larger mask every second, third ... row and column is looked at."""


def gap_mm(one: SeenObject, other: SeenObject, within_mm: float) -> float:
    """Distance between both, 0 where they touch; infinite beyond `within_mm`."""
    by_box_mm = one.rect.gap_mm(other.rect)
    if by_box_mm > within_mm:
        return math.inf
    if not (_shows_all(one) and _shows_all(other)):
        return by_box_mm  # of what reaches back into an earlier frame nobody has the pixels
    (a, pixel_a_mm), (b, pixel_b_mm) = _points_mm(one), _points_mm(other)
    if not (len(a) and len(b)):
        return by_box_mm
    between_mm = math.sqrt(float(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2).min()))
    found_mm = max(by_box_mm, between_mm - (pixel_a_mm + pixel_b_mm) / math.sqrt(2.0), 0.0)
    return found_mm if found_mm <= within_mm else math.inf


def _shows_all(each: SeenObject) -> bool:
    defect = each.sighting.defect
    return defect.mask.shape == (defect.box.height_px, defect.box.width_px)


def _points_mm(each: SeenObject) -> tuple[NDArray[np.float64], float]:
    """(n, 2) middles of its mask's pixels on the web, along and across; and how far they lie from each other."""
    mask, rect = each.sighting.defect.mask, each.rect
    step = max(1, math.ceil(math.sqrt(np.count_nonzero(mask) / _MOST_POINTS)))
    rows, columns = np.nonzero(mask[step // 2 :: step, step // 2 :: step] if step > 1 else mask)
    rows, columns = rows * step + step // 2, columns * step + step // 2
    along_mm = rect.along.length_mm / mask.shape[0]
    across_mm = (rect.across.right_mm - rect.across.left_mm) / mask.shape[1]
    if each.is_mirrored:
        columns = mask.shape[1] - 1 - columns
    points = np.stack(
        [rect.along.start_mm + (rows + 0.5) * along_mm, rect.across.left_mm + (columns + 0.5) * across_mm], axis=1
    )
    return points, step * max(along_mm, across_mm)
