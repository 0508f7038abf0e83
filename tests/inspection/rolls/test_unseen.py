"""Web that passed while nobody looked: of unknown length on map, certificate and grade, unless an encoder says more."""

import csv
import io

import pytest

from camera.frame import FrameId
from inspection.pages.rolls.roll_files import certificate_of
from inspection.rolls.certificate import certificate_pdf, facts_csv
from inspection.rolls.grade import GradeReason, grade_of
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import lay_out
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.values import Piece, Reason, Verdict
from tests.support.fresh_store import lay_store
from tests.support.rig import MODEL, RECIPE, decision

LOST = (Reason("lost.dropped", "gone"),)


class Line:
    """A station that is started again and again, and what its store tells of rolls."""

    def __init__(self, folder) -> None:
        self._database = Database.in_file(lay_store(folder / "store.db", Access.PEOPLE))
        self.read = Database.in_file(folder / "store.db", Access.PEOPLE)
        self.store = Store(self._database)
        self.rolls = RollBook(self._database)
        self.sequence = 0
        self.start()

    def start(self) -> None:
        self.store.begin_run("test", "0", RECIPE, MODEL)

    def see(self, *starts_mm, camera="cam0", run=1, length_mm=100.0, verdict=Verdict.ACCEPT, **changes) -> None:
        """Decide blocks that begin there; None: a lost frame of which nobody knows where it was."""
        for start_mm in starts_mm:
            self.sequence += 1
            is_lost = start_mm is None
            piece = Piece(FrameId(camera, run, self.sequence), start_mm, None if is_lost else length_mm)
            made = {"piece": piece, "reasons": LOST, "defects": ()} if is_lost else {"piece": piece}
            self.store.append([decision(self.sequence, Verdict.UNINSPECTED if is_lost else verdict, **made | changes)])

    def layout(self, name):
        book = RollBook(self.read)
        return lay_out(book.blocks(book.roll(name)))

    def grade(self, name):
        return grade_of(self.layout(name), 0)

    def places(self, name):
        return [(each.at_m, each.next_sequence) for each in self.layout(name).unseen]

    def close(self) -> None:
        self._database.close()
        self.read.close()


@pytest.fixture
def line(tmp_path):
    line = Line(tmp_path)
    yield line
    line.close()


def test_what_passes_while_the_station_is_down_is_of_unknown_length_and_the_roll_has_no_grade(line):
    line.rolls.begin("R-1", 1, "plc")
    for _ in range(3):
        line.see(0.0, 100.0, 200.0)
        line.start()
    layout = line.layout("R-1")
    assert layout.length_m == layout.inspected_m == pytest.approx(0.9)
    assert line.places("R-1") == [(0.3, 4), (0.6, 7)]
    assert (line.grade("R-1").letter, line.grade("R-1").reason) == (None, GradeReason.UNKNOWN_LENGTH)


@pytest.mark.parametrize(
    ("resumes_at_mm", "unseen", "letter"),
    [
        (300.0, 0, "A"),  # the web's own encoder, and the web stood
        (301.9, 0, "A"),
        (298.5, 0, "A"),
        (0.0, 1, None),
        (200.0, 1, None),
        (305.0, 1, None),
        (30_000.0, 1, None),
    ],
)
def test_only_an_encoder_that_goes_on_where_it_was_left_proves_that_nothing_passed(line, resumes_at_mm, unseen, letter):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0, 200.0)
    line.start()
    line.see(*(resumes_at_mm + 100.0 * n for n in range(40)))
    assert len(line.places("R-1")) == unseen
    assert line.grade("R-1").letter == letter


def test_an_encoder_that_goes_on_is_no_proof_behind_frames_that_were_lost(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0, 200.0, None)
    line.start()
    line.see(300.0, 400.0)
    assert line.places("R-1") == [(0.3, 5)]


def test_of_two_rolls_between_which_the_station_was_down_neither_is_known_to_its_end(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0)
    line.start()
    line.rolls.begin("R-2", 3, "plc")
    line.see(0.0, 100.0, 200.0)
    line.rolls.begin("R-3", 6, "plc")
    line.see(300.0)
    assert line.places("R-1") == [(0.2, None)]
    assert line.places("R-2") == [(0.0, 3)]
    assert line.places("R-3") == []
    assert [line.grade(name).letter for name in ("R-1", "R-2", "R-3")] == [None, None, "A"]


def test_a_roll_whose_end_was_told_before_the_station_stopped_is_known_to_its_end(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0)
    line.rolls.end(3, "plc")
    line.start()
    line.rolls.begin("R-2", 3, "plc")
    line.see(0.0, 100.0)
    assert line.places("R-1") == []
    assert line.places("R-2") == [(0.0, 3)]


def test_with_the_webs_own_encoder_a_restart_between_two_rolls_hides_nothing(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0)
    line.start()
    line.rolls.begin("R-2", 3, "plc")
    line.see(200.0, 300.0)
    assert line.places("R-1") == line.places("R-2") == []


def test_a_roll_that_begins_before_the_first_decision_of_this_store_is_not_known_from_its_beginning(tmp_path):
    line = Line(tmp_path)
    line.sequence = 5000  # as after a store that was lost: the station counts on above what it told
    line.rolls.begin("R-9", 5001, "plc")
    line.see(0.0, 100.0)
    assert line.places("R-9") == [(0.0, 5001)]
    line.close()


def test_decisions_that_never_reached_the_store_leave_an_unknown_end(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0)
    line.sequence = 5
    line.see(500.0)
    line.rolls.begin("R-2", 6, "plc")
    assert line.places("R-1") == [(0.2, None)]
    line.rolls.begin("R-3", 4, "plc")
    line.see(600.0)
    assert line.places("R-3") == [], "R-3 was told of no decision that is there"


def test_a_camera_that_comes_back_tells_by_its_encoder_what_it_missed_and_if_it_went_back_nobody_knows(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(*(100.0 * n for n in range(200)))
    line.see(20_000.0, run=2)  # touches
    line.see(20_150.0, run=3)  # 50 mm are missing, and known
    assert line.places("R-1") == []
    assert line.layout("R-1").not_inspected_m == pytest.approx(0.05)
    assert line.grade("R-1").letter == "A"
    line.see(0.0, run=4)
    assert line.places("R-1") == [(20.25, 203)]
    assert line.grade("R-1").letter is None


def test_an_encoder_that_goes_back_while_the_camera_runs_begins_a_new_stretch(line):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0, 200.0, 0.0, 100.0, 199.0)
    layout = line.layout("R-1")
    assert layout.length_m == pytest.approx(0.599)
    assert line.places("R-1") == [(0.3, 4)]


@pytest.mark.parametrize(("starts", "unseen"), [((None, 0.0, 100.0), 1), ((0.0, None, 100.0), 0), ((0.0, None), 1)])
def test_lost_frames_at_a_rolls_end_are_of_unknown_length_and_between_others_the_encoder_knows(line, starts, unseen):
    line.see(0.0)
    line.rolls.begin("R-1", 2, "plc")
    line.see(*starts)
    line.rolls.begin("R-2", line.sequence + 1, "plc")
    line.see(1000.0)
    assert len(line.places("R-1")) == unseen


@pytest.mark.parametrize(("rule", "length_mm"), [("lost.counter", None), ("image.short.unplaced", 30.0)])
def test_frames_that_nobody_could_count_are_of_unknown_length_wherever_they_lie(line, rule, length_mm):
    line.rolls.begin("R-1", 1, "plc")
    line.see(0.0, 100.0)
    reasons = (Reason(rule, "nobody knows how much passed"),)
    line.see(200.0, length_mm=length_mm, verdict=Verdict.UNINSPECTED, reasons=reasons, defects=())
    line.see(230.0)
    assert line.places("R-1") == [(0.2 + (length_mm or 0.0) / 1000.0, 3)]


def test_cameras_side_by_side_that_were_down_together_leave_one_place(line):
    line.rolls.begin("R-1", 1, "plc")
    for _ in range(2):
        for start_mm in (0.0, 100.0):
            line.see(start_mm)
            line.see(start_mm, camera="cam1")
        line.start()
    (place,) = line.layout("R-1").unseen
    assert (place.at_m, place.next_sequence, place.cameras) == (0.2, 5, ("cam0", "cam1"))


def test_the_certificate_says_where_and_how_often_and_gives_no_grade(line):
    line.rolls.begin("R-1", 1, "plc")
    for _ in range(25):
        line.see(0.0, 100.0)
        line.start()
    book = RollBook(line.read)
    roll = book.roll("R-1")
    made = certificate_of(line.read, "s", roll, "Ann")
    told = dict(csv.reader(io.StringIO(facts_csv(made).decode())))
    words = told["also not inspected"]
    assert words.startswith(
        "24 stretches of unknown length: at 0.20 m, before decision 3; at 0.40 m, before decision 5;"
    )
    assert words.endswith("and 4 more")
    assert told["grade"] == "none"
    assert "At 24 places web may have passed unseen" in told["grade because"]
    assert certificate_pdf(made).startswith(b"%PDF-")
