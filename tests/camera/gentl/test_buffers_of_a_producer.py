"""What a GenTL producer announces, told by the simulated one on command: its pictures are read as they lie, or lost."""

import itertools

import numpy as np
import pytest

from camera.simulated.simulated_camera import BufferInfo, Fault
from camera.web import WebSettings
from tests.support.known_line import LINES, Line, is_frame, is_lost, opened, reasons


def read_ten(camera, **settings):
    with opened(camera.settings(**settings)) as source:
        line = Line(source, camera)
        line.frames(10)
        return line, source.status()


LAYOUTS = [
    {"line_padding_bytes": 8},
    {"line_padding_bytes": 1},
    {"image_offset_bytes": 48},
    {"image_padding_bytes": 100},
    {"line_padding_bytes": 64, "image_offset_bytes": 512, "image_padding_bytes": 33},
]


@pytest.mark.parametrize("bit_depth", [8, 12])
def test_pictures_are_read_as_they_lie_in_their_buffers(rig, bit_depth):
    camera = rig(WebSettings(width_px=256, bit_depth=bit_depth))
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        for layout in LAYOUTS:
            camera.lay_out(**layout)
            line.frames(4)
    assert all(is_frame(each) and line.shows_the_web(each) for each in line.heard)


NONSENSE = [
    (BufferInfo.XPADDING, 8),
    (BufferInfo.XPADDING, 2**64 - 1),
    (BufferInfo.IMAGEOFFSET, 16),
    (BufferInfo.IMAGEOFFSET, 10**9),
    (BufferInfo.WIDTH, 128),
    (BufferInfo.WIDTH, 0),
    (BufferInfo.HEIGHT, 2 * LINES),
    (BufferInfo.HEIGHT, 2**64 - 1),
    (BufferInfo.DELIVERED_IMAGEHEIGHT, 2 * LINES),
    (BufferInfo.DELIVERED_IMAGEHEIGHT, 0),
    (BufferInfo.SIZE_FILLED, 1000),
    (BufferInfo.SIZE_FILLED, 2**40),
    (BufferInfo.PIXELFORMAT, 0x010C0006),
    (BufferInfo.PIXELFORMAT, 0),
    (BufferInfo.PAYLOADTYPE, 5),
    (BufferInfo.PAYLOADTYPE, 99),
    (BufferInfo.IMAGEPRESENT, 0),
    (BufferInfo.DATA_LARGER_THAN_BUFFER, 1),
    (BufferInfo.IS_INCOMPLETE, 1),
    (BufferInfo.IS_INCOMPLETE, None),
]


def test_frames_of_which_nonsense_is_told_are_lost_and_the_next_is_good(rig):
    camera = rig()
    told = []
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        for info, value in NONSENSE:
            since = len(line.heard)
            camera.announce(info, value, frames=2)
            line.read_until(is_lost)
            line.frames(2)
            told.append((info.name, value, [each.reason.value for each in line.heard[since:] if is_lost(each)]))
    incomplete = {("SIZE_FILLED", 1000), ("XPADDING", 8), ("IMAGEOFFSET", 16), ("DATA_LARGER_THAN_BUFFER", 1)}
    incomplete |= {("IS_INCOMPLETE", 1), ("IS_INCOMPLETE", None)}
    assert told == [
        (info.name, value, ["incomplete" if (info.name, value) in incomplete else "wrong_size"] * 2)
        for info, value in NONSENSE
    ]
    assert all(line.shows_the_web(each) for each in line.heard if is_frame(each))
    line.assert_no_number_is_missing_or_told_twice()


def test_a_producer_that_does_not_implement_one_thing_still_shows_the_web(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        for info in (info for info in BufferInfo if info is not BufferInfo.IS_INCOMPLETE):
            camera.announce(info, None, frames=2)
            line.frames(3)
    assert all(is_frame(each) and line.shows_the_web(each) for each in line.heard)
    line.assert_no_number_is_missing_or_told_twice()


def test_a_short_frame_is_the_lines_that_came_and_says_how_many_were_asked_for(rig):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(2)
        camera.fault(Fault.SHORT, frames=2)
        line.read_until(lambda reading: is_frame(reading) and reading.shortage is not None)
        line.frames(4)
        assert source.status().counters["short"] == 2
    short = [each for each in line.heard if each.shortage is not None]
    assert [(each.height_px, each.shortage.lines_asked, each.shortage.is_placed) for each in short] == [
        (LINES * 3 // 10, LINES, True)
    ] * 2
    assert [each.length_mm for each in short] == pytest.approx([LINES * 3 // 10 * line.pitch_mm] * 2)
    assert all(line.shows_the_web(each) for each in line.heard)
    places = [each.position_mm for each in line.heard]
    assert np.diff(places) == pytest.approx([3.2] * (len(places) - 1))


def test_without_an_encoder_nobody_knows_where_a_short_frame_ends(rig):
    camera = rig()
    camera.fault(Fault.SHORT)
    with opened(camera.settings(chunks=False)) as source:
        frame = Line(source, camera).frames(1)[0]
    assert frame.shortage is not None
    assert not frame.shortage.is_placed


@pytest.mark.parametrize(
    ("ids", "numbers"),
    [
        ({"value": 0}, range(10)),
        ({"value": 2**64 - 1}, range(1, 11)),
        ({"value": None}, range(1, 11)),
        ({"value": 7}, range(7, 17)),
        ({"modulus": 3}, range(1, 11)),
        ({"offset": 2**60}, range(1, 11)),
    ],
    ids=["0", "all bits set", "not told", "always the same", "begin again", "beyond what anybody can read"],
)
def test_whatever_a_camera_calls_its_frames_each_has_one_number(rig, ids, numbers):
    camera = rig(line_rate_hz=1600.0)
    if "value" in ids:
        camera.announce(BufferInfo.FRAMEID, ids["value"])
    else:
        camera.number_frames(**ids)
    line, _ = read_ten(camera)
    good = [each for each in line.heard if is_frame(each)]
    assert [each.id.number for each in good][:10] == list(numbers)
    assert {each.id.run for each in good} == {1}
    assert all(line.shows_the_web(each) for each in good)


@pytest.mark.parametrize("leap", [10**6, 2**32])
def test_a_counter_that_leaps_costs_one_word_and_no_frame(rig, leap):
    camera = rig()
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.number_frames(offset=leap)
        heard = line.read_until(is_lost) + line.frames(3)
        assert source.status().counters["counter"] == 1
    assert reasons(heard) == ["counter"]
    assert [each.id.run for each in heard if is_frame(each)][-3:] == [2, 2, 2]
    places = [each.position_mm for each in line.heard if is_frame(each)]
    assert np.diff(places) == pytest.approx([3.2] * (len(places) - 1))


def test_numbers_go_on_where_a_counter_goes_back_and_the_encoder_shows_that_nothing_is_missing(rig):
    camera = rig()
    camera.number_frames(offset=1000)
    with opened(camera.settings()) as source:
        line = Line(source, camera)
        line.frames(3)
        camera.number_frames(offset=0)
        line.frames(10)
    assert all(is_frame(each) for each in line.heard)
    numbers = [(each.id.run, each.id.number) for each in line.heard]
    assert all(b == (a[0], a[1] + 1) for a, b in itertools.pairwise(numbers))
