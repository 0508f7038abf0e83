"""`training label`: a model proposes labels for images that nobody has marked."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT, finite
from training.cli.bars import progress_bar


def label(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of images, folders in it too.")],
    model: Annotated[Path, typer.Option(help="Model folder: best an auditor's.")],
    recipe: Annotated[str, typer.Option(help="A shipped recipe's name, or a file.")],
    out: Annotated[Path, typer.Option(help="New folder: the images and truth.json (COCO).")],
    pitch_um: Annotated[
        float | None,
        typer.Option(
            min=0.1, callback=finite, help="Micrometres per pixel.  [default: the middle of the recipe's range]"
        ),
    ] = None,
    sure_from: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, callback=finite, help="Score from which an object counts before a person has seen it."
        ),
    ] = 0.5,
) -> None:
    """Propose labels: for people to correct, or to see what another model misses of what this one finds."""
    from inspection.model.shelf import Model
    from inspection.recipe.recipe import Recipe, recipe_path
    from training.release.labelling import label_images

    chosen, rules = Model.load(model), Recipe.load(recipe_path(recipe))
    with progress_bar("images") as bar:
        task = bar.add_task("Labelling", total=None)
        made = label_images(
            chosen,
            rules,
            images,
            out,
            pitch_um=pitch_um,
            sure_from=sure_from,
            report=lambda done, total: bar.update(task, completed=done, total=total),
        )
    OUT.print(
        f"{out}: {made.images} images, {made.with_defects} of them with defects; {made.sure} objects it is sure of, "
        f"{made.unsure} for a person to decide.",
        markup=False,
    )
    for rule, count in made.uninspected.most_common():
        OUT.print(f"Left out: {count} images that can't be inspected ({rule}).", markup=False)
    OUT.print(f"What another model misses of these: training evaluate MODEL_DIR {out} --recipe {recipe}", markup=False)
