"""A network that learns, step by step: what a step changes, and how it is kept for another day."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from training.family import Family
from training.fit_settings import FitSettings
from training.losses import focal_loss
from training.network import WebNetwork
from training.pool import Batch, TilePool
from training.run_folder import CurvePoint, load_run
from training.tiles import Tile

BATCH = 16
_HARD_PER_BATCH = 2
_PEAK_RATE = 8e-3
_LAST_RATE = 2e-5
_WARM_UP = 0.05
_MEMORY = 0.997
_LARGEST_GRADIENT = 5.0
_RECENT = 100


class Learner:
    """Network, averaged weights, optimiser, pool of tiles, and the curve so far."""

    def __init__(self, settings: FitSettings, family: Family) -> None:
        """Random weights that the seed fixes, or those of another run. Raises ExportError if that is none."""
        torch.manual_seed(settings.seed)
        self._network = WebNetwork(len(family.kinds)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if settings.start is not None:
            self._network.load_state_dict(load_run(settings.start)[1].state_dict())
        self._averaged = AveragedModel(self._network, avg_fn=_average, use_buffers=True)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), weight_decay=1e-4)
        self._peak_rate = _PEAK_RATE if settings.start is None else _PEAK_RATE / 2
        self.pool = TilePool(family, np.random.default_rng([settings.seed, 73]), settings.memory_mib)
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

    def step(self, fresh: Sequence[Tile], done: float, seconds: float) -> None:
        """Learn from one batch. `done`: share of the fit, 0..1; `seconds`: since its beginning."""
        rate = _rate(done, self._peak_rate)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.pool.add(fresh)
        batch = self.pool.draw(BATCH, fresh)
        self._network.train()
        logits = self._network.logits(batch.pixels)
        loss = focal_loss(logits, batch.wanted, batch.weight)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self._averaged.update_parameters(self._network)
        for worst in _false_alarms(logits, batch).topk(_HARD_PER_BATCH).indices.tolist():
            self.pool.add_hard(batch.tiles[worst])
        self.points.append(CurvePoint(float(loss.detach()), rate, seconds))

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, as tensors and plain values; good until the next step."""
        return {
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "pool": self.pool.state(),
            "chance": torch.get_rng_state(),
            "points": [(point.loss, point.learning_rate, point.seconds) for point in self.points],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` of a learner with the same settings gave."""
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.pool.restore(state["pool"])
        torch.set_rng_state(state["chance"])
        self.points = [CurvePoint(*values) for values in state["points"]]


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
