"""Small pictures for the report's gallery."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.labels import Label
from training.evaluation.report.evidence import Picture

_LARGEST_PX = 192
_MARGIN_PX = 24


def photograph(pixels: NDArray[np.uint8], label: Label) -> Picture:
    """The part of an image about an object, with a margin; large ones are reduced to 192 px.

    pixels: (height, width); the object must have a pixel in the image.
    """
    height, width = pixels.shape
    mask = np.zeros((height, width), np.bool_)
    ys, xs = np.nonzero(label.mask)
    ys, xs = ys + label.top_px, xs + label.left_px
    inside = (ys >= 0) & (ys < height) & (xs >= 0) & (xs < width)
    ys, xs = ys[inside], xs[inside]
    mask[ys, xs] = True
    margin = max(_MARGIN_PX, int(max(np.ptp(ys), np.ptp(xs)) // 2))
    window = (
        slice(max(0, int(ys.min()) - margin), int(ys.max()) + margin + 1),
        slice(max(0, int(xs.min()) - margin), int(xs.max()) + margin + 1),
    )
    part, where = pixels[window], mask[window]
    reduction = _LARGEST_PX / max(part.shape)
    if reduction >= 1.0:
        return Picture(part.copy(), where.copy())
    size = (max(1, round(part.shape[1] * reduction)), max(1, round(part.shape[0] * reduction)))
    small = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return Picture(np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8), small > 0.0)
