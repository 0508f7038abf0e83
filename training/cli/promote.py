"""`training promote`: lets a model into models/ if it is fit to replace the one in service."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from inspection.cli.console import OUT
from training.cli.bars import progress_bar
from training.errors import DataError

REFUSED = 1


def promote(
    source: Annotated[
        Path, typer.Argument(metavar="RUN_OR_MODEL_DIR", help="Exported model, or the run's folder that holds it.")
    ],
    models: Annotated[Path, typer.Option(help="Where the models are.")] = Path("models"),
    override: Annotated[
        str | None, typer.Option(help="Promote even if something does not hold; the reason, for card and history.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Run that the model was exported from.  [default: the folder it lies in]")
    ] = None,
    samples: Annotated[
        Path, typer.Option(help="Sample images with truth.csv, of which none may be lost: the plant's limit samples.")
    ] = Path("sample_images"),
    blocks: Annotated[int, typer.Option(min=1, help="Simulated blocks of each material to compare on.")] = 300,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    who: Annotated[str | None, typer.Option(help="Your name, for the history.  [default: the login name]")] = None,
) -> None:
    """Put a model into models/ if parity, speed and accuracy hold against the one in service; exit code 1 if not."""
    from inspection.model.history import user_name
    from training.fitting.run_folder import read_run
    from training.release.contender import current_model, find_contender
    from training.release.criteria import judge_accuracy, judge_on_own_images, judge_parity, judge_samples, judge_speed
    from training.release.promotion import promote as let_in
    from training.release.promotion import verdict

    if override is not None and not override.strip():
        raise DataError("--override: expected the reason in words, got none. Say why.")
    who = who or user_name()
    contender = find_contender(source, run)
    card = contender.model.card
    current = current_model(models, card.name)
    criteria = [judge_parity(contender), judge_speed(contender, current)]
    if current is not None:
        if materials := read_run(contender.run).fitted_family.materials:
            with progress_bar("blocks") as bar:
                task = bar.add_task("Comparing both models", total=2 * blocks * len(materials))
                criteria += judge_accuracy(
                    contender, current, blocks, workers=workers, report=lambda r: bar.advance(task, r.blocks)
                )
        criteria += judge_samples(contender, current, samples)
        if images := contender.unseen.items:
            with progress_bar("images") as bar:
                task = bar.add_task(f"Comparing both on {contender.unseen.words}", total=2 * len(images))
                criteria += judge_on_own_images(contender, current, report=lambda: bar.advance(task))
    table = Table("criterion", "holds", "found")
    for each in criteria:
        table.add_row(each.name, "yes" if each.is_met else "NO", each.sentence, style=None if each.is_met else "red")
    OUT.print(table)
    OUT.print(verdict(card, current, criteria), markup=False)
    is_fit = all(each.is_met for each in criteria)
    if not is_fit and override is None:
        OUT.print('Nothing was written. To promote it all the same: --override "REASON"', markup=False)
        raise typer.Exit(REFUSED)
    change = let_in(contender.model, current, models, criteria, who=who, override=None if is_fit else override)
    OUT.print(f"{models / contender.model.folder.name} was written.")
    if change.after == change.version:
        OUT.print("It is in service from the station's next start, as the newest version.")
    else:
        OUT.print(
            f"In service stays {change.after}; change that with: inspection models activate {card.name}-{card.version}"
        )
