"""Exact intervals around what was counted, and the words that go with them."""

from dataclasses import dataclass

from scipy.stats import chi2

from inspection.quality.intervals import CONFIDENCE, clopper_pearson

_TAIL = (1.0 - CONFIDENCE) / 2.0


def poisson_rate(count: int, exposure: float) -> tuple[float, float]:
    """Exact 95 % confidence interval of events per unit of `exposure`, above zero (Garwood 1936, Biometrika 28).

    >>> [round(end, 3) for end in poisson_rate(0, 2.0)]
    [0.0, 1.844]
    """
    low = float(chi2.ppf(_TAIL, 2 * count)) / 2.0 if count else 0.0
    return low / exposure, float(chi2.ppf(1.0 - _TAIL, 2 * count + 2)) / 2.0 / exposure


@dataclass(frozen=True, slots=True)
class Proportion:
    """A count out of a total."""

    count: int
    total: int

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 where there is no case."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's, 95 %; all rates where there is no case."""
        return clopper_pearson(self.count, self.total)

    def __str__(self) -> str:
        """For people.

        >>> str(Proportion(3, 14))
        '3 of 14 (21 %; 95 % confidence: 4.7 % to 51 %)'
        >>> str(Proportion(0, 0))
        'none of 0'
        """
        if not self.total:
            return "none of 0"
        return f"{self.count} of {self.total} ({percent(self.rate)}; 95 % confidence: {span(self.interval)})"


def percent(rate: float) -> str:
    """Two digits that count, and never 100 % or 0 % for what is not quite.

    >>> percent(0.0), percent(0.00123), percent(0.0666), percent(0.43), percent(0.9996), percent(1.0)
    ('0 %', '0.12 %', '6.7 %', '43 %', '99.96 %', '100 %')
    """
    value = 100.0 * rate
    if value in (0.0, 100.0):
        return f"{value:.0f} %"
    if value > 99.0:
        return f"{min(value, 99.99):.2f} %"
    return f"{value:.0f} %" if value >= 10.0 else f"{value:.1f} %" if value >= 1.0 else f"{max(value, 0.01):.2f} %"


def span(ends: tuple[float, float]) -> str:
    """An interval of rates.

    >>> span((0.0178, 0.428))
    '1.8 % to 43 %'
    """
    return f"{percent(ends[0])} to {percent(ends[1])}"
