import pytest

from camera.frame import LossReason
from camera.frame_ledger import Arrival, FrameLedger

PERIOD = 100
BLOCK_MM = 10.0
GONE = (LossReason.DEVICE_LOST, "gone")


def ledger(period=PERIOD, timeout=300):
    return FrameLedger(period_ns=period, timeout_ns=timeout, block_mm=BLOCK_MM, now_ns=0)


def frame(number, at, mm=None, device=None):
    return Arrival(number, captured_ns=at, position_mm=mm, device_ns=device)


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
    assert numbers(book.missing(3, LossReason.OVERRUN, "full", 300)) == [(1, 2, "dropped"), (1, 3, "overrun")]
    assert book.missing(3, LossReason.OVERRUN, "full", 300) == []
    lost, delivered = book.arrived(frame(4, 400))
    assert not lost
    assert delivered.number == 4


def test_what_was_missing_before_the_first_frame_keeps_its_reason():
    book = ledger()
    assert book.missing(2, LossReason.INCOMPLETE, "torn", 200) == []
    lost, _ = book.arrived(frame(3, 300))
    assert numbers(lost) == [(1, 1, "dropped"), (1, 2, "incomplete")]


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


def test_a_counter_that_wraps_begins_a_new_run():
    book = ledger()
    book.arrived(frame(65_535, 100, mm=0.0, device=0))
    lost, delivered = book.arrived(frame(1, 200, mm=10.0, device=100))
    assert not lost
    assert (delivered.run, delivered.number) == (2, 1)
