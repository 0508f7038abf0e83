"""Fits a network to tiles: a fixed number of steps is reproducible, a number of minutes is convenient.

A run ends as a folder: `network.pt` (averaged weights) and `run.json` (what it was made of), which `training export`
reads.
"""

import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from training.dataset import content_digest
from training.errors import ExportError
from training.family import Family, family_of
from training.losses import focal_loss
from training.network import WebNetwork
from training.pool import Batch, TilePool, take
from training.stream import tile_stream
from training.webs import PITCH_RANGE_UM, SeedRange, training_images

BATCH = 16
FRESH = 4
"""New tiles in each batch; the others were seen before."""
_FIRST_TILES = 160
_HARD_PER_BATCH = 2
_PEAK_RATE = 8e-3
_LAST_RATE = 2e-5
_WARM_UP = 0.05
_MEMORY = 0.997
_LARGEST_GRADIENT = 5.0
_SAMPLED_IMAGES = 8


class Run(BaseModel):
    """Contents of `run.json`: how a network was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    kinds: tuple[str, ...]
    seed: int
    steps: int
    minutes: float
    """Wall-clock time that it took."""
    data: tuple[str, ...]
    """Names of the folders; empty: simulated."""
    data_sha256: str
    """Of the data sets' content; for simulated webs of their settings and the first images."""
    started_from: str | None
    """Run folder whose weights it began with; None: random ones."""
    last_loss: float
    """Mean over the last tenth."""
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a fit stands."""

    step: int
    fraction: float
    loss: float
    """Running mean."""


def fit(
    family: Family,
    out: Path,
    *,
    seed: int,
    steps: int | None = None,
    minutes: float | None = None,
    folders: tuple[Path, ...] = (),
    start: Path | None = None,
    threads: int = 1,
    report: Callable[[Progress], None] = lambda _: None,
) -> Run:
    """Fit a network until `steps` or `minutes` are over, whichever is given; write the run into `out`.

    `start`: begin with another run's weights, at a lower learning rate. Raises DataError for unusable data.
    """
    if (steps is None) == (minutes is None):
        raise ValueError("give either steps or minutes")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    network = WebNetwork(len(family.kinds)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if start is not None:
        network.load_state_dict(load_run(start)[1].state_dict())
    averaged = AveragedModel(network, avg_fn=_average, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-4)
    pool = TilePool(family, np.random.default_rng([seed, 73]))
    peak = _PEAK_RATE if start is None else _PEAK_RATE / 2
    losses: list[float] = []
    began = time.monotonic()
    with tile_stream(family, seed, folders) as tiles:
        pool.add(take(tiles, min(_FIRST_TILES, BATCH * steps) if steps else _FIRST_TILES))
        began_fit = time.monotonic()
        while True:
            step = len(losses)
            done = step / steps if steps else (time.monotonic() - began_fit) / 60.0 / (minutes or 1.0)
            if done >= 1.0:
                break
            for group in optimiser.param_groups:
                group["lr"] = _rate(done, peak)
            fresh = take(tiles, FRESH)
            pool.add(fresh)
            batch = pool.draw(BATCH, fresh)
            network.train()
            logits = network.logits(batch.pixels)
            loss = focal_loss(logits, batch.wanted, batch.weight)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimiser.step()
            averaged.update_parameters(network)
            for worst in _false_alarms(logits, batch).topk(_HARD_PER_BATCH).indices.tolist():
                pool.add_hard(batch.tiles[worst])
            losses.append(float(loss.detach()))
            report(Progress(step + 1, done, float(np.mean(losses[-100:]))))
    run = Run(
        family=family.name,
        kinds=family.kinds,
        seed=seed,
        steps=len(losses),
        minutes=round((time.monotonic() - began) / 60.0, 2),
        data=tuple(folder.name for folder in folders),
        data_sha256=content_digest(folders) if folders else simulated_digest(family, seed),
        started_from=start.name if start else None,
        last_loss=round(float(np.mean(losses[-max(1, len(losses) // 10) :])), 5),
        versions=library_versions(),
    )
    out.mkdir(parents=True, exist_ok=True)
    torch.save(averaged.module.state_dict(), out / "network.pt")
    (out / "run.json").write_text(run.model_dump_json(indent=2) + "\n")
    return run


def load_run(folder: Path) -> tuple[Run, WebNetwork]:
    """A finished run, its network in evaluation mode. Raises ExportError if the folder holds none."""
    try:
        run = Run.model_validate_json((folder / "run.json").read_bytes())
        network = WebNetwork(len(run.kinds))
        network.load_state_dict(torch.load(folder / "network.pt", weights_only=True))
    except (OSError, ValueError, RuntimeError) as error:
        raise ExportError(
            f"Run folder {folder}: expected network.pt and run.json of a finished `training fit`, got: {error}. "
            "Name another folder, or fit again."
        ) from error
    if run.kinds != family_of(run.family).kinds:
        raise ExportError(
            f"Run folder {folder}: its kinds {', '.join(run.kinds)} are not those of family {run.family} today. "
            "Fit again."
        )
    return run, network.eval()


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


@torch.no_grad()
def _false_alarms(logits: Tensor, batch: Batch) -> Tensor:
    """(N,) for each tile of a batch, how much the network saw where nothing is."""
    parts = zip(logits, batch.wanted, batch.weight * (batch.wanted < 0.5), strict=True)
    return torch.stack([focal_loss(*(each.unsqueeze(0) for each in part)) for part in parts])


def _average(average: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
    """Running mean of weights: over all steps at first, so that the random start is soon forgotten."""
    memory = min(_MEMORY, float((1 + updates) / (10 + updates)))
    return average.lerp(current, 1.0 - memory) if average.is_floating_point() else current


def _rate(done: float, peak: float) -> float:
    """Learning rate: a short ramp up, then down along a half cosine."""
    if done < _WARM_UP:
        return peak * (0.05 + 0.95 * done / _WARM_UP)
    fall = (done - _WARM_UP) / (1.0 - _WARM_UP)
    return _LAST_RATE + 0.5 * (peak - _LAST_RATE) * (1.0 + math.cos(math.pi * fall))
