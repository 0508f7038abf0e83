"""What the review page's script asks for: cases, answers, undo; JSON, for logged-in people who may review."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from camera.checked import Checked
from inspection.errors import ReviewError, StoreError
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import NotAllowed, SessionOver, Visit, visit_of
from inspection.pages.review import review_actions
from inspection.pages.review.review_cases import progress_of, told_review
from inspection.pages.review.review_visits import ReviewVisits
from inspection.pages.review.review_words import review_words
from inspection.people.roles import Permission
from inspection.review.book import NOTE_LENGTH, AlreadyAnswered
from inspection.review.cases import Answer, CaseFilter, Correction, KindCode
from inspection.rolls.roll_book import RollBook
from inspection.values import Verdict

MOST_CASES = 50
"""Claimed at once by one reader: some to prefetch, and those that were skipped."""
_MOST_CORRECTIONS = 200
_DAY_S = 86_400.0


class Wish(Checked):
    """Which cases a reader wants."""

    rolls: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=20)
    lanes: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(), max_length=50)
    kinds: tuple[KindCode, ...] = Field(default=(), max_length=100)
    verdicts: tuple[Verdict, ...] = ()

    def filter(self, desk: PagesDesk) -> CaseFilter:
        """For the queue. Raises ReviewError for an unknown roll."""
        found = [RollBook(desk.database).roll(name) for name in self.rolls]
        spans = tuple((roll.first_sequence, roll.last_sequence) for roll in found)
        return CaseFilter(spans, self.lanes, self.kinds, self.verdicts)


class VisitForm(Checked):
    """Which load of the page asks, as `/review/words` named it."""

    visit: str = Field(default="", max_length=64)


class CasesForm(VisitForm):
    """A request for cases."""

    count: int = Field(ge=0, le=MOST_CASES)
    wanted: Wish = Wish()


class ReleaseForm(VisitForm):
    """Cases to give back."""

    sequences: tuple[int, ...] = Field(max_length=MOST_CASES)
    goes: bool = False
    """The page is left: what it holds beside these, and what it may have asked for, is given back, too."""


class AnswerForm(VisitForm):
    """What a reader has decided."""

    sequence: int
    answer: Answer
    kind: KindCode | None = None
    note: str = Field(default="", max_length=NOTE_LENGTH)
    corrections: tuple[Correction, ...] = Field(default=(), max_length=_MOST_CORRECTIONS)
    looked_s: float | None = Field(default=None, ge=0.0, le=_DAY_S)
    replaces: int | None = Field(default=None, ge=1, lt=2**63)
    """Number of the reader's earlier answer, which they mean to change."""


def review_routes(desk: PagesDesk) -> APIRouter:
    """/review/cases, /review/answers and what belongs to them."""
    router = APIRouter(prefix="/review")
    visits = ReviewVisits()

    def held(visit: Visit, name: str, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The cases, claimed just now; none for a page that has gone meanwhile."""
        sequences = [case["sequence"] for case in cases]
        if not name or visits.hold(name, sequences):
            return cases
        review_actions.give_back(visit, visits.go(name, sequences))
        return []

    @router.get("/words")
    def words(request: Request) -> dict[str, Any]:
        with _asked(desk, request) as visit:
            return review_words(visit)

    @router.post("/cases")
    def cases(request: Request, form: CasesForm) -> dict[str, Any]:
        with _asked(desk, request) as visit:
            wanted = form.wanted.filter(desk)
            taken = review_actions.take_cases(visit, form.count, wanted) if form.count else []
            return {"cases": held(visit, form.visit, taken), "progress": asdict(progress_of(visit, wanted))}

    @router.post("/cases/{sequence}")
    def case(request: Request, sequence: int, form: VisitForm | None = None) -> dict[str, Any]:
        with _asked(desk, request) as visit:
            opened = review_actions.open_case(visit, sequence)
            held(visit, form.visit if form else "", [opened])
            return opened

    @router.post("/release")
    def release(request: Request, form: ReleaseForm) -> dict[str, Any]:
        with _asked(desk, request) as visit:
            give_back = visits.go if form.goes else visits.give_back
            review_actions.give_back(visit, give_back(form.visit, form.sequences) if form.visit else form.sequences)
            return {}

    @router.post("/answers")
    def answer(request: Request, form: AnswerForm) -> JSONResponse:
        with _asked(desk, request) as visit:
            try:
                number = review_actions.answer(
                    visit,
                    form.sequence,
                    form.answer,
                    form.kind,
                    form.note,
                    form.corrections,
                    form.looked_s,
                    form.replaces,
                )
            except AlreadyAnswered as error:
                told = {"detail": str(error), "earlier": told_review(visit, error.earlier)}
                return JSONResponse(told, 409)
            return JSONResponse({"number": number})

    @router.post("/answers/{number}/undo")
    def undo(request: Request, number: int, form: VisitForm | None = None) -> dict[str, Any]:
        with _asked(desk, request) as visit:
            opened = review_actions.undo(visit, number)
            held(visit, form.visit if form else "", [opened])
            return opened

    return router


@contextmanager
def _asked(desk: PagesDesk, request: Request) -> Iterator[Visit]:
    """Who asks, and may review; errors become 401, 403, 409 and 503 with their sentence."""
    try:
        visit = visit_of(desk, request)
        if visit is None:
            raise HTTPException(401, "Log in first.")
        visit.demand(Permission.REVIEW)
        yield visit
    except SessionOver as error:
        raise HTTPException(401, str(error)) from error
    except NotAllowed as error:
        raise HTTPException(403, str(error)) from error
    except ReviewError as error:
        raise HTTPException(409, str(error)) from error
    except StoreError as error:
        raise HTTPException(503, str(error)) from error
