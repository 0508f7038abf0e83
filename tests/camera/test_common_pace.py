"""Simulated sources over one web, without GenICam: read in threads of their own, at one pace."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from camera.errors import SettingsError
from camera.frame import EndOfFrames, Frame
from camera.settings import SimulatedSettings
from camera.sources import open_sources
from camera.web import CameraPlace, Material, PlacedWeb, View, WebSettings
from tests.support.patience import PATIENCE_S

WEB = WebSettings(width_px=200, material=Material.SEPARATOR)
LINES = 64
WAY_MM = 12.0


def cameras(line_rate_hz=None, limits=(None, None), **changes):
    places = (CameraPlace(), CameraPlace(view=View.BACK_LIGHT, along_mm=WAY_MM, seed=9))
    return [
        SimulatedSettings(
            name=f"cam{number}",
            web=WEB,
            lines=LINES,
            line_rate_hz=line_rate_hz,
            place=place,
            frame_limit=limit,
            **(changes if number else {}),
        )
        for number, (place, limit) in enumerate(zip(places, limits, strict=True))
    ]


@pytest.fixture
def started():
    sources = []

    def start(settings):
        sources.extend(open_sources(settings))
        for source in sources:
            source.start()
        return sources

    yield start
    for source in sources:
        source.stop()


def read_on(source, count, found):
    end = time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < end:
        reading = source.read(0.1)
        if isinstance(reading, EndOfFrames):
            return
        if reading is not None:
            found.append(reading)


def test_both_show_one_web_and_count_one_encoder(started):
    sources, found = started(cameras()), ([], [])
    readers = [threading.Thread(target=read_on, args=(s, 6, f)) for s, f in zip(sources, found, strict=True)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(PATIENCE_S)
    assert [len(frames) for frames in found] == [6, 6]
    assert [f.position_mm for f in found[0]] == [f.position_mm for f in found[1]]
    assert found[0][0].position_mm == WAY_MM
    webs = [PlacedWeb(WEB, camera.place) for camera in cameras()]
    for web, frames in zip(webs, found, strict=True):
        for frame in frames:
            np.testing.assert_array_equal(frame.pixels, web.render(round(frame.position_mm / 0.05), LINES))


@pytest.mark.parametrize("line_rate_hz", [None, 640_000.0])
def test_who_reads_alone_gets_one_frame_and_waits_for_the_other(started, line_rate_hz):
    first, second = started(cameras(line_rate_hz))
    assert isinstance(first.read(PATIENCE_S), Frame)
    assert first.read(0.05) is None
    assert [second.read(PATIENCE_S).id.number for _ in range(2)] == [1, 2]
    assert second.read(0.05) is None
    assert isinstance(first.read(PATIENCE_S), Frame)


def test_nobody_waits_for_a_camera_that_was_stopped_or_has_shown_all_that_was_asked_for(started):
    first, second = started(cameras(limits=(None, 2)))
    for number in range(1, 6):
        assert first.read(PATIENCE_S).id.number == number
        if number <= 2:
            assert second.read(PATIENCE_S).id.number == number
    assert isinstance(second.read(0.1), EndOfFrames)


def test_a_camera_that_was_away_goes_on_where_the_web_is(started):
    first, second = started(cameras())
    for source in (first, second):
        source.read(PATIENCE_S)
    second.stop()
    places = [first.read(PATIENCE_S).position_mm for _ in range(4)]
    assert [round((b - a) / 0.05) for a, b in pairwise(places)] == [LINES] * 3
    second.start()
    assert second.read(PATIENCE_S).position_mm == places[-1] + LINES * 0.05


def test_different_webs_for_one_place_are_refused_in_words():
    with pytest.raises(SettingsError, match=r"cam0 and cam1 .* different web"):
        open_sources([cameras()[0], cameras()[1].model_copy(update={"web": WebSettings(seed=8)})])
