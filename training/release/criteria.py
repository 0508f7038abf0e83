"""What has to hold before a model replaces the one in service, shown on this machine.

* **Parity**: ONNX Runtime's scores are PyTorch's, within the tolerance, computed again here from the run's network.
* **Speed**: at least 80 % of the current model's, both measured in turn; where there is none, what line speed takes.
* **No worse**: not one safety object (S1) fewer found, recall at most 1 point lower, false rejects at most 0.3 points
  more. Models of the shipped families show it for each material on the same simulated webs, with the kinds that the
  current one names, and lose none of the sample images that it judges rightly; those that learnt from a plant's own
  images show it on images of these that they never saw.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera.web.settings import Material
from inspection.model.detectors import open_detector
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.text_file import TextError, read_table
from inspection.values import Verdict
from training.data.pictures import read_grey
from training.errors import DataError, ExportError
from training.evaluation.report.by_recipe import asking_for, inspect_alone, judge_by_recipe
from training.evaluation.report.by_scores import judge, without_nuisance
from training.evaluation.report.counts import Trials, false_rejects, found, found_safety
from training.evaluation.report.evidence import DataIdentity
from training.evaluation.report.intervals import Proportion
from training.evaluation.simulated_web import WebResult, all_judged, by_material, evaluate
from training.family import OWN
from training.fitting.run_folder import load_run, read_run
from training.networks.networks import NetworkName
from training.release.contender import Contender
from training.release.exporting import PARITY_TILES, check_parity, parity_tiles
from training.release.own_kinds import tiles_of
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

LEAST_RELATIVE_SPEED = 0.8
LEAST_MPX_S: Mapping[NetworkName, float] = {"web": 50.0, "fine": 25.0, "anomaly": 25.0, "auditor": 2.5}
"""In one thread, where there is no current model."""
RECALL_MARGIN = 0.01
FALSE_REJECT_MARGIN = 0.003
FEWEST = 30
"""Objects, and good blocks, on which a comparison says something."""
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that has to hold."""

    name: str
    is_met: bool
    sentence: str
    """With the figures."""


def judge_parity(contender: Contender) -> Criterion:
    """ONNX Runtime against PyTorch, on tiles of the family's webs or of the plant's own images."""
    card = contender.model.card
    run, network = load_run(contender.run)
    if run.family == OWN:
        tiles = list(tiles_of(contender.unseen.items, network.multiple_px))
    else:
        tiles = list(islice(parity_tiles(run.fitted_family), PARITY_TILES))
    try:
        parity = check_parity(network, card, contender.model.onnx, tiles)
    except ExportError as error:
        return Criterion("parity", False, str(error))
    return Criterion(
        "parity",
        True,
        f"ONNX Runtime and PyTorch differ by {parity.max_abs_difference:.1e} at most on {parity.tiles} tiles, "
        f"tolerated are {parity.tolerance:g}.",
    )


def judge_speed(contender: Contender, current: Model | None) -> Criterion:
    """Both networks in turn on the same block, one thread each."""
    models = [contender.model] if current is None else [contender.model, current]
    run = read_run(contender.run)
    if run.family == OWN:
        block = contender.unseen.items[0].pixels()
    else:
        material, view = run.fitted_family.looks[0]
        block = np.asarray(numbered_web(SeedRange.SELECTION, 0, material, view).render(0, BLOCK_LINES), np.uint8)
    speeds = measure_speeds(models, block)
    if current is None:
        least = LEAST_MPX_S[run.network]
        sentence = f"{speeds[0]:.0f} Mpx/s in one thread; at least {least:g} are expected of a first model."
        return Criterion("speed", speeds[0] >= least, sentence)
    ratio = speeds[0] / speeds[1]
    return Criterion(
        "speed",
        ratio >= LEAST_RELATIVE_SPEED,
        f"{speeds[0]:.0f} Mpx/s in one thread, {100 * ratio:.0f} % of the current model's {speeds[1]:.0f}; "
        f"at least {100 * LEAST_RELATIVE_SPEED:.0f} % are expected.",
    )


def measure_speeds(models: Sequence[Model], block: NDArray[np.uint8]) -> list[float]:
    """Mpx/s of each network on (height, width) uint8: the best of five runs each, in turn, after one to warm up.

    Timed is what one core works, so that other programs on the machine change little.
    """
    detectors = [open_detector(model.card, model.onnx) for model in models]
    best_s = [float("inf")] * len(models)
    for number in range(_ROUNDS + 1):
        for place, detector in enumerate(detectors):
            began_s = time.thread_time()
            detector.scores(block)
            taken_s = time.thread_time() - began_s
            if number:
                best_s[place] = min(best_s[place], taken_s)
    return [block.size / 1e6 / seconds for seconds in best_s]


def judge_accuracy(
    contender: Contender,
    current: Model,
    blocks: int,
    *,
    workers: int = 1,
    report: Callable[[WebResult], None] = lambda _: None,
) -> list[Criterion]:
    """Both models on the same `blocks` blocks of each material, not used in training."""
    both = []
    for model in (contender.model, current):
        results = evaluate(
            model.folder.parent,
            blocks,
            materials=[Material(each) for each in read_run(contender.run).fitted_family.materials],
            workers=workers,
            model_folder=model.folder,
            kinds=current.card.kinds,
            report=report,
        )
        both.append({material: all_judged(parts) for material, parts in by_material(results).items()})
    new, old = both
    return [criterion for material in new for criterion in no_worse(material, new[material], old[material])]


def judge_on_own_images(
    contender: Contender, current: Model, *, report: Callable[[], None] = lambda: None
) -> list[Criterion]:
    """Both models on what of the plant's images the contender has never seen; none where it learnt from simulated web.

    Kinds of the plant's own are judged by the cards' thresholds, a shipped family's by the default recipe, too.
    `report` is called after each image. Raises what reading and judging raise.
    """
    unseen = contender.unseen
    if not unseen.items:
        return []
    run = read_run(contender.run)
    items = [replace(without_nuisance(item), pixel_pitch_um=item.pixel_pitch_um or PITCH_UM) for item in unseen.items]
    data = DataIdentity(", ".join(run.data), "own", "", run.data_sha256)
    evidence = []
    for model in (contender.model, current):
        if run.family == OWN:
            evidence.append(judge(model, items, data, false_reject_rate=None, report=report))
        else:
            recipe = default_recipe(*run.fitted_family.looks[0])
            evidence.append(judge_by_recipe(model, items, data, recipe, report=report))
    new, old = evidence
    return no_worse("own images", new, old)


def judge_samples(contender: Contender, current: Model, folder: Path) -> list[Criterion]:
    """Sample images with `truth.csv` (see sample_images/README.md): none that the current model judges rightly is lost.

    Of the looks that the contender was fitted to; of a plant's own kinds none. Raises DataError where there are none.
    """
    looks = {(str(material), str(view)) for material, view in read_run(contender.run).fitted_family.looks}
    if not looks:
        return []
    rows = [row for row in _truth_of(folder) if (row["material"], row["view"]) in looks]
    new, old = (_wrong_samples(model, rows, folder) for model in (contender.model, current))
    words = f"{len(rows) - len(new)} of {len(rows)} judged rightly; by the current model {len(rows) - len(old)}."
    if lost := sorted(new - old):
        words += f" Lost: {', '.join(lost)}."
    return [Criterion("sample images", not lost, words)]


def _truth_of(folder: Path) -> list[dict[str, str]]:
    path = folder / "truth.csv"
    try:
        rows = read_table(path, ("image", "material", "view", "verdict"))
    except OSError as error:
        raise DataError(
            f"{path} can't be read ({error.strerror}). Name a folder of sample images with truth.csv: --samples DIR"
        ) from error
    except TextError as error:
        raise DataError(f"{path} can't be read: {error}.") from error
    if not rows:
        raise DataError(f"{path}: expected rows below its first line, got none. Restore it.")
    seen = Counter(row["image"] for row in rows)
    for row in rows:
        if row["verdict"] not in set(Verdict):
            raise DataError(
                f"{path}: {row['image']}: verdict: expected {', '.join(Verdict)}; got {row['verdict']!r}. Correct it."
            )
        if seen[row["image"]] > 1:
            raise DataError(f"{path} names {row['image']} {seen[row['image']]} times. Leave one of the rows.")
    return rows


def _wrong_samples(model: Model, rows: Sequence[Mapping[str, str]], folder: Path) -> set[str]:
    """Names of those that the model judges otherwise than `truth.csv`."""
    looks = {(row["material"], row["view"]) for row in rows}
    pipelines = {look: Pipeline(asking_for(model.card, default_recipe(*look)), model) for look in looks}
    wrong = set()
    for row in rows:
        pixels = read_grey(folder / row["image"], row["image"])
        _, judgement = inspect_alone(pipelines[row["material"], row["view"]], pixels, PITCH_UM)
        if judgement.verdict.value != row["verdict"]:
            wrong.add(row["image"])
    return wrong


def no_worse(of: str, new: Trials, current: Trials) -> list[Criterion]:
    """Recall, S1 recall and false rejects of two models in the same trials; `of`: what these are about."""
    return [
        _not_lower(f"{of}: recall", found(new), found(current), RECALL_MARGIN, FEWEST),
        _not_lower(f"{of}: recall of safety kinds", found_safety(new), found_safety(current), 0.0, 0),
        _not_higher(f"{of}: false rejects", false_rejects(new), false_rejects(current), FALSE_REJECT_MARGIN, FEWEST),
    ]


def _not_lower(name: str, new: Proportion, current: Proportion, margin: float, fewest: int) -> Criterion:
    is_met = new.rate >= current.rate - margin
    return _compared(name, new, current, is_met, f"at most {100 * margin:g} points lower", fewest)


def _not_higher(name: str, new: Proportion, current: Proportion, margin: float, fewest: int) -> Criterion:
    is_met = new.rate <= current.rate + margin
    return _compared(name, new, current, is_met, f"at most {100 * margin:g} points higher", fewest)


def _compared(name: str, new: Proportion, current: Proportion, is_met: bool, expected: str, fewest: int) -> Criterion:
    if new.total < fewest:
        words = f"{new.total} cases are too few to compare by, {fewest} are expected: give more of them."
        return Criterion(name, False, words)
    return Criterion(name, is_met, f"{new}; the current model {current}; expected: {expected}.")
