"""`inspection models`: what lies under models/, and whether it is what its cards say."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from inspection.card import read_card
from inspection.cli.console import OUT, complain, print_json
from inspection.cli.places import ModelsDir
from inspection.errors import ModelError
from inspection.model_store import Model, list_models

app = typer.Typer(help="Models: list them, verify them.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_(models_dir: ModelsDir, as_json: AsJson = False) -> None:
    """List the models with their cards' main entries."""
    table = Table("model", "version", "materials", "kinds", "pitch um", "SHA-256")
    for folder in list_models(models_dir):
        card = read_card(folder / "card.json")
        if as_json:
            print_json({"folder": str(folder), **card.model_dump(mode="json")})
        pitch = f"{card.pixel_pitch_um.min:g} to {card.pixel_pitch_um.max:g}"
        table.add_row(card.name, card.version, ", ".join(card.materials), " ".join(card.kinds), pitch, card.sha256[:12])
    if not as_json:
        OUT.print(table)


@app.command("verify")
def verify(
    models_dir: ModelsDir,
    folders: Annotated[list[Path] | None, typer.Argument(help="Model folders; all if none is named.")] = None,
) -> None:
    """Check hash, card, graph and a self-test of each model; exit code 1 if one fails."""
    paths = folders or list_models(models_dir)
    if not paths:
        raise ModelError(f"No model in {models_dir}. Copy a model's folder there, or name another with --models-dir.")
    faulty = 0
    for folder in paths:
        try:
            card = Model.load(folder).card
        except ModelError as error:
            complain(str(error))
            faulty += 1
        else:
            OUT.print(f"[green]ok[/] {folder.name}: {card.name} {card.version}, hash, card, graph and self-test agree")
    if faulty:
        raise typer.Exit(1)
