"""What the network should say: one map of scores for each kind, and how much each cell counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values.kinds import Shape, kind_of
from training.data.labels import Label
from training.family import is_safety
from training.networks.grid import STRIDE_PX

FAINT_SNR = 5.0
_FAINT_WEIGHT = 0.3
_LOST_STREAK_PERCENT, _FAINT_STREAK_PERCENT = 2.0, 3.5
"""A streak's SNR is that of its whole length, of which a tile shows a part: its contrast tells whether it shows."""
_LOST_LINE_SNR, _FAINT_LINE_SNR = 1.0, 2.0
"""A line's SNR is that of its whole length, too: this is what one cell of it must have."""
_LOST_SPECK_PX, _FAINT_SPECK_PX = 3, 5
"""A speck of so many pixels is a glint or a pore as often as metal or a hole; recipes ask for 3 px in diameter."""
_SAFETY_WEIGHT = 2.0
_MOST_WEIGHT = 4.0
"""A large object counts as much as so many single cells, however many it covers."""


@dataclass(frozen=True, slots=True)
class Targets:
    """For one image: (kinds, rows, columns) each."""

    wanted: NDArray[np.uint8]
    """1 where the kind lies in the cell."""
    weight: NDArray[np.float32]
    """Weight of the cell in the loss; 0: don't care."""


def make_targets(shape: tuple[int, int], labels: Iterable[Label], kinds: Sequence[str]) -> Targets:
    """Targets for an image of `shape` (height, width), multiples of the stride.

    A cell belongs to an object that shows in it with at least one pixel; the cells around are not asked for its kind.
    Of cells with an object of a kind that is not among `kinds`, nothing is asked at all.
    The cells of one object share a weight of sqrt(their number), at most 4, so that small ones count.
    """
    rows, columns = shape[0] // STRIDE_PX, shape[1] // STRIDE_PX
    wanted = np.zeros((len(kinds), rows, columns), np.uint8)
    weight = np.ones((len(kinds), rows, columns), np.float32)
    drawn = [(label, covered_cells(label, rows, columns)) for label in labels]
    for label, cells in drawn:
        around = cv2.dilate(cells, np.ones((3, 3), np.uint8)) > 0
        if label.kind not in kinds or trust_in(label) == 0.0:
            weight[:, around] = 0.0
        else:
            channel = kinds.index(label.kind)
            weight[channel][around & (wanted[channel] == 0)] = 0.0
    for label, cells in drawn:
        count = int(cells.sum())
        trust = trust_in(label)
        if count and trust > 0.0 and label.kind in kinds:
            channel = kinds.index(label.kind)
            wanted[channel][cells > 0] = 1
            weight[channel][cells > 0] = trust * min(float(np.sqrt(count)), _MOST_WEIGHT) / count
    return Targets(wanted, weight)


def trust_in(label: Label) -> float:
    """How much an object counts, by its visibility and its severity; 0: nobody can say that it is there."""
    if not label.is_evident:
        return 0.0
    faint = label.snr < FAINT_SNR
    measure, lost_below, faint_below = _visibility(label)
    if measure < lost_below:
        return 0.0
    faint = faint or measure < faint_below
    return (_FAINT_WEIGHT if faint else 1.0) * (_SAFETY_WEIGHT if is_safety(label.kind) else 1.0)


def _visibility(label: Label) -> tuple[float, float, float]:
    """What tells best whether such an object shows: its number, the one that it takes, and the one to be sure."""
    shape = kind_of(label.kind).shape
    pixels = float(np.count_nonzero(label.mask))
    if shape is Shape.STREAK:
        return abs(label.contrast_percent), _LOST_STREAK_PERCENT, _FAINT_STREAK_PERCENT
    if shape is Shape.THIN:
        length_px = max(label.mask.shape)
        return label.snr / np.sqrt(max(1.0, length_px / STRIDE_PX)), _LOST_LINE_SNR, _FAINT_LINE_SNR
    return pixels, _LOST_SPECK_PX + 0.5, _FAINT_SPECK_PX + 0.5


def covered_cells(label: Label, rows: int, columns: int) -> NDArray[np.uint8]:
    """(rows, columns) uint8, 1 where the object's mask has a pixel in the cell."""
    cells = np.zeros((rows, columns), np.uint8)
    ys, xs = np.nonzero(label.mask)
    ys, xs = (ys + label.top_px) // STRIDE_PX, (xs + label.left_px) // STRIDE_PX
    inside = (ys >= 0) & (ys < rows) & (xs >= 0) & (xs < columns)
    cells[ys[inside], xs[inside]] = 1
    return cells
