"""Frames that lie in memory already: for benchmarks, where neither disk nor renderer may cost time."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from camera.frame import EndOfFrames, Frame, FrameId, Pixels, Reading
from camera.source import SourceStatus


class MemorySource:
    """Shows a few images again and again, each time as new web, as fast as the station takes them."""

    waits_for_station = True

    def __init__(
        self, images: Sequence[Pixels], *, frame_limit: int, pixel_pitch_um: float, bit_depth: int = 8
    ) -> None:
        self._images = images
        self._frame_limit = frame_limit
        self._pitch_um = pixel_pitch_um
        self._bit_depth = bit_depth
        self._number = 0
        self._position_mm = 0.0

    def start(self) -> None:
        """Nothing to open."""

    def read(self, timeout_s: float) -> Reading | None:
        """The next image at once."""
        if self._number == self._frame_limit:
            return EndOfFrames(f"{self._number} frames were shown from memory")
        pixels = self._images[self._number % len(self._images)]
        self._number += 1
        start_mm = self._position_mm
        self._position_mm += pixels.shape[0] * self._pitch_um / 1000.0
        return Frame(
            id=FrameId("memory", 1, self._number),
            pixels=pixels,
            bit_depth=self._bit_depth,
            pixel_pitch_x_um=self._pitch_um,
            pixel_pitch_y_um=self._pitch_um,
            position_mm=start_mm,
            exposure_us=None,
            captured_utc=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
        )

    def stop(self) -> None:
        """Nothing to close."""

    def status(self) -> SourceStatus:
        """Always connected."""
        return SourceStatus("memory", "memory", True, "frames in memory", {"frames": self._number})
