"""The charts of the statistics page as options of ECharts. Pure."""

import itertools
from typing import Any

from inspection.pages.frame.chart_style import ChartStyle
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.pages.texts.statistics import StatisticsTexts
from inspection.quality.control_charts import ControlChart, Histogram, ParetoBar

_MOST_BARS = 14


def control_options(
    chart: ControlChart, texts: StatisticsTexts, quantities: Quantities, style: ChartStyle, *, is_share: bool
) -> dict[str, Any]:
    """A control chart: points, centre, limits. Points out of limits are large diamonds, not only of another colour.

    `is_share`: values are parts of one, shown in per cent; else mm.
    """
    scale = 100.0 if is_share else 1.0
    digits = 2 if is_share else 4

    def scaled(value: float) -> float:
        return round(scale * value, digits)

    points = [
        {
            "value": scaled(point.value),
            "symbol": "diamond" if point.is_out else "circle",
            "symbolSize": round((0.95 if point.is_out else 0.42) * style.rem_px, 1),
            "itemStyle": {"color": style.reject if point.is_out else style.info},
        }
        for point in chart.points
    ]
    limit = {"type": "line", "step": "middle", "symbol": "none", "silent": True}
    dashed = {"color": style.muted, "type": "dashed", "width": 1.3}
    return _base(style) | {
        "xAxis": style.axis(
            "",
            type="category",
            data=_labels(chart, quantities),
        ),
        "yAxis": style.axis("%" if is_share else "mm", type="value", scale=True, nameGap=3.6 * style.rem_px),
        "series": [
            {
                "type": "line",
                "name": texts.rate if is_share else texts.mean,
                "data": points,
                "showAllSymbol": True,
                "lineStyle": {"color": style.info, "width": 1.5},
                "itemStyle": {"color": style.info},
                "z": 3,
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": style.accept, "type": "solid"},
                    "label": {"color": style.text, "fontSize": style.font_px, "position": "insideStartTop"},
                    "data": [{"yAxis": scaled(chart.centre), "name": texts.centre}],
                },
            },
            limit | {"name": texts.limits, "data": [scaled(p.high) for p in chart.points], "lineStyle": dashed},
            limit | {"name": texts.limits, "data": [scaled(p.low) for p in chart.points], "lineStyle": dashed},
        ],
    }


def _labels(chart: ControlChart, quantities: Quantities) -> list[str]:
    """When each point began; where the clock was set back, times would mislead, and decisions are named instead."""
    times = [point.began_utc for point in chart.points]
    if times != sorted(times):
        return [f"#{point.first_sequence}" for point in chart.points]
    return [quantities.short_moment(moment) for moment in times]


def pareto_options(
    bars: tuple[ParetoBar, ...], texts: StatisticsTexts, quantities: Quantities, style: ChartStyle
) -> dict[str, Any]:
    """Bars by kind with the cumulative share; the smallest are summed up."""
    shown = bars[:_MOST_BARS]
    names = [_named(bar.name, quantities) for bar in shown]
    return _base(style) | {
        "xAxis": style.axis(
            "",
            type="category",
            data=names,
            axisLabel={
                "color": style.muted,
                "fontSize": style.font_px,
                "interval": 0,
                "rotate": 28,
                "width": 7 * style.rem_px,
                "overflow": "truncate",
            },
        ),
        "grid": _grid(style, bottom_rem=4.6, right_rem=3.6),
        "yAxis": [
            style.axis(texts.count, type="value", nameGap=3.2 * style.rem_px),
            style.axis("%", type="value", min=0, max=100, splitLine={"show": False}),
        ],
        "series": [
            {
                "type": "bar",
                "name": texts.count,
                "data": [bar.count for bar in shown],
                "itemStyle": {"color": style.reject},
                "barMaxWidth": 3 * style.rem_px,
            },
            {
                "type": "line",
                "name": texts.cumulative,
                "yAxisIndex": 1,
                "data": [round(100.0 * bar.cumulative, 1) for bar in shown],
                "lineStyle": {"color": style.info, "width": 2},
                "itemStyle": {"color": style.info},
                "symbol": "circle",
                "symbolSize": 0.5 * style.rem_px,
            },
        ],
    }


def size_options(
    histogram: Histogram, texts: StatisticsTexts, quantities: Quantities, style: ChartStyle
) -> dict[str, Any]:
    """Counts by size, bins of equal ratio."""
    edges = histogram.edges
    names = [f"{quantities.number(low, 2)} – {quantities.number(high, 2)}" for low, high in itertools.pairwise(edges)]
    return _base(style) | {
        "xAxis": style.axis(texts.diameter, type="category", data=names),
        "grid": _grid(style, bottom_rem=3.8),
        "yAxis": style.axis(texts.count, type="value", nameGap=3.2 * style.rem_px),
        "series": [
            {
                "type": "bar",
                "name": texts.count,
                "data": list(histogram.counts),
                "itemStyle": {"color": style.info},
                "barCategoryGap": "6%",
            }
        ],
    }


def _named(name: str, quantities: Quantities) -> str:
    """A kind with its name; rules (cluster, storm) as they are."""
    is_kind = len(name) == 3 and name[1:].isdigit()
    return f"{name} {kind_name(name, quantities.language)}" if is_kind else name


def _base(style: ChartStyle) -> dict[str, Any]:
    return {
        "animation": False,
        "textStyle": style.words(),
        "grid": _grid(style),
        "tooltip": style.tooltip(trigger="axis"),
    }


def _grid(style: ChartStyle, bottom_rem: float = 2.0, right_rem: float = 1.2) -> dict[str, float]:
    rem = style.rem_px
    return {"left": 5.0 * rem, "right": right_rem * rem, "top": 1.2 * rem, "bottom": bottom_rem * rem}
