"""`inspection line simulate`: sheets, a gate and a PLC in real time, on any door."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from inspection.cli.console import ERR, OUT, complain
from inspection.cli.logs import configure_logs
from inspection.cli.places import ModelsDir
from inspection.simulated_line.outputs import Output
from inspection.simulated_line.run import LineFault, LinePlan, run_line


def simulate(
    models_dir: ModelsDir,
    output: Annotated[Output, typer.Option(help="The door that tells the PLC.")] = Output.HTTP,
    sheets: Annotated[int, typer.Option(min=1, max=1_000_000, help="Sheets of 300 mm that pass the gate.")] = 200,
    speed: Annotated[float, typer.Option(min=1, max=400, help="Metres a minute.")] = 80.0,
    gate_mm: Annotated[
        float, typer.Option(min=1, max=10_000, help="Web between a sheet's last line and the gate's action.")
    ] = 300.0,
    fault: Annotated[LineFault | None, typer.Option(help="What shall go wrong, again and again.")] = None,
    every_s: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two faults.")] = 20.0,
    for_s: Annotated[float, typer.Option(min=0, max=600, help="Seconds that a fault lasts.")] = 3.0,
    folder: Annotated[
        Path | None, typer.Option(help="Keep the station's settings, state and log here; else they go.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Run a line on a simulated camera: a PLC acts at the gate on what the door tells it; wrong actions are counted.

    Exit code 1: a bad sheet was let through, or a decision never reached the PLC.
    """
    configure_logs(level="WARNING")
    with tempfile.TemporaryDirectory(prefix="line-") as passing:
        plan = LinePlan(output, sheets, speed, gate_mm, models_dir, folder or Path(passing), fault, every_s, for_s)
        outcome = run_line(plan, lambda text: ERR.print(text, markup=False))
    told = outcome.told()
    if as_json:
        OUT.print_json(json.dumps(told))
    else:
        OUT.print(
            f"{outcome.sheets} sheets, {outcome.bad_sheets} bad: {outcome.bad_passed} bad ones passed, "
            f"{outcome.good_rejected} good ones rejected, {outcome.late} without a result at the gate"
        )
        OUT.print(
            "from the last line to the result: median {p50} ms, p99.9 {p999} ms, longest {max} ms".format(
                **told["latency_ms"]
            )
        )
        OUT.print(f"{outcome.decisions} decisions, {outcome.missed} never heard, {outcome.repeated} heard again")
    if outcome.bad_passed or outcome.missed:
        complain("the line let a bad sheet through, or a decision was lost on its way: that must never happen")
        raise typer.Exit(1)
