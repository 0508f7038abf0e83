"""Which images show the same thing: a small fingerprint of each, and how much two of them agree.

The fingerprint is that of perceptual hashes: an image is reduced to 32 x 32, and of its cosine transform the low
frequencies are kept (Zauner 2010, section 3.2.1), here as numbers rather than signs. Frequencies along one axis alone are
left out: layout that runs along the web and light that falls off across it look the same on every frame of a web.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE_PX = 32
_LAST = 17
_BLOCK = 1024
LENGTH = (_LAST - 1) ** 2


def fingerprint(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(256,) of length 1 for an image (height, width); zeros for one without texture. Gain and offset don't matter.

    >>> image = np.random.default_rng(1).integers(0, 120, (64, 96)).astype(np.uint8)
    >>> bool(fingerprint(image) @ fingerprint(image * 2 + 10) > 0.999)
    True
    """
    small = cv2.resize(pixels.astype(np.float32), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    spectrum = np.asarray(cv2.dct(small), np.float32)[1:_LAST, 1:_LAST].ravel()
    length = float(np.linalg.norm(spectrum))
    return spectrum / np.float32(length) if length > 1e-3 else np.zeros(LENGTH, np.float32)


def likest(
    fingerprints: NDArray[np.float32], parts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each of (N, 256) fingerprints, the likest one in another part: (N,) its number, (N,) how much both agree.

    Agreement is 1 for the same picture and near 0 for strangers; -1 where there is no other part. `parts`: (N,).
    """
    numbers = np.zeros(len(parts), np.intp)
    agreement = np.full(len(parts), -1.0, np.float32)
    for start in range(0, len(parts), _BLOCK):
        rows = slice(start, start + _BLOCK)
        product = fingerprints[rows] @ fingerprints.T
        product[parts[rows, np.newaxis] == parts[np.newaxis]] = -1.0
        numbers[rows] = product.argmax(axis=1)
        agreement[rows] = product.max(axis=1)
    return numbers, agreement


def alike(fingerprints: NDArray[np.float32], least: float) -> NDArray[np.intp]:
    """(N,) numbers of groups: images that agree by `least` or more, directly or by way of others, share one."""
    groups = np.arange(len(fingerprints))

    def first_of(number: int) -> int:
        while groups[number] != number:
            groups[number] = groups[groups[number]]
            number = int(groups[number])
        return number

    for start in range(0, len(fingerprints), _BLOCK):
        product = fingerprints[start : start + _BLOCK] @ fingerprints[start:].T
        for row, column in zip(*np.nonzero(product >= least), strict=True):
            one, other = first_of(start + int(row)), first_of(start + int(column))
            groups[max(one, other)] = min(one, other)
    return np.array([first_of(number) for number in range(len(groups))], np.intp)
