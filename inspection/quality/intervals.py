"""Exact confidence intervals of what was counted. Needs SciPy: the extras `pages` and `training` bring it."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincinv

CONFIDENCE = 0.95


def clopper_pearson(hits: float, total: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact confidence interval of a proportion (Clopper and Pearson 1934); effective counts may have fractions.

    >>> [round(end, 4) for end in clopper_pearson(100, 100)]
    [0.9638, 1.0]
    """
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(hits, total - hits + 1.0, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1.0, total - hits, 1.0 - tail)) if hits < total else 1.0
    return low, high


@dataclass(frozen=True, slots=True)
class Stratum:
    """Part of a population, of which a random sample was looked at."""

    population: int
    sample: int
    hits: int
    """Hits in the sample."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate with its confidence interval."""

    rate: float
    low: float
    high: float


def stratified(strata: Sequence[Stratum], confidence: float = CONFIDENCE) -> Estimate | None:
    """Proportion of hits in the population, each stratum weighted by its size; None when one was not looked at.

    The interval is Clopper and Pearson's for the effective sample size of Kish (1965, Survey Sampling, 11.2):
    square of the population's size / sum of (square of a stratum's size / its sample). With the same sampling rate
    everywhere that is the sample's size; else it is smaller, and the interval wider.

    >>> estimate = stratified([Stratum(900, 90, 0), Stratum(100, 100, 50)])
    >>> round(estimate.rate, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.05, 0.018, 0.109)
    """
    known = [stratum for stratum in strata if stratum.population]
    if not known or any(stratum.sample == 0 for stratum in known):
        return None
    whole = sum(stratum.population for stratum in known)
    rate = sum(stratum.population * stratum.hits / stratum.sample for stratum in known) / whole
    effective = whole**2 / sum(stratum.population**2 / stratum.sample for stratum in known)
    return Estimate(rate, *clopper_pearson(effective * rate, effective, confidence))
