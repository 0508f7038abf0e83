"""Which of its defects a piece was rejected for. Pure."""

import math

from inspection.decide import CLUSTER
from inspection.values import Decision, Defect, Reason


def guilty_defects(decision: Decision) -> set[int]:
    """Which defects, counted from 0, the reasons are about: where a size is above a limit that one, else all of the
    kind; of a cluster all.

    >>> from types import SimpleNamespace as Some
    >>> small, large = Some(kind="E01", diameter_mm=0.2), Some(kind="E01", diameter_mm=0.8)
    >>> reason = Reason("limit.E01.diameter_mm", "", "E01", 0.8, 0.5, "mm")
    >>> guilty_defects(Some(defects=[small, large], reasons=[reason]))
    {1}
    """
    guilty: set[int] = set()
    for reason in decision.reasons:
        is_cluster = reason.rule == CLUSTER
        of_kind = {n for n, defect in enumerate(decision.defects) if is_cluster or defect.kind == reason.kind}
        measured = {number for number in of_kind if _is_measured(decision.defects[number], reason)}
        guilty |= measured or of_kind
    return guilty


def _is_measured(defect: Defect, reason: Reason) -> bool:
    """Whether the size that a reason names is this defect's."""
    value = getattr(defect, reason.rule.rpartition(".")[2], None)
    if reason.measured is None or not isinstance(value, float):
        return False
    return math.isclose(abs(value), reason.measured, rel_tol=1e-6)
