"""The standing challenge: now and then a spoilt copy of a good frame goes through the running pipeline.

A model, a recipe or a lens that no longer tells good from bad looks like very good material. So the last accepted
frame of each camera is spoilt in ways whose verdicts are known. These copies get no number and no decision; they run
one at a time, in a thread that gives way to all others.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from camera.frame import Frame, Pixels
from inspection.judging.findings import Carried
from inspection.pipeline import Pipeline
from inspection.station.feed import Publication
from inspection.values import Verdict
from inspection.vision.checks.plausibility import product_columns

_DIAMETER_MM = 2.5
"""Diameter of the spots: five times the largest limit that the shipped recipes set for a hole or a pinhole."""
_LARGEST_SHARE = 0.25
"""Share of the frame's shorter side that a spot takes at most, where that is less."""
_DARK, _BRIGHT, _BRIGHTEST_SHARE = 0.4, 1.8, 0.9
"""Grey value of the spots, against that of the web; and the most of the full scale, for what saturates has no noise."""
_SOFT_PX = 0.7
_LOWEST_PRIORITY = 19
_log = structlog.get_logger("inspection.station.challenge")


@dataclass(frozen=True, slots=True)
class Task:
    """One way to spoil a frame, and what has to be said of it."""

    name: str
    spoil: Callable[[Frame, Sequence[tuple[int, int]]], Pixels]
    expected: Verdict


def _with_spots(frame: Frame, lanes: Sequence[tuple[int, int]]) -> Pixels:
    """A dark and a bright spot in the widest lane, far above every limit."""
    first, end = max(lanes, key=lambda lane: lane[1] - lane[0])
    height, width = frame.pixels.shape
    most_mm = _LARGEST_SHARE * min(
        height * frame.pixel_pitch_y_um / 1000.0, (end - first) * frame.pixel_pitch_x_um / 1000.0
    )
    radius_mm = min(_DIAMETER_MM, most_mm) / 2.0
    y_mm = (np.arange(height) + 0.5) * frame.pixel_pitch_y_um / 1000.0
    x_mm = (np.arange(width) - (first + end) / 2.0 + 0.5) * frame.pixel_pitch_x_um / 1000.0
    gain = np.ones((height, width), np.float32)
    most = 2**frame.bit_depth - 1
    web = float(np.median(frame.pixels[::8, first:end:8]))
    for share, factor in ((1 / 3, _DARK), (2 / 3, min(_BRIGHT, _BRIGHTEST_SHARE * most / max(web, 1.0)))):
        distance_mm = np.hypot(x_mm[np.newaxis, :], (y_mm - share * y_mm[-1])[:, np.newaxis])
        gain[distance_mm <= radius_mm] = factor
    soft: NDArray[np.float32] = np.asarray(cv2.GaussianBlur(gain, (0, 0), _SOFT_PX), np.float32)
    pixels = frame.pixels.copy()
    np.copyto(pixels, np.clip(np.rint(frame.pixels * soft), 0, most), casting="unsafe")
    return pixels


def _blinded(frame: Frame, lanes: Sequence[tuple[int, int]]) -> Pixels:
    """A quarter of the lines filled with one grey value."""
    pixels = frame.pixels.copy()
    height = len(pixels)
    pixels[height // 2 : height - height // 4] = np.median(pixels[::8, ::8])
    return pixels


TASKS = (
    Task("a dark and a bright spot of 2.5 mm", _with_spots, Verdict.REJECT),
    Task("a quarter of the lines filled with grey", _blinded, Verdict.UNINSPECTED),
)


class Challenge:
    """A sink that remembers good frames, and a thread that spoils and judges them every so often."""

    def __init__(
        self, pipeline_of: Callable[[str], Pipeline], every_s: float, setup_of: Callable[[str], str] | None = None
    ) -> None:
        """`pipeline_of`: what judges a camera's frames at this moment; `setup_of`: hash of all that judges its web,
        None: of that pipeline.
        """
        self._pipeline_of = pipeline_of
        self._setup_of = setup_of or (lambda camera: pipeline_of(camera).setup_sha256)
        self._every_s = every_s
        self._lock = threading.Lock()
        self._good: dict[str, tuple[Frame, str | None]] = {}
        """By camera, with the hash of what accepted it."""
        self._faults: dict[str, list[str]] = {}
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="challenge", daemon=True)

    def start(self) -> None:
        """Begin; the first challenge comes after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """End after the frame in work. Safe to call more than once, also before `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10.0)

    def take(self, publications: Sequence[Publication]) -> None:
        """Sink: keep the newest accepted frame of each camera."""
        with self._lock:
            for publication in publications:
                if publication.decision.verdict is Verdict.ACCEPT and publication.frame is not None:
                    for frame in (publication.frame, *publication.frames.values()):
                        self._good[frame.id.camera] = (frame, publication.decision.setup_sha256)

    def faults(self) -> list[str]:
        """What was not judged as it had to be when it was tried last, one sentence each; empty when all is well."""
        with self._lock:
            faults = [fault for sentences in self._faults.values() for fault in sentences]
        if self._thread.ident is not None and not self._thread.is_alive() and not self._stopping.is_set():
            faults.append("The challenge thread has died, spoilt frames are tried no more. Restart the station.")
        return faults

    @property
    def outcomes(self) -> dict[tuple[str, str], int]:
        """How many tasks ended as `passed`, `failed`; by camera and outcome."""
        with self._lock:
            return dict(self._outcomes)

    def run_once(self) -> None:
        """Try all tasks on each camera's last good frame, one after the other."""
        with self._lock:
            good = dict(self._good)
        for camera, (frame, setup_sha256) in good.items():
            pipeline = self._pipeline_of(camera)
            if setup_sha256 != self._setup_of(camera):
                continue  # good by another recipe: it says nothing of this one
            faults = []
            for task in TASKS:
                if self._stopping.is_set():
                    return
                fault = self._try(pipeline, frame, task)
                if fault is not None:
                    faults.append(fault)
                    _log.error("a challenge was not met", camera=camera, task=task.name, detail=fault)
                with self._lock:
                    self._outcomes[camera, "passed" if fault is None else "failed"] += 1
            with self._lock:
                self._faults[camera] = faults

    def _try(self, pipeline: Pipeline, frame: Frame, task: Task) -> str | None:
        try:
            pixels = task.spoil(frame, product_columns(frame, pipeline.recipe.layout))
            judgement, _ = pipeline.conclude(pipeline.inspect(replace(frame, pixels=pixels)), Carried.START)
        except Exception as error:  # noqa: BLE001 - what breaks here must be told, and must not end the thread
            got = f"the inspection broke off ({type(error).__name__}: {error})"
        else:
            if judgement.verdict is task.expected:
                return None
            got = f"the verdict was {judgement.verdict.value}"
            if judgement.reasons:
                got += f" ({judgement.reasons[0].rule})"
        return (
            f"Camera {frame.id.camera}: a good frame ({frame.id}), spoilt with {task.name}, has to be "
            f"{task.expected.value}, but {got}. What the station accepts can't be trusted: hold the line, and check "
            "recipe, limits and model."
        )

    def _run(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
        while not self._stopping.wait(self._every_s):
            self.run_once()
