"""`training names`: teaches an exported model to tell kinds apart that look alike."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT
from training.cli.bars import progress_bar

NAME_WEBS = 400
"""Number of webs of each look: about 3,000 objects of a family, in four to five minutes on two cores."""


def names(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="Exported model of a shipped family.")],
    webs: Annotated[int, typer.Option(min=1, help="Simulated webs of each look, of 20 blocks.")] = NAME_WEBS,
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 2,
) -> None:
    """Fit what names the defects that a model rejects, and write it into its card; nothing else changes."""
    OUT.print(name_better(model, webs, workers), markup=False)


def name_better(folder: Path, webs: int, workers: int) -> str:
    """How well it names now. Raises DataError where the model finds too little to learn from."""
    from inspection.model.shelf import Model
    from training.family import family_of
    from training.release.exporting import write_card
    from training.release.name_fitting import fit_names, gather_samples, named_kinds

    model = Model.load(folder)
    family = family_of(model.card.name).known_to(model.card.kinds)
    with progress_bar("webs") as bar:
        task = bar.add_task("Learning names", total=webs * len(family.looks))
        samples = gather_samples(model, family, webs, workers=workers, report=lambda: bar.advance(task))
    fitted = fit_names(samples, named_kinds(family))
    write_card(folder, model.card.model_copy(update={"names": fitted}))
    return fitted.method
