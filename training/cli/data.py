"""`training data`: what a data set holds, and what is wrong with it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import cv2
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from camera.files.file_names import printable
from inspection.cli.console import ERR, OUT
from inspection.values.kinds import KINDS
from training.data.problem import Problem
from training.data.reading import read_data_set
from training.data.survey import Survey, survey

EXIT_PROBLEMS = 1
_SHOWN = 5
_NO_SPLIT = "no split"

app = typer.Typer(
    help="Data sets: see what they hold, find broken labels.",
    epilog="Exit codes: 0 fine; 1 problems were found; 2 no data set that can be used.",
    no_args_is_help=True,
)


@app.callback()
def data() -> None:
    """Data sets: see what they hold, find broken labels."""


@app.command(epilog="Exit codes: 0 fine; 1 problems were found; 2 no data set that can be used.")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DATA", help="Folder: COCO, MVTec style, or images and masks.")],
    as_json: Annotated[bool, typer.Option("--json", help="All figures and all problems as one JSON object.")] = False,
) -> None:
    """Count images, splits, kinds and sizes, and look for labels that can't be right."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # of damaged files the problems tell
    data_set = read_data_set(folder)
    columns = (TextColumn("Looking at images"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task("", total=len(data_set.items))
        found = survey(data_set, lambda done: bar.update(task, completed=done))
    if as_json:
        sys.stdout.write(json.dumps(figures(found), indent=2) + "\n")
    else:
        _show(found)
    if found.problems:
        raise typer.Exit(EXIT_PROBLEMS)


def figures(found: Survey) -> dict[str, Any]:
    """All that is known, for programs."""
    tallies = found.splits.values()
    return {
        "root": str(found.data_set.root),
        "layout": found.data_set.layout,
        "sha256": found.data_set.sha256,
        "images": len(found.data_set.items),
        "good": sum(tally.good for tally in tallies),
        "bad": sum(tally.bad for tally in tallies),
        "unlabelled": sum(tally.unlabelled for tally in tallies),
        "groups": found.groups,
        "views": dict(found.views),
        "kinds": list(found.data_set.kinds),
        "splits": {
            name or "none": {
                "images": tally.images,
                "good": tally.good,
                "bad": tally.bad,
                "unlabelled": tally.unlabelled,
                "images_of": dict(sorted(tally.images_of.items())),
                "objects_of": dict(sorted(tally.objects_of.items())),
            }
            for name, tally in found.splits.items()
        },
        "image_sizes": [
            {"width_px": width, "height_px": height, "images": count}
            for (width, height), count in found.image_sizes.most_common()
        ],
        "object_sizes": {kind: asdict(sizes) for kind, sizes in found.object_sizes.items()},
        "problems": [asdict(problem) for problem in found.problems],
    }


def _show(found: Survey) -> None:
    data_set = found.data_set
    OUT.print(f"{printable(str(data_set.root))}: {len(data_set.items)} images, layout {data_set.layout}", markup=False)
    OUT.print(f"SHA-256 {data_set.sha256}")
    OUT.print(f"Images of {_sizes_in_words(found)}; groups named: {found.groups or 'none'}")
    if found.views:
        views = ", ".join(f"{view} {count}" for view, count in found.views.items())
        OUT.print(f"Views: {printable(views)}", markup=False)
    OUT.print()
    OUT.print(_split_table(found))
    if data_set.kinds:
        OUT.print(_kind_table(found))
    if not found.object_sizes and data_set.kinds:
        OUT.print("No image has marks: what is on the images is known, not where.")
    if not found.problems:
        OUT.print("[green]No problems found.[/]")
        return
    OUT.print(f"[bold red]{len(found.problems)} problem{'s' * (len(found.problems) > 1)}[/]")
    by_check: dict[str, list[Problem]] = {}
    for problem in found.problems:
        by_check.setdefault(problem.check, []).append(problem)
    for name, problems in by_check.items():
        OUT.print(f"\n[bold]{name}[/]: {len(problems)}")
        for problem in problems[:_SHOWN]:
            OUT.print(f"  {printable(str(problem))}", markup=False)
        if len(problems) > _SHOWN:
            OUT.print(f"  and {len(problems) - _SHOWN} more; --json lists them all")


def _sizes_in_words(found: Survey) -> str:
    sizes = found.image_sizes
    if len(sizes) <= 3:
        return (
            ", ".join(f"{width} x {height} px ({count})" for (width, height), count in sizes.most_common()) or "no size"
        )
    widths, heights = zip(*sizes, strict=True)
    return f"{min(widths)} to {max(widths)} x {min(heights)} to {max(heights)} px ({len(sizes)} sizes)"


def _split_table(found: Survey) -> Table:
    table = Table("split")
    for name in ("images", "good", "bad", "unlabelled"):
        table.add_column(name, justify="right")
    for name, tally in found.splits.items():
        table.add_row(
            Text(printable(name) or _NO_SPLIT), *map(str, (tally.images, tally.good, tally.bad, tally.unlabelled))
        )
    return table


def _kind_table(found: Survey) -> Table:
    table = Table("kind")
    for name in found.splits:
        table.add_column(f"{name or _NO_SPLIT}\nimages", justify="right")
        table.add_column("\nobjects", justify="right")
    for name in ("longer side in px\nsmallest", "\n10 %", "\nmedian", "\n90 %", "\nlargest"):
        table.add_column(name, justify="right")
    for kind in found.data_set.kinds:
        named = f"{kind} {KINDS[kind].name}" if kind in KINDS else kind
        counts = [str(each[kind]) for tally in found.splits.values() for each in (tally.images_of, tally.objects_of)]
        sizes = found.object_sizes.get(kind)
        lengths = ["-"] * 5 if sizes is None else [f"{value:g}" for value in asdict(sizes).values()]
        table.add_row(Text(printable(named)), *counts, *lengths)
    return table
