"""`inspection store`: whether a station's store is sound, copies of it, and how to go on with one."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from camera.files.file_names import printable
from inspection.cli import evidence
from inspection.cli.console import OUT, complain, print_json
from inspection.cli.reviews import AsJson, Config, StateDir
from inspection.errors import SettingsError, StoreError
from inspection.station.settings import load_settings
from inspection.station.sole_station import SoleStation
from inspection.store.copies import COPIES, StoreCopy, back_up, copies, fault, newest_sound, people_file
from inspection.store.copies import restore as put_back
from inspection.store.database import STORE_FILE, sqlite_file
from inspection.store.sqlite_file import check_sound

app = typer.Typer(help="The store: check it, copy it, put a copy back, verify its seals.", no_args_is_help=True)
app.command("verify")(evidence.verify)
app.command("new-key")(evidence.new_key)

Folder = Annotated[
    Path | None,
    typer.Option(help="Where the copies lie, instead of the settings' `backup.folder` or STATE_DIR/copies."),
]


@app.command("check")
def check(config: Config = None, state_dir: StateDir = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Look through the store and its copies for damage, to the last page; exit code 1 if there is any."""
    state, store_file, copied = _places(config, state_dir, folder)
    if not store_file.exists():
        raise SettingsError(f"There is no store {printable(store_file)}. Name the folder that holds one.")
    damage = {}
    for file in (store_file, people_file(store_file)):
        try:
            check_sound(file, float("inf"), thoroughly=True)
        except StoreError as error:
            damage[file.name] = str(error)
    found = copies(copied)
    faults = {copy.folder: fault(copy) for copy in found}
    newest = next((copy for copy in found if faults[copy.folder] is None), None)
    if as_json:
        print_json(
            {
                "store": str(store_file),
                "damage": damage,
                "copies": [_plain(copy, faults[copy.folder]) for copy in found],
                "newest_sound": str(newest.folder) if newest else None,
            }
        )
    else:
        for name, wrong in damage.items():
            complain(f"{printable(state / name)} is damaged: {wrong}")
        if not damage:
            OUT.print(f"[green]ok[/] {printable(store_file)}: sound", markup=True)
        _list(found, faults)
        if damage and newest is not None:
            OUT.print(
                f"Go on with the newest sound copy: inspection store restore {printable(newest.folder)}",
                markup=False,
            )
        elif damage:
            OUT.print(
                f"There is no sound copy in {printable(copied)}. Move the damaged file away, and the station begins a "
                "new store; saved frames stay.",
                markup=False,
            )
    if damage or any(faults.values()):
        raise typer.Exit(1)


@app.command("backup")
def backup(
    config: Config = None,
    state_dir: StateDir = None,
    folder: Folder = None,
    keep: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Copies that stay.", show_default="as the settings say")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store, whether the station runs or not, and check the copy to the last page."""
    _, store_file, copied = _places(config, state_dir, folder)
    keeps = load_settings(config).backup.keep if config is not None else 7
    made = back_up(store_file, copied, keep or keeps)
    if as_json:
        print_json(_plain(made, None))
    else:
        OUT.print(f"{printable(made.folder)}: sound, decisions up to {made.card.last_number}", markup=False)


@app.command("restore")
def restore(
    copy: Annotated[Path | None, typer.Argument(help="The copy's folder; the newest sound one if left away.")] = None,
    config: Config = None,
    state_dir: StateDir = None,
    folder: Folder = None,
    with_people: Annotated[
        bool,
        typer.Option("--with-people", help="People's file and reviews too, even if those that are there are sound."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a copy in the store's place while no station runs. The files that were there are kept aside."""
    state, store_file, copied = _places(config, state_dir, folder)
    with SoleStation(state, store_file):
        chosen = newest_sound(copied) if copy is None else _copy_in(copy)
        if chosen is None:
            raise StoreError(f"There is no sound copy in {printable(copied)}. Name one, or its folder by --folder.")
        aside = put_back(chosen, store_file, with_people=with_people)
        with suppress(OSError):
            aside.rmdir()  # Empty: nothing was there.
    if as_json:
        print_json(_plain(chosen, None) | {"replaced": str(aside) if aside.exists() else None})
        return
    OUT.print(f"{printable(chosen.folder)} is the store now: decisions up to {chosen.card.last_number}.", markup=False)
    if aside.exists():
        OUT.print(f"What was there lies in {printable(aside)}.", markup=False)
    OUT.print("At its next start the station counts on above every number that was told, under a new epoch.")


def _places(config: Path | None, state_dir: Path | None, folder: Path | None) -> tuple[Path, Path, Path]:
    """State folder, the store's SQLite file, and where its copies lie. Raises SettingsError."""
    if (config is None) == (state_dir is None):
        raise SettingsError("Name either --config station.toml or --state-dir FOLDER.")
    if state_dir is not None:
        return state_dir, state_dir / STORE_FILE, folder or state_dir / COPIES
    assert config is not None
    settings = load_settings(config)
    file = sqlite_file(settings.store_url)
    if settings.store_url and file is None:
        raise SettingsError("store_url names no SQLite file: use that database's own tools, for example pg_dump.")
    state = settings.state_dir
    return state, file or state / STORE_FILE, folder or settings.backup.folder or state / COPIES


def _copy_in(folder: Path) -> StoreCopy:
    found = [copy for copy in copies(folder.absolute().parent) if copy.folder.name == folder.absolute().name]
    if not found:
        raise StoreError(f"{printable(folder)} is no copy of a store: it should hold copy.json beside the files.")
    return found[0]


def _list(found: list[StoreCopy], faults: dict[Path, str | None]) -> None:
    if not found:
        return
    table = Table("copy", "made (UTC)", "decisions up to", "epoch", "")
    for copy in found:
        made = f"{copy.card.made_utc:%Y-%m-%d %H:%M}"
        wrong = faults[copy.folder]
        words = "sound" if wrong is None else f"not usable: {wrong}"
        table.add_row(copy.folder.name, made, str(copy.card.last_number), copy.card.epoch, words)
    OUT.print(table)


def _plain(copy: StoreCopy, wrong: str | None) -> dict[str, object]:
    return {"folder": str(copy.folder), **copy.card.model_dump(mode="json"), "fault": wrong}
