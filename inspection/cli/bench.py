"""`inspection bench`: how fast this very machine inspects, from frames in memory to decisions on disk."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from camera.memory_source import MemorySource
from camera.web import Material, PlantingRate, SimulatedWeb, View, WebSettings
from inspection.cli.console import ERR, OUT, print_json
from inspection.cli.logs import configure_logs
from inspection.cli.places import ModelsDir
from inspection.model.shelf import find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.station.feed import Publication
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.store.decisions import Store
from inspection.values import Verdict

_LINES = 1024
_PITCH_UM = 50.0
_DISTINCT_BLOCKS = 32
_LATE_LINES = (0, 346, 692)
"""Lines by which the blocks of each round over the web begin later."""
_MEMORY_SAMPLES = 40
_WARM_UP = 8
"""Blocks before the clock starts: first calls allocate and load."""


class Tally:
    """Sink: adds up what the decisions tell."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.decided = 0
        self.started_s = 0.0
        self.ended_s = 0.0
        self.verdicts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
        self.latency_ms: list[float] = []
        self.stage_ms: dict[str, list[float]] = defaultdict(list)
        self.resident_mb: list[float] = []
        self._process = psutil.Process()
        self._sample_every = max(1, blocks // _MEMORY_SAMPLES)

    def take(self, publications: Sequence[Publication]) -> None:
        """Count decisions; those of the warm-up only start the clock."""
        for publication in publications:
            decision = publication.decision
            self.decided += 1
            if self.decided <= _WARM_UP:
                self.started_s = time.monotonic()
                continue
            self.verdicts[decision.verdict.value] += 1
            self.latency_ms.append(decision.latency_ms)
            for stage, value in decision.stage_ms.items():
                self.stage_ms[stage].append(value)
            if self.decided % self._sample_every == 0:
                self.resident_mb.append(self._process.memory_info().rss / 1e6)
        self.ended_s = time.monotonic()


def bench(
    models_dir: ModelsDir,
    blocks: Annotated[int, typer.Option(min=10, help="Blocks to inspect after the warm-up.")] = 400,
    width: Annotated[int, typer.Option(min=256, max=16384, help="Columns of the web.")] = 4096,
    material: Annotated[Material, typer.Option(help="What the web is made of.")] = Material.ANODE,
    severity: Annotated[PlantingRate, typer.Option(help="How many defects lie on it.")] = PlantingRate.NORMAL,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that inspect.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure throughput, latency, stage times and memory on simulated web kept in memory."""
    configure_logs(level="WARNING")
    recipe = default_recipe(material.value, View.BRIGHT_FIELD.value)
    pipeline = Pipeline(recipe, find_model(models_dir, recipe.model.name, recipe.model.sha256))
    ERR.print(f"rendering {_DISTINCT_BLOCKS} blocks of {width} x {_LINES} px of {material.value}")
    settings = WebSettings(
        material=material, severity=severity, seed=4_000_000, width_px=width, pixel_pitch_um=_PITCH_UM
    )
    web = SimulatedWeb(settings).render(0, _DISTINCT_BLOCKS * _LINES)
    # Nothing but noise tells one block from another, so none may come again soon: each round begins a little later.
    starts = range(0, (_DISTINCT_BLOCKS - 1) * _LINES, _LINES)
    images = [web[start + late : start + late + _LINES] for late in _LATE_LINES for start in starts]
    source = MemorySource(images, frame_limit=blocks + _WARM_UP, pixel_pitch_um=_PITCH_UM)
    tally = Tally(blocks)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = Store.in_file(Path(folder) / "bench.sqlite")
        store.begin_run("bench", "bench", pipeline.recipe_artefact, pipeline.model_artefact)
        # Latency here is queueing: a full queue must not turn into late frames while throughput is measured.
        runner = Runner(
            [(source, pipeline)], Recorder(store), sinks=[tally.take], workers=workers, deadline_ms=60_000.0
        )
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
        with Progress(*columns, TimeRemainingColumn(), console=ERR, transient=True) as progress:
            task = progress.add_task("inspecting", total=blocks)
            runner.start()
            while not runner.wait(0.2):
                progress.update(task, completed=max(0, tally.decided - _WARM_UP))
        runner.stop()
        store.close()
    result = _result(tally, width, workers, pipeline)
    if as_json:
        print_json(result)
    else:
        _show(result)


def _result(tally: Tally, width: int, workers: int, pipeline: Pipeline) -> dict[str, Any]:
    elapsed_s = tally.ended_s - tally.started_s
    half = len(tally.resident_mb) // 2
    p50, p99 = np.percentile(tally.latency_ms, [50, 99])
    return {
        "width_px": width,
        "lines": _LINES,
        "blocks": tally.blocks,
        "workers": workers,
        "recipe": pipeline.recipe_artefact.name,
        "model": f"{pipeline.model_artefact.name} {pipeline.model_artefact.version}",
        "mpx_s": round(tally.blocks * width * _LINES / 1e6 / elapsed_s, 1),
        "decisions_s": round(tally.blocks / elapsed_s, 1),
        "verdicts": tally.verdicts,
        "latency_ms": {"p50": round(p50, 1), "p99": round(p99, 1), "max": round(max(tally.latency_ms), 1)},
        "stage_ms_median": {stage: round(float(np.median(ms)), 2) for stage, ms in tally.stage_ms.items()},
        "resident_mb": {
            "first_half_median": round(float(np.median(tally.resident_mb[:half] or [0.0])), 1),
            "second_half_median": round(float(np.median(tally.resident_mb[half:] or [0.0])), 1),
            "max": round(max(tally.resident_mb, default=0.0), 1),
        },
    }


def _show(result: dict[str, Any]) -> None:
    table = Table("what", "value")
    table.add_row("throughput", f"{result['mpx_s']} Mpx/s, {result['decisions_s']} decisions/s")
    table.add_row("web", f"{result['width_px']} px wide, blocks of {result['lines']} lines, {result['blocks']} blocks")
    table.add_row("model, recipe", f"{result['model']}, {result['recipe']}")
    table.add_row("verdicts", ", ".join(f"{number} {verdict}" for verdict, number in result["verdicts"].items()))
    table.add_row("latency with a full queue", "{p50} ms median, {p99} ms p99".format(**result["latency_ms"]))
    for stage, value in result["stage_ms_median"].items():
        table.add_row(f"  {stage}, median", f"{value} ms")
    memory = result["resident_mb"]
    table.add_row(
        "resident memory",
        f"{memory['first_half_median']} MB, then {memory['second_half_median']} MB (medians of halves)",
    )
    OUT.print(table)
