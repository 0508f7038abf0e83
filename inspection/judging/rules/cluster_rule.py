"""Many objects of any kind close together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspection.judging.rules.rule import PieceRule, PieceSeen
from inspection.judging.rules.sentences import place_of
from inspection.judging.severity import OF_MANY, severity_in
from inspection.values import Reason, gravest
from inspection.values.kinds import Shape, kind_of

CLUSTER = "cluster"
"""The rule whose reasons are about objects of any kind."""


class ClusterRule(PieceRule):
    """Reasons `cluster`, one for each cluster, told at its most crowded object."""

    name = CLUSTER

    def reasons(self, piece: PieceSeen) -> Iterator[Reason]:
        """A cluster is all that have too many about them, as far as they are near each other, and what is near one of
        those.
        """
        recipe, defects = piece.recipe, piece.defects
        for rule in recipe.cluster:
            large = [
                place
                for place, defect in defects.items()
                if kind_of(defect.kind).shape is not Shape.STREAK and defect.diameter_mm >= rule.from_diameter_mm
            ]
            if len(large) < rule.objects:
                continue
            md_mm, cd_mm = np.array([(defects[place].md_mm, defects[place].cd_mm) for place in large]).T
            is_near = np.hypot(md_mm[:, None] - md_mm, cd_mm[:, None] - cd_mm) <= rule.within_mm
            counts = is_near.sum(axis=1)
            is_left = counts >= rule.objects
            while is_left.any():
                centre = int(np.argmax(np.where(is_left, counts, 0)))
                is_member = _grown(centre, is_near, is_left)
                is_left &= ~is_member
                members = tuple(large[number] for number in np.flatnonzero(is_member).tolist())
                kinds = {defects[place].kind for place in members}
                yield Reason(
                    CLUSTER,
                    f"{counts[centre]} objects of {rule.from_diameter_mm:g} mm or more within {rule.within_mm:g} mm, "
                    f"{rule.objects} are too many{place_of(defects[large[centre]])}.",
                    measured=float(counts[centre]),
                    limit=float(rule.objects),
                    defects=members,
                    severity=gravest([OF_MANY, *(severity_in(recipe, kind) for kind in kinds)]),
                    quantity="objects",
                )


def _grown(centre: int, is_near: NDArray[np.bool_], is_crowded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,) True for what is near `centre`, or near a crowded object that it reaches from one to the next."""
    is_member: NDArray[np.bool_] = is_near[centre]
    while True:
        grown = np.any(is_near[is_member & is_crowded], axis=0)
        if (grown == is_member).all():
            return is_member
        is_member = grown
