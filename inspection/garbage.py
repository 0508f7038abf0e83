"""Pixels that no lens can have drawn: what a cut-off line, a broken file or a foreign packet leaves in a frame."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.doubt import Doubt, Look
from inspection.values import Box

_PART_PX = 128
_MOST_DN = 30.0
"""Mean difference of neighbours along a part of a line. Simulated webs of all looks, with all that may lie on them,
stay below 13 in every line, print and edges included, for a lens spreads each point; random bytes have 85."""


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
    width = image.shape[1]
    part_px = min(_PART_PX, width - 1)
    parts = (width - 1) // part_px
    starts = [part * part_px for part in range(parts)]
    sums = _differences(image, 0, parts * part_px, part_px)
    if (rest := width - 1 - part_px) > starts[-1]:
        starts, sums = [*starts, rest], np.hstack([sums, _differences(image, rest, width - 1, part_px)])
    is_wild = sums > _MOST_DN * part_px
    if not is_wild.any():
        return []
    is_wild &= np.array([any(first <= start + part_px and end > start for first, end in lanes) for start in starts])
    lines, columns = np.nonzero(is_wild)
    if not len(lines):
        return []
    left, right = starts[columns.min()], starts[columns.max()] + part_px + 1
    box = Box(left, int(lines.min()), right, int(lines.max()) + 1)
    return [Doubt(Look.GARBLED, box, float(sums[is_wild].mean()) / part_px, None, may_be_explained=False)]


def _differences(image: NDArray[np.uint8], first: int, end: int, part_px: int) -> NDArray[np.int32]:
    """(height, parts) sums of the differences of each column from `first` to `end` to the next one."""
    apart = cv2.absdiff(image[:, first + 1 : end + 1], image[:, first:end])
    sums = cv2.reduce(apart.reshape(-1, part_px), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums, np.int32).reshape(len(image), -1)
