"""The table of sources: which settings open which camera."""

from typing import assert_never

from camera.files.replay_source import ReplaySource
from camera.files.watch_source import WatchSource
from camera.gentl.gentl_source import GenTLSource
from camera.limited_source import LimitedSource
from camera.settings import CameraSettings, GenTLSettings, ReplaySettings, SimulatedSettings, WatchSettings
from camera.simulated.simulated_source import SimulatedSource
from camera.source import FrameSource


def open_source(settings: CameraSettings) -> FrameSource:
    """The source that the settings describe, not yet started."""
    source = _unlimited(settings)
    return source if settings.frame_limit is None else LimitedSource(source, settings.frame_limit)


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
