"""Counts pixels of many images for the pixelwise figures; nothing of an image is kept."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.model.card import ModelCard
from inspection.model.detector import ScoreMap
from inspection.values.kinds import is_nuisance
from training.data.labels import Label
from training.evaluation.report.evidence import KindOverlap, PixelFigures
from training.evaluation.report.pixels import LevelCounts, RegionOverlap, at_image_size


class PixelTally:
    """For one model; the score of a pixel is the highest of any kind of defect there."""

    def __init__(self, card: ModelCard, data_kinds: Iterable[str]) -> None:
        self._card = card
        self._defects = [channel for channel, kind in enumerate(card.kinds) if not is_nuisance(kind)]
        self._images = 0
        self._any_kind = LevelCounts()
        self._regions = RegionOverlap()
        known = set(data_kinds)
        self._by_kind = {
            card.kinds[channel]: LevelCounts() for channel in self._defects if card.kinds[channel] in known
        }

    def add(self, scores: ScoreMap, labels: Sequence[Label], shape: tuple[int, int]) -> None:
        """Count one image of `shape` (height, width), whose labels are complete."""
        self._images += 1
        masks: dict[str, NDArray[np.bool_]] = {}
        for label in labels:
            _draw(masks.setdefault(label.kind, np.zeros(shape, np.bool_)), label)
        nothing = np.zeros(shape, np.bool_)
        stride = self._card.stride
        highest = at_image_size(scores[self._defects].max(axis=0), stride, *shape)
        anywhere = np.any(list(masks.values()), axis=0) if masks else nothing
        self._any_kind.add(highest, anywhere)
        self._regions.add(highest, anywhere)
        for kind, counts in self._by_kind.items():
            own = at_image_size(scores[self._card.kinds.index(kind)], stride, *shape)
            counts.add(own, masks.get(kind, nothing))

    def figures(self) -> PixelFigures | None:
        """None without an image whose pixels are known."""
        if not self._images:
            return None
        overlaps = {}
        for kind, counts in self._by_kind.items():
            threshold, best = self._card.thresholds[kind], counts.best_threshold()
            iou = counts.intersection_over_union(threshold)
            best_iou = None if best is None else counts.intersection_over_union(best)
            if iou is not None and best is not None and best_iou is not None:
                overlaps[kind] = KindOverlap(iou, threshold, best_iou, best)
        return PixelFigures(
            self._images, self._regions.regions, self._any_kind.average_precision(), self._regions.area(), overlaps
        )


def _draw(mask: NDArray[np.bool_], label: Label) -> None:
    """Set the object's pixels that lie in the mask."""
    top, left = max(0, label.top_px), max(0, label.left_px)
    bottom, right = min(mask.shape[0], label.bottom_px), min(mask.shape[1], label.right_px)
    if top < bottom and left < right:
        mask[top:bottom, left:right] |= label.mask[
            top - label.top_px : bottom - label.top_px, left - label.left_px : right - label.left_px
        ]
