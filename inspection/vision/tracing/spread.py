"""Finds how far a faint, large object reaches, of which the network saw a part.

A stain of 5 % contrast and a centimetre across stands out clearly once a thousand pixels are averaged, while hardly a
cell of 8 x 8 of it looks different from its neighbours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate
from inspection.vision.tracing.background import Surroundings, blurred, median, noise_of

FACTOR = 8
"""Pixels of so many by so many are averaged."""
_REACH_PX = 400
"""How far beyond the candidate's cells the object is looked for."""
_BLURS = (1.0, 2.0, 4.0)
"""In averaged pixels; the fainter an object, the more of it must be looked at together."""
_LEAST_SNR = 5.0
_LEAST_LINES = 24
"""In averaged ones: with fewer, columns have no background of their own."""
_SEED_RANK = 0.9


def spread_of(image: NDArray[np.uint8], candidate: Candidate) -> tuple[Surroundings, NDArray[np.bool_]] | None:
    """(surroundings at 1 / 8 of the resolution, True on the object there); None where nothing stands out.

    The background is the median of each column, so that lane borders, coating edges and streaks belong to it; the
    object is what hangs together with the candidate's cells and reaches half of their height.
    """
    height, width = image.shape
    box = candidate.box
    left, right = max(0, box.left - _REACH_PX) // FACTOR, min(width, box.right + _REACH_PX) // FACTOR
    lines = height // FACTOR
    if lines < _LEAST_LINES or right - left < 2:
        return None
    window = image[: lines * FACTOR, left * FACTOR : right * FACTOR]
    small = cv2.resize(window, (right - left, lines), interpolation=cv2.INTER_AREA).astype(np.float32)
    columns = np.median(small, axis=0)
    difference = np.asarray(small - columns, np.float32)
    seeds = _seeds(candidate, left, difference.shape)
    if not seeds.any():
        return None
    for blur in _BLURS:
        smooth = blurred(difference, blur)
        signal = smooth * np.float32(1.0 if float(smooth[seeds].mean()) >= 0.0 else -1.0)
        level = float(np.quantile(signal[seeds], _SEED_RANK))
        if level >= _LEAST_SNR * noise_of(difference, blur):
            _, labels = cv2.connectedComponents((signal > 0.5 * level).astype(np.uint8), connectivity=4)
            own = np.unique(labels[seeds & (signal > 0.5 * level)])
            mask = np.asarray(np.isin(labels, own[own > 0]), bool)
            ring = difference[~mask].reshape(1, -1)
            return Surroundings(Box(left, 0, right, lines), difference, median(columns), ring), mask
    return None


def _seeds(candidate: Candidate, left: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(rows, columns) True on the candidate's cells."""
    seeds = np.zeros(shape, np.bool_)
    rows, columns = np.nonzero(candidate.cells)
    rows = (candidate.box.top + rows * candidate.cell_px) // FACTOR
    columns = (candidate.box.left + columns * candidate.cell_px) // FACTOR - left
    inside = (rows < shape[0]) & (columns < shape[1])
    seeds[rows[inside], columns[inside]] = True
    return seeds
