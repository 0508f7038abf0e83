import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import LossReason
from camera.gentl.frame_ledger import FIRST_NUMBERS, MOST_TOLD, Arrival, FrameLedger

PERIOD = 100
BLOCK_MM = 10.0
GONE = (LossReason.DEVICE_LOST, "gone")


def ledger(period=PERIOD, timeout=300):
    return FrameLedger(period_ns=period, timeout_ns=timeout, block_mm=BLOCK_MM, now_ns=0)


def frame(number, at, mm=None, device=None):
    return Arrival(number, captured_ns=at, position_mm=mm, device_ns=device)


def spoilt(number, at, reason, mm=None, device=None):
    return Arrival(number, captured_ns=at, position_mm=mm, device_ns=device, problem=(reason, "spoilt"))


def numbers(lost):
    return [(each.run, each.number, each.reason.value) for each in lost]


def test_frames_without_a_gap_are_delivered_and_placed_by_the_encoder():
    book = ledger()
    for number in (1, 2, 3):
        lost, delivered = book.arrived(frame(number, number * PERIOD, mm=500.0 + number))
        assert not lost
        assert (delivered.run, delivered.number, delivered.position_mm) == (1, number, 500.0 + number)


def test_without_an_encoder_positions_are_counted_from_frame_numbers():
    book = ledger()
    book.arrived(frame(1, 100))
    lost, delivered = book.arrived(frame(4, 400))
    assert [each.position_mm for each in lost] == [10.0, 20.0]
    assert delivered.position_mm == 30.0


def test_a_skipped_number_is_dropped():
    book = ledger()
    book.arrived(frame(1, 100, mm=0.0))
    lost, delivered = book.arrived(frame(4, 400, mm=30.0))
    assert numbers(lost) == [(1, 2, "dropped"), (1, 3, "dropped")]
    assert [each.position_mm for each in lost] == [10.0, 20.0]
    assert delivered.number == 4


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (1, []),
        (0, []),
        (3, [(1, 1, "dropped"), (1, 2, "dropped")]),
        (70_000, []),
    ],
    ids=["counts from 1", "counts from 0", "lost its first two", "counter goes on from earlier"],
)
def test_the_first_frame_of_all_tells_where_the_run_begins(first, expected):
    lost, delivered = ledger().arrived(frame(first, 100, mm=100.0))
    assert numbers(lost) == expected
    assert delivered.number == first
    assert [each.position_mm for each in lost] == [80.0, 90.0][: len(expected)]


def test_a_number_that_the_process_could_not_deliver_keeps_its_reason():
    book = ledger()
    book.arrived(frame(1, 100))
    lost, delivered = book.arrived(spoilt(3, 300, LossReason.OVERRUN))
    assert numbers(lost) == [(1, 2, "dropped"), (1, 3, "overrun")]
    assert delivered is None
    lost, delivered = book.arrived(frame(4, 400))
    assert not lost
    assert delivered.number == 4


def test_what_was_missing_before_the_first_frame_keeps_its_reason():
    book = ledger()
    lost, _ = book.arrived(spoilt(2, 200, LossReason.WRONG_SIZE))
    assert numbers(lost) == [(1, 1, "dropped"), (1, 2, "wrong_size")]
    lost, delivered = book.arrived(frame(3, 300))
    assert not lost
    assert (delivered.run, delivered.number) == (1, 3)


def test_silence_is_lost_only_after_the_timeout_and_then_block_by_block():
    book = ledger()
    book.arrived(frame(1, 100))
    assert book.tick(399) == []
    assert numbers(book.tick(400)) == [(1, 2, "timeout"), (1, 3, "timeout")]
    assert book.tick(499) == []
    assert numbers(book.tick(500)) == [(1, 4, "timeout")]


def test_silence_without_a_known_rate_is_one_loss_for_each_timeout():
    book = ledger(period=None, timeout=300)
    book.arrived(frame(1, 100))
    assert book.tick(399) == []
    assert numbers(book.tick(400)) == [(1, 2, "timeout")]
    assert numbers(book.tick(1000)) == [(1, 3, "timeout"), (1, 4, "timeout")]


def test_a_silent_start_is_heard_of_too():
    assert numbers(ledger().tick(300)) == [(1, 1, "timeout"), (1, 2, "timeout")]


def test_a_lost_device_needs_no_timeout():
    book = ledger()
    book.arrived(frame(1, 100))
    book.disconnected(*GONE)
    assert numbers(book.tick(300)) == [(1, 2, "device_lost")]
    assert numbers(book.tick(500)) == [(1, 3, "device_lost"), (1, 4, "device_lost")]


def away_and_back(back_mm, number=1):
    """Frame 1 at 0 mm; away from 100 to 1000 ns, in which two blocks are reported; then back."""
    book = ledger()
    book.arrived(frame(1, 100, mm=0.0))
    book.disconnected(*GONE)
    assert len(book.tick(400)) == 2
    book.connected(900, BLOCK_MM)
    return book.arrived(frame(number, 1000, mm=back_mm))


@pytest.mark.parametrize(
    ("back_mm", "lost_more"),
    [(90.0, 6), (90.4, 6), (91.0, 7), (30.0, 0), (20.0, 0), (0.0, 0), (1e6, 0), (None, 0)],
    ids=["six more", "jitter", "a part of a block", "all told", "told too much", "restarted", "absurd", "no encoder"],
)
def test_a_new_run_tells_what_the_encoder_shows_to_be_missing(back_mm, lost_more):
    lost, delivered = away_and_back(back_mm)
    assert numbers(lost) == [(1, 4 + index, "device_lost") for index in range(lost_more)]
    assert (delivered.run, delivered.number) == (2, 1)


def test_a_new_run_that_lost_its_first_frames_counts_them_once():
    lost, delivered = away_and_back(90.0, number=3)
    assert numbers(lost) == [(1, number, "device_lost") for number in range(4, 8)] + [
        (2, 1, "dropped"),
        (2, 2, "dropped"),
    ]
    assert [each.position_mm for each in lost] == [30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
    assert (delivered.run, delivered.number) == (2, 3)


def test_a_frame_exposed_before_it_was_declared_lost_is_late():
    book = ledger()
    book.arrived(frame(1, 100, device=10_000))
    book.tick(400)
    assert book.arrived(frame(2, 410, device=10_100)) == ([], None)
    assert book.late == 1


@pytest.mark.parametrize("device", [10_350, None], ids=["by the camera's clock", "no clock to tell"])
def test_a_counter_that_paused_begins_a_new_run_so_that_no_web_is_thrown_away(device):
    book = ledger()
    book.arrived(frame(1, 100, mm=0.0, device=None if device is None else 10_000))
    book.tick(400)
    lost, delivered = book.arrived(frame(2, 450, mm=30.0, device=device))
    assert not lost
    assert (delivered.run, delivered.number, delivered.position_mm) == (2, 2, 30.0)
    assert book.late == 0


@pytest.mark.parametrize(
    ("before", "after", "lost_numbers"),
    [
        (65_535, 1, []),
        (65_534, 2, [65_535, 65_536]),
        (2**32 - 1, 1, []),
    ],
    ids=["16 bits, 0 left out", "two lost where it wraps", "32 bits"],
)
def test_a_counter_that_wraps_goes_on_in_its_run_so_that_objects_over_the_border_stay_one(before, after, lost_numbers):
    book = ledger()
    book.arrived(frame(before, 100))
    lost, delivered = book.arrived(frame(after, 200 + 100 * len(lost_numbers)))
    assert numbers(lost) == [(1, number, "dropped") for number in lost_numbers]
    assert (delivered.run, delivered.number) == (1, before + 1 + len(lost_numbers))


def test_a_counter_from_zero_wraps_to_zero():
    book = ledger()
    book.arrived(frame(0, 100))
    for number in range(1, 65_536):
        book.arrived(frame(number, 100 + 100 * number))
    lost, delivered = book.arrived(frame(0, 100 + 100 * 65_536))
    assert not lost
    assert delivered.number == 65_536


def read_to_end(book, arrivals):
    """All that the station hears of these frames: (run, number, reason or None if delivered)."""
    heard = []
    for arrival in arrivals:
        lost, delivered = book.arrived(arrival)
        heard += numbers(lost)
        if delivered is not None:
            heard.append((delivered.run, delivered.number, None))
    return heard


@pytest.mark.parametrize(
    "ids",
    [
        [0] * 6,
        [None] * 6,
        [2**32 - 1] * 6,
        [(n - 1) % 3 + 1 for n in range(1, 7)],
        [5, 5, 6, 6, 7, 7],
        [6, 5, 4, 3, 2, 1],
    ],
    ids=["always 0", "never told", "all bits set", "wraps at 3", "twice each", "backwards"],
)
def test_whatever_a_camera_counts_each_frame_that_came_has_one_number_where_the_encoder_goes_on(ids):
    book = ledger()
    heard = read_to_end(book, [frame(n, 100 * at, mm=10.0 * at) for at, n in enumerate(ids, start=1)])
    delivered = [each for each in heard if each[2] is None]
    assert len(delivered) == len(ids)
    assert [run for run, _, _ in delivered] == [1] * len(ids)
    assert [number for _, number, _ in delivered] == list(range(delivered[0][1], delivered[0][1] + len(ids)))


@pytest.mark.parametrize(
    "arrivals",
    [
        [frame(None, 100, mm=0.0), frame(None, 500, mm=40.0)],
        [frame(None, 100), frame(None, 500)],
        [frame(None, 100, device=10_000), frame(None, 160, device=10_400)],
        [frame(900, 100), frame(4, 500)],
    ],
    ids=["by the encoder", "by the time", "by the camera's clock", "a counter that began again, by the time"],
)
def test_what_a_camera_without_a_counter_lost_is_told_by_encoder_or_clock(arrivals):
    heard = read_to_end(ledger(), arrivals)
    assert [reason for _, _, reason in heard if reason] == ["dropped"] * 3


def test_time_tells_nothing_where_the_line_gives_the_pace():
    book = FrameLedger(period_ns=PERIOD, timeout_ns=300, block_mm=BLOCK_MM, now_ns=0, is_free_running=False)
    assert [reason for _, _, reason in read_to_end(book, [frame(None, 100), frame(None, 9_000)])] == [None, None]


@pytest.mark.parametrize("jump", [5_000, 10**6, 2**32, 2**60])
def test_a_leap_that_no_camera_can_make_is_one_word_about_the_range_and_a_new_run(jump):
    book = ledger()
    book.arrived(frame(1, 100, mm=0.0))
    lost, delivered = book.arrived(frame(1 + jump, 200, mm=10.0))
    assert numbers(lost) == [(1, 2, "counter")]
    assert f"{jump - 1} frames" in lost[0].detail
    assert f"numbers 2 to {jump}" in lost[0].detail
    assert delivered.run == 2
    lost, then = book.arrived(frame(2 + jump, 300, mm=20.0))
    assert not lost
    assert (then.run, then.number) == (2, delivered.number + 1)


def test_a_leap_that_time_allows_is_told_number_by_number_even_if_it_is_long():
    book = ledger()
    book.arrived(frame(1, 100, device=1_000))
    lost, delivered = book.arrived(frame(401, 150, device=41_000))
    assert [each.number for each in lost] == list(range(2, 401))
    assert (delivered.run, delivered.number) == (1, 401)


def test_a_long_silence_is_one_word_that_says_for_how_many_frames_it_stands():
    book = ledger()
    book.arrived(frame(1, 100, mm=0.0))
    lost = book.tick(100 + 50_001 * PERIOD)
    assert numbers(lost) == [(1, 2, "timeout")]
    assert "stands for 50000 frames" in lost[0].detail
    assert book.tick(100 + 50_002 * PERIOD)[0].position_mm == pytest.approx(BLOCK_MM * 50_001)


def test_frames_that_come_spoilt_only_are_told_one_by_one_and_a_late_one_is_not_told_twice():
    book = ledger()
    heard = read_to_end(book, [spoilt(0, 100 * at, LossReason.WRONG_SIZE) for at in range(1, 5)])
    assert heard == [(1, number, "wrong_size") for number in range(4)]
    book = ledger()
    book.arrived(frame(1, 100))
    assert len(book.tick(400)) == 2
    assert book.arrived(spoilt(2, 410, LossReason.OVERRUN)) == ([], None)


def test_a_torn_frame_has_no_number_and_is_the_next():
    book = ledger()
    heard = read_to_end(book, [frame(5, 100), spoilt(None, 200, LossReason.INCOMPLETE), frame(7, 300)])
    assert heard[-3:] == [(1, 5, None), (1, 6, "incomplete"), (1, 7, None)]


@pytest.mark.parametrize(
    ("mm", "told"),
    [(10.0, []), (None, ["device_lost"]), (11.0, ["device_lost"]), (3.0, ["device_lost"])],
    ids=["the encoder shows that it touches", "no encoder", "a part of a block", "the encoder began again"],
)
def test_between_two_runs_lies_a_loss_unless_the_encoder_shows_that_they_touch(mm, told):
    book = FrameLedger(period_ns=None, timeout_ns=10**9, block_mm=BLOCK_MM, now_ns=0)
    book.arrived(frame(1, 100, mm=0.0))
    book.disconnected(*GONE)
    book.connected(150, BLOCK_MM)
    lost, delivered = book.arrived(frame(1, 200, mm=mm))
    assert [each.reason.value for each in lost] == told
    assert (delivered.run, delivered.number) == (2, 1)


def test_a_counter_that_began_again_where_nothing_tells_what_passed_begins_a_run_behind_a_loss():
    book = ledger(period=None, timeout=10**9)
    heard = read_to_end(book, [frame(900, 100), frame(1, 200)])
    assert heard == [(1, 900, None), (1, 901, "timeout"), (2, 1, None)]


def test_a_short_frame_is_as_long_as_it_is():
    book = ledger()
    book.arrived(Arrival(1, 100, position_mm=0.0, device_ns=None, length_mm=3.0))
    _, delivered = book.arrived(frame(2, 200))
    assert delivered.position_mm == 3.0


def test_while_the_web_stands_nothing_is_overdue_and_then_it_goes_on():
    book = ledger()
    book.arrived(frame(1, 100))
    book.stands(5_000)
    assert book.tick(5_100) == []
    assert numbers(book.tick(5_200)) == [(1, 2, "timeout")]


COUNTERS = st.none() | st.integers(0, 100) | st.integers(0, 2**63 - 1) | st.sampled_from([65_534, 65_535, 2**32 - 1])
FRAMES = st.builds(
    Arrival,
    number=COUNTERS,
    captured_ns=st.integers(0, 50 * PERIOD),
    position_mm=st.none() | st.floats(-1e6, 1e9),
    device_ns=st.none() | st.integers(1, 2**62),
    length_mm=st.none() | st.floats(0.0, BLOCK_MM),
    problem=st.none() | st.just((LossReason.WRONG_SIZE, "spoilt")),
)
EVENTS = FRAMES | st.tuples(st.sampled_from(["tick", "gone", "back", "stands"]), st.integers(0, 10**6 * PERIOD))


@pytest.mark.slow
@given(
    events=st.lists(EVENTS, max_size=30),
    period=st.sampled_from([None, PERIOD]),
    is_free_running=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_whatever_a_camera_does_numbers_go_on_one_by_one_and_no_frame_is_without_one(events, period, is_free_running):
    book = FrameLedger(period_ns=period, timeout_ns=300, block_mm=BLOCK_MM, now_ns=0, is_free_running=is_free_running)
    now_ns, told = 0, []
    for event in events:
        if isinstance(event, Arrival):
            now_ns += event.captured_ns
            late = book.late
            lost, delivered = book.arrived(replace(event, captured_ns=now_ns))
            if delivered is None and event.problem is None:
                assert book.late == late + 1
            told += [(each.run, each.number) for each in lost]
            if delivered is not None:
                told.append((delivered.run, delivered.number))
        else:
            name, span_ns = event
            now_ns += span_ns
            lost = []
            match name:
                case "tick":
                    lost = book.tick(now_ns)
                case "gone":
                    book.disconnected(*GONE)
                case "back":
                    book.connected(now_ns, BLOCK_MM)
                case "stands":
                    book.stands(now_ns)
            told += [(each.run, each.number) for each in lost]
        assert len(lost) <= MOST_TOLD + FIRST_NUMBERS + 1
    for (run, number), (next_run, next_number) in itertools.pairwise(told):
        assert (next_run, next_number) == (run, number + 1) or next_run == run + 1
    assert all(number < 2**63 for _, number in told)
