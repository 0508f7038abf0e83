"""Reasons as numbers: every rule has one of its own, and none means accept."""

from inspection.alarms.words import CAUSES
from inspection.values.kinds import KINDS
from inspection.values.reason_codes import ACCEPTED, CODES, UNKNOWN, kind_number, reason_code


def test_every_rule_that_can_speak_has_a_number_of_its_own():
    told = {rule: reason_code(rule) for rule in CAUSES if rule not in ("limit", "count")}
    assert UNKNOWN not in told.values()
    assert len(set(told.values())) == len(told)
    assert ACCEPTED not in {*told.values(), *CODES.values()}


def test_every_kind_has_a_number_of_its_own_and_an_object_tells_it():
    numbers = {code: kind_number(code) for code in KINDS}
    assert len(set(numbers.values())) == len(numbers)
    assert 0 not in numbers.values()
    limits = {reason_code(f"limit.{code}.diameter_mm", code) for code in KINDS}
    counts = {reason_code(f"count.{code}", code) for code in KINDS}
    assert len(limits | counts) == 2 * len(KINDS)
    assert not (limits | counts) & set(CODES.values())
