"""Objects on a web as cameras of several views saw them, made by hand."""

import numpy as np

from camera.frame import FrameId
from inspection.judging.sight import SeenObject, Sight
from inspection.values import Box, Defect, Severity, Sighting, Span
from inspection.vision.placement import Across, Rect

PITCH_MM = 0.05


def seen(
    view: str,
    kind: str,
    along_mm: float,
    across_mm: float,
    size_mm: float = 0.5,
    *,
    camera: str | None = None,
    across_size_mm: float | None = None,
    mask: np.ndarray | None = None,
    score: float = 0.9,
    scores: dict[str, float] | None = None,
    contrast_percent: float = -40.0,
    is_cut: bool = False,
    is_mirrored: bool = False,
    number: int = 1,
    **changes,
) -> SeenObject:
    """A full rectangle, or a mask, whose first pixel lies at that place; `size_mm` along, as wide if not told."""
    if mask is None:
        wide_mm = size_mm if across_size_mm is None else across_size_mm
        mask = np.ones((max(1, round(size_mm / PITCH_MM)), max(1, round(wide_mm / PITCH_MM))), bool)
    rows, columns = mask.shape
    left, top = round(across_mm / PITCH_MM), round(along_mm / PITCH_MM)
    area_mm2 = float(mask.sum()) * PITCH_MM**2
    length_mm, width_mm = max(rows, columns) * PITCH_MM, min(rows, columns) * PITCH_MM
    rect = Rect(
        Span(along_mm, along_mm + rows * PITCH_MM), Across(across_mm, across_mm + columns * PITCH_MM)
    )  # fmt: skip
    defect = Defect(
        kind, score, Severity.S2, Box(left, top, left + columns, top + rows), mask, length_mm, width_mm, area_mm2,
        contrast_percent, 50.0, *rect.middle, None, **changes,
    )  # fmt: skip
    frame = FrameId(camera or view, 1, number)
    likely = {kind: score} if scores is None else scores
    return SeenObject(Sighting(view, frame, defect, likely), rect, 50.0, 0.03, is_cut, is_mirrored)


def sight(view: str, *objects: SeenObject, span=(0.0, 50.0), across=(0.0, 100.0), camera: str | None = None, **told):
    """A frame of a view that shows these."""
    number = objects[0].sighting.frame.number if objects else 1
    return Sight(view, FrameId(camera or view, 1, number), Span(*span), Across(*across), objects=objects, **told)
