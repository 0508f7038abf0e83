"""What trials add up to: objects found, safety kinds among them, good images rejected; each figure starts here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from inspection.quality.intervals import clopper_pearson
from training.evaluation.report.evidence import SeenImage, SeenObject, is_known_safety


class Trials(Protocol):
    """Images whose truth is known, and what became of them: as they are collected, and as evidence for a report."""

    @property
    def images(self) -> Sequence[SeenImage]:
        """Those that were inspected."""

    @property
    def asked(self) -> Sequence[SeenObject]:
        """Objects on them that have to be found."""


@dataclass(frozen=True, slots=True)
class Count:
    """Hits among a number of cases."""

    hits: int
    total: int

    @property
    def rate(self) -> float:
        """0..1; 0 where there is no case."""
        return self.hits / self.total if self.total else 0.0

    def __str__(self) -> str:
        """
        >>> str(Count(99, 100))
        '99 of 100 (99.0 %, 95 % interval 94.6 to 100.0 %)'
        """
        if not self.total:
            return "none of none"
        low, high = clopper_pearson(self.hits, self.total)
        percent = f"{100 * self.rate:.1f} %, 95 % interval {100 * low:.1f} to {100 * high:.1f} %"
        return f"{self.hits} of {self.total} ({percent})"


def found(trials: Trials) -> Count:
    """Objects found, of those that have to be."""
    return _found(trials.asked)


def found_safety(trials: Trials) -> Count:
    """Objects found of the catalogue's safety kinds (S1), of those that have to be."""
    return _found([each for each in trials.asked if is_known_safety(each.kind)])


def false_rejects(trials: Trials) -> Count:
    """Good images rejected."""
    good = [each.is_rejected for each in trials.images if each.is_good]
    return Count(sum(good), len(good))


def _found(objects: Sequence[SeenObject]) -> Count:
    return Count(sum(each.is_found for each in objects), len(objects))
