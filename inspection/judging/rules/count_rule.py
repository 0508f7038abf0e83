"""More objects of a kind in one piece than it may have."""

from collections.abc import Iterator

from inspection.judging.joining import lower_bounds_doubled
from inspection.judging.rules.rule import PieceRule, PieceSeen
from inspection.recipe.limits import guard_of
from inspection.values import Reason
from inspection.values.kinds import kind_of


class CountRule(PieceRule):
    """Reasons `count.KIND`."""

    name = "count"

    def reasons(self, piece: PieceSeen) -> Iterator[Reason]:
        """Kinds of which there are too many."""
        recipe, defects = piece.recipe, piece.defects
        for kind, limit in recipe.limits.items():
            # An object over a border counts in the piece where it begins.
            starting = {
                place: defect for place, defect in defects.items() if defect.kind == kind and not defect.continued
            }
            for rule in limit.count:
                from_mm = rule.from_diameter_mm
                counted = tuple(
                    place
                    for place, defect in starting.items()
                    if lower_bounds_doubled(defect).diameter_mm
                    > from_mm - guard_of("diameter_mm", from_mm, piece.slack_mm(place))
                )
                if len(counted) > rule.at_most:
                    yield Reason(
                        f"count.{kind}",
                        f"{len(counted)} objects of kind {kind} {kind_of(kind).name} of {rule.from_diameter_mm:g} mm "
                        f"or more in one piece, at most {rule.at_most} are allowed.",
                        kind=kind,
                        measured=float(len(counted)),
                        limit=float(rule.at_most),
                        defects=counted,
                        severity=limit.severity,
                        quantity="objects",
                    )
