"""Whether a score is the probability that it looks like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.report.intervals import Proportion

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The images whose scores lie in one tenth of the scale."""

    mean_score: float
    bad: Proportion
    """How many of them are bad."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Reliability diagram and its one number."""

    bins: tuple[ReliabilityBin, ...]
    """Those with an image in them, lowest score first."""
    expected_error: float
    """Mean over images of the distance between a bin's mean score and its share of bad ones; 0 is perfect."""


def calibration_of(scores: NDArray[np.floating], is_bad: NDArray[np.bool_]) -> Calibration:
    """Ten bins of equal width and the expected calibration error (Naeini et al. 2015, AAAI; Guo et al. 2017, ICML).

    scores: (n,) 0..1, n > 0; is_bad: (n,).

    >>> round(calibration_of(np.array([0.05, 0.95]), np.array([False, True])).expected_error, 3)
    0.05
    """
    place = np.clip((np.asarray(scores) * BINS).astype(np.int64), 0, BINS - 1)
    bins = tuple(
        ReliabilityBin(
            float(np.mean(scores[place == number])),
            Proportion(int(np.count_nonzero(is_bad[place == number])), int(np.count_nonzero(place == number))),
        )
        for number in np.unique(place)
    )
    error = sum(each.bad.total * abs(each.mean_score - each.bad.rate) for each in bins) / len(scores)
    return Calibration(bins, float(error))
