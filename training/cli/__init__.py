"""`training`: from simulated or labelled webs to a model that the station can load.

The whole way, reproducibly:

    training fit --simulated --material electrode --steps 2000 --seed 1 --out runs/electrode
    training export runs/electrode --out models/electrode-1.0.0
    training evaluate --simulated --blocks 1000

Exit codes: 0 done; 1 a self-check failed; 2 bad input, nothing was written; 130 stopped by Ctrl-C.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from camera.errors import CameraError
from camera.web.settings import Material, PlantingRate, View
from inspection.cli.console import ERR, OUT
from inspection.errors import InspectionError
from training.cli import data, evaluate, fit, label, names, promote, runs
from training.cli.bars import progress_bar
from training.errors import DataError, TrainingError

EXIT_CHECK_FAILED = 1
EXIT_BAD_INPUT = 2

app = typer.Typer(
    name="training",
    help="Make, judge and export models for the inspection station.",
    epilog="Exit codes: 0 done; 1 a self-check failed; 2 bad input, nothing was written; 130 stopped by Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data.app, name="data")


@app.command()
def synth(
    out: Annotated[Path, typer.Option(help="New or empty folder.")],
    material: Annotated[
        Material | None, typer.Option(help="What the web is.  [default: anode, or the preset's usual one]")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Station whose first camera it is, for example notch-25.  [default: 2048 px of 50 um]"),
    ] = None,
    view: Annotated[
        list[View] | None,
        typer.Option(
            help="How it is lit; several: strobe-multiplexed, an image for each.  "
            "[default: bright-field, or the preset's]"
        ),
    ] = None,
    severity: Annotated[PlantingRate, typer.Option(help="How many defects lie on it.")] = PlantingRate.DENSE,
    kinds: Annotated[
        list[str] | None, typer.Option(help="Plant these only, for example E01,E13.  [default: all of the material]")
    ] = None,
    blocks: Annotated[int, typer.Option(min=1, help="Images of 1024 lines, for each view and roll.")] = 20,
    rolls: Annotated[
        int, typer.Option(min=1, help="Number of webs, each with its own levels, texture and columns.")
    ] = 1,
    randomised: Annotated[
        bool, typer.Option("--randomised", help="Rolls, cameras and objects differ far more than in one plant.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 1,
) -> None:
    """Write simulated web as PNG images with truth.json (COCO) and the same table as objects.parquet."""
    from camera.web.presets import PRESETS
    from training.simulation.synth import synthesise

    if preset is not None and preset not in PRESETS:
        raise DataError(f"No preset {preset!r}; there are {', '.join(PRESETS)}. Choose one of them.")
    with progress_bar("blocks") as bar:
        task = bar.add_task("Simulating", total=rolls * blocks)
        truth = synthesise(
            out,
            material=material,
            view=view,
            preset=None if preset is None else PRESETS[preset],
            severity=severity,
            kinds=_codes(kinds),
            blocks=blocks,
            rolls=rolls,
            randomised=randomised,
            seed=seed,
            report=lambda done: bar.update(task, completed=done),
        )
    OUT.print(f"{out}: {len(truth.images)} images, {len(truth.annotations)} labelled objects.")


@app.command()
def catalogue(
    out: Annotated[Path, typer.Option(help="The page to write, for example catalogue.html.")],
    material: Annotated[
        list[Material] | None, typer.Option(help="Show kinds on these; several.  [default: two that suit the kind]")
    ] = None,
    kinds: Annotated[list[str] | None, typer.Option(help="Only these, for example E01,E13.  [default: all]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed shows other objects.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Write a picture book of every kind that the simulated web can carry: one page, for people to judge."""
    from training.simulation.catalogue import write_catalogue

    with progress_bar("webs") as bar:
        task = bar.add_task("Photographing", total=None)
        chapters = write_catalogue(
            out,
            materials=material,
            kinds=_codes(kinds),
            seed=seed,
            workers=workers,
            report=lambda done, total: bar.update(task, completed=done, total=total),
        )
    OUT.print(f"{out}: {len(chapters)} kinds, {out.stat().st_size / 1e6:.1f} MB. Open it in a browser.")


@app.command()
def selfcheck(
    as_json: Annotated[bool, typer.Option("--json", help="The table as JSON.")] = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option(help="Only the contrasts of these kinds, for example E01,E13.  [default: every check]"),
    ] = None,
) -> None:
    """Hold the simulated web against the numbers that it is made by; exit code 1 when a check fails."""
    from training.simulation.selfcheck import Scope, contrast_checks, kinds_with_bands, self_checks

    chosen = kinds_with_bands(_codes(kinds) or ())
    with progress_bar("checks") as bar:
        task = bar.add_task("Checking", total=None)
        checks = []

        def report(what: str) -> None:
            bar.update(task, description=f"Checking {what}")

        for check in contrast_checks(chosen, Scope(), report) if chosen else self_checks(Scope(), report):
            checks.append(check)
            bar.update(task, completed=len(checks))
    if as_json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks], indent=2) + "\n")
    else:
        table = Table("check", "expected", "seen", "ok")
        for check in checks:
            style = None if check.is_ok else "red"
            table.add_row(check.name, check.expected, check.seen, "yes" if check.is_ok else "NO", style=style)
        OUT.print(table)
    if not all(check.is_ok for check in checks):
        raise typer.Exit(EXIT_CHECK_FAILED)


app.command()(fit.fit)
app.command()(promote.promote)
app.command()(label.label)
app.command()(names.names)
app.add_typer(runs.app, name="runs")


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    out: Annotated[Path, typer.Option(help="Model folder, named NAME-VERSION.")],
    selection_blocks: Annotated[
        int, typer.Option(min=1, help="Simulated blocks of each look, for choosing thresholds.")
    ] = 400,
    evaluation_blocks: Annotated[
        int,
        typer.Option(
            min=0, help="Simulated blocks of each material for the card's metrics and the report; 0: neither."
        ),
    ] = 300,
    name_webs: Annotated[
        int, typer.Option(min=0, help="Simulated webs of each look, for telling kinds apart; 0: by scores alone.")
    ] = names.NAME_WEBS,
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 2,
    escapes: Annotated[
        list[str] | None,
        typer.Option(help="KIND=RATE, for example E13=0.02: its threshold lets no more escape; several."),
    ] = None,
    false_rejects: Annotated[
        list[str] | None,
        typer.Option(help="KIND=RATE, for example E01=0.01: its threshold rejects no more good blocks; several."),
    ] = None,
    web: Annotated[list[str] | None, typer.Option(help="Own kinds only: material that it is for; several.")] = None,
    view: Annotated[list[str] | None, typer.Option(help="Own kinds only: view that it is for; several.")] = None,
    pitch_um: Annotated[
        tuple[float, float] | None, typer.Option(help="Own kinds only: smallest and largest pixel pitch.")
    ] = None,
) -> None:
    """Make a model of a run: graph, proof of parity, thresholds, metrics, card, report."""
    from inspection.model.shelf import REPORT, Model
    from training.cli.evaluate_web import Webs
    from training.cli.report_files import record_of
    from training.evaluation.simulated_evidence import simulated_evidence
    from training.evaluation.simulated_web import evaluate as judge
    from training.evaluation.summary import summarise
    from training.family import OWN
    from training.fitting.run_folder import read_run
    from training.release.exporting import export as make_model
    from training.release.exporting import split_name, with_metrics
    from training.release.operating_point import wanted_rates
    from training.release.own_kinds import export_own, intent_of

    if read_run(run).family == OWN:
        made = export_own(run, out, *split_name(out), intent_of(web or (), view or (), pitch_um))
        OUT.print(f"{out}: {made.bytes / 1e6:.2f} MB, for {', '.join(made.card.kinds)}.")
        return
    with progress_bar("blocks") as bar:
        family = read_run(run).fitted_family
        looks = family.looks
        task = bar.add_task("Choosing thresholds", total=selection_blocks * len(looks))
        made = make_model(
            run,
            out,
            selection_blocks=selection_blocks,
            workers=workers,
            wanted=wanted_rates(escapes or (), false_rejects or (), family.kinds),
            report=lambda done: bar.update(task, completed=done),
        )
    if name_webs:
        try:
            names.name_better(out, name_webs, workers)
            made = replace(made, card=Model.load(out).card)
        except DataError as error:
            ERR.print(f"Kinds that look alike are named by their scores alone. {error}", markup=False)
    with progress_bar("blocks") as bar:
        if evaluation_blocks:
            materials = dict.fromkeys(material for material, _ in looks)
            task = bar.add_task("Evaluating", total=evaluation_blocks * len(materials))
            results = judge(
                out.parent,
                evaluation_blocks,
                materials=materials,
                model_folder=out,
                workers=workers,
                report=lambda result: bar.advance(task, result.blocks),
            )
            made = with_metrics(made, summarise(results))
            webs = Webs(evaluation_blocks, tuple(materials), (), PlantingRate.DENSE, family.kinds)
            record_of([simulated_evidence(Model.load(out), results, asdict(webs))], out / REPORT)
    parity = made.card.parity
    OUT.print(
        f"{out}: {made.bytes / 1e6:.2f} MB; ONNX Runtime and PyTorch differ by {parity.max_abs_difference:.1e} at most."
    )


app.command()(evaluate.evaluate)


def _codes(texts: list[str] | None) -> tuple[str, ...] | None:
    """Catalogue codes from `--kinds E01,E04 --kinds S01`; None for no such option."""
    return tuple(code.strip() for text in texts for code in text.split(",")) if texts else None


def main() -> None:
    """Entry point: known errors become one clear message and exit code 2."""
    try:
        app()
    except (CameraError, InspectionError, TrainingError) as error:
        ERR.print(str(error), style="red", markup=False)
        sys.exit(EXIT_BAD_INPUT)
