"""Fits what names objects (`inspection.judging.name_classifier`), on simulated objects that the model itself found.

It learns from webs of the range for training, of which only blocks with an object to reject are rendered; every fifth
web is kept to say how well it names what it has not seen.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from camera.web.settings import Material, View
from inspection.judging.decide import decide
from inspection.judging.name_classifier import NameClassifier, features_of
from inspection.judging.naming import named
from inspection.model.card import NameWeights
from inspection.model.detector import Detector
from inspection.model.detectors import open_detector
from inspection.model.shelf import Model
from inspection.quality.score_sheet import ScoreSheet, objects_about, touches
from inspection.recipe.recipe import default_recipe
from inspection.values import Defect, Verdict
from inspection.values.kinds import Shape, kind_of
from inspection.vision.candidates import Storm
from inspection.vision.look import LookSetup, look
from training.errors import DataError
from training.evaluation.report.intervals import Proportion
from training.family import Family
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

BLOCKS_PER_WEB = 20
KEPT = 5
"""Each such web tells how well the others taught."""
FEWEST_OF_A_KIND = 10
"""Fewest objects: nothing is learnt from fewer."""
_DECAY = 1e-4
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """An object that the model found, and would reject."""

    kind: str
    """What it is."""
    called: str
    """By the network's scores."""
    features: NDArray[np.float64]
    web: int


def named_kinds(family: Family) -> tuple[str, ...]:
    """The family's kinds that are compact: these are what is mixed up.

    >>> from training.family import family_of
    >>> named_kinds(family_of("separator"))
    ('S01', 'S02', 'S03', 'S04', 'S06', 'S07', 'S08', 'S10', 'S13')
    """
    return tuple(kind for kind in family.kinds if kind_of(kind).shape is Shape.BLOB)


def gather_samples(
    model: Model, family: Family, webs: int, *, workers: int = 1, report: Callable[[], None] = lambda: None
) -> list[Sample]:
    """What the model finds on `webs` webs of each of the family's looks; `report` is called after each web."""
    jobs = [(model, family, material, view, number) for material, view in family.looks for number in range(webs)]
    samples: list[Sample] = []
    if workers == 1:
        for job in jobs:
            samples += _of_web(*job)
            report()
        return samples
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(_of_web, *zip(*jobs, strict=True)):
            samples += found
            report()
    return samples


def fit_names(samples: Iterable[Sample], kinds: tuple[str, ...]) -> NameWeights:
    """The classifier, of those of `kinds` that there are objects enough of. Raises DataError for fewer than two."""
    samples = list(samples)
    counts = {kind: sum(each.kind == kind for each in samples) for kind in kinds}
    enough = tuple(kind for kind in kinds if counts[kind] >= FEWEST_OF_A_KIND)
    if len(enough) < 2:
        few = ", ".join(f"{kind} {count}" for kind, count in counts.items())
        raise DataError(
            f"The names: expected at least {FEWEST_OF_A_KIND} objects of two kinds, found {few}. Give more webs."
        )
    columns = [*(kinds.index(kind) for kind in enough), *range(len(kinds), len(samples[0].features))]
    usable = [each for each in samples if each.kind in enough]
    features = np.stack([each.features[columns] for each in usable])
    wanted = np.array([enough.index(each.kind) for each in usable])
    is_kept = np.array([each.web % KEPT == 0 for each in usable])
    taught = NameClassifier(_regression(features[~is_kept], wanted[~is_kept], enough, ""))
    right = [
        int(np.argmax(taught.logits(row))) == answer
        for row, answer in zip(features[is_kept], wanted[is_kept], strict=True)
    ]
    before = [each.called == each.kind for each, kept in zip(usable, is_kept, strict=True) if kept]
    method = (
        f"Multinomial logistic regression on {len(usable)} simulated objects of webs with seeds "
        f"{SeedRange.TRAINING.value[0]} to {SeedRange.TRAINING.value[1] - 1} that the model rejects. Fitted to four "
        f"fifths of the webs it names right, of the objects on the others, {Proportion(sum(right), len(right))}; the "
        f"highest score alone {sum(before)}."
    )
    return _regression(features, wanted, enough, method)


def _of_web(model: Model, family: Family, material: Material, view: View, number: int) -> list[Sample]:
    cv2.setNumThreads(1)
    recipe, card = default_recipe(material, view), model.card
    kinds = named_kinds(family)
    sheet = ScoreSheet(recipe, PITCH_UM)
    detector = open_detector(card, model.onnx)
    web = numbered_web(SeedRange.TRAINING, number, material, view, card.kinds)
    samples: list[Sample] = []
    for first_line in range(0, BLOCKS_PER_WEB * BLOCK_LINES, BLOCK_LINES):
        planted = [each for each in objects_about(web, first_line, BLOCK_LINES) if not each.is_nuisance]
        due = [each for each in planted if each.kind in kinds and sheet.must_be_rejected(each)]
        if not due:
            continue
        image = np.asarray(web.render(first_line, BLOCK_LINES), np.uint8)
        for defect, features in _found(detector, model, image, material, view, kinds):
            there = [each for each in planted if touches(each, first_line, defect.box)]
            if len(there) == 1 and there[0] in due:
                samples.append(Sample(there[0].kind, defect.kind, features, number))
    return samples


def _found(
    detector: Detector,
    model: Model,
    image: NDArray[np.uint8],
    material: Material,
    view: View,
    kinds: tuple[str, ...],
) -> Iterator[tuple[Defect, NDArray[np.float64]]]:
    """Compact defects that would be rejected, as the station names them without a classifier, with their features."""
    card, recipe = model.card, default_recipe(material, view)
    setup = LookSetup(
        kinds=card.kinds,
        thresholds=card.thresholds,
        stride=card.stride,
        max_candidates=recipe.storm.max_candidates,
        psf_sigma_px=recipe.image.psf_sigma_px,
        layout=recipe.layout,
        pitch_x_um=PITCH_UM,
        pitch_y_um=PITCH_UM,
    )
    found = look(image, detector.scores(image), setup)
    if isinstance(found, Storm):
        return
    for sighting in found:
        scores = sighting.scores
        defect = named(sighting.defect, scores, card.thresholds, recipe, PITCH_UM)
        if defect.kind in kinds and decide([defect], recipe, PITCH_UM)[0] is Verdict.REJECT:
            yield defect, features_of(defect, scores, kinds)


def _regression(
    features: NDArray[np.float64], wanted: NDArray[np.int64], kinds: tuple[str, ...], method: str
) -> NameWeights:
    """features: (n, features); wanted: (n,) numbers of kinds. The same input gives the same weights."""
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    weights, bias = logistic((features - mean) / scale, wanted, len(kinds))
    return NameWeights(
        kinds=kinds,
        mean=rounded(mean),
        scale=rounded(scale),
        weights=tuple(rounded(row) for row in weights),
        bias=rounded(bias),
        method=method,
    )


def logistic(
    features: NDArray[np.float64], wanted: NDArray[np.int64], kinds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(kinds, features) weights and (kinds,) bias of a multinomial logistic regression with a little decay.

    features: (n, features), each of mean 0 and deviation 1; wanted: (n,) numbers of kinds.
    """
    inputs, answers = torch.from_numpy(features), torch.from_numpy(wanted)
    weights = torch.zeros((kinds, features.shape[1]), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(kinds, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        cost = torch.nn.functional.cross_entropy(inputs @ weights.T + bias, answers) + _DECAY * weights.square().sum()
        cost.backward()  # type: ignore[no-untyped-call]
        return cost

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return np.asarray(weights.detach().numpy()), np.asarray(bias.detach().numpy())


def rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    """As a card holds them."""
    return tuple(round(float(value), _DIGITS) for value in values)
