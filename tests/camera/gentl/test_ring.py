import os

import numpy as np
import pytest

from camera.gentl.ring import Ring, SlotHeader


@pytest.fixture
def ends():
    descriptor = os.memfd_create("test-ring")
    writer = Ring.create(descriptor, slots=4, frame_bytes=6 * 8 * 2)
    reader = Ring.attach(descriptor)
    os.close(descriptor)
    return writer, reader


def header(number, encoder=None):
    return SlotHeader(number, run=1, encoder=encoder, device_ns=None, captured_ns=5, captured_utc_ns=6)


def picture(number, dtype=np.uint8):
    return (np.arange(48, dtype=dtype).reshape(6, 8) + dtype(number)).astype(dtype)


def test_frames_come_out_as_they_went_in_and_in_order(ends):
    writer, reader = ends
    for number in range(1, 10):
        assert writer.write(header(number, encoder=-number), picture(number))
        got, pixels = reader.read()
        assert got == header(number, encoder=-number)
        np.testing.assert_array_equal(pixels, picture(number))
    assert reader.read() is None


def test_sixteen_bit_frames_keep_their_depth(ends):
    writer, reader = ends
    writer.write(header(1), picture(4000, np.uint16))
    _, pixels = reader.read()
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, picture(4000, np.uint16))


def test_a_frame_owns_its_pixels_when_the_ring_goes_round(ends):
    writer, reader = ends
    writer.write(header(1), picture(1))
    _, kept = reader.read()
    for number in range(2, 6):
        writer.write(header(number), picture(number))
    np.testing.assert_array_equal(kept, picture(1))


def test_a_full_ring_refuses_and_keeps_what_it_has(ends):
    writer, reader = ends
    assert [writer.write(header(number), picture(number)) for number in range(1, 7)] == [True] * 4 + [False] * 2
    assert reader.used == 4
    assert [reader.read()[0].number for _ in range(4)] == [1, 2, 3, 4]
    assert writer.write(header(7), picture(7))
    assert reader.read()[0].number == 7


def test_a_frame_too_large_for_a_slot_is_an_error(ends):
    writer, _ = ends
    with pytest.raises(ValueError, match="does not fit"):
        writer.write(header(1), np.zeros((64, 128), np.uint8))


def test_the_heartbeat_is_seen_on_the_other_side(ends):
    writer, reader = ends
    assert reader.heartbeat_ns == 0
    writer.beat()
    assert reader.heartbeat_ns > 0
