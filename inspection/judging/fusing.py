"""What several cameras saw of one object becomes one object. Pure.

Sightings of different cameras that lie together on the web are one object; what one view alone saw stays a defect.
Nothing that a camera's own sighting would have had rejected is accepted because another one saw it otherwise, unless
the recipe lets a view clear that kind.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId
from inspection.judging.decide import decide_along
from inspection.judging.memory import Memory
from inspection.judging.naming import rejects, renamed_by
from inspection.judging.nearness import Nearness
from inspection.judging.severity import severity_in
from inspection.judging.sight import SeenObject
from inspection.judging.view_names import ViewNames
from inspection.recipe.recipe import Recipe
from inspection.values import Box, Defect, Reason, Span
from inspection.values.kinds import is_nuisance
from inspection.vision.outline import outline, sides
from inspection.vision.placement import Across, Rect

Covers = Callable[[str, Rect], bool]
"""Whether a view saw all of a place on the web."""


@dataclass(frozen=True, slots=True)
class Fused:
    """One object on the web, and the pixel pitch that its sizes come from."""

    defect: Defect
    pitch_um: float
    across: Across
    """The width that any camera saw it on."""


def fuse(
    by_camera: Mapping[str, Sequence[SeenObject]],
    recipe: Recipe,
    span: Span | None,
    covers: Covers,
    names: ViewNames | None = None,
) -> list[Fused]:
    """The objects that cameras saw on a stretch of web, each once, in the order in which they lie.

    `by_camera`: what each saw. An object that begins before the stretch is `continued`: it counts where it begins.
    `names`: what names a rejected object by what all views saw of it; None: the gravest of their names stands.
    """
    groups = _together(by_camera, recipe.fusing.within_mm)
    fused = [_one(group, recipe, span, covers, names) for group in groups]
    return sorted(fused, key=lambda each: (each.defect.md_mm, each.defect.cd_mm))


def alone(each: SeenObject, span: Span | None, *, is_in_own_frame: bool = True) -> Fused:
    """An object that the only camera saw, on a stretch of web (None: on its frame).

    `is_in_own_frame`: the piece is its frame, so that nobody need be told which frame shows the object.
    """
    defect = each.sighting.defect if is_in_own_frame else replace(each.sighting.defect, sightings=(each.sighting,))
    if span is not None and each.rect.along.start_mm < span.start_mm:
        defect = replace(defect, continued=True)
    return Fused(defect, each.pitch_um, each.rect.across)


def reasons_of_one(
    by_camera: Mapping[str, Sequence[SeenObject]], fused: Sequence[Fused], recipe: Recipe, span: Span | None
) -> tuple[Reason, ...]:
    """Why a piece would be rejected if the first such camera were alone: many small objects may have become one.

    Places in reasons' `defects` are those among `fused`, of which alone it is asked; what was cleared is left out.
    """
    place_of = {
        (sighting.frame, sighting.defect.box): place
        for place, each in enumerate(fused)
        if each.defect.cleared_by is None
        for sighting in each.defect.sightings
    }
    for seen in by_camera.values():
        own = [(place_of[_mark(each)], alone(each, span)) for each in seen if _mark(each) in place_of]
        _, reasons, _ = decide_along(
            [each.defect for _, each in own], recipe, [each.pitch_um for _, each in own], Memory.START
        )
        if reasons:
            return tuple(
                replace(reason, defects=tuple(dict.fromkeys(own[place][0] for place in reason.defects)))
                for reason in reasons
            )
    return ()


def _together(by_camera: Mapping[str, Sequence[SeenObject]], within_mm: float) -> list[list[SeenObject]]:
    """Sightings of one object each: nearest first, one of each camera unless one lies upon several of another's."""
    objects = [(camera, each) for camera, several in by_camera.items() for each in several]
    group = list(range(len(objects)))
    taken: set[tuple[int, str]] = set()

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    near, nearness = [], Nearness(within_mm)
    for one, other in combinations(range(len(objects)), 2):
        (camera, a), (camera_b, b) = objects[one], objects[other]
        if camera == camera_b or is_nuisance(a.sighting.defect.kind) != is_nuisance(b.sighting.defect.kind):
            continue
        if (apart_mm := nearness.gap_mm(a, b)) <= within_mm:
            near.append((apart_mm, math.dist(a.rect.middle, b.rect.middle), one, other))
    for apart_mm, _, one, other in sorted(near):
        ends = ((one, objects[other][0]), (other, objects[one][0]))
        if apart_mm > 0.0 and any(end in taken for end in ends):
            continue
        taken.update(ends)
        group[root(one)] = root(other)
    found: dict[int, list[SeenObject]] = {}
    for number, (_, each) in enumerate(objects):
        found.setdefault(root(number), []).append(each)
    return list(found.values())


def _one(
    group: Sequence[SeenObject], recipe: Recipe, span: Span | None, covers: Covers, names: ViewNames | None
) -> Fused:
    across = Across(min(each.rect.across.left_mm for each in group), max(each.rect.across.right_mm for each in group))
    ordered = [each for view in recipe.views for each in group if each.sighting.view == view]
    by_view = _by_view(ordered)
    seen = [_over_seam(of_view) for of_view in by_view]
    _, best = min(zip(by_view, seen, strict=True), key=lambda pair: (_is_broken(pair[0]), *_trust(pair[1], recipe)))
    chosen = _gravest(best, seen, ordered, recipe)
    if names is not None:
        chosen = _renamed(chosen, seen, recipe, covers, names)
    own = next(each for each in (*seen, *ordered) if _mark(each) == _mark(chosen))
    others = [each.sighting for each in ordered if _mark(each) != _mark(chosen)]
    defect = replace(
        chosen.sighting.defect,
        severity=severity_in(recipe, chosen.sighting.defect.kind),
        continued=any(each.sighting.defect.continued for each in ordered)
        or (span is not None and min(each.rect.along.start_mm for each in ordered) < span.start_mm),
        sightings=(own.sighting, *others),
        cleared_by=_cleared_by(ordered, chosen, recipe, covers),
    )
    return Fused(defect, chosen.pitch_um, across)


def _mark(each: SeenObject) -> tuple[FrameId, Box]:
    """Tells sightings apart, whatever they are called and measured by now."""
    return each.sighting.frame, each.sighting.defect.box


def _by_view(ordered: Iterable[SeenObject]) -> list[list[SeenObject]]:
    found: dict[str, list[SeenObject]] = {}
    for each in ordered:
        found.setdefault(each.sighting.view, []).append(each)
    return list(found.values())


def _is_broken(of_view: Sequence[SeenObject]) -> bool:
    """Whether one camera saw it in pieces: who sees it whole knows its sizes better."""
    cameras = [each.sighting.frame.camera for each in of_view]
    return len(set(cameras)) < len(cameras)


def _trust(each: SeenObject, recipe: Recipe) -> tuple[bool, bool, float, float]:
    """The less, the better are its sizes known."""
    view, defect = recipe.views[each.sighting.view], each.sighting.defect
    return each.is_cut, not view.may_size(defect.kind), each.sigma_mm, -abs(defect.snr)


def _gravest(best: SeenObject, seen: Sequence[SeenObject], ordered: Sequence[SeenObject], recipe: Recipe) -> SeenObject:
    """The best sizes under the gravest name that has them rejected; else the gravest sighting that is rejected as it
    is; else the best sizes under their own name. `seen`: by each view; `ordered`: by each camera.
    """
    names: dict[str, float] = {}
    for each in (*seen, *ordered):
        names[_kind(each)] = max(names.get(_kind(each), 0.0), each.sighting.defect.score)
    by_gravity = sorted(names, key=lambda kind: (severity_in(recipe, kind).rank, -names[kind]))
    for kind in by_gravity:
        other = replace(best.sighting.defect, kind=kind, score=names[kind])
        if rejects(other, recipe, best.pitch_um):
            return replace(best, sighting=replace(best.sighting, defect=other)) if kind != _kind(best) else best
    rejected = [each for each in (*seen, *ordered) if rejects(each.sighting.defect, recipe, each.pitch_um)]
    if rejected:
        return min(rejected, key=lambda each: severity_in(recipe, _kind(each)).rank)
    return best


def _renamed(
    chosen: SeenObject, seen: Sequence[SeenObject], recipe: Recipe, covers: Covers, names: ViewNames
) -> SeenObject:
    """Under the name that all views together make likeliest, where each of them saw the object's place whole."""
    defect = chosen.sighting.defect
    if defect.kind not in names.kinds or not rejects(defect, recipe, chosen.pitch_um):
        return chosen
    if any(_is_part(each) for each in (chosen, *seen)):
        return chosen  # joined with its other part it is judged under the graver name of both
    if not all(covers(view, each.rect) for view in names.views for each in seen):
        return chosen
    scores: dict[str, float] = {}
    for each in seen:
        for kind, score in each.sighting.scores.items():
            scores[kind] = max(scores.get(kind, 0.0), score)
    chances = names.probabilities(each.sighting for each in seen)
    other = renamed_by(defect, chances, scores, recipe, chosen.pitch_um)
    return chosen if other is defect else replace(chosen, sighting=replace(chosen.sighting, defect=other))


def _is_part(each: SeenObject) -> bool:
    return each.is_cut or each.sighting.defect.reaches_leading_edge or each.sighting.defect.reaches_trailing_edge


def _kind(each: SeenObject) -> str:
    return each.sighting.defect.kind


def _cleared_by(ordered: Sequence[SeenObject], chosen: SeenObject, recipe: Recipe, covers: Covers) -> str | None:
    """A view that saw the whole place and nothing there, where the recipe lets it clear all that it was called."""
    clears = recipe.fusing.clears
    may = clears.get(_kind(chosen), ())
    if not {each.sighting.view for each in ordered}.isdisjoint(may):
        return None
    called = {_kind(each) for each in ordered}
    return next(
        (
            view
            for view in may
            if all(view in clears.get(kind, ()) for kind in called) and all(covers(view, each.rect) for each in ordered)
        ),
        None,
    )


def _over_seam(parts: Sequence[SeenObject]) -> SeenObject:
    """What cameras side by side saw of one object: who sees it whole knows it; else its parts are added up."""
    if len(parts) == 1:
        return parts[0]
    whole = [each for each in parts if not each.is_cut]
    if whole:
        return max(whole, key=lambda each: (each.sighting.defect.area_mm2, each.sighting.defect.snr))
    parts = sorted(parts, key=lambda each: each.rect.across.left_mm)
    defects = [each.sighting.defect for each in parts]
    # In the overlap each camera owns its half, so that no area counts twice.
    edges = [-math.inf]
    for one, other in pairwise(parts):
        edges.append((one.rect.across.right_mm + other.rect.across.left_mm) / 2.0)
    edges.append(math.inf)
    areas = np.array(
        [
            defect.area_mm2 * _share(each, edges[number], edges[number + 1])
            for number, (each, defect) in enumerate(zip(parts, defects, strict=True))
        ]
    )
    if not areas.sum() > 0.0:
        areas = np.array([defect.area_mm2 for defect in defects])
    hull = cv2.convexHull(np.concatenate([_outline_mm(each, parts[0].rect.along.start_mm) for each in parts]))
    long_mm, short_mm = sides(np.asarray(hull, np.float32).reshape(-1, 2))
    lengths = np.array([defect.length_mm for defect in defects])
    weights = areas / areas.sum()
    length_mm = float(np.clip(long_mm, lengths.max(), max(lengths.max(), lengths.sum())))
    first = parts[int(np.argmax(areas))]
    gravest = min(defects, key=lambda defect: (defect.severity.rank, -defect.score))
    joined = replace(
        first.sighting.defect,
        kind=gravest.kind,
        score=gravest.score,
        severity=gravest.severity,
        length_mm=length_mm,
        width_mm=min(short_mm, length_mm, float(areas.sum()) / length_mm if length_mm > 3.0 * short_mm else short_mm),
        area_mm2=float(areas.sum()),
        snr=math.sqrt(sum(defect.snr**2 for defect in defects)),
        md_mm=float(weights @ [defect.md_mm for defect in defects]),
        cd_mm=float(weights @ [defect.cd_mm for defect in defects]),
    )
    return replace(first, sighting=replace(first.sighting, defect=joined))


def _outline_mm(each: SeenObject, from_mm: float) -> NDArray[np.float32]:
    """(n, 2) corners of its mask's outline on the web in mm: across, and along from a place near by."""
    defect, rect = each.sighting.defect, each.rect
    corners = outline(defect.mask)
    corners[:, 1] += defect.box.height_px - defect.mask.shape[0]
    shares = corners / np.array([defect.box.width_px, defect.box.height_px], np.float32)
    if each.is_mirrored:
        shares[:, 0] = 1.0 - shares[:, 0]
    width_mm = rect.across.right_mm - rect.across.left_mm
    corner = np.array([rect.across.left_mm, rect.along.start_mm - from_mm], np.float32)
    return np.asarray(corner + shares * np.array([width_mm, rect.along.length_mm], np.float32), np.float32)


def _share(each: SeenObject, left_mm: float, right_mm: float) -> float:
    """Part of a sighting's mask that lies between two places across the web."""
    across = each.rect.across
    columns = each.sighting.defect.mask.sum(axis=0, dtype=np.float64)
    if not columns.sum() > 0.0:
        return 0.0
    if each.is_mirrored:
        columns = columns[::-1]
    middles_mm = across.left_mm + (np.arange(len(columns)) + 0.5) * (across.right_mm - across.left_mm) / len(columns)
    return float(columns[(middles_mm >= left_mm) & (middles_mm < right_mm)].sum() / columns.sum())
