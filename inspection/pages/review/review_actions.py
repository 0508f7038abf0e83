"""What readers do: take cases, answer, undo. Each in the person's name, checked and noted by the server."""

from collections.abc import Sequence
from typing import Any

from inspection.pages.frame.visit import Visit, action
from inspection.pages.review.review_cases import case_views
from inspection.people.roles import Permission
from inspection.review.book import Recorded
from inspection.review.cases import (
    Answer,
    CaseFilter,
    Correction,
    NewReview,
    Review,
    ReviewOutcome,
    corrections_json,
)
from inspection.review.labels import check_places


@action(Permission.REVIEW)
def take_cases(visit: Visit, count: int, wanted: CaseFilter) -> list[dict[str, Any]]:
    """The next cases for this reader, claimed."""
    return case_views(visit, visit.desk.queue.next_cases(visit.person.name, count, wanted))


@action(Permission.REVIEW)
def open_case(visit: Visit, sequence: int) -> dict[str, Any]:
    """A certain case, claimed, however it stands. Raises ReviewError."""
    return case_views(visit, [visit.desk.queue.claim(visit.person.name, sequence)])[0]


@action(Permission.REVIEW)
def give_back(visit: Visit, sequences: Sequence[int]) -> None:
    """Leave cases to others."""
    visit.desk.queue.release(visit.person.name, sequences)


@action(Permission.REVIEW)
def answer(
    visit: Visit,
    sequence: int,
    word: Answer,
    kind: str | None,
    note: str,
    corrections: tuple[Correction, ...],
    looked_s: float | None,
    replaces: int | None,
) -> int:
    """Enter an answer; a third reader's word settles a dispute. Returns its number.

    `replaces`: number of the earlier answer that the reader means to change. Raises AlreadyAnswered, ReviewError.
    """
    desk, person = visit.desk, visit.person.name
    stored = desk.store.decision(sequence)
    if stored is not None:
        check_places(stored.decision, corrections)
    new = NewReview(sequence, person, word, kind, note, corrections, looked_s, replaces)
    recorded = desk.reviews.record(new, is_final=desk.reviews.standing_of(sequence).is_settled_by(person))
    if recorded.is_new:
        desk.audit.add(person, "review.answer", f"decision:{sequence}", _state(recorded.before), _change(recorded))
    return recorded.review.number


@action(Permission.REVIEW)
def undo(visit: Visit, number: int) -> dict[str, Any]:
    """Take back one's own answer, and have the case again. Raises ReviewError."""
    desk, person = visit.desk, visit.person.name
    recorded = desk.reviews.take_back(number, person)
    sequence = recorded.review.sequence
    desk.audit.add(person, "review.undo", f"decision:{sequence}", _state(recorded.before), _change(recorded))
    return open_case(visit, sequence)


def _state(outcome: ReviewOutcome | None) -> dict[str, Any]:
    return {"outcome": outcome}


def _change(recorded: Recorded) -> dict[str, Any]:
    review: Review = recorded.review
    said = {
        "review": review.number,
        "reading": review.reading.name.lower(),
        "answer": review.answer,
        "kind": review.kind,
        "note": review.note,
        "corrections": corrections_json(review.corrections),
        "takes_back": review.takes_back,
    }
    return _state(recorded.after) | {name: value for name, value in said.items() if value not in (None, "", [])}
