"""`training evaluate --simulated --views`: one web in several lights, judged by all of them and by each alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camera.web.settings import Material, PlantingRate, View
from inspection.cli.console import OUT
from inspection.values.kinds import KINDS, is_nuisance
from training.cli.bars import progress_bar
from training.errors import DataError


@dataclass(frozen=True, slots=True)
class Lit:
    """Which webs, and how they are lit."""

    views: str
    """Lights, with commas between."""
    blocks: int
    materials: tuple[Material, ...]
    """One; empty: separator."""
    severity: PlantingRate
    kinds: tuple[str, ...]
    """Defects that are planted; none: those that the models name."""


def on_lit_web(lit: Lit, models_dir: Path, *, workers: int, as_json: bool) -> dict[str, Any]:
    """The figures of all views together and of each, shown unless `as_json`.

    Raises DataError for lights that no shipped recipe is for together.
    """
    from training.evaluation.several_views import evaluate_views, recipe_of_views
    from training.evaluation.views_summary import summarise_views, views_tables

    if len(lit.materials) > 1:
        raise DataError("--views: one recipe is for one material. Give --material once.")
    if unknown := [kind for kind in lit.kinds if kind not in KINDS or is_nuisance(kind)]:
        raise DataError(f"--kind {', '.join(unknown)}: expected codes of defects, for example S01. Correct them.")
    material = lit.materials[0] if lit.materials else Material.SEPARATOR
    recipe = recipe_of_views(material, _lights(lit.views))
    kinds = (*lit.kinds, *filter(is_nuisance, KINDS)) if lit.kinds else ()
    with progress_bar("blocks") as bar:
        task = bar.add_task("Evaluating", total=lit.blocks)
        results = evaluate_views(
            recipe,
            models_dir,
            lit.blocks,
            severity=lit.severity,
            kinds=kinds,
            workers=workers,
            report=lambda done: bar.advance(task, done),
        )
    summary = summarise_views(results)
    if not as_json:
        for table in views_tables(summary):
            OUT.print(table)
    return summary


def _lights(told: str) -> tuple[View, ...]:
    try:
        lights = tuple(View(each.strip()) for each in told.split(","))
    except ValueError as error:
        there = ", ".join(view.value for view in View)
        raise DataError(f"--views {told}: expected lights with commas between; there are {there}.") from error
    if len(set(lights)) < 2 or len(set(lights)) < len(lights):
        raise DataError(f"--views {told}: expected two lights or more, each once. For one give --view.")
    return lights
