import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from inspection.errors import ReviewError
from inspection.review.cases import Answer, CaseFilter, Correction, NewReview, Reading, ReviewOutcome, Risk
from inspection.review.queue import ReviewQueue
from inspection.review.risk import risk_of
from inspection.values import Reason, Severity, Verdict
from tests.support.rig import defect

CONFIRMED, OVERRULED = Answer.CONFIRMED, Answer.OVERRULED


def limit(kind: str, measured: float, rule: str = "limit") -> Reason:
    return Reason(f"{rule}.{kind}.diameter_mm", "", kind, measured, 0.5, "mm", defects=(0,))


@pytest.mark.parametrize(
    ("verdict", "severity", "reasons", "defects", "risk"),
    [
        (Verdict.ACCEPT, None, [], {}, Risk.ACCEPT_SAMPLE),
        (Verdict.UNINSPECTED, None, [Reason("late", "")], {}, Risk.UNINSPECTED),
        (Verdict.REJECT, Severity.S2, [limit("E01", 0.45)], {0: ("E01", 0.9)}, Risk.NEAR_LIMIT),
        (Verdict.REJECT, Severity.S1, [limit("E13", 0.54)], {0: ("E13", 0.9)}, Risk.NEAR_LIMIT),
        (Verdict.REJECT, Severity.S2, [limit("E01", 0.45), limit("E01", 2.0)], {0: ("E01", 0.9)}, Risk.REJECT),
        (Verdict.REJECT, Severity.S2, [limit("E01", 0.45, "count")], {0: ("E01", 0.9)}, Risk.REJECT),
        (Verdict.REJECT, Severity.S2, [limit("E01", 2.0)], {0: ("E01", 0.3)}, Risk.UNUSUAL),
        (Verdict.REJECT, Severity.S2, [limit("X99", 2.0)], {0: ("X99", 0.9)}, Risk.UNUSUAL),
        (Verdict.REJECT, Severity.S1, [limit("E13", 2.0)], {0: ("E13", 0.9)}, Risk.SAFETY),
        (Verdict.REJECT, Severity.S2, [limit("E01", 2.0)], {0: ("E01", 0.9), 1: ("E01", 0.3)}, Risk.REJECT),
        (Verdict.REJECT, Severity.S2, [Reason("storm", "")], {}, Risk.REJECT),
    ],
)
def test_risk_follows_from_verdict_reasons_and_scores(verdict, severity, reasons, defects, risk):
    assert risk_of(verdict, severity, reasons, defects) is risk


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": "added", "kind": "E01"},
        {"change": "added", "defect": 1, "kind": "E01", "box_px": (1, 1, 2, 2)},
        {"change": "removed"},
        {"change": "relabelled", "defect": 0},
        {"change": "redrawn", "defect": 0, "box_px": (1, 1, 2, 2), "polygon_px": ((1, 1), (2, 2), (1, 2))},
        {"change": "redrawn", "defect": 0, "box_px": (2, 1, 2, 2)},
        {"change": "added", "kind": "../E01", "box_px": (1, 1, 2, 2)},
        {"change": "added", "kind": "E01", "box_px": (1, 1, float("nan"), 2)},
    ],
)
def test_a_correction_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValidationError):
        Correction(**wrong)


def test_the_riskiest_case_comes_first_and_accepts_are_mixed_in(plant):
    far, near = (limit("E01", 2.0),), (limit("E01", 0.45),)
    for sequence in range(1, 9):
        plant.add(sequence, reasons=far, defects=(defect(),))
    plant.add(9, reasons=near, defects=(defect(),))
    plant.add(10, Verdict.UNINSPECTED, reasons=(Reason("late", ""),), defects=())
    plant.add(11, Verdict.ACCEPT)
    plant.add(12, is_saved=False, reasons=near)
    assert plant.queue.enrol() == 11
    assert plant.queue.enrol() == 0
    cases = plant.queue.next_cases("ann", 6)
    assert [case.sequence for case in cases] == [10, 9, 11, 8, 7, 6]
    assert cases[0].risk is Risk.UNINSPECTED
    assert plant.queue.waiting()[Risk.REJECT] == 8


def test_two_reviewers_never_hold_the_same_case(plant):
    for sequence in range(1, 31):
        plant.add(sequence)
    plant.queue.enrol()
    got: dict[str, list[int]] = {}

    def take(person):
        got[person] = [case.sequence for case in plant.queue.next_cases(person, 10)]

    threads = [threading.Thread(target=take, args=(person,)) for person in ("ann", "bob", "cat")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = [sequence for several in got.values() for sequence in several]
    assert len(together) == len(set(together))
    assert len(together) >= 20


def test_a_claim_is_kept_over_a_reload_and_ends_with_time_release_or_answer(plant):
    for sequence in (1, 2, 3):
        plant.add(sequence)
    plant.queue.enrol()
    assert [c.sequence for c in plant.queue.next_cases("ann", 2)] == [3, 2]
    assert [c.sequence for c in plant.queue.next_cases("ann", 2)] == [3, 2]
    assert [c.sequence for c in plant.queue.next_cases("bob", 2)] == [1]
    plant.queue.release("ann", [2])
    assert [c.sequence for c in plant.queue.next_cases("bob", 2)] == [1, 2]
    plant.book.record(NewReview(1, "bob", CONFIRMED))
    assert plant.queue.claims() == {3: "ann", 2: "bob"}
    plant.queue.next_cases("ann", 2, hold_s=-1.0)
    assert [c.sequence for c in plant.queue.next_cases("bob", 5)] == [2, 3]


def test_a_claim_made_before_the_clock_was_set_back_holds_nobody_up(plant):
    plant.add(1)
    plant.queue.enrol()
    plant.queue.next_cases("ann", 1, hold_s=7 * 3600.0)  # as one of 300 s looks when the clock goes back by 7 h
    assert plant.queue.claims() == {}
    assert [c.sequence for c in plant.queue.next_cases("bob", 1)] == [1]
    assert plant.queue.claims() == {1: "bob"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CaseFilter(kinds=("E04",)), [3, 1]),
        (CaseFilter(lanes=(2,)), [2]),
        (
            CaseFilter(
                spans=((1, 1), (3, 9)),
            ),
            [3, 1],
        ),
        (CaseFilter(verdicts=(Verdict.UNINSPECTED,)), []),
    ],
)
def test_the_queue_is_filtered_by_kind_lane_roll_and_verdict(plant, wanted, expected):
    plant.add(1)
    plant.add(2, defects=(defect(lane=2),))
    plant.add(3)
    plant.queue.enrol()
    assert [case.sequence for case in plant.queue.next_cases("ann", 5, wanted)] == expected
    assert sum(plant.queue.waiting(wanted).values()) == len(expected)


def test_frames_that_retention_removed_are_not_handed_out(plant):
    plant.add(1)
    plant.add(2)
    plant.queue.enrol()
    plant.store.frame_index.note_deleted_frames([plant.store.frame_index.saved_frame(2)], datetime.now(UTC))
    assert [case.sequence for case in plant.queue.next_cases("ann", 5)] == [1]


def test_a_review_is_added_and_the_decision_stays_as_it_was(plant):
    before = plant.add(1)
    plant.queue.enrol()
    drawn = Correction(change="added", kind="E13", polygon_px=((1, 1), (5, 1), (3, 4)))
    new = NewReview(1, "ann", OVERRULED, "E14", "only dust", (drawn,), 2.5)
    recorded = plant.book.record(new)
    assert (recorded.before, recorded.after) == (None, ReviewOutcome.OVERRULED)
    (review,) = plant.book.reviews_of(1)
    assert review == recorded.review
    assert (review.kind, review.note, review.corrections, review.looked_s) == ("E14", "only dust", (drawn,), 2.5)
    assert review.reading is Reading.FIRST
    found = plant.store.decision(1).decision
    assert (found.verdict, found.reasons) == (before.verdict, before.reasons)
    assert [each.kind for each in found.defects] == [each.kind for each in before.defects]


def test_the_database_itself_refuses_to_alter_a_review(plant):
    plant.add(1)
    plant.queue.enrol()
    plant.book.record(NewReview(1, "ann", CONFIRMED))
    with sqlite3.connect(plant.folder / "store-people.db") as connection:
        for change in ("UPDATE reviews SET answer = 'overruled'", "DELETE FROM reviews"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
                connection.execute(change)
    connection.close()


def test_undo_is_an_entry_of_its_own_and_brings_the_case_back(plant):
    plant.add(1)
    plant.queue.enrol()
    first = plant.book.record(NewReview(1, "ann", CONFIRMED)).review
    again = plant.book.record(NewReview(1, "ann", OVERRULED, replaces=first.number)).review
    assert plant.book.standing_of(1).outcome is ReviewOutcome.OVERRULED
    assert plant.book.last_of("ann") == again
    undone = plant.book.take_back(again.number, "ann")
    assert (undone.before, undone.after) == (ReviewOutcome.OVERRULED, ReviewOutcome.CONFIRMED)
    assert plant.book.last_of("ann") == first
    plant.book.take_back(first.number, "ann")
    assert plant.book.last_of("ann") is None
    assert [case.sequence for case in plant.queue.next_cases("bob", 1)] == [1]
    assert len(plant.book.reviews_of(1)) == 4
    with pytest.raises(ReviewError, match="taken back already"):
        plant.book.take_back(first.number, "ann")


def test_only_its_writer_takes_a_review_back(plant):
    plant.add(1)
    plant.queue.enrol()
    number = plant.book.record(NewReview(1, "ann", CONFIRMED)).review.number
    with pytest.raises(ReviewError, match="only ann"):
        plant.book.take_back(number, "bob")


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (NewReview(7, "ann", CONFIRMED), "no case for review"),
        (NewReview(1, "", CONFIRMED), "person's name"),
        (NewReview(1, "ann", CONFIRMED, "E99"), "code of the catalogue"),
        (NewReview(1, "ann", CONFIRMED, note="x" * 2001), "at most 2000"),
        (NewReview(1, "bob", CONFIRMED), "answered by ann"),
    ],
)
def test_what_cannot_be_entered_is_refused_in_words(plant, new, says):
    plant.add(1)
    plant.queue.enrol()
    plant.book.record(NewReview(1, "ann", CONFIRMED))
    with pytest.raises(ReviewError, match=says):
        plant.book.record(new)


def test_the_second_reader_is_another_one_and_does_not_see_the_first_answer(plant):
    queue = ReviewQueue(plant.database, second_reader_share=1.0)
    plant.add(1)
    queue.enrol()
    plant.book.record(NewReview(1, "ann", CONFIRMED))
    assert queue.next_cases("ann") == []
    assert queue.waiting_for_second() == 1
    (case,) = queue.next_cases("bob")
    assert case.sequence == 1
    assert plant.book.reviews_of(1, "bob") == []
    assert len(plant.book.reviews_of(1, "ann")) == 1
    recorded = plant.book.record(NewReview(1, "bob", OVERRULED))
    assert recorded.review.reading is Reading.SECOND
    assert recorded.after is ReviewOutcome.DISPUTED
    assert len(plant.book.reviews_of(1, "bob")) == 2
    assert plant.book.valid_reviews([1]) == {}
    assert queue.next_cases("cat") == []
    settled = plant.book.record(NewReview(1, "eve", CONFIRMED), is_final=True)
    assert settled.after is ReviewOutcome.CONFIRMED
    assert plant.book.valid_reviews([1])[1].person == "eve"
