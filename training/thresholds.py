"""Chooses the score from which a cell counts, for each kind, on webs kept for this purpose alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.card import ModelCard
from inspection.onnx_detector import OnnxDetector
from inspection.recipe import default_recipe
from inspection.scoring import ScoreSheet
from training.family import Family, is_safety
from training.labels import Label
from training.targets import make_targets
from training.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

BLOCKS_PER_WEB = 5
FALSE_ALARM_BUDGET = 0.001
"""Blocks in which a kind may be seen where nothing defective is."""
MISS_BUDGET = 0.005
SAFETY_MISS_BUDGET = 0.002
LOWEST, HIGHEST = 0.05, 0.9
_AWAY = np.ones((7, 7), np.uint8)
"""Cells nearer than three to a defect are no proof of a false alarm."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network said on the webs for choosing."""

    false_peaks: dict[str, list[float]]
    """For each kind and block, the highest score away from defects."""
    object_peaks: dict[str, list[float]]
    """For each kind, the highest score on each object that has to be rejected (nuisance: on each)."""

    def join(self, other: "Evidence") -> "Evidence":
        """Both together."""
        return Evidence(
            {kind: self.false_peaks[kind] + other.false_peaks[kind] for kind in self.false_peaks},
            {kind: self.object_peaks[kind] + other.object_peaks[kind] for kind in self.object_peaks},
        )


def gather(
    card: ModelCard, onnx: bytes, family: Family, blocks: int, report: Callable[[int], None] = lambda _: None
) -> Evidence:
    """Run the network over `blocks` blocks of each of the family's looks, all of the selection webs."""
    detector = OnnxDetector(card, onnx)
    evidence = Evidence({kind: [] for kind in card.kinds}, {kind: [] for kind in card.kinds})
    done = 0
    for material, view in family.looks:
        sheet = ScoreSheet(default_recipe(material, view), PITCH_UM)
        for number in range(-(-blocks // BLOCKS_PER_WEB)):
            web = numbered_web(SeedRange.SELECTION, number, material, view)
            for block in range(min(BLOCKS_PER_WEB, blocks - number * BLOCKS_PER_WEB)):
                first_line = block * BLOCK_LINES
                planted = web.objects(first_line, BLOCK_LINES)
                scores = detector.scores(np.asarray(web.render(first_line, BLOCK_LINES), np.uint8))
                count = [each.is_nuisance or sheet.must_be_rejected(each) for each in planted]
                labels = [Label.of(each, first_line) for each in planted]
                evidence = evidence.join(_evidence(scores, labels, count, card.kinds))
                done += 1
                report(done)
    return evidence


def choose(evidence: Evidence) -> dict[str, float]:
    """For each kind a threshold: see `method`."""
    return {
        kind: _choose_one(
            evidence.false_peaks[kind],
            evidence.object_peaks[kind],
            SAFETY_MISS_BUDGET if is_safety(kind) else MISS_BUDGET,
        )
        for kind in evidence.false_peaks
    }


def method(blocks: int) -> str:
    """How `choose` works, for the card."""
    first, end = SeedRange.SELECTION.value
    return (
        f"On {blocks} simulated blocks of each look, seeds {first} to {end - 1}, not used in training: A is the score "
        f"that is exceeded away from defects in {FALSE_ALARM_BUDGET:.1%} of the blocks; B the one that all but "
        f"{MISS_BUDGET:.1%} ({SAFETY_MISS_BUDGET:.1%} for safety kinds) of the objects reach that have to be rejected. "
        f"The threshold is B where A is above it, else midway between them on the logit scale, "
        f"within {LOWEST} to {HIGHEST}."
    )


def _choose_one(false_peaks: Sequence[float], object_peaks: Sequence[float], miss_budget: float) -> float:
    false = float(np.quantile(false_peaks, 1.0 - FALSE_ALARM_BUDGET)) if false_peaks else LOWEST
    reached = float(np.quantile(object_peaks, miss_budget)) if object_peaks else HIGHEST
    false, reached = (float(np.clip(score, 1e-4, 1.0 - 1e-4)) for score in (false, reached))
    middle = 0.5 * (_logit(false) + _logit(reached))
    chosen = reached if false >= reached else 1.0 / (1.0 + np.exp(-middle))
    return round(float(np.clip(chosen, LOWEST, HIGHEST)), 3)


def _evidence(
    scores: NDArray[np.float32], labels: Sequence[Label], counts: Sequence[bool], kinds: Sequence[str]
) -> Evidence:
    shape = (BLOCK_LINES, scores.shape[2] * BLOCK_LINES // scores.shape[1])
    cells = [make_targets(shape, [_plain(label)], kinds).wanted.max(axis=0) > 0 for label in labels]
    defective = np.zeros(scores.shape[1:], np.uint8)
    for number, label in enumerate(labels):
        if not label.kind.startswith("N"):
            defective |= cells[number].astype(np.uint8)
    free = cv2.dilate(defective, _AWAY) == 0
    false = {kind: [float(scores[channel][free].max(initial=0.0))] for channel, kind in enumerate(kinds)}
    objects: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number, (label, is_counted) in enumerate(zip(labels, counts, strict=True)):
        if is_counted and cells[number].any():
            objects[label.kind].append(float(scores[kinds.index(label.kind)][cells[number]].max()))
    return Evidence(false, objects)


def _plain(label: Label) -> Label:
    """The same as if it were plain to see, so that it has cells."""
    return Label(label.kind, label.top_px, label.left_px, label.mask, 100.0, 100.0)


def _logit(score: float) -> float:
    return float(np.log(score / (1.0 - score)))
