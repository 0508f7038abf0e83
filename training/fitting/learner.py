"""Networks that learn, step by step: what a step changes, and how it is kept for another day."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from training.errors import TrainingError
from training.family import Family
from training.fitting.fit_settings import FitSettings
from training.fitting.run_folder import CurvePoint
from training.fitting.starting import keep_normalisation, load_start
from training.lessons.own_tiles import OutlineTile
from training.lessons.pool import Batch, TilePool, take
from training.lessons.tiles import Tile
from training.networks.losses import focal_loss, outline_loss
from training.networks.networks import Network, NetworkName, new_network

T = TypeVar("T")

BATCH = 16
_HARD_PER_BATCH = 2
_FIRST_TILES = 160
_LAST_RATE = 2e-5
_WARM_UP = 0.05
_MEMORY = 0.997
_LARGEST_GRADIENT = 5.0
_RECENT = 100
_SLOWER_FROM_A_RUN, _SLOWER_FROM_A_MODEL = 2.0, 8.0
"""What was learnt should not be forgotten."""


class Learner(ABC, Generic[T]):
    """Network, averaged weights, optimiser, and the curve so far."""

    network_name: NetworkName
    fresh: ClassVar[int]
    """New tiles for each step."""
    _peak_rate: ClassVar[float]
    _weight_decay: ClassVar[float]

    def __init__(self, settings: FitSettings, kinds: int) -> None:
        """Random weights that the seed fixes, or those of a run or a model: see `load_start` for what it raises."""
        torch.manual_seed(settings.seed)
        network = new_network(self.network_name, kinds)
        self._network: Network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._peak = self._peak_rate
        self._keeps_normalisation = False
        if settings.start is not None:
            start = load_start(settings.start, self.network_name, kinds)
            self._network.load_state_dict(start.network.state_dict())
            self._keeps_normalisation = start.is_model
            self._peak /= _SLOWER_FROM_A_MODEL if start.is_model else _SLOWER_FROM_A_RUN
        self._averaged = AveragedModel(self._network, avg_fn=_average, use_buffers=True)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), weight_decay=self._weight_decay)
        self.points: list[CurvePoint] = []
        """One for each step so far."""

    @property
    def recent_loss(self) -> float:
        """Mean over the last 100 steps."""
        return float(np.mean([point.loss for point in self.points[-_RECENT:]]))

    @property
    def weights(self) -> dict[str, Tensor]:
        """Averaged over the steps: what the fit is for."""
        averaged: dict[str, Tensor] = self._averaged.module.state_dict()
        return averaged

    @abstractmethod
    def begin(self, tiles: Iterator[T], steps: int | None) -> None:
        """Before the first of `steps`, None: nobody knows how many."""

    @abstractmethod
    def step(self, fresh: Sequence[T], done: float, seconds: float) -> None:
        """Learn from one batch. `done`: share of the fit, 0..1; `seconds`: since its beginning."""

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, as tensors and plain values; good until the next step."""
        return {
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "chance": torch.get_rng_state(),
            "points": [(point.loss, point.learning_rate, point.seconds) for point in self.points],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` of a learner with the same settings gave."""
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["chance"])
        self.points = [CurvePoint(*values) for values in state["points"]]

    def _begin_step(self) -> None:
        """Training mode."""
        self._network.train()
        if self._keeps_normalisation:
            keep_normalisation(self._network)

    def _descend(self, loss: Tensor, done: float, seconds: float) -> None:
        """One step down the loss."""
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"Step {len(self.points) + 1}: the loss is {value}, and a network that learns from it sees nothing any "
                "more. Look for damaged images (`training data check`), then fit again with another --seed."
            )
        rate = _rate(done, self._peak)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self._averaged.update_parameters(self._network)
        self.points.append(CurvePoint(value, rate, seconds))


class WebLearner(Learner[Tile]):
    """Learns a shipped family's kinds, from fresh tiles and from a pool of those seen before, hard ones more often."""

    fresh = 4
    _peak_rate = 8e-3
    _weight_decay = 1e-4

    def __init__(self, settings: FitSettings, family: Family) -> None:
        self.network_name: NetworkName = "auditor" if settings.auditor else "web"
        super().__init__(settings, len(family.kinds))
        self._pool = TilePool(family, np.random.default_rng([settings.seed, 73]), settings.memory_mib)

    def begin(self, tiles: Iterator[Tile], steps: int | None) -> None:
        """Fill the pool a little."""
        self._pool.add(take(tiles, min(_FIRST_TILES, BATCH * (steps or _FIRST_TILES))))

    def step(self, fresh: Sequence[Tile], done: float, seconds: float) -> None:
        """See `Learner`."""
        self._pool.add(fresh)
        batch = self._pool.draw(BATCH, fresh)
        self._begin_step()
        logits = self._network.logits(batch.pixels)
        self._descend(focal_loss(logits, batch.wanted, batch.weight), done, seconds)
        for worst in _false_alarms(logits, batch).topk(_HARD_PER_BATCH).indices.tolist():
            self._pool.add_hard(batch.tiles[worst])

    def state(self) -> dict[str, Any]:
        """With the pool."""
        return super().state() | {"pool": self._pool.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """With the pool."""
        super().restore(state)
        self._pool.restore(state["pool"])


class OutlineLearner(Learner[OutlineTile]):
    """Learns the outlines of a plant's own kinds, or of what is unusual; every tile is a new one."""

    network_name: NetworkName = "fine"
    fresh = BATCH
    _peak_rate = 4e-3
    _weight_decay = 1e-2

    def begin(self, tiles: Iterator[OutlineTile], steps: int | None) -> None:
        """Nothing to prepare."""

    def step(self, fresh: Sequence[OutlineTile], done: float, seconds: float) -> None:
        """See `Learner`."""
        pixels, share, is_asked = stacked(fresh)
        self._begin_step()
        self._descend(outline_loss(self._network.logits(pixels), share, is_asked), done, seconds)


def stacked(tiles: Sequence[OutlineTile]) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels uint8 (N, 1, side, side); share and whether a cell is asked, as `outline_loss` takes them."""
    pixels = torch.from_numpy(np.stack([tile.pixels for tile in tiles])[:, np.newaxis])
    share = torch.from_numpy(np.stack([tile.share for tile in tiles])).float()
    is_asked = torch.from_numpy(np.stack([tile.is_asked for tile in tiles])[:, np.newaxis]).float()
    return pixels, share, is_asked


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
