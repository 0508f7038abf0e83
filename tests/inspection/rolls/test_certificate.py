"""What a roll's certificate and grade count: what broke a limit, as decisions blame it and reviews leave it."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from camera.frame import FrameId
from inspection.csv_table import Separators
from inspection.errors import ReviewError
from inspection.pages.rolls.roll_files import certificate_of
from inspection.review.cases import Answer, Correction, NewReview
from inspection.review.queue import ReviewQueue
from inspection.rolls.certificate import certificate_csv, certificate_pdf, facts_csv
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import MapFilter
from inspection.values import Box, Piece, Reason, Severity, Verdict
from tests.support.rig import MODEL, RECIPE, decision, defect

METAL = defect(kind="E13", severity=Severity.S1, area_mm2=0.008)
"""0.1 mm across."""
TAPE = defect(kind="N04", severity=Severity.N)
TOO_LARGE = Reason("limit.E13.diameter_mm", "", "E13", 0.12, 0.1, "mm", (0,), Severity.S1, "diameter_mm")
PINHOLE = Reason("limit.E01.diameter_mm", "", "E01", 0.8, 0.5, "mm", (1,), Severity.S2, "diameter_mm")


class Web:
    """A roll of pieces of a metre, on which decisions and reviews are put."""

    def __init__(self, plant):
        self._plant = plant
        self.book = RollBook(plant.database)
        self._next = 1
        RollBook(plant.line).begin("R-17", 1, "plc")

    def pieces(self, count, verdict=Verdict.ACCEPT, *, is_saved=False, **changes):
        return [self.piece(verdict, is_saved=is_saved, **changes) for _ in range(count)]

    def piece(self, verdict=Verdict.REJECT, *, camera="cam0", is_saved=True, **changes):
        sequence = self._next
        self._next += 1
        piece = Piece(FrameId(camera, 1, sequence), 1000.0 * sequence, 1000.0)
        if verdict is Verdict.ACCEPT:
            changes = {"reasons": (), "defects": ()} | changes
        self._plant.add(sequence, verdict, piece=piece, is_saved=is_saved, **changes)
        return sequence

    def say(self, sequence, answer, **more):
        self._plant.queue.enrol()
        return self._plant.book.record(NewReview(sequence, "ann", answer, **more)).review

    @property
    def certificate(self):
        return certificate_of(self._plant.database, "slitter-2", self.book.roll("R-17"), "Ann")

    @property
    def facts(self):
        return dict(csv.reader(io.StringIO(facts_csv(self.certificate).decode())))

    @property
    def rows(self):
        return list(csv.DictReader(io.StringIO(certificate_csv(self.certificate).decode())))


@pytest.fixture
def web(plant):
    return Web(plant)


def test_it_tells_lengths_hashes_grade_and_what_broke_a_limit(web):
    web.pieces(20)
    web.piece(defects=(defect(md_mm=21_050.0), TAPE))
    told = web.facts
    assert told["roll"] == "R-17"
    assert told["recipe"].endswith(RECIPE.sha256)
    assert told["model"].endswith(MODEL.sha256)
    assert told["length (m)"] == told["inspected (m)"] == "21.0"
    assert told["not inspected (m)"] == "0.0"
    assert (told["grade"], told["grade because"]) == ("B", "4.8 % of the length is rejected, more than 2 %.")
    assert told["objects that broke a limit"] == "1"
    (row,) = web.rows
    assert (row["metre"], row["kind"], row["name"], row["lane"]) == ("20.05", "E01", "pinhole", "1")
    assert (row["rule"], row["quantity"], row["measured"], row["limit"], row["unit"]) == (
        *("limit.E01.diameter_mm", "diameter_mm"),
        *("1.0", "0.5", "mm"),
    )
    assert certificate_pdf(web.certificate).startswith(b"%PDF-")


def test_particles_within_limits_do_not_count_in_accepts_nor_beside_a_pinhole(web):
    """One of eleven metal particles is above its limit."""
    web.pieces(50)
    web.pieces(4, defects=(METAL, METAL))
    web.piece(reasons=(PINHOLE,), defects=(METAL, defect(), METAL))
    web.piece(reasons=(TOO_LARGE,), defects=(METAL, TAPE))
    made = web.certificate
    assert made.tally.broke == {"E01": 1, "E13": 1}
    assert made.tally.within_limits == {"E13": 10}
    assert made.grade.safety == 1
    assert [(row["kind"], row["severity"]) for row in web.rows] == [("E01", "S2"), ("E13", "S1")]
    assert web.facts["within limits, not counted"] == "10 objects: 10 E13 metal particle"


def test_a_roll_whose_particles_all_lie_within_limits_has_no_safety_defect(web):
    web.pieces(60, defects=(METAL,))
    web.piece(reasons=(PINHOLE,), defects=(METAL, defect()))
    grade = web.certificate.grade
    assert (grade.letter, grade.safety) == ("A", 0)


def test_a_cluster_counts_its_own_objects_and_no_other(web):
    web.piece(reasons=(Reason("cluster", "", None, 3.0, 3.0, None, (0, 1, 3), Severity.S2, "objects"),),
              defects=(defect(kind="E14"), defect(kind="E14"), METAL, defect(kind="E14")))  # fmt: skip
    assert web.certificate.tally.broke == {"E14": 3}
    assert {row["rule"] for row in web.rows} == {"cluster"}


def test_an_object_that_two_reasons_are_about_counts_once_for_the_gravest(web):
    count = Reason("count.E13", "", "E13", 2.0, 1.0, None, (0, 1), Severity.S1, "objects")
    web.piece(reasons=(TOO_LARGE, count), defects=(METAL, METAL))
    assert web.certificate.tally.broke == {"E13": 2}
    assert [row["rule"] for row in web.rows] == ["limit.E13.diameter_mm", "count.E13"]


def test_what_broke_a_limit_in_a_piece_that_is_not_judged_as_a_whole_counts_too(web):
    web.piece(Verdict.UNINSPECTED, reasons=(Reason("image.blind", ""), TOO_LARGE), defects=(METAL,))
    assert web.certificate.tally.broke == {"E13": 1}


def test_a_piece_rejected_as_a_whole_is_told_apart(web):
    web.pieces(5)
    web.piece(reasons=(Reason("storm", "", None, 900.0, 500.0, None, (), Severity.S2, "places"),), defects=())
    web.piece(reasons=(Reason("limit.E13.diameter_mm", "", "E13", 0.2, 0.1, "mm", (), Severity.S1),), defects=(METAL,))
    tally = web.certificate.tally
    assert (tally.as_a_whole, tally.broke, tally.safety) == (2, {}, 1)
    assert web.facts["rejected as a whole"] == "2 pieces, for no single object"


def test_an_object_over_two_frames_counts_once_and_where_it_broke_its_limit(web):
    """One that was too large from the beginning, one that grew too large in the second frame, and one that begins."""
    whole = replace(METAL, reaches_trailing_edge=True, box=Box(30, 54, 50, 64))
    grows = replace(METAL, kind="E09", reaches_trailing_edge=True, box=Box(90, 54, 99, 64))
    rest, grown = (replace(each, continued=True, reaches_trailing_edge=False) for each in (whole, grows))
    length = Reason("limit.E09.length_mm", "", "E09", 9.0, 5.0, "mm", (1,), Severity.S2, "length_mm")
    web.piece(reasons=(TOO_LARGE,), defects=(whole, grows))
    web.piece(reasons=(TOO_LARGE, length), defects=(rest, grown))
    assert web.certificate.tally.broke == {"E09": 1, "E13": 1}
    assert [(row["decision"], row["kind"]) for row in web.rows] == [("1", "E13"), ("2", "E09")]


def test_an_overruled_reject_is_marked_and_counts_neither_as_defect_nor_as_length(web):
    web.pieces(50)
    first, second = web.pieces(2, Verdict.REJECT, is_saved=True, reasons=(TOO_LARGE,), defects=(METAL,))
    before = web.certificate
    assert (before.grade.letter, before.grade.safety, before.layout.rejected_m) == ("B", 2, pytest.approx(2.0))
    web.say(first, Answer.OVERRULED)
    confirmed = web.say(second, Answer.CONFIRMED)
    after = web.certificate
    assert (after.tally.broke, after.grade.safety, after.layout.rejected_m) == ({"E13": 1}, 1, pytest.approx(1.0))
    assert [(row["review"], row["counts"]) for row in web.rows] == [("overruled", "no"), ("confirmed", "yes")]
    told = web.facts
    assert told["overruled in review"].startswith("1 pieces are good; 1 objects")
    assert told["rejected pieces"] == "2", "what the station said stays said"
    web.say(second, Answer.OVERRULED, replaces=confirmed.number)
    assert web.certificate.grade.letter == "A"


def test_an_accept_that_people_found_bad_counts_as_rejected_and_for_what_they_saw(web):
    pieces = web.pieces(40, is_saved=True)
    assert web.certificate.grade.letter == "A"
    web.say(pieces[7], Answer.OVERRULED, kind="E13")
    made = web.certificate
    assert (made.tally.escapes, made.grade.letter, made.grade.safety) == (1, "B", 1)
    assert made.layout.rejected_m == pytest.approx(1.0)


def test_a_kind_that_people_gave_counts_and_an_object_that_they_struck_out_does_not(web):
    web.pieces(60)
    piece = web.piece(reasons=(TOO_LARGE, replace(TOO_LARGE, defects=(1,))), defects=(METAL, METAL))
    made = (Correction(change="relabelled", defect=0, kind="E14"), Correction(change="removed", defect=1))
    web.say(piece, Answer.CONFIRMED, corrections=made)
    tally = web.certificate.tally
    assert (tally.broke, tally.safety, tally.overruled_objects) == ({"E14": 1}, 0, 1)
    assert [(row["kind"], row["severity"], row["counts"]) for row in web.rows] == [
        ("E14", "S3", "yes"),
        ("E13", "S1", "no"),
    ]
    roll = web.book.roll("R-17")
    assert len(web.book.defects(roll, MapFilter(kinds=("E14",))).kind) == 1


def test_nobody_learns_from_it_what_a_blind_second_reader_must_not_know(web, plant):
    piece = web.piece(reasons=(TOO_LARGE,), defects=(METAL,))
    ReviewQueue(plant.database, second_reader_share=1.0).enrol()
    plant.book.record(NewReview(piece, "ann", Answer.OVERRULED))
    assert (web.certificate.tally.broke, web.rows[0]["review"]) == ({"E13": 1}, "")
    plant.book.record(NewReview(piece, "bob", Answer.CONFIRMED))
    assert web.rows[0]["counts"] == "yes", "a dispute changes nothing"
    plant.book.record(NewReview(piece, "eve", Answer.OVERRULED), is_final=True)
    assert web.rows[0]["counts"] == "no"


def test_the_csv_has_a_plain_header_and_the_separators_that_one_asks_for(web):
    web.piece(defects=(defect(md_mm=1050.0),))
    lines = certificate_csv(web.certificate, Separators.SEMICOLON_COMMA).decode().splitlines()
    assert lines[0].startswith("number;decision;metre;cross_mm;")
    assert lines[1].startswith("1;1;0,05;2,0;1;E01;pinhole;S2;")
    assert facts_csv(web.certificate, Separators.SEMICOLON_COMMA).decode().splitlines()[0] == "fact;value"


def test_a_name_that_is_a_formula_stays_text(plant, web):
    web.piece()
    made = replace(web.certificate, station='=HYPERLINK("http://evil.example")')
    rows = dict(csv.reader(io.StringIO(facts_csv(made).decode())))
    assert rows["station"] == '\'=HYPERLINK("http://evil.example")'


def test_a_roll_without_length_is_not_certified_and_not_all_inspected(web):
    web.piece()
    empty = replace(web.certificate.layout, length_m=0.0)
    assert not empty.is_all_inspected
    with pytest.raises(ReviewError, match="nothing to certify"):
        certificate_pdf(replace(web.certificate, layout=empty))


def test_gaps_too_small_to_be_named_still_keep_it_from_saying_that_all_was_inspected(plant):
    """Blocks of 5 mm every 6.5 mm: less than a gap that is told, and nearly a quarter of the web."""
    RollBook(plant.line).begin("R-1", 1, "plc")
    pieces = [Piece(FrameId("cam0", 1, sequence), 6.5 * sequence, 5.0) for sequence in range(1, 201)]
    plant.store.append([decision(each.frame.number, Verdict.ACCEPT, piece=each, defects=()) for each in pieces])
    made = certificate_of(plant.database, "s", RollBook(plant.database).roll("R-1"), "Ann")
    assert made.layout.not_inspected_m / made.layout.length_m == pytest.approx(0.23, abs=0.01)
    assert made.layout.scattered_m == pytest.approx(made.layout.not_inspected_m)
    assert not made.layout.is_all_inspected
    assert np.isclose(made.layout.length_m, 1.2985)
