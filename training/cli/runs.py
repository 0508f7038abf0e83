"""`training runs`: what fits left behind in their folders."""

import json
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from inspection.cli.console import ERR, OUT
from training.errors import TrainingError

if TYPE_CHECKING:
    from training.fitting.run_folder import RunOverview

_PARTS = 10
app = typer.Typer(help="Runs: list them, look at one, copy one to MLflow.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
RunDir = Annotated[Path, typer.Argument(help="Folder of a run.")]


@app.command("list")
def list_(
    runs_dir: Annotated[Path, typer.Argument(help="Folder that holds the runs' folders.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder: family, steps, loss, minutes, finished or not."""
    from training.fitting.run_folder import list_runs, overview_of

    overviews = []
    for folder in list_runs(runs_dir):
        try:
            overviews.append(overview_of(folder))
        except TrainingError as error:
            ERR.print(str(error), style="red", markup=False)
    if as_json:
        _print_json([_as_dict(each) for each in overviews])
        return
    table = Table("run", "state", "family", "steps", "loss", "minutes")
    for each in overviews:
        table.add_row(
            each.folder.name, each.state.value, each.family, _steps(each), _loss(each.loss), f"{each.minutes:.1f}"
        )
    OUT.print(table)


@app.command("show")
def show(run: RunDir, as_json: AsJson = False) -> None:
    """Show one run: its settings, how far it is, and how the loss fell."""
    from training.fitting.run_folder import RunState, mean_loss, overview_of, read_curves

    overview = overview_of(run)
    points = read_curves(run)
    ends = sorted({round(len(points) * part / _PARTS) for part in range(_PARTS + 1)})
    course = [(last, mean_loss(points[first:last])) for first, last in pairwise(ends)]
    if as_json:
        _print_json(_as_dict(overview) | {"course": [{"step": step, "loss": loss} for step, loss in course]})
        return
    table = Table("what", "value", title=str(run))
    table.add_row("state", overview.state.value)
    table.add_row("family", overview.family)
    table.add_row("steps, minutes", f"{_steps(overview)}, {overview.minutes:.1f}")
    table.add_row("loss, mean of the last tenth", _loss(overview.loss))
    for name, value in _settings(overview).items():
        table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    OUT.print(table)
    if course:
        curve = Table("up to step", "mean loss")
        for step, loss in course:
            curve.add_row(str(step), _loss(loss))
        OUT.print(curve)
    if overview.state is RunState.INTERRUPTED:
        OUT.print(f"Go on with: training fit --resume {run}", markup=False)


@app.command("export-mlflow")
def export_mlflow(
    run: RunDir,
    tracking_uri: Annotated[str, typer.Option(help="For example http://server:5000 or sqlite:///mlflow.db.")],
    experiment: Annotated[str | None, typer.Option(help="By name.  [default: the model family]")] = None,
) -> None:
    """Copy settings, curves and files of a run to MLflow, as a new MLflow run; needs the extra `mlflow`."""
    from training.fitting.mlflow_export import export_to_mlflow

    run_id = export_to_mlflow(run, tracking_uri, experiment)
    OUT.print(f"{run} is MLflow run {run_id} at {tracking_uri}.", markup=False)


def _settings(overview: "RunOverview") -> dict[str, Any]:
    """By name of the option, those that are set."""
    if overview.settings is None:
        return {}
    return overview.settings.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _as_dict(overview: "RunOverview") -> dict[str, Any]:
    return asdict(overview) | {"folder": str(overview.folder), "settings": _settings(overview)}


def _steps(overview: "RunOverview") -> str:
    wanted = overview.settings.steps if overview.settings else None
    return f"{overview.steps} of {wanted}" if wanted and wanted != overview.steps else str(overview.steps)


def _loss(loss: float | None) -> str:
    return "-" if loss is None else f"{loss:.3f}"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
