"""One object that exceeds its kind's limit."""

from collections.abc import Iterator, Mapping

from inspection.judging.joining import lower_bounds_doubled
from inspection.judging.rules.rule import PieceRule, PieceSeen
from inspection.judging.rules.sentences import place_of
from inspection.recipe.limits import exceeded_condition, guard_of
from inspection.recipe.recipe import Recipe
from inspection.values import Defect, Reason
from inspection.values.kinds import Shape, kind_of

_UNITS = {"diameter_mm": "mm", "length_mm": "mm", "width_mm": "mm", "area_mm2": "mm2", "contrast_percent": "%"}
_WORDS = {
    "diameter_mm": "diameter",
    "length_mm": "length",
    "width_mm": "width",
    "area_mm2": "area",
    "contrast_percent": "contrast",
}


class LimitRule(PieceRule):
    """Reasons `limit.KIND.QUANTITY`, one for each such object."""

    name = "limit"

    def reasons(self, piece: PieceSeen) -> Iterator[Reason]:
        """Objects above their limits, or within the guard band below."""
        recipe, defects = piece.recipe, piece.defects
        asked = {(defect.kind, piece.pitches_um[place]) for place, defect in defects.items()}
        limits = {(kind, pitch_um): recipe.limit_for(kind).at_pitch(pitch_um) for kind, pitch_um in asked}
        for place, defect in defects.items():
            limit, slack_mm = limits[defect.kind, piece.pitches_um[place]], piece.slack_mm(place)
            condition = exceeded_condition(limit, lower_bounds_doubled(defect), slack_mm, is_thin=_is_thin(defect))
            if condition is None:
                continue
            measured = {name: abs(float(getattr(defect, name))) for name in condition.numbers}
            first = next(iter(condition.numbers))
            parts = " and ".join(
                f"{_WORDS[name]} {measured[name]:.3g} {_UNITS[name]} (limit {number:.3g})"
                for name, number in condition.numbers.items()
            )
            near = _near_limit(defect, condition.numbers, slack_mm)
            yield Reason(
                f"limit.{defect.kind}.{first}",
                f"{_name(defect, recipe)}: {parts}{near}{place_of(defect)}.",
                kind=defect.kind,
                measured=measured[first],
                limit=condition.numbers[first],
                unit=_UNITS[first],
                defects=(place,),
                severity=limit.severity,
                quantity=first,
            )


def _near_limit(defect: Defect, numbers: Mapping[str, float], slack_mm: float) -> str:
    """Why an object that measures less than its limit is rejected nevertheless."""
    if all(abs(getattr(defect, name)) > number for name, number in numbers.items()):
        return ""
    if defect.reaches_trailing_edge:
        return ", cut by the frame's border, so that twice as much may lie there,"
    name, number = next((name, number) for name, number in numbers.items() if abs(getattr(defect, name)) <= number)
    return (
        f", within the guard band of {guard_of(name, number, slack_mm, is_thin=_is_thin(defect)):.2g} {_UNITS[name]},"
    )


def _is_thin(defect: Defect) -> bool:
    return kind_of(defect.kind).shape is Shape.THIN


def _name(defect: Defect, recipe: Recipe) -> str:
    name = f"{defect.kind} {kind_of(defect.kind).name}"
    return name if defect.kind in recipe.limits else f"{name} (no limits in the recipe: judged as unknown)"
