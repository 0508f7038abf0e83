"""What the last decisions make of alarms."""

import pytest

from inspection.alarms.condition import AlarmKind, Priority
from inspection.alarms.settings import AlarmSettings
from inspection.station.feed import Publication
from inspection.station.intervention import Intervention
from inspection.station.quality_alarms import QualityWatch
from inspection.values import Reason, Severity, Verdict
from tests.support.rig import decision, defect

A, R, U = Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED
LIMITS = AlarmSettings(window_pieces=40, reject_rate=0.25, rejects_in_a_row=6, rejects_in_lane=4, safety_objects=10_000)
METAL = Reason("limit.E13.diameter_mm", "metal", "E13", 0.1, 0.05, "mm", (0,), Severity.S1, "diameter_mm")
HOLD = Intervention(kind="hold", reason="splice", by="ann", since_utc="2030-01-02T03:04:05Z", until_utc=None)


def piece(number, verdict, *, camera="cam0", rule="late", lane=1, kind="E01", deadline_met=True):
    reasons = {
        A: (),
        R: (Reason(f"limit.{kind}.width_mm", "too wide", kind, 2.0, 1.0, "mm", (0,), Severity.S1, "width_mm"),),
        U: (Reason(rule, "nobody looked"),),
    }[verdict]
    found = (defect(kind=kind, lane=lane),) if verdict is R else ()
    return Publication(
        decision(number, verdict, camera=camera, reasons=reasons, defects=found, deadline_met=deadline_met), None
    )


def after(*pieces, limits=LIMITS):
    watch = QualityWatch(limits)
    watch.take(pieces)
    return {(each.kind, each.subject): each for each in watch.conditions()}


def of(verdicts, **named):
    return [piece(n, verdict, **named) for n, verdict in enumerate(verdicts, start=1)]


def test_good_pieces_raise_nothing():
    assert after(*of([A] * 200)) == {}


def test_the_first_uninspected_piece_is_an_alarm_until_it_has_left_the_window():
    watch = QualityWatch(LIMITS)
    watch.take(of([*[A] * 10, U]))
    (found,) = watch.conditions()
    assert (found.kind, found.subject, found.priority) == (AlarmKind.UNINSPECTED, "cam0", Priority.MEDIUM)
    assert found.facts["count"] == 1
    watch.take(of([A] * 39))
    assert [each.facts["count"] for each in watch.conditions()] == [1]
    watch.take(of([A]))
    assert watch.conditions() == []


@pytest.mark.parametrize(
    ("verdicts", "priority"),
    [
        ([*[A] * 30, *[U] * 3, *[A] * 7], Priority.MEDIUM),
        ([*[A, A, A, A, A, U] * 6], Priority.HIGH),
        ([*[A] * 20, *[U] * 11], Priority.CRITICAL),
        ([U, U, U], Priority.CRITICAL),
        ([U, U], Priority.MEDIUM),
    ],
)
def test_the_more_is_uninspected_the_graver_it_is(verdicts, priority):
    assert after(*of(verdicts))[AlarmKind.UNINSPECTED, "cam0"].priority is priority


def test_the_most_frequent_cause_is_named_in_words_and_its_rule_in_the_details():
    found = after(*of([A, A, A, A, U], rule="late"), *of([U, U], rule="lost.device_lost"))
    alarm = found[AlarmKind.UNINSPECTED, "cam0"]
    assert "the camera was gone, check cable and power" in alarm.sentence
    assert "lost.device_lost" not in alarm.sentence
    assert "lost.device_lost: 2" in alarm.detail


def test_pieces_of_a_hold_alone_are_no_lack_of_inspection_but_lost_ones_are():
    held = [decision(n, *HOLD.applied(A, ())[:1], reasons=HOLD.applied(A, ())[1], defects=()) for n in range(1, 30)]
    assert after(*(Publication(each, None) for each in held)) == {}
    verdict, reasons = HOLD.applied(U, (Reason("lost.dropped", "lost"),))
    lost = Publication(decision(30, verdict, reasons=reasons, defects=()), None)
    assert (AlarmKind.UNINSPECTED, "cam0") in after(*(Publication(each, None) for each in held), lost)


def test_ninety_nine_rejects_of_ninety_nine_are_an_alarm_of_each_kind():
    found = after(*of([R] * 99))
    assert found[AlarmKind.REJECTS_IN_A_ROW, "cam0"].facts["count"] == 99
    assert found[AlarmKind.REJECTS_IN_A_ROW, "cam0"].priority is Priority.HIGH
    assert found[AlarmKind.REJECT_RATE, "cam0"].facts["count"] == 40
    assert found[AlarmKind.REJECTS_IN_LANE, "cam0, lane 1"].facts["kind"] == "E01"


def test_a_rate_is_told_as_soon_as_it_is_sure_and_not_before():
    assert after(*of([R, A] * 10, lane=None)) == {}, "ten of forty may still be all"
    assert (AlarmKind.REJECT_RATE, "cam0") in after(*of([R, A] * 11, lane=None))


def test_one_good_piece_ends_a_row_and_an_uninspected_one_does_not():
    assert (AlarmKind.REJECTS_IN_A_ROW, "cam0") in after(*of([R, R, R, U, R, R, R], lane=None))
    assert (AlarmKind.REJECTS_IN_A_ROW, "cam0") not in after(*of([R, R, R, A, R, R, R], lane=None))


def test_rejects_that_all_lie_in_one_lane_are_told_with_lane_and_kind_though_good_pieces_lie_between():
    found = after(*of([R, A, A, A] * 4, lane=2, kind="E13"))
    assert "E13 metal particle in lane 2" in found[AlarmKind.REJECTS_IN_LANE, "cam0, lane 2"].sentence
    other = piece(99, R, lane=1, kind="E13")
    assert after(*of([R, A, A, A] * 4, lane=2, kind="E13"), other) == {}
    assert after(*of([R, A] * 3, lane=2, kind="E13"), piece(9, R, lane=2, kind="E01")) == {}


def test_a_run_in_a_lane_is_over_when_a_window_passes_without_it():
    run = of([R, A] * 4, lane=2)
    assert (AlarmKind.REJECTS_IN_LANE, "cam0, lane 2") in after(*run, *of([A] * 39))
    assert after(*run, *of([A] * 41)) == {}


def test_decisions_that_came_late_are_told():
    late = piece(3, R, deadline_met=False)
    alarm = after(*of([A, A]), late)[AlarmKind.LATE, "cam0"]
    assert (alarm.priority, alarm.facts["count"]) == (Priority.MEDIUM, 1)
    many = after(*(piece(n, A, deadline_met=False) for n in range(1, 8)))
    assert many[AlarmKind.LATE, "cam0"].priority is Priority.HIGH


def test_cameras_are_counted_apart():
    found = after(*of([R, A] * 3), *of([U], camera="cam1"), *of([A] * 3, camera="cam1"))
    assert list(found) == [(AlarmKind.UNINSPECTED, "cam1")]


def test_what_is_remembered_is_bounded():
    watch = QualityWatch(LIMITS)
    for n in range(2_000):
        watch.take([piece(n, (A, R, U)[n % 3], kind=f"E{n % 40:02d}", lane=n % 7, rule=f"lost.{n}")])
    told = {each.kind: each for each in watch.conditions()}
    assert told[AlarmKind.UNINSPECTED].facts["pieces"] == 40
    assert told[AlarmKind.UNINSPECTED].facts["count"] + told[AlarmKind.REJECT_RATE].facts["count"] in (26, 27)
    assert told[AlarmKind.UNINSPECTED].detail.count("lost.") == 5


def grave(number, verdict=R, *, reasons=(METAL,), **changes):
    found = defect(kind="E13", severity=Severity.S1, **changes)
    return Publication(decision(number, verdict, reasons=reasons, defects=(found,)), None)


def good(numbers):
    return [piece(n, A) for n in numbers]


def safety(*pieces, **limits):
    found = after(*pieces, limits=AlarmSettings(**({"safety_m": 0.319} | limits)))  # just a hundred pieces of 3.2 mm
    return found.get((AlarmKind.SAFETY, "cam0"))


def test_two_grave_objects_within_some_metres_are_an_alarm_though_good_pieces_lie_between():
    assert safety(grave(1), *good(range(2, 50))) is None
    told = safety(grave(1), *good(range(2, 100)), grave(100))
    assert (told.priority, told.facts["count"], told.facts["metres"]) == (Priority.HIGH, 2, "0.319")
    assert "stop" in told.sentence


def test_it_is_over_when_the_web_has_gone_on_that_far():
    assert safety(grave(1), *good(range(2, 101)), grave(101)) is None
    assert safety(grave(1), grave(2), *good(range(3, 101))) is not None
    assert safety(grave(1), grave(2), *good(range(3, 102))) is None


def test_count_and_metres_are_settings():
    assert safety(grave(1), grave(2), safety_objects=3) is None
    assert safety(grave(1), safety_objects=1) is not None
    assert safety(grave(1), *good(range(2, 9)), grave(9), safety_m=0.02) is None


def test_an_object_that_goes_on_in_the_next_frame_counts_once():
    assert safety(grave(1, reaches_trailing_edge=True), grave(2, continued=True)) is None
    assert safety(grave(1), grave(2, continued=True)).facts["count"] == 2, "what was within its limit before"


def test_grave_objects_count_in_pieces_that_came_late_too():
    late = (Reason("late", "too late"), METAL)
    assert safety(grave(1, U, reasons=late), grave(2, U, reasons=late)).facts["count"] == 2


def test_what_breaks_no_limit_or_is_less_grave_does_not_count():
    within = [Publication(decision(n, A, defects=(defect(kind="E13", severity=Severity.S1),)), None) for n in (1, 2)]
    assert safety(*within) is None
    assert safety(*(Publication(decision(n, R), None) for n in (1, 2))) is None
