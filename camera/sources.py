"""The table of sources: which settings open which camera."""

import math
from collections.abc import Sequence
from typing import assert_never

from camera.errors import SettingsError
from camera.files.replay_source import ReplaySource
from camera.files.watch_source import WatchSource
from camera.gentl.gentl_source import GenTLSource
from camera.limited_source import LimitedSource
from camera.pace import CommonPace
from camera.settings import CameraSettings, GenTLSettings, ReplaySettings, SimulatedSettings, WatchSettings
from camera.simulated.simulated_source import SimulatedSource
from camera.source import FrameSource


def open_source(settings: CameraSettings) -> FrameSource:
    """The source that the settings describe, not yet started."""
    return open_sources([settings])[0]


def open_sources(cameras: Sequence[CameraSettings]) -> list[FrameSource]:
    """The sources of one station's cameras, not yet started. Simulated ones that have a place see one web at one pace,
    from where its line 0 has come to the last of them on.

    Raises SettingsError if those are told different webs.
    """
    placed = [camera for camera in cameras if isinstance(camera, SimulatedSettings) and camera.place is not None]
    pace = _common_pace(placed) if placed else None
    first_line = max((_first_line(camera) for camera in placed), default=0)
    opened: list[FrameSource] = []
    for camera in cameras:
        if isinstance(camera, SimulatedSettings) and camera.place is not None:
            source: FrameSource = SimulatedSource(camera.model_copy(update={"first_line": first_line}), pace)
        else:
            source = _unlimited(camera)
        opened.append(source if camera.frame_limit is None else LimitedSource(source, camera.frame_limit))
    return opened


def _common_pace(placed: Sequence[SimulatedSettings]) -> CommonPace:
    first = placed[0]
    for other in placed[1:]:
        if differs := [key for key in ("web", "lines", "line_rate_hz") if getattr(first, key) != getattr(other, key)]:
            raise SettingsError(
                f"cameras {first.name} and {other.name} have a place on one simulated web and are told a different "
                f"{differs[0]}; give both the same, or leave out both places"
            )
    return CommonPace(first.line_rate_hz, [camera.name for camera in placed])


def _first_line(camera: SimulatedSettings) -> int:
    along_mm = 0.0 if camera.place is None else camera.place.along_mm
    return max(camera.first_line, math.ceil(along_mm * 1000.0 / camera.web.pixel_pitch_um))


def _unlimited(settings: CameraSettings) -> FrameSource:
    match settings:
        case GenTLSettings():
            return GenTLSource(settings)
        case ReplaySettings():
            return ReplaySource(settings)
        case WatchSettings():
            return WatchSource(settings)
        case SimulatedSettings():
            return SimulatedSource(settings)
        case _:
            assert_never(settings)
