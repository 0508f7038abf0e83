"""Two models on the same material: which finds what the other misses, and what may be said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import binomtest

from inspection.quality.intervals import CONFIDENCE, clopper_pearson
from inspection.values import Artefact
from training.errors import DataError
from training.evaluation.report.evidence import Evidence
from training.evaluation.report.intervals import percent

_SIGNIFICANT = 1.0 - CONFIDENCE


class Standing(StrEnum):
    """Where the new model stands against the other."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts of things that both models judged."""

    total: int
    """Above zero where `gain` is asked for."""
    only_first: int
    """Right with the first model alone."""
    only_second: int

    @property
    def p_value(self) -> float:
        """McNemar's test, exact and two-sided (McNemar 1947, Psychometrika 12): binomial on the pairs that differ.

        >>> Pairs(total=100, only_first=8, only_second=1).p_value
        0.0390625
        """
        differing = self.only_first + self.only_second
        return float(binomtest(self.only_first, differing).pvalue) if differing else 1.0

    @property
    def gain(self) -> tuple[float, float]:
        """95 % interval of how much larger the first model's rate of being right is, given how many pairs differ.

        >>> [round(end, 3) for end in Pairs(total=100, only_first=8, only_second=1).gain]
        [0.003, 0.089]
        """
        differing = self.only_first + self.only_second
        if not differing:
            _, high = clopper_pearson(0, self.total)
            return -high, high
        low, high = ((2.0 * end - 1.0) * differing / self.total for end in clopper_pearson(self.only_first, differing))
        return low, high

    @property
    def standing(self) -> Standing:
        """Where the first model stands."""
        if self.p_value >= _SIGNIFICANT:
            return Standing.UNDECIDED
        return Standing.BETTER if self.only_first > self.only_second else Standing.WORSE


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model against another one on the same objects and the same good images."""

    new: str
    """What to call it: name, version, and more where that is not enough."""
    other: str
    objects: Pairs
    """Right: found."""
    good_images: Pairs
    """Right: accepted."""

    @property
    def standing(self) -> Standing:
        """Better or worse in one and no worse or better in the other, else undecided."""
        standings = {self.objects.standing, self.good_images.standing} - {Standing.UNDECIDED}
        return standings.pop() if len(standings) == 1 else Standing.UNDECIDED

    @property
    def sentence(self) -> str:
        """The verdict for a person."""
        found = self.objects
        low, high = found.gain
        counts = (
            f"Of {found.total} defects {self.new} finds {found.only_first} that {self.other} misses, and misses "
            f"{found.only_second} that {self.other} finds (McNemar's exact test: {_p_words(found.p_value)})"
        )
        good = self.good_images
        if good.total:
            counts += (
                f"; of {good.total} good images it alone accepts {good.only_first} and the other alone "
                f"{good.only_second} ({_p_words(good.p_value)})"
            )
        match self.standing:
            case Standing.BETTER:
                verdict = f"It is better on this material and may replace {self.other}."
            case Standing.WORSE:
                verdict = f"It is worse on this material and should not replace {self.other}."
            case Standing.UNDECIDED:
                verdict = (
                    "That does not tell them apart: it may find "
                    f"{percent(max(0.0, -low))} less of the defects or {percent(max(0.0, high))} more. "
                    "More defects, or another reason, must decide."
                )
        return f"{counts}. {verdict}"


def compare(new: Evidence, other: Evidence) -> Comparison:
    """Pair what both judged, by objects' keys and images' names. Raises DataError if there is no such object."""
    objects = _pairs(
        {each.key: each.is_found for each in new.asked},
        {each.key: each.is_found for each in other.asked},
    )
    if not objects.total:
        raise DataError(
            f"{new.data.name} and {other.data.name} have no defect in common: expected both models to be judged on the "
            "same images with defects. Evaluate both on one data set."
        )
    return Comparison(
        _name(new.model, other.model),
        _name(other.model, new.model),
        objects,
        _pairs(
            {each.name: not each.is_rejected for each in new.images if each.is_good},
            {each.name: not each.is_rejected for each in other.images if each.is_good},
        ),
    )


def _name(model: Artefact, other: Artefact) -> str:
    """Name and version, and the beginning of the SHA-256 where these do not tell two models apart."""
    name = f"{model.name} {model.version}"
    return f"{name} ({model.sha256[:8]})" if (model.name, model.version) == (other.name, other.version) else name


def _pairs(first: Mapping[str, bool], second: Mapping[str, bool]) -> Pairs:
    both = first.keys() & second.keys()
    return Pairs(
        len(both),
        sum(first[key] and not second[key] for key in both),
        sum(second[key] and not first[key] for key in both),
    )


def _p_words(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
