"""Pixels that no lens can have drawn: what a cut-off line, a broken file or a foreign packet leaves in a frame."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.doubt import Doubt, Look
from inspection.values import Box

_PART_PX = 128
_MOST_DN = 30.0
"""Mean difference of neighbours along a part of a line. Simulated webs of all looks, with all that may lie on them, stay
below 13 in every line, print and edges included, for a lens spreads each point over pixels; random bytes have 85."""


def garbled(image: NDArray[np.uint8], lanes: Sequence[tuple[int, int]]) -> list[Doubt]:
    """Lines of which neighbouring pixels have next to nothing to do with each other, as one place.

    image: (height, width). lanes: columns that count, end excluded.

    >>> web = np.random.default_rng(1).normal(90.0, 5.0, (64, 512)).astype(np.uint8)
    >>> garbled(web, [(0, 512)])
    []
    >>> web[20] = np.random.default_rng(2).integers(0, 256, 512)
    >>> garbled(web, [(0, 512)])[0].box
    Box(left=0, top=20, right=512, bottom=21)
    """
    height, width = image.shape
    part_px = min(_PART_PX, width - 1)
    parts = (width - 1) // part_px
    apart = cv2.absdiff(image[:, 1 : parts * part_px + 1], image[:, : parts * part_px])
    sums = cv2.reduce(apart.reshape(-1, part_px), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(height, parts)
    is_wild = sums > _MOST_DN * part_px
    if not is_wild.any():
        return []
    counts = [
        any(first < (part + 1) * part_px and end > part * part_px for first, end in lanes) for part in range(parts)
    ]
    rows, columns = np.nonzero(is_wild & np.array(counts))
    if not len(rows):
        return []
    box = Box(int(columns.min()) * part_px, int(rows.min()), (int(columns.max()) + 1) * part_px, int(rows.max()) + 1)
    return [Doubt(Look.GARBLED, box, float(sums[rows, columns].mean() / part_px), None, may_be_explained=False)]
