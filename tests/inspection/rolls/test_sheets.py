"""Sheets, which begin anywhere in a frame: a roll of them is as long as they are, and an object over a cut is one."""

from datetime import timedelta

import numpy as np
import pytest

from inspection.pages.rolls.roll_files import certificate_of
from inspection.quality.figures import Figures
from inspection.quality.shift_counts import ShiftCounts
from inspection.rolls.certificate import certificate_csv, facts
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import MapFilter, lay_out
from inspection.store.spans import Span
from inspection.values import Verdict
from tests.support.review_fixtures import BEGAN
from tests.support.sheets import A, R, U, add_sheets


@pytest.fixture
def roll(plant):
    add_sheets(plant)
    (roll,) = RollBook(plant.database).rolls()
    return roll


def test_a_roll_of_sheets_is_as_long_as_they_are_and_each_counts_by_its_own_length(plant, roll):
    layout = lay_out(RollBook(plant.database).blocks(roll))
    assert layout.length_m == pytest.approx(0.875)
    assert layout.inspected_m == pytest.approx(0.75)
    assert layout.rejected_m == pytest.approx(0.5)
    assert [(round(gap.from_m, 3), round(gap.to_m, 3)) for gap in layout.not_inspected] == [(0.375, 0.5)]
    assert layout.unseen == ()
    assert (layout.verdicts[Verdict.ACCEPT], layout.verdicts[Verdict.UNINSPECTED]) == (2, 1)
    assert layout.metres(np.array([2, 3]), np.array([250.0, 250.0])) == pytest.approx([0.25, 0.25])
    assert layout.lanes == ()


def test_sheets_that_all_were_judged_leave_nothing_out(plant):
    add_sheets(plant, (A, R, R, A))
    (roll,) = RollBook(plant.database).rolls()
    layout = lay_out(RollBook(plant.database).blocks(roll))
    assert (layout.length_m, layout.inspected_m) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (layout.is_all_inspected, layout.lost_frames) == (True, 0)


def test_an_object_over_the_cut_of_two_sheets_is_one_object(plant, roll):
    """Both sheets are rejected for it."""
    book = RollBook(plant.database)
    guilty = book.guilty(roll)
    assert guilty.sequence.tolist() == [2, 6]
    assert book.tally(roll, guilty).broke == {"E01": 2}
    assert book.defects(roll).sequence.tolist() == [2, 6]
    assert book.defects(roll, MapFilter(is_guilty=False)).sequence.tolist() == []


def test_the_certificate_of_sheets_counts_them_and_their_objects_once(plant, roll):
    certificate = certificate_of(plant.database, "plant", roll, "ann")
    told = facts(certificate)
    assert told["length (m)"] == "0.88"
    assert told["rejected (m)"] == "0.50"
    assert told["objects that broke a limit"] == "2"
    assert told["rejected pieces"] == "4"
    assert (told["sheets of unknown place"], "frames lost" in told) == ("1", False)
    assert len(certificate_csv(certificate).decode().splitlines()) == 3


def test_statistics_of_sheets_count_sheets_and_each_object_once(plant, roll):
    figures = Figures(plant.database)
    span = Span(roll.first_sequence, roll.last_sequence)
    assert len(figures.sizes(span)) == 2
    assert figures.reject_kinds(span) == {"E01": 4}
    assert figures.by_lane(span) == []
    parts = ShiftCounts(plant.database, BEGAN, BEGAN + timedelta(days=1)).parts()
    assert {part.verdict: (part.pieces, round(part.metres, 3), part.without_length) for part in parts} == {
        A: (2, 0.25, 0),
        R: (4, 0.5, 0),
        U: (1, 0.0, 1),
    }
