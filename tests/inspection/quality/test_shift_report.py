"""A shift's report says what is kept of it: what was decided, what was the matter, who did what, when nothing ran."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from camera.frame import FrameId
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind, Priority
from inspection.alarms.records import AlarmRecords
from inspection.people.audit import AuditEntry, AuditLog
from inspection.quality.shift_report import Downtime, notes_of, shift_report
from inspection.quality.shifts import Shift, shift_at, shift_named
from inspection.values import Artefact, Piece, Reason, Severity, Verdict
from tests.support.review_fixtures import BEGAN
from tests.support.rig import MODEL, RECIPE

EARLY = Shift("2030-01-02 early", datetime(2030, 1, 2, 6, tzinfo=UTC), datetime(2030, 1, 2, 14, tzinfo=UTC))
LATER = EARLY.ends + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def at(hour, minute=0, second=0):
    return datetime(2030, 1, 2, hour, minute, second, tzinfo=UTC)


def alarm(number, kind, raised, cleared=None, **changes):
    made = Alarm(number, kind, "", Priority.MEDIUM, f"{kind.value}.", "", raised, raised, cleared_utc=cleared)
    return replace(made, **changes)


class Shop:
    """A store into which a shift is written."""

    def __init__(self, plant):
        self._plant = plant
        self.database = plant.database
        self._next = 1

    def decide(self, when, verdict=Verdict.ACCEPT, **changes):
        sequence, self._next = self._next, self._next + 1
        if verdict is Verdict.ACCEPT:
            changes = {"reasons": (), "defects": ()} | changes
        camera, length_mm = changes.pop("camera", "cam0"), changes.pop("length_mm", 500.0)
        piece = Piece(FrameId(camera, 1, sequence), None if length_mm is None else 500.0 * sequence, length_mm)
        self._plant.add(sequence, verdict, is_saved=False, piece=piece, captured_utc=when, decided_utc=when, **changes)

    def keep(self, *alarms):
        AlarmRecords(self._plant.line).write(alarms, 0.0)

    def report(self, shift=EARLY, now=LATER):
        return shift_report(self.database, "slitter-2", shift, "ann", now)


@pytest.fixture
def shop(plant):
    return Shop(plant)


def pinhole(kind="E01"):
    return Reason(f"limit.{kind}.diameter_mm", "", kind, 0.8, 0.5, "mm", (0,), Severity.S2, "diameter_mm")


def test_what_was_decided_in_the_shift_is_counted_and_nothing_else(shop):
    shop.decide(at(5, 59, 59))
    shop.decide(at(6))
    shop.decide(at(7), Verdict.REJECT, reasons=(pinhole(),))
    shop.decide(at(8), Verdict.UNINSPECTED, reasons=(Reason("lost.dropped", ""),), defects=(), length_mm=None)
    shop.decide(at(9), Verdict.UNINSPECTED, reasons=(Reason("image.blind", ""), pinhole("E13")), camera="cam1")
    shop.decide(at(14))
    told = shop.report()
    assert [told.pieces(verdict) for verdict in (None, *Verdict)] == [4, 1, 1, 2]
    assert (told.cameras, told.pieces(camera="cam1")) == (("cam0", "cam1"), 1)
    assert (told.metres(), told.metres(Verdict.UNINSPECTED), told.without_length()) == (1.5, 0.5, 1)
    assert [(each.rule, each.kind, each.pieces) for each in told.rejects] == [("limit.E01.diameter_mm", "E01", 1)]
    assert {each.rule for each in told.not_inspected} == {"lost.dropped", "image.blind"}


def test_a_piece_counts_once_for_each_of_its_reasons_and_the_most_frequent_comes_first(shop):
    shop.decide(at(7), Verdict.REJECT, reasons=(pinhole("E13"), pinhole(), replace(pinhole(), defects=(1,))))
    shop.decide(at(8), Verdict.REJECT, reasons=(pinhole(), Reason("hold", "On hold.")))
    assert [(each.kind, each.pieces) for each in shop.report().rejects] == [("E01", 2), ("E13", 1)]


def test_decisions_count_by_their_own_time_also_when_the_clock_was_set_back(shop):
    for when in (at(13, 59), at(15), at(13, 58)):
        shop.decide(when)
    assert shop.report().pieces() == 2


def test_recipes_and_models_are_named_with_the_time_they_judged(shop):
    newer = Artefact(RECIPE.name, "2.0", "f" * 64)
    shop.decide(at(7))
    shop.decide(at(8))
    shop.decide(at(9), recipe=newer)
    told = shop.report()
    assert [(each.artefact, each.first_utc, each.last_utc, each.pieces) for each in told.recipes] == [
        (RECIPE, at(7), at(8), 2),
        (newer, at(9), at(9), 1),
    ]
    assert [each.artefact for each in told.models] == [MODEL]


def test_alarms_that_stood_in_the_shift_are_told_also_those_raised_before_it(shop):
    shop.keep(
        alarm(1, AlarmKind.CAMERA_GONE, at(4), at(5)),
        alarm(2, AlarmKind.CAMERA_TROUBLE, at(5), at(7), acknowledged_by="bob", acknowledged_utc=at(6, 30)),
        alarm(3, AlarmKind.STORE_LOG, at(13)),
        alarm(4, AlarmKind.STANDING, at(13), at(13, 30)),
        alarm(5, AlarmKind.STORE_LOG, at(14), at(15)),
    )
    told = shop.report()
    assert [each.number for each in told.alarms] == [2, 3]
    assert told.alarms[0].acknowledged_by == "bob"
    assert told.alarms_removed == 0


def test_alarms_whose_records_are_gone_are_told_by_their_number(shop):
    shop.keep(
        alarm(1, AlarmKind.STORE_LOG, at(5), at(5, 1)),
        alarm(4, AlarmKind.STORE_LOG, at(8), at(9)),
        alarm(6, AlarmKind.STORE_LOG, at(15), at(16)),
    )
    assert shop.report().alarms_removed == 3


def test_downtime_is_cut_to_the_shift_and_counts_no_moment_twice(shop):
    shop.keep(
        alarm(1, AlarmKind.HOLD, at(5), at(6, 10)),
        alarm(2, AlarmKind.CAMERA_GONE, at(7), at(7, 20)),
        alarm(3, AlarmKind.STORE_AWAY, at(7, 10), at(7, 30)),
        alarm(4, AlarmKind.STANDING, at(9), at(10), occurrences=4),
    )
    told = shop.report().downtime
    assert {sort: (span.total / MINUTE, len(span.stretches), span.is_upper_bound) for sort, span in told.items()} == {
        Downtime.HOLD: (10, 1, False),
        Downtime.NOT_READY: (30, 1, False),
        Downtime.STANDING: (60, 1, True),
    }


def test_what_no_record_explains_of_the_time_without_decisions_is_told_as_unexplained(shop):
    for second in range(0, 3600, 30):
        shop.decide(at(6) + timedelta(seconds=second))
    shop.decide(at(10))
    shop.decide(at(10, 0, 59))
    shop.keep(alarm(1, AlarmKind.STANDING, at(7), at(9)))
    silence = shop.report().silence
    assert silence.stretches == ((at(6, 59, 30), at(10)), (at(10, 0, 59), at(14)))
    assert silence.total - silence.unexplained == timedelta(hours=2)


def test_an_empty_shift_was_silent_from_end_to_end(shop):
    told = shop.report()
    assert (told.pieces(), told.silence.stretches, told.recipes) == (0, ((EARLY.began, EARLY.ends),), ())


def test_a_shift_that_runs_is_told_up_to_now(shop):
    shop.decide(at(6))
    told = shop.report(now=at(7))
    assert (told.is_over, told.ends, told.silence.stretches[-1][1]) == (False, at(7), at(7))


def entry(number, utc, person, action, after, subject="line"):
    return AuditEntry(number, utc, person, action, subject, None, after, "")


def test_notes_hold_reasons_and_persons_once_each_in_order():
    told = notes_of(
        [
            entry(5, at(9), "eve", "alarm.shelve", '{"kind": "store.log", "reason": "old", "minutes": 30}', "alarm:7"),
            entry(1, at(7), "pages", "api.hold", '{"at_utc": "2030-01-02T07:00:00+00:00", "by": "ann", "reason": "x"}'),
            entry(2, at(7, 0, 1), "ann", "line.hold", '{"reason": "splice"}'),
            entry(3, at(14, 5), "key:plc", "api.bypass",
                  '{"at_utc": "2030-01-02T08:00:00+00:00", "by": "plc", "reason": "trial", "minutes": 5.0}'),
            entry(4, at(8, 30), "ann", "alarm.acknowledge", None, "alarm:7"),
            entry(6, at(10), "eve", "recipe.write", '"abc"', "recipe:anode-2.0"),
            entry(7, at(11), "bob", "recipe.release", '{"comment": "looked at"}', "recipe:anode-2.0"),
            entry(8, at(12), "bob", "line.cancel_recipe", '"not today"'),
            entry(9, at(14), "bob", "line.hold", '{"reason": "next shift"}'),
        ],
        EARLY.began,
        EARLY.ends,
    )  # fmt: skip
    assert [(note.person, note.action, note.subject, note.reason, dict(note.facts)) for note in told] == [
        ("ann", "line.hold", "", "splice", {}),
        ("plc (key:plc)", "api.bypass", "", "trial", {"minutes": 5.0}),
        ("eve", "alarm.shelve", "alarm:7", "old", {"minutes": 30}),
        ("bob", "recipe.release", "recipe:anode-2.0", "looked at", {}),
        ("bob", "line.cancel_recipe", "", "not today", {}),
    ]


def test_what_the_station_alone_has_noted_of_the_pages_is_told_in_the_persons_name():
    (note,) = notes_of(
        [entry(1, at(7), "pages", "api.hold", '{"by": "ann", "reason": "splice"}')], EARLY.began, EARLY.ends
    )
    assert (note.person, note.reason) == ("ann", "splice")


def test_notes_come_out_of_the_audit_log(shop):
    AuditLog(shop.database).add("ann", "line.hold", "line", None, {"reason": "splice"})
    AuditLog(shop.database).add("ann", "review.answer", "decision:1", None, {"answer": "confirmed"})
    now = datetime.now(UTC)
    running = shift_at(now, UTC)
    (note,) = shop.report(running, now + timedelta(seconds=1)).notes
    assert (note.person, note.reason) == ("ann", "splice")


def test_a_shift_is_found_by_the_name_that_it_has():
    shift = shift_at(BEGAN, UTC)
    assert shift_named(shift.name, UTC) == shift
    assert shift_named("2030-01-02 noon", UTC) is None
