"""From pixels to measured objects, in the one way there is: on the line, and for all that is learnt for the line."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.recipe.recipe import Layout
from inspection.values import Defect
from inspection.vision.candidates import Storm, find_candidates
from inspection.vision.measure import measure
from inspection.vision.stopwatch import Stopwatch
from inspection.vision.tracing.refine import refine


@dataclass(frozen=True, slots=True)
class LookSetup:
    """What has to be known of network, camera and product to make millimetres of pixels."""

    kinds: tuple[str, ...]
    """Catalogue codes of the score map's channels."""
    thresholds: Mapping[str, float]
    """Score from which a cell counts, for each of the kinds."""
    stride: int
    """Pixels that a cell of the score map is wide and high."""
    max_candidates: int
    """More places are a storm."""
    psf_sigma_px: float
    """Blur of camera and lens."""
    layout: Layout
    pitch_x_um: float
    pitch_y_um: float
    start_mm: float = 0.0
    """Where on the web row 0 lies."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One object: what was measured, under its likeliest kind, and all that the network holds possible."""

    defect: Defect
    scores: Mapping[str, float]
    """Highest score at its place, for each kind of its group."""


def look(
    image: NDArray[np.uint8],
    scores: NDArray[np.float32],
    setup: LookSetup,
    *,
    only: str | None = None,
    watch: Stopwatch | None = None,
) -> tuple[Measured, ...] | Storm:
    """What lies in a prepared image: places that score high, traced at full resolution, measured.

    image: (height, width); scores: (kinds, rows, columns) from 0 to 1. `only`: a kind; places that are likelier
    another are not traced. `watch` is told the time of the stages detect, refine and measure.
    """
    watch = watch or Stopwatch()
    height_px, width_px = image.shape
    with watch.stage("detect"):
        found = find_candidates(
            scores,
            setup.kinds,
            setup.thresholds,
            stride=setup.stride,
            height_px=height_px,
            width_px=width_px,
            max_candidates=setup.max_candidates,
        )
    if isinstance(found, Storm):
        return found
    with watch.stage("refine"):
        regions = refine(image, [each for each in found if only in (None, each.kind)], setup.psf_sigma_px)
    with watch.stage("measure"):
        return tuple(
            Measured(
                measure(
                    region,
                    pitch_x_um=setup.pitch_x_um,
                    pitch_y_um=setup.pitch_y_um,
                    start_mm=setup.start_mm,
                    height_px=height_px,
                    layout=setup.layout,
                ),
                region.candidate.scores,
            )
            for region in regions
        )
