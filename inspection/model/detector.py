"""What runs a model's network over an image. Which there are is the table in `inspection.model.detectors`."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ScoreMap = NDArray[np.float32]
"""(kinds, height / stride, width / stride), 0..1."""


class Detector(Protocol):
    """A network made ready; several threads may call `scores` at the same time."""

    def scores(self, image: NDArray[np.uint8]) -> ScoreMap:
        """(height, width) uint8 to scores for each cell, (kinds, ceil(height / stride), ceil(width / stride)).

        Beyond the image's borders the network sees the border pixels repeated, as far as the card says.
        Raises ScoresError when the network answers anything but a number from 0 to 1 for each cell.
        """
