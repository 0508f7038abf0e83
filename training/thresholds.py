"""Chooses the score from which a cell counts, for each kind, on webs kept for this purpose alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.card import ModelCard
from inspection.kinds import is_nuisance
from inspection.onnx_detector import OnnxDetector
from inspection.recipe import default_recipe
from inspection.scoring import ScoreSheet
from training.family import Family, is_safety
from training.labels import Label
from training.targets import covered_cells
from training.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

BLOCKS_PER_WEB = 5
FALSE_ALARM_BUDGET = 0.001
"""Blocks in which a kind may be seen where nothing defective is."""
MISS_BUDGET = 0.02
"""Objects above their limits that the false-alarm budget may cost."""
SAFETY_MISS_BUDGET = 0.005
LOWEST, HIGHEST = 0.05, 0.9
_AWAY = np.ones((7, 7), np.uint8)
"""Cells nearer than three to a defect are no proof of a false alarm."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network said on the webs for choosing."""

    false_peaks: dict[str, list[float]]
    """For each kind and block, the highest score away from defects; for nuisance kinds, away from nuisance."""
    object_peaks: dict[str, dict[str, float]]
    """For each kind, by object, the highest score on those that have to be rejected (nuisance: on each)."""

    def join(self, other: "Evidence") -> "Evidence":
        """Both together."""
        return Evidence(
            {kind: self.false_peaks[kind] + other.false_peaks[kind] for kind in self.false_peaks},
            {
                kind: {
                    key: max(peaks.get(key, 0.0), other.object_peaks[kind].get(key, 0.0))
                    for key in peaks | other.object_peaks[kind]
                }
                for kind, peaks in self.object_peaks.items()
            },
        )


def gather(
    card: ModelCard, onnx: bytes, family: Family, blocks: int, report: Callable[[int], None] = lambda _: None
) -> Evidence:
    """Run the network over `blocks` blocks of each of the family's looks, all of the selection webs."""
    detector = OnnxDetector(card, onnx)
    evidence = Evidence({kind: [] for kind in card.kinds}, {kind: {} for kind in card.kinds})
    done = 0
    for material, view in family.looks:
        sheet = ScoreSheet(default_recipe(material, view), PITCH_UM)
        for number in range(-(-blocks // BLOCKS_PER_WEB)):
            web = numbered_web(SeedRange.SELECTION, number, material, view)
            for block in range(min(BLOCKS_PER_WEB, blocks - number * BLOCKS_PER_WEB)):
                first_line = block * BLOCK_LINES
                planted = web.objects(first_line, BLOCK_LINES)
                scores = detector.scores(np.asarray(web.render(first_line, BLOCK_LINES), np.uint8))
                names = [
                    f"{view}/{number}/{each.key}" if each.is_nuisance or sheet.must_be_rejected(each) else None
                    for each in planted
                ]
                labels = [Label.of(each, first_line) for each in planted]
                evidence = evidence.join(_evidence(scores, labels, names, card.kinds))
                done += 1
                report(done)
    return evidence


def choose(evidence: Evidence) -> dict[str, float]:
    """For each kind a threshold: see `method`."""
    return {
        kind: _choose_one(
            evidence.false_peaks[kind],
            list(evidence.object_peaks[kind].values()),
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
        f"The threshold is A where B is below it, else midway between them on the logit scale, "
        f"within {LOWEST} to {HIGHEST}. For nuisance kinds, A is that away from nuisance."
    )


def _choose_one(false_peaks: Sequence[float], object_peaks: Sequence[float], miss_budget: float) -> float:
    false = float(np.quantile(false_peaks, 1.0 - FALSE_ALARM_BUDGET)) if false_peaks else LOWEST
    reached = float(np.quantile(object_peaks, miss_budget)) if object_peaks else HIGHEST
    false, reached = (float(np.clip(score, 1e-4, 1.0 - 1e-4)) for score in (false, reached))
    middle = 0.5 * (_logit(false) + _logit(reached))
    chosen = false if false >= reached else 1.0 / (1.0 + np.exp(-middle))
    return round(float(np.clip(chosen, LOWEST, HIGHEST)), 3)


def _evidence(
    scores: NDArray[np.float32], labels: Sequence[Label], names: Sequence[str | None], kinds: Sequence[str]
) -> Evidence:
    """Of one block; `names`: None for objects that need not be found."""
    rows, columns = scores.shape[1:]
    cells = [covered_cells(label, rows, columns) > 0 for label in labels]
    # A defect may look like one of another kind, and nuisance like other nuisance, but neither like the other.
    free = {
        is_nuisance(kind): _away_from(
            [each for label, each in zip(labels, cells, strict=True) if is_nuisance(label.kind) is is_nuisance(kind)],
            (rows, columns),
        )
        for kind in kinds
    }
    false = {
        kind: [float(scores[channel][free[is_nuisance(kind)]].max(initial=0.0))] for channel, kind in enumerate(kinds)
    }
    objects: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
    for label, name, covered in zip(labels, names, cells, strict=True):
        if name is not None and covered.any():
            objects[label.kind][name] = float(scores[kinds.index(label.kind)][covered].max())
    return Evidence(false, objects)


def _away_from(objects: Sequence[NDArray[np.bool_]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells at least three away from each of the objects."""
    taken = np.zeros(shape, np.uint8)
    for cells in objects:
        taken |= cells.astype(np.uint8)
    return np.asarray(cv2.dilate(taken, _AWAY) == 0)


def _logit(score: float) -> float:
    return float(np.log(score / (1.0 - score)))
