"""A small real station for the tests: a genuine ONNX model, drawn frames, a source that plays a script."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from camera.frame import EndOfFrames, Frame, FrameId, LossReason, LostFrame
from camera.source import SourceStatus
from inspection.clock import Clock
from inspection.judging.findings import Findings
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import default_recipe
from inspection.station.recorder import Recorder
from inspection.station.runner import Runner
from inspection.store.decisions import Store
from inspection.values import (
    Artefact,
    Box,
    Decision,
    Defect,
    Dimension,
    Piece,
    Reason,
    Severity,
    Verdict,
)
from tests.support import network
from tests.support.fresh_store import lay_store
from tests.support.network import assembled
from tests.support.patience import PATIENCE_S

KINDS = ("E01", "E04")
HEIGHT, WIDTH, PITCH_UM = 64, 128, 50.0
LENGTH_MM = HEIGHT * PITCH_UM / 1000.0


def write_model(folder: Path) -> Path:
    """A network that answers E01 where an 8 x 8 cell is brighter than 128."""
    spread = np.array([0.25, 0.0], np.float32).reshape(2, 1, 1, 1)
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("MaxPool", ["float"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["cells", "spread", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    bright = assembled(nodes, len(KINDS), spread=spread, bias=np.array([-32.0, -20.0], np.float32))
    return network.write_model(folder, bright, kinds=KINDS, halo_px=0, multiple_px=8, limits="sees bright spots only")


def build_pipeline(folder: Path, kind: type[Pipeline] = Pipeline) -> Pipeline:
    path = folder / "electrode-0.1"
    return kind(default_recipe("anode", "bright-field"), Model.load(path if path.exists() else write_model(path)))


def frame(number: int, *, camera: str = "cam0", run: int = 1, pinhole: bool = False) -> Frame:
    """A grey block with its own noise; with a pinhole of 1 mm on request."""
    pixels = np.random.default_rng(number).integers(70, 90, (HEIGHT, WIDTH), np.uint8)
    if pinhole:
        pixels[20:40, 50:70] = 230
    return Frame(
        id=FrameId(camera, run, number),
        pixels=pixels,
        bit_depth=8,
        pixel_pitch_x_um=PITCH_UM,
        pixel_pitch_y_um=PITCH_UM,
        position_mm=number * LENGTH_MM,
        exposure_us=20.0,
        captured_utc=datetime.now(UTC),
        captured_ns=time.monotonic_ns(),
    )


def lost(number: int, reason: LossReason, *, camera: str = "cam0", run: int = 1) -> LostFrame:
    detail = f"frame {number} went missing: {reason.value}"
    return LostFrame(FrameId(camera, run, number), reason, detail, None, datetime.now(UTC), time.monotonic_ns())


class ScriptedSource:
    """Plays readings, captured at the moment they are read; `endless` sources go on with good frames."""

    def __init__(self, readings, *, camera: str = "cam0", waits: bool = True, every_s: float = 0.0, hold=None) -> None:
        self._readings = iter(readings)
        self._camera = camera
        self._every_s = every_s
        self._hold: threading.Event | None = hold
        self.waits_for_station = waits
        self.is_open = False
        self.was_read: list[int] = []

    def start(self) -> None:
        self.is_open = True

    def read(self, timeout_s: float):
        if self._hold is not None and not self._hold.wait(timeout_s):
            return None
        time.sleep(self._every_s)
        reading = next(self._readings, None)
        if reading is None:
            return EndOfFrames("the script is over")
        self.was_read.append(reading.id.number)
        if isinstance(reading, Frame):
            return replace(reading, captured_utc=datetime.now(UTC), captured_ns=time.monotonic_ns())
        return replace(reading, noticed_utc=datetime.now(UTC), noticed_ns=time.monotonic_ns())

    def stop(self) -> None:
        self.is_open = False

    def status(self) -> SourceStatus:
        return SourceStatus(self._camera, "scripted", self.is_open, "plays a script")


class SlowPipeline(Pipeline):
    """A pipeline that takes its time over some frames, or chokes on them."""

    slow_s: dict[int, float]
    slow_conclusion_s: dict[int, float]
    choke_on: set[int]
    choke_on_conclusion: set[int]
    began: list[int]

    def inspect(self, frame: Frame) -> Findings:
        self.began.append(frame.id.number)
        time.sleep(self.slow_s.get(frame.id.number, 0.0))
        if frame.id.number in self.choke_on:
            raise ArithmeticError("choked")
        return super().inspect(frame)

    def follow(self, findings, carried):
        if findings.frame_id.number in self.choke_on_conclusion:
            raise ArithmeticError("choked at the end")
        time.sleep(self.slow_conclusion_s.get(findings.frame_id.number, 0.0))
        return super().follow(findings, carried)


def slow_pipeline(folder: Path, *, slow_s=None, choke_on=(), choke_on_conclusion=()) -> SlowPipeline:
    pipeline = build_pipeline(folder, SlowPipeline)
    pipeline.slow_s, pipeline.choke_on = slow_s or {}, set(choke_on)
    pipeline.choke_on_conclusion, pipeline.began = set(choke_on_conclusion), []
    pipeline.slow_conclusion_s = {}
    return pipeline


RECIPE = Artefact("anode", "1.0", "a" * 64)
MODEL = Artefact("electrode", "0.1", "b" * 64)


def begun_store(path: Path, clock: Clock | None = None) -> Store:
    """A store with its first run; one without a folder yet is made as the program makes it."""
    if path.parent.exists() and not path.exists():
        lay_store(path)
    store = Store.in_file(path, clock)
    store.begin_run("test", "0", RECIPE, MODEL)
    return store


def run_to_end(store: Store, *cameras, **options) -> tuple[Runner, list[Decision]]:
    """Run sources through their pipelines until all is decided; nothing is late unless a deadline is given."""
    published: list[Decision] = []
    options = {"deadline_ms": 60_000.0} | options
    runner = Runner(cameras, Recorder(store), sinks=[lambda ps: published.extend(p.decision for p in ps)], **options)
    runner.start()
    assert runner.wait(PATIENCE_S), "the runner never finished"
    runner.stop()
    return runner, published


def defect(**changes) -> Defect:
    mask = np.zeros((10, 20), bool)
    mask[2:8, 3:17] = True
    values = {
        "kind": "E01",
        "score": 0.9,
        "severity": Severity.S2,
        "box": Box(30, 10, 50, 20),
        "mask": mask,
        "length_mm": 1.0,
        "width_mm": 0.5,
        "area_mm2": 0.4,
        "contrast_percent": -40.0,
        "snr": 30.0,
        "md_mm": 12.0,
        "cd_mm": 2.0,
        "lane": 1,
    }
    return Defect(**(values | changes))


TOO_LARGE = Reason("limit.E01.diameter_mm", "too large", "E01", 1.0, 0.5, "mm", (0,), Severity.S2, "diameter_mm")


def decision(sequence: int, verdict: Verdict = Verdict.REJECT, *, camera: str = "cam0", **changes) -> Decision:
    is_accept = verdict is Verdict.ACCEPT
    values = {
        "sequence": sequence,
        "piece": Piece(FrameId(camera, 1, sequence), 3.2 * sequence, 3.2, f"T{sequence}", f"P{sequence}"),
        "verdict": verdict,
        "reasons": () if is_accept else (TOO_LARGE,),
        "defects": () if is_accept else (defect(), defect(kind="E04", severity=Severity.S1, lane=None)),
        "recipe": RECIPE,
        "model": MODEL,
        "captured_utc": datetime(2030, 1, 2, 3, 4, 5, 678000, UTC),
        "decided_utc": datetime(2030, 1, 2, 3, 4, 6, tzinfo=UTC),
        "latency_ms": 12.5,
        "deadline_met": True,
        "stage_ms": {"detect": 1.5},
        "dimensions": (Dimension("coat_width", 100.01, 0.02),),
    }
    return Decision(**(values | changes))
