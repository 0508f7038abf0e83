"""How well scores put the bad before the good, whatever the threshold."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def auroc(scores: NDArray[np.floating], is_bad: NDArray[np.bool_]) -> float | None:
    """Area under the receiver operating characteristic: the chance that a bad one scores above a good one.

    scores, is_bad: (n,). Ties count half: the Mann-Whitney statistic by mid-ranks (Hanley and McNeil 1982,
    Radiology 143). None without both good and bad ones.

    >>> auroc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    bad = int(np.count_nonzero(is_bad))
    good = len(is_bad) - bad
    if not bad or not good:
        return None
    rank_sum = float(rankdata(scores)[is_bad].sum())
    return (rank_sum - bad * (bad + 1) / 2.0) / (bad * good)


def average_precision(scores: NDArray[np.floating], is_bad: NDArray[np.bool_]) -> float | None:
    """Precision averaged over recall, in steps without interpolation: sum of (R_n - R_n-1) P_n over distinct scores.

    scores, is_bad: (n,). Equal scores fall together, as any threshold treats them. The definition is that of
    Zhu 2004 (Recall, precision and average precision, Waterloo), which scikit-learn uses, too. None without a bad one.

    >>> average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    0.8333333333333333
    """
    levels, level = np.unique(scores, return_inverse=True)
    bad = np.bincount(level[is_bad], minlength=len(levels))
    return average_precision_of_counts(bad, np.bincount(level, minlength=len(levels)) - bad)


def average_precision_of_counts(bad: NDArray[np.int64], good: NDArray[np.int64]) -> float | None:
    """The same from how many bad and good ones there are at each level of score, lowest level first: (levels,) each."""
    if not bad.sum():
        return None
    found = np.cumsum(bad[::-1])
    called = found + np.cumsum(good[::-1])
    steps = bad[::-1] > 0
    return float(np.sum(bad[::-1][steps] / found[-1] * found[steps] / called[steps]))
