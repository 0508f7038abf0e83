"""The recipe's rules over what was measured: a verdict, and for each reason a sentence."""

from collections.abc import Sequence
from typing import Any

from inspection.judging.memory import Memory
from inspection.judging.rules.cluster_rule import ClusterRule
from inspection.judging.rules.count_rule import CountRule
from inspection.judging.rules.limit_rule import LimitRule
from inspection.judging.rules.rule import PieceSeen, Rule
from inspection.judging.severity import OF_MANY
from inspection.recipe.recipe import Recipe
from inspection.values import Defect, Reason, Verdict
from inspection.values.kinds import is_nuisance

RULES: tuple[Rule[Any], ...] = (LimitRule(), CountRule(), ClusterRule())
"""All there are, in the order in which equally grave reasons are told."""


def decide(defects: Sequence[Defect], recipe: Recipe, pixel_pitch_um: float) -> tuple[Verdict, tuple[Reason, ...]]:
    """Judge one piece as if it were the first of its web: see `decide_along`."""
    verdict, reasons, _ = decide_along(defects, recipe, pixel_pitch_um, Memory.START)
    return verdict, reasons


def decide_along(
    defects: Sequence[Defect],
    recipe: Recipe,
    pixel_pitch_um: float | Sequence[float],
    memory: Memory,
    rules: Sequence[Rule[Any]] = RULES,
) -> tuple[Verdict, tuple[Reason, ...], Memory]:
    """Judge the next piece of a web by all rules; and what they keep in mind. The gravest reason comes first.

    `pixel_pitch_um`: of the camera that saw them, or of each defect's. Each reason names the places in `defects` of
    those that it is about; what another view cleared is nobody's reason. A larger, longer, wider or more contrasted
    defect, or one more defect, never turns REJECT into ACCEPT.
    """
    judged = {
        place: defect
        for place, defect in enumerate(defects)
        if not is_nuisance(defect.kind) and defect.cleared_by is None
    }
    pitches = [pixel_pitch_um] * len(defects) if isinstance(pixel_pitch_um, float | int) else pixel_pitch_um
    told, after = memory.judge(PieceSeen(judged, recipe, {place: pitches[place] for place in judged}), rules)
    reasons = sorted(told, key=lambda reason: (reason.severity or OF_MANY).rank)
    return (Verdict.REJECT if reasons else Verdict.ACCEPT), tuple(reasons), after


def storm_reason(candidates: int, recipe: Recipe) -> Reason:
    """Too much to look at."""
    limit = recipe.storm.max_candidates
    return Reason(
        "storm",
        f"{candidates} places look defective, more than the {limit} that are examined one by one: the piece is "
        "rejected as a whole. Look at the web itself; coater, light or camera may be out of order.",
        measured=float(candidates),
        limit=float(limit),
        severity=OF_MANY,
        quantity="places",
    )
