"""What is told of room in the station's hands: that of now, and that of the time since a frame was captured."""

import time
from dataclasses import replace

import pytest

from inspection.judging import uninspected
from inspection.station.frames_in_hand import FrameInHand, FramesInHand
from inspection.station.turns import Turn
from inspection.values import Piece
from tests.support.rig import frame

CAPACITY = 2
OUTCOME = uninspected.failed("an outcome that a worker has found")


def in_hand(number: int, *, pixels: bool = True) -> FrameInHand:
    taken = frame(number)
    piece = Piece(taken.id, taken.position_mm, taken.length_mm)
    by_ns = taken.captured_ns + 60_000_000_000
    turn = Turn({}, first_sequence=1, deadline_ms=60_000.0)
    return FrameInHand(piece, taken if pixels else None, taken.captured_utc, taken.captured_ns, by_ns, turn)


@pytest.fixture
def hands():
    return FramesInHand(["cam0"], CAPACITY)


def decide(hands: FramesInHand, item: FrameInHand) -> None:
    hands.settle(item, OUTCOME)
    assert hands.take(0.0, limit=1) == [item]


def test_hands_that_were_never_full_have_had_room_since_any_moment(hands):
    began_ns = time.monotonic_ns()
    item = in_hand(1)
    hands.add(item)
    assert hands.had_room_since(began_ns)
    decide(hands, item)
    assert hands.had_room_since(began_ns)


def test_full_hands_have_no_room_for_what_is_captured_now(hands):
    for number in range(1, CAPACITY + 1):
        hands.add(in_hand(number))
    assert not hands.wait_for_room(0.0)
    assert not hands.had_room_since(time.monotonic_ns())


def test_a_frame_captured_while_hands_were_full_has_had_to_wait_also_when_they_are_empty_again(hands):
    items = [in_hand(number) for number in range(1, CAPACITY + 1)]
    for item in items:
        hands.add(item)
    while_full_ns = time.monotonic_ns()
    for item in items:
        decide(hands, item)
    assert hands.wait_for_room(0.0)
    assert not hands.had_room_since(while_full_ns)
    assert hands.had_room_since(time.monotonic_ns() + 1)


def test_the_last_time_that_hands_were_full_counts(hands):
    first, second, third = (in_hand(number) for number in (1, 2, 3))
    hands.add(first)
    hands.add(second)
    decide(hands, first)
    between_ns = time.monotonic_ns() + 1
    assert hands.had_room_since(between_ns)
    hands.add(third)
    decide(hands, second)
    assert not hands.had_room_since(between_ns)


def test_frames_without_pixels_take_no_room(hands):
    began_ns = time.monotonic_ns()
    for number in range(1, 2 * CAPACITY + 1):
        hands.add(in_hand(number, pixels=False))
    assert hands.had_room_since(began_ns)


def test_a_late_look_comes_after_whatever_is_new_and_takes_no_room(hands):
    again = replace(in_hand(1), is_late_look=True)
    hands.look_again(again)
    assert hands.wait_for_room(0.0)
    for number in (2, 3):
        hands.add(in_hand(number))
    assert [hands.next_to_inspect(0.0)[0].piece.frame.number for _ in range(3)] == [2, 3, 1]
    assert len(hands) == 3
    hands.settle(again, OUTCOME)
    assert hands.take(0.0, limit=9) == [again]
    assert not hands.wait_for_room(0.0), "the room that is left is that of the others"
