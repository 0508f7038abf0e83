"""Segments of broken lines: which of them lie on one line, and where to look for more of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Region
from inspection.vision.tracing.thin_line import is_straight

_LEAD_PX = 24
"""A segment at least so long, and straight, tells a direction."""
_GAP_PX, _GAP_SHARE, _WIDEST_GAP_PX = 40.0, 0.5, 120.0
"""Segments are linked over 2 mm at 50 um, or half of the longer segment's length, never farther than the last."""
_ASIDE_PX, _ASIDE_SLOPE = 3.0, 0.06
"""A segment may lie so far beside the other's axis, more by 3.4 degrees of the gap: scratches bend a little."""
_BEYOND_PX = 48.0
"""How far beyond its ends a line is looked for."""
_BAND_PX, _BAND_SLOPE = 8.0, 0.02
"""Half width of that search, more by a part of the length for its bend."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The straight line through a region's pixels, in pixels of the frame."""

    x: float
    y: float
    along_x: float
    along_y: float
    first: float
    """Where it begins, along the axis from (x, y); negative."""
    last: float

    @classmethod
    def of(cls, columns: NDArray[np.intp], rows: NDArray[np.intp]) -> "Axis":
        """Through pixels: their mean, and the direction in which they spread most.

        >>> round(Axis.of(np.arange(11), np.arange(11)).length_px, 1)
        14.1
        """
        x, y = float(columns.mean()), float(rows.mean())
        dx, dy = columns - x, rows - y
        angle = 0.5 * np.arctan2(2.0 * (dx * dy).mean(), (dx * dx).mean() - (dy * dy).mean())
        along_x, along_y = float(np.cos(angle)), float(np.sin(angle))
        place = dx * along_x + dy * along_y
        return cls(x, y, along_x, along_y, float(place.min()), float(place.max()))

    @property
    def length_px(self) -> float:
        """From end to end."""
        return self.last - self.first

    def ends(self) -> NDArray[np.float64]:
        """(2, 2) x and y of both."""
        places = np.array([[self.first], [self.last]])
        ends: NDArray[np.float64] = np.array([self.x, self.y]) + places * np.array([self.along_x, self.along_y])
        return ends

    def seen_from(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """(along, aside) of points, both signed, from the axis's middle."""
        dx, dy = x - self.x, y - self.y
        return dx * self.along_x + dy * self.along_y, dy * self.along_x - dx * self.along_y

    def meets(self, ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) whether each of n shorter segments, (n, 2, 2) x and y of their ends, continues this one."""
        along, aside = self.seen_from(ends[:, :, 0], ends[:, :, 1])
        gap = np.maximum(along.min(axis=1) - self.last, self.first - along.max(axis=1))
        beyond = np.maximum(0.0, np.maximum(along - self.last, self.first - along))
        near = gap <= min(max(_GAP_PX, _GAP_SHARE * self.length_px), _WIDEST_GAP_PX)
        return np.asarray(near & np.all(np.abs(aside) <= _ASIDE_PX + _ASIDE_SLOPE * beyond, axis=1))


def linked(regions: Sequence[Region]) -> list[tuple[Region, ...]]:
    """Regions of lines in groups of one line each, longest segment first; groups without a straight lead left out."""
    if not regions:
        return []
    axes = [Axis.of(*_pixels(region)) for region in regions]
    ends = np.stack([axis.ends() for axis in axes])
    is_bright = np.array([region.difference_dn > 0.0 for region in regions])
    is_free = np.ones(len(regions), bool)
    groups = []
    for lead in sorted(range(len(regions)), key=lambda index: -axes[index].length_px):
        if not is_free[lead] or axes[lead].length_px < _LEAD_PX or not is_straight(regions[lead].mask):
            continue
        is_free[lead] = False
        group, axis, grown = [lead], axes[lead], True
        while grown:
            more = np.flatnonzero(is_free & (is_bright == is_bright[lead]) & axis.meets(ends)).tolist()
            is_free[more] = False
            group += more
            grown = bool(more)
            if grown:
                axis = joint_axis([regions[each] for each in group])
        groups.append(tuple(regions[each] for each in group))
    return groups


def joint_axis(regions: Sequence[Region]) -> Axis:
    """The axis through all pixels of several regions."""
    pixels = [_pixels(region) for region in regions]
    return Axis.of(np.concatenate([columns for columns, _ in pixels]), np.concatenate([rows for _, rows in pixels]))


def search_band(segments: Sequence[Region], shape: tuple[int, ...]) -> tuple[Box, NDArray[np.bool_]]:
    """Where the rest of a line may lie in a frame of `shape` (height, width): a box, and in it True in the band."""
    axis = joint_axis(segments)
    half = _BAND_PX + _BAND_SLOPE * axis.length_px
    (x0, y0), (x1, y1) = axis.ends().tolist()
    far_x, far_y = abs(_BEYOND_PX * axis.along_x) + half, abs(_BEYOND_PX * axis.along_y) + half
    boxes = [segment.box for segment in segments]
    box = Box(
        max(0, min(int(min(x0, x1) - far_x), *(each.left for each in boxes))),
        max(0, min(int(min(y0, y1) - far_y), *(each.top for each in boxes))),
        min(shape[1], max(int(max(x0, x1) + far_x) + 2, *(each.right for each in boxes))),
        min(shape[0], max(int(max(y0, y1) + far_y) + 2, *(each.bottom for each in boxes))),
    )
    rows, columns = np.mgrid[box.top : box.bottom, box.left : box.right].astype(np.float64)
    along, aside = axis.seen_from(columns, rows)
    within = (along >= axis.first - _BEYOND_PX) & (along <= axis.last + _BEYOND_PX)
    return box, within & (np.abs(aside) <= half)


def _pixels(region: Region) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(columns, rows) in the frame."""
    rows, columns = np.nonzero(region.mask)
    return columns + region.box.left, rows + region.box.top
