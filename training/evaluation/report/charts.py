"""Small diagrams as inline SVG: nothing to load, colours and dashes from the page's style sheet."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

WIDTH, HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 24, 12, 46
STYLES = 6
"""Lines that can be told apart, by colour and by dashes."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a diagram."""

    label: str
    low: float
    high: float
    """Above `low`."""
    ticks: Sequence[tuple[float, str]]
    """Where to write what."""
    is_log: bool = False

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """0 at the low end, 1 at the high one; what lies beyond is put on the end."""
        inside = np.clip(np.asarray(values, np.float64), self.low, self.high)
        if self.is_log:
            return np.asarray(np.log(inside / self.low) / np.log(self.high / self.low), np.float64)
        return np.asarray((inside - self.low) / (self.high - self.low), np.float64)


def share_axis(label: str, high: float = 1.0) -> Axis:
    """From 0 % to `high`, a part of one, with four to six ticks.

    >>> [text for _, text in share_axis("found").ticks]
    ['0 %', '20 %', '40 %', '60 %', '80 %', '100 %']
    """
    step = next(step for step in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if high / step <= 5.001 or step == 0.2)
    count = int(np.ceil(high / step - 1e-9))
    return Axis(label, 0.0, count * step, [(n * step, f"{100 * n * step:g} %") for n in range(count + 1)])


def log_axis(label: str, low: float, high: float, *, is_share: bool = False) -> Axis:
    """Logarithmic, with ticks at 1, 2 and 5 of each power of ten, or at the powers alone where these are many.

    >>> [text for _, text in log_axis("size", 0.9, 6.0).ticks]
    ['1', '2', '5']
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    places = [step * 10.0**power for power in powers for step in steps]
    ticks = [(at, f"{100 * at:g} %" if is_share else f"{at:g}") for at in places if low <= at <= high * 1.000001]
    return Axis(label, low, high, ticks, is_log=True)


class Chart:
    """Two axes and what is drawn between them."""

    def __init__(self, title: str, x: Axis, y: Axis) -> None:
        """`title`: for those who can't see it."""
        self._title, self._x, self._y = title, x, y
        self._marks: list[str] = []

    def line(self, x: ArrayLike, y: ArrayLike, style: str) -> None:
        """Straight from point to point; `style`: class of the style sheet."""
        self._marks.append(f'<polyline class="{style}" points="{self._points(x, y)}"/>')

    def steps(self, x: ArrayLike, y: ArrayLike, style: str) -> None:
        """Level from each point to the next one's x: what holds until something changes."""
        across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self.line(np.repeat(across, 2)[1:], np.repeat(up, 2)[:-1], style)

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike) -> None:
        """The space between two lines."""
        x = np.asarray(x)
        around = self._points(np.concatenate([x, x[::-1]]), np.concatenate([np.asarray(low), np.asarray(high)[::-1]]))
        self._marks.append(f'<polygon class="band" points="{around}"/>')

    def dots(self, x: ArrayLike, y: ArrayLike, style: str) -> None:
        """One dot for each point."""
        for across, up in self._pairs(x, y):
            self._marks.append(f'<circle class="{style}" cx="{across:.1f}" cy="{up:.1f}" r="3.5"/>')

    def ticks(self, x: ArrayLike, y: float, style: str) -> None:
        """A short upright stroke for each value."""
        values = np.asarray(x, np.float64)
        path = "".join(f"M{across:.1f} {up - 5:.1f}v10" for across, up in self._pairs(values, np.full(len(values), y)))
        self._marks.append(f'<path class="{style}" d="{path}"/>')

    def upright(self, x: float, words: str, row: int) -> None:
        """A line from bottom to top with words beside it, in the given row of text from below."""
        ((across, _),) = self._pairs([x], [self._y.low])
        bottom = HEIGHT - _BOTTOM
        is_far = across > 0.6 * WIDTH
        self._marks.append(
            f'<path class="mark" d="M{across:.1f} {_TOP}V{bottom}"/>'
            f'<text class="note" x="{across + (-5 if is_far else 5):.1f}" y="{bottom - 24 - 16 * row}" '
            f'text-anchor="{"end" if is_far else "start"}">{html.escape(words)}</text>'
        )

    def bars(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, style: str) -> None:
        """An upright interval for each x."""
        for (across, bottom), (_, top) in zip(self._pairs(x, low), self._pairs(x, high), strict=True):
            self._marks.append(f'<path class="{style}" d="M{across:.1f} {bottom:.1f}V{top:.1f}"/>')

    def svg(self) -> str:
        """The whole diagram."""
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        grid = []
        for value, words in self._x.ticks:
            ((across, _),) = self._pairs([value], [self._y.low])
            grid.append(
                f'<path class="grid" d="M{across:.1f} {_TOP}V{bottom}"/>'
                f'<text x="{across:.1f}" y="{bottom + 16}" text-anchor="middle">{words}</text>'
            )
        for value, words in self._y.ticks:
            ((_, up),) = self._pairs([self._x.low], [value])
            grid.append(
                f'<path class="grid" d="M{_LEFT} {up:.1f}H{right}"/>'
                f'<text x="{_LEFT - 6}" y="{up + 4:.1f}" text-anchor="end">{words}</text>'
            )
        middle = (_TOP + bottom) / 2
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{html.escape(self._title)}</title>'
            f"{''.join(grid)}<path class='frame' d='M{_LEFT} {_TOP}V{bottom}H{right}'/>{''.join(self._marks)}"
            f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(self._x.label)}</text>'
            f'<text transform="translate(13 {middle}) rotate(-90)" text-anchor="middle">{html.escape(self._y.label)}'
            "</text></svg>"
        )

    def _pairs(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        """Places on the drawing."""
        across = _LEFT + self._x.place(x) * (WIDTH - _LEFT - _RIGHT)
        up = HEIGHT - _BOTTOM - self._y.place(y) * (HEIGHT - _TOP - _BOTTOM)
        return [(float(one), float(other)) for one, other in zip(across, up, strict=True)]

    def _points(self, x: ArrayLike, y: ArrayLike) -> str:
        return " ".join(f"{across:.1f},{up:.1f}" for across, up in self._pairs(x, y))


def interval_bar(rate: float, ends: tuple[float, float]) -> str:
    """A rate with its interval on a scale from 0 to 1, as high as a line of text."""
    left, at, right = (4.0 + 112.0 * value for value in (ends[0], rate, ends[1]))
    return (
        '<svg class="interval" viewBox="0 0 120 14" aria-hidden="true"><path class="scale" d="M4 7H116M4 3v8M116 3v8"/>'
        f'<path class="reach" d="M{left:.1f} 7H{right:.1f}"/><circle cx="{at:.1f}" cy="7" r="4"/></svg>'
    )
