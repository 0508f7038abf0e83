"""The recipe's rules over what was measured: a verdict, and for each reason a sentence."""

import math
from collections.abc import Iterator, Sequence

from inspection.borders import lower_bounds_doubled
from inspection.kinds import Shape, is_nuisance, kind_of
from inspection.recipe import ClusterRule, Recipe, exceeded_condition, guard_of
from inspection.values import Defect, Reason, Severity, Verdict

CLUSTER = "cluster"
"""The rule whose reasons are about objects of any kind."""
_UNITS = {"diameter_mm": "mm", "length_mm": "mm", "width_mm": "mm", "area_mm2": "mm2", "contrast_percent": "%"}
_WORDS = {
    "diameter_mm": "diameter",
    "length_mm": "length",
    "width_mm": "width",
    "area_mm2": "area",
    "contrast_percent": "contrast",
}


def decide(defects: Sequence[Defect], recipe: Recipe, pixel_pitch_um: float) -> tuple[Verdict, tuple[Reason, ...]]:
    """Judge one piece: single objects, then counts, then clusters. The gravest reason comes first.

    A larger, longer, wider or more contrasted defect, or one more defect, never turns REJECT into ACCEPT.
    """
    judged = [defect for defect in defects if not is_nuisance(defect.kind)]
    reasons = [
        *_limit_reasons(judged, recipe, pixel_pitch_um),
        *_count_reasons(judged, recipe, pixel_pitch_um),
        *_cluster_reasons(judged, recipe.cluster),
    ]
    reasons.sort(key=lambda reason: _severity_of(reason, recipe))
    return (Verdict.REJECT if reasons else Verdict.ACCEPT), tuple(reasons)


def storm_reason(candidates: int, recipe: Recipe) -> Reason:
    """Too much to look at."""
    limit = recipe.storm.max_candidates
    return Reason(
        "storm",
        f"{candidates} places look defective, more than the {limit} that are examined one by one: the piece is "
        "rejected as a whole. Look at the web itself; coater, light or camera may be out of order.",
        measured=float(candidates),
        limit=float(limit),
    )


def severity_in(recipe: Recipe, kind: str) -> Severity:
    """The recipe's word on a kind's severity, the catalogue's for nuisance."""
    return Severity.N if is_nuisance(kind) else recipe.limit_for(kind).severity


def _limit_reasons(defects: Sequence[Defect], recipe: Recipe, pixel_pitch_um: float) -> Iterator[Reason]:
    slack_mm = recipe.guard.size_px * pixel_pitch_um / 1000.0
    for defect in defects:
        limit = recipe.limit_for(defect.kind).at_pitch(pixel_pitch_um)
        condition = exceeded_condition(limit, lower_bounds_doubled(defect), slack_mm, is_line=_is_line(defect))
        if condition is None:
            continue
        measured = {name: abs(float(getattr(defect, name))) for name in condition.numbers}
        first = next(iter(condition.numbers))
        parts = " and ".join(
            f"{_WORDS[name]} {measured[name]:.3g} {_UNITS[name]} (limit {number:.3g})"
            for name, number in condition.numbers.items()
        )
        yield Reason(
            f"limit.{defect.kind}.{first}",
            f"{_name(defect, recipe)}: {parts}{_near_limit(defect, condition.numbers, slack_mm)}{_place(defect)}.",
            defect.kind,
            measured[first],
            condition.numbers[first],
            _UNITS[first],
        )


def _near_limit(defect: Defect, numbers: dict[str, float], slack_mm: float) -> str:
    """Why an object that measures less than its limit is rejected nevertheless."""
    if all(abs(getattr(defect, name)) > number for name, number in numbers.items()):
        return ""
    if defect.reaches_trailing_edge:
        return ", cut by the frame's border, so that twice as much may lie there,"
    name, number = next((name, number) for name, number in numbers.items() if abs(getattr(defect, name)) <= number)
    return (
        f", within the guard band of {guard_of(name, number, slack_mm, is_line=_is_line(defect)):.2g} {_UNITS[name]},"
    )


def _is_line(defect: Defect) -> bool:
    return kind_of(defect.kind).shape is Shape.LINE


def _count_reasons(defects: Sequence[Defect], recipe: Recipe, pixel_pitch_um: float) -> Iterator[Reason]:
    slack_mm = recipe.guard.size_px * pixel_pitch_um / 1000.0
    for kind, limit in recipe.limits.items():
        # An object over a border counts in the piece where it begins.
        starting = [defect for defect in defects if defect.kind == kind and not defect.continued]
        for rule in limit.count:
            counted = sum(
                lower_bounds_doubled(defect).diameter_mm
                > rule.from_diameter_mm - guard_of("diameter_mm", rule.from_diameter_mm, slack_mm)
                for defect in starting
            )
            if counted > rule.at_most:
                yield Reason(
                    f"count.{kind}",
                    f"{counted} objects of kind {kind} {kind_of(kind).name} of {rule.from_diameter_mm:g} mm or more "
                    f"in one piece, at most {rule.at_most} are allowed.",
                    kind,
                    float(counted),
                    float(rule.at_most),
                )


def _cluster_reasons(defects: Sequence[Defect], rules: Sequence[ClusterRule]) -> Iterator[Reason]:
    compact = [defect for defect in defects if kind_of(defect.kind).shape is not Shape.STREAK]
    for rule in rules:
        large = [defect for defect in compact if defect.diameter_mm >= rule.from_diameter_mm]
        for centre in large:
            near = sum(
                math.hypot(other.md_mm - centre.md_mm, other.cd_mm - centre.cd_mm) <= rule.within_mm for other in large
            )
            if near >= rule.objects:
                yield Reason(
                    CLUSTER,
                    f"{near} objects of {rule.from_diameter_mm:g} mm or more within {rule.within_mm:g} mm, "
                    f"{rule.objects} are too many{_place(centre)}.",
                    None,
                    float(near),
                    float(rule.objects),
                )
                break


def _severity_of(reason: Reason, recipe: Recipe) -> Severity:
    return recipe.limit_for(reason.kind).severity if reason.kind else Severity.S2


def _name(defect: Defect, recipe: Recipe) -> str:
    name = f"{defect.kind} {kind_of(defect.kind).name}"
    return name if defect.kind in recipe.limits else f"{name} (no limits in the recipe: judged as unknown)"


def _place(defect: Defect) -> str:
    lane = f", lane {defect.lane}" if defect.lane is not None else ""
    return f" at {defect.md_mm:.1f} mm along and {defect.cd_mm:.1f} mm across the web{lane}"
