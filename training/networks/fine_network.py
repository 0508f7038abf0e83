"""The network for a plant's own data: score maps at a quarter of the image, fine enough for outlines and areas.

It looks at the image at five scales, from every second to every 32nd pixel, and hands what the coarse ones understood
back to the fine ones (the U shape of Ronneberger et al. 2015, with sums for concatenations), depthwise separable
throughout. It reads an image as it is, without anything repeated beyond its borders: whole photographs, on which it
is fitted, end there, too. Tiles of a larger frame with a halo of `halo_px` give the scores of the whole frame.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from training.networks.web_network import MIDDLE_DN, Separable, convolution

_CHANNELS = (16, 32, 64, 96, 128)
"""At strides 2, 4, 8, 16 and 32."""
_BLOCKS = (1, 2, 2, 2)
"""On the way down, from stride 4 on."""
_START_SCORE = 0.05


class FineNetwork(nn.Module):
    """uint8 (N, 1, height, width) to scores 0..1 (N, kinds, height / 4, width / 4)."""

    stride_px = 4
    multiple_px = 32
    halo_px = 205
    """How far beyond a cell its score looks (see the test)."""
    border_px = 0

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(convolution(1, _CHANNELS[0], 4, stride=2, padding=1), nn.ReLU())
        self.down = nn.ModuleList(
            nn.Sequential(_halved(inputs, outputs), *(Separable(outputs) for _ in range(blocks)))
            for (inputs, outputs), blocks in zip(pairwise(_CHANNELS), _BLOCKS, strict=True)
        )
        self.up = nn.ModuleList(
            nn.Sequential(convolution(coarse, fine, 1), nn.Upsample(scale_factor=2, mode="nearest"))
            for fine, coarse in pairwise(_CHANNELS[1:])
        )
        self.join = nn.ModuleList(Separable(channels) for channels in _CHANNELS[1:-1])
        self.head = nn.Conv2d(_CHANNELS[1], kinds, 1)
        nn.init.constant_(self.head.bias, float(torch.logit(torch.tensor(_START_SCORE))))  # type: ignore[arg-type]

    def logits(self, image: Tensor) -> Tensor:
        """Scores before the sigmoid, for the loss."""
        x = self.stem(image.float() - MIDDLE_DN)
        scales = []
        for step in self.down:
            x = step(x)
            scales.append(x)
        for fine, up, join in list(zip(scales[:-1], self.up, self.join, strict=True))[::-1]:
            x = join(torch.relu(fine + up(x)))
        scores: Tensor = self.head(x)
        return scores

    def forward(self, image: Tensor) -> Tensor:
        """Scores 0..1."""
        return torch.sigmoid(self.logits(image))


def _halved(inputs: int, outputs: int) -> nn.Sequential:
    """Half as many rows and columns."""
    return nn.Sequential(
        convolution(inputs, inputs, 4, stride=2, padding=1, groups=inputs), convolution(inputs, outputs, 1), nn.ReLU()
    )
