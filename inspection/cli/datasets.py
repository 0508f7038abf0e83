"""`inspection datasets`: reviewed frames as frozen data sets, and selections of the archive as folders."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from inspection.archive.archive import ArchiveSearch
from inspection.archive.data_set import counts_of, export, freeze
from inspection.archive.outlook import outlook
from inspection.archive.provenance import FrozenSet, Layout, list_data_sets, verify
from inspection.archive.search import read_search
from inspection.archive.selection import Source
from inspection.cli.console import ERR, OUT, complain, print_json
from inspection.cli.reviews import AsJson, Config, StateDir, Who, store_of
from inspection.model.history import user_name
from inspection.review.book import ReviewBook
from inspection.review.queue import ReviewQueue
from inspection.rolls.roll_book import RollBook
from inspection.store.database import Database
from inspection.store.decisions import Store

app = typer.Typer(help="Data sets: freeze what was reviewed, list, verify, export.", no_args_is_help=True)
FOLDER = "datasets"

Name = Annotated[str, typer.Argument(help="Small letters, digits and hyphens, for example anode-pinholes.")]
Query = Annotated[
    str,
    typer.Option("--search", help='As JSON, for example {"rolls": ["R-17"], "kinds": ["E01"]}; all if left away.'),
]
Note = Annotated[str, typer.Option(help="Why, for those who use it.")]


@app.command("freeze")
def freeze_(
    name: Name,
    config: Config = None,
    state_dir: StateDir = None,
    search: Query = "{}",
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Freeze reviewed frames as the next version of a data set, divided by roll, for `training fit --data`."""
    wanted = read_search(search)
    with store_of(config, state_dir) as (database, folder, station), _bar() as bar:
        source = _source(database, folder, station)
        made = freeze(source, folder / FOLDER, name, wanted, who or user_name(), note, bar)
    _tell(made, as_json=as_json)


@app.command("preview")
def preview(
    name: Name, config: Config = None, state_dir: StateDir = None, search: Query = "{}", as_json: AsJson = False
) -> None:
    """Tell what freezing would give: how many frames of which views, in which parts. Nothing is written."""
    wanted = read_search(search)
    with store_of(config, state_dir) as (database, folder, station):
        found = outlook(_source(database, folder, station), folder / FOLDER, name, wanted)
    if as_json:
        print_json(asdict(found))
        return
    OUT.print(f"{name}: {found.frames} frames of reviewed pieces")
    _tell_views(found.views)
    for roll, part in found.parts.items():
        OUT.print(f"  roll {roll}: {part}", markup=False)
    if found.lacks:
        OUT.print(f"  `training fit` would refuse it: it lacks {', '.join(found.lacks)}")


@app.command("export")
def export_(
    folder: Annotated[Path, typer.Argument(help="New folder.")],
    config: Config = None,
    state_dir: StateDir = None,
    layout: Annotated[Layout, typer.Option(help="COCO's truth.json, or MVTec's folders and masks.")] = "coco",
    search: Query = "{}",
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Write saved frames into a folder, reviewed or not; provenance.json tells where each label is from."""
    wanted = read_search(search)
    with store_of(config, state_dir) as (database, state, station), _bar() as bar:
        made = export(_source(database, state, station), folder, layout, wanted, who or user_name(), note, bar)
    _tell(made, as_json=as_json)


@app.command("list")
def list_(config: Config = None, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """List the frozen data sets."""
    with store_of(config, state_dir) as (_, folder, _):
        found = list_data_sets(folder / FOLDER)
    if as_json:
        for each in found:
            print_json({"folder": str(each.folder), **each.provenance.model_dump(mode="json", exclude={"files"})})
        return
    if not found:
        OUT.print(f"No data set in {folder / FOLDER}; `inspection datasets freeze NAME` makes one.")
        return
    table = Table("data set", "images", "views", "good", "objects", "rolls", "made (UTC)", "by", "SHA-256")
    for each in found:
        made = each.provenance
        table.add_row(
            each.folder.name,
            str(made.images),
            counts_of(made.views) or "-",
            str(made.good),
            " ".join(f"{kind} {count}" for kind, count in made.objects.items()),
            str(len(made.parts)),
            f"{made.made_utc:%Y-%m-%d %H:%M}",
            made.made_by,
            made.sha256[:12],
        )
    OUT.print(table)


@app.command("verify")
def verify_(folders: Annotated[list[Path], typer.Argument(help="Folders of data sets.")]) -> None:
    """Hold data sets against their hashes; exit code 1 if one was altered."""
    faulty = 0
    for folder in folders:
        faults = verify(folder)
        for fault in faults:
            complain(f"{folder}: {fault}")
        faulty += bool(faults)
        if not faults:
            OUT.print(f"[green]ok[/] {folder}: as it was frozen")
    if faulty:
        raise typer.Exit(1)


def _source(database: Database, state_dir: Path, station: str) -> Source:
    ReviewQueue(database).enrol()
    book, rolls = ReviewBook(database), RollBook(database)
    return Source(Store(database), book, rolls, ArchiveSearch(database), state_dir / "frames", station)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("Writing frames"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _tell_views(views: Mapping[str, int]) -> None:
    if views:
        OUT.print(f"  views: {counts_of(views)}", markup=False)


def _tell(made: FrozenSet, *, as_json: bool) -> None:
    told = made.provenance
    if as_json:
        print_json({"folder": str(made.folder), **told.model_dump(mode="json", exclude={"files"})})
        return
    OUT.print(f"{made.folder}: {told.images} images, {told.good} good, SHA-256 {told.sha256}")
    _tell_views(told.views)
    for roll, part in told.parts.items():
        OUT.print(f"  roll {roll}: {part}", markup=False)
    for why, count in told.left_out.items():
        OUT.print(f"  left out {count}: {why}", markup=False)
