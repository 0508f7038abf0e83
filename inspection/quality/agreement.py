"""How far two readers agree, beyond chance. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Z95 = 1.959964
"""Standard errors within which 95 % of a normal distribution lie."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cohen's kappa of pairs of answers."""

    pairs: int
    agreeing: int
    kappa: float | None
    """1: always the same; 0: as by chance. None where it is not defined: no pairs, or the same answer throughout."""
    low: float | None
    high: float | None
    """95 % confidence interval."""
    table: dict[str, dict[str, int]]
    """How often the second reader gave an answer, for each answer of the first."""


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Cohen's kappa (1960, Educational and Psychological Measurement 20:37) of (first, second) answers.

    kappa = (p_o - p_e) / (1 - p_e), with p_o the share of pairs that agree and p_e what chance gives. The interval uses
    the large-sample standard error of Fleiss, Cohen and Everitt (1969, Psychological Bulletin 72:323, formula 13); with
    fewer than some thirty pairs it is only a hint.

    >>> same = agreement([("confirmed", "confirmed")] * 20 + [("overruled", "overruled")] * 20)
    >>> same.kappa, same.low
    (1.0, 1.0)
    """
    counted: dict[tuple[str, str], int] = {}
    for pair in pairs:
        counted[pair] = counted.get(pair, 0) + 1
    names = sorted({name for pair in counted for name in pair})
    table = {one: {other: counted.get((one, other), 0) for other in names} for one in names}
    total = sum(counted.values())
    agreeing = sum(table[name][name] for name in names)
    if len(names) < 2:
        return Agreement(total, agreeing, None, None, None, table)
    shares = np.array([[table[one][other] for other in names] for one in names], np.float64) / total
    kappa, error = _kappa(shares, total)
    low, high = max(-1.0, kappa - _Z95 * error), min(1.0, kappa + _Z95 * error)
    return Agreement(total, agreeing, kappa, low, high, table)


def _kappa(shares: NDArray[np.float64], total: int) -> tuple[float, float]:
    """(kappa, standard error) of a square table of shares that add up to 1."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float(rows @ columns)
    kappa = (observed - expected) / (1.0 - expected)
    both = rows[:, np.newaxis] + columns
    on_diagonal = float(np.sum(np.diag(shares) * (1.0 - np.diag(both) * (1.0 - kappa)) ** 2))
    # Of a pair off the diagonal counts how often its answers come the other way round.
    squared = shares * (columns[:, np.newaxis] + rows) ** 2
    off_diagonal = (1.0 - kappa) ** 2 * float(squared.sum() - np.trace(squared))
    variance = on_diagonal + off_diagonal - (kappa - expected * (1.0 - kappa)) ** 2
    return kappa, math.sqrt(max(variance, 0.0) / total) / (1.0 - expected)
