"""How fast a network is."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from inspection.model.detector import Detector

ENOUGH_IMAGES = 64
_CORES = 2
_WARM_UP = 4
_PASSES = 5


def network_mpx_s(detector: Detector, images: Sequence[NDArray[np.uint8]]) -> float | None:
    """Megapixels a second on two cores, as the station runs it: a frame on each. None without images.

    images: (height, width) each. The median over several passes.
    """
    if not images:
        return None
    megapixels = sum(pixels.size for pixels in images) / 1e6
    seconds = []
    with ThreadPoolExecutor(_CORES) as workers:
        list(workers.map(detector.scores, images[:_WARM_UP]))
        for _ in range(_PASSES):
            started_s = time.perf_counter()
            list(workers.map(detector.scores, images))
            seconds.append(time.perf_counter() - started_s)
    return megapixels / float(np.median(seconds))
