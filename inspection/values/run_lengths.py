"""Masks as COCO's run lengths: pixels off and on the object in turn, column by column."""

import numpy as np
from numpy.typing import NDArray


def run_lengths(mask: NDArray[np.bool_], top: int, left: int, size: tuple[int, int]) -> list[int]:
    """Run lengths of a mask placed in an image of `size` (height, width); what sticks out is cut off.

    >>> run_lengths(np.ones((1, 2), bool), 1, 0, (2, 3))
    [1, 1, 1, 1, 2]
    """
    whole = placed(mask, top, left, size)
    flat = whole.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts: list[int] = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return [0, *counts] if flat[0] else counts


def placed(mask: NDArray[np.bool_], top: int, left: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(height, width) of `size`, with the mask in its place; what sticks out is cut off.

    >>> int(placed(np.ones((4, 4), bool), -2, 2, (3, 3)).sum())
    2
    """
    whole = np.zeros(size, np.bool_)
    rows = slice(max(0, top), max(0, min(size[0], top + mask.shape[0])))
    columns = slice(max(0, left), max(0, min(size[1], left + mask.shape[1])))
    if rows.start < rows.stop and columns.start < columns.stop:
        whole[rows, columns] = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return whole
