"""The outline of a mask: convex hull and minimum-area rectangle."""

import cv2
import numpy as np
from numpy.typing import NDArray


def outline(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, 2) x and y of the convex hull around all pixels' corners; the mask's corner is (0, 0).

    >>> outline(np.ones((1, 2), bool)).max(axis=0).tolist()
    [2.0, 1.0]
    """
    rows = np.nonzero(mask.any(axis=1))[0]
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x = np.concatenate([left, left, right, right])
    y = np.concatenate([rows, rows + 1, rows, rows + 1])
    return np.asarray(cv2.convexHull(np.stack([x, y], axis=1).astype(np.float32)), np.float32).reshape(-1, 2)


def sides(corners: NDArray[np.float32]) -> tuple[float, float]:
    """Long and short side of the rectangle of least area around the corners, in their unit.

    >>> sides(np.array([[0, 0], [4, 0], [4, 2], [0, 2]], np.float32))
    (4.0, 2.0)
    """
    _, (one, other), _ = cv2.minAreaRect(corners)
    return float(max(one, other)), float(min(one, other))
