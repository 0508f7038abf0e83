"""What one block of the demo's web costs on this very machine: measured with all that will look at it."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from camera.memory_source import MemorySource
from camera.web import SimulatedWeb, WebSettings
from inspection.cli.demo_speed import Cost
from inspection.pipeline import Pipeline
from inspection.station.feed import Publication
from inspection.station.frame_archive import FrameArchive
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.station.settings import ArchiveSettings
from inspection.store.decisions import Store

_RENDERED = 8
"""Blocks; a second or so."""
_LATE_SHARES = (0.0, 1.0 / 3.0, 2.0 / 3.0)
"""Share of a block by which each round begins later: but for noise blocks are alike, so none may come twice."""
_WARM_UP = 4
"""Blocks before the clock starts: first calls allocate and load."""
_PATIENCE_MS = 600_000.0
"""Nothing shall be late while it is measured how long it takes."""


def measured_cost(web: WebSettings, lines: int, pipeline: Pipeline, workers: int) -> Cost:
    """Simulate some blocks of this web, and inspect them as a station does, in a folder that goes away. Takes some
    seconds.
    """
    renderer = SimulatedWeb(web)
    began_s = time.thread_time()
    seen = renderer.render(0, _RENDERED * lines)
    show_s = (time.thread_time() - began_s) / _RENDERED
    begins = [round((block + late) * lines) for late in _LATE_SHARES for block in range(_RENDERED - 1)]
    images = [seen[begin : begin + lines] for begin in begins]
    source = MemorySource(images, frame_limit=len(images), pixel_pitch_um=web.pixel_pitch_um, bit_depth=web.bit_depth)
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        store = Store.in_file(Path(folder) / "store.db")
        archive = FrameArchive(Path(folder) / "frames", ArchiveSettings(), store)
        store.begin_run("demo", "measuring", pipeline.recipe_artefact, pipeline.model_artefact)
        runner = Runner(
            [(source, pipeline)],
            Recorder(store),
            sinks=[archive.take, clock.take],
            workers=workers,
            deadline_ms=_PATIENCE_MS,
        )
        try:
            archive.start()
            runner.start()
            runner.wait()
        finally:
            runner.stop()
            archive.stop()
            store.close()
        return clock.cost(show_s)


class _Clock:
    """Sink: looks at the clocks when the warm-up is over, and at each decision from then on."""

    def __init__(self) -> None:
        self._decided = self._before = 0
        self._began = self._ended = _Times()

    def take(self, publications: Sequence[Publication]) -> None:
        """Some more decisions."""
        self._decided += len(publications)
        self._ended = _Times()
        if self._decided <= _WARM_UP:
            self._began, self._before = self._ended, self._decided

    def cost(self, show_s: float) -> Cost:
        """What one block costs, given what it costs to simulate it; asked when the last reject is saved."""
        blocks, now = self._decided - self._before, _Times()
        own_s, wall_s = now.own_s - self._began.own_s, now.wall_s - self._began.wall_s
        idle_s = now.idle_s - self._began.idle_s
        free_cores = min((own_s + idle_s) / wall_s, float(len(os.sched_getaffinity(0))))
        return Cost(show_s, own_s / blocks, (self._ended.wall_s - self._began.wall_s) / blocks, free_cores)


class _Times:
    """The clocks now."""

    def __init__(self) -> None:
        self.wall_s = time.monotonic()
        self.own_s = time.process_time()
        self.idle_s = float(psutil.cpu_times().idle)
