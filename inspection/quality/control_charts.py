"""Control charts, Pareto and histograms from counts. Pure.

Limits are Shewhart's three standard deviations; formulas and constants as in Montgomery, Introduction to Statistical
Quality Control, chapters 6 and 7 (p-chart with variable sample size; X-bar and s charts).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Consecutive decisions that make one point of a chart."""

    first_sequence: int
    last_sequence: int
    began_utc: datetime
    inspected: int
    """Accepted or rejected."""
    rejected: int
    uninspected: int


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One point with its own limits."""

    first_sequence: int
    last_sequence: int
    began_utc: datetime
    value: float
    low: float
    high: float

    @property
    def is_out(self) -> bool:
        """Beyond its limits: look for a cause."""
        return not self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Points in their order around a centre line."""

    centre: float
    points: tuple[ChartPoint, ...]
    widened: float = 1.0
    """How many times farther apart than Shewhart's the limits are; see `p_chart`."""


def p_chart(subgroups: Sequence[Subgroup]) -> ControlChart | None:
    """Share of rejects among inspected pieces: p-bar +- 3 sqrt(p-bar (1 - p-bar) / n), cut at 0 and 1.

    With large subgroups shares vary more from point to point than chance alone explains, and nearly every point would
    be an alarm: the limits are then widened by Laney's factor (2002, Quality Engineering 14:531), the mean moving range
    of the standardised shares / 1.128. None when nothing was inspected.
    """
    used = [group for group in subgroups if group.inspected]
    if not used:
        return None
    centre = sum(group.rejected for group in used) / sum(group.inspected for group in used)
    sigmas = [math.sqrt(centre * (1.0 - centre) / group.inspected) for group in used]
    shares = [group.rejected / group.inspected for group in used]
    widened = _laney([(share - centre) / sigma for share, sigma in zip(shares, sigmas, strict=True) if sigma])
    points = []
    for group, share, sigma in zip(used, shares, sigmas, strict=True):
        low, high = max(0.0, centre - 3.0 * widened * sigma), min(1.0, centre + 3.0 * widened * sigma)
        points.append(ChartPoint(group.first_sequence, group.last_sequence, group.began_utc, share, low, high))
    return ControlChart(centre, tuple(points), widened)


def _laney(standardised: Sequence[float]) -> float:
    """At least 1; 1 for fewer than 10 points, whose moving range says little.

    >>> _laney([0.0, 3.0] * 6) > 2.5, _laney([0.1, 0.2] * 6)
    (True, 1.0)
    """
    if len(standardised) < 10:
        return 1.0
    ranges = np.abs(np.diff(standardised))
    return max(1.0, float(ranges.mean()) / 1.128)


@dataclass(frozen=True, slots=True)
class DimensionGroup:
    """Values of a dimension in consecutive decisions."""

    first_sequence: int
    last_sequence: int
    began_utc: datetime
    count: int
    mean_mm: float
    deviation_mm: float
    """Standard deviation with n - 1; 0 for a single value."""


def x_bar_chart(groups: Sequence[DimensionGroup]) -> ControlChart | None:
    """Means of subgroups: grand mean +- 3 s-bar / (c4 sqrt(n)), with s-bar / c4 pooled over groups of unlike size.

    None without a group of two values or more: then nothing is known of the scatter.
    """
    used = [group for group in groups if group.count]
    wide = [group for group in used if group.count > 1]
    if not wide:
        return None
    centre = sum(group.count * group.mean_mm for group in used) / sum(group.count for group in used)
    scatter = sum((g.count - 1) * g.deviation_mm / c4(g.count) for g in wide) / sum(g.count - 1 for g in wide)
    points = []
    for group in used:
        width = 3.0 * scatter / math.sqrt(group.count)
        points.append(
            ChartPoint(
                group.first_sequence,
                group.last_sequence,
                group.began_utc,
                group.mean_mm,
                centre - width,
                centre + width,
            )
        )
    return ControlChart(centre, tuple(points))


def c4(count: int) -> float:
    """What a standard deviation of so many normal values comes out too small by, on average.

    >>> round(c4(5), 4)
    0.94
    """
    return math.sqrt(2.0 / (count - 1)) * math.exp(math.lgamma(count / 2.0) - math.lgamma((count - 1) / 2.0))


@dataclass(frozen=True, slots=True)
class ParetoBar:
    """One cause among all."""

    name: str
    count: int
    share: float
    cumulative: float
    """Share of this and all greater ones."""


def pareto(counts: Mapping[str, int]) -> tuple[ParetoBar, ...]:
    """Causes by how often they come.

    >>> [(bar.name, bar.cumulative) for bar in pareto({"E04": 1, "E01": 3})]
    [('E01', 0.75), ('E04', 1.0)]
    """
    total = sum(counts.values())
    bars: list[ParetoBar] = []
    reached = 0
    for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        reached += count
        bars.append(ParetoBar(name, count, count / total, reached / total))
    return tuple(bars)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def size_histogram(values: Sequence[float], bins: int = 24) -> Histogram:
    """Sizes in bins of equal ratio, for sizes spread over decades; empty without values above 0.

    >>> size_histogram([0.1, 0.1, 1.0], bins=2).counts
    (2, 1)
    """
    array = np.asarray(values, np.float64)
    array = array[array > 0.0]
    if not array.size:
        return Histogram((), ())
    low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low / 1.1, high * 1.1
    edges = np.geomspace(low, high, bins + 1)
    edges[0], edges[-1] = low, high  # geomspace may miss its ends by a rounding
    counts, _ = np.histogram(array, edges)
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)))
