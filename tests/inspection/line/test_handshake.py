"""The handshake as a table: what happens, and what the partner sees; then what must hold whatever happens."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.line.handshake import (
    LONGEST_COUNTER,
    Heartbeats,
    LetGo,
    Offline,
    OutOfOrder,
    Release,
    Requests,
    Results,
    Rules,
    TooMany,
    is_stop_wanted,
    next_count,
    offline,
)

RULES = Rules(retry_s=2.0, gap_s=0.5, away_s=3.0, beat_s=0.125)
ACK, READ, FORCED = LetGo.ACKNOWLEDGED, LetGo.READ, LetGo.FORCED


@dataclass(frozen=True)
class Piece:
    sequence: int


def some(count, rules=RULES, **how):
    results = Results(rules, **how)
    for number in range(1, count + 1):
        assert results.offer(Piece(number), 0.0)
    return results


def do(results, step, now_s):
    """One step of a table: what the partner does."""
    word, *rest = step.split()
    if word == "read":
        results.read()
    elif word == "had":  # read, and asked again on the same connection
        results.had(results.read(), now_s)
    elif word == "ack":
        results.acknowledge(int(rest[0]), now_s)
    elif word == "up":
        results.set_acknowledging(True, now_s)
    elif word == "down":
        results.set_acknowledging(False, now_s)
    elif word == "asked":
        results.asked(now_s)
    elif word == "tick":
        results.tick(now_s)


SHOWN = [
    ("nothing is acknowledged", ["read", "had", "asked"], 1, []),
    ("by number", ["read", "ack 1"], 2, [Release(1, ACK)]),
    ("the number is repeated", ["read", "ack 1", "ack 1", "ack 1"], 2, [Release(1, ACK)]),
    ("nought says nothing", ["read", "ack 0"], 1, []),
    ("a number that stands there before the result was read", ["ack 1"], 1, []),
    ("and is written again once it was read", ["ack 1", "read", "ack 1"], 2, [Release(1, ACK)]),
    ("one after the other", ["read", "ack 1", "read", "ack 2", "read", "ack 3"], None, [Release(3, ACK)]),
    ("the bit rises", ["read", "up"], None, [Release(1, ACK)]),
    ("the bit falls again", ["read", "up", "down"], 2, [Release(1, ACK)]),
    ("the bit stays up", ["read", "up", "up", "up"], None, [Release(1, ACK)]),
    ("the bit rises before anything was read", ["up"], None, []),
    ("and falls: what was not read comes back", ["up", "down"], 1, []),
    ("read only", ["read", "asked"], 1, []),
]


@pytest.mark.parametrize(("steps", "shown", "released"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_a_result_is_held_until_it_is_acknowledged(steps, shown, released):
    results = some(3)
    for step in steps:
        do(results, step, 1.0)
    assert (results.shown.sequence if results.shown else None) == shown
    assert results.is_valid == (results.shown is not None)
    assert results.released() == released
    assert results.released() == []


@pytest.mark.parametrize("number", [2, 3, 99])
def test_a_number_that_is_not_shown_changes_nothing(number):
    results = some(3)
    results.read()
    with pytest.raises(OutOfOrder, match="result 1 is shown"):
        results.acknowledge(number, 1.0)
    assert results.shown == Piece(1)
    assert results.released() == []
    results.acknowledge(1, 1.0)
    results.read()
    results.acknowledge(2, 1.0)
    with pytest.raises(OutOfOrder):
        results.acknowledge(1, 1.0)


def test_after_its_time_a_result_that_the_partner_has_had_is_let_go_by_force_and_counted():
    results = some(2)
    number = results.read()
    results.had(number, 1.0)
    results.asked(2.9)
    assert results.shown == Piece(1)
    results.asked(3.0)
    assert results.shown is None
    assert results.released() == [Release(1, FORCED)]
    assert results.forced == 1
    results.tick(3.4)
    assert not results.is_valid
    results.tick(3.5)
    assert results.shown == Piece(2)


def test_while_the_partner_is_away_nothing_is_let_go_however_long():
    results = some(2)
    results.read()  # the cable was pulled before the answer came through, so that nobody asks again on that connection
    for now_s in (10.0, 1e3, 1e6):
        results.tick(now_s)
    assert results.shown == Piece(1)
    results.asked(1e6)  # it is back, on another connection, and has not read the result yet
    assert results.shown == Piece(1)
    results.had(results.read(), 1e6)
    results.asked(1e6 + 1)
    assert results.shown == Piece(1)
    results.asked(1e6 + 2)
    assert results.released() == [Release(1, FORCED)]


def test_with_no_retry_time_nothing_is_let_go_by_force():
    results = some(1, Rules(retry_s=0.0))
    results.had(results.read(), 0.0)
    results.asked(1e9)
    assert results.shown == Piece(1)


def test_an_acknowledgement_that_comes_too_late_is_not_taken_for_the_next_results():
    results = some(3)
    results.had(results.read(), 0.0)
    results.asked(2.0)
    assert results.released() == [Release(1, FORCED)]
    assert not results.set_acknowledging(True, 2.1)
    results.tick(9.0)
    assert results.shown is None
    results.set_acknowledging(False, 9.1)
    assert results.shown == Piece(2)
    assert results.released() == []


def test_a_partner_that_wants_nothing_held_has_each_result_until_it_was_read():
    results = some(3, is_held=False)
    results.read()
    assert results.shown == Piece(1)
    results.had(1, 0.1)
    assert results.shown == Piece(2)
    results.had(1, 0.2)
    assert results.shown == Piece(2)
    results.is_held = True
    results.had(results.read(), 0.3)
    assert results.shown == Piece(2)
    results.is_held = False
    results.had(results.read(), 0.4)
    assert results.shown == Piece(3)
    assert results.released() == [Release(2, READ)]


def test_a_full_buffer_loses_nothing_and_is_told():
    results = some(64)
    assert results.is_overrun
    assert results.overruns == 1
    assert not results.offer(Piece(65), 0.0)
    results.read()
    results.acknowledge(1, 0.0)
    assert not results.is_overrun
    assert results.offer(Piece(65), 0.0)
    assert results.offer(Piece(65), 0.0)  # again: let fall
    assert (results.waits, results.overruns) == (64, 2)
    for number in range(2, 66):
        assert results.shown == Piece(number)
        results.read()
        results.acknowledge(number, 0.0)
    assert results.shown is None
    assert results.completed == 65


def test_different_ways_of_letting_go_are_told_apart_in_order():
    results = some(5, Rules(retry_s=2.0))
    for now_s, step in enumerate(["read", "ack 1", "read", "ack 2", "had", "tick", "asked", "read", "ack 4"]):
        do(results, step, float(now_s))
    assert results.released() == [Release(2, ACK), Release(3, FORCED), Release(4, ACK)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["offer", "read", "had", "ack", "ack wrong", "up", "down", "asked", "tick", "hold", "flow"]),
        st.floats(0.0, 3.0),
    ),
    max_size=200,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_the_partner_does_each_result_is_told_in_order_before_it_is_let_go(steps):
    results, now_s, offered = Results(RULES), 0.0, 0
    told, had_s, let_go, seen = set(), {}, [], []
    for step, pause_s in steps:
        now_s += pause_s
        shown = results.shown
        if step == "offer":
            offered += results.offer(Piece(offered + 1), now_s)
        elif step in ("read", "had"):
            number = results.read()
            assert number == (shown.sequence if shown else 0)
            told.add(number)
            if step == "had":
                had_s.setdefault(number, now_s)
                results.had(number, now_s)
        elif step == "ack" and shown:
            results.acknowledge(shown.sequence, now_s)
        elif step == "ack wrong":
            with pytest.raises(OutOfOrder):
                results.acknowledge(offered + 7, now_s)
            assert results.shown == shown
        elif step in ("up", "down", "asked", "tick"):
            do(results, step, now_s)
        elif step in ("hold", "flow"):
            results.is_held = step == "hold"
        assert results.waits <= RULES.buffer
        assert (results.shown is not None) == results.is_valid
        if results.shown is not None and (not seen or seen[-1] != results.shown.sequence):
            seen.append(results.shown.sequence)
        for release in results.released():
            let_go.append(release.sequence)
            assert release.sequence in told
            if release.how is FORCED:
                assert now_s - had_s[release.sequence] >= RULES.retry_s
                assert step == "asked"
    assert let_go == sorted(set(let_go))
    assert seen == list(range(1, len(seen) + 1))
    assert results.waits == offered - (let_go[-1] if let_go else 0)


def test_what_a_counter_asks_for_is_taken_in_once_and_answered_in_order():
    asked = Requests(2)
    assert not asked.count(0, "cleared registers")
    assert asked.count(7, "a")
    assert not asked.count(7, "again")
    assert asked.count(8, "b")
    with pytest.raises(TooMany):
        asked.count(9, "c")
    first = asked.begin()
    assert (first.number, first.what) == (7, "a")
    assert asked.begin() is None
    assert asked.count(9, "c")
    asked.end(first, 0)
    assert (asked.answered, asked.answer, asked.is_busy) == (7, 0, True)
    for number, answer in ((8, 5), (9, 0)):
        request = asked.begin()
        asked.end(request, answer)
        assert (asked.answered, asked.answer) == (number, answer)
    assert not asked.is_busy
    assert not asked.count(0, "cleared")
    assert asked.count(9, "a partner that begins anew")


def test_what_a_bit_asks_for_is_taken_in_at_its_rise_and_settled_until_it_falls():
    asked = Requests(1)
    assert asked.set(True, "a")
    assert not asked.set(True, "a")
    assert not asked.is_settled
    asked.end(asked.begin(), 0)
    assert asked.is_settled
    assert not asked.set(False, "")
    assert not asked.is_settled
    assert asked.set(True, "b")
    assert not asked.set(False, "")
    asked.end(asked.begin(), 3)
    assert not asked.is_settled  # nobody waits for it any more
    assert (asked.answered, asked.answer) == (2, 3)
    assert asked.set(True, "c")
    asked.set(False, "")
    with pytest.raises(TooMany):
        asked.set(True, "d")
    asked.begin()
    assert asked.set(True, "d")


def test_our_heartbeat_counts_while_the_station_is_fresh_and_stands_still_when_it_is_not():
    beats = Heartbeats(RULES, 0.0)
    seen = []
    for tick in range(1, 11):
        beats.tick(tick <= 5, tick / 8)
        seen.append(beats.ours)
    assert seen[:5] == [1, 2, 3, 4, 5]
    assert set(seen[5:]) == {5}
    assert next_count(LONGEST_COUNTER) == 1


def test_a_partner_is_away_until_its_first_sign_and_when_its_heartbeat_stands_still():
    beats = Heartbeats(RULES, 0.0)
    assert beats.is_away(0.0)
    beats.hear(0, 0.0)
    assert beats.is_away(0.0)  # a cleared register is no sign
    beats.hear(5, 1.0)
    assert not beats.is_away(4.0)
    beats.hear(5, 3.9)
    assert beats.is_away(4.1)
    beats.sign(5.0)
    assert not beats.is_away(8.0)


OFFLINE = [
    (Offline.NO, {}),
    (Offline.SILENT, {"is_fresh": False, "is_taken_off": True, "is_ready": False}),
    (Offline.BY_PARTNER, {"is_taken_off": True, "is_held": True}),
    (Offline.HOLD, {"is_held": True, "is_ready": False}),
    (Offline.NOT_READY, {"is_ready": False, "is_partner_away": True}),
    (Offline.PARTNER_AWAY, {"is_partner_away": True}),
]


@pytest.mark.parametrize(("reason", "changes"), OFFLINE, ids=[reason.name for reason, _ in OFFLINE])
def test_the_station_is_offline_for_the_gravest_of_its_reasons(reason, changes):
    fine = {"is_fresh": True, "is_taken_off": False, "is_held": False, "is_ready": True, "is_partner_away": False}
    assert offline(**fine | changes) is reason


@pytest.mark.parametrize(("in_a_row", "is_wanted"), [(0, False), (9, False), (10, True), (11, True)])
def test_so_many_uninspected_pieces_in_a_row_ask_the_line_to_stop(in_a_row, is_wanted):
    assert is_stop_wanted(in_a_row, 10) is is_wanted
