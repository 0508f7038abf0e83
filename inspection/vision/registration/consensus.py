"""Which marks of two cameras belong together: the place of the one that most of them agree on."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.errors import RegistrationError
from inspection.vision.placement import Placement
from inspection.vision.registration.fit import (
    FEWEST_MARKS,
    LARGEST_TURN,
    SCALES,
    WIDE_MM,
    Floats,
    Pairs,
    Registration,
    Search,
    fit,
    flipped,
)
from inspection.vision.registration.marks import Marks

_WITHIN_MM = 0.15
"""Two marks that a place puts farther apart than this are not the same."""
_TRIES = 4000
_TRIED_AT_ONCE = 100
_MOST_PAIRS = 20_000
_CLEAR_SIGMAS = 2.5
"""More marks must agree on a place than on any other by so many times the scatter of that number (its root), or nobody
knows which is right."""
_TRIED_MARKS = (40, 100, 250, 600)
"""How many marks of each camera are tried, the clearest, then more: of those of texture most have no mate."""
_ELSEWHERE_MM = 1.0
_ROUNDS = 6
_STEADY_SIGMAS = 3.5


@dataclass(frozen=True, slots=True)
class _Guesses:
    """Places as lines over x: md and cd of a point; arrays of one length."""

    along_mm: Floats
    along_slope: Floats
    across_mm: Floats
    across_slope: Floats

    def inliers(self, pairs: Pairs) -> NDArray[np.bool_]:
        """(guesses, pairs)."""
        x = pairs.x_mm[None, :]
        along = pairs.position_mm - pairs.md_mm - self.along_mm[:, None] - self.along_slope[:, None] * x
        across = pairs.cd_mm - self.across_mm[:, None] - self.across_slope[:, None] * x
        return np.asarray((np.abs(along) <= _WITHIN_MM) & (np.abs(across) <= _WITHIN_MM))


def match_marks(
    marks: Marks, others: Marks, other: Placement, told: Placement, width_mm: float, search: Search
) -> Registration:
    """The place of the camera that shows `marks`, by those of another one whose place is known.

    `told`: where it is thought to be, mirrored or not as it may be; `width_mm`: of its image by its pixel pitch.
    Raises RegistrationError: too few marks, or they fit several places.
    """
    found = _found(marks, others, other, told, width_mm, search)
    # Now that it is known where to look, marks count that are too faint to be searched for: by chance hardly any fit.
    near = Search(_WITHIN_MM, _WITHIN_MM)
    every = _once(_possible(marks, others, other, found.placement, near))
    return _steady(every, found.placement) if len(every) > found.marks else found


def _found(
    marks: Marks, others: Marks, other: Placement, told: Placement, width_mm: float, search: Search
) -> Registration:
    fewer = [count for count in _TRIED_MARKS[:-1] if count < max(len(marks), len(others))]
    for count in fewer:
        with suppress(RegistrationError):
            return _match(marks.clearest(count), others.clearest(count), other, told, width_mm, search)
    last = _TRIED_MARKS[-1]
    return _match(marks.clearest(last), others.clearest(last), other, told, width_mm, search)


def _match(
    marks: Marks, others: Marks, other: Placement, told: Placement, width_mm: float, search: Search
) -> Registration:
    seen = f"{len(marks)} marks in its frames, {len(others)} in the other camera's"
    best: tuple[int, Pairs, Placement] | None = None
    second = 0
    for place in (told, flipped(told, width_mm)):
        pairs = _possible(marks, others, other, place, search)
        if len(pairs) < FEWEST_MARKS:
            continue
        agreed, runner_up = _most_agreed(pairs, place)
        if best is None or len(agreed) > best[0]:
            second = max(runner_up, 0 if best is None else best[0])
            best = len(agreed), agreed, place
        else:
            second = max(second, len(agreed))
    if best is None or best[0] < FEWEST_MARKS:
        raise RegistrationError(
            f"too few marks that both cameras show: {0 if best is None else best[0]} fit one place, at least "
            f"{FEWEST_MARKS} are needed ({seen}). Take more web (--frames), let a target or web with marks pass, or "
            "look farther from where it was told (--along-mm, --across-mm)."
        )
    count, agreed, place = best
    if count - second < _CLEAR_SIGMAS * second**0.5:
        raise RegistrationError(
            f"the marks do not say where it looks: {count} fit one place and {second} another ({seen}). Take more web "
            "(--frames) or a target whose marks do not repeat, or look less far (--along-mm, --across-mm)."
        )
    return _steady(agreed, place)


def _possible(marks: Marks, others: Marks, other: Placement, told: Placement, search: Search) -> Pairs:
    """Each mark with each one of the other camera that it may be."""
    turn = other.rotation_mrad / 1000.0
    all_md = others.position_mm - other.along_mm - others.x_mm * other.scale * turn
    order = np.argsort(all_md)
    md_mm, cd_mm = all_md[order], _cd_mm(others, other)[order]
    at_md = marks.position_mm - told.along_mm - marks.x_mm * told.scale * told.rotation_mrad / 1000.0
    at_cd = _cd_mm(marks, told)
    starts = np.searchsorted(md_mm, at_md - search.along_mm)
    ends = np.searchsorted(md_mm, at_md + search.along_mm, side="right")
    mine, theirs = [np.empty(0, np.int_)], [np.empty(0, np.int_)]
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        near = np.flatnonzero(np.abs(cd_mm[start:end] - at_cd[index]) <= search.across_mm) + start
        mine.append(np.full(len(near), index))
        theirs.append(near)
    one, two = np.concatenate(mine), np.concatenate(theirs)
    if len(one) > _MOST_PAIRS:
        kept = np.random.default_rng(0).choice(len(one), _MOST_PAIRS, replace=False)
        one, two = one[kept], two[kept]
    return Pairs(marks.x_mm[one], marks.position_mm[one], cd_mm[two], md_mm[two])


def _cd_mm(marks: Marks, place: Placement) -> Floats:
    return np.asarray(place.across_mm + (-1.0 if place.is_mirrored else 1.0) * place.scale * marks.x_mm)


def _most_agreed(pairs: Pairs, told: Placement) -> tuple[Pairs, int]:
    """The pairs of the place that most agree on, each point once; and how many agree on the next best elsewhere."""
    guesses = _guesses(pairs, told)
    if not len(guesses.along_mm):
        return pairs.only(np.zeros(len(pairs), bool)), 0
    counts = np.concatenate(
        [_part(guesses, start).inliers(pairs).sum(axis=1) for start in range(0, len(guesses.along_mm), _TRIED_AT_ONCE)]
    )
    best = int(np.argmax(counts))
    middle = float(np.median(pairs.x_mm))
    along = guesses.along_mm + guesses.along_slope * middle
    across = guesses.across_mm + guesses.across_slope * middle
    is_elsewhere = np.hypot(along - along[best], across - across[best]) > _ELSEWHERE_MM
    second = int(counts[is_elsewhere].max()) if is_elsewhere.any() else 0
    return _once(pairs.only(_part(guesses, best, 1).inliers(pairs)[0])), second


def _guesses(pairs: Pairs, told: Placement) -> _Guesses:
    """Places to try: of two pairs each, where they lie far enough apart across; else of each pair, turned and scaled as
    told.
    """
    sign = -1.0 if told.is_mirrored else 1.0
    late = pairs.position_mm - pairs.md_mm
    reach_mm = float(np.ptp(pairs.x_mm))
    if reach_mm < WIDE_MM:
        slopes = np.full(len(pairs), sign * told.scale), np.full(len(pairs), told.scale * told.rotation_mrad / 1000.0)
        return _Guesses(late - slopes[1] * pairs.x_mm, slopes[1], pairs.cd_mm - slopes[0] * pairs.x_mm, slopes[0])
    rng = np.random.default_rng(0)
    one, two = rng.integers(len(pairs), size=(2, 20 * _TRIES))
    apart = pairs.x_mm[one] - pairs.x_mm[two]
    is_far = np.abs(apart) >= 0.2 * reach_mm
    one, two, apart = one[is_far], two[is_far], apart[is_far]
    across_slope = (pairs.cd_mm[one] - pairs.cd_mm[two]) / apart
    along_slope = (late[one] - late[two]) / apart
    scale = sign * across_slope
    can_be = (scale >= SCALES[0]) & (scale <= SCALES[1]) & (np.abs(along_slope) <= LARGEST_TURN)
    one, across_slope, along_slope = (each[can_be][:_TRIES] for each in (one, across_slope, along_slope))
    return _Guesses(
        late[one] - along_slope * pairs.x_mm[one],
        along_slope,
        pairs.cd_mm[one] - across_slope * pairs.x_mm[one],
        across_slope,
    )


def _part(guesses: _Guesses, start: int, count: int = _TRIED_AT_ONCE) -> _Guesses:
    chosen = slice(start, start + count)
    return _Guesses(
        guesses.along_mm[chosen],
        guesses.along_slope[chosen],
        guesses.across_mm[chosen],
        guesses.across_slope[chosen],
    )


def _once(pairs: Pairs) -> Pairs:
    """Without a point's second mate."""
    _, mine = np.unique(np.column_stack([pairs.x_mm, pairs.position_mm]), axis=0, return_index=True)
    pairs = pairs.only(mine)
    _, theirs = np.unique(np.column_stack([pairs.cd_mm, pairs.md_mm]), axis=0, return_index=True)
    return pairs.only(theirs)


def _steady(pairs: Pairs, place: Placement) -> Registration:
    """The fit without what lies far off it, as an object does of which two lights show different parts."""
    found = fit(pairs, place)
    for _ in range(_ROUNDS):
        along, across = pairs.misses(found.placement)
        off = np.hypot(along, across)
        kept = off <= max(_STEADY_SIGMAS * float(np.median(off)), 1e-3)
        if kept.all() or int(kept.sum()) < FEWEST_MARKS:
            break
        pairs = pairs.only(kept)
        found = fit(pairs, place)
    return found
