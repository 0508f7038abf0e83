from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from camera.frame import FrameId
from inspection.errors import ReviewError
from inspection.pages.rolls.roll_files import roll_file
from inspection.rolls.grade import grade_of
from inspection.rolls.repeats import find_repeats, marks, roller_names
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import Blocks, MapFilter, lay_out
from inspection.values import Piece, Reason, Severity, Verdict
from inspection.values.roll import RollChange, rolls_of
from tests.support.rig import TOO_LARGE, defect

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
    assert gaps == [(0.1, 0.2, 1), (0.3, 0.4, 0), (0.5, 0.5, 0)]
    assert [gap.is_length_known for gap in layout.not_inspected] == [True, True, False]
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
    assert layout.inspected_m == pytest.approx(0.1), "where one of two judged nothing nobody knows the web"
    assert [(gap.camera, round(gap.from_m, 3)) for gap in layout.not_inspected] == [("cam1", 0.1)]
    assert layout.camera_of(np.array([1, 2, 3])).tolist() == [0, 1, 0]


ACCEPT, REJECT, UNINSPECTED = range(3)


def side_by_side(*cameras, runs=None, lacking=()):
    """Blocks of a metre, one camera beside the other: which of 200 each camera did not accept, and as what.

    `runs`: which start of the station each block is of. `lacking`: (camera, block) that no decision is about.
    """
    rows = []
    for metre in range(200):
        for camera, (verdict, metres) in enumerate(cameras):
            if (camera, metre) not in lacking:
                rows.append((runs[metre] if runs else 1, camera, metre, verdict if metre in metres else ACCEPT))
    run, camera, metre, verdict = np.array(rows).T
    sequence, starts = np.arange(1, len(rows) + 1), 1000.0 * metre
    names = tuple(f"cam{number}" for number in range(len(cameras)))
    return Blocks(sequence, run, camera, names, run, starts, np.full(len(rows), 1000.0), verdict)


NOTHING = (ACCEPT, ())
EIGHT_PERCENT, OTHER_EIGHT = (REJECT, range(40, 56)), (REJECT, range(100, 116))
BLIND = (UNINSPECTED, range(150, 153))
SIDE_BY_SIDE = [
    ("8 % rejected by the only one", [EIGHT_PERCENT], 16.0, 0.0, "C"),
    ("8 % rejected by one of two", [NOTHING, EIGHT_PERCENT], 16.0, 0.0, "C"),
    ("8 % rejected by one of three", [NOTHING, EIGHT_PERCENT, NOTHING], 16.0, 0.0, "C"),
    ("the same 8 % rejected by both", [EIGHT_PERCENT, EIGHT_PERCENT], 16.0, 0.0, "C"),
    ("8 % rejected by each, at other places", [EIGHT_PERCENT, OTHER_EIGHT], 32.0, 0.0, "C"),
    ("the only one blind for 1.5 %", [BLIND], 0.0, 3.0, None),
    ("one of two blind for 1.5 %", [BLIND, NOTHING], 0.0, 3.0, None),
    ("both blind for the same 1.5 %", [BLIND, BLIND], 0.0, 3.0, None),
    ("rejected by one where the other is blind", [BLIND, (REJECT, range(150, 153))], 3.0, 3.0, None),
    ("nothing", [NOTHING, NOTHING], 0.0, 0.0, "A"),
]


@pytest.mark.parametrize(
    ("cameras", "rejected_m", "missing_m", "letter"),
    [case[1:] for case in SIDE_BY_SIDE],
    ids=[c[0] for c in SIDE_BY_SIDE],
)
def test_of_each_metre_the_worst_counts_that_any_camera_said(cameras, rejected_m, missing_m, letter):
    layout = lay_out(side_by_side(*cameras))
    assert layout.length_m == pytest.approx(200.0)
    assert layout.rejected_m == pytest.approx(rejected_m)
    assert layout.not_inspected_m == pytest.approx(missing_m)
    assert layout.blind_m == ([(150.0, 153.0)] if missing_m else [])
    grade = grade_of(layout, safety=0)
    assert (grade.letter, grade.rejected) == (letter, pytest.approx(rejected_m / 200.0))


def test_a_camera_that_falls_silent_leaves_the_rest_of_the_roll_not_inspected():
    silent = [(1, metre) for metre in range(120, 200)]
    layout = lay_out(side_by_side(NOTHING, NOTHING, lacking=silent))
    assert layout.not_inspected_m == pytest.approx(80.0)
    assert [(gap.camera, gap.from_m, gap.to_m) for gap in layout.not_inspected] == [("cam1", 120.0, 200.0)]


def test_another_camera_after_a_restart_lacks_nothing_of_what_came_before_it():
    runs = [1] * 120 + [2] * 80
    exchanged = [(0, metre) for metre in range(120, 200)] + [(1, metre) for metre in range(120)]
    layout = lay_out(side_by_side(NOTHING, NOTHING, runs=runs, lacking=exchanged))
    assert (layout.length_m, layout.inspected_m, layout.not_inspected) == (
        pytest.approx(200.0),
        pytest.approx(200.0),
        (),
    )


def test_after_a_restart_cameras_go_on_side_by_side_though_one_had_been_silent():
    runs = [1] * 120 + [2] * 80
    silent = [(1, metre) for metre in range(100, 120)]
    blocks = side_by_side(NOTHING, (REJECT, range(150, 154)), runs=runs, lacking=silent)
    anew = replace(blocks, start_mm=np.where(blocks.station_run == 2, blocks.start_mm - 120_000.0, blocks.start_mm))
    layout = lay_out(anew)
    assert (layout.length_m, layout.rejected_m) == (pytest.approx(200.0), pytest.approx(4.0))
    assert layout.blind_m == [(100.0, 120.0)]
    rejected = anew.sequence[anew.verdict == REJECT]
    assert layout.metres(rejected, anew.start_mm[anew.verdict == REJECT]).tolist() == [150.0, 151.0, 152.0, 153.0]


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


def test_of_too_many_defects_what_broke_a_limit_and_then_the_gravest_and_largest_stay(plant, book):
    tape = defect(kind="N01", severity=Severity.N, area_mm2=900.0)
    defects = (tape, defect(area_mm2=0.5), defect(area_mm2=2.0), defect(area_mm2=1.0))
    add(plant, 1, 0.0, defects=defects, reasons=(replace(TOO_LARGE, defects=(1,)),))
    (roll,) = book.rolls()
    assert book.defects(roll, most=3).position.tolist() == [1, 2, 3]


def test_marks_of_two_cameras_are_no_row_of_one_roller(plant, book):
    """Every other mark lies on the other camera's picture: five of each are rows of their own."""
    for number in range(10):
        md_mm = 50.0 + 471.0 * number
        row = {"defects": (defect(md_mm=md_mm, cd_mm=33.0),), "length_mm": 471.0}
        add(plant, number + 1, 471.0 * number, camera=f"cam{number % 2}", **row)
    (roll,) = book.rolls()
    repeats = roll_file(plant.database, roll, MapFilter()).picture.repeats
    assert [(round(repeat.period_mm), repeat.members) for repeat in repeats] == [
        (942, (0, 2, 4, 6, 8)),
        (942, (1, 3, 5, 7, 9)),
    ]


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
