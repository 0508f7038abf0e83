"""Colours and sizes for charts, as the person's browser shows them: a canvas knows nothing of style sheets."""

from dataclasses import dataclass
from typing import Any

from nicegui import ui

_NAMES = ("text", "muted", "line", "surface", "accept", "reject", "uninspected", "info")
_ASK = (
    "const s = getComputedStyle(document.body); "
    f"return [parseFloat(getComputedStyle(document.documentElement).fontSize), "
    f"...{list(_NAMES)}.map(n => s.getPropertyValue('--' + n).trim())];"
)
_NUMBER = "value => typeof value === 'number' ? value.toLocaleString(document.documentElement.lang || 'en') : value"
"""As the page's language writes numbers."""
_PATIENCE_S = 10.0
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Okabe and Ito's, for things without a colour of their own."""


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """What a chart is drawn with."""

    rem_px: float
    """One rem: sizes grow with the screen."""
    text: str
    muted: str
    line: str
    surface: str
    accept: str
    reject: str
    uninspected: str
    info: str

    @property
    def font_px(self) -> float:
        """Height of words at axes."""
        return round(0.82 * self.rem_px, 1)

    def words(self) -> dict[str, Any]:
        """Text style."""
        return {"color": self.text, "fontSize": self.font_px, "fontFamily": "Roboto, sans-serif"}

    def axis(self, name: str = "", **more: Any) -> dict[str, Any]:
        """An axis with its name."""
        return {
            "name": name,
            "nameLocation": "middle",
            "nameTextStyle": {"color": self.muted, "fontSize": self.font_px},
            "nameGap": 2.1 * self.rem_px,
            "axisLabel": {
                ":formatter": _NUMBER,
                "color": self.muted,
                "fontSize": self.font_px,
                "hideOverlap": True,
                "margin": 0.75 * self.rem_px,  # the lowest of one axis stays clear of the first of the other
            },
            "axisLine": {"lineStyle": {"color": self.line}},
            "axisTick": {"lineStyle": {"color": self.line}},
            "splitLine": {"lineStyle": {"color": self.line, "opacity": 0.6}},
        } | more

    def tooltip(self, **more: Any) -> dict[str, Any]:
        """What shows under the pointer."""
        return {
            "backgroundColor": self.surface,
            "borderColor": self.line,
            "textStyle": self.words(),
            "confine": True,
        } | more


async def style_here() -> ChartStyle:
    """Ask the browser of the current page; it must be connected."""
    answer = await ui.run_javascript(f"(() => {{ {_ASK} }})()", timeout=_PATIENCE_S)
    return ChartStyle(float(answer[0]), *map(str, answer[1:]))


def fetch_charts() -> None:
    """Have the browser load the program for charts while the figures are still looked up: both take as long."""
    ui.echart({}).style("position: absolute; width: 1px; height: 1px")
