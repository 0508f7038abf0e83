"""What an object is called that may be several things: the name under which it has to be rejected, if there is one.

Whether it is rejected, the network's scores decide. A classifier may then find a better name for it.
"""

from collections.abc import Mapping
from dataclasses import replace

from inspection.judging.decide import decide
from inspection.judging.name_classifier import NameClassifier
from inspection.judging.severity import severity_in
from inspection.recipe.recipe import Recipe
from inspection.values import Defect, Verdict
from inspection.values.kinds import Shape, kind_of

_UNLIKELY = 0.1
"""Less than this, and a grave name is given up for a lesser one."""


def named(
    defect: Defect, scores: Mapping[str, float], thresholds: Mapping[str, float], recipe: Recipe, pixel_pitch_um: float
) -> Defect:
    """The defect under the name that its scores make likely and its sizes make grave.

    A small bright spot may be a pinhole, which is allowed up to half a millimetre, or metal, which is not. The
    likeliest name stands if it rejects, or if none does; else the object is given the gravest name that rejects it,
    among those whose score reaches its threshold.
    """
    if kind_of(defect.kind).shape in (Shape.STREAK, Shape.NUISANCE) or rejects(defect, recipe, pixel_pitch_um):
        return defect
    others = [
        kind
        for kind, score in scores.items()
        if kind != defect.kind and score >= thresholds[kind] and kind_of(kind).shape in (Shape.BLOB, Shape.THIN)
    ]
    for kind in sorted(others, key=lambda kind: (recipe.limit_for(kind).severity.rank, -scores[kind])):
        other = replace(defect, kind=kind, score=scores[kind])
        if rejects(other, recipe, pixel_pitch_um):
            return other
    return defect


def renamed(
    defect: Defect,
    scores: Mapping[str, float],
    classifier: NameClassifier | None,
    recipe: Recipe,
    pixel_pitch_um: float,
) -> Defect:
    """A rejected defect under the name that the classifier finds likeliest; what is not rejected keeps its name.

    Nothing is accepted or rejected for it: a name under which the defect would not be rejected is not given. Nor is one
    of lesser severity while there is a fair chance that it is as grave as it seemed. What a border cuts keeps its name:
    joined with its other part it is judged under the graver of both.
    """
    if defect.reaches_leading_edge or defect.reaches_trailing_edge:
        return defect
    if classifier is None or defect.kind not in classifier.kinds or not rejects(defect, recipe, pixel_pitch_um):
        return defect
    return renamed_by(defect, classifier.probabilities(defect, scores), scores, recipe, pixel_pitch_um)


def renamed_by(
    defect: Defect,
    chances: Mapping[str, float],
    scores: Mapping[str, float],
    recipe: Recipe,
    pixel_pitch_um: float,
) -> Defect:
    """A rejected defect under the likeliest name, by the chances of each, unless it would be accepted under that one,
    or that makes light of what may be grave.
    """
    best = max(chances, key=chances.__getitem__)
    grave = severity_in(recipe, defect.kind).rank
    as_grave = sum(chance for kind, chance in chances.items() if severity_in(recipe, kind).rank <= grave)
    if severity_in(recipe, best).rank > grave and as_grave >= _UNLIKELY:
        return defect
    other = replace(defect, kind=best, score=scores.get(best, 0.0))
    return other if rejects(other, recipe, pixel_pitch_um) else defect


def rejects(defect: Defect, recipe: Recipe, pixel_pitch_um: float) -> bool:
    """Whether a piece is rejected for this defect alone."""
    verdict, _ = decide([defect], recipe, pixel_pitch_um)
    return verdict is Verdict.REJECT
