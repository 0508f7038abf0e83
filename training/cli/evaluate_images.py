"""`training evaluate MODEL_DIR DATA`: a model held against labelled images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.cli.console import ERR
from training.cli.bars import progress_bar
from training.cli.report_files import record_of, show


@dataclass(frozen=True, slots=True)
class Rule:
    """When an image counts as rejected."""

    recipe: str | None
    """As the station judges by this one, a shipped recipe's name or a file; None: by scores alone."""
    false_rejects: float
    """By scores: this part of the good images may be rejected."""
    pitch_um: float | None
    """None: as the data say."""
    views: tuple[str, ...] = ()
    """Only images of these; empty: all, which must be of one view unless the model knows more lights."""


def on_images(
    model_folder: Path,
    data: Path,
    against: Path | None,
    rule: Rule,
    *,
    split: str | None,
    report: Path | None,
    as_json: bool,
) -> dict[str, Any]:
    """The figures, shown unless `as_json`; the page if `report` names one. Raises what reading and judging raise."""
    from inspection.model.shelf import Model
    from inspection.recipe.recipe import Recipe, recipe_path
    from training.data import read_data_set
    from training.data.views import of_views
    from training.evaluation.report.by_recipe import judge_by_recipe
    from training.evaluation.report.by_scores import chosen_items, judge
    from training.family import FAMILIES

    models = [Model.load(each) for each in (model_folder, against) if each is not None]
    recipe = Recipe.load(recipe_path(rule.recipe)) if rule.recipe else None
    chosen = read_data_set(data)
    for model in models:
        chosen = of_views(chosen, rule.views, model.card.views)
    identity, items = chosen_items(chosen, split)
    collected = []
    with progress_bar("images") as bar:
        task = bar.add_task("Evaluating", total=len(items) * len(models))

        def done() -> None:
            bar.advance(task)

        for model in models:
            if recipe:
                evidence = judge_by_recipe(model, items, identity, recipe, pitch_um=rule.pitch_um, report=done)
            else:
                evidence = judge(
                    model, items, identity, false_reject_rate=rule.false_rejects, pitch_um=rule.pitch_um, report=done
                )
            collected.append(evidence)
    record = record_of(collected, report)
    if not as_json:
        show(record)
    if recipe is None and models[0].card.name in FAMILIES:
        ERR.print(
            "By scores alone: what the station measures and the recipe's limits have no part in it. "
            "With --recipe NAME it is judged as on the line."
        )
    return record
