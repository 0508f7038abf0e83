"""Trace each candidate at full resolution: which pixels are the object (`trace`), how much of it there is (`extent`).

Work is bounded: only candidates' boxes are looked at, large ones at reduced resolution, and strips about faint ones at
an eighth of it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate, Region
from inspection.values.kinds import Shape, kind_of
from inspection.vision.tracing.background import Surroundings, median, noise_of, surroundings
from inspection.vision.tracing.duplicates import without_duplicates
from inspection.vision.tracing.extent import enlarged, region_of
from inspection.vision.tracing.linking import linked, search_band
from inspection.vision.tracing.spread import FACTOR, spread_of
from inspection.vision.tracing.streak import trace_streak
from inspection.vision.tracing.thin_line import is_straight
from inspection.vision.tracing.trace import FIVE, SURE_SNR, THREE, Trace, clip_dn_of, most_dn_of, parts_of, stands_out

_BLURS_PX = (0.0, 1.0, 2.0, 4.0)
_CURL_BLURS_PX = (0.0, 0.7, 1.4)
"""More would fill a curl's bends."""
_SPOT_SNR = 5.0
"""Least SNR of a spot, after smoothing: one of the 600 pixels and more of a search area reaches 4 by chance now and
then."""
_REDUCE_ABOVE_PX = 160
"""Compact objects larger than this are traced at a half, a quarter ... of the resolution."""
_PURSUITS = 2
"""A segment followed to its ends may meet the next one."""
_LARGE_CELLS = 6
_SPIKE_PX, _SPIKE_RISE = 16, 2.0
"""Least cells of a large candidate; most pixels of a spot on it that is another object, and the least ratio of its
height to the rest's."""
_WHOLE = 1.2
"""Least area of the whole of a faint object, in times the part that shows at full resolution."""
_TRUSTED_CELLS = 12
"""Least cells of an object, too faint or too large to be traced, for which the network's word is taken."""


def refine(image: NDArray[np.uint8], candidates: Sequence[Candidate], psf_sigma_px: float) -> tuple[Region, ...]:
    """Candidates to regions: several for objects close together, none where nothing stands out from the web's texture.

    That is the second opinion on what the network saw: a line with a smoothed SNR below 4 is not there, nor a spot
    below 5. Only of a large compact object that can't be traced is the network's word enough.
    """
    found: list[Region] = []
    lines = [candidate.box for candidate in candidates if kind_of(candidate.kind).shape is Shape.THIN]
    for candidate in candidates:
        match kind_of(candidate.kind).shape:
            case Shape.NUISANCE | Shape.DIMENSION:
                found.append(_from_cells(image, candidate))
            case Shape.STREAK:
                streak = trace_streak(image, candidate)
                found.extend([] if streak is None else [streak])
            case Shape.THIN:
                found.extend(_trace(image, candidate, psf_sigma_px, lines))
            case Shape.BLOB:
                found.extend(_with_all_of_it(image, candidate, _trace(image, candidate, psf_sigma_px), psf_sigma_px))
    for _ in range(_PURSUITS):
        found = _followed(image, found, psf_sigma_px, lines)
    return without_duplicates(found)


def _trace(
    image: NDArray[np.uint8], candidate: Candidate, psf_sigma_px: float, lines: Sequence[Box] | None = None
) -> list[Region]:
    """`lines`: for a line, the boxes of all that may be its segments."""
    is_thin, is_relief = lines is not None, _may_be_relief(candidate)
    least_snr = SURE_SNR if is_thin else _SPOT_SNR
    box, factor = candidate.box, 1
    while not is_thin and max(box.width_px, box.height_px) > _REDUCE_ABOVE_PX * factor:
        factor *= 2
    area, searched = _search_area(candidate, image.shape)
    if factor > 1:
        around, searched = _reduced(image, area, searched, factor)
    else:
        around = surroundings(image, area, lines)
    found = []
    for part, within in _apart_from_spikes(candidate, around, searched):
        trace = stands_out(part, within, _BLURS_PX, least_snr, is_relief=is_relief)
        if is_thin and trace is not None and not is_straight(trace.mask):
            trace = stands_out(part, within, _CURL_BLURS_PX, least_snr)
        if trace is not None:
            found += [
                region_of(candidate, part, trace, mask, psf_sigma_px / factor, factor, is_thin=is_thin)
                for mask in parts_of(trace, is_thin=is_thin, is_relief=is_relief)
            ]
    if not found and not is_thin and int(np.count_nonzero(candidate.cells)) >= _TRUSTED_CELLS:
        return [_from_cells(image, candidate)]
    return found


def _with_all_of_it(
    image: NDArray[np.uint8], candidate: Candidate, found: list[Region], psf_sigma_px: float
) -> list[Region]:
    """What was found, and before it the whole of a faint object of which that is a part."""
    spread = spread_of(image, candidate) if kind_of(candidate.kind).is_faint else None
    if spread is None:
        return found
    around, mask = spread
    sign = math.copysign(1.0, float(around.difference[mask].sum()))
    trace = Trace(
        mask,
        mask,
        around.difference * np.float32(sign),
        most_dn_of(around, sign),
        sign,
        noise_of(around.ring, 0.0),
        clip_dn_of(around, sign),
    )
    whole = region_of(candidate, around, trace, mask, psf_sigma_px / FACTOR, FACTOR, is_thin=False)
    return found if whole.area_px < _WHOLE * sum(region.area_px for region in found) else [whole, *found]


def _may_be_relief(candidate: Candidate) -> bool:
    """Whether a kind with two flanks is as good as the likeliest name, or half as good."""
    return any(kind_of(kind).is_relief and score >= 0.5 * candidate.score for kind, score in candidate.scores.items())


def _apart_from_spikes(
    candidate: Candidate, around: Surroundings, searched: NDArray[np.bool_]
) -> list[tuple[Surroundings, NDArray[np.bool_]]]:
    """(surroundings, where to search): a large object, and apart from it the small spots on it that outshine it.

    Else a glint on a stain, or metal on a scratch, would pass for the whole of it.
    """
    if int(np.count_nonzero(candidate.cells)) < _LARGE_CELLS:
        return [(around, searched)]
    strength = np.abs(around.difference) * searched
    clear = strength > SURE_SNR * noise_of(around.ring, 0.0)
    if not clear.any():
        return [(around, searched)]
    usual = median(strength[clear])
    _, found, stats, _ = cv2.connectedComponentsWithStats(
        (strength > _SPIKE_RISE * usual).astype(np.uint8), connectivity=8
    )
    is_spike = stats[:, cv2.CC_STAT_AREA] <= _SPIKE_PX
    is_spike[0] = False
    light = float(strength[is_spike[found]].sum())
    if light == 0.0 or light > 0.5 * float(strength[clear].sum()):
        return [(around, searched)]  # nothing outshines the object, or that is the object
    # Blur has carried a spike's light two pixels beyond what is clear of it.
    spikes = cv2.dilate(is_spike[found].astype(np.uint8), FIVE) > 0
    rest = replace(around, difference=np.where(spikes, np.float32(0.0), around.difference))
    beside = (cv2.dilate(spikes.astype(np.uint8), FIVE) > 0) & ~spikes
    level_dn = np.float32(median(around.difference[beside])) if beside.any() else np.float32(0.0)
    return [(rest, searched), (replace(around, difference=around.difference - level_dn), searched & spikes)]


def _followed(
    image: NDArray[np.uint8], regions: list[Region], psf_sigma_px: float, segments: Sequence[Box]
) -> list[Region]:
    """Lines pursued beyond the network's cells, to their faint ends and over their gaps: segments become one region."""
    lines = [region for region in regions if kind_of(region.candidate.kind).shape is Shape.THIN]
    taken: set[int] = set()
    joint: list[Region] = []
    for group in linked(lines):
        area, searched = search_band(group, image.shape)
        around = surroundings(image, area, segments)
        mask = np.zeros(searched.shape, bool)
        for region in group:
            box = region.box
            mask[box.top - area.top : box.bottom - area.top, box.left - area.left : box.right - area.left] |= (
                region.mask
            )
        sign = math.copysign(1.0, group[0].difference_dn)
        searched |= mask
        trace = Trace(
            mask,
            searched,
            around.difference * searched * np.float32(sign),
            most_dn_of(around, sign),
            sign,
            noise_of(around.ring, 0.0),
            clip_dn_of(around, sign),
        )
        surest = max((region.candidate for region in group), key=lambda candidate: candidate.score)
        joint.append(region_of(surest, around, trace, mask, psf_sigma_px, 1, is_thin=True))
        taken.update(id(region) for region in group)
    return [region for region in regions if id(region) not in taken] + joint


def _search_area(candidate: Candidate, shape: tuple[int, ...]) -> tuple[Box, NDArray[np.bool_]]:
    """The candidate's box and one cell around it; in it, True on the candidate's cells and their neighbours."""
    box, cell = candidate.box, candidate.cell_px
    bordered = cv2.copyMakeBorder(candidate.cells.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cells = np.asarray(cv2.dilate(bordered, THREE), np.uint8)
    pixels = enlarged(cells, cell).astype(bool)
    left, top = box.left - cell, box.top - cell
    area = Box(max(0, left), max(0, top), min(shape[1], box.right + cell), min(shape[0], box.bottom + cell))
    return area, pixels[area.top - top : area.bottom - top, area.left - left : area.right - left]


def _reduced(
    image: NDArray[np.uint8], area: Box, searched: NDArray[np.bool_], factor: int
) -> tuple[Surroundings, NDArray[np.bool_]]:
    """The surroundings at 1 / factor of the resolution; the area grows to whole blocks where the frame allows."""
    height, width = image.shape
    margin = 40 * factor
    top, left = max(0, area.top - margin) // factor * factor, max(0, area.left - margin) // factor * factor
    window = image[top : min(height, area.bottom + margin), left : min(width, area.right + margin)]
    rows, columns = window.shape[0] // factor, window.shape[1] // factor
    small = np.asarray(
        cv2.resize(window[: rows * factor, : columns * factor], (columns, rows), interpolation=cv2.INTER_AREA), np.uint8
    )
    inner = Box(
        (area.left - left) // factor,
        (area.top - top) // factor,
        min(columns, -(-(area.right - left) // factor)),
        min(rows, -(-(area.bottom - top) // factor)),
    )
    around = surroundings(small, inner)
    moved = Box(
        inner.left + left // factor,
        inner.top + top // factor,
        inner.right + left // factor,
        inner.bottom + top // factor,
    )
    fitted = cv2.resize(searched.astype(np.uint8), (inner.width_px, inner.height_px), interpolation=cv2.INTER_NEAREST)
    return (
        Surroundings(moved, around.difference, around.background_dn, around.ring),
        np.asarray(fitted, bool),
    )


def _from_cells(image: NDArray[np.uint8], candidate: Candidate) -> Region:
    """The candidate as the network saw it, where tracing adds nothing (nuisance) or finds nothing (too faint)."""
    box, cell = candidate.box, candidate.cell_px
    mask = enlarged(candidate.cells, cell)[: box.height_px, : box.width_px]
    inside = image[box.top : box.bottom, box.left : box.right]
    step = max(1, max(box.width_px, box.height_px) // 64)
    frame = image[max(0, box.top - cell) : box.bottom + cell, max(0, box.left - cell) : box.right + cell]
    background_dn = float(np.median(frame[::step, ::step]))
    rows, columns = np.nonzero(mask)
    difference_dn = float(inside[mask].mean()) - background_dn
    noise_dn = max(float(inside[::step, ::step].std()), 0.2)
    return Region(
        candidate,
        box,
        mask,
        float(len(rows)),
        None,
        box.left + float(columns.mean()) + 0.5,
        box.top + float(rows.mean()) + 0.5,
        difference_dn,
        background_dn,
        abs(difference_dn) / noise_dn,
    )
