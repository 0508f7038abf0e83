"""Pixels that no lens can have drawn: what a cut-off line, a broken file or a foreign packet leaves in a frame."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box
from inspection.vision.checks.doubt import Doubt, Look
from inspection.vision.checks.neighbours import TILE_PX, Image, Neighbours

_PART_PX = 128
_MOST_DN = 30.0
"""Mean difference of neighbours along a part of a line. Simulated webs of all looks, with all that may lie on them,
stay below 13 in every line, print and edges included, for a lens spreads each point; random bytes have 85."""


def garbled(image: Image, lanes: Sequence[tuple[int, int]], neighbours: Neighbours) -> list[Doubt]:
    """Lines of which neighbouring pixels have next to nothing to do with each other, as one place.

    image: (height, width). lanes: columns that count, end excluded.

    >>> from inspection.vision.checks.neighbours import compared
    >>> web = np.random.default_rng(1).normal(90.0, 5.0, (64, 512)).astype(np.uint8)
    >>> garbled(web, [(0, 512)], compared(web))
    []
    >>> web[20] = np.random.default_rng(2).integers(0, 256, 512)
    >>> garbled(web, [(0, 512)], compared(web))[0].box
    Box(left=0, top=20, right=512, bottom=21)
    """
    part_px = min(_PART_PX, image.shape[1] - 1)
    at_most, starts = _summed(neighbours.across_at_most, part_px)
    tops = neighbours.tops[(at_most > _MOST_DN * part_px).any(axis=1)]
    if not len(tops):
        return []
    suspects = np.unique(tops[:, np.newaxis] + np.arange(TILE_PX))
    seen = image[suspects]
    sums, _ = _summed(cv2.absdiff(seen[:, 1:], seen[:, :-1]), part_px)
    is_wild = sums > _MOST_DN * part_px
    is_wild &= np.array([any(first <= start + part_px and end > start for first, end in lanes) for start in starts])
    lines, columns = np.nonzero(is_wild)
    if not len(lines):
        return []
    left, right = starts[columns.min()], starts[columns.max()] + part_px + 1
    box = Box(left, int(suspects[lines.min()]), right, int(suspects[lines.max()]) + 1)
    return [Doubt(Look.GARBLED, box, float(sums[is_wild].mean()) / part_px, None, may_be_explained=False)]


def _summed(apart: Image, part_px: int) -> tuple[NDArray[np.int32], list[int]]:
    """(lines, parts) sums of differences over parts of so many columns, and where each part begins; the last one ends
    with the line, and may lie over the one before.
    """
    lines, columns = apart.shape
    starts = list(range(0, columns - part_px + 1, part_px))
    parts = [apart[:, : len(starts) * part_px]]
    if (rest := columns - part_px) > starts[-1]:
        starts.append(rest)
        parts.append(apart[:, rest:])
    rows = [np.ascontiguousarray(part).reshape(-1, part_px) for part in parts]
    sums = [cv2.reduce(row, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(lines, -1) for row in rows]
    return np.asarray(np.hstack(sums), np.int32), starts
