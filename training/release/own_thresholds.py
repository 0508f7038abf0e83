"""Thresholds of a model of a plant's own data, chosen on images that were kept from the fit.

Where defects are marked, a kind's threshold is the one whose outlines cover the marked ones best. Whatever that is, no
more good images may be rejected than wanted: on them the threshold rises until that holds. Few good images say little
about rare false rejects, and the card says how little.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.labels import LabelledImage, unsure_cells
from training.evaluation.report.escape_curve import threshold_at
from training.evaluation.report.intervals import Proportion
from training.evaluation.report.pixels import LevelCounts, at_image_size

_USUAL = 0.5
_STEPS = 1_000_000
_LOWEST, _HIGHEST = 0.001, 1.0 - 2.0 / _STEPS


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a card says of thresholds."""

    thresholds: dict[str, float]
    method: str
    metrics: dict[str, Any]
    """On the same images."""


def choose_own(
    kinds: Sequence[str],
    seen: Iterable[tuple[LabelledImage, NDArray[np.float32]]],
    stride: int,
    false_reject_rate: float,
) -> Chosen:
    """`seen`: each image with its scores (kinds, rows, columns); `false_reject_rate`: of the good ones, wanted."""
    outlines = {kind: LevelCounts() for kind in kinds}
    marked = dict.fromkeys(kinds, 0)
    good_peaks: list[NDArray[np.float32]] = []
    images = 0
    for image, scores in seen:
        images += 1
        height, width = image.pixels.shape
        if not image.labels:
            good_peaks.append(scores.max(axis=(1, 2)))
        scores = np.where(unsure_cells(image.labels, stride, scores.shape[1:]), np.float32(0.0), scores)
        for channel, kind in enumerate(kinds):
            on = np.zeros((height, width), np.bool_)
            for label in image.labels:
                if label.is_evident and label.kind == kind:
                    marked[kind] += 1
                    on[label.top_px : label.bottom_px, label.left_px : label.right_px] |= label.mask
            outlines[kind].add(at_image_size(scores[channel], stride, height, width), on)
    peaks = np.array(good_peaks, np.float64).reshape(-1, len(kinds))
    thresholds = {}
    for channel, kind in enumerate(kinds):
        best = outlines[kind].best_threshold()
        lowest = threshold_at(peaks[:, channel], false_reject_rate / len(kinds)) if len(peaks) else 0.0
        wanted = max(best if best is not None else 0.0, lowest) or _USUAL
        # Half a step above at least: the station compares with 32 bits.
        thresholds[kind] = float(np.ceil(_STEPS * np.clip(wanted, _LOWEST, _HIGHEST) + 0.5)) / _STEPS
    limits = np.array([thresholds[kind] for kind in kinds])
    rejects = Proportion(int((peaks >= limits).any(axis=1).sum()), len(peaks)) if len(peaks) else None
    metrics: dict[str, Any] = {"validation_images": images, "validation_objects": marked}
    metrics["validation_iou"] = {
        kind: round(iou, 4)
        for kind in kinds
        if (iou := outlines[kind].intersection_over_union(thresholds[kind])) is not None
    }
    if rejects is not None:
        metrics["validation_false_rejects"] = {"count": rejects.count, "total": rejects.total}
    return Chosen(thresholds, _method(images, sum(marked.values()), false_reject_rate, rejects), metrics)


def _method(images: int, objects: int, wanted: float, rejects: Proportion | None) -> str:
    words = f"On {images} images kept from training"
    if objects:
        words += f", {objects} objects marked on them: of each kind the score whose outlines overlap most with theirs"
    if rejects is None:
        return f"{words}. None of them is good: nothing is known of false rejects."
    words += ", raised" if objects else ": the lowest score"
    until = " until it" if objects else " that"
    return (
        f"{words}{until} rejects at most {100.0 * wanted:g} % of the good ones. Rejected of these: {rejects} "
        "(Clopper and Pearson)."
    )
