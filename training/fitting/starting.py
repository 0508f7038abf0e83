"""Where a fit begins: with the weights of an earlier run, or with those of a model that somebody exported.

A model's graph has each normalisation folded into its convolution, and nobody knows the statistics behind it any
more. So a fit that begins with a model keeps its normalisations as they are (identities) and learns the weights alone.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from inspection.model.shelf import Model
from training.errors import DataError
from training.fitting.run_folder import RUN, load_run
from training.networks.networks import Network, NetworkName, name_of, new_network

_CARD = "card.json"


@dataclass(frozen=True, slots=True)
class Start:
    """What a fit begins with."""

    network: Network
    kinds: tuple[str, ...]
    is_model: bool
    """Its normalisations are identities, to be left alone."""


def is_model(folder: Path | None) -> bool:
    """Whether a folder to begin with is an exported model, not a run; a good-only or supervised run is both: a run."""
    return folder is not None and (folder / _CARD).exists() and not (folder / RUN).exists()


def load_start(folder: Path, network: NetworkName, kinds: int) -> Start:
    """A network of that architecture with so many kinds.

    Raises DataError for another architecture or number of kinds, ExportError for a folder that holds no finished run,
    ModelError for a damaged model.
    """
    if is_model(folder):
        model = Model.load(folder)
        start = Start(_unfolded(model, network, folder), model.card.kinds, is_model=True)
    else:
        run, learnt = load_run(folder)
        start = Start(learnt, run.kinds, is_model=False)
    if (name_of(start.network), len(start.kinds)) != (network, kinds):
        raise _no_use(folder, f"knows {', '.join(start.kinds)}", kinds)
    return start


def keep_normalisation(network: Network) -> None:
    """Leave the statistics of its normalisations alone, in training mode, too."""
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


def _unfolded(model: Model, name: NetworkName, folder: Path) -> Network:
    """A network whose convolutions are the graph's, and whose normalisations add the graph's biases."""
    graph = onnx.load_model_from_string(model.onnx)
    stored = {each.name: torch.tensor(numpy_helper.to_array(each)) for each in graph.graph.initializer}
    network = new_network(name, len(model.card.kinds)).eval()
    try:
        with torch.no_grad():
            for prefix, part in network.named_modules():
                for (child, module), (_, follower) in pairwise([*part.named_children(), ("", nn.Identity())]):
                    if isinstance(module, nn.Conv2d):
                        path = f"{prefix}.{child}" if prefix else child
                        _take(module, follower, stored[f"{path}.weight"], stored[f"{path}.bias"])
    except (KeyError, RuntimeError) as error:
        raise _no_use(folder, f"has another architecture ({error})", len(model.card.kinds)) from error
    return network


def _take(convolution: nn.Conv2d, follower: nn.Module, weight: Tensor, bias: Tensor) -> None:
    convolution.weight.copy_(weight)
    if isinstance(follower, nn.BatchNorm2d):
        assert follower.running_mean is not None, "made with statistics"
        assert follower.running_var is not None, "made with statistics"
        follower.running_mean.zero_()
        follower.running_var.fill_(1.0 - follower.eps)
        follower.weight.fill_(1.0)
        follower.bias.copy_(bias)
    else:
        assert convolution.bias is not None, "without a normalisation it has a bias of its own"
        convolution.bias.copy_(bias)


def _no_use(folder: Path, why: str, kinds: int) -> DataError:
    return DataError(
        f"--start {folder}: gives no weights for this fit, which has {kinds} kind(s): it {why}. "
        "Name a run or a model of the same family and kinds, or leave --start away."
    )
