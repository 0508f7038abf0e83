"""From what a producer says of a buffer to its pixels: never a sheared or a made-up picture, whatever it says."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import LossReason
from camera.gentl.buffer_geometry import Announced, Geometry, Unfit, picture_of

MONO8, MONO12, MONO14, MONO12_PACKED, RGB8 = 0x01080001, 0x01100005, 0x01100025, 0x010C0006, 0x02180014
ASKED = Geometry(width_px=10, height_px=6, pixel_format="Mono8")
FILL = 0xEE


def picture(asked, lines=None):
    lines = asked.height_px if lines is None else lines
    pixel = np.uint8 if asked.pixel_bytes == 1 else np.uint16
    return (np.arange(lines * asked.width_px, dtype=pixel) % 200).reshape(lines, asked.width_px)


def laid_out(asked, *, padding=0, tail=0, offset=0, lines=None, chunks=0, spare=64, order="<"):
    """What an honest producer says of a buffer laid out like this, and the buffer."""
    rows = picture(asked, lines)
    if asked.pixel_bytes == 2:
        rows = rows.astype(f"{order}u2")
    body = b"".join(row.tobytes() + bytes([FILL] * padding) for row in rows)
    content = bytes([FILL] * offset) + body + bytes([FILL] * (tail + chunks))
    announced = Announced(
        payload_type=1,
        has_image=True,
        pixel_format={"Mono8": MONO8, "Mono12": MONO12, "Mono14": MONO14}[asked.pixel_format],
        endianness=2 if order == ">" else 1,
        width_px=asked.width_px,
        height_px=asked.height_px,
        delivered_height_px=len(rows),
        line_padding_bytes=padding,
        image_padding_bytes=tail,
        image_offset_bytes=offset,
        filled_bytes=len(content),
        chunk_bytes=chunks,
        is_cut=False,
    )
    return announced, content + bytes([FILL] * spare)


@pytest.mark.parametrize("pixel_format", ["Mono8", "Mono12", "Mono14"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "layout",
    [{}, {"padding": 8}, {"tail": 5}, {"offset": 16}, {"padding": 3, "tail": 7, "offset": 2, "chunks": 24}],
    ids=["plain", "padded lines", "padded image", "behind a header", "all together"],
)
def test_an_honest_producers_picture_is_read_to_the_pixel(pixel_format, order, layout):
    asked = replace(ASKED, pixel_format=pixel_format)
    found = picture_of(*laid_out(asked, order=order, **layout), asked)
    np.testing.assert_array_equal(found, picture(asked))


@pytest.mark.parametrize("lines", [1, 3, 5])
@pytest.mark.parametrize("padding", [0, 4])
def test_a_short_frame_is_the_lines_that_came(lines, padding):
    found = picture_of(*laid_out(ASKED, lines=lines, padding=padding), ASKED)
    np.testing.assert_array_equal(found, picture(ASKED, lines))


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"width_px": 5}, "wrong_size", "5 px wide, expected 10"),
        ({"width_px": 0}, "wrong_size", "0 px wide"),
        ({"width_px": 2**64 - 1}, "wrong_size", "Width 18446744073709551615"),
        ({"height_px": 7, "delivered_height_px": 7}, "wrong_size", "7 lines, expected 6"),
        ({"height_px": 0, "delivered_height_px": 0}, "wrong_size", "no line was delivered"),
        ({"delivered_height_px": 0}, "wrong_size", "no line was delivered"),
        ({"delivered_height_px": 9}, "wrong_size", "9 lines were delivered of 6"),
        ({"delivered_height_px": 4, "height_px": 3}, "wrong_size", "4 lines were delivered of 3"),
        ({"pixel_format": MONO12}, "wrong_size", "pixel format is Mono12, expected Mono8"),
        ({"pixel_format": MONO12_PACKED}, "wrong_size", "Mono12Packed .packed, which is not read"),
        ({"pixel_format": RGB8}, "wrong_size", "0x02180014"),
        ({"payload_type": 5}, "wrong_size", "payload type 5"),
        ({"has_image": False}, "wrong_size", "no image"),
        ({"is_cut": True}, "incomplete", "more data came than the buffer holds"),
        ({"filled_bytes": 59}, "incomplete", "only 59 bytes came"),
        ({"filled_bytes": 0}, "incomplete", "only 0 bytes came"),
        ({"filled_bytes": 60, "chunk_bytes": 24}, "incomplete", "24 of them chunk data"),
        ({"filled_bytes": 10**6}, "wrong_size", "do not fit"),
        ({"filled_bytes": 108}, "wrong_size", "48 bytes more .* 8 for each"),
        ({"line_padding_bytes": 3}, "incomplete", "6 lines need 75"),
        ({"line_padding_bytes": 2**32 - 1}, "wrong_size", "padding behind each line"),
        ({"line_padding_bytes": 10**6}, "wrong_size", "do not fit"),
        ({"image_offset_bytes": 1}, "incomplete", "need 61"),
        ({"image_offset_bytes": 10**6}, "wrong_size", "do not fit"),
        ({"delivered_height_px": None, "filled_bytes": None}, "wrong_size", "nobody knows how much of it came"),
    ],
)
def test_what_does_not_add_up_is_no_picture_and_says_why(changes, reason, words):
    announced, memory = laid_out(ASKED)
    found = picture_of(replace(announced, **changes), memory, ASKED)
    assert isinstance(found, Unfit)
    assert found.reason.value == reason
    assert re.search(words, found.detail), found.detail


@pytest.mark.parametrize("silent", [field.name for field in fields(Announced)])
def test_a_producer_that_leaves_one_thing_out_is_believed_in_the_others(silent):
    announced, memory = laid_out(ASKED, chunks=8)
    np.testing.assert_array_equal(picture_of(replace(announced, **{silent: None}), memory, ASKED), picture(ASKED))


@pytest.mark.parametrize("filled", [61, 64, 10_060, 2_560_020])
def test_bytes_behind_the_picture_that_are_no_padding_of_lines_do_no_harm(filled):
    announced, memory = laid_out(ASKED, spare=3_000_000)
    found = picture_of(replace(announced, filled_bytes=filled), memory, ASKED)
    np.testing.assert_array_equal(found, picture(ASKED))


NUMBERS = st.none() | st.integers(0, 12) | st.integers(0, 2_000) | st.sampled_from([2**31, 2**32 - 1, 2**64 - 1, -1])


@pytest.mark.slow
@given(
    told=st.fixed_dictionaries({}, optional={field.name: NUMBERS for field in fields(Announced)}),
    padding=st.integers(0, 9),
    tail=st.integers(0, 9),
    offset=st.integers(0, 9),
    lines=st.integers(1, 6),
    chunks=st.sampled_from([0, 24]),
    cut=st.integers(0, 80),
)
@settings(max_examples=600, deadline=None)
def test_whatever_is_announced_yields_whole_lines_within_the_buffer_or_a_reason(
    told, padding, tail, offset, lines, chunks, cut
):
    honest, memory = laid_out(ASKED, padding=padding, tail=tail, offset=offset, lines=lines, chunks=chunks)
    announced = replace(honest, **told)
    memory = memory[: max(0, len(memory) - cut)]
    found = picture_of(announced, memory, ASKED)
    if isinstance(found, Unfit):
        assert found.reason in (LossReason.WRONG_SIZE, LossReason.INCOMPLETE)
        assert found.detail
        return
    assert found.dtype == np.uint8
    assert found.shape[1] == ASKED.width_px
    assert 1 <= found.shape[0] <= ASKED.height_px
    assert found.shape[0] == announced.delivered_height_px or announced.delivered_height_px is None
    honest_geometry = {"line_padding_bytes", "image_offset_bytes", "delivered_height_px", "height_px"}
    if not honest_geometry & told.keys() and found.shape[0] == lines:
        np.testing.assert_array_equal(found, picture(ASKED, lines))


@given(padding=st.integers(1, 40))
def test_padding_that_is_not_told_is_no_picture(padding):
    announced, memory = laid_out(ASKED, padding=padding)
    found = picture_of(replace(announced, line_padding_bytes=0), memory, ASKED)
    assert isinstance(found, Unfit)


@given(
    told=st.integers(0, 28),
    real=st.integers(0, 28),
    lines=st.sampled_from([30, 50, 64]),
    rest=st.sampled_from([0, 5000]),
)
def test_of_padding_that_is_told_wrongly_no_sheared_picture_comes(told, real, lines, rest):
    asked = replace(ASKED, height_px=64)
    announced, memory = laid_out(asked, padding=real, lines=lines, spare=rest)
    found = picture_of(replace(announced, line_padding_bytes=told), memory, asked)
    assert isinstance(found, Unfit) or np.array_equal(found, picture(asked, lines))


@given(padding=st.integers(1, 40), lines=st.integers(1, 63))
def test_padding_is_missed_in_a_short_frame_of_which_the_whole_buffer_counts_as_filled(padding, lines):
    asked = replace(ASKED, height_px=64)
    announced, memory = laid_out(asked, padding=padding)
    found = picture_of(replace(announced, line_padding_bytes=0, delivered_height_px=lines), memory, asked)
    assert isinstance(found, Unfit)


@pytest.mark.parametrize("lines", [1, 20, 32, 63])
def test_a_short_frame_is_read_though_the_whole_buffer_counts_as_filled(lines):
    asked = replace(ASKED, height_px=64)
    announced, memory = laid_out(asked, padding=4)
    found = picture_of(replace(announced, delivered_height_px=lines), memory, asked)
    np.testing.assert_array_equal(found, picture(asked, lines))
