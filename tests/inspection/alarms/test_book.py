"""One alarm, however often it comes and goes, until somebody is done with it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from inspection.alarms.book import AlarmBook, Happening, UnknownAlarm
from inspection.alarms.condition import AlarmKind, Condition, Priority
from inspection.alarms.records import AlarmRecords
from inspection.clock import Clock
from inspection.errors import LineError
from inspection.store.database import Database

GONE = Condition(AlarmKind.CAMERA_GONE, "cam0", {"camera": "cam0"}, "no device matches")
UNSEEN = {"camera": "cam0", "count": 1, "pieces": 50, "cause": "late"}
STANDS = Condition(AlarmKind.STANDING)


@dataclass
class Time:
    """Two clocks that the test sets."""

    s: float = 1000.0
    utc: datetime = field(default=datetime(2030, 1, 2, tzinfo=UTC))

    def go_on(self, seconds: float) -> None:
        self.s += seconds
        self.utc += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.utc, lambda: self.s, lambda: "boot")


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def book(time):
    return AlarmBook(fold_s=60.0, longest_shelf_min=480.0, clock=time.clock)


def look(book, *conditions):
    book.look(lambda: conditions)
    return book.unsettled()


def happened(book):
    return [happening for happening, _ in book.take_news()]


def test_a_camera_that_was_lost_for_three_seconds_leaves_a_trace_until_somebody_acknowledges_it(book, time):
    began = time.utc
    look(book, GONE)
    time.go_on(3.0)
    (alarm,) = look(book)
    assert (alarm.raised_utc, alarm.cleared_utc) == (began, began + timedelta(seconds=3))
    assert alarm.sentence == "Camera cam0 is gone: check cable and power."
    assert alarm.detail == "no device matches"
    time.go_on(86_400.0)
    assert look(book) == [alarm]
    settled = book.acknowledge(alarm.number, "ann")
    assert (settled.acknowledged_by, settled.acknowledged_utc) == ("ann", time.utc)
    assert look(book) == []


def test_an_acknowledged_alarm_stays_as_long_as_its_cause_and_the_first_to_acknowledge_stays_named(book, time):
    (alarm,) = look(book, GONE)
    book.acknowledge(alarm.number, "ann")
    book.acknowledge(alarm.number, "ben")
    (alarm,) = look(book, GONE)
    assert (alarm.acknowledged_by, alarm.is_standing) == ("ann", True)
    assert look(book) == []
    assert book.acknowledge(alarm.number, "ben").acknowledged_by == "ann", "it may have cleared while the hand moved"


def test_what_chatters_is_one_alarm_with_a_count_and_one_message(book, time):
    (alarm,) = look(book, GONE)
    book.acknowledge(alarm.number, "ann")
    for _ in range(20):
        look(book)
        time.go_on(1.0)
        look(book, GONE)
        time.go_on(1.0)
    (folded,) = book.unsettled()
    assert (folded.number, folded.occurrences, folded.acknowledged_by) == (alarm.number, 21, "ann")
    assert happened(book) == [Happening.RAISED]
    look(book)
    time.go_on(61.0)
    look(book)
    assert happened(book) == [Happening.CLEARED]


def test_one_that_nobody_acknowledged_is_the_same_alarm_when_it_comes_back_and_is_told_again_after_a_while(book, time):
    (alarm,) = look(book, GONE)
    look(book)
    time.go_on(1800.0)
    look(book)
    time.go_on(1800.0)
    (again,) = look(book, GONE)
    assert (again.number, again.occurrences, again.raised_utc) == (alarm.number, 2, alarm.raised_utc)
    assert again.last_raised_utc == time.utc
    assert happened(book) == [Happening.RAISED, Happening.CLEARED, Happening.RAISED]


def test_one_that_was_settled_is_a_new_alarm_when_it_comes_back_later(book, time):
    (alarm,) = look(book, GONE)
    book.acknowledge(alarm.number, "ann")
    look(book)
    time.go_on(61.0)
    (again,) = look(book, GONE)
    assert again.number == alarm.number + 1
    assert again.acknowledged_by is None


def test_one_that_grows_graver_has_to_be_acknowledged_anew(book):
    (alarm,) = look(book, Condition(AlarmKind.UNINSPECTED, "cam0", UNSEEN))
    book.acknowledge(alarm.number, "ann")
    (graver,) = look(book, Condition(AlarmKind.UNINSPECTED, "cam0", UNSEEN | {"count": 40}, urgency=Priority.CRITICAL))
    assert (graver.number, graver.priority, graver.acknowledged_by) == (alarm.number, Priority.CRITICAL, None)
    assert "40 of the last 50" in graver.sentence
    assert happened(book) == [Happening.RAISED, Happening.GRAVER]
    book.acknowledge(alarm.number, "ben")
    (milder,) = look(book, Condition(AlarmKind.UNINSPECTED, "cam0", UNSEEN))
    assert (milder.priority, milder.acknowledged_by) == (Priority.MEDIUM, "ben")


def test_who_brought_it_about_has_acknowledged_it(book):
    (alarm,) = look(book, Condition(AlarmKind.HOLD, "", {"by": "ann", "reason": "splice"}, known_to="ann"))
    assert alarm.acknowledged_by == "ann"
    assert look(book) == []


def test_a_notice_needs_nobody(book):
    (notice,) = look(book, STANDS)
    assert notice.is_acknowledged
    assert look(book) == []
    assert happened(book) == []


def test_the_gravest_that_stands_comes_first(book):
    clock = Condition(AlarmKind.CLOCK_SET, detail="set by 3 h")
    look(book, clock, GONE)
    alarms = look(book, Condition(AlarmKind.REJECT_RATE, "cam0", UNSEEN), STANDS, clock)
    assert [alarm.kind for alarm in alarms] == [
        AlarmKind.REJECT_RATE,
        AlarmKind.CLOCK_SET,
        AlarmKind.STANDING,
        AlarmKind.CAMERA_GONE,
    ]


def test_what_was_there_for_a_moment_leaves_a_trace_and_what_stands_is_not_counted_twice(book, time):
    book.note([GONE])
    (alarm,) = look(book)
    assert (alarm.is_standing, alarm.occurrences) == (False, 1)
    time.go_on(100.0)
    look(book, GONE)
    book.note([GONE])
    look(book)
    book.note([GONE])  # frames that were lost are told a moment later
    (alarm,) = book.unsettled()
    assert alarm.occurrences == 2


def test_a_shelved_alarm_stays_in_the_list_makes_no_noise_and_is_told_anew_when_its_time_is_over(book, time):
    (alarm,) = look(book, GONE)
    book.take_news()
    shelved = book.shelve(alarm.number, "ann", "the cable is being changed", 30.0)
    assert shelved.shelved_until_utc == time.utc + timedelta(minutes=30)
    look(book)
    time.go_on(600.0)
    (back,) = look(book, GONE)
    assert (back.is_shelved, back.is_standing, back.occurrences) == (True, True, 2)
    assert happened(book) == []
    time.go_on(1200.0)
    (over,) = look(book, GONE)
    assert (over.is_shelved, over.acknowledged_by) == (False, None)
    assert happened(book) == [Happening.RAISED]


def test_a_shelf_ends_by_the_running_clock_however_the_wall_clock_is_set(book, time):
    (alarm,) = look(book, GONE)
    book.shelve(alarm.number, "ann", "repair", 10.0)
    time.utc -= timedelta(days=400)
    time.s += 601.0
    assert not look(book, GONE)[0].is_shelved


def test_a_shelf_has_a_limit_and_can_be_emptied_before_its_time(book):
    (alarm,) = look(book, GONE)
    with pytest.raises(LineError, match="480 minutes at most, not for 481"):
        book.shelve(alarm.number, "ann", "repair", 481.0)
    book.shelve(alarm.number, "ann", "repair", 10.0)
    book.unshelve(alarm.number, "ann")
    assert not book.unsettled()[0].is_shelved
    for work in (lambda: book.acknowledge(77, "ann"), lambda: book.shelve(77, "a", "b", 1.0)):
        with pytest.raises(UnknownAlarm, match="no alarm 77"):
            work()


def test_the_store_is_told_what_changed_and_a_restart_goes_on_where_it_was(tmp_path, book, time):
    database = Database.in_file(tmp_path / "store.db")
    records = AlarmRecords(database)
    look(book, GONE, Condition(AlarmKind.CLOCK_SET, detail="set"), STANDS)
    (gone, clock, _) = book.unsettled()
    book.shelve(clock.number, "ann", "known", 60.0)
    changed = book.changed()
    records.write(changed, 10.0)
    book.written(changed)
    assert book.changed() == []
    look(book)
    records.write(book.changed(), 20.0)
    database.close()

    database = Database.in_file(tmp_path / "store.db")
    records = AlarmRecords(database)
    time.go_on(60.0)
    later = AlarmBook(fold_s=60.0, longest_shelf_min=480.0, clock=time.clock)
    later.take_up(records.last_number(), records.unsettled())
    assert {alarm.number for alarm in later.unsettled()} == {gone.number, clock.number}
    assert later.acknowledge(gone.number, "ben").raised_utc == gone.raised_utc
    (shelved,) = later.unsettled()
    assert (shelved.shelved_by, shelved.shelved_reason) == ("ann", "known")
    time.go_on(3600.0)
    look(later)
    (over,) = later.unsettled()
    assert not over.is_shelved, "its hour is over, the restart included"
    (new,) = [alarm for alarm in look(later, Condition(AlarmKind.STORE_BACKUP)) if alarm.is_standing]
    assert new.number == 4
    database.close()


def test_what_the_store_does_not_take_waits_and_counts_its_last_word(book, time):
    look(book, GONE)
    first = book.changed()
    look(book)
    book.written(first)  # it changed while it was written
    (waiting,) = book.changed()
    assert waiting.cleared_utc is not None


def test_old_alarms_go_when_they_are_settled_and_pages_follow_one_another(tmp_path, book, time):
    database = Database.in_file(tmp_path / "store.db")
    records = AlarmRecords(database)
    for n in range(10):
        look(book, Condition(AlarmKind.CAMERA_GONE, f"cam{n}", {"camera": f"cam{n}"}))
        look(book)
        time.go_on(3600.0)
        if n < 8:
            (alarm,) = [alarm for alarm in book.unsettled() if alarm.subject == f"cam{n}"]
            book.acknowledge(alarm.number, "ann")
        records.write(book.changed(), 100.0 * n)
        book.written(book.changed())
    first = records.page(4)
    assert [alarm.number for alarm in first] == [10, 9, 8, 7]
    assert [alarm.number for alarm in records.page(4, before=7)] == [6, 5, 4, 3]
    assert records.page(4, kinds=[AlarmKind.CLOCK_SET]) == []
    began = datetime(2030, 1, 2, tzinfo=UTC)
    span = records.page(9, since=began + timedelta(hours=2), until=began + timedelta(hours=4))
    assert [alarm.number for alarm in span] == [4, 3]
    assert records.remove(350.0) == 4
    assert [alarm.number for alarm in records.page(9)] == [10, 9, 8, 7, 6, 5]
    assert records.remove(10_000.0) == 4, "two are not settled"
    database.close()
