"""Probability of detection against size, from hits and misses (MIL-HDBK-1823A, appendix G).

The logit of the probability of detection is a straight line in the logarithm of the size, fitted by maximum
likelihood. Confidence bounds come from the likelihood ratio, as the handbook has it for hits and misses: a curve is
likely enough if the logarithm of its likelihood lies no farther below the best one's than half the chi-square of one
degree of freedom allows (two-sided 90 %, thus one-sided 95 % at each point). The bound is what the lowest of these
curves says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

HANDBOOK_OBJECTS = 60
"""Number of objects that the handbook wants for hits and misses; with fewer the curve carries a caution."""
FEWEST_OBJECTS = 20
_FEWEST_OF_A_KIND = 5
"""Hits, and misses, below which the slope is anybody's guess."""
_HALF_LIKELIHOOD_DROP = float(chi2.ppf(0.90, 1)) / 2.0
_LOGIT_90 = float(np.log(9.0))
_CURVE_POINTS = 60
_DIRECTIONS = 360
_MOST_STEPS = 100


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

    @property
    def largest(self) -> float:
        """Largest size seen: what lies beyond it is extrapolated."""
        return float(self.sizes[-1])


def seen_size(size: float, largest: float) -> str:
    """A size in words, or only that it is larger than all that were seen: curves say little beyond.

    >>> seen_size(0.4567, 2.0), seen_size(7.0, 2.0)
    ('0.457', '> 2')
    """
    return f"{size:.3g}" if size <= largest else f"> {largest:.3g}"


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
    if refusal := _refusal(sizes, is_found, unit):
        return NoCurve(refusal)
    log_size = np.log(np.asarray(sizes, np.float64))
    middle, spread = float(log_size.mean()), float(log_size.std())
    # In standard units Newton's method converges from nothing, and the region of likely curves is round.
    curve = _fit((log_size - middle) / spread, is_found)
    likely = _likely_curves((log_size - middle) / spread, is_found, curve)
    if (likely[:, 1] <= 0.0).any():
        return NoCurve(
            f"{len(sizes)} objects: larger ones are not clearly found more often than small ones, "
            "so that no size can be named from which they are found."
        )
    grid = np.linspace(log_size.min(), log_size.max(), _CURVE_POINTS)
    standard = np.column_stack([np.ones(_CURVE_POINTS), (grid - middle) / spread])
    a90_95 = float(np.exp(middle + spread * ((_LOGIT_90 - likely[:, 0]) / likely[:, 1]).max()))
    slope = float(curve[1]) / spread
    return PodCurve(
        intercept=float(curve[0]) - slope * middle,
        slope=slope,
        a90=float(np.exp(middle + spread * (_LOGIT_90 - curve[0]) / curve[1])),
        a90_95=a90_95,
        sizes=np.exp(grid),
        probability=_probability(standard @ curve),
        lower=_probability((standard @ likely.T).min(axis=1)),
        caution=_caution(len(sizes), a90_95, float(np.max(sizes)), unit),
    )


def _caution(total: int, a90_95: float, largest: float, unit: str) -> str:
    words = []
    if total < HANDBOOK_OBJECTS:
        words.append(f"{total} objects: the handbook wants {HANDBOOK_OBJECTS} or more.")
    if a90_95 > largest:
        words.append(f"a90/95 is extrapolated: the largest object seen has {largest:.3g} {unit}.")
    return " ".join(words)


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


def _fit(size: NDArray[np.float64], is_found: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(intercept, slope) of maximum likelihood by Newton's method; `size`: standardised logarithms."""
    curve = np.zeros(2)
    for _ in range(_MOST_STEPS):
        gradient, curvature = _derivatives(size, is_found, curve)
        step = np.linalg.solve(curvature, gradient)
        while _unlikelihood(size, is_found, curve + step) > _unlikelihood(size, is_found, curve) + 1e-12:
            step = step / 2.0
        curve = curve + step
        if np.abs(step).max() < 1e-10:
            break
    return curve


def _likely_curves(
    size: NDArray[np.float64], is_found: NDArray[np.bool_], curve: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(directions, 2) the curves around the most likely one that are only just likely enough.

    The likelihood falls ever faster along each direction, so that Newton's method from outside finds its limit.
    """
    _, curvature = _derivatives(size, is_found, curve)
    angle = np.linspace(0.0, 2.0 * np.pi, _DIRECTIONS, endpoint=False)
    directions = np.linalg.solve(np.linalg.cholesky(curvature).T, np.stack([np.cos(angle), np.sin(angle)])).T
    limit = _unlikelihood(size, is_found, curve) + _HALF_LIKELIHOOD_DROP
    radius = np.full(_DIRECTIONS, np.sqrt(2.0 * _HALF_LIKELIHOOD_DROP))
    while (is_inside := _unlikelihood(size, is_found, curve + radius[:, np.newaxis] * directions) < limit).any():
        radius = np.where(is_inside, 1.5 * radius, radius)
    for _ in range(_MOST_STEPS):
        trial = curve + radius[:, np.newaxis] * directions
        beyond = _unlikelihood(size, is_found, trial) - limit
        missed = _probability(trial[:, :1] + trial[:, 1:] * size) - is_found
        slope = np.sum(missed * (directions[:, :1] + directions[:, 1:] * size), axis=1)
        radius = radius - beyond / slope
        if beyond.max() < 1e-9:
            break
    return np.asarray(curve + radius[:, np.newaxis] * directions, np.float64)


def _derivatives(
    size: NDArray[np.float64], is_found: NDArray[np.bool_], curve: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope of the log likelihood: gradient (2,) and its negative curvature (2, 2)."""
    design = np.column_stack([np.ones_like(size), size])
    probability = _probability(design @ curve)
    weighted = design * (probability * (1.0 - probability))[:, np.newaxis]
    return design.T @ (is_found - probability), design.T @ weighted


def _unlikelihood(
    size: NDArray[np.float64], is_found: NDArray[np.bool_], curves: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Negative log likelihood of curves, (..., 2): their intercepts and slopes."""
    logit = curves[..., :1] + curves[..., 1:] * size
    return np.asarray(np.logaddexp(0.0, np.where(is_found, -logit, logit)).sum(axis=-1), np.float64)


def _probability(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-np.logaddexp(0.0, -logit)), np.float64)
