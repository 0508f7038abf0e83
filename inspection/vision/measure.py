"""From pixels to millimetres on the web: what each traced region measures and where it lies."""

import math

import numpy as np

from inspection.recipe.recipe import Layout
from inspection.values import Defect, Region
from inspection.values.kinds import Shape, kind_of
from inspection.vision.outline import outline, sides

_BORDER_PX = 1
"""An object that ends within so many lines of a frame's border may go on beyond it: blur hides its last line."""
_LINE_BORDER_PX = 24
"""A broken line may pause for so long at the border."""


def measure(
    region: Region, *, pitch_x_um: float, pitch_y_um: float, start_mm: float, height_px: int, layout: Layout
) -> Defect:
    """Sizes, contrast and place of one object.

    Length and width are the sides of the minimum-area rectangle, scaled down for objects of a few pixels, whose area
    is known better than their outline; a line's width comes from its profile.
    """
    pitch_x_mm, pitch_y_mm = pitch_x_um / 1000.0, pitch_y_um / 1000.0
    pixel_mm2 = pitch_x_mm * pitch_y_mm
    count = int(np.count_nonzero(region.mask))
    length_mm, width_mm = sides(outline(region.mask) * np.array([pitch_x_mm, pitch_y_mm], np.float32))
    if region.width_px is not None:
        width_mm = min(region.width_px * math.sqrt(pixel_mm2), length_mm)
    else:
        scale = math.sqrt(min(region.area_px / count, 1.0))
        length_mm, width_mm = length_mm * scale, width_mm * scale
    cd_mm = region.x_px * pitch_x_mm
    border_px = _LINE_BORDER_PX if kind_of(region.candidate.kind).shape is Shape.THIN else _BORDER_PX
    return Defect(
        kind=region.candidate.kind,
        score=region.candidate.score,
        severity=kind_of(region.candidate.kind).severity,
        box=region.box,
        mask=region.mask,
        length_mm=length_mm,
        width_mm=width_mm,
        area_mm2=region.area_px * pixel_mm2,
        contrast_percent=100.0 * region.difference_dn / max(region.background_dn, 1.0),
        snr=region.snr,
        md_mm=start_mm + region.y_px * pitch_y_mm,
        cd_mm=cd_mm,
        lane=layout.lane_at(cd_mm),
        reaches_leading_edge=region.box.top <= border_px,
        reaches_trailing_edge=region.box.bottom >= height_px - border_px,
    )
