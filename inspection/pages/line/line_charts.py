"""The line page's two small charts as SVG: drawn by the server, no script, no library. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from inspection.store.recent import MINUTES, Minute
from inspection.values import Verdict

_WIDTH, _HEIGHT = 600, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 82, 8, 9, 24


@dataclass(frozen=True, slots=True)
class Axis:
    """What is written at a chart's axes."""

    top: str
    middle: str
    zero: str
    first: str
    last: str


def rate_chart(minutes: Sequence[Minute], now: datetime, top: float, axis: Axis, title: str) -> str:
    """Bars by minute: rejected below, uninspected on top of it. `top`: part of one at the upper end of the axis."""
    step = (_WIDTH - _LEFT - _RIGHT) / MINUTES
    bars = []
    for minute in minutes:
        left = _x(minute, now)
        if left is None:
            continue
        base = float(_HEIGHT - _BOTTOM)
        for verdict in (Verdict.REJECT, Verdict.UNINSPECTED):
            height = (minute.part(verdict) or 0.0) / top * (_HEIGHT - _TOP - _BOTTOM)
            if height > 0:
                base -= height
                bars.append(
                    f'<rect class="chart-{verdict.value}" x="{left:.1f}" y="{base:.1f}" width="{step - 1:.1f}" '
                    f'height="{height:.1f}"/>'
                )
    return _svg("".join(bars), axis, title)


def latency_chart(
    minutes: Sequence[Minute], now: datetime, top_ms: float, deadline_ms: float | None, axis: Axis, title: str
) -> str:
    """The longest latency of each minute as a line, with the deadline."""
    step = (_WIDTH - _LEFT - _RIGHT) / MINUTES
    points = [
        f"{left + step / 2:.1f},{_y(minute.longest_ms / top_ms):.1f}"
        for minute in minutes
        if (left := _x(minute, now)) is not None
    ]
    marks = f'<polyline class="chart-line" points="{" ".join(points)}"/>'
    if points:
        x, y = points[-1].split(",")
        marks += f'<circle class="chart-dot" cx="{x}" cy="{y}" r="4"/>'
    if deadline_ms is not None:
        y_deadline = _y(deadline_ms / top_ms)
        marks += f'<path class="chart-limit" d="M{_LEFT} {y_deadline:.1f}H{_WIDTH - _RIGHT}"/>'
    return _svg(marks, axis, title)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 … above: the end of an axis.

    >>> [round_up(v) for v in (0.03, 0.7, 130.0, 500.0)]
    [0.05, 1.0, 200.0, 500.0]
    """
    size = 1e-3
    while True:
        for factor in (1.0, 2.0, 5.0):
            if value <= factor * size * (1.0 + 1e-9):
                return round(factor * size, 9)
        size *= 10.0


def _x(minute: Minute, now: datetime) -> float | None:
    ago = (now.replace(second=0, microsecond=0) - minute.start_utc) // timedelta(minutes=1)
    if not 0 <= ago < MINUTES:
        return None
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) / MINUTES * (MINUTES - 1 - ago)


def _y(part: float) -> float:
    return _TOP + (1.0 - min(part, 1.0)) * (_HEIGHT - _TOP - _BOTTOM)


def _svg(marks: str, axis: Axis, title: str) -> str:
    lines = "".join(f'<path class="chart-grid" d="M{_LEFT} {_y(p):.1f}H{_WIDTH - _RIGHT}"/>' for p in (0.0, 0.5, 1.0))
    words = "".join(
        f'<text class="chart-word" x="{_LEFT - 5}" y="{_y(p) + 4:.1f}" text-anchor="end">{escape(word)}</text>'
        for p, word in ((0.0, axis.zero), (0.5, axis.middle), (1.0, axis.top))
    )
    words += (
        f'<text class="chart-word" x="{_LEFT}" y="{_HEIGHT - 5}">{escape(axis.first)}</text>'
        f'<text class="chart-word" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 5}" text-anchor="end">{escape(axis.last)}</text>'
    )
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{lines}{marks}{words}</svg>"
    )
