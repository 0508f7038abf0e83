"""Masks as COCO's run lengths: pixels off and on the object in turn, column by column."""

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from camera.checked import Checked
from inspection.values.run_lengths import run_lengths


class Runs(Checked):
    """A mask as run lengths, column by column, beginning with pixels off the object."""

    model_config = ConfigDict(extra="ignore")

    size: tuple[int, int]
    """(height, width) of the image."""
    counts: tuple[int, ...]


class PackedRuns(Checked):
    """The same with the counts packed into text, as COCO's own tools write them."""

    model_config = ConfigDict(extra="ignore")

    size: tuple[int, int]
    """(height, width) of the image."""
    counts: str


def encode_mask(mask: NDArray[np.bool_], top: int, left: int, size: tuple[int, int]) -> Runs:
    """Run lengths of a mask placed in an image of `size`; what sticks out is cut off.

    >>> encode_mask(np.ones((1, 2), bool), 1, 0, (2, 3)).counts
    (1, 1, 1, 1, 2)
    """
    return Runs(size=size, counts=tuple(run_lengths(mask, top, left, size)))


def decode_mask(runs: Runs | PackedRuns) -> NDArray[np.bool_]:
    """(height, width) mask. Raises ValueError for run lengths that do not fill the image.

    >>> decode_mask(Runs(size=(2, 3), counts=(1, 1, 1, 1, 2))).astype(int).tolist()
    [[0, 0, 0], [1, 1, 0]]
    """
    counts = counts_of(runs)
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(runs.size, order="F")


def counts_of(runs: Runs | PackedRuns) -> tuple[int, ...]:
    """The counts, unpacked. Raises ValueError for run lengths that do not fill the image."""
    counts = unpacked(runs.counts) if isinstance(runs, PackedRuns) else runs.counts
    total = sum(counts)
    if total != runs.size[0] * runs.size[1] or min(counts, default=0) < 0:
        raise ValueError(f"run lengths add up to {total}, the image has {runs.size[0]} x {runs.size[1]} pixels")
    return counts


def unpacked(text: str) -> tuple[int, ...]:
    """Counts from COCO's packed text: six bits a character, the fourth count and all later ones as the difference from
    the count two before (rleToString in the COCO API's maskApi.c). Raises ValueError for other text.

    >>> unpacked("1112ON")
    (1, 1, 1, 3, 0, 1)
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"packed run lengths: unexpected character {character!r}")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = shift = 0
    if shift:
        raise ValueError("packed run lengths: the text ends in the middle of a number")
    return tuple(counts)


def drawn_polygons(polygons: tuple[tuple[float, ...], ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(height, width) mask of outlines `x, y, x, y, ...` in px, where pixel 0 reaches from 0 to 1.

    A pixel is on the object where at least half of it lies inside an outline; what sticks out is cut off.

    >>> drawn_polygons(((1, 0, 3, 0, 3, 1, 1, 1),), (2, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 0, 0, 0]]
    """
    mask = np.zeros(size, np.bool_)
    for polygon in polygons:
        points = np.array(polygon, np.float64).reshape(-1, 2)
        left, top = np.clip(np.floor(points.min(axis=0)), 0, (size[1], size[0])).astype(int)
        right, bottom = np.clip(np.ceil(points.max(axis=0)), 0, (size[1], size[0])).astype(int)
        if left >= right or top >= bottom:
            continue
        fine = _FINE if (right - left) * (bottom - top) <= _SMALL_PX else _COARSE
        canvas = np.zeros(((bottom - top) * fine, (right - left) * fine), np.uint8)
        # OpenCV draws the outline's own pixels too: half a sub-pixel inwards makes up for it on average.
        corners = np.rint(((points - (left, top)) * fine - 0.5) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(canvas, [corners], 1, shift=_SHIFT)
        share = cv2.resize(canvas.astype(np.float32), (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        mask[top:bottom, left:right] |= share >= 0.5
    return mask


_FINE, _COARSE, _SMALL_PX, _SHIFT = 8, 2, 65_536, 4
"""Outlines are drawn so many times larger, coarsely where the object has many pixels; with 4 bits below the pixel."""
