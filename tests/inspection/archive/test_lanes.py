"""Lanes that are decided one by one, in the archive and in the queue of reviews."""

from inspection.archive.archive import ArchiveSearch
from inspection.archive.search import Search
from inspection.review.cases import CaseFilter
from tests.support.lanes import add_lanes


def test_a_lane_is_found_with_all_its_decisions_or_with_those_that_a_kind_was_found_in(plant):
    add_lanes(plant)
    archive = ArchiveSearch(plant.database)
    found = archive.find(Search(lanes=(2,)))
    assert [(each.sequence, each.lane) for each in found] == [(number, 2) for number in (14, 11, 8, 5, 2)]
    assert [each.sequence for each in archive.find(Search(lanes=(2,), kinds=("E01",)))] == [8, 5]
    assert archive.count(Search(lanes=(1, 3))) == 10


def test_what_lies_before_and_after_a_lane_is_that_lane(plant):
    add_lanes(plant)
    found = ArchiveSearch(plant.database).neighbours(8, 1)
    assert [(each.sequence, each.lane) for each in found] == [(5, 2), (8, 2), (11, 2)]


def test_cases_of_a_lane_are_its_own(plant):
    add_lanes(plant, is_saved=True)
    plant.queue.enrol()
    waiting = [sum(plant.queue.waiting(CaseFilter(lanes=(lane,))).values()) for lane in (1, 2, 3)]
    assert waiting == [5, 5, 5]
    rejects = [sum(plant.queue.waiting(CaseFilter(lanes=(lane,), kinds=("E01",))).values()) for lane in (1, 2, 3)]
    assert rejects == [1, 2, 0]
