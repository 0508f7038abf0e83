"""A labelled image: pixels, and what lies in them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.truth import PlantedObject

INVISIBLE_SNR = 3.0
"""Below this nobody can say whether an object is there (numbers note, section 4.8)."""
GAIN_RANGE = (0.85, 1.15)
"""Gain of the light against the reference: a model is fitted to images that vary by it, and its card says so."""


@dataclass(frozen=True, slots=True)
class Label:
    """One object in an image."""

    kind: str
    top_px: int
    """First row of `mask` in the image; negative where the object begins before it."""
    left_px: int
    mask: NDArray[np.bool_]
    """(rows, columns) True on the object."""
    snr: float
    """Visibility; `inf` where a person labelled it and nobody computed it."""
    contrast_percent: float
    """Against the background, signed."""
    is_sure: bool = True
    """False: something may be there, and nobody can say what."""

    @classmethod
    def of(cls, planted: PlantedObject, first_line: int) -> "Label":
        """The label of a planted object in a block that begins at `first_line` of the web."""
        top = planted.top_line - first_line
        return cls(planted.kind, top, planted.left_px, planted.mask, planted.snr, planted.contrast_percent)

    def moved(self, down_px: int, right_px: int) -> "Label":
        """The same in an image whose origin lies elsewhere."""
        return replace(self, top_px=self.top_px + down_px, left_px=self.left_px + right_px)

    @property
    def is_evident(self) -> bool:
        """Somebody is sure of it, and it can be seen. Of places where that does not hold, nothing is learnt or counted.

        >>> Label("E01", 0, 0, np.ones((1, 1), bool), snr=2.0, contrast_percent=4.0).is_evident
        False
        """
        return self.is_sure and self.snr >= INVISIBLE_SNR

    @property
    def bottom_px(self) -> int:
        """First row below the mask."""
        return self.top_px + int(self.mask.shape[0])

    @property
    def right_px(self) -> int:
        """First column right of the mask."""
        return self.left_px + int(self.mask.shape[1])


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One view of a web."""

    pixels: NDArray[np.uint8]
    """(height, width) as the station's `prepare` yields them; row 0 is the leading edge."""
    labels: tuple[Label, ...]


def varied(image: LabelledImage, rng: np.random.Generator) -> LabelledImage:
    """What keeps the physics: another gain, drive and operator side exchanged, and the web run backwards.

    Objects of the catalogue have no direction along the web but for the tail of a smeared pinhole.
    """
    gain = float(rng.uniform(*GAIN_RANGE))
    pixels = np.clip(np.rint(image.pixels * np.float32(gain)), 0, 255).astype(np.uint8)
    height, width = pixels.shape
    labels = image.labels
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
        labels = tuple(replace(label, left_px=width - label.right_px, mask=label.mask[:, ::-1]) for label in labels)
    if rng.random() < 0.5:
        pixels = pixels[::-1]
        labels = tuple(replace(label, top_px=height - label.bottom_px, mask=label.mask[::-1]) for label in labels)
    return LabelledImage(np.ascontiguousarray(pixels), labels)


def bordered(image: LabelledImage, border_px: int) -> LabelledImage:
    """The image as the station's detector sees it: border pixels repeated outwards. Labels stay within the image."""
    pixels = cv2.copyMakeBorder(image.pixels, border_px, border_px, border_px, border_px, cv2.BORDER_REPLICATE)
    labels = tuple(label.moved(border_px, border_px) for label in image.labels)
    return LabelledImage(np.asarray(pixels, np.uint8), labels)


def covered_cells(label: Label, stride: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(rows, columns) True where the object has a pixel in the cell; what lies outside the image is left out.

    >>> covered_cells(Label("E01", 7, 0, np.ones((2, 1), bool), 9.0, 9.0), 8, (3, 1))[:, 0].tolist()
    [True, True, False]
    """
    cells = np.zeros(shape, np.bool_)
    ys, xs = np.nonzero(label.mask)
    ys, xs = (ys + label.top_px) // stride, (xs + label.left_px) // stride
    inside = (ys >= 0) & (ys < shape[0]) & (xs >= 0) & (xs < shape[1])
    cells[ys[inside], xs[inside]] = True
    return cells


def unsure_cells(labels: Iterable[Label], stride: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(rows, columns) of `shape`: True where something lies that is not evident, and nothing that is."""
    cells = {True: np.zeros(shape, np.bool_), False: np.zeros(shape, np.bool_)}
    for label in labels:
        cells[label.is_evident] |= covered_cells(label, stride, shape)
    return np.asarray(cells[False] & ~cells[True], np.bool_)
