"""Learning what is unlike good images: a head from made-up anomalies, a student from what Lite0 sees in the same tiles.

Lite0 looks at tiles as they are and takes its time. The student looks at half their size, and on images like these,
good or altered, comes to give the same features several times quicker (distillation; Romero et al. 2015, FitNets).
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data import Item
from training.data.dataset import good_items
from training.fitting.fit_settings import FitSettings
from training.fitting.learner import OutlineLearner, stacked
from training.lessons.own_tiles import OutlineTile
from training.networks.anomaly_network import AnomalyNetwork, whitening_of
from training.networks.lite_network import DeepLite
from training.networks.losses import outline_loss, resemblance_loss

_USUAL_IMAGES = 400
"""Most images, evenly taken, that tell what is usual."""
_LARGEST_PX = 1024
_TAUGHT = 4
"""Tiles of a batch at which Lite0 looks: it takes longer than all the rest."""
_RESEMBLANCE_WEIGHT = 0.3


class GoodLearner(OutlineLearner):
    """Head and student of an `AnomalyNetwork`, and at the end what deep features are usual."""

    network_name = "anomaly"

    def __init__(self, settings: FitSettings) -> None:
        """Raises DataError if Lite0's weights are not installed, too."""
        super().__init__(settings, 1)
        items = good_items(settings.data, settings.view).train
        self._good = [_whole(item) for item in items[:: -(-len(items) // _USUAL_IMAGES)]]
        self._anomaly_network.shallow.load_pretrained()
        self._teacher = DeepLite()
        _, self._whitening = whitening_of(self._teacher(image.float()) for image in self._good)

    @property
    def weights(self) -> dict[str, Tensor]:
        """Averaged over the steps, with what is usual to them."""
        averaged = self._averaged.module.eval()
        assert isinstance(averaged, AnomalyNetwork)
        averaged.learn_usual(self._good)
        return super().weights

    def step(self, fresh: Sequence[OutlineTile], done: float, seconds: float) -> None:
        """See `Learner`."""
        pixels, share, is_asked = stacked(fresh)
        self._begin_step()
        logits, deep = self._anomaly_network.learning(pixels)
        wanted = self._teacher(pixels[:_TAUGHT].float())
        unlike = resemblance_loss(deep[:_TAUGHT], wanted, self._whitening)
        self._descend(outline_loss(logits, share, is_asked) + _RESEMBLANCE_WEIGHT * unlike, done, seconds)

    @property
    def _anomaly_network(self) -> AnomalyNetwork:
        assert isinstance(self._network, AnomalyNetwork)
        return self._network


def _whole(item: Item) -> Tensor:
    """The image, or as much of a large one as tells enough, as the station shows it to the network."""
    pixels: NDArray[np.uint8] = item.pixels()[:_LARGEST_PX, :_LARGEST_PX]
    bottom, right = (-size % AnomalyNetwork.multiple_px for size in pixels.shape)
    wide = cv2.copyMakeBorder(pixels, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return torch.from_numpy(np.asarray(wide, np.uint8))[None, None]
