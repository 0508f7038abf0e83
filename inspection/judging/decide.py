"""The recipe's rules over what was measured: a verdict, and for each reason a sentence."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inspection.judging.joining import lower_bounds_doubled
from inspection.recipe.recipe import Recipe, exceeded_condition, guard_of
from inspection.values import Defect, Reason, Severity, Verdict, gravest
from inspection.values.kinds import Shape, is_nuisance, kind_of

CLUSTER = "cluster"
"""The rule whose reasons are about objects of any kind."""
_AT_LEAST = Severity.S2
"""Of many objects together, each of which may be harmless."""
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

    Each reason names the places in `defects` of those that it is about. A larger, longer, wider or more contrasted
    defect, or one more defect, never turns REJECT into ACCEPT.
    """
    judged = {place: defect for place, defect in enumerate(defects) if not is_nuisance(defect.kind)}
    reasons = [
        *_limit_reasons(judged, recipe, pixel_pitch_um),
        *_count_reasons(judged, recipe, pixel_pitch_um),
        *_cluster_reasons(judged, recipe),
    ]
    reasons.sort(key=lambda reason: (reason.severity or _AT_LEAST).rank)
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
        severity=_AT_LEAST,
        quantity="places",
    )


def severity_in(recipe: Recipe, kind: str) -> Severity:
    """The recipe's word on a kind's severity, the catalogue's for nuisance."""
    return Severity.N if is_nuisance(kind) else recipe.limit_for(kind).severity


def _limit_reasons(defects: Mapping[int, Defect], recipe: Recipe, pixel_pitch_um: float) -> Iterator[Reason]:
    slack_mm = recipe.guard.size_px * pixel_pitch_um / 1000.0
    kinds = {defect.kind for defect in defects.values()}
    limits = {kind: recipe.limit_for(kind).at_pitch(pixel_pitch_um) for kind in kinds}
    for place, defect in defects.items():
        limit = limits[defect.kind]
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
            kind=defect.kind,
            measured=measured[first],
            limit=condition.numbers[first],
            unit=_UNITS[first],
            defects=(place,),
            severity=limit.severity,
            quantity=first,
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


def _count_reasons(defects: Mapping[int, Defect], recipe: Recipe, pixel_pitch_um: float) -> Iterator[Reason]:
    slack_mm = recipe.guard.size_px * pixel_pitch_um / 1000.0
    for kind, limit in recipe.limits.items():
        # An object over a border counts in the piece where it begins.
        starting = {place: defect for place, defect in defects.items() if defect.kind == kind and not defect.continued}
        for rule in limit.count:
            least_mm = rule.from_diameter_mm - guard_of("diameter_mm", rule.from_diameter_mm, slack_mm)
            counted = tuple(
                place for place, defect in starting.items() if lower_bounds_doubled(defect).diameter_mm > least_mm
            )
            if len(counted) > rule.at_most:
                yield Reason(
                    f"count.{kind}",
                    f"{len(counted)} objects of kind {kind} {kind_of(kind).name} of {rule.from_diameter_mm:g} mm or "
                    f"more in one piece, at most {rule.at_most} are allowed.",
                    kind=kind,
                    measured=float(len(counted)),
                    limit=float(rule.at_most),
                    defects=counted,
                    severity=limit.severity,
                    quantity="objects",
                )


def _cluster_reasons(defects: Mapping[int, Defect], recipe: Recipe) -> Iterator[Reason]:
    """One for each cluster, told at its most crowded object. It is about all that have too many about them, as far as
    they are near each other, and about what is near one of those.
    """
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
                f"{rule.objects} are too many{_place(defects[large[centre]])}.",
                measured=float(counts[centre]),
                limit=float(rule.objects),
                defects=members,
                severity=gravest([_AT_LEAST, *(severity_in(recipe, kind) for kind in kinds)]),
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


def _name(defect: Defect, recipe: Recipe) -> str:
    name = f"{defect.kind} {kind_of(defect.kind).name}"
    return name if defect.kind in recipe.limits else f"{name} (no limits in the recipe: judged as unknown)"


def _place(defect: Defect) -> str:
    lane = f", lane {defect.lane}" if defect.lane is not None else ""
    return f" at {defect.md_mm:.1f} mm along and {defect.cd_mm:.1f} mm across the web{lane}"
