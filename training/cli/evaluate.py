"""`training evaluate`: what a model misses, how often it cries wolf, and whether it may replace another."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from camera.web.settings import Material, PlantingRate, View
from inspection.cli.console import ERR, OUT
from inspection.kinds import KINDS, is_nuisance
from training.errors import DataError


def evaluate(
    model: Annotated[Path | None, typer.Argument(metavar="MODEL_DIR", help="Exported model folder.")] = None,
    data: Annotated[Path | None, typer.Argument(metavar="DATA", help="Folder of labelled images.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Page to write, for example out.html; the figures beside it as out.json.")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="Another model folder, to compare with.")] = None,
    split: Annotated[
        str | None, typer.Option(help="train, validation or test.  [default: test if there is one, else all]")
    ] = None,
    false_rejects: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Part of the good images that may be rejected.")
    ] = 0.01,
    pitch_um: Annotated[
        float | None, typer.Option(min=0.1, help="Micrometres per pixel: sizes in mm, false alarms per m².")
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The shipped models on simulated web instead of MODEL_DIR and DATA.")
    ] = False,
    blocks: Annotated[int, typer.Option(min=1, help="Simulated blocks of each material.")] = 100,
    material: Annotated[list[Material] | None, typer.Option(help="Only these simulated materials.")] = None,
    view: Annotated[list[View] | None, typer.Option(help="Only in this light.  [default: as the model knows]")] = None,
    severity: Annotated[
        PlantingRate, typer.Option(help="How many defects lie on the simulated web.")
    ] = PlantingRate.DENSE,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only these defects lie on the simulated web, and nuisance.  [default: as the model knows]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
    models_dir: Annotated[Path, typer.Option(help="Where the shipped models are.")] = Path("models"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 2,
) -> None:
    """Hold a model against labelled images, or the shipped ones against simulated web that nobody trained on."""
    if simulated:
        if any((model, data, report, against, split, pitch_um)):
            raise DataError(
                "--simulated goes without MODEL_DIR, DATA and what belongs to them. Leave one or the other."
            )
        figures = _on_simulated_web(
            models_dir, blocks, material, view or [], severity, kind or [], workers, as_json=as_json
        )
    elif model is None or data is None:
        raise DataError("Give MODEL_DIR and DATA, a model's folder and one of labelled images, or give --simulated.")
    else:
        figures = _on_images(
            model,
            data,
            report=report,
            against=against,
            split=split,
            false_rejects=false_rejects,
            pitch_um=pitch_um,
            as_json=as_json,
        )
    if as_json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _on_images(
    model_folder: Path,
    folder: Path,
    *,
    report: Path | None,
    against: Path | None,
    split: str | None,
    false_rejects: float,
    pitch_um: float | None,
    as_json: bool,
) -> dict[str, Any]:
    from inspection.model_store import Model
    from training.data import read_data_set
    from training.report.comparison import compare
    from training.report.figures import figures_of
    from training.report.judging import chosen_items, judge
    from training.report.page import as_page
    from training.report.record import as_record

    models = [Model.load(each) for each in (model_folder, against) if each is not None]
    identity, items = chosen_items(read_data_set(folder), split)
    with _bar("images") as bar:
        task = bar.add_task("Evaluating", total=len(items) * len(models))
        collected = [
            judge(
                model,
                items,
                identity,
                false_reject_rate=false_rejects,
                pitch_um=pitch_um,
                report=lambda: bar.advance(task),
            )
            for model in models
        ]
    evidence = collected[0]
    figures = figures_of(evidence)
    comparison = compare(evidence, collected[1]) if against else None
    record = as_record(evidence, figures, comparison)
    if report:
        _write_whole(report, as_page(evidence, figures, comparison))
        _write_whole(report.with_suffix(".json"), json.dumps(record, indent=2) + "\n")
        ERR.print(f"{report}: {report.stat().st_size / 1e6:.1f} MB. Open it in a browser.")
    if not as_json:
        _show(record)
    return record


def _show(record: dict[str, Any]) -> None:
    from training.report.pod import seen_size

    OUT.print(record["verdict"])
    if "against" in record:
        OUT.print(record["against"]["verdict"])
    for words in record["too_few"]:
        OUT.print(f"Too few: {words}")
    table = Table("figure", "value", "")
    for name in ("image_auroc", "image_ap", "pixel_ap", "aupro30", "mean_iou", "image_kind_accuracy", "mpx_s"):
        value = record[name]
        table.add_row(name, "-" if value is None else f"{value:g}", record["why_not"].get(name, ""))
    OUT.print(table)
    unit = record["size_unit"]
    table = Table("kind", "objects", "missed", "escape rate", "95 % interval", f"a90, {unit}", f"a90/95, {unit}")
    for kind, figures in record["by_kind"].items():
        escapes, pod = figures["escapes"], figures["pod"]
        low, high = escapes["ci95"]
        sizes = ["-" if pod[name] is None else seen_size(pod[name], pod["largest_seen"]) for name in ("a90", "a90_95")]
        table.add_row(
            kind,
            str(escapes["total"]),
            str(escapes["count"]),
            f"{escapes['rate']:.1%}",
            f"{low:.1%} .. {high:.1%}",
            *sizes,
        )
    OUT.print(table)


def _on_simulated_web(
    models_dir: Path,
    blocks: int,
    material: list[Material] | None,
    views: list[View],
    severity: PlantingRate,
    kinds: list[str],
    workers: int,
    *,
    as_json: bool,
) -> dict[str, Any]:
    from training.evaluation import STAND_INS, VIEWS, is_new, learnt
    from training.evaluation import evaluate as judge
    from training.summary import summarise, tables

    materials = tuple(material or VIEWS)
    if strangers := [each.value for each in materials if learnt(each) not in VIEWS]:
        raise DataError(
            f"--material {', '.join(strangers)}: there is no model for it, only for {', '.join(VIEWS)} (and, as webs "
            f"that none has learnt, {', '.join(STAND_INS)}). Choose among these."
        )
    if unknown := [kind for kind in kinds if kind not in KINDS or is_nuisance(kind)]:
        raise DataError(f"--kind {', '.join(unknown)}: expected codes of defects, for example E01. Correct them.")
    for each in materials:
        if new := [view.value for view in views or VIEWS[learnt(each)] if is_new(each, view)]:
            ERR.print(
                f"No model has learnt {each.value} in {', '.join(new)}: it is judged by the recipe for "
                f"{learnt(each).value}, to see what is left of the figures on web that is new to the model."
            )
    with _bar("blocks") as bar:
        task = bar.add_task("Evaluating", total=blocks * len(materials))
        results = judge(
            models_dir,
            blocks,
            materials=materials,
            views=views,
            severity=severity,
            kinds=(*kinds, *filter(is_nuisance, KINDS)) if kinds else None,
            workers=workers,
            report=lambda result: bar.advance(task, result.blocks),
        )
    summary = summarise(results)
    if not as_json:
        for table in tables(summary):
            OUT.print(table)
    return summary


def _write_whole(path: Path, text: str) -> None:
    """All of it or nothing. Raises DataError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as beside:
            whole = Path(beside) / path.name
            whole.write_text(text, encoding="utf-8")
            os.replace(whole, path)
    except OSError as error:
        raise DataError(f"{path}: can't be written ({error.strerror}). Name a file that you may write.") from error


def _bar(unit: str) -> Progress:
    """A progress bar on standard error, so that results stay alone on standard output."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=ERR,
    )
