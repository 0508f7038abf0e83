"""Counts where lanes are decided one by one."""

from datetime import timedelta

import pytest

from inspection.quality.figures import Figures
from inspection.quality.shift_counts import ShiftCounts
from inspection.store.recent import RecentLine
from inspection.values import Verdict
from tests.support.lanes import add_lanes
from tests.support.review_fixtures import BEGAN


@pytest.fixture
def figures(plant):
    add_lanes(plant)
    return Figures(plant.database)


def test_a_lane_has_the_verdicts_of_its_own_decisions(figures):
    told = [(g.name, g.accepted, g.rejected, g.uninspected) for g in figures.by_lane(figures.whole())]
    assert told == [("1", 3, 1, 1), ("2", 2, 2, 1), ("3", 3, 0, 2)]


def test_pieces_over_the_whole_width_count_for_all_lanes_beside_them(plant, figures):
    plant.add(16, Verdict.ACCEPT, is_saved=False)
    plant.add(17, Verdict.REJECT, is_saved=False)  # of lane 1
    told = [(g.name, g.accepted, g.rejected, g.uninspected) for g in figures.by_lane(figures.whole())]
    assert told == [("1", 4, 2, 1), ("2", 4, 2, 1), ("3", 5, 0, 2)]


def test_kinds_of_a_lane_are_those_of_its_own_rejects(figures):
    whole = figures.whole()
    assert [figures.reject_kinds(whole, lane) for lane in (1, 2, 3)] == [{"E01": 1}, {"E01": 2}, {}]


def test_metres_of_a_shift_count_a_stretch_once(plant, figures):
    parts = ShiftCounts(plant.database, BEGAN, BEGAN + timedelta(hours=1)).parts()
    assert sum(part.metres for part in parts) == pytest.approx(0.5)
    assert {part.verdict: round(part.metres, 4) for part in parts} == {
        Verdict.ACCEPT: round(0.8 / 3, 4),
        Verdict.REJECT: 0.1,
        Verdict.UNINSPECTED: round(0.4 / 3, 4),
    }
    assert sum(part.pieces for part in parts) == 15


def test_the_speed_of_the_web_does_not_depend_on_its_lanes(plant, figures):
    recent = RecentLine(plant.database).update()
    assert [block.lane for block in recent.blocks[:3]] == [1, 2, 3]
    assert recent.speed_m_min == pytest.approx(0.1 / 3.0 * 60.0)


def test_an_object_over_two_lanes_has_one_size(figures):
    whole = figures.whole()
    assert [len(figures.sizes(whole, lane=lane)) for lane in (None, 1, 2, 3)] == [2, 1, 1, 0]
