"""The networks that read every pixel: fully convolutional, depthwise separable, score map at an eighth of the image.

A strided stem would lose what is 1 to 2 pixels wide, so the stem first looks at every second pixel with small
filters and then keeps, for each 8 x 8 cell, both their weighted mean and their strongest answer. Everything is local
and moves with the image by whole cells of `MULTIPLE_PX`: a cell depends on nothing farther than `halo_px` beyond it,
so tiles with that overlap give the very scores of the whole frame.

There are two sizes of it: one for line speed, and a twelve times larger one, the auditor, that looks farther and labels
images or checks the fast one where time does not press.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from training.networks.grid import MULTIPLE_PX, STRIDE_PX

_STEM_PX = 9
MIDDLE_DN = 110.0
_START_SCORE = 0.01
"""Score of an untrained head: defects are rare."""


def convolution(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, padding: int = 0, groups: int = 1
) -> nn.Sequential:
    """Convolution and normalisation, one single convolution after `fold`."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


@dataclass(frozen=True, slots=True)
class Size:
    """Channels at stride 2, 8 and 16, and how deep a network is there."""

    filters: int
    fine: int
    coarse: int
    coarse_blocks: int

    @property
    def halo_px(self) -> int:
        """How far beyond a cell its score looks: by the stem, by each coarse block and by joining them (see the test).

        >>> Size(filters=16, fine=32, coarse=64, coarse_blocks=4).halo_px
        89
        """
        return _STEM_PX + (self.coarse_blocks + 1) * MULTIPLE_PX


class Separable(nn.Module):
    """3 x 3 in each channel, 1 x 1 across channels, added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = convolution(channels, channels, 3, padding=1, groups=channels)
        self.pointwise = convolution(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, rows, columns) to the same shape."""
        return torch.relu(x + self.pointwise(torch.relu(self.depthwise(x))))


class WebNetwork(nn.Module):
    """uint8 (N, 1, height, width) to scores 0..1 (N, kinds, height / 8, width / 8)."""

    stride_px = STRIDE_PX
    multiple_px = MULTIPLE_PX
    border_px = None
    """Beyond an image's borders it has to see as far as it looks."""
    size: ClassVar = Size(filters=16, fine=32, coarse=64, coarse_blocks=4)
    halo_px: ClassVar = size.halo_px
    """How far beyond a cell its score looks."""

    def __init__(self, kinds: int) -> None:
        super().__init__()
        filters, fine, coarse = self.size.filters, self.size.fine, self.size.coarse
        self.filters = convolution(1, filters, 4, stride=2, padding=1)
        self.mean = convolution(filters, filters, 4, stride=4, groups=filters)
        self.strongest = nn.MaxPool2d(4)
        self.mix = convolution(2 * filters, fine, 1)
        self.down = nn.Sequential(
            convolution(fine, fine, 4, stride=2, padding=1, groups=fine), convolution(fine, coarse, 1), nn.ReLU()
        )
        self.context = nn.Sequential(*(Separable(coarse) for _ in range(self.size.coarse_blocks)))
        self.up = nn.Sequential(convolution(coarse, fine, 1), nn.Upsample(scale_factor=2, mode="nearest"))
        self.join = Separable(fine)
        self.head = nn.Conv2d(fine, kinds, 1)
        nn.init.constant_(self.head.bias, float(torch.logit(torch.tensor(_START_SCORE))))  # type: ignore[arg-type]

    def logits(self, image: Tensor) -> Tensor:
        """Scores before the sigmoid, for the loss."""
        # Grey values keep their scale: the first normalisation takes care of it.
        x = image.float() - MIDDLE_DN
        x = torch.relu(self.filters(x))
        fine = torch.relu(self.mix(torch.cat([self.mean(x), self.strongest(x)], dim=1)))
        coarse = self.context(self.down(fine))
        scores: Tensor = self.head(self.join(torch.relu(fine + self.up(coarse))))
        return scores

    def forward(self, image: Tensor) -> Tensor:
        """Scores 0..1."""
        return torch.sigmoid(self.logits(image))


class AuditorNetwork(WebNetwork):
    """The same with twelve times the weights, which looks almost twice as far."""

    size: ClassVar = Size(filters=24, fine=64, coarse=192, coarse_blocks=8)
    halo_px: ClassVar = size.halo_px
