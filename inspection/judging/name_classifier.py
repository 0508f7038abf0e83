"""Which of several names an object deserves, by the network's scores and by what was measured of it.

The network names an object by its highest score. Sizes, contrast and the other scores know more: a multinomial logistic
regression on them, fitted on simulated objects whose names are known, tells kinds apart that look alike. It is a part
of the model's card, and small enough to be read there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.model.card import NameWeights
from inspection.values import Defect

MEASURED = 5
_LEAST_SCORE = 1e-4
_LEAST_MM2, _LEAST_MM = 1e-4, 1e-3


def features_of(defect: Defect, scores: Mapping[str, float], kinds: Sequence[str]) -> NDArray[np.float64]:
    """(features,) of a measured object: logits of the kinds' scores; logarithms of area, length and width (mm) and of
    the visibility, and the contrast; and the products of the latter five by twos.

    >>> from inspection.values import Box, Severity
    >>> spot = Defect(
    ...     "E01", 0.9, Severity.S2, Box(0, 0, 9, 9), np.ones((9, 9), bool), 0.5, 0.5, 0.2, 90.0, 40.0, 1.0, 1.0, None
    ... )
    >>> features_of(spot, {"E01": 0.9, "E13": 0.5}, ["E01", "E13"]).shape
    (22,)
    """
    score = np.clip([scores[kind] for kind in kinds], _LEAST_SCORE, 1.0 - _LEAST_SCORE)
    measured = np.array(
        [
            np.log(defect.area_mm2 + _LEAST_MM2),
            np.log(defect.length_mm + _LEAST_MM),
            np.log(defect.width_mm + _LEAST_MM),
            np.log1p(abs(defect.snr)),
            defect.contrast_percent / 100.0,
        ]
    )
    products = np.outer(measured, measured)[np.triu_indices(MEASURED)]
    return np.concatenate([np.log(score / (1.0 - score)), measured, products])


class NameClassifier:
    """The regression of a card, ready to use. Immutable."""

    def __init__(self, card: NameWeights) -> None:
        self.kinds = card.kinds
        """Kinds that it tells apart."""
        self._weights = np.array(card.weights) / np.array(card.scale)
        self._bias = np.array(card.bias) - self._weights @ np.array(card.mean)

    def probabilities(self, defect: Defect, scores: Mapping[str, float]) -> dict[str, float]:
        """How likely each of the kinds is the right name; together 1."""
        logits = self.logits(features_of(defect, scores, self.kinds))
        likely = np.exp(logits - logits.max())
        return dict(zip(self.kinds, (likely / likely.sum()).tolist(), strict=True))

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(kinds,) for (features,): the likelier, the higher."""
        return np.asarray(self._weights @ features + self._bias, np.float64)
