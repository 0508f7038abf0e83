"""Lanes that are decided one by one: a metre of web is a metre, and an object one, however many lanes there are."""

import numpy as np
import pytest

from inspection.pages.rolls.roll_files import certificate_of
from inspection.rolls.certificate import facts
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import LaneLength, lay_out
from tests.support.lanes import A, U, add_lanes


@pytest.fixture
def roll(plant):
    add_lanes(plant)
    (roll,) = RollBook(plant.database).rolls()
    return roll


def test_a_stretch_is_as_long_as_it_is_and_the_worst_of_its_lanes_counts(plant, roll):
    layout = lay_out(RollBook(plant.database).blocks(roll))
    assert layout.length_m == pytest.approx(0.5)
    assert layout.inspected_m == pytest.approx(0.3)
    assert layout.rejected_m == pytest.approx(0.2)
    assert layout.cameras == ("cam0",)
    assert layout.unseen == ()
    assert layout.metres(np.array([7, 8]), np.array([240.0, 240.0])) == pytest.approx([0.24, 0.24])


def test_each_lane_has_lengths_of_its_own(plant, roll):
    layout = lay_out(RollBook(plant.database).blocks(roll))
    told = [(each.lane, round(each.inspected_m, 3), round(each.rejected_m, 3)) for each in layout.lanes]
    assert told == [(1, 0.4, 0.1), (2, 0.4, 0.2), (3, 0.3, 0.0)]
    assert isinstance(layout.lanes[0], LaneLength)


def test_what_a_lane_was_not_judged_on_is_told_with_that_lane(plant, roll):
    layout = lay_out(RollBook(plant.database).blocks(roll))
    told = {(round(gap.from_m, 3), round(gap.to_m, 3), gap.lane) for gap in layout.not_inspected}
    assert told == {(0.3, 0.5, 3), (0.4, 0.5, 1), (0.4, 0.5, 2)}
    assert layout.blind_m == [(pytest.approx(0.3), pytest.approx(0.5))]


def test_a_stretch_that_no_lane_was_judged_on_is_told_once(plant):
    add_lanes(plant, stretches=((A, A, A), (U, U, U), (A, A, A)))
    (roll,) = RollBook(plant.database).rolls()
    (gap,) = lay_out(RollBook(plant.database).blocks(roll)).not_inspected
    assert (round(gap.from_m, 3), round(gap.to_m, 3), gap.lane, gap.camera) == (0.1, 0.2, None, "cam0")


def test_an_object_over_two_lanes_is_one_object(plant, roll):
    book = RollBook(plant.database)
    guilty = book.guilty(roll)
    assert guilty.sequence.tolist() == [5, 7]
    assert book.tally(roll, guilty).broke == {"E01": 2}
    assert book.defects(roll).sequence.tolist() == [5, 7]


def test_the_certificate_tells_the_rejected_length_of_each_lane(plant, roll):
    told = facts(certificate_of(plant.database, "plant", roll, "ann"))
    assert told["rejected (m)"] == "0.20"
    assert [told[f"rejected of lane {lane} (m)"] for lane in (1, 2, 3)] == ["0.10", "0.20", "0.00"]
