import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from camera.frame import FrameId
from inspection.errors import ReviewError
from inspection.review.certificate import Certificate, certificate_csv, certificate_pdf
from inspection.review.repeats import find_repeats, marks, roller_names
from inspection.review.roll import RollChange, rolls_of
from inspection.review.roll_map import MapFilter, lay_out
from inspection.review.store.rolls import RollBook
from inspection.values import Piece, Reason, Severity, Verdict
from tests.station.rig import MODEL, RECIPE, defect

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def change(first, roll):
    return RollChange(first, roll, NOON, "plc")


@pytest.mark.parametrize(
    ("changes", "runs", "expected"),
    [
        ([], [], []),
        ([], [(3, 1)], [("run 3", 1, 100)]),
        ([change(1, "A")], [(1, 1), (2, 40)], [("A", 1, 100)]),
        ([change(10, "A"), change(50, "B")], [(1, 1)], [("run 1", 1, 9), ("A", 10, 49), ("B", 50, 100)]),
        ([change(10, "A"), change(50, None)], [(1, 1)], [("run 1", 1, 9), ("A", 10, 49), ("run 1 from 50", 50, 100)]),
        ([change(10, "A"), change(30, None)], [(1, 1), (2, 60)],
         [("run 1", 1, 9), ("A", 10, 29), ("run 1 from 30", 30, 59), ("run 2", 60, 100)]),
        ([change(10, "A"), change(10, "B")], [(1, 1)], [("run 1", 1, 9), ("B", 10, 100)]),
        ([change(101, "next")], [(1, 1)], [("run 1", 1, 100)]),
    ],
)  # fmt: skip
def test_rolls_are_stretches_between_what_the_line_said(changes, runs, expected):
    rolls = rolls_of(changes, runs, 100 if runs else 0)
    assert [(roll.name, roll.first_sequence, roll.last_sequence) for roll in rolls] == expected
    assert [roll.is_running for roll in rolls] == [False] * (len(rolls) - 1) + [True] * bool(rolls)


@pytest.fixture
def book(plant):
    """As people read it."""
    return RollBook(plant.database)


@pytest.fixture
def line(plant):
    """As the station notes what the line tells."""
    return RollBook(plant.line)


def add(plant, sequence, start_mm, verdict=Verdict.REJECT, *, camera="cam0", run=1, length_mm=100.0, **changes):
    piece = Piece(FrameId(camera, run, sequence), start_mm, length_mm)
    plant.add(sequence, verdict, piece=piece, is_saved=False, **changes)


def test_a_roll_is_found_by_name_or_number_and_a_wrong_name_is_refused(plant, book, line):
    for sequence in range(1, 5):
        add(plant, sequence, 100.0 * sequence)
    line.begin("R-17/a", 3, "plc")
    assert book.roll("R-17/a").last_sequence == 4
    assert book.roll("1").name == "run 1"
    with pytest.raises(ReviewError, match="the last ones are: run 1, R-17/a"):
        book.roll("R-18")
    for name in ("", " R", "R\n", "<b>", "x" * 65):
        with pytest.raises(ReviewError, match="expected a name"):
            line.begin(name, 3, "plc")


def test_metres_run_on_when_an_encoder_starts_anew_and_gaps_are_not_inspected(plant, book):
    add(plant, 1, 5000.0, defects=(defect(md_mm=5050.0),))
    add(plant, 2, 5100.0, Verdict.UNINSPECTED, reasons=(Reason("late", ""),), defects=())
    add(plant, 3, 5200.0, Verdict.ACCEPT)
    lost = (Reason("lost.dropped", ""),)
    add(plant, 4, None, Verdict.UNINSPECTED, length_mm=None, reasons=lost, defects=())
    add(plant, 5, 5400.0, Verdict.ACCEPT)
    add(plant, 6, 0.0, run=2, defects=(defect(md_mm=30.0),))
    (roll,) = book.rolls()
    layout = lay_out(book.blocks(roll))
    assert layout.length_m == pytest.approx(0.6)
    assert layout.inspected_m == pytest.approx(0.4)
    assert layout.rejected_m == pytest.approx(0.2)
    gaps = [(round(gap.from_m, 3), round(gap.to_m, 3), gap.frames) for gap in layout.not_inspected]
    assert gaps == [(0.1, 0.2, 1), (0.3, 0.4, 0)]
    assert layout.lost_frames == 1
    defects = book.defects(roll)
    at = dict(zip(defects.sequence.tolist(), layout.metres(defects.sequence, defects.md_mm).tolist(), strict=True))
    assert at[1] == pytest.approx(0.05)
    assert at[6] == pytest.approx(0.53)


def test_cameras_side_by_side_share_the_metres(plant, book):
    add(plant, 1, 1000.0, Verdict.ACCEPT)
    add(plant, 2, 1000.0, camera="cam1")
    add(plant, 3, 1100.0, Verdict.ACCEPT)
    add(plant, 4, 1100.0, Verdict.UNINSPECTED, camera="cam1", reasons=(Reason("late", ""),), defects=())
    (roll,) = book.rolls()
    layout = lay_out(book.blocks(roll))
    assert layout.length_m == pytest.approx(0.2)
    assert layout.inspected_m == pytest.approx(0.15)
    assert [(gap.camera, round(gap.from_m, 3)) for gap in layout.not_inspected] == [("cam1", 0.1)]
    assert layout.camera_of(np.array([1, 2, 3])).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (MapFilter(), 4),
        (MapFilter(kinds=("E04",)), 1),
        (MapFilter(severities=(Severity.S1,)), 1),
        (MapFilter(verdicts=(Verdict.ACCEPT,)), 2),
        (MapFilter(lanes=(2,)), 1),
        (MapFilter(from_mm=0.8), 1),
        (MapFilter(to_mm=0.8), 3),
    ],
)
def test_the_map_is_filtered(plant, book, wanted, count):
    add(plant, 1, 0.0)
    add(plant, 2, 100.0, Verdict.ACCEPT, defects=(defect(area_mm2=1.0), defect(lane=2), defect(continued=True)))
    (roll,) = book.rolls()
    found = book.defects(roll, wanted)
    assert len(found.kind) == count
    assert found.is_complete
    assert not book.defects(roll, most=3).is_complete


def test_of_too_many_defects_the_largest_stay(plant, book):
    add(plant, 1, 0.0, defects=(defect(area_mm2=0.5), defect(area_mm2=2.0), defect(area_mm2=1.0)))
    (roll,) = book.rolls()
    assert book.defects(roll, most=2).position.tolist() == [1, 2]


def test_a_dented_roller_is_found_by_its_circumference(plant):
    rng = np.random.default_rng(3)
    along, across = rng.random(600) * 100_000.0, rng.random(600) * 200.0
    places = np.arange(0.0, 60_000.0, 942.0)
    kept = rng.random(places.size) > 0.2
    dents = (places + rng.normal(0.0, 1.5, places.size))[kept]
    repeats = find_repeats(np.append(along, dents), np.append(across, np.full(dents.size, 120.5)))
    assert len(repeats) == 1
    (found,) = repeats
    assert found.period_mm == pytest.approx(942.0, abs=0.5)
    assert found.diameter_mm == pytest.approx(300.0, abs=0.5)
    assert found.cd_mm == pytest.approx(120.5, abs=0.5)
    assert 0.8 * dents.size <= len(found.members) <= dents.size + 3
    assert roller_names(found, {"coating": 942.5, "nip": 471.0}) == ["coating"]
    assert (marks(repeats, 600 + dents.size)[600:] == 1).mean() > 0.8


def test_chance_makes_no_repeats():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        assert find_repeats(rng.random(2000) * 200_000.0, rng.random(2000) * 300.0) == []
    assert find_repeats(np.zeros(0), np.zeros(0)) == []


@pytest.fixture
def certificate(plant, book, line):
    for sequence in range(1, 21):
        add(plant, sequence, 100.0 * sequence, Verdict.ACCEPT)
    add(plant, 21, 2100.0, defects=(defect(md_mm=2150.0), defect(kind="N04", severity=Severity.N)))
    line.begin("R-17", 1, "plc")
    roll = book.roll("R-17")
    recipes, models = book.artefacts(roll)
    began, ended = book.times(roll)
    defects = book.defects(roll, MapFilter(verdicts=(Verdict.REJECT,)))
    layout = lay_out(book.blocks(roll))
    return Certificate("slitter-2", roll, layout, defects, tuple(recipes), tuple(models), began, ended, NOON, "Ann")


def test_the_certificate_tells_lengths_hashes_grade_and_defects(certificate):
    head, table = certificate_csv(certificate).split("\n\n")
    told = dict(csv.reader(io.StringIO(head)))
    assert told["roll"] == "R-17"
    assert told["recipe"].endswith(RECIPE.sha256)
    assert told["model"].endswith(MODEL.sha256)
    assert told["length (m)"] == told["inspected (m)"] == "2.10"
    assert told["not inspected (m)"] == "0.00"
    assert (told["grade"], told["grade because"]) == ("B", "4.8 % of the length is rejected, more than 2 %.")
    assert told["defects in rejected pieces"] == "1"
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["metre"], row["kind"], row["name"], row["lane"]) == ("2.050", "E01", "pinhole", "1")
    pdf = certificate_pdf(certificate)
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 2000


def test_a_roll_without_length_is_not_certified(certificate, plant, book):
    empty = replace(certificate.layout, length_m=0.0)
    with pytest.raises(ReviewError, match="nothing to certify"):
        certificate_pdf(replace(certificate, layout=empty))
