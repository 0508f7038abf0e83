"""`training names`: teaches an exported model to tell kinds apart that look alike."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT
from training.cli.bars import progress_bar

NAME_WEBS = 400
"""Number of webs of each look: about 3,000 objects of a family, in four to five minutes on two cores."""


def names(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL_DIR",
            help="Exported model of a shipped family; with --recipe the folder to write, NAME-VERSION.",
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Teach to name by all views of this recipe instead: a shipped one's name, or a file.  "
            "[default: by one view]"
        ),
    ] = None,
    webs: Annotated[int, typer.Option(min=1, help="Simulated webs of each look, of 20 blocks.")] = NAME_WEBS,
    models_dir: Annotated[Path, typer.Option(help="Where the models are that a recipe names.")] = Path("models"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 2,
) -> None:
    """Fit what names the defects that a model rejects, and write it into its card; or what names them by all views."""
    said = (
        name_better(folder, webs, workers)
        if recipe is None
        else name_by_views(folder, recipe, models_dir, webs, workers)
    )
    OUT.print(said, markup=False)


def name_by_views(folder: Path, recipe_name: str, models_dir: Path, webs: int, workers: int) -> str:
    """How well they are named now; the card is written into `folder`.

    Raises DataError where too little is found to learn from, or the recipe has one view.
    """
    from inspection.model.names_card import names_card_text
    from inspection.recipe.recipe import Recipe, recipe_path
    from inspection.whole_file import write_whole
    from training.errors import DataError
    from training.evaluation.several_views import SeveralViews
    from training.release.exporting import split_name
    from training.release.view_name_fitting import fit_view_names, gather_view_samples

    name, version = split_name(folder)
    recipe = Recipe.load(recipe_path(recipe_name))
    if len(recipe.views) < 2:
        raise DataError(
            f"--recipe {recipe_name}: it has one view; names of one view are a part of its model: training names "
            "MODEL_DIR. Choose a recipe with several."
        )
    views = SeveralViews.load(recipe, models_dir, without_names=True)
    with progress_bar("webs") as bar:
        task = bar.add_task("Learning names", total=webs)
        samples = gather_view_samples(recipe, models_dir, webs, workers=workers, report=lambda: bar.advance(task))
    card = fit_view_names(samples, views, name, version, webs)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "card.json", names_card_text(card).encode())
    return card.method


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
