"""The simulated web, shown without a camera between."""

import time
from datetime import UTC, datetime

from camera.frame import EndOfFrames, Frame, FrameId, Reading
from camera.pace import CommonPace, Pace
from camera.settings import SimulatedSettings
from camera.source import SourceStatus
from camera.web import PlacedWeb, SimulatedWeb


class SimulatedSource:
    """Renders block after block; when this machine can't keep up with the line rate, the web runs slower."""

    def __init__(self, settings: SimulatedSettings, pace: CommonPace | None = None) -> None:
        """`pace`: that of the web, where other cameras see it, too."""
        self._settings = settings
        self._pace = Pace(settings.line_rate_hz) if pace is None else pace
        self._web: SimulatedWeb | PlacedWeb | None = None
        self._number = 0
        self._last_frame_s: float | None = None

    @property
    def waits_for_station(self) -> bool:
        """Without a line rate the web moves only when it is read."""
        return self._settings.line_rate_hz is None

    def start(self) -> None:
        """Prepares the texture plates; takes a second or two."""
        web, place = self._settings.web, self._settings.place
        self._web = SimulatedWeb(web) if place is None else PlacedWeb(web, place)

    def read(self, timeout_s: float) -> Reading | None:
        """The next block of web, when its last line is due."""
        if self._web is None:
            return EndOfFrames("the simulated web was stopped")
        passed = self._passed(timeout_s)
        if passed is None:
            return None
        first_line = self._settings.first_line + (passed - 1) * self._settings.lines
        pixels = self._web.render(first_line, self._settings.lines)
        self._number += 1
        if isinstance(self._pace, CommonPace) and self._number == self._settings.frame_limit:
            self._pace.leave(self._settings.name)
        self._last_frame_s = time.monotonic()
        line_rate = self._settings.line_rate_hz
        return Frame(
            id=FrameId(self._settings.name, 1, self._number),
            pixels=pixels,
            bit_depth=self._settings.web.bit_depth,
            pixel_pitch_x_um=self._settings.web.pixel_pitch_um,
            pixel_pitch_y_um=self._settings.web.pixel_pitch_um,
            position_mm=first_line * self._settings.web.pixel_pitch_um / 1000.0,
            exposure_us=None if line_rate is None else 0.5e6 / line_rate,
            captured_utc=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
        )

    def _passed(self, timeout_s: float) -> int | None:
        """Frames of web that have passed when the next one is complete, None if that takes longer."""
        lines = self._settings.lines
        if isinstance(self._pace, CommonPace):
            return self._pace.wait(self._settings.name, lines, timeout_s)
        return self._number + 1 if self._pace.wait(lines, timeout_s) else None

    def stop(self) -> None:
        """Frees the plates."""
        self._web = None
        if isinstance(self._pace, CommonPace):
            self._pace.leave(self._settings.name)

    def status(self) -> SourceStatus:
        """Connected while it runs."""
        web = self._settings.web
        return SourceStatus(
            camera=self._settings.name,
            kind="simulated",
            is_connected=self._web is not None,
            detail=f"simulated {web.material.value} web, seed {web.seed}" if self._web else "stopped",
            counters={"frames": self._number},
            last_frame_age_s=None if self._last_frame_s is None else time.monotonic() - self._last_frame_s,
        )
