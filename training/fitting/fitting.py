"""Fits a network to tiles: a fixed number of steps is reproducible, a number of minutes is convenient.

Every few minutes a fit saves all that its next step depends on: network, averaged weights, optimiser, the tiles kept
for another look, the states of chance, and the place in the stream of fresh tiles. `resume` goes on from there. With a
number of steps the result is the one without interruption, to the last bit, on the same machine with the same versions
and threads. With minutes it is not, for the clock decides how many steps there are.
"""

import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TypeVar

import torch

from inspection.whole_file import sole_writer, whole_file, write_whole
from training.data.dataset import content_digest, good_items, kinds_in
from training.errors import DataError
from training.family import Family, family_of, own_family
from training.fitting.checkpoint import load_checkpoint, save_checkpoint
from training.fitting.fit_settings import RUN_SETTINGS, FitSettings, load_run_settings, to_toml
from training.fitting.good_learner import GoodLearner
from training.fitting.learner import Learner, OutlineLearner, WebLearner
from training.fitting.mode import TUNING_STEPS, USUAL_STEPS, Mode, mode_for, require_kinds
from training.fitting.run_folder import (
    CHECKPOINT,
    NETWORK,
    RUN,
    Run,
    RunState,
    mean_of_last_tenth,
    state_of,
    write_curves,
)
from training.fitting.starting import is_model
from training.lessons.lessons import ANOMALY, GoodLesson, Lesson, OutlineLesson, WebLesson
from training.lessons.pool import take
from training.lessons.stream import Bookmark, tile_stream
from training.networks.lite_network import weights_file
from training.simulation.webs import PITCH_RANGE_UM, SeedRange, training_images

T = TypeVar("T")
_SAMPLED_IMAGES = 8
_CURVES_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a fit stands."""

    step: int
    steps: int | None
    """Number of all steps; None: a number of minutes decides."""
    fraction: float
    """0..1"""
    loss: float
    """Running mean."""
    minutes_left: float


def fit(settings: FitSettings, out: Path, *, report: Callable[[Progress], None] = lambda _: None) -> Run:
    """Fit a network until its steps or minutes are over; the run goes into `out`, which must not hold one already.

    Raises DataError for unusable data.
    """
    settings = settled(settings)
    if (out / RUN).exists():
        raise DataError(f"{out} holds a finished run. Give another --out, or delete that folder.")
    if (out / RUN_SETTINGS).exists():
        raise DataError(
            f"{out} holds a run that is not finished. Go on with `training fit --resume {out}`, give another --out, "
            "or delete that folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    with _only_fit_in(out):
        write_whole(out / RUN_SETTINGS, to_toml(settings).encode())
        return _fit(settings, out, report)


def settled(settings: FitSettings) -> FitSettings:
    """With mode and steps that suit a plant's own data, where nobody said them.

    Raises DataError for unusable data, and for what a mode needs and is not installed.
    """
    is_open = settings.steps is None and settings.minutes is None
    if settings.material is not None:
        if is_open and not tunes(settings):
            raise DataError(f"--start {settings.start} is a run, not an exported model: give --steps or --minutes.")
        return settings.model_copy(update={"steps": TUNING_STEPS}) if is_open else settings
    mode = settings.mode or mode_for(settings.data, settings.view)
    if mode is Mode.GOOD_ONLY:
        good_items(settings.data, settings.view)
        weights_file()
    else:
        require_kinds(kinds_in(settings.data, settings.view), settings.data)
    steps = USUAL_STEPS[mode] if is_open else settings.steps
    return settings.model_copy(update={"mode": mode, "steps": steps})


def tunes(settings: FitSettings) -> bool:
    """Whether a shipped model is tuned to a plant's own images, rather than a network fitted anew."""
    return settings.material is not None and bool(settings.data) and is_model(settings.start)


def resume(out: Path, *, report: Callable[[Progress], None] = lambda _: None) -> Run:
    """Go on with an interrupted fit from its last checkpoint, or from its beginning if there is none yet.

    Raises DataError if there is no such fit, it is finished or still running, or its data have changed.
    """
    settings = load_run_settings(out)
    with _only_fit_in(out):
        if state_of(out) is RunState.FINISHED:
            raise DataError(
                f"{out} holds a finished run: nothing is left to do. `training export` makes a model of it."
            )
        return _fit(settings, out, report)


def _fit(settings: FitSettings, out: Path, report: Callable[[Progress], None]) -> Run:
    """From the last checkpoint, if there is one, to a finished run."""
    if settings.material is not None:
        family = family_of(settings.material).without(settings.without)
        web_lesson = WebLesson(family, settings.data, settings.view, rehearses=tunes(settings))
        return _learn(web_lesson, WebLearner(settings, family), family, settings, out, report)
    if settings.mode is Mode.GOOD_ONLY:
        good = GoodLesson(settings.data, settings.view)
        return _learn(good, GoodLearner(settings), own_family([ANOMALY]), settings, out, report)
    family = own_family(kinds_in(settings.data, settings.view))
    lesson = OutlineLesson(family.kinds, settings.data, settings.view)
    return _learn(lesson, OutlineLearner(settings, len(family.kinds)), family, settings, out, report)


def _learn(
    lesson: Lesson[T],
    learner: Learner[T],
    family: Family,
    settings: FitSettings,
    out: Path,
    report: Callable[[Progress], None],
) -> Run:
    began_s = time.monotonic()
    torch.set_num_threads(settings.threads)
    data_sha256 = (
        content_digest(settings.data, settings.view) if settings.data else simulated_digest(family, settings.seed)
    )
    bookmark = _take_up(learner, out, data_sha256)
    with tile_stream(lesson, settings.seed, bookmark) as tiles:
        if bookmark is None:
            learner.begin(tiles, settings.steps)
        tiles.wait()
        stopwatch = _Stopwatch(learner.points[-1].seconds if learner.points else 0.0)
        done = begun = _share_done(settings, learner, stopwatch)
        saving, drawing = _Alarm(60.0 * settings.checkpoint_minutes), _Alarm(_CURVES_EVERY_S)
        while done < 1.0:
            learner.step(take(tiles, learner.fresh), done, stopwatch.seconds)
            done = _share_done(settings, learner, stopwatch)
            left_s = stopwatch.lap_s * max(0.0, 1.0 - done) / (done - begun)
            report(Progress(len(learner.points), settings.steps, min(done, 1.0), learner.recent_loss, left_s / 60.0))
            if saving.rings():
                state = {"data_sha256": data_sha256, "learner": learner.state(), "bookmark": asdict(tiles.place)}
                save_checkpoint(out, state)
                write_curves(out, learner.points)
            if drawing.rings():
                write_curves(out, learner.points)
    prepared_s = stopwatch.began_s - began_s
    run = Run(
        family=family.name,
        mode=settings.mode,
        network=learner.network_name,
        kinds=family.kinds,
        seed=settings.seed,
        steps=len(learner.points),
        minutes=round((prepared_s + stopwatch.seconds) / 60.0, 2),
        data=tuple(folder.name for folder in settings.data),
        data_sha256=data_sha256,
        started_from=settings.start.name if settings.start else None,
        rehearsed=tunes(settings),
        without=settings.without,
        last_loss=mean_of_last_tenth(learner.points),
        versions=library_versions(),
    )
    write_curves(out, learner.points)
    with whole_file(out / NETWORK) as file:
        torch.save(learner.weights, file)
    write_whole(out / RUN, (run.model_dump_json(indent=2) + "\n").encode())
    (out / CHECKPOINT).unlink(missing_ok=True)
    return run


def _take_up(learner: Learner[T], out: Path, data_sha256: str) -> Bookmark | None:
    """Put the learner where the last checkpoint was; the place in the stream of tiles, None if there is none."""
    saved = load_checkpoint(out)
    if saved is None:
        return None
    if saved["data_sha256"] != data_sha256:
        raise DataError(
            f"{out}: the data, or the program that simulates them, are not those that this run was begun with. "
            "Restore them, or delete the folder and fit again."
        )
    learner.restore(saved["learner"])
    return Bookmark(**saved["bookmark"])


@contextmanager
def _only_fit_in(out: Path) -> Iterator[None]:
    try:
        with sole_writer(out):
            yield
    except BlockingIOError as error:
        raise DataError(f"Another fit is running in {out}. Wait for it, or give another --out.") from error


class _Stopwatch:
    """Goes on from `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._earlier_s = seconds
        self.began_s = time.monotonic()

    @property
    def lap_s(self) -> float:
        """Since it was made."""
        return time.monotonic() - self.began_s

    @property
    def seconds(self) -> float:
        """With those from earlier."""
        return self._earlier_s + self.lap_s


class _Alarm:
    """Rings every so often."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._rang_s = time.monotonic()

    def rings(self) -> bool:
        """Whether it is time; if so, the next time is counted from now."""
        is_time = time.monotonic() - self._rang_s >= self._every_s
        if is_time:
            self._rang_s = time.monotonic()
        return is_time


def _share_done(settings: FitSettings, learner: Learner[T], stopwatch: _Stopwatch) -> float:
    """Share of the whole fit that is done, 1 or more at its end."""
    if settings.steps:
        return len(learner.points) / settings.steps
    return stopwatch.seconds / 60.0 / (settings.minutes or 1.0)


def simulated_digest(family: Family, seed: int) -> str:
    """SHA-256 of the settings that generate the training webs, and of the first images that they give."""
    settings = {
        "family": family.name,
        "looks": [[material.value, view.value] for material, view in family.looks],
        "seed": seed,
        "seeds": SeedRange.TRAINING.value,
        "pitch_um": PITCH_RANGE_UM,
    }
    digest = sha256(json.dumps(settings, sort_keys=True).encode())
    for image in islice(training_images(family, seed), _SAMPLED_IMAGES):
        digest.update(image.pixels.tobytes())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """What the result depends on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in ("torch", "onnx", "onnxruntime", "numpy", "opencv-python-headless")
    }
