"""Thresholds for rates that somebody asks for, and what is known of a threshold's rates: counted, with exact bounds."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspection.quality.intervals import clopper_pearson
from training.errors import DataError
from training.evaluation.report.intervals import Proportion, percent
from training.release.thresholds import LEVELS, ScoreEvidence

_TAIL = 0.025
"""Either tail of the 95 % intervals: what an upper end promises holds with 97.5 % confidence."""
_STEP = 0.001
"""Thresholds are written with three digits."""


@dataclass(frozen=True, slots=True)
class WantedRates:
    """What is asked for, by kind; kinds that are not named keep the usual choice."""

    escapes: Mapping[str, float] = field(default_factory=dict)
    """At most this share of the objects that have to be rejected may pass."""
    false_rejects: Mapping[str, float] = field(default_factory=dict)
    """At most this share of the blocks may be rejected as this kind without cause."""

    def method(self) -> str:
        """How their thresholds are chosen, for the card; empty when nothing is asked for."""
        parts = [
            f"{kind}: the highest threshold that lets at most {percent(rate)} of its objects escape"
            for kind, rate in self.escapes.items()
        ] + [
            f"{kind}: the lowest threshold that rejects at most {percent(rate)} of the blocks as it without cause"
            for kind, rate in self.false_rejects.items()
        ]
        if not parts:
            return ""
        return f" But {'; '.join(parts)}: by the upper end of the 95 % interval (Clopper and Pearson)."


def wanted_rates(escapes: Iterable[str], false_rejects: Iterable[str], kinds: Sequence[str]) -> WantedRates:
    """From texts like `E13=0.02`. Raises DataError for what is no such text, unknown kinds and impossible rates.

    >>> wanted_rates(["E13=0.02"], [], ["E01", "E13"]).escapes
    {'E13': 0.02}
    """
    return WantedRates(_parsed("--escapes", escapes, kinds), _parsed("--false-rejects", false_rejects, kinds))


def _parsed(option: str, texts: Iterable[str], kinds: Sequence[str]) -> dict[str, float]:
    rates = {}
    for text in texts:
        kind, _, number = text.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = math.nan
        if kind not in kinds or not 0.0 < rate < 1.0:
            raise DataError(
                f"{option} {text}: expected KIND=RATE, a kind of {', '.join(kinds)} and a rate between 0 and 1, for "
                f"example {kinds[0]}=0.02. Correct it."
            )
        rates[kind] = rate
    return rates


def apply_wanted(thresholds: Mapping[str, float], evidence: ScoreEvidence, wanted: WantedRates) -> dict[str, float]:
    """The thresholds, those of the kinds that something is asked of replaced.

    Raises DataError where the evidence can't show that a wanted rate is kept, or no threshold keeps both.
    """
    chosen = dict(thresholds)
    highest = {kind: _for_escapes(kind, evidence, rate) for kind, rate in wanted.escapes.items()}
    lowest = {kind: _for_false_rejects(kind, evidence, rate) for kind, rate in wanted.false_rejects.items()}
    for kind in highest.keys() & lowest.keys():
        if lowest[kind] > highest[kind]:
            raise DataError(
                f"{kind}: its escapes ask for a threshold of {highest[kind]:g} or less, its false rejects for one of "
                f"{lowest[kind]:g} or more. Ask for less, or fit a better model."
            )
    return chosen | lowest | highest


def rates_at(evidence: ScoreEvidence, thresholds: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """For each kind what its threshold does on the evidence: counts, and 95 % intervals of the rates."""
    return {
        kind: {
            **_rate("false_rejects", "blocks", sum(p >= threshold for p in evidence.false_peaks[kind]), evidence, kind),
            **_rate("missed", "objects", _missed(evidence, kind, threshold), evidence, kind),
        }
        for kind, threshold in thresholds.items()
    }


def _rate(what: str, of: str, count: int, evidence: ScoreEvidence, kind: str) -> dict[str, Any]:
    total = len(evidence.false_peaks[kind] if of == "blocks" else evidence.object_peaks[kind])
    interval = [round(end, 5) for end in Proportion(count, total).interval] if total else None
    return {of: total, what: count, f"{what}_rate_95": interval}


def _missed(evidence: ScoreEvidence, kind: str, threshold: float) -> int:
    return sum(peak < threshold for peak in evidence.object_peaks[kind].values())


def _for_escapes(kind: str, evidence: ScoreEvidence, rate: float) -> float:
    objects = len(evidence.object_peaks[kind])
    for level in sorted({LEVELS[0], *evidence.object_peaks[kind].values()} - {0.0}, reverse=True):
        missed = _missed(evidence, kind, level)
        if objects and clopper_pearson(missed, objects)[1] <= rate:
            return level
    least = LEVELS[0]
    passed = Proportion(_missed(evidence, kind, least), objects)
    raise DataError(
        f"{kind}: at most {percent(rate)} escapes are wanted; even from a score of {least} on, {passed} escape. With "
        f"none missed it takes {_fewest(rate)} objects to show that. Use more selection blocks, ask for less, or fit "
        "a better model."
    )


def _for_false_rejects(kind: str, evidence: ScoreEvidence, rate: float) -> float:
    blocks = len(evidence.false_peaks[kind])
    for peak in sorted({0.0, *evidence.false_peaks[kind]}):
        # The lowest three digits above the peak.
        threshold = round(math.floor(round(peak / _STEP, 6)) * _STEP + _STEP, 3)
        count = sum(p >= threshold for p in evidence.false_peaks[kind])
        if threshold <= 1.0 and blocks and clopper_pearson(count, blocks)[1] <= rate:
            return threshold
    raise DataError(
        f"{kind}: at most {percent(rate)} false rejects are wanted; {blocks} blocks can't show that, it takes "
        f"{_fewest(rate)} without any. Use more selection blocks, or ask for less."
    )


def _fewest(rate: float) -> int:
    """Trials that show, if nothing happens in any, that a rate is not exceeded.

    >>> _fewest(0.02)
    183
    """
    return math.ceil(math.log(_TAIL) / math.log1p(-rate))
