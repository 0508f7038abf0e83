"""Which of a case's reviews count. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.review.review import Outcome, Reading, Review, outcome_of


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands."""

    first: Review | None
    second: Review | None
    final: Review | None

    @property
    def outcome(self) -> Outcome | None:
        """What counts in the end, None before the first answer."""
        return outcome_of(*(None if each is None else each.answer for each in (self.first, self.second, self.final)))

    @property
    def valid(self) -> Review | None:
        """Whose kind and corrections count; None while nobody has answered, and in a dispute."""
        if self.outcome is Outcome.DISPUTED:
            return None
        return self.final or self.first or self.second


def standing(reviews: Sequence[Review]) -> Standing:
    """Of a case's entries in their order: the last valid one of each reading."""
    taken_back = {review.takes_back for review in reviews if review.takes_back is not None}
    valid = {r.reading: r for r in reviews if r.answer is not None and r.number not in taken_back}
    return Standing(valid.get(Reading.FIRST), valid.get(Reading.SECOND), valid.get(Reading.FINAL))
