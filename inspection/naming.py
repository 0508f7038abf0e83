"""What an object is called that may be several things: the name under which it has to be rejected, if there is one."""

from collections.abc import Mapping
from dataclasses import replace

from inspection.decide import decide
from inspection.kinds import Shape, kind_of
from inspection.recipe import Recipe
from inspection.values import Defect, Verdict


def named(
    defect: Defect, scores: Mapping[str, float], thresholds: Mapping[str, float], recipe: Recipe, pixel_pitch_um: float
) -> Defect:
    """The defect under the name that its scores make likely and its sizes make grave.

    A small bright spot may be a pinhole, which is allowed up to half a millimetre, or metal, which is not. The
    likeliest name stands if it rejects, or if none does; else the object is given the gravest name that rejects it,
    among those whose score reaches its threshold.
    """
    if kind_of(defect.kind).shape in (Shape.STREAK, Shape.NUISANCE) or _rejects(defect, recipe, pixel_pitch_um):
        return defect
    others = [
        kind
        for kind, score in scores.items()
        if kind != defect.kind and score >= thresholds[kind] and kind_of(kind).shape in (Shape.BLOB, Shape.LINE)
    ]
    for kind in sorted(others, key=lambda kind: (recipe.limit_for(kind).severity, -scores[kind])):
        other = replace(defect, kind=kind, score=scores[kind])
        if _rejects(other, recipe, pixel_pitch_um):
            return other
    return defect


def _rejects(defect: Defect, recipe: Recipe, pixel_pitch_um: float) -> bool:
    verdict, _ = decide([defect], recipe, pixel_pitch_um)
    return verdict is Verdict.REJECT
