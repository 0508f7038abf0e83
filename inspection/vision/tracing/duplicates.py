"""Regions that cover the same pixels: of several only one is kept."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.values import Region, Severity
from inspection.values.kinds import kind_of


def without_duplicates(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Regions without those that cover the same pixels as another: the gravest class is kept, then the surest."""
    order = sorted(regions, key=_rank)
    boxes = np.array([(r.box.left, r.box.top, r.box.right, r.box.bottom) for r in order]).reshape(-1, 4)
    low, high = boxes[:, :2], boxes[:, 2:]
    meet = np.all((low[:, np.newaxis] < high) & (low < high[:, np.newaxis]), axis=2).tolist()
    kept: list[int] = []
    for index, region in enumerate(order):
        others = [other for other in kept if meet[index][other]]
        if not any(_share(region, order[other]) > 0.5 for other in others):
            kept.append(index)
    return tuple(sorted((order[index] for index in kept), key=lambda r: (r.box.top, r.box.left)))


def _rank(region: Region) -> tuple[bool, bool, float]:
    severity = kind_of(region.candidate.kind).severity
    return severity is Severity.N, severity is not Severity.S1, -region.candidate.score


def _share(one: Region, other: Region) -> float:
    """Common pixels as a part of the smaller region's."""
    left, right = max(one.box.left, other.box.left), min(one.box.right, other.box.right)
    top, bottom = max(one.box.top, other.box.top), min(one.box.bottom, other.box.bottom)
    common = int(np.count_nonzero(_cut(one, left, top, right, bottom) & _cut(other, left, top, right, bottom)))
    return common / max(1, min(int(np.count_nonzero(one.mask)), int(np.count_nonzero(other.mask))))


def _cut(region: Region, left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    box = region.box
    return region.mask[top - box.top : bottom - box.top, left - box.left : right - box.left]
