"""Which of a case's reviews count. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.review.cases import Reading, Review, ReviewOutcome, outcome_of


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands."""

    first: Review | None
    second: Review | None
    final: Review | None

    @property
    def outcome(self) -> ReviewOutcome | None:
        """What counts in the end, None before the first answer."""
        return outcome_of(*(None if each is None else each.answer for each in (self.first, self.second, self.final)))

    @property
    def valid(self) -> Review | None:
        """Whose kind and corrections count; None while nobody has answered, and in a dispute."""
        if self.outcome is ReviewOutcome.DISPUTED:
            return None
        return self.final or self.first or self.second

    def is_settled_by(self, person: str) -> bool:
        """Whether this person's word would be the final one: the two readers disagree, and it is neither of them."""
        readers = {each.person for each in (self.first, self.second) if each is not None}
        return (self.outcome is ReviewOutcome.DISPUTED or self.final is not None) and person not in readers

    def answer_replaced_by(self, person: str) -> Review | None:
        """The answer that a new one of this person would take the place of; None: they have given none."""
        if self.is_settled_by(person):
            return self.final
        return next((each for each in (self.first, self.second) if each is not None and each.person == person), None)


def standing(reviews: Sequence[Review]) -> Standing:
    """What stands of a case's entries in their order: the last valid one of each reading."""
    taken_back = {review.takes_back for review in reviews if review.takes_back is not None}
    valid = {r.reading: r for r in reviews if r.answer is not None and r.number not in taken_back}
    return Standing(valid.get(Reading.FIRST), valid.get(Reading.SECOND), valid.get(Reading.FINAL))
