"""`training evaluate`: what a model misses, how often it cries wolf, and whether it may replace another."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from camera.web.settings import Material, PlantingRate, View
from inspection.cli.console import finite
from training.cli.evaluate_images import Rule, on_images
from training.cli.evaluate_views import Lit, on_lit_web
from training.cli.evaluate_web import Webs, on_web
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
        float, typer.Option(min=0.0, max=1.0, callback=finite, help="Part of the good images that may be rejected.")
    ] = 0.01,
    pitch_um: Annotated[
        float | None,
        typer.Option(min=0.1, callback=finite, help="Micrometres per pixel: sizes in mm, false alarms per m²."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Judge as the station does, by this recipe: a shipped one's name, or a file.  [default: scores alone]"
        ),
    ] = None,
    simulated: Annotated[
        bool,
        typer.Option(
            "--simulated", help="On simulated web instead of DATA; the shipped models unless MODEL_DIR is given."
        ),
    ] = False,
    blocks: Annotated[int, typer.Option(min=1, help="Simulated blocks of each material.")] = 100,
    material: Annotated[list[Material] | None, typer.Option(help="Only these simulated materials.")] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(
            help="Only DATA's images of this view, by the name that they say; simulated web only in this light; "
            "several.  [default: as the model knows]"
        ),
    ] = None,
    views: Annotated[
        str | None,
        typer.Option(
            help="Several lights of one web, such as bright-field,back-light: judged together by the shipped recipe "
            "for them, and each by itself, piece by piece."
        ),
    ] = None,
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
    """Hold a model against labelled images, or against simulated web that nobody trained on."""
    if simulated:
        if any((data, split, pitch_um, recipe)):
            raise DataError("--simulated goes without DATA and what belongs to it. Leave one or the other.")
        if views is not None:
            if any((model, against, report, view)):
                raise DataError(
                    "--views goes without MODEL_DIR, --against, --report and --view: the recipe for these lights says "
                    "which models look. Leave one or the other."
                )
            lit = Lit(views, blocks, tuple(material or ()), severity, tuple(kind or ()))
            figures = on_lit_web(lit, models_dir, workers=workers, as_json=as_json)
            if as_json:
                sys.stdout.write(json.dumps(figures, indent=2) + "\n")
            return
        webs = Webs(blocks, tuple(material or ()), _lights(view), severity, tuple(kind or ()))
        figures = on_web(webs, models_dir, model, against, report=report, workers=workers, as_json=as_json)
    elif views is not None:
        raise DataError("--views is about simulated web: give --simulated, too.")
    elif model is None or data is None:
        raise DataError("Give MODEL_DIR and DATA, a model's folder and one of labelled images, or give --simulated.")
    else:
        rule = Rule(recipe, false_rejects, pitch_um, tuple(view or ()))
        figures = on_images(model, data, against, rule, split=split, report=report, as_json=as_json)
    if as_json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _lights(names: list[str] | None) -> tuple[View, ...]:
    """The lights of simulated web. Raises DataError for others."""
    lights = [light.value for light in View]
    if unknown := [name for name in names or () if name not in lights]:
        raise DataError(f"--view {unknown[0]}: simulated web is lit in {', '.join(lights)}. Choose one of these.")
    return tuple(View(name) for name in names or ())
