"""What the line did last: the same from the first look as from many."""

from datetime import UTC, datetime, timedelta

import pytest

from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.recent import RecentLine
from inspection.values import Verdict
from tests.inspection.pages.plant import MODEL, RECIPE, decision, fill, verdict_of


@pytest.fixture
def database(tmp_path):
    fill(tmp_path, 60)
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    yield database
    database.close()


@pytest.fixture
def line(tmp_path):
    line = Database.in_file(tmp_path / "store.db")
    yield line
    line.close()


def test_the_first_look_counts_what_was_there(database):
    recent = RecentLine(database).update()
    assert recent.verdicts == {Verdict.ACCEPT: 53, Verdict.REJECT: 6, Verdict.UNINSPECTED: 1}
    assert recent.kinds == {"E01": 6}
    assert [block.sequence for block in recent.blocks] == list(range(1, 61))
    assert [block.sequence for block in recent.rejects] == [60, 50, 40, 30, 20, 15, 10]
    assert recent.pictured == {10, 20, 30, 40, 50, 60}
    assert sum(minute.total for minute in recent.minutes) == 60
    assert recent.run.model == MODEL
    assert recent.speed_m_min == pytest.approx(51.2 / 1000 / (0.1 / 60), rel=1e-3)
    reject = recent.rejects[0]
    assert (reject.kinds, reject.lanes, reject.box.left) == (("E01",), {1}, 30)
    assert recent.rejects[5].rules == ("lost.dropped",)
    assert recent.rejects[5].lanes == frozenset()


def test_looking_again_adds_what_is_new_and_equals_one_look(database, line):
    store = Store(line)
    store.begin_run("plant", "0", RECIPE, MODEL)
    watching = RecentLine(database)
    watching.update()
    now = datetime.now(UTC)
    store.append([decision(n, verdict_of(n), now + timedelta(milliseconds=n)) for n in range(61, 691)])
    watched, fresh = watching.update(), RecentLine(database).update()
    for name in ("blocks", "rejects", "verdicts", "kinds", "minutes"):
        assert getattr(watched, name) == getattr(fresh, name), name
    assert watching.update() == watched


def test_counts_begin_anew_with_the_stations_next_start(database, line):
    watching = RecentLine(database)
    watching.update()
    store = Store(line)
    store.begin_run("plant", "0", RECIPE, MODEL)
    assert watching.update().verdicts == {}
    store.append([decision(61, Verdict.ACCEPT, datetime.now(UTC))])
    recent = watching.update()
    assert recent.verdicts == {Verdict.ACCEPT: 1}
    assert recent.run.number == 2
    assert len(recent.blocks) == 61


def test_an_empty_store_is_no_trouble(tmp_path):
    database = Database.in_file(tmp_path / "empty.db", Access.PEOPLE)
    recent = RecentLine(database).update()
    assert recent.run is None
    assert recent.newest is None
    assert recent.speed_m_min is None
    database.close()


def test_what_a_wrong_clock_put_into_the_future_is_not_in_the_course_by_minute(database, line):
    store = Store(line)
    store.begin_run("plant", "0", RECIPE, MODEL)
    watching = RecentLine(database)
    before = watching.update().minutes
    store.append([decision(61, Verdict.ACCEPT, datetime(2040, 1, 1, tzinfo=UTC))])
    assert watching.update().minutes == RecentLine(database).update().minutes == before
