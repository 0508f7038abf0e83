"""An object that a frame's border cuts in two is one object: its parts are joined, and judged as one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.recipe.limits import Sizes
from inspection.values import Box, Defect
from inspection.values.kinds import Shape, kind_of
from inspection.vision.outline import outline, sides

_TOLERANCE_PX = 2
"""Columns by which the parts on both sides of a border may miss each other."""
_LINE_TOLERANCE_PX = 8
"""Columns for segments of a thin object, which may pause there and run askew."""


@dataclass(frozen=True, slots=True)
class OpenObject:
    """A defect that reached the trailing edge of the frame before; coordinates count from the next frame's row 0."""

    defect: Defect
    hull_px: NDArray[np.float32]
    """(n, 2) x and y of the convex hull's corners, y negative or zero."""
    left_px: int
    """First column at the border."""
    right_px: int
    """One past the last column at the border."""
    place: int
    """Its place among that frame's defects."""


def open_objects(
    defects: Sequence[Defect], height_px: int, hulls: Sequence[NDArray[np.float32] | None]
) -> tuple[OpenObject, ...]:
    """Those that go on in the next frame. `hulls`: of their earlier parts, in this frame's rows, or None."""
    found = []
    for place, (defect, earlier) in enumerate(zip(defects, hulls, strict=True)):
        if not defect.reaches_trailing_edge:
            continue
        hull = _hull(defect, earlier)
        hull[:, 1] -= height_px
        columns = np.nonzero(defect.mask[-1])[0]
        left = defect.box.left + int(columns[0])
        found.append(OpenObject(defect, hull, left, defect.box.left + int(columns[-1]) + 1, place))
    return tuple(found)


def join(
    defects: Sequence[Defect], before: Sequence[OpenObject], pitch_x_mm: float, pitch_y_mm: float
) -> tuple[list[Defect], list[NDArray[np.float32] | None]]:
    """Give each defect at the leading edge what earlier frames saw of it.

    Returns the defects, in the same order, and for each the hull of its earlier parts (None where it has none).
    Areas add up; length and width come from the hull of all parts. Several parts may meet in one.
    """
    joined: list[Defect] = []
    hulls: list[NDArray[np.float32] | None] = []
    for defect in defects:
        parts = [part for part in before if _touch(part, defect)] if defect.reaches_leading_edge else []
        if not parts:
            joined.append(defect)
            hulls.append(None)
            continue
        earlier = np.concatenate([part.hull_px for part in parts])
        joined.append(_add(defect, parts, _hull(defect, earlier), pitch_x_mm, pitch_y_mm))
        hulls.append(earlier)
    return joined, hulls


def gone_on(defects: Sequence[Defect], before: Sequence[OpenObject]) -> frozenset[int]:
    """Places, among the defects of the frame before, of those that are a part of one of these."""
    starting = [defect for defect in defects if defect.reaches_leading_edge]
    return frozenset(part.place for part in before if any(_touch(part, defect) for defect in starting))


def lower_bounds_doubled(defect: Defect) -> Sizes:
    """Sizes to judge a defect by; one that the trailing edge cuts counts as if twice as much of it were still to come.

    Of an object above a limit cut in two, one part always has at least half of it. So the frame that holds the larger
    part is rejected for certain: if it is the first, by this rule; if it is the second, because it knows the whole.
    Width is doubled for compact objects only: a line keeps its own.
    """
    sizes = Sizes(defect.diameter_mm, defect.length_mm, defect.width_mm, defect.area_mm2, abs(defect.contrast_percent))
    if not defect.reaches_trailing_edge:
        return sizes
    compact = kind_of(defect.kind).shape is Shape.BLOB
    return Sizes(
        sizes.diameter_mm * math.sqrt(2.0),
        sizes.length_mm * 2.0,
        sizes.width_mm * (2.0 if compact else 1.0),
        sizes.area_mm2 * 2.0,
        sizes.contrast_percent,
    )


def _touch(part: OpenObject, defect: Defect) -> bool:
    columns = np.nonzero(defect.mask[0])[0]
    left = defect.box.left + int(columns[0])
    right = defect.box.left + int(columns[-1]) + 1
    are_thin = kind_of(part.defect.kind).shape is Shape.THIN and kind_of(defect.kind).shape is Shape.THIN
    slack_px = _LINE_TOLERANCE_PX if are_thin else _TOLERANCE_PX
    return left < part.right_px + slack_px and part.left_px < right + slack_px


def _hull(defect: Defect, earlier: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Corners of the convex hull of all pixels' corners, earlier parts included."""
    corners = outline(defect.mask) + np.array([defect.box.left, defect.box.bottom - defect.mask.shape[0]], np.float32)
    if earlier is not None:
        corners = np.asarray(cv2.convexHull(np.concatenate([corners, earlier])), np.float32).reshape(-1, 2)
    return corners


def _add(
    defect: Defect, parts: Sequence[OpenObject], hull: NDArray[np.float32], pitch_x_mm: float, pitch_y_mm: float
) -> Defect:
    everything = [defect, *(part.defect for part in parts)]
    areas = np.array([part.area_mm2 for part in everything])
    lengths = np.array([part.length_mm for part in everything])
    weights = areas / areas.sum()
    long_side_mm, short_side_mm = sides(hull * np.array([pitch_x_mm, pitch_y_mm], np.float32))
    # A hull runs along whole pixels, an object ends within them: never longer than the parts and the pause together.
    pause_px = max(0.0, defect.box.top - max(float(part.hull_px[:, 1].max()) for part in parts))
    pause_mm = pause_px * pitch_y_mm if pause_px > 2.0 else 0.0
    length_mm = float(np.clip(long_side_mm, lengths.max(), lengths.sum() + pause_mm))
    gravest = min(everything, key=lambda part: (part.severity.rank, -part.score))
    is_long = kind_of(gravest.kind).shape in (Shape.THIN, Shape.STREAK)
    widths = np.array([part.width_mm for part in everything])
    width_mm = float(widths @ lengths / lengths.sum()) if is_long else min(short_side_mm, length_mm)
    box = Box(
        min(defect.box.left, math.floor(hull[:, 0].min())),
        math.floor(hull[:, 1].min()),
        max(defect.box.right, math.ceil(hull[:, 0].max())),
        defect.box.bottom,
    )
    beside = ((0, 0), (defect.box.left - box.left, box.right - defect.box.right))
    return replace(
        defect,
        kind=gravest.kind,
        score=gravest.score,
        severity=gravest.severity,
        box=box,
        mask=np.pad(defect.mask, beside),
        length_mm=length_mm,
        width_mm=width_mm,
        area_mm2=float(areas.sum()),
        contrast_percent=float(weights @ [part.contrast_percent for part in everything]),
        snr=math.sqrt(sum(part.snr**2 for part in everything)),
        md_mm=float(weights @ [part.md_mm for part in everything]),
        cd_mm=float(weights @ [part.cd_mm for part in everything]),
        continued=True,
    )
