"""Which name an object deserves by what several views saw of it.

A hole and a metal particle are both dark spots in bright-field; against the light the one shines and the other does
not. A multinomial logistic regression with one block of features for each view, as `name_classifier` makes them of one
sighting, weighs all of them. Its weights are data: `inspection.model.names_card`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.judging.name_classifier import features_of
from inspection.model.names_card import NamedView, NamesCard
from inspection.values import Artefact, Sighting


@dataclass(frozen=True, slots=True)
class ViewNames:
    """The classifier of a card for the views of a recipe. Immutable."""

    card: NamesCard
    views: tuple[str, ...]
    """The recipe's names of the card's views, in the card's order."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds that it tells apart."""
        return self.card.kinds

    @property
    def artefact(self) -> Artefact:
        """Name, version and hash of the card."""
        return self.card.artefact

    def probabilities(self, sightings: Iterable[Sighting]) -> dict[str, float]:
        """How likely each of the kinds is the right name; together 1. At most one sighting of each view counts, and a
        view without one saw the place and nothing there.
        """
        by_view = {sighting.view: sighting for sighting in sightings}
        logits = self.logits(features_of_views([by_view.get(name) for name in self.views], self.card.views))
        likely = np.exp(logits - logits.max())
        return dict(zip(self.kinds, (likely / likely.sum()).tolist(), strict=True))

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(kinds,) for (features,): the likelier, the higher."""
        card = self.card
        made = scaled(features, card.views, np.array(card.mean), np.array(card.scale))
        return np.asarray(np.array(card.weights) @ made + np.array(card.bias), np.float64)


def features_of_views(sightings: Sequence[Sighting | None], views: Sequence[NamedView]) -> NDArray[np.float64]:
    """(features,) of one object; `sightings`: of each view, None where it saw nothing. Of each view 1 and what
    `name_classifier.features_of` makes of its sighting, zeros where it saw nothing.
    """
    blocks = [np.zeros(view.features) for view in views]
    for block, sighting, view in zip(blocks, sightings, views, strict=True):
        if sighting is not None:
            # A streak has scores of streaks alone: as none of the others did anything fire there.
            scores = {kind: sighting.scores.get(kind, 0.0) for kind in view.kinds}
            block[0] = 1.0
            block[1:] = features_of(sighting.defect, scores, view.kinds)
    return np.concatenate(blocks)


def scaled(
    features: NDArray[np.float64], views: Sequence[NamedView], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(..., features) less their means, over their scales; zeros remain where a view saw nothing."""
    made = (features - mean) / scale
    first = 0
    for view in views:
        made[..., first : first + view.features] *= features[..., first : first + 1]
        first += view.features
    return np.asarray(made, np.float64)
