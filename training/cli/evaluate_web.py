"""`training evaluate --simulated`: models held against simulated web that nobody trained on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camera.web.settings import Material, PlantingRate, View
from inspection.cli.console import ERR, OUT
from inspection.values.kinds import KINDS, is_nuisance
from training.cli.bars import progress_bar
from training.cli.report_files import record_of, show_verdict
from training.errors import DataError

if TYPE_CHECKING:
    from inspection.model.shelf import Model


@dataclass(frozen=True, slots=True)
class Webs:
    """Which webs."""

    blocks: int
    """Number of blocks of each material."""
    materials: tuple[Material, ...]
    """Empty: all that the model knows."""
    views: tuple[View, ...]
    """Empty: as the model knows."""
    severity: PlantingRate
    kinds: tuple[str, ...]
    """Defects that are planted; none: those that the model names."""


def on_web(
    webs: Webs,
    models_dir: Path,
    model_folder: Path | None,
    against: Path | None,
    *,
    report: Path | None,
    workers: int,
    as_json: bool,
) -> dict[str, Any]:
    """The figures by material, shown unless `as_json`; the page if `report` names one.

    The shipped models of `models_dir`, or the one in `model_folder`. Raises DataError for webs that there is no model
    for, and where a page or a comparison would be about two models.
    """
    from inspection.model.shelf import Model
    from training.evaluation.simulated_evidence import simulated_evidence
    from training.evaluation.simulated_web import VIEWS, evaluate, looks_of
    from training.evaluation.summary import summarise, tables

    model = Model.load(model_folder) if model_folder else None
    known = looks_of(model.card) if model else VIEWS
    webs = _checked(webs, known)
    if report or against:
        model = model or _the_one_model(models_dir, webs, known)
    kinds = (*webs.kinds, *filter(is_nuisance, KINDS)) if webs.kinds else model.card.kinds if model else None
    models = [model, Model.load(against)] if against else [model]
    collected = []
    with progress_bar("blocks") as bar:
        task = bar.add_task("Evaluating", total=webs.blocks * len(webs.materials) * len(models))
        for each in models:
            results = evaluate(
                models_dir,
                webs.blocks,
                materials=webs.materials,
                views=webs.views,
                severity=webs.severity,
                kinds=kinds,
                workers=workers,
                model_folder=each.folder if each else None,
                report=lambda result: bar.advance(task, result.blocks),
            )
            collected.append((each, results))
    summary = summarise(collected[0][1])
    if not as_json:
        for table in tables(summary):
            OUT.print(table)
    if report or against:
        settings = asdict(webs) | {"kinds": kinds}
        record = record_of(
            [simulated_evidence(each, results, settings) for each, results in collected if each is not None], report
        )
        if not as_json:
            show_verdict(record)
    return summary


def _checked(webs: Webs, known: Mapping[Material, tuple[View, ...]]) -> Webs:
    """With materials. Says which of the looks are new to the model."""
    from training.evaluation.simulated_web import STAND_INS, is_new, learnt

    if unknown := [kind for kind in webs.kinds if kind not in KINDS or is_nuisance(kind)]:
        raise DataError(f"--kind {', '.join(unknown)}: expected codes of defects, for example E01. Correct them.")
    materials = webs.materials or tuple(known)
    if strangers := [each.value for each in materials if learnt(each, known) not in known]:
        raise DataError(
            f"--material {', '.join(strangers)}: there is no model for it, only for {', '.join(known)} (and, as webs "
            f"that none has learnt, {', '.join(STAND_INS)}). Choose among these."
        )
    for each in materials:
        nearest = learnt(each, known)
        if new := [view.value for view in webs.views or known[nearest] if is_new(each, view, known)]:
            ERR.print(
                f"No model has learnt {each.value} in {', '.join(new)}: it is judged by the recipe for "
                f"{nearest.value}, to see what is left of the figures on web that is new to the model."
            )
    return Webs(webs.blocks, materials, webs.views, webs.severity, webs.kinds)


def _the_one_model(models_dir: Path, webs: Webs, known: Mapping[Material, tuple[View, ...]]) -> "Model":
    """The shipped model for all of the materials."""
    from inspection.model.shelf import find_model
    from inspection.recipe.recipe import default_recipe
    from training.evaluation.simulated_web import learnt

    names = {default_recipe(near, known[near][0]).model.name for near in (learnt(each) for each in webs.materials)}
    if len(names) > 1:
        raise DataError(
            f"--report and --against are about one model, and these webs are judged by {', '.join(sorted(names))}. "
            "Give --material (several), or the model's folder."
        )
    return find_model(models_dir, *names)
