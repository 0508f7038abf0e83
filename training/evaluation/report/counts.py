"""What trials add up to: objects found, safety kinds among them, good images rejected; each figure starts here."""

from collections.abc import Sequence
from typing import Protocol

from training.evaluation.report.evidence import SeenImage, SeenObject, is_known_safety
from training.evaluation.report.intervals import Proportion


class Trials(Protocol):
    """Images whose truth is known, and what became of them: as they are collected, and as evidence for a report."""

    @property
    def images(self) -> Sequence[SeenImage]:
        """Those that were inspected."""

    @property
    def asked(self) -> Sequence[SeenObject]:
        """Objects on them that have to be found."""


def found(trials: Trials) -> Proportion:
    """Objects found, of those that have to be."""
    return _found(trials.asked)


def found_safety(trials: Trials) -> Proportion:
    """Objects found of the catalogue's safety kinds (S1), of those that have to be."""
    return _found([each for each in trials.asked if is_known_safety(each.kind)])


def false_rejects(trials: Trials) -> Proportion:
    """Good images rejected."""
    good = [each.is_rejected for each in trials.images if each.is_good]
    return Proportion(sum(good), len(good))


def _found(objects: Sequence[SeenObject]) -> Proportion:
    return Proportion(sum(each.is_found for each in objects), len(objects))
