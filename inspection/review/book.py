"""The review book: what people said of decisions, and what counts of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, not_, or_, select, update

from inspection.errors import ReviewError
from inspection.review.cases import (
    CORRECTIONS,
    Answer,
    NewReview,
    Reading,
    Review,
    ReviewOutcome,
    corrections_json,
)
from inspection.review.standing import Standing, standing
from inspection.review.tables import REVIEW_CASES, REVIEW_CLAIMS, REVIEWS
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS
from inspection.values.kinds import KINDS

NOTE_LENGTH = 2000
_LOOK_BACK = 200
"""Number of a person's last answers that tell which kind they used last."""


class AlreadyAnswered(ReviewError):
    """An answer would take the place of another one, and does not say that it means to."""

    def __init__(self, earlier: Review, person: str) -> None:
        who = "You have" if earlier.person == person else f"{earlier.person} has"
        said = " ".join(filter(None, (earlier.answer, earlier.kind)))
        super().__init__(
            f"{who} answered decision {earlier.sequence} already ({said}, {earlier.reviewed_utc:%Y-%m-%d %H:%M} UTC). "
            f"Look at that answer; to put another in its place, say that it replaces number {earlier.number}."
        )
        self.earlier = earlier
        """The answer that counts until now."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry in the book, and what it changed."""

    review: Review
    before: ReviewOutcome | None
    after: ReviewOutcome | None
    is_new: bool = True
    """False: the same answer was there already, and nothing was entered."""


class ReviewBook:
    """Reviews in a database. May be used from several threads; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, new: NewReview, *, is_final: bool = False) -> Recorded:
        """Enter an answer. It takes the place of the one that it says to replace; nothing is ever overwritten.

        `is_final`: it settles the case, whatever both readers said; the caller sees to it that the person may do that.
        The same answer sent again is entered once. Raises AlreadyAnswered where another one would lose its place
        unnoticed, ReviewError for an unknown case, one that somebody else has answered, and impossible values.
        """
        _check(new)
        with self._database.transaction("enter a review", writes=True) as connection:
            case = _case(connection, new.sequence)
            before = standing(_reviews(connection, new.sequence))
            reading = Reading.FINAL if is_final else _reading(new, before, is_double=bool(case["is_double"]))
            earlier = {Reading.FIRST: before.first, Reading.SECOND: before.second, Reading.FINAL: before.final}[reading]
            if earlier is not None and earlier.says(new):
                return Recorded(earlier, before.outcome, before.outcome, is_new=False)
            if earlier is not None and earlier.number != new.replaces:
                raise AlreadyAnswered(earlier, new.person)
            row = {
                "sequence": new.sequence,
                "reading": reading.value,
                "person": new.person,
                "reviewed_utc": datetime.now(UTC),
                "answer": new.answer.value,
                "kind": new.kind,
                "note": new.note,
                "corrections": corrections_json(new.corrections),
                "looked_s": new.looked_s,
            }
            return _enter(connection, row, before)

    def take_back(self, number: int, person: str) -> Recorded:
        """Undo one's own entry, by another entry. Raises ReviewError for no such entry, or somebody else's."""
        with self._database.transaction("take back a review", writes=True) as connection:
            found = connection.execute(select(REVIEWS).where(REVIEWS.c.number == number)).mappings().one_or_none()
            if found is None or found["answer"] is None:
                raise ReviewError(f"There is no review {number} to take back. Look at the case's reviews again.")
            if found["person"] != person:
                raise ReviewError(f"Review {number} is {found['person']}'s: only {found['person']} can take it back.")
            reviews = _reviews(connection, int(found["sequence"]))
            if any(review.takes_back == number for review in reviews):
                raise ReviewError(f"Review {number} has been taken back already. Look at the case again.")
            row = {
                "sequence": int(found["sequence"]),
                "reading": int(found["reading"]),
                "person": person,
                "reviewed_utc": datetime.now(UTC),
                "answer": None,
                "kind": None,
                "note": "",
                "corrections": [],
                "looked_s": None,
                "takes_back": number,
            }
            return _enter(connection, row, standing(reviews))

    def last_of(self, person: str) -> Review | None:
        """A person's newest entry that still counts: what `undo` takes back next. None if there is none."""
        r = REVIEWS.c
        taken = REVIEWS.alias("taken")
        query = (
            select(REVIEWS)
            .where(r.person == person, r.answer.is_not(None))
            .where(~select(taken.c.number).where(taken.c.takes_back == r.number).exists())
            .order_by(r.number.desc())
            .limit(1)
        )
        with self._database.transaction("look up a person's last review") as connection:
            found = connection.execute(query).mappings().one_or_none()
        return None if found is None else _review(found)

    def last_kinds(self, person: str) -> dict[str, str]:
        """The kind that a person gave last, to a case or an object on it, for each recipe of the decisions."""
        r, d = REVIEWS.c, DECISIONS.c
        query = (
            select(r.kind, r.corrections, ARTEFACTS.c.name)
            .join(DECISIONS, d.sequence == r.sequence)
            .join(ARTEFACTS, ARTEFACTS.c.id == d.recipe_id)
            .where(r.person == person, r.answer.is_not(None))
            .order_by(r.number.desc())
            .limit(_LOOK_BACK)
        )
        found: dict[str, str] = {}
        with self._database.transaction("look up a person's last kinds") as connection:
            for case_kind, rows, recipe in connection.execute(query):
                given = [each.kind for each in CORRECTIONS.validate_python(rows) if each.kind] or [case_kind]
                if given[-1] is not None:
                    found.setdefault(recipe, given[-1])
        return found

    def reviews_of(self, sequence: int, reader: str | None = None) -> list[Review]:
        """A case's entries in their order. For a `reader` only what does not spoil a second, blind reading."""
        with self._database.transaction("read a case's reviews") as connection:
            reviews = _reviews(connection, sequence)
            case = connection.execute(
                select(REVIEW_CASES).where(REVIEW_CASES.c.sequence == sequence)
            ).mappings().one_or_none()  # fmt: skip
        is_blind = case is not None and case["is_double"] and None in (case["first_answer"], case["second_answer"])
        if reader is None or not is_blind or case is None or case["outcome"] is None:
            return reviews
        return [review for review in reviews if review.person == reader]

    def standing_of(self, sequence: int) -> Standing:
        """Which of a case's reviews count."""
        return standing(self.reviews_of(sequence))

    def valid_reviews(self, sequences: Sequence[int]) -> dict[int, Review]:
        """The reviews that count, by sequence number; undecided and disputed cases are left out."""
        c = REVIEW_CASES.c
        query = (
            select(REVIEWS)
            .join(REVIEW_CASES, c.review_number == REVIEWS.c.number)
            .where(c.sequence.in_(sequences), c.outcome != ReviewOutcome.DISPUTED.value)
        )
        with self._database.transaction("read reviews") as connection:
            rows = connection.execute(query).mappings().all()
        return {int(row["sequence"]): _review(row) for row in rows}

    def valid_sequences(self, sequences: Sequence[int]) -> list[int]:
        """Those decisions whose review counts and is clear, confirmed or overruled; ascending."""
        c = REVIEW_CASES.c
        clear = (ReviewOutcome.CONFIRMED.value, ReviewOutcome.OVERRULED.value)
        wanted = set(sequences)
        with self._database.transaction("read outcomes of reviews") as connection:
            found = connection.execute(select(c.sequence).where(c.outcome.in_(clear)).order_by(c.sequence)).scalars()
            return [sequence for sequence in found if sequence in wanted]


def is_pending() -> ColumnElement[bool]:
    """Whether the second, blind reader of a row of REVIEW_CASES has not answered yet, and nobody has settled it."""
    c, r = REVIEW_CASES.c, REVIEWS.alias("final").c
    settled = select(r.number).where(r.number == c.review_number, r.reading == Reading.FINAL.value)
    is_settled = settled.correlate(REVIEW_CASES).exists()
    return and_(c.is_double.is_(True), or_(c.first_answer.is_(None), c.second_answer.is_(None)), not_(is_settled))


def _enter(connection: Connection, row: dict[str, Any], before: Standing) -> Recorded:
    key = connection.execute(insert(REVIEWS).values(row)).inserted_primary_key
    sequence = int(row["sequence"])
    reviews = _reviews(connection, sequence)
    after = standing(reviews)
    first, second = after.first, after.second
    connection.execute(
        update(REVIEW_CASES)
        .where(REVIEW_CASES.c.sequence == sequence)
        .values(
            first_answer=first.answer.value if first and first.answer else None,
            first_person=first.person if first else None,
            second_answer=second.answer.value if second and second.answer else None,
            second_person=second.person if second else None,
            outcome=after.outcome.value if after.outcome else None,
            review_number=after.valid.number if after.valid else None,
        )
    )
    c = REVIEW_CLAIMS.c
    connection.execute(delete(REVIEW_CLAIMS).where(c.sequence == sequence, c.person == row["person"]))
    number = int(key[0]) if key else 0
    written = next(review for review in reviews if review.number == number)
    return Recorded(written, before.outcome, after.outcome)


def _reading(new: NewReview, before: Standing, *, is_double: bool) -> Reading:
    """Which reader's word this is. Raises ReviewError when no reader is wanted any more."""
    others = {r.reading: r.person for r in (before.first, before.second) if r is not None and r.person != new.person}
    for reading in (Reading.FIRST, Reading.SECOND):
        mine = before.first if reading is Reading.FIRST else before.second
        if mine is not None and mine.person == new.person:
            return reading
    if before.first is None:
        return Reading.FIRST
    if is_double and before.second is None:
        return Reading.SECOND
    raise ReviewError(
        f"Decision {new.sequence} has been answered by {' and '.join(others.values())}. Take the next one; who may "
        "settle disputes can give the final answer."
    )


def _check(new: NewReview) -> None:
    if not new.person:
        raise ReviewError("A review needs a person's name. Log in, or give --who.")
    if new.kind is not None and new.kind not in KINDS:
        raise ReviewError(f"Kind {new.kind!r}: expected a code of the catalogue such as E01. Choose one of them.")
    if len(new.note) > NOTE_LENGTH:
        raise ReviewError(f"The note has {len(new.note)} characters, at most {NOTE_LENGTH} are kept. Shorten it.")
    if strange := sorted({c.kind for c in new.corrections if c.kind is not None} - KINDS.keys()):
        raise ReviewError(f"Kind {strange[0]!r}: expected a code of the catalogue such as E01. Choose one of them.")


def _case(connection: Connection, sequence: int) -> Any:
    case = connection.execute(select(REVIEW_CASES).where(REVIEW_CASES.c.sequence == sequence)).mappings().one_or_none()
    if case is None:
        raise ReviewError(
            f"Decision {sequence} is no case for review: there is no such decision, or its frame was not saved."
        )
    return case


def _reviews(connection: Connection, sequence: int) -> list[Review]:
    query = select(REVIEWS).where(REVIEWS.c.sequence == sequence).order_by(REVIEWS.c.number)
    return [_review(row) for row in connection.execute(query).mappings()]


def _review(row: Any) -> Review:
    return Review(
        number=int(row["number"]),
        sequence=int(row["sequence"]),
        reading=Reading(row["reading"]),
        person=str(row["person"]),
        reviewed_utc=as_utc(row["reviewed_utc"]),
        answer=None if row["answer"] is None else Answer(row["answer"]),
        kind=row["kind"],
        note=str(row["note"]),
        corrections=CORRECTIONS.validate_python(row["corrections"]),
        looked_s=row["looked_s"],
        takes_back=None if row["takes_back"] is None else int(row["takes_back"]),
    )
