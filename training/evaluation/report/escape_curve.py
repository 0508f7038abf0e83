"""What escapes at which price in good material rejected, as the threshold moves."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

_SIZE_EDGES = {
    "mm": (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    "px": (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0),
}


def threshold_at(good_scores: NDArray[np.floating], false_reject_rate: float) -> float:
    """The lowest threshold at which at most this part of the good images is rejected (a score at or above it rejects).

    good_scores: (n,), n > 0.

    >>> good = np.array([0.1, 0.2, 0.3, 0.4])
    >>> threshold = threshold_at(good, 0.25)
    >>> int((good >= threshold).sum()), 0.3 < threshold < 0.4
    (1, True)
    """
    allowed = int(np.floor(false_reject_rate * len(good_scores) + 1e-9))
    falling = np.sort(np.asarray(good_scores, np.float64))[::-1]
    return 0.0 if allowed >= len(falling) else float(np.nextafter(falling[allowed], np.inf))


def escape_curve(
    good_scores: NDArray[np.floating], object_scores: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(false-reject rates, escape rates) at every threshold that makes a difference to the good, rates rising first.

    good_scores: (n,) of good images; object_scores: (m,) of defects; both above zero.

    >>> [rates.tolist() for rates in escape_curve(np.array([0.2, 0.4]), np.array([0.3, 0.5]))]
    [[0.0, 0.5, 1.0], [0.5, 0.0, 0.0]]
    """
    scores = np.unique(np.asarray(good_scores, np.float64))[::-1]
    thresholds = np.concatenate([np.nextafter(scores, np.inf), [0.0]])
    good, objects = np.sort(good_scores), np.sort(object_scores)
    false_rejects = 1.0 - np.searchsorted(good, thresholds, side="left") / len(good)
    escapes = np.searchsorted(objects, thresholds, side="left") / len(objects)
    return np.asarray(false_rejects, np.float64), np.asarray(escapes, np.float64)


def size_class(size: float, unit: str) -> str:
    """The class of sizes that a size falls into; `unit`: mm or px.

    >>> size_class(0.07, "mm"), size_class(4.0, "px"), size_class(500.0, "px")
    ('0.05 to 0.1 mm', '4 to 8 px', '128 px and more')
    """
    edges = _SIZE_EDGES[unit]
    place = bisect_right(edges, size)
    if place == 0:
        return f"below {edges[0]:g} {unit}"
    return (
        f"{edges[-1]:g} {unit} and more" if place == len(edges) else f"{edges[place - 1]:g} to {edges[place]:g} {unit}"
    )


def size_classes(unit: str) -> list[str]:
    """All classes, smallest first.

    >>> size_classes("px")[:2]
    ['below 2 px', '2 to 4 px']
    """
    edges = _SIZE_EDGES[unit]
    return [size_class(size, unit) for size in (0.0, *edges)]
