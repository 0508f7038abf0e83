"""From a trace to a region: how much of an object there is, where its middle lies, how far it stands out."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box, Candidate, Region
from inspection.vision.outline import outline, sides
from inspection.vision.tracing.background import Difference, Surroundings, blurred
from inspection.vision.tracing.psf import disc_area_px, saturated_disc
from inspection.vision.tracing.thin_line import Line, trace_line
from inspection.vision.tracing.trace import CLEAR_SNR, FIVE, SMALL_PX, SURE_SNR, THREE, Trace

_SHORTEST_LINE_PX = 6
"""Length of the shortest line: what is shorter is a spot, whatever the network calls it, and measured as one."""


def region_of(
    candidate: Candidate,
    around: Surroundings,
    trace: Trace,
    mask: NDArray[np.bool_],
    psf_sigma_px: float,
    factor: int,
    *,
    is_thin: bool,
) -> Region:
    """The region of a candidate: one object in a trace, whose pixels are `mask`.

    `around`, `trace` and `mask` are at 1 / `factor` of the frame's resolution, the blur in their pixels.
    """
    line = _line(trace, mask, psf_sigma_px) if is_thin and sides(outline(mask))[0] >= _SHORTEST_LINE_PX else None
    if line is not None:
        mask = line.mask
    rows, columns = np.nonzero(mask)
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    light = trace.signal[rows, columns]
    if line is not None:
        area_px, level = line.area_px, line.level_dn
        # The middle between its ends, wherever its segments lie.
        x_px, y_px = (left + right) / 2.0, (top + bottom) / 2.0
    else:
        area_px, level = _extent(trace, mask, psf_sigma_px)
        weights = np.maximum(light, 0.0) if len(rows) < SMALL_PX else np.ones_like(light)
        total = max(float(weights.sum()), 1e-6)
        x_px, y_px = float(weights @ columns) / total + 0.5, float(weights @ rows) / total + 0.5
    traced = mask[top:bottom, left:right]
    if factor > 1:
        traced = np.asarray(enlarged(traced, factor), bool)
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


def _line(trace: Trace, mask: NDArray[np.bool_], psf_sigma_px: float) -> Line:
    return trace_line(
        trace.signal,
        mask,
        trace.searched,
        noise_dn=trace.noise_dn,
        most_dn=trace.most_dn,
        psf_sigma_px=psf_sigma_px,
    )


def _extent(trace: Trace, mask: NDArray[np.bool_], psf_sigma_px: float) -> tuple[float, float]:
    """(area in px, contrast in DN): pixels counted, or for a few pixels summed light over peak, freed from blur.

    Metal may shine on one facet and be dark on the next: what is dark beside a small bright spot belongs to it.
    """
    # Blur has carried light into the two pixels around the mask.
    own = trace.signal * cv2.dilate(mask.astype(np.uint8), FIVE)
    count = int(np.count_nonzero(mask))
    if count >= SMALL_PX:
        return float(count), max(float(own.sum()), 0.2) / count
    dark = own < -SURE_SNR * trace.noise_dn
    own[dark] = 0.0
    total = max(float(own.sum()), 0.2)
    if (highest := float(own.max())) >= trace.clip_dn:
        area_px, level = saturated_disc(own, min(0.97 * highest, trace.clip_dn), trace.most_dn, psf_sigma_px)
    else:
        signal, blur_px = trace.signal * cv2.dilate(mask.astype(np.uint8), THREE), 0.0
        if highest < CLEAR_SNR * trace.noise_dn:
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


def enlarged(cells: NDArray[Any], factor: int) -> NDArray[Any]:
    """Each element repeated `factor` times both ways."""
    return cells.repeat(factor, axis=0).repeat(factor, axis=1)
