"""What is marked on an image, whoever marked it and in whatever form."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.labels import Label
from training.data.problem import Problem

_GAP_PX = 2
"""Between an object and its surroundings: blur and a hand-drawn outline need so much room."""
_RING_PX = 12
_FEWEST_PX = 20


@dataclass(frozen=True, slots=True)
class MarkedObject:
    """One object as it was marked."""

    kind: str
    top_px: int
    """First row of `mask` in the image."""
    left_px: int
    mask: NDArray[np.bool_]
    """(rows, columns) True on the object; at least one pixel."""
    snr: float = np.inf
    """Visibility; `inf` where nobody computed it."""
    contrast_percent: float | None = None
    """Against the background, signed; None where nobody computed it."""
    is_sure: bool = True
    """False: something may be there, and nobody can say what."""


class Found(NamedTuple):
    """What the marks of an image say."""

    objects: tuple[MarkedObject, ...]
    problems: tuple[Problem, ...]
    """What had to be left out, or is strange."""


class Marks(Protocol):
    """Where an image's labels come from."""

    def objects(self, shape: tuple[int, int]) -> Found:
        """The objects marked on an image of (height, width)."""
        ...

    def sha256(self) -> str:
        """SHA-256 of all that is marked."""
        ...


def regions(mask: NDArray[np.bool_], kind: str) -> list[MarkedObject]:
    """One object for each connected region, corners count as connected, from top to bottom.

    >>> [(each.top_px, each.left_px) for each in regions(np.eye(3, dtype=bool), "scratch")]
    [(0, 0)]
    """
    count, numbers, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for number in range(1, count):
        left, top, width, height = (int(value) for value in boxes[number, :4])
        window = numbers[top : top + height, left : left + width] == number
        found.append(MarkedObject(kind, top, left, window))
    return found


def cropped(mask: NDArray[np.bool_]) -> tuple[int, int, NDArray[np.bool_]] | None:
    """(first row, first column, mask) of the smallest window around all True pixels; None where there is none.

    >>> cropped(np.array([[False, False], [False, True]]))
    (1, 1, array([[ True]]))
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    return top, left, mask[top : rows[-1] + 1, left : columns[-1] + 1].copy()


def labels_of(pixels: NDArray[np.uint8], objects: tuple[MarkedObject, ...]) -> tuple[Label, ...]:
    """The objects as labels; contrast is measured where nobody told it.

    Contrast is the mean on the object against the median of its surroundings, in percent of the latter: a ring of
    12 px, 2 px off the object, without other objects; nan where objects leave no surroundings in the image.
    """
    taken = np.zeros(pixels.shape, np.uint8)
    for each in objects:
        rows, columns = _window(each)
        taken[rows, columns] |= each.mask
    near = cv2.dilate(taken, np.ones((2 * _GAP_PX + 1, 2 * _GAP_PX + 1), np.uint8))
    return tuple(
        Label(
            each.kind,
            each.top_px,
            each.left_px,
            each.mask,
            each.snr,
            _contrast(pixels, each, near == 0) if each.contrast_percent is None else each.contrast_percent,
            each.is_sure,
        )
        for each in objects
    )


def _contrast(pixels: NDArray[np.uint8], each: MarkedObject, free: NDArray[np.bool_]) -> float:
    reach = _GAP_PX + _RING_PX
    rows, columns = _window(each)
    around = np.pad(each.mask.astype(np.uint8), reach)
    ring = cv2.dilate(around, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    top, left = max(0, each.top_px - reach), max(0, each.left_px - reach)
    area = free[top : rows.stop + reach, left : columns.stop + reach]
    ring = ring[top - each.top_px + reach :, left - each.left_px + reach :][: area.shape[0], : area.shape[1]]
    outside = pixels[top : rows.stop + reach, left : columns.stop + reach][ring & area]
    if outside.size < _FEWEST_PX:
        outside = pixels[free]
    if not outside.size:
        return float("nan")
    background = float(np.median(outside))
    return 100.0 * (float(pixels[rows, columns][each.mask].mean()) - background) / max(background, 1.0)


def _window(each: MarkedObject) -> tuple[slice, slice]:
    rows, columns = each.mask.shape
    return slice(each.top_px, each.top_px + rows), slice(each.left_px, each.left_px + columns)
