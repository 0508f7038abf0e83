"""Trace each candidate at full resolution: which pixels are the object, and how much of it there is.

Work is bounded: only candidates' boxes are looked at, large ones at reduced resolution, and strips about faint ones at
an eighth of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate, Region, Severity
from inspection.values.kinds import Shape, kind_of
from inspection.vision.outline import outline, sides
from inspection.vision.tracing.background import Difference, Surroundings, blurred, median, noise_of, surroundings
from inspection.vision.tracing.linking import linked, search_band
from inspection.vision.tracing.psf import disc_area_px, saturated_disc
from inspection.vision.tracing.spread import FACTOR, spread_of
from inspection.vision.tracing.streak import trace_streak
from inspection.vision.tracing.thin_line import Line, is_straight, trace_line

_BLURS_PX = (0.0, 1.0, 2.0, 4.0)
_CURL_BLURS_PX = (0.0, 0.7, 1.4)
"""More would fill a curl's bends."""
_CLEAR_SNR = 12.0
"""A pixel that stands out so far needs no smoothing."""
_SURE_SNR = 4.0
"""What belongs to an object stands out at least so far, after smoothing."""
_SPOT_SNR = 5.0
"""A spot has to: of the 600 pixels and more of a search area, one by chance reaches 4 every now and then."""
_REDUCE_ABOVE_PX = 160
"""Compact objects larger than this are traced at a half, a quarter ... of the resolution."""
_SMALL_PX = 40
"""Below this many pixels, area is summed light instead of counted pixels."""
_BRIGHTEST = 5.0
"""Foil and glints differ from a coating by no more than so many times its grey value (dark objects by once)."""
_PURSUITS = 2
"""A piece followed to its ends may meet the next one."""
_SHORTEST_LINE_PX = 6
"""What is shorter is a spot, whatever the network calls it, and measured as one."""
_LARGE_CELLS = 6
_SPIKE_PX, _SPIKE_RISE = 16, 2.0
"""On a candidate of so many cells, a spot of so few pixels that rises so far above the rest is another object."""
_LEAST_CLIP_DN = 5.0
"""On bare foil next to nothing is left up to saturation."""
_SATURATED_DN = 245.0
"""Grey values from here on may be clipped: 255, less what a flat-field takes off."""
_THREE, _FIVE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_FLANKS, _RELIEF_FLANKS = 0.6, 0.3
"""What is so many times as dark as it is bright, or the other way about, is one object with a lit flank and a shaded
one; the second number is for kinds that are known for it."""
_FLANK_SNR = 8.0
"""Noise does not reach it: of kinds without flanks, the weaker one must."""
_WHOLE = 1.2
"""The whole of a faint object is so many times as large as the part that shows at full resolution."""
_TRUSTED_CELLS = 12
"""Of so many cells, the network's word is taken for an object that is too faint or too large to be traced."""
_PART_OF_LARGEST = 0.2
"""A separate part counts as an object of its own if it holds so much of the largest part's light."""


def refine(image: NDArray[np.uint8], candidates: Sequence[Candidate], psf_sigma_px: float) -> tuple[Region, ...]:
    """Candidates to regions: several for objects close together, none where nothing stands out from the web's texture.

    That is the second opinion on what the network saw: a line with a smoothed SNR below 4 is not there, nor a spot
    below 5. Only of a large compact object that can't be traced is the network's word enough.
    """
    found: list[Region] = []
    lines = [candidate.box for candidate in candidates if kind_of(candidate.kind).shape is Shape.LINE]
    for candidate in candidates:
        match kind_of(candidate.kind).shape:
            case Shape.NUISANCE | Shape.DIMENSION:
                found.append(_from_cells(image, candidate))
            case Shape.STREAK:
                streak = trace_streak(image, candidate)
                found.extend([] if streak is None else [streak])
            case Shape.LINE:
                found.extend(_trace(image, candidate, psf_sigma_px, lines))
            case Shape.BLOB:
                found.extend(_with_all_of_it(image, candidate, _trace(image, candidate, psf_sigma_px), psf_sigma_px))
    for _ in range(_PURSUITS):
        found = _followed(image, found, psf_sigma_px, lines)
    return _without_duplicates(found)


@dataclass(frozen=True, slots=True)
class _Trace:
    """What stands out in a search area."""

    mask: NDArray[np.bool_]
    searched: NDArray[np.bool_]
    """Where the object may lie."""
    signal: Difference
    """Difference, turned so that the object is positive."""
    most_dn: float
    """More than that no object differs from its background."""
    sign: float
    noise_dn: float
    """Of single pixels."""
    clip_dn: float
    """From here on it may be the sensor that ends the signal."""


def _trace(
    image: NDArray[np.uint8], candidate: Candidate, psf_sigma_px: float, lines: Sequence[Box] | None = None
) -> list[Region]:
    """`lines`: for a line, the boxes of all that may be its pieces."""
    is_line, is_relief = lines is not None, _may_be_relief(candidate)
    least_snr = _SURE_SNR if is_line else _SPOT_SNR
    box, factor = candidate.box, 1
    while not is_line and max(box.width_px, box.height_px) > _REDUCE_ABOVE_PX * factor:
        factor *= 2
    area, searched = _search_area(candidate, image.shape)
    if factor > 1:
        around, searched = _reduced(image, area, searched, factor)
    else:
        around = surroundings(image, area, lines)
    found = []
    for part, within in _apart_from_spikes(candidate, around, searched):
        trace = _stands_out(part, within, _BLURS_PX, least_snr, is_relief=is_relief)
        if is_line and trace is not None and not is_straight(trace.mask):
            trace = _stands_out(part, within, _CURL_BLURS_PX, least_snr)
        if trace is not None:
            found += [
                _region(candidate, part, trace, mask, psf_sigma_px / factor, factor, is_line=is_line)
                for mask in _parts(trace, is_line=is_line, is_relief=is_relief)
            ]
    if not found and not is_line and int(np.count_nonzero(candidate.cells)) >= _TRUSTED_CELLS:
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
    trace = _Trace(
        mask,
        mask,
        around.difference * np.float32(sign),
        _most_dn(around, sign),
        sign,
        noise_of(around.ring, 0.0),
        _clip_dn(around, sign),
    )
    whole = _region(candidate, around, trace, mask, psf_sigma_px / FACTOR, FACTOR, is_line=False)
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
    clear = strength > _SURE_SNR * noise_of(around.ring, 0.0)
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
    spikes = cv2.dilate(is_spike[found].astype(np.uint8), _FIVE) > 0
    rest = replace(around, difference=np.where(spikes, np.float32(0.0), around.difference))
    beside = (cv2.dilate(spikes.astype(np.uint8), _FIVE) > 0) & ~spikes
    level_dn = np.float32(median(around.difference[beside])) if beside.any() else np.float32(0.0)
    return [(rest, searched), (replace(around, difference=around.difference - level_dn), searched & spikes)]


def _followed(
    image: NDArray[np.uint8], regions: list[Region], psf_sigma_px: float, pieces: Sequence[Box]
) -> list[Region]:
    """Lines pursued beyond the network's cells, to their faint ends and over their gaps: pieces become one region."""
    lines = [region for region in regions if kind_of(region.candidate.kind).shape is Shape.LINE]
    taken: set[int] = set()
    joint: list[Region] = []
    for group in linked(lines):
        area, searched = search_band(group, image.shape)
        around = surroundings(image, area, pieces)
        mask = np.zeros(searched.shape, bool)
        for region in group:
            box = region.box
            mask[box.top - area.top : box.bottom - area.top, box.left - area.left : box.right - area.left] |= (
                region.mask
            )
        sign = math.copysign(1.0, group[0].difference_dn)
        searched |= mask
        trace = _Trace(
            mask,
            searched,
            around.difference * searched * np.float32(sign),
            _most_dn(around, sign),
            sign,
            noise_of(around.ring, 0.0),
            _clip_dn(around, sign),
        )
        surest = max((region.candidate for region in group), key=lambda candidate: candidate.score)
        joint.append(_region(surest, around, trace, mask, psf_sigma_px, 1, is_line=True))
        taken.update(id(region) for region in group)
    return [region for region in regions if id(region) not in taken] + joint


def _search_area(candidate: Candidate, shape: tuple[int, ...]) -> tuple[Box, NDArray[np.bool_]]:
    """The candidate's box and one cell around it; in it, True on the candidate's cells and their neighbours."""
    box, cell = candidate.box, candidate.cell_px
    bordered = cv2.copyMakeBorder(candidate.cells.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cells = np.asarray(cv2.dilate(bordered, _THREE), np.uint8)
    pixels = _enlarged(cells, cell).astype(bool)
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


def _stands_out(
    around: Surroundings,
    searched: NDArray[np.bool_],
    blurs_px: tuple[float, ...],
    least_snr: float,
    *,
    is_relief: bool = False,
) -> _Trace | None:
    """Smooth just enough to see the object, then cut at half its contrast; of a relief, each flank at half its own."""
    best: tuple[float, Difference, float] | None = None
    noise_dn = noise_of(around.ring, 0.0)
    for blur_px in blurs_px:
        smooth = blurred(around.difference, blur_px)
        noise = noise_dn if blur_px == 0.0 else noise_of(around.ring, blur_px)
        snr = float((np.abs(smooth) * searched).max()) / noise
        if best is None or snr > 1.2 * best[0]:
            best = (snr, smooth, noise)
        if snr >= _CLEAR_SNR:
            break
    if best is None or best[0] < least_snr:
        return None
    _, smooth, noise = best
    values = smooth * searched
    # Of both signs the one with more light: a glint on a stain doesn't make it bright.
    clear = np.abs(values) > _SURE_SNR * noise
    sign = 1.0 if float(values[clear].sum()) >= 0.0 else -1.0
    signal = np.asarray(values * np.float32(sign), np.float32)
    share, snr = (_RELIEF_FLANKS, _SURE_SNR) if is_relief else (_FLANKS, _FLANK_SNR)
    has_flanks = -float(signal.min()) > max(share * float(signal.max()), snr * noise)
    if not has_flanks:
        mask = _above_half(signal, noise)
    elif is_relief:
        mask = _above_half(signal, noise) | _above_half(-signal, noise)
    else:
        # Light on one flank and shadow on the other: both belong to it.
        mask = _above_half(np.abs(signal), noise)
    full = around.difference * searched * np.float32(sign)
    if has_flanks:
        full = np.abs(full)
    return _Trace(mask, searched, full, _most_dn(around, sign), sign, noise_dn, _clip_dn(around, sign))


def _above_half(signal: Difference, noise_dn: float) -> NDArray[np.bool_]:
    """Where an object, which is positive, reaches half of its usual height."""
    level = float(signal.max())
    mask = signal > max(0.5 * level, 3.0 * noise_dn)
    for _ in range(3):
        if int(np.count_nonzero(mask)) < _SMALL_PX // 4:
            break
        level = median(signal[mask])
        mask = signal > max(0.5 * level, 3.0 * noise_dn)
    return np.asarray(mask, bool)


def _most_dn(around: Surroundings, sign: float) -> float:
    """More than that no object differs from its background."""
    return max(around.background_dn, 1.0) * (_BRIGHTEST if sign > 0.0 else 1.0)


def _clip_dn(around: Surroundings, sign: float) -> float:
    return max(_SATURATED_DN - around.background_dn, _LEAST_CLIP_DN) if sign > 0.0 else math.inf


def _parts(trace: _Trace, *, is_line: bool, is_relief: bool) -> list[NDArray[np.bool_]]:
    """Objects in the mask: gaps of a pixel closed; all parts of a line are one object, and so is what lies between the
    flanks of a relief.
    """
    closed = cv2.morphologyEx(trace.mask.astype(np.uint8), cv2.MORPH_CLOSE, _THREE)
    count, labels = cv2.connectedComponents(closed, connectivity=8)
    if count <= 1:
        return []
    light = np.bincount(labels.ravel(), np.maximum(trace.signal, 0.0).ravel(), count)[1:]
    pixels = np.bincount(labels.ravel(), minlength=count)[1:]
    snr = light / np.sqrt(pixels) / trace.noise_dn
    least = (0.02 if is_line else _PART_OF_LARGEST) * float(light.max())
    kept = [index + 1 for index in range(count - 1) if light[index] >= least and snr[index] >= _SURE_SNR]
    if not kept:
        kept = [int(light.argmax()) + 1]
    if is_line:
        return [np.isin(labels, kept)]
    if is_relief:
        hull = cv2.convexHull(np.argwhere(np.isin(labels, kept))[:, ::-1].astype(np.int32))
        return [np.asarray(cv2.fillConvexPoly(np.zeros(labels.shape, np.uint8), hull, 1), bool)]
    return [labels == label for label in kept]


def _region(
    candidate: Candidate,
    around: Surroundings,
    trace: _Trace,
    mask: NDArray[np.bool_],
    psf_sigma_px: float,
    factor: int,
    *,
    is_line: bool,
) -> Region:
    line = _line(trace, mask, psf_sigma_px) if is_line and sides(outline(mask))[0] >= _SHORTEST_LINE_PX else None
    if line is not None:
        mask = line.mask
    rows, columns = np.nonzero(mask)
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    light = trace.signal[rows, columns]
    if line is not None:
        area_px, level = line.area_px, line.level_dn
        # The middle between its ends, wherever its pieces lie.
        x_px, y_px = (left + right) / 2.0, (top + bottom) / 2.0
    else:
        area_px, level = _extent(trace, mask, psf_sigma_px)
        weights = np.maximum(light, 0.0) if len(rows) < _SMALL_PX else np.ones_like(light)
        total = max(float(weights.sum()), 1e-6)
        x_px, y_px = float(weights @ columns) / total + 0.5, float(weights @ rows) / total + 0.5
    traced = mask[top:bottom, left:right]
    if factor > 1:
        traced = np.asarray(_enlarged(traced, factor), bool)
    return Region(
        candidate,
        Box(
            (around.area.left + left) * factor,
            (around.area.top + top) * factor,
            (around.area.left + right) * factor,
            (around.area.top + bottom) * factor,
        ),
        traced,
        area_px * factor**2,
        None if line is None else line.width_px,
        (around.area.left + x_px) * factor,
        (around.area.top + y_px) * factor,
        trace.sign * level,
        around.background_dn,
        float(light.mean()) * math.sqrt(len(rows)) / trace.noise_dn,
    )


def _line(trace: _Trace, mask: NDArray[np.bool_], psf_sigma_px: float) -> Line:
    return trace_line(
        trace.signal,
        mask,
        trace.searched,
        noise_dn=trace.noise_dn,
        most_dn=trace.most_dn,
        psf_sigma_px=psf_sigma_px,
    )


def _extent(trace: _Trace, mask: NDArray[np.bool_], psf_sigma_px: float) -> tuple[float, float]:
    """(area in px, contrast in DN): pixels counted, or for a few pixels summed light over peak, freed from blur.

    Metal may shine on one facet and be dark on the next: what is dark beside a small bright spot belongs to it.
    """
    # Blur has carried light into the two pixels around the mask.
    own = trace.signal * cv2.dilate(mask.astype(np.uint8), _FIVE)
    count = int(np.count_nonzero(mask))
    if count >= _SMALL_PX:
        return float(count), max(float(own.sum()), 0.2) / count
    dark = own < -_SURE_SNR * trace.noise_dn
    own[dark] = 0.0
    total = max(float(own.sum()), 0.2)
    if (highest := float(own.max())) >= trace.clip_dn:
        area_px, level = saturated_disc(own, min(0.97 * highest, trace.clip_dn), trace.most_dn, psf_sigma_px)
    else:
        signal, blur_px = trace.signal * cv2.dilate(mask.astype(np.uint8), _THREE), 0.0
        if highest < _CLEAR_SNR * trace.noise_dn:
            # The peak of a faint object is raised by noise, less so after a little blur.
            blur_px = 0.7
            signal = blurred(signal, blur_px)
        seen_px = disc_area_px(total / max(_interpolated_peak(signal), 0.2), math.hypot(psf_sigma_px, blur_px))
        area_px = max(seen_px, total / trace.most_dn)
        level = total / area_px
    return area_px + float(np.count_nonzero(dark)), level


def _interpolated_peak(signal: Difference) -> float:
    """The maximum between pixels, by a parabola along both axes through the highest pixel and its neighbours."""
    row, column = divmod(int(signal.argmax()), signal.shape[1])
    centre = float(signal[row, column])
    peak = centre
    if 0 < row < signal.shape[0] - 1:
        peak += _parabola_rise(float(signal[row - 1, column]), centre, float(signal[row + 1, column]))
    if 0 < column < signal.shape[1] - 1:
        peak += _parabola_rise(float(signal[row, column - 1]), centre, float(signal[row, column + 1]))
    return peak


def _parabola_rise(before: float, centre: float, after: float) -> float:
    bend = 2.0 * centre - before - after
    return (after - before) ** 2 / (8.0 * bend) if bend > 0.0 else 0.0


def _from_cells(image: NDArray[np.uint8], candidate: Candidate) -> Region:
    """The candidate as the network saw it, where tracing adds nothing (nuisance) or finds nothing (too faint)."""
    box, cell = candidate.box, candidate.cell_px
    mask = _enlarged(candidate.cells, cell)[: box.height_px, : box.width_px]
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


def _enlarged(cells: NDArray[Any], factor: int) -> NDArray[Any]:
    """Each element repeated `factor` times both ways."""
    return cells.repeat(factor, axis=0).repeat(factor, axis=1)


def _without_duplicates(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Of regions that cover the same pixels keep one: the gravest class first, then the surest."""
    order = sorted(regions, key=_rank)
    boxes = np.array([(r.box.left, r.box.top, r.box.right, r.box.bottom) for r in order]).reshape(-1, 4)
    low, high = boxes[:, :2], boxes[:, 2:]
    meet = np.all((low[:, np.newaxis] < high) & (low < high[:, np.newaxis]), axis=2).tolist()
    kept: list[int] = []
    for index, region in enumerate(order):
        others = [other for other in kept if meet[index][other]]
        if not any(_share(region, order[other]) > 0.5 for other in others):
            kept.append(index)
    return tuple(sorted((order[index] for index in kept), key=lambda r: (r.box.top, r.box.left)))


def _rank(region: Region) -> tuple[bool, bool, float]:
    severity = kind_of(region.candidate.kind).severity
    return severity is Severity.N, severity is not Severity.S1, -region.candidate.score


def _share(one: Region, other: Region) -> float:
    """Common pixels as a part of the smaller region's."""
    left, right = max(one.box.left, other.box.left), min(one.box.right, other.box.right)
    top, bottom = max(one.box.top, other.box.top), min(one.box.bottom, other.box.bottom)
    common = int(np.count_nonzero(_cut(one, left, top, right, bottom) & _cut(other, left, top, right, bottom)))
    return common / max(1, min(int(np.count_nonzero(one.mask)), int(np.count_nonzero(other.mask))))


def _cut(region: Region, left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    box = region.box
    return region.mask[top - box.top : bottom - box.top, left - box.left : right - box.left]
