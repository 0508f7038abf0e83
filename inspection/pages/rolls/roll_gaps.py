"""What nobody inspected, as series of the roll map: grey where it lies, across the web as well as along it. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inspection.pages.frame.chart_style import ChartStyle
from inspection.pages.texts.rolls import RollsTexts
from inspection.rolls.roll_map import RollDefects, RollLayout

_MOST_GAPS = 2000
_BREAK = ["-", "-"]
"""What ECharts draws no line to, and none from."""
Band = tuple[float, float]
"""(from, to) across the map, in mm."""


def not_inspected(
    layout: RollLayout, defects: RollDefects, width_mm: float, texts: RollsTexts, style: ChartStyle
) -> list[dict[str, Any]]:
    """One outline around all stretches of a band: thousands of areas of their own would take a second to draw.

    width_mm: of each camera's band. The first series bears the places of unknown length as well.
    """
    known = (gap for gap in layout.not_inspected if gap.is_length_known)
    longest = sorted(known, key=lambda gap: gap.from_m - gap.to_m)[:_MOST_GAPS]
    lanes = lane_bands(defects, [each.lane for each in layout.lanes], width_mm)
    corners: dict[Band, list[list[Any]]] = {}
    for gap in sorted(longest, key=lambda gap: gap.from_m):
        below_mm = width_mm * layout.cameras.index(gap.camera)
        from_mm, to_mm = (below_mm + end for end in lanes.get(gap.lane, (0.0, width_mm)))
        start, stop = round(gap.from_m, 3), round(gap.to_m, 3)
        outline = corners.setdefault((from_mm, to_mm), [])
        outline += [[start, from_mm], [start, to_mm], [stop, to_mm], [stop, from_mm], _BREAK]
    series = [_outline(texts, style, band, its) for band, its in sorted(corners.items())]
    series = series or [_outline(texts, style, (0.0, width_mm), [])]
    series[0]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": style.text, "type": "dashed", "width": 1.2},
        "data": [{"xAxis": each.at_m} for each in layout.unseen[:_MOST_GAPS]],
    }
    return series


def lane_bands(defects: RollDefects, lanes: Sequence[int], width_mm: float) -> dict[int | None, Band]:
    """Where lanes lie, as far as a roll tells: side by side, as wide as each other, and each around its own defects.

    Decisions name the lane, not its edges.
    """
    ordered = sorted(lanes)
    of_defects = np.array([lane or 0 for lane in defects.lane], np.int64)
    edges_mm = [0.0]
    for number, lane in enumerate(ordered[:-1], start=1):
        before = defects.cd_mm[(of_defects > 0) & (of_defects <= lane)]
        behind = defects.cd_mm[of_defects > lane]
        least_mm, most_mm = float(np.max(before, initial=0.0)), float(np.min(behind, initial=width_mm))
        edges_mm.append(max(edges_mm[-1], min(max(width_mm * number / len(ordered), least_mm), most_mm)))
    edges_mm.append(width_mm)
    return {lane: (edges_mm[place], edges_mm[place + 1]) for place, lane in enumerate(ordered)}


def _outline(texts: RollsTexts, style: ChartStyle, band: Band, corners: list[list[Any]]) -> dict[str, Any]:
    return {
        "type": "line",
        "name": texts.not_inspected,
        "symbol": "none",
        "silent": True,
        "itemStyle": {"color": style.muted, "opacity": 0.5},
        # The outline shows also what is narrower than a pixel.
        "lineStyle": {"color": style.muted, "width": 1, "opacity": 0.35},
        "areaStyle": {"color": style.muted, "opacity": 0.35, "origin": band[0]},
        "data": corners,
        "z": 1,
    }
