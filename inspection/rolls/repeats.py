"""Defects that come again: the mark of a roller, at its circumference. Pure.

A dirty or dented roller marks the web at the same place across, once in every turn. Method: defects are taken in bands
across the web; in each band the distances along the web between all pairs up to the largest circumference are counted
(a pair histogram). Marks of one roller pile up at its circumference and at multiples of it; defects that lie there by
chance spread evenly. A pile that chance gives less than once in a thousand rolls (Poisson, over all piles that were
looked at) is followed from mark to mark along the web, and is a repeat when it has enough marks. The smallest distance
counts first, and its marks are not used again, so that multiples are not reported.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtrc

_CHANCE = 1e-3
_MOST_IN_BAND = 5000
"""In a band with more defects than that, a streak for example, nothing is looked for."""
_GAPS = 2
"""Turns in a row that may leave no mark before the chain has ended."""


@dataclass(frozen=True, slots=True)
class RepeatSettings:
    """What counts as a repeat; the defaults are those of the numbers note (section 5.1)."""

    shortest_mm: float = 200.0
    """Circumferences looked for, from here."""
    longest_mm: float = 4000.0
    across_mm: float = 2.0
    """Marks of one roller lie so near to each other across the web (plus and minus)."""
    along_mm: float = 10.0
    """Distances so near to each other are the same (plus and minus)."""
    fewest: int = 5
    """Marks."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Defects at an even distance."""

    period_mm: float
    diameter_mm: float
    """Diameter of the roller: period / pi."""
    cd_mm: float
    first_m: float
    last_m: float
    members: tuple[int, ...]
    """Places in the input, along the web."""
    turns: int
    """Number of rows of marks, from first to last, both counted; more than marks where some are missing."""
    chance: float
    """How many such piles chance gives on a roll like this."""


def find_repeats(
    md_mm: NDArray[np.float64], cd_mm: NDArray[np.float64], settings: RepeatSettings | None = None
) -> list[Repeat]:
    """Repeats among defects at (n,) positions along and across the web, the most marks first."""
    settings = settings or RepeatSettings()
    if md_mm.size < settings.fewest:
        return []
    order = np.argsort(cd_mm, kind="stable")
    across = cd_mm[order]
    used = np.zeros(md_mm.size, np.bool_)
    lows = np.arange(across[0], across[-1] + settings.across_mm, settings.across_mm)
    starts = np.searchsorted(across, lows)
    ends = np.searchsorted(across, lows + 2.0 * settings.across_mm, side="right")
    bands = [
        order[start:end]
        for start, end in zip(starts, ends, strict=True)
        if settings.fewest <= end - start <= _MOST_IN_BAND
    ]
    found: list[Repeat] = []
    for band in sorted(bands, key=len, reverse=True):
        while True:
            free = band[~used[band]]
            repeat = _repeat_in(free, md_mm, cd_mm, settings, len(bands))
            if repeat is None:
                break
            used[list(repeat.members)] = True
            found.append(repeat)
    return sorted(_joined(found, settings), key=lambda each: (-len(each.members), each.first_m))


def roller_names(
    repeat: Repeat, circumferences_mm: Mapping[str, float], stretch: float = 1.01, tolerance: float = 0.01
) -> list[str]:
    """Rollers of the line that the period fits, as measured or on a web that is stretched since.

    >>> repeat = Repeat(2225.0, 708.0, 10.0, 0.0, 20.0, (), 9, 0.0)
    >>> roller_names(repeat, {"calender": 2199.0, "knife": 471.0})
    ['calender']
    """
    periods = (repeat.period_mm, repeat.period_mm / stretch)
    return [
        name
        for name, length in circumferences_mm.items()
        if any(abs(period - length) <= tolerance * length for period in periods)
    ]


def _repeat_in(
    band: NDArray[np.int64],
    md_mm: NDArray[np.float64],
    cd_mm: NDArray[np.float64],
    settings: RepeatSettings,
    bands: int,
) -> Repeat | None:
    if band.size < settings.fewest:
        return None
    band = band[np.argsort(md_mm[band], kind="stable")]
    along = md_mm[band]
    distances = _distances(along, settings)
    if distances.size < settings.fewest - 1:
        return None
    bins = max(1, math.ceil((settings.longest_mm - settings.shortest_mm) / settings.along_mm))
    counts, edges = np.histogram(distances, bins, (settings.shortest_mm, settings.longest_mm))
    piles = counts[:-1] + counts[1:] if bins > 1 else counts  # a pile may lie over an edge
    expected = 2.0 * distances.size / bins
    chances = pdtrc(np.maximum(piles, 1) - 1, expected) * (bins * bands)
    for pile in np.flatnonzero((piles >= settings.fewest - 1) & (chances <= _CHANCE)).tolist():
        low, high = edges[pile], edges[min(pile + 2, bins)]
        period = float(np.median(distances[(distances >= low) & (distances <= high)]))
        chain = _chain(along, period, settings)
        if len(chain) >= settings.fewest:
            members = band[chain]
            steps = np.diff(md_mm[members])
            turns = np.maximum(1, np.rint(steps / period))
            exact = float(steps.sum() / turns.sum())
            return Repeat(
                exact,
                exact / math.pi,
                float(np.mean(cd_mm[members])),
                float(md_mm[members[0]]) / 1000.0,
                float(md_mm[members[-1]]) / 1000.0,
                tuple(members.tolist()),
                int(turns.sum()) + 1,
                float(chances[pile]),
            )
    return None


def _joined(repeats: Sequence[Repeat], settings: RepeatSettings) -> list[Repeat]:
    """Rows of the same roller as one; of its multiples nothing is told."""
    joined: list[Repeat] = []
    for repeat in sorted(repeats, key=lambda each: each.period_mm):
        for place, other in enumerate(joined):
            multiple = max(1, round(repeat.period_mm / other.period_mm))
            is_near = abs(repeat.cd_mm - other.cd_mm) <= settings.across_mm
            if is_near and abs(repeat.period_mm - multiple * other.period_mm) <= settings.along_mm:
                if multiple == 1:
                    joined[place] = _join(other, repeat)
                break
        else:
            joined.append(repeat)
    return joined


def _join(one: Repeat, other: Repeat) -> Repeat:
    mine, theirs = len(one.members), len(other.members)
    first, second = (one, other) if one.first_m <= other.first_m else (other, one)
    period = (mine * one.period_mm + theirs * other.period_mm) / (mine + theirs)
    return Repeat(
        period,
        period / math.pi,
        (mine * one.cd_mm + theirs * other.cd_mm) / (mine + theirs),
        first.first_m,
        max(one.last_m, other.last_m),
        (*first.members, *second.members),
        one.turns + other.turns,
        min(one.chance, other.chance),
    )


def _distances(along: NDArray[np.float64], settings: RepeatSettings) -> NDArray[np.float64]:
    """Between all pairs that may be a turn apart."""
    starts = np.searchsorted(along, along + settings.shortest_mm)
    counts = np.searchsorted(along, along + settings.longest_mm, side="right") - starts
    # For each place the run of places behind it: starts, starts + 1, ... starts + counts - 1.
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    distances: NDArray[np.float64] = along[np.repeat(starts, counts) + steps] - np.repeat(along, counts)
    return distances


def _chain(along: NDArray[np.float64], period: float, settings: RepeatSettings) -> list[int]:
    """The longest row of places at the period, from mark to mark, some turns of which may be missing."""
    best: list[int] = []
    tried: set[int] = set()
    places: list[float] = along.tolist()
    for start in range(len(places)):
        if start in tried:
            continue
        chain = [start]
        while True:
            following = _next(places, places[chain[-1]], period, settings)
            if following is None:
                break
            chain.append(following)
        tried.update(chain)
        if len(chain) > len(best):
            best = chain
    return best


def _next(places: Sequence[float], last: float, period: float, settings: RepeatSettings) -> int | None:
    for turns in range(1, _GAPS + 2):
        aim = last + turns * period
        low = bisect_left(places, aim - settings.along_mm)
        high = bisect_left(places, aim + settings.along_mm, low)
        if high > low:
            return min(range(low, high), key=lambda place: abs(places[place] - aim))
    return None


def marks(repeats: Sequence[Repeat], count: int) -> NDArray[np.int64]:
    """(count,) for each defect the number of its repeat, counted from 1; 0 for none."""
    numbers = np.zeros(count, np.int64)
    for number, repeat in enumerate(repeats, start=1):
        numbers[list(repeat.members)] = number
    return numbers
