"""May a model replace the one in service? What has to hold, shown on this machine, and the way into models/.

* **Parity**: ONNX Runtime's scores are PyTorch's, within the tolerance, computed again here from the run's network.
* **Speed**: at least 80 % of the current model's, both measured in turn; 50 Mpx/s where there is none.
* **No worse**, on the same simulated webs with the kinds that the current model names: not one safety object (S1)
  fewer found, recall at most 1 point lower, false rejects at most 0.3 points more, for each material.

What does not hold can be overridden in writing; the card and the history keep the words.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.card import ModelCard
from inspection.errors import ModelError
from inspection.intervals import clopper_pearson
from inspection.model_history import Change, add_change, changing
from inspection.model_store import REPORT, Model, find_model, list_models, version_in_service
from inspection.onnx_detector import OnnxDetector
from inspection.whole_file import write_whole
from training.errors import DataError, ExportError
from training.evaluation import WebResult, evaluate
from training.exporting import PARITY_TILES, check_parity, parity_tiles, split_name, write_card
from training.family import Family, family_of, is_safety
from training.run_folder import RUN, load_run
from training.summary import summarise
from training.webs import BLOCK_LINES, SeedRange, numbered_web

LEAST_RELATIVE_SPEED = 0.8
LEAST_MPX_S = 50.0
"""Where there is no current model."""
RECALL_MARGIN = 0.01
FALSE_REJECT_MARGIN = 0.003
FEWEST = 30
"""Objects, and good blocks, on which a comparison says something."""
_ROUNDS = 5
_REPORTS = (REPORT, Path(REPORT).with_suffix(".json").name)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that wants to come into models/."""

    model: Model
    run: Path
    """Folder of the run that it was exported from."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that has to hold."""

    name: str
    is_met: bool
    sentence: str
    """With the figures."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many."""

    hits: int
    total: int

    @property
    def rate(self) -> float:
        """0..1; 0 where there is no case."""
        return self.hits / self.total if self.total else 0.0

    def __str__(self) -> str:
        """
        >>> str(Count(99, 100))
        '99 of 100 (99.0 %, 95 % interval 94.6 to 100.0 %)'
        """
        if not self.total:
            return "none of none"
        low, high = clopper_pearson(self.hits, self.total)
        percent = f"{100 * self.rate:.1f} %, 95 % interval {100 * low:.1f} to {100 * high:.1f} %"
        return f"{self.hits} of {self.total} ({percent})"


def find_candidate(source: Path, run: Path | None = None) -> Candidate:
    """The model in a model folder, or the newest one below a run's folder.

    `run`: where the model was exported from; None: the folder that it lies in. Raises DataError if one of both is
    missing, ModelError for a damaged model.
    """
    if (source / "card.json").exists():
        folder, run = source, run or source.resolve().parent
    elif exported := list_models(source):
        folder, run = exported[-1], run or source
    else:
        raise DataError(
            f"{source} holds no model: no card.json, nor a folder with one. Export one from a finished run: "
            f"training export {source} --out {source}/NAME-VERSION"
        )
    if not (run / RUN).exists():
        raise DataError(
            f"Parity of {folder} can't be shown again: {run} is not the run that it was exported from. "
            "Name that run: --run DIR"
        )
    return Candidate(Model.load(folder), run)


def current_model(models_dir: Path, name: str) -> Model | None:
    """The one in service, None if there is none of that name. Raises ModelError for a damaged one."""
    return find_model(models_dir, name) if version_in_service(models_dir, name) else None


def judge_parity(candidate: Candidate) -> Criterion:
    """ONNX Runtime against PyTorch on tiles of the family's webs."""
    card = candidate.model.card
    network = load_run(candidate.run)[1]
    tiles = list(islice(parity_tiles(family_of(card.name)), PARITY_TILES))
    try:
        parity = check_parity(network, card, candidate.model.onnx, tiles)
    except ExportError as error:
        return Criterion("parity", False, str(error))
    return Criterion(
        "parity",
        True,
        f"ONNX Runtime and PyTorch differ by {parity.max_abs_difference:.1e} at most on {parity.tiles} tiles, "
        f"tolerated are {parity.tolerance:g}.",
    )


def judge_speed(candidate: Model, current: Model | None) -> Criterion:
    """Both networks in turn on the same block, one thread each."""
    models = [candidate] if current is None else [candidate, current]
    material, view = family_of(candidate.card.name).looks[0]
    block = np.asarray(numbered_web(SeedRange.SELECTION, 0, material, view).render(0, BLOCK_LINES), np.uint8)
    speeds = measure_speeds(models, block)
    if current is None:
        sentence = f"{speeds[0]:.0f} Mpx/s in one thread; at least {LEAST_MPX_S:.0f} are expected of a first model."
        return Criterion("speed", speeds[0] >= LEAST_MPX_S, sentence)
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
    detectors = [OnnxDetector(model.card, model.onnx) for model in models]
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
    candidate: Model,
    current: Model,
    blocks: int,
    *,
    workers: int = 1,
    report: Callable[[WebResult], None] = lambda _: None,
) -> list[Criterion]:
    """Both models on the same `blocks` blocks of each material, not used in training."""
    summaries = []
    for model in (candidate, current):
        results = evaluate(
            model.folder.parent,
            blocks,
            materials=materials_of(family_of(candidate.card.name)),
            workers=workers,
            model_folder=model.folder,
            kinds=current.card.kinds,
            report=report,
        )
        summaries.append(summarise(results))
    new, old = summaries
    return [criterion for material in new for criterion in compare(material, new[material], old[material])]


def compare(material: str, new: Mapping[str, Any], current: Mapping[str, Any]) -> list[Criterion]:
    """Recall, S1 recall and false rejects of one material, from `summarise`'s figures of the same webs."""
    return [
        _not_lower(f"{material}: recall", _found(new), _found(current), RECALL_MARGIN, FEWEST),
        _not_lower(f"{material}: recall of safety kinds", _found_safety(new), _found_safety(current), 0.0, 0),
        _not_higher(f"{material}: false rejects", _rejected(new), _rejected(current), FALSE_REJECT_MARGIN, FEWEST),
    ]


def verdict(card: ModelCard, current: Model | None, criteria: Sequence[Criterion]) -> str:
    """One plain sentence."""
    name = f"{card.name} {card.version}"
    missed = [criterion.name for criterion in criteria if not criterion.is_met]
    task = f"replace {current.card.version}" if current else "come into service, the first of its name"
    if missed:
        return f"{name} may not {task}: {', '.join(missed)}."
    return f"{name} may {task}: {', '.join(criterion.name for criterion in criteria)} hold."


def promote(
    candidate: Model,
    current: Model | None,
    models_dir: Path,
    criteria: Sequence[Criterion],
    *,
    who: str,
    override: str | None,
) -> Change:
    """Put the model into `models_dir`, whole or not at all, with what was found in its card and a line of history.

    Raises DataError if a criterion is not met and nobody overrides it, or the version is there already.
    """
    if override is None and not all(criterion.is_met for criterion in criteria):
        raise DataError(verdict(candidate.card, current, criteria))
    name, version = split_name(candidate.folder)
    if (name, version) != (candidate.card.name, candidate.card.version):
        raise ModelError(
            f"{candidate.folder} says {candidate.card.name} {candidate.card.version} in its card. "
            "Name the folder as its card says."
        )
    finding = {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who,
        "compared_with": current.card.version if current else None,
        "criteria": [asdict(criterion) for criterion in criteria],
        "override": override,
    }
    card = candidate.card.model_copy(update={"metrics": candidate.card.metrics | {"promotion": finding}})
    with changing(models_dir):
        target = models_dir / candidate.folder.name
        if target.exists():
            raise DataError(f"{target} is there already, and a version never changes. Export under a new version.")
        before = version_in_service(models_dir, name)
        with tempfile.TemporaryDirectory(dir=models_dir, prefix=".promoting-") as staging:
            # One level deeper than models are looked for, until it is whole.
            folder = Path(staging) / target.name
            folder.mkdir()
            write_whole(folder / "model.onnx", candidate.onnx)
            write_card(folder, card)
            for report in filter(Path.is_file, (candidate.folder / name for name in _REPORTS)):
                shutil.copy(report, folder)
            Model.load(folder)
            folder.rename(target)
        change = Change(
            utc=datetime.now(UTC),
            who=who,
            action="promote",
            name=name,
            version=version,
            sha256=card.sha256,
            before=before,
            after=version_in_service(models_dir, name) or version,
            why=f"override: {override}" if override else "all criteria met",
        )
        add_change(models_dir, change)
    return change


def materials_of(family: Family) -> list[Any]:
    """Each material of a family once."""
    return list(dict.fromkeys(material for material, _ in family.looks))


def _found(figures: Mapping[str, Any]) -> Count:
    return Count(sum(row["found"] for row in figures["by_kind"].values()), figures["n"])


def _found_safety(figures: Mapping[str, Any]) -> Count:
    rows = [row for kind, row in figures["by_kind"].items() if is_safety(kind)]
    return Count(sum(row["found"] for row in rows), sum(row["n"] for row in rows))


def _rejected(figures: Mapping[str, Any]) -> Count:
    return Count(figures["false_rejects"], figures["good_blocks"])


def _not_lower(name: str, new: Count, current: Count, margin: float, fewest: int) -> Criterion:
    is_met = new.rate >= current.rate - margin
    return _compared(name, new, current, is_met, f"at most {100 * margin:g} points lower", fewest)


def _not_higher(name: str, new: Count, current: Count, margin: float, fewest: int) -> Criterion:
    is_met = new.rate <= current.rate + margin
    return _compared(name, new, current, is_met, f"at most {100 * margin:g} points higher", fewest)


def _compared(name: str, new: Count, current: Count, is_met: bool, expected: str, fewest: int) -> Criterion:
    if new.total < fewest:
        words = f"{new.total} cases are too few to compare by, {fewest} are expected: give more --blocks."
        return Criterion(name, False, words)
    return Criterion(name, is_met, f"{new}; the current model {current}; expected: {expected}.")
