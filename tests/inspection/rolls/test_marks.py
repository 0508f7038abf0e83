"""What is told of the past is kept, and looked up again as soon as anything about it has changed."""

from datetime import UTC, datetime, timedelta

from inspection.quality.figures import Figures
from inspection.review.cases import Answer, NewReview
from inspection.rolls.roll_book import RollBook
from inspection.values import Verdict
from tests.support.review_fixtures import BEGAN
from tests.support.rig import MODEL, RECIPE, decision

LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)


def test_a_roll_of_the_past_bears_another_mark_when_something_about_it_has_changed(plant):
    book, line = RollBook(plant.database), RollBook(plant.line)
    for sequence in (1, 2, 3):
        plant.add(sequence)
    plant.queue.enrol()
    line.begin("R-1", 1, "plc")
    assert book.mark(book.roll("R-1")) is None, "it is running"
    line.begin("R-2", 4, "plc")
    plant.store.append([decision(sequence, Verdict.ACCEPT) for sequence in range(4, 1004)])
    assert book.mark(book.roll("R-1")) is None, "what lies right behind it may tell where its web ends"
    plant.store.append([decision(1004, Verdict.ACCEPT)])
    mark = book.mark(book.roll("R-1"))
    assert mark is not None
    plant.store.append([decision(1005, Verdict.ACCEPT)])
    assert book.mark(book.roll("R-1")) == mark, "the line goes on, and the roll stays what it was"

    seen = {mark}
    plant.book.record(NewReview(2, "the-qa", Answer.OVERRULED))
    seen.add(book.mark(book.roll("R-1")))
    plant.store.frame_index.note_deleted_frames([plant.store.frame_index.saved_frame(3)], BEGAN)
    seen.add(book.mark(book.roll("R-1")))
    line.begin("R-3", 1006, "plc")
    seen.add(book.mark(book.roll("R-1")))
    plant.store.begin_run("test", "0", RECIPE, MODEL)
    seen.add(book.mark(book.roll("R-1")))
    assert len(seen) == 5


def test_figures_bear_a_mark_while_the_line_stands_and_another_one_after_each_change(plant):
    figures = Figures(plant.database)
    assert figures.mark() is None, "there is nothing"
    plant.add(1, decided_utc=LONG_AGO)
    seen = {figures.mark()}
    plant.add(2, decided_utc=LONG_AGO + timedelta(seconds=1))
    seen.add(figures.mark())
    plant.queue.enrol()
    seen.add(figures.mark())
    plant.book.record(NewReview(2, "the-qa", Answer.OVERRULED))
    seen.add(figures.mark())
    RollBook(plant.line).begin("R-1", 2, "plc")
    seen.add(figures.mark())
    assert None not in seen
    assert len(seen) == 5
    plant.add(3, decided_utc=datetime.now(UTC))
    assert figures.mark() is None, "the last decision may still be amended"
