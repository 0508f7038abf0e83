"""`inspection models`: what lies under models/, whether it is what its cards say, and which version is in service."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from inspection.cli.console import OUT, complain, print_json
from inspection.cli.places import ModelsDir
from inspection.errors import ModelError
from inspection.model.activation import activate as take_into_service
from inspection.model.activation import roll_back
from inspection.model.card import read_card
from inspection.model.history import Change, read_history, user_name
from inspection.model.names_card import is_names_card, read_names_card
from inspection.model.shelf import Model, list_models, list_names, version_in_service

app = typer.Typer(help="Models: list them, verify them, choose the one in service.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Why = Annotated[str, typer.Option(help="The reason, for the history.")]
Who = Annotated[str | None, typer.Option(help="Your name, for the history.", show_default="the login name")]


@app.command("list")
def list_(models_dir: ModelsDir, as_json: AsJson = False) -> None:
    """List the models with their cards' main entries."""
    table = Table("model", "version", "in service", "materials", "kinds", "pitch um", "SHA-256")
    for folder in list_models(models_dir):
        card = read_card(folder / "card.json")
        is_in_service = version_in_service(models_dir, card.name) == card.version
        if as_json:
            identity = {"folder": str(folder), "in_service": is_in_service, "card_sha256": card.card_sha256}
            print_json(identity | card.model_dump(mode="json"))
        pitch = f"{card.pixel_pitch_um.min:g} to {card.pixel_pitch_um.max:g}"
        table.add_row(
            card.name,
            card.version,
            "yes" if is_in_service else "",
            ", ".join(card.materials),
            " ".join(card.kinds),
            pitch,
            card.card_sha256[:12],
        )
    for folder in list_names(models_dir):
        names = read_names_card(folder / "card.json")
        lights = ", ".join(view.light for view in names.views)
        if as_json:
            print_json({"folder": str(folder), "card_sha256": names.card_sha256} | names.model_dump(mode="json"))
        row = (f"names, {names.material} in {lights}", " ".join(names.kinds), "")
        table.add_row(names.name, names.version, "", *row, names.card_sha256[:12])
    if not as_json:
        OUT.print(table)


@app.command("verify")
def verify(
    models_dir: ModelsDir,
    folders: Annotated[list[Path] | None, typer.Argument(help="Model folders; all if none is named.")] = None,
) -> None:
    """Check hash, card, graph and a self-test of each model; exit code 1 if one fails."""
    paths = folders or [*list_models(models_dir), *list_names(models_dir)]
    if not paths:
        raise ModelError(f"No model in {models_dir}. Copy a model's folder there, or name another with --models-dir.")
    faulty = 0
    for folder in paths:
        try:
            said = _verified(folder)
        except ModelError as error:
            complain(str(error))
            faulty += 1
        else:
            OUT.print(f"[green]ok[/] {folder.name}: {said}")
    if faulty:
        raise typer.Exit(1)


def _verified(folder: Path) -> str:
    if is_names_card(folder / "card.json"):
        names = read_names_card(folder / "card.json")
        return f"{names.name} {names.version}, names of several views, card and weights agree"
    card = Model.load(folder).card
    return f"{card.name} {card.version}, hash, card, graph and self-test agree"


@app.command("activate")
def activate(
    model: Annotated[str, typer.Argument(help="NAME-VERSION, for example electrode-1.1.0.")],
    models_dir: ModelsDir,
    why: Why = "",
    who: Who = None,
) -> None:
    """Put a version into service, from the station's next start; a recipe that pins a file keeps it."""
    _tell(take_into_service(models_dir, model, who=who or user_name(), why=why))


@app.command("rollback")
def rollback(
    name: Annotated[str, typer.Argument(help="The model's name without version, for example electrode.")],
    models_dir: ModelsDir,
    why: Why = "",
    who: Who = None,
) -> None:
    """Put the version into service again that the last change replaced; once more goes back one more change."""
    _tell(roll_back(models_dir, name, who=who or user_name(), why=why))


@app.command("history")
def history(
    models_dir: ModelsDir,
    name: Annotated[str | None, typer.Argument(help="Only this model, without version.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what was promoted, activated and rolled back: when, who, from, to, why."""
    changes = [change for change in read_history(models_dir) if name in (None, change.name)]
    if as_json:
        for change in changes:
            print_json(change.model_dump(mode="json"))
        return
    if not changes:
        OUT.print(f"No model in {models_dir} was ever changed: of each the newest version is in service.")
        return
    table = Table("when (UTC)", "who", "what", "in service before", "since then", "why")
    for change in changes:
        when = f"{change.utc:%Y-%m-%d %H:%M:%S}"
        what = f"{change.action} {change.name}-{change.version}"
        table.add_row(when, change.who, what, change.before or "none", change.after, change.why)
    OUT.print(table)


def _tell(change: Change) -> None:
    before = f", {change.before} until then" if change.before else ""
    OUT.print(
        f"{change.name} {change.version} is in service from the station's next start{before}. "
        "Recipes that pin a model by its SHA-256 keep that one."
    )
