"""`training fit`: fits a network, and goes on with one that was interrupted."""

from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import ERR, OUT
from training.errors import DataError
from training.fitting.mode import Mode


def fit(
    context: typer.Context,
    material: Annotated[
        str | None, typer.Option(help="Which shipped family: electrode or separator.  [default: the data's own kinds]")
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            help="Own kinds: from good images alone, or with marked defects.  [default: good-only if no image for "
            "training shows a defect]"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New folder for the run.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="Data set in any layout (see `training data check`); several.")
    ] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(help="Only the data's images of this view; several, if they are lit alike.  [default: all]"),
    ] = None,
    simulated: Annotated[bool | None, typer.Option("--simulated", help="Simulate the data while fitting.")] = None,
    auditor: Annotated[
        bool | None,
        typer.Option("--auditor", help="The larger, slower network that labels images and checks the fast one."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Material or view that is not simulated, to see what is left on web never seen; several."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(help="Number of batches: reproducible.  [default for own kinds: good-only 1500, supervised 1500]"),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes to fit instead.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same one gives the same model.  [default: 1]")] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads of the network; making tiles takes one more.  [default: 1]")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Run folder or exported model whose weights to begin with.")
    ] = None,
    memory_mib: Annotated[
        float | None,
        typer.Option(
            help="Families: for tiles kept for another look.  [default: 2319 for electrode, 1389 for separator]"
        ),
    ] = None,
    false_rejects: Annotated[
        float | None,
        typer.Option(help="Own kinds: part of the good images that thresholds may reject.  [default: 0.01]"),
    ] = None,
    checkpoint_minutes: Annotated[
        float | None, typer.Option(help="The fit is saved so often, for --resume.  [default: 10]")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with these options by name; options given here go before it.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the interrupted run in this folder.")] = None,
) -> None:
    """Fit a network; `training export` makes a model of it.

    With --steps, the same settings give the same network on the same machine, interrupted or not.
    """
    from training.cli.fit_progress import show_progress
    from training.family import OWN
    from training.fitting.fit_settings import read_fit_settings
    from training.fitting.fitting import fit as begin
    from training.fitting.fitting import resume as go_on
    from training.fitting.fitting import settled
    from training.release.own_kinds import export_own

    # Of an option that may be given several times and was not, the context makes an empty tuple.
    given = {name: value for name, value in context.params.items() if value not in (None, ())}
    if resume is not None:
        if others := [f"--{name.replace('_', '-')}" for name in given if name != "resume"]:
            raise DataError(f"--resume goes on with the settings of that run; take away {', '.join(others)}.")
        folder = resume
    else:
        given.pop("config", None)
        settings, folder = read_fit_settings(config, given)
        if settings.material is None and settings.mode is None:
            settings = settled(settings)
            why = "there are" if settings.mode is Mode.SUPERVISED else "there are no"
            ERR.print(f"Mode {settings.mode}: {why} images for training with defects.", markup=False)
    try:
        with show_progress(ERR) as report:
            run = go_on(folder, report=report) if resume else begin(settings, folder, report=report)
    except KeyboardInterrupt:
        ERR.print(f"Stopped. Go on with: training fit --resume {folder}", markup=False)
        raise
    OUT.print(f"{folder}: {run.steps} steps in {run.minutes:.1f} min, loss {run.last_loss:.3f}.")
    if run.family == OWN:
        made = export_own(folder, folder, OWN, "0")
        OUT.print(f"{folder} is a model of {', '.join(made.card.kinds)}: training evaluate {folder} DATA")
        OUT.print(
            f"For the station: training export {folder} --out models/NAME-VERSION --web MATERIAL --view VIEW "
            "--pitch-um LOW HIGH",
            markup=False,
        )
        return
    OUT.print(f"Next: training export {folder} --out {folder}/{run.model_name}-VERSION, then training promote {folder}")
