"""Chooses the score from which a cell counts, for each kind, on webs kept for this purpose alone.

A place counts for or against a kind only if it would be rejected as that kind: what the station measures at full
resolution (a glint of one pixel, a faint patch) has its say here as it has on the line.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web import Material, PlantedObject, View
from inspection.judging.decide import decide
from inspection.model.card import ModelCard
from inspection.model.detectors import open_detector
from inspection.quality.score_sheet import ScoreSheet, near, objects_about
from inspection.recipe.recipe import Recipe, default_recipe
from inspection.values import Box, Defect, Verdict
from inspection.values.kinds import is_nuisance
from inspection.vision.candidates import Storm
from inspection.vision.look import LookSetup, look
from training.data.labels import Label, LabelledImage
from training.data.targets import covered_cells
from training.family import Family, is_safety
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

BLOCKS_PER_WEB = 5
FALSE_ALARM_BUDGET = 0.004
"""Blocks that a kind may have rejected where nothing defective is."""
SAFETY_FALSE_ALARM_BUDGET = 0.002
MISS_BUDGET = 0.02
"""Objects above their limits that the false-alarm budget may cost."""
LOWEST, SAFETY_LOWEST, HIGHEST = 0.25, 0.2, 0.9
"""What may well be a safety defect counts as one, others have to be likely (section 5.1 of the numbers note)."""
LEVELS = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""Thresholds that are tried."""
_NEVER = 2.0
_NUISANCE_FROM = 0.5
_MANY = 400
"""Candidates looked at, as by the shipped recipes; more is a storm."""
_AWAY = np.ones((7, 7), np.uint8)
"""Cells nearer than three to a defect are no proof of a false alarm."""


@dataclass(frozen=True, slots=True)
class ScoreEvidence:
    """What the network said on the webs for choosing."""

    false_peaks: dict[str, list[float]]
    """For each kind and block, the highest score that would reject it without cause; of nuisance, that away from it."""
    object_peaks: dict[str, dict[str, float]]
    """For each kind, by object, the highest score that rejects those that have to be (nuisance: that sees it)."""

    def join(self, other: "ScoreEvidence") -> "ScoreEvidence":
        """Both together."""
        return ScoreEvidence(
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
    card: ModelCard,
    onnx: bytes,
    family: Family,
    blocks: int,
    *,
    workers: int = 1,
    report: Callable[[int], None] = lambda _: None,
) -> ScoreEvidence:
    """Run the network over `blocks` blocks of each of the family's looks, all of the selection webs."""
    evidence = ScoreEvidence({kind: [] for kind in card.kinds}, {kind: {} for kind in card.kinds})
    jobs = [
        (card, onnx, material, view, number, min(BLOCKS_PER_WEB, blocks - number * BLOCKS_PER_WEB))
        for material, view in family.looks
        for number in range(-(-blocks // BLOCKS_PER_WEB))
    ]
    with ExitStack() as stack:
        if workers == 1:
            results: Iterator[ScoreEvidence] = (_of_web(*job) for job in jobs)
        else:
            spawn = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=spawn))
            results = pool.map(_of_web, *zip(*jobs, strict=True))
        done = 0
        for job, of_web in zip(jobs, results, strict=True):
            evidence = evidence.join(of_web)
            done += job[-1]
            report(done)
    return evidence


def _of_web(card: ModelCard, onnx: bytes, material: Material, view: View, number: int, blocks: int) -> ScoreEvidence:
    """The first blocks of one web."""
    cv2.setNumThreads(1)
    detector = open_detector(card, onnx)
    evidence = ScoreEvidence({kind: [] for kind in card.kinds}, {kind: {} for kind in card.kinds})
    sheet = ScoreSheet(default_recipe(material, view), PITCH_UM)
    web = numbered_web(SeedRange.SELECTION, number, material, view, card.kinds)
    for block in range(blocks):
        first_line = block * BLOCK_LINES
        planted = objects_about(web, first_line, BLOCK_LINES)
        image = np.asarray(web.render(first_line, BLOCK_LINES), np.uint8)
        scores = detector.scores(image)
        names = {
            each.key: f"{view}/{number}/{each.key}"
            for each in planted
            if each.is_nuisance or sheet.must_be_rejected(each)
        }
        rejectable = list(_rejectable(image, scores, card, sheet.recipe, PITCH_UM))
        marked = [
            _Marked(each.kind, _box_of(Label.of(each, first_line)), names.get(each.key))
            for each in planted
            if not each.is_nuisance
        ]
        evidence = evidence.join(_of_defects(rejectable, marked, card.kinds))
        evidence = evidence.join(_of_nuisance(scores, planted, names, first_line, card.kinds))
    return evidence


def gather_from(
    card: ModelCard, onnx: bytes, items: Iterable[tuple[LabelledImage, float]], recipe: Recipe
) -> ScoreEvidence:
    """Run the network over labelled images, each with its pixel pitch in um; of nuisance nothing is learnt.

    All objects that somebody is sure of have to be found, as far as their measured sizes would reject them.
    """
    detector = open_detector(card, onnx)
    evidence = ScoreEvidence({kind: [] for kind in card.kinds}, {kind: {} for kind in card.kinds})
    for number, (image, pitch_um) in enumerate(items):
        scores = detector.scores(image.pixels)
        rejectable = list(_rejectable(image.pixels, scores, card, recipe, pitch_um))
        marked = [
            _Marked(label.kind, _box_of(label), f"{number}/{index}" if label.is_evident else None)
            for index, label in enumerate(image.labels)
            if not is_nuisance(label.kind)
        ]
        evidence = evidence.join(_of_defects(rejectable, marked, card.kinds))
    return evidence


def choose(evidence: ScoreEvidence, own: ScoreEvidence | None = None) -> dict[str, float]:
    """For each kind a threshold: see `method`, and `own_method` for evidence from a plant's own images."""
    own = own or ScoreEvidence({}, {})
    return {
        kind: _choose_one(
            max(
                _false_score(peaks.get(kind, ()), is_safety(kind)) for peaks in (evidence.false_peaks, own.false_peaks)
            ),
            [*evidence.object_peaks[kind].values(), *own.object_peaks.get(kind, {}).values()],
            is_safety(kind),
        )
        for kind in evidence.false_peaks
    }


def method(blocks: int) -> str:
    """How `choose` works, for the card."""
    first, end = SeedRange.SELECTION.value
    return (
        f"On {blocks} simulated blocks of each look, seeds {first} to {end - 1}, not used in training: A is the score "
        f"from which {FALSE_ALARM_BUDGET:.1%} of the blocks ({SAFETY_FALSE_ALARM_BUDGET:.1%} for safety kinds) would "
        f"be rejected as this kind, by sizes measured and default limits, where nothing defective is; B the one that "
        f"all but {MISS_BUDGET:.1%} reach of the objects that have to be rejected and are at any score. A safety "
        f"kind's threshold is A, at least {SAFETY_LOWEST}. Another's is A where B is below it, else midway between "
        "them on the logit scale, "
        f"within {LOWEST} to {HIGHEST}. For nuisance kinds A is the score away from nuisance, B that on it."
    )


def own_method(images: int, evidence: ScoreEvidence) -> str:
    """How a plant's own images took part, for the card."""
    objects = sum(len(peaks) for peaks in evidence.object_peaks.values())
    return (
        f" The same was done on {images} images with {objects} objects that were held out of the plant's own: of both "
        "A's the higher one counts, B is that of all objects together."
    )


def _false_score(false_peaks: Sequence[float], is_safety_kind: bool) -> float:
    budget = SAFETY_FALSE_ALARM_BUDGET if is_safety_kind else FALSE_ALARM_BUDGET
    return float(np.quantile(false_peaks, 1.0 - budget)) if false_peaks else 0.0


def _choose_one(false: float, object_peaks: Sequence[float], is_safety_kind: bool) -> float:
    if is_safety_kind:
        return round(float(np.clip(false, SAFETY_LOWEST, HIGHEST)), 3)
    # What no score rejects, no threshold will find.
    seen = [peak for peak in object_peaks if peak > 0.0]
    reached = float(np.quantile(seen, MISS_BUDGET)) if seen else HIGHEST
    false, reached = (float(np.clip(score, 1e-4, 1.0 - 1e-4)) for score in (false, reached))
    midway = 1.0 / (1.0 + np.exp(-0.5 * (_logit(false) + _logit(reached))))
    return round(float(np.clip(midway if reached > false else false, LOWEST, HIGHEST)), 3)


def _rejectable(
    image: NDArray[np.uint8], scores: NDArray[np.float32], card: ModelCard, recipe: Recipe, pitch_um: float
) -> Iterator[tuple[str, float, float, Defect]]:
    """(kind, level, score, what was measured) for each place that would be rejected as that kind at that level.

    Every kind is tried by itself at each level: at low levels places grow together, at high ones they fall apart.
    """
    nuisance = {kind: _NUISANCE_FROM for kind in card.kinds if is_nuisance(kind)}
    setup = LookSetup(
        kinds=card.kinds,
        thresholds=dict.fromkeys(card.kinds, _NEVER) | nuisance,
        stride=card.stride,
        max_candidates=_MANY,
        psf_sigma_px=recipe.image.psf_sigma_px,
        layout=recipe.layout,
        pitch_x_um=pitch_um,
        pitch_y_um=pitch_um,
    )
    for channel, kind in enumerate(card.kinds):
        for level in LEVELS:
            if is_nuisance(kind) or level > scores[channel].max():
                break
            alone = replace(setup, thresholds={**setup.thresholds, kind: level})
            found = look(image, scores, alone, only=kind)
            if isinstance(found, Storm):
                continue  # the threshold will never be so low
            for sighting in found:
                verdict, _ = decide([sighting.defect], recipe, pitch_um)
                if verdict is Verdict.REJECT:
                    yield kind, level, sighting.scores[kind], sighting.defect


@dataclass(frozen=True, slots=True)
class _Marked:
    """A defect that is known to lie in an image."""

    kind: str
    box: Box
    name: str | None
    """Unique, of one that has to be found; None: it need not be, and is no false alarm either."""


def _box_of(label: Label) -> Box:
    return Box(label.left_px, label.top_px, label.right_px, label.bottom_px)


def _of_defects(
    rejectable: Sequence[tuple[str, float, float, Defect]], marked: Sequence[_Marked], kinds: Sequence[str]
) -> ScoreEvidence:
    """Evidence from one image."""
    false: dict[str, list[float]] = {kind: [] if is_nuisance(kind) else [0.0] for kind in kinds}
    objects: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
    for each in marked:
        if each.name is not None and each.kind in objects:
            objects[each.kind][each.name] = 0.0
    for kind, level, score, seen in rejectable:
        touched = [each for each in marked if near(each.box, seen.box)]
        if not touched:
            false[kind][0] = max(false[kind][0], score)
        for each in touched:
            if each.kind == kind and each.name is not None:
                objects[kind][each.name] = max(objects[kind][each.name], level)
    return ScoreEvidence(false, objects)


def _of_nuisance(
    scores: NDArray[np.float32],
    planted: Sequence[PlantedObject],
    names: dict[str, str],
    first_line: int,
    kinds: Sequence[str],
) -> ScoreEvidence:
    """Evidence from one block, cell by cell: nuisance is not measured."""
    rows, columns = scores.shape[1:]
    cells = {
        each.key: covered_cells(Label.of(each, first_line), rows, columns) > 0 for each in planted if each.is_nuisance
    }
    taken = np.zeros((rows, columns), np.uint8)
    for covered in cells.values():
        taken |= covered.astype(np.uint8)
    free = cv2.dilate(taken, _AWAY) == 0
    false: dict[str, list[float]] = {kind: [] for kind in kinds}
    objects: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
    for channel, kind in enumerate(kinds):
        if is_nuisance(kind):
            false[kind] = [float(scores[channel][free].max(initial=0.0))]
    for each in planted:
        if each.is_nuisance and each.kind in objects and cells[each.key].any():
            objects[each.kind][names[each.key]] = float(scores[kinds.index(each.kind)][cells[each.key]].max())
    return ScoreEvidence(false, objects)


def _logit(score: float) -> float:
    return float(np.log(score / (1.0 - score)))
