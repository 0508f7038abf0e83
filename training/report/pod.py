"""Probability of detection against size, from hits and misses (MIL-HDBK-1823A, appendix G).

The logit of the probability of detection is a straight line in the logarithm of the size, fitted by maximum
likelihood. Confidence bounds come from the likelihood ratio, as the handbook has it for hits and misses, point by
point: a probability at a size is within them if the best curve through that point is no less likely than a chi-square
of one degree of freedom allows (two-sided 90 %, thus one-sided 95 %).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2

HANDBOOK_OBJECTS = 60
"""So many objects the handbook wants for hits and misses; with fewer the curve carries a caution."""
FEWEST_OBJECTS = 20
_FEWEST_OF_A_KIND = 5
"""Hits, and misses, below which the slope is anybody's guess."""
_HALF_LIKELIHOOD_DROP = float(chi2.ppf(0.90, 1)) / 2.0
_FARTHEST = 12.0
"""Natural logarithms of size beyond the estimate: a bound out there is no bound."""
_LOWEST_LOGIT = -200.0
_LOGIT_90 = float(np.log(9.0))
_CURVE_POINTS = 60


@dataclass(frozen=True, slots=True)
class PodCurve:
    """One fitted curve."""

    intercept: float
    slope: float
    """logit(POD) = intercept + slope ln(size); above zero."""
    a90: float
    """Size found with 90 % probability, in the unit of the sizes."""
    a90_95: float
    """Size that is found with 90 % probability or more, said with 95 % confidence."""
    sizes: NDArray[np.float64]
    """(points,) rising, over the sizes seen."""
    probability: NDArray[np.float64]
    """(points,) at these sizes."""
    lower: NDArray[np.float64]
    """(points,) bound under the curve, one-sided 95 %."""
    caution: str
    """What to bear in mind, or empty."""


@dataclass(frozen=True, slots=True)
class NoCurve:
    """Why there is none."""

    reason: str
    """A sentence."""


def fit_pod(sizes: NDArray[np.floating], is_found: NDArray[np.bool_], unit: str) -> PodCurve | NoCurve:
    """Fit hits and misses; sizes: (n,) above zero, is_found: (n,). `unit` is for the words.

    >>> fit_pod(np.array([1.0, 2.0]), np.array([False, True]), "px").reason
    '2 objects of known size: a curve takes at least 20.'
    """
    log_size = np.log(np.asarray(sizes, np.float64))
    if refusal := _refusal(sizes, is_found, unit):
        return NoCurve(refusal)
    intercept, slope = _fit(log_size, is_found)
    least_likely = _log_likelihood(log_size, is_found, intercept, slope) - _HALF_LIKELIHOOD_DROP

    def excludes(at: float, logit: float) -> float:
        """Above zero where no curve that is likely enough has this logit at log size `at`."""
        return least_likely - _best_through(log_size, is_found, at, logit)

    a90 = (_LOGIT_90 - intercept) / slope if slope > 0.0 else np.inf
    if slope <= 0.0 or excludes(a90 + _FARTHEST, _LOGIT_90) <= 0.0:
        return NoCurve(
            f"{len(sizes)} objects: larger ones are not clearly found more often than small ones, "
            "so that no size can be named from which they are found."
        )
    grid = np.linspace(log_size.min(), log_size.max(), _CURVE_POINTS)
    lower = [
        brentq(lambda logit, at=at: excludes(at, logit), _LOWEST_LOGIT, intercept + slope * at, xtol=1e-4)
        for at in grid
    ]
    return PodCurve(
        intercept,
        slope,
        float(np.exp(a90)),
        float(np.exp(brentq(lambda at: excludes(at, _LOGIT_90), a90, a90 + _FARTHEST, xtol=1e-6))),
        np.exp(grid),
        _probability(intercept + slope * grid),
        _probability(np.array(lower)),
        f"{len(sizes)} objects: the handbook wants {HANDBOOK_OBJECTS} or more."
        if len(sizes) < HANDBOOK_OBJECTS
        else "",
    )


def _refusal(sizes: NDArray[np.floating], is_found: NDArray[np.bool_], unit: str) -> str:
    """Why these can't be fitted, in words; empty if they can."""
    total, hits = len(sizes), int(np.count_nonzero(is_found))
    misses = total - hits
    if total < FEWEST_OBJECTS:
        return f"{total} object{'s' if total != 1 else ''} of known size: a curve takes at least {FEWEST_OBJECTS}."
    if not misses:
        return (
            f"All {total} were found, down to {min(sizes):.2g} {unit}: "
            "the sizes at which the model begins to miss were not shown."
        )
    if not hits:
        return f"None of {total} was found, up to {max(sizes):.2g} {unit}."
    largest_miss, smallest_hit = float(np.max(sizes[~is_found])), float(np.min(sizes[is_found]))
    if largest_miss <= smallest_hit:
        return (
            f"All from {smallest_hit:.3g} {unit} on were found and none up to {largest_miss:.3g} {unit}: the limit "
            "lies in between, but a curve needs sizes at which some are found and some are not."
        )
    if min(hits, misses) < _FEWEST_OF_A_KIND:
        few = f"{misses} of {total} missed" if misses < hits else f"{hits} of {total} found"
        return f"Only {few}: a curve takes at least {_FEWEST_OF_A_KIND} found and {_FEWEST_OF_A_KIND} missed."
    return ""


def _fit(log_size: NDArray[np.float64], is_found: NDArray[np.bool_]) -> tuple[float, float]:
    """Maximum likelihood by Newton's method, centred so that it converges from nothing."""
    middle, spread = float(log_size.mean()), float(log_size.std()) or 1.0
    design = np.column_stack([np.ones_like(log_size), (log_size - middle) / spread])
    beta = _newton(design, is_found, np.zeros(len(log_size)))
    slope = float(beta[1]) / spread
    return float(beta[0]) - slope * middle, slope


def _best_through(log_size: NDArray[np.float64], is_found: NDArray[np.bool_], at: float, logit: float) -> float:
    """Log likelihood of the best curve with this logit at log size `at`."""
    design = (log_size - at)[:, np.newaxis]
    slope = float(_newton(design, is_found, np.full(len(log_size), logit))[0])
    return _log_likelihood(log_size, is_found, logit - slope * at, slope)


def _newton(
    design: NDArray[np.float64], is_found: NDArray[np.bool_], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients of a logistic regression with an offset; steps are halved while they make it less likely."""
    beta = np.zeros(design.shape[1])

    def loss(trial: NDArray[np.float64]) -> float:
        margin = np.where(is_found, 1.0, -1.0) * (design @ trial + offset)
        return float(np.logaddexp(0.0, -margin).sum())

    least = loss(beta)
    for _ in range(100):
        probability = _probability(design @ beta + offset)
        gradient = design.T @ (is_found - probability)
        weight = probability * (1.0 - probability)
        curvature = design.T @ (design * weight[:, np.newaxis])
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while loss(beta + step) > least and np.abs(step).max() > 1e-12:
            step = step / 2.0
        beta = beta + step
        least = loss(beta)
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(beta, np.float64)


def _log_likelihood(
    log_size: NDArray[np.float64], is_found: NDArray[np.bool_], intercept: float, slope: float
) -> float:
    margin = np.where(is_found, 1.0, -1.0) * (intercept + slope * log_size)
    return -float(np.logaddexp(0.0, -margin).sum())


def _probability(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0.0, -logit)), np.float64)
