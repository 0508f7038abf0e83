"""Pixelwise metrics in bounded memory: scores are counted by level, not kept.

A score's level is its place on the logit scale from -18 to 18, cut in 65,536 steps of 0.00055: near 0 and near 1,
where networks put most pixels, steps are far finer than a score's own meaning. What falls on one level is a tie.
Against exact computation the metrics differ by less than 1e-4.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.report.ranking import average_precision_of_counts

LEVELS = 65_536
_LARGEST_LOGIT = 18.0
"""A 32-bit score cannot come nearer to 1 than a logit of 16.6."""
_FPR_LIMIT = 0.3


def level_of(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Levels from 0 to 65,535, rising with the score; scores from 0 to 1 in any shape.

    >>> level_of(np.array([0.0, 0.5, 1.0])).tolist()
    [0, 32768, 65535]
    """
    ends = 1.0 / (1.0 + np.exp(_LARGEST_LOGIT))
    inside = np.clip(np.asarray(scores, np.float64), ends, 1.0 - ends)
    logit = np.log(inside / (1.0 - inside))
    scaled = np.rint((logit / _LARGEST_LOGIT + 1.0) * 0.5 * (LEVELS - 1))
    return np.asarray(np.clip(scaled, 0, LEVELS - 1), np.int64)


def score_of(level: int) -> float:
    """The score in the middle of a level.

    >>> round(score_of(int(level_of(np.array(0.25)))), 3)
    0.25
    """
    logit = (2.0 * level / (LEVELS - 1) - 1.0) * _LARGEST_LOGIT
    return float(1.0 / (1.0 + np.exp(-logit)))


def at_image_size(scores: NDArray[np.float32], stride: int, height: int, width: int) -> NDArray[np.float32]:
    """A score map, (rows, columns) of cells, as (height, width): bilinear between the cells' middles."""
    rows, columns = scores.shape
    full = cv2.resize(scores, (columns * stride, rows * stride), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[:height, :width], np.float32)


class LevelCounts:
    """How many pixels on and off the objects have which level of score."""

    def __init__(self) -> None:
        self._on = np.zeros(LEVELS, np.int64)
        self._off = np.zeros(LEVELS, np.int64)

    def add(self, scores: NDArray[np.float32], mask: NDArray[np.bool_]) -> None:
        """Count one image: scores and mask of the objects, (height, width) each."""
        level = level_of(scores)
        self._on += np.bincount(level[mask], minlength=LEVELS)
        self._off += np.bincount(level[~mask], minlength=LEVELS)

    def average_precision(self) -> float | None:
        """Over all pixels of all images (see `ranking`). None without a pixel on an object."""
        return average_precision_of_counts(self._on, self._off)

    def intersection_over_union(self, threshold: float) -> float | None:
        """Overlap of the pixels from `threshold` on with the objects' (Jaccard 1912). None without an object."""
        ious = self._all_ious()
        return None if ious is None else float(ious[int(level_of(np.array(threshold)))])

    def best_threshold(self) -> float | None:
        """The one with the largest intersection over union on these very images. None without an object."""
        ious = self._all_ious()
        return None if ious is None else score_of(int(np.argmax(ious)))

    def _all_ious(self) -> NDArray[np.float64] | None:
        """(levels,) for a threshold at each level."""
        objects = int(self._on.sum())
        if not objects:
            return None
        both = np.cumsum(self._on[::-1])[::-1]
        either = objects + np.cumsum(self._off[::-1])[::-1]
        return np.asarray(both / either, np.float64)


class RegionOverlap:
    """Per-region overlap against false positives, for AUPRO.

    After Bergmann et al. 2021 (The MVTec Anomaly Detection Dataset, IJCV 129, section 5.2): at each threshold, the
    part found of each connected region of the ground truth (8-connected), averaged over regions of all images, so that
    small ones count as large ones do; against the false positive rate of all pixels off the regions.
    """

    def __init__(self) -> None:
        self.regions = 0
        self._overlap = np.zeros(LEVELS, np.float64)
        self._off = np.zeros(LEVELS, np.int64)

    def add(self, scores: NDArray[np.float32], mask: NDArray[np.bool_]) -> None:
        """Count one image: scores and mask of the objects, (height, width) each, at the image's own size."""
        level = level_of(scores)
        count, region = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        on = region > 0
        sizes = np.bincount(region[on], minlength=count).astype(np.float64)
        self.regions += count - 1
        self._overlap += np.bincount(level[on], weights=1.0 / sizes[region[on]], minlength=LEVELS)
        self._off += np.bincount(level[~on], minlength=LEVELS)

    def area(self, fpr_limit: float = _FPR_LIMIT) -> float | None:
        """Area under the mean overlap from false positive rate 0 to the limit, divided by the limit.

        None without a region or without a pixel off them.
        """
        if not self.regions or not self._off.sum():
            return None
        overlap = np.concatenate([[0.0], np.cumsum(self._overlap[::-1])]) / self.regions
        fpr = np.concatenate([[0.0], np.cumsum(self._off[::-1])]) / self._off.sum()
        below = fpr <= fpr_limit
        at_limit = float(np.interp(fpr_limit, fpr, overlap))
        heights = np.append(overlap[below], at_limit)
        return float(np.trapezoid(heights, np.append(fpr[below], fpr_limit))) / fpr_limit
