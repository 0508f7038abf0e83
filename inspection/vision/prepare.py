"""Undo the camera's shading and bring every frame to 8 bits: one pass, the first stage of all."""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Pixels
from inspection.vision.references import References

_BLOCK_LINES = 32
"""Lines worked on at a time, so that the float copies stay in the processor's cache."""


class FlatField:
    """Gain and offset for each column, ready to be applied; immutable, safe to share between threads."""

    def __init__(self, references: References) -> None:
        gain = references.gain
        self._gain = np.tile(gain, (_BLOCK_LINES, 1))
        self._offset = np.tile(gain * references.dark_dn, (_BLOCK_LINES, 1))
        self._fill = _fill_columns(references.dead_columns, references.width_px)

    def apply(self, pixels: Pixels, bit_depth: int) -> NDArray[np.uint8]:
        """(height, width) uint8: (pixel - dark) * gain, clipped; same width as the references."""
        to_8_bit = 2.0 ** (8 - bit_depth)
        height, width = pixels.shape
        corrected = np.empty((height, width), np.uint8)
        work = np.empty((_BLOCK_LINES, width), np.float32)
        for top in range(0, height, _BLOCK_LINES):
            lines = min(_BLOCK_LINES, height - top)
            cv2.multiply(pixels[top : top + lines], self._gain[:lines], work[:lines], to_8_bit, cv2.CV_32F)
            cv2.addWeighted(
                work[:lines], 1.0, self._offset[:lines], -to_8_bit, 0.0, corrected[top : top + lines], cv2.CV_8U
            )
        for column, left, right in self._fill:
            corrected[:, column] = (corrected[:, left].astype(np.uint16) + corrected[:, right]) // 2
        return corrected


def prepare(pixels: Pixels, bit_depth: int, flat_field: FlatField | None) -> NDArray[np.uint8]:
    """Turn what the camera delivered into (height, width) uint8 that all later stages share.

    Without references only the depth changes.

    >>> prepare(np.full((1, 2), 4095, np.uint16), 12, None)
    array([[255, 255]], dtype=uint8)
    """
    if flat_field is not None:
        return flat_field.apply(pixels, bit_depth)
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    # The top 8 bits; rounding would need a clip at full scale.
    return np.right_shift(pixels, bit_depth - 8).astype(np.uint8)


def _fill_columns(dead: tuple[int, ...], width: int) -> list[tuple[int, int, int]]:
    """(dead column, nearest living one to the left, to the right) for each dead column."""
    alive = [column for column in range(width) if column not in set(dead)]
    places = []
    for column in dead:
        left = max((c for c in alive if c < column), default=alive[0])
        right = min((c for c in alive if c > column), default=alive[-1])
        places.append((column, left, right))
    return places
