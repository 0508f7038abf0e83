"""The network that knows good images alone: what is unlike them, on two grounds.

Both rest on features that ImageNet taught (see `lite_network`), and on nothing that says where a place lies.

* **Outlines**: a head, taught to outline made-up anomalies, puts the features of four scales together (top-down sums,
  Lin et al. 2017). It finds what is small, and the like of what it was shown.
* **Distance**: how far deep features are from those of the good images, as the Mahalanobis distance of one Gaussian
  for all places (Rippel et al. 2021; PaDiM of Defard et al. 2021 without its positions). It finds what nobody thought
  of, 32 px apart. The deep features are those of a quick student, which gives what all of Lite0 would.

The score is that of the head, its logit raised by the distance, both in deviations over the good images.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.fine_network import FineNetwork
from training.networks.lite_network import DEEP_CHANNELS, SHALLOW_CHANNELS, ShallowLite
from training.networks.web_network import Separable, convolution

_WIDTH = 32
_STUDENT_WIDTHS = (96, 160)
"""At strides 16 and 32."""
_STUDENT_BLOCKS = 4
_START_SCORE = 0.05
_DISTANCE_SHARE = 0.3
"""Deviations of the head's logit that a deviation of the distance counts for."""
_SHRINKAGE = 1e-2
"""Share of the mean variance that is added to each: few good images say little of the smallest ones."""
_SMALLEST_DEVIATION = 1e-3


class AnomalyNetwork(nn.Module):
    """uint8 (N, 1, height, width) to scores 0..1 (N, 1, height / 4, width / 4)."""

    stride_px = FineNetwork.stride_px
    multiple_px = FineNetwork.multiple_px
    """Both learn from the same tiles."""
    halo_px = 314
    """How far beyond a cell its score looks (see the test)."""
    border_px = 0

    def __init__(self, kinds: int) -> None:
        super().__init__()
        assert kinds == 1, "good images tell one kind alone: what is unlike them"
        self.shallow = ShallowLite()
        fine, coarse = _STUDENT_WIDTHS
        self.context = nn.Sequential(
            convolution(SHALLOW_CHANNELS[-1], fine, 1),
            nn.ReLU(),
            Separable(fine),
            convolution(fine, fine, 4, stride=2, padding=1, groups=fine),
            convolution(fine, coarse, 1),
            nn.ReLU(),
            *(Separable(coarse) for _ in range(_STUDENT_BLOCKS)),
        )
        self.deep = nn.Conv2d(coarse, DEEP_CHANNELS, 1)
        self.side = nn.ModuleList(convolution(channels, _WIDTH, 1) for channels in (*SHALLOW_CHANNELS, coarse))
        self.join = nn.ModuleList(Separable(_WIDTH) for _ in self.side)
        self.head = nn.Conv2d(_WIDTH, kinds, 1)
        nn.init.constant_(self.head.bias, float(torch.logit(torch.tensor(_START_SCORE))))  # type: ignore[arg-type]
        self.whitened = nn.Conv2d(DEEP_CHANNELS, DEEP_CHANNELS, 1).requires_grad_(False)
        """Whitening of the deep features: mean 0 and covariance 1 over the good images."""
        self.gain: Tensor
        self.usual_distance: Tensor
        self.register_buffer("gain", torch.zeros(()))
        self.register_buffer("usual_distance", torch.zeros(()))

    def learning(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """For the loss: the head's logits, and the student's deep features.

        What the head learns does not reach the student.
        """
        scales = self.shallow(image.float())
        context = self.context(scales[-1])
        return self._outlines([*scales, context.detach()]), self.deep(context)

    def logits(self, image: Tensor) -> Tensor:
        """Scores before the sigmoid, of head and distance together."""
        logits, distance = self._both(image)
        beyond = self.gain * (distance - self.usual_distance)
        return logits + functional.interpolate(beyond, scale_factor=8, mode="bilinear")

    def forward(self, image: Tensor) -> Tensor:
        """Scores 0..1."""
        return torch.sigmoid(self.logits(image))

    @torch.no_grad()
    def learn_usual(self, images: Iterable[Tensor]) -> None:
        """What deep features are usual, and how much head and distance vary. `images`: good ones, as for `forward`."""
        images = list(images)
        mean, whitening = whitening_of(self.deep(self.context(self.shallow(image.float())[-1])) for image in images)
        self.whitened.weight.copy_(whitening[:, :, None, None])
        assert self.whitened.bias is not None
        self.whitened.bias.copy_(-whitening @ mean)
        both = [self._both(image) for image in images]
        logit, distance = (torch.cat([values.flatten() for values in each]) for each in zip(*both, strict=True))
        self.gain.copy_(_DISTANCE_SHARE * logit.std() / distance.std().clamp(min=_SMALLEST_DEVIATION))
        self.usual_distance.copy_(distance.mean())

    def _both(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The head's logits, and the distances (N, 1, height / 32, width / 32)."""
        scales = self.shallow(image.float())
        context = self.context(scales[-1])
        distance = self.whitened(self.deep(context)).square().mean(1, keepdim=True).sqrt()
        return self._outlines([*scales, context]), distance

    def _outlines(self, scales: list[Tensor]) -> Tensor:
        *finer, coarsest = (side(features) for side, features in zip(self.side, scales, strict=True))
        *joins, first = self.join
        x = first(torch.relu(coarsest))
        for fine, join in list(zip(finer, joins, strict=True))[::-1]:
            x = join(torch.relu(fine + functional.interpolate(x, scale_factor=2, mode="nearest")))
        logits: Tensor = self.head(x)
        return logits


@torch.no_grad()
def whitening_of(features: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean (channels,) of features (N, channels, rows, columns) and the matrix (channels, channels) that makes their
    covariance 1: by principal axes, each divided by its deviation.
    """
    count, total, products = 0, torch.zeros(()), torch.zeros(())
    for each in features:
        cells = each.double().movedim(1, -1).flatten(0, -2)
        count, total, products = count + len(cells), total + cells.sum(0), products + cells.T @ cells
    mean = total / count
    variances, axes = torch.linalg.eigh(products / count - torch.outer(mean, mean))
    deviations = torch.sqrt(variances.clamp(min=0.0) + _SHRINKAGE * variances.mean())
    return mean.float(), (axes / deviations).T.float()
