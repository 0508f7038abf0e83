"""`inspection recipes`: check a recipe before the line depends on it."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import OUT, complain
from inspection.errors import RecipeError
from inspection.recipe.recipe import Recipe

app = typer.Typer(help="Recipes: what a product may look like.", no_args_is_help=True)


@app.callback()
def recipes() -> None:
    """Recipes: what a product may look like."""


@app.command("check")
def check(files: Annotated[list[Path], typer.Argument(help="Recipe files (TOML).")]) -> None:
    """Check recipe files to the last key; exit code 1 if one is faulty."""
    faulty = 0
    for file in files:
        try:
            recipe = Recipe.load(file)
        except RecipeError as error:
            complain(str(error))
            faulty += 1
        else:
            OUT.print(
                f"[green]ok[/] {file}: {recipe.name} {recipe.version}, {recipe.material} in {recipe.view}, "
                f"{len(recipe.limits)} kinds limited, SHA-256 {recipe.artefact.sha256[:12]}"
            )
    if faulty:
        raise typer.Exit(1)
