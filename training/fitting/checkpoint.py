"""Where an unfinished fit goes on: all that its next step depends on, in one file of its run's folder."""

import pickle
from pathlib import Path
from typing import Any

import torch

from inspection.whole_file import whole_file
from training.errors import DataError
from training.fitting.run_folder import CHECKPOINT


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Put tensors and plain values in place of the last checkpoint, on disk when this returns.

    A kill or a power cut on the way leaves the last one. Raises DataError if the disk does not take it.
    """
    try:
        with whole_file(folder / CHECKPOINT) as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"Checkpoint {folder / CHECKPOINT} can't be written: {error}. Free some disk (twice its size, which "
            "--memory-mib bounds), then go on from the last one with `training fit --resume`."
        ) from error


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The last state saved; None: the fit was stopped before the first. Raises DataError."""
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise DataError(
            f"Checkpoint {path} can't be read: {error}. Delete it to begin that run anew, or delete the run's folder."
        ) from error
    return state
