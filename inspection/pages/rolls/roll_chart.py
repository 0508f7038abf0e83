"""The roll map as options of ECharts: one point for each defect, stretches that nobody inspected, repeats. Pure."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.pages.frame.chart_style import ChartStyle
from inspection.pages.rolls.roll_gaps import not_inspected
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.pages.texts.rolls import RollsTexts
from inspection.review.cases import ReviewOutcome
from inspection.rolls.repeats import Repeat
from inspection.rolls.roll_map import RollDefects, RollLayout
from inspection.values import Severity

_CROWDED = 1500
"""With more defects upright, square and flat bars take the place of diamonds, discs and triangles: a browser without a
graphics card draws 25,000 of them in 20 ms, of the others in half a second."""
_SMALLEST, _SHRINKING = 0.45, 0.25
"""Least size of bars, and the power of their number that they shrink with."""
_IN_ONE_GO = {"largeThreshold": 1, "progressive": 0}
"""How points are drawn: ECharts would spread more than 10,000 bars over several pictures, each of which is put together
anew. That takes half as long again, at each step of a zoom."""
_WITHIN, _OVERRULED = "within", "overruled"
_RINGED = 150
_RING = "path://M50 0A50 50 0 1 0 50 100A50 50 0 1 0 50 0ZM50 10A40 40 0 1 1 50 90A40 40 0 1 1 50 10Z"
"""A hollow mark where nobody clicks."""
_CLEAR = "rgba(0,0,0,0)"
"""Fills a hollow mark: it can be clicked on, and is not white, in the dark the brightest of all, as ECharts' own is."""
_REST_MS = 150
"""After the last step of a zoom, before bars change their size."""
_SYMBOLS = {
    Severity.S1: ("diamond", (1.0, 1.0)),
    Severity.S2: ("circle", (0.62, 0.62)),
    Severity.S3: ("triangle", (0.68, 0.68)),
    Severity.S4: ("rect", (0.55, 0.55)),
    Severity.N: ("roundRect", (0.45, 0.45)),
}
"""Shape, and width and height in rem."""
Values = NDArray[np.int32]
"""(n, 3) points: place in mm, tenths of a mm across, number of the defect."""
_UNPACK = """(word => {
    const bytes = atob(word), packed = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at++) packed[at] = bytes.charCodeAt(at);
    const whole = new Int32Array(packed.buffer), values = new Float64Array(whole.length);
    for (let at = 0; at < whole.length; at += 3) {
        values[at] = whole[at] / 1000;
        values[at + 1] = whole[at + 1] / 10;
        values[at + 2] = whole[at + 2];
    }
    return values;
})"""
"""JavaScript: points as metre, mm across and number, one after the other, out of base64 of `Values`."""
_BARS = {
    Severity.S1: (0.24, 0.8),
    Severity.S2: (0.3, 0.3),
    Severity.S3: (0.55, 0.16),
    Severity.S4: (0.16, 0.4),
    Severity.N: (0.16, 0.16),
}
"""Width and height in rem."""


@dataclass(frozen=True, slots=True)
class PackedPoints:
    """What is sent of some defects."""

    count: int
    word: str
    """JavaScript: an array of numbers."""


@dataclass(frozen=True, slots=True)
class RollPicture:
    """What the map shows: packed for the browser once, however often and in whatever colours it is drawn."""

    layout: RollLayout
    defects: RollDefects
    metres: NDArray[np.float64]
    """(n,) of each defect, from the roll's beginning."""
    repeats: tuple[Repeat, ...]
    width_mm: float = field(init=False)
    """Width of each camera's band across the map."""
    groups: dict[str, PackedPoints] = field(init=False)
    """By severity; of what needs nobody's eye by why not."""
    rows: tuple[Values, ...] = field(init=False)
    """Points of each repeat."""
    kinds_told: str = field(init=False)
    diameters_told: str = field(init=False)
    """JSON: of each defect its place in the sorted kinds, and its size."""

    def __post_init__(self) -> None:
        """Fill what follows from the rest."""
        defects = self.defects
        width_mm = max(10.0, float(np.ceil(np.max(defects.cd_mm, initial=10.0) / 10.0)) * 10.0)
        across = defects.cd_mm + width_mm * self.layout.camera_of(defects.sequence)
        columns = (1000.0 * self.metres, 10.0 * across, np.arange(across.size))
        values = np.stack([np.rint(column).astype(np.int32) for column in columns], axis=1)
        numbers = {kind: number for number, kind in enumerate(sorted(set(defects.kind)))}
        found = {
            "width_mm": width_mm,
            "groups": {name: _packed(values[places]) for name, places in _groups(defects).items()},
            "rows": tuple(values[list(repeat.members)] for repeat in self.repeats),
            "kinds_told": _compact([numbers[kind] for kind in defects.kind]),
            "diameters_told": _compact(defects.diameter_mm.round(3).tolist()),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def loud(self) -> int:
        """How many defects broke a limit and count."""
        return sum(points.count for name, points in self.groups.items() if name not in (_WITHIN, _OVERRULED))


def map_options(
    picture: RollPicture, texts: RollsTexts, quantities: Quantities, style: ChartStyle
) -> dict[str, Any]:  # fmt: skip
    """Options for a `Chart`; a point's value is metre, mm across, number of the defect."""
    layout, groups, width_mm = picture.layout, picture.groups, picture.width_mm
    series = not_inspected(layout, picture.defects, width_mm, texts, style)
    quiet = ((_WITHIN, texts.within), (_OVERRULED, texts.overruled))
    series += [_quiet_points(group, name, groups[group], style) for group, name in quiet if group in groups]
    series += [_points(each, groups[each], style, count=picture.loud) for each in Severity if each in groups]
    for number, marked in enumerate(picture.rows, start=1):
        series.append(_row(texts.repeat_name.format(number=number), marked, style))
    return {
        "animation": False,
        "textStyle": style.words(),
        "grid": {
            "left": 4.6 * style.rem_px,
            "right": 1.4 * style.rem_px,
            "top": 2.6 * style.rem_px,
            "bottom": 6.4 * style.rem_px,
        },
        "legend": {
            "data": _legend(series, texts),
            "top": 0,
            "textStyle": style.words(),
            "itemHeight": 0.8 * style.rem_px,
            "type": "scroll",
        },
        "tooltip": style.tooltip(**{"trigger": "item", ":formatter": _tooltip(picture, quantities)}),
        "xAxis": style.axis(
            texts.metres, type="value", min=0, max=max(0.001, round(layout.length_m, 3)), splitNumber=8
        ),
        "yAxis": style.axis(
            texts.across,
            type="value",
            inverse=True,
            min=0,
            max=width_mm * len(layout.cameras),
            nameGap=3.2 * style.rem_px,
        ),
        "dataZoom": [
            {"type": "inside", "xAxisIndex": 0, "filterMode": "none"},
            {
                "type": "slider",
                "xAxisIndex": 0,
                "filterMode": "none",
                "height": 1.5 * style.rem_px,
                "bottom": 0.6 * style.rem_px,
                "textStyle": style.words(),
                "showDataShadow": False,
            },
        ],
        "series": series,
    }


def _groups(defects: RollDefects) -> dict[str, list[int]]:
    """Places of defects by the severity of what broke a limit and counts; else by why they are shown quietly."""
    found: dict[str, list[int]] = {}
    told = zip(defects.blame, defects.outcome, defects.severity, strict=True)
    for place, (blame, said, grave) in enumerate(told):
        group = _WITHIN if blame is None else _OVERRULED if said is ReviewOutcome.OVERRULED else grave
        found.setdefault(group, []).append(place)
    return found


def _tooltip(picture: RollPicture, quantities: Quantities) -> str:
    """JavaScript: what is told of a point."""
    kinds = sorted(set(picture.defects.kind))
    words = json.dumps([f"{kind} {kind_name(kind, quantities.language)}" for kind in kinds])
    told = "words[kinds[p.value[2]]] + '<br>⌀ ' + diameters[p.value[2]] + ' mm<br>' + p.value[0] + ' m'"
    make = f"(words, kinds, diameters) => p => p.value ? {told} : ''"
    return f"({make})({words}, {picture.kinds_told}, {picture.diameters_told})"


def _compact(numbers: Sequence[float]) -> str:
    return json.dumps(numbers, separators=(",", ":"))


def _packed(values: Values) -> PackedPoints:
    """The points as one word, which becomes an array of numbers.

    Lists would be looked through, number by number, by NiceGUI, Socket.IO, Vue and ECharts.
    """
    word = b64encode(values.astype("<i4").tobytes()).decode()
    return PackedPoints(len(values), f'{_UNPACK}("{word}")')


def severity_colours(style: ChartStyle) -> dict[Severity, str]:
    """The gravest is the one that rejects wear."""
    return {
        Severity.S1: style.reject,
        Severity.S2: "#e69f00",
        Severity.S3: "#3f9fd8",
        Severity.S4: "#cc79a7",
        Severity.N: style.muted,
    }


def _quiet_points(group: str, name: str, points: PackedPoints, style: ChartStyle) -> dict[str, Any]:
    """What needs nobody's eye: small and grey."""
    is_crowded, is_hollow = points.count > _CROWDED, group == _OVERRULED
    return {
        "type": "scatter",
        "name": name,
        "symbol": "rect" if is_crowded else "circle",
        "symbolSize": round((0.14 if is_crowded else 0.55 if is_hollow else 0.28) * style.rem_px, 1),
        "large": is_crowded,
        **_IN_ONE_GO,
        "itemStyle": (
            {"color": _CLEAR, "borderColor": style.muted, "borderWidth": 1.2}
            if is_hollow and not is_crowded
            else {"color": style.muted, "opacity": 0.55}
        ),
        ":data": points.word,
        "dimensions": ["metre", "across", "number"],
        "z": 2,
    }


def _points(severity: Severity, points: PackedPoints, style: ChartStyle, *, count: int) -> dict[str, Any]:
    is_crowded = count > _CROWDED
    size = max(_SMALLEST, (_CROWDED / count) ** _SHRINKING) if is_crowded else 1.0
    symbol, size_rem = ("rect", _BARS[severity]) if is_crowded else _SYMBOLS[severity]
    return {
        "type": "scatter",
        "name": severity.value,
        "symbol": symbol,
        "symbolSize": [round(max(1.5, size * side * style.rem_px), 1) for side in size_rem],
        "large": is_crowded,
        **_IN_ONE_GO,
        "itemStyle": {"color": severity_colours(style)[severity]},
        ":data": points.word,
        "dimensions": ["metre", "across", "number"],
        "z": 5 - _ORDER[severity],
    }


def growing_bars(element_id: int, picture: RollPicture, style: ChartStyle) -> str | None:
    """JavaScript for the chart's event `datazoom`: fewer bars in sight are larger. None: there are no bars."""
    count = picture.loud
    if count <= _CROWDED:
        return None
    present = [severity for severity in Severity if severity in picture.groups]
    sizes = {severity.value: [round(side * style.rem_px, 1) for side in _BARS[severity]] for severity in present}
    return f"""() => {{
        const chart = getElement({element_id}).chart;
        clearTimeout(chart.growing);
        chart.growing = setTimeout(() => {{
            const {{start, end}} = chart.getModel().getComponent("dataZoom").option;
            const size = ({_CROWDED} / ({count} * Math.max(end - start, 1e-3) / 100)) ** {_SHRINKING};
            const limited = Math.min(1, Math.max({_SMALLEST}, size));
            chart.setOption({{series: Object.entries({json.dumps(sizes)}).map(
                ([name, sides]) => ({{name, symbolSize: sides.map(side => Math.max(1.5, limited * side))}}))}});
        }}, {_REST_MS});
    }}"""


def _legend(series: Sequence[dict[str, Any]], texts: RollsTexts) -> list[dict[str, Any]]:
    """Entries with the shapes that the map shows."""
    entries: list[dict[str, Any]] = []
    for each in series:
        entry = {"name": each["name"]}
        if each["name"] == texts.not_inspected:
            entry["icon"] = "rect"
        elif each["name"] in (texts.within, texts.overruled):
            entry["icon"] = _RING if each["name"] == texts.overruled else "circle"
        elif each.get("large") and each["name"] in _BARS:
            width, height = (round(20 * side) for side in _BARS[Severity(each["name"])])
            entry["icon"] = f"path://M0 0H{width}V{height}H0Z"
        entries.append(entry)
    return entries


_ORDER = {severity: number for number, severity in enumerate(Severity)}


def _row(name: str, values: Values, style: ChartStyle) -> dict[str, Any]:
    """A repeat's marks, ringed and joined; as one line from first to last where they are too many to tell apart."""
    ordered: list[tuple[float, ...]] = sorted(
        (float(mm) / 1000.0, float(tenths) / 10.0, int(number)) for mm, tenths, number in values
    )
    is_crowded = len(ordered) > _RINGED
    if is_crowded:
        across = float(np.median([mm for _, mm, _ in ordered]))
        ordered = [(ordered[0][0], across), (ordered[-1][0], across)]
    return {
        "type": "line",
        "name": name,
        "symbol": "none" if is_crowded else _RING,
        "symbolSize": round(1.1 * style.rem_px, 1),
        "lineStyle": {"color": style.text, "width": 1.5, "type": "dashed"},
        "itemStyle": {"color": style.text, "borderWidth": 1.5},
        "silent": True,
        "data": ordered,
        "z": 6,
    }
