"""A run's folder: how a fit was set up, how it went, and what came out of it.

    RUN/
      run.toml        settings, from the first second on; repeats the run
      curves.csv      step, loss, learning rate, seconds; renewed each minute and with each checkpoint
      checkpoint.pt   where an unfinished fit goes on; gone when it is finished
      network.pt      averaged weights    } a finished run has both,
      run.json        how they were made  } and has them at its very end

Nothing outside refers to it: it can be moved, and deleted at will.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError

from camera.checked import Checked
from inspection.whole_file import has_writer, write_whole
from training.errors import DataError, ExportError
from training.family import AUDITOR, OWN, Family, family_of, own_family
from training.fitting.fit_settings import RUN_SETTINGS, FitSettings, load_run_settings
from training.fitting.mode import Mode
from training.networks.networks import Network, NetworkName, new_network

RUN = "run.json"
NETWORK = "network.pt"
CURVES = "curves.csv"
CHECKPOINT = "checkpoint.pt"


class Run(Checked):
    """Contents of `run.json`: how a network was made."""

    family: str
    mode: Mode | None = None
    """How a plant's own data were learnt; None for the shipped families."""
    network: NetworkName = "web"
    kinds: tuple[str, ...]
    seed: int
    steps: int
    minutes: float
    """Wall-clock time that it took."""
    data: tuple[str, ...]
    """Names of the folders; empty: simulated."""
    data_sha256: str
    """SHA-256 of the truth files; for simulated webs of their settings and the first images."""
    started_from: str | None
    """Run folder or model whose weights it began with; None: random ones."""
    rehearsed: bool = False
    """Simulated web was shown between the data's images, and a part of these was held out for thresholds."""
    without: tuple[str, ...] = ()
    """Materials and views of the family that it never saw."""
    last_loss: float
    """Mean over the last tenth."""
    versions: dict[str, str]

    @property
    def model_name(self) -> str:
        """What its models are called."""
        return f"{self.family}{AUDITOR}" if self.network == "auditor" else self.family

    @property
    def fitted_family(self) -> Family:
        """The family, with the looks that it was fitted to."""
        return own_family(self.kinds) if self.family == OWN else family_of(self.family).without(self.without)


class RunState(StrEnum):
    """How far a run is."""

    FINISHED = "finished"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """It can be gone on with."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One step of a fit."""

    loss: float
    learning_rate: float
    seconds: float
    """Since the beginning, pauses between kill and resume left out."""


@dataclass(frozen=True, slots=True)
class RunOverview:
    """What a run's folder tells at a glance."""

    folder: Path
    state: RunState
    family: str
    settings: FitSettings | None
    """None: the run is older than run.toml."""
    steps: int
    """Number of steps so far."""
    loss: float | None
    """Mean over the last tenth of the steps; None before the first."""
    minutes: float


def state_of(folder: Path) -> RunState:
    """How far the run in a folder is."""
    if (folder / RUN).exists() and (folder / NETWORK).exists():
        return RunState.FINISHED
    return RunState.RUNNING if has_writer(folder) else RunState.INTERRUPTED


def overview_of(folder: Path) -> RunOverview:
    """What a run's folder tells. Raises DataError if it holds no run."""
    is_older = (folder / RUN).exists() and not (folder / RUN_SETTINGS).exists()
    settings = None if is_older else load_run_settings(folder)
    state = state_of(folder)
    if state is RunState.FINISHED:
        run = read_run(folder)
        return RunOverview(folder, state, run.family, settings, run.steps, run.last_loss, run.minutes)
    points = read_curves(folder)
    minutes = points[-1].seconds / 60.0 if points else 0.0
    loss = mean_of_last_tenth(points) if points else None
    family = (settings.material or OWN) if settings else read_run(folder).family
    return RunOverview(folder, state, family, settings, len(points), loss, minutes)


def list_runs(runs_dir: Path) -> list[Path]:
    """Folders below `runs_dir` that hold a run, by name. Raises DataError if there is no such folder."""
    if not runs_dir.is_dir():
        raise DataError(f"There is no folder {runs_dir}. Name the one that holds the runs' folders.")
    return sorted(
        path for path in runs_dir.iterdir() if path.is_dir() and any((path / n).exists() for n in (RUN_SETTINGS, RUN))
    )


def read_run(folder: Path) -> Run:
    """How a finished run was made. Raises ExportError if the folder holds none."""
    try:
        return Run.model_validate_json((folder / RUN).read_bytes())
    except (OSError, ValidationError) as error:
        raise _not_finished(folder, error) from error


def load_run(folder: Path) -> tuple[Run, Network]:
    """A finished run, its network in evaluation mode. Raises ExportError if the folder holds none."""
    run = read_run(folder)
    try:
        network = new_network(run.network, len(run.kinds))
        network.load_state_dict(torch.load(folder / NETWORK, weights_only=True))
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_finished(folder, error) from error
    if run.family != OWN and run.kinds != family_of(run.family).kinds:
        raise ExportError(
            f"Run folder {folder}: its kinds {', '.join(run.kinds)} are not those of family {run.family} today. "
            "Fit again."
        )
    return run, network.eval()


def _not_finished(folder: Path, error: Exception) -> ExportError:
    return ExportError(
        f"Run folder {folder}: expected {NETWORK} and {RUN} of a finished `training fit`, got: {error}. "
        "Name another folder, go on with `training fit --resume` if it was interrupted, or fit again."
    )


def mean_of_last_tenth(points: Sequence[CurvePoint]) -> float:
    """Mean loss, of at least one step.

    >>> mean_of_last_tenth([CurvePoint(loss, 0.0, 0.0) for loss in range(20)])
    18.5
    """
    return mean_loss(points[-max(1, len(points) // 10) :])


def mean_loss(points: Sequence[CurvePoint]) -> float:
    """Mean loss of at least one step."""
    return round(float(np.mean([point.loss for point in points])), 5)


def write_curves(folder: Path, points: Sequence[CurvePoint]) -> None:
    """Put `curves.csv` into a run's folder."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("step", "loss", "learning_rate", "seconds"))
    table.writerows(
        (step, f"{point.loss:.6g}", f"{point.learning_rate:.6g}", f"{point.seconds:.2f}")
        for step, point in enumerate(points, start=1)
    )
    write_whole(folder / CURVES, text.getvalue().encode())


def read_curves(folder: Path) -> list[CurvePoint]:
    """What `curves.csv` tells; nothing where a fit has not yet begun. Raises DataError for a damaged file."""
    path = folder / CURVES
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [
                CurvePoint(float(row["loss"]), float(row["learning_rate"]), float(row["seconds"]))
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path} can't be read: {error!r}. Delete it: it is for people only.") from error
