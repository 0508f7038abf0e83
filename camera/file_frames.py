"""Turns image files, one after the other, into numbered readings: what `replay` and `watch` have in common."""

import time
from datetime import UTC, datetime

from camera.errors import UnreadableImage
from camera.frame import Frame, FrameId, LossReason, LostFrame, Pixels, Reading


class FileFrames:
    """Numbers files from 1, adds up their place on the web, holds every image to the first one's width and depth."""

    def __init__(self, camera: str, pixel_pitch_um: float, bit_depth: int | None) -> None:
        self._camera = camera
        self._pitch_um = pixel_pitch_um
        self._bit_depth = bit_depth
        self._first: Pixels | None = None
        self._number = 0
        self._position_mm = 0.0
        self._last_frame_s: float | None = None
        self.counters = {"frames": 0, "unreadable": 0, "wrong_size": 0}

    @property
    def lines_px(self) -> int:
        """Lines of the first image, 1 before there was one."""
        return 1 if self._first is None else int(self._first.shape[0])

    @property
    def last_frame_age_s(self) -> float | None:
        """Seconds since the last good image, None before the first."""
        return None if self._last_frame_s is None else time.monotonic() - self._last_frame_s

    def reading(self, name: str, image: Pixels | UnreadableImage) -> Reading:
        """The next number's outcome: a frame, or why there is none."""
        self._number += 1
        frame_id = FrameId(self._camera, 1, self._number)
        start_mm = self._position_mm
        if isinstance(image, UnreadableImage):
            self._position_mm += self.lines_px * self._pitch_um / 1000.0 if self._first is not None else 0.0
            return self._lost(frame_id, LossReason.UNREADABLE, str(image), start_mm)
        self._position_mm += image.shape[0] * self._pitch_um / 1000.0
        first = image if self._first is None else self._first
        if (image.shape[1], image.dtype) != (first.shape[1], first.dtype):
            detail = (
                f"{name}: is {image.shape[1]} px wide with {image.dtype} pixels, expected {first.shape[1]} px and "
                f"{first.dtype} like the first image; keep images of one camera setting in one folder"
            )
            return self._lost(frame_id, LossReason.WRONG_SIZE, detail, start_mm)
        self._first = first
        self.counters["frames"] += 1
        self._last_frame_s = time.monotonic()
        return Frame(
            id=frame_id,
            pixels=image,
            bit_depth=self._bit_depth or image.dtype.itemsize * 8,
            pixel_pitch_x_um=self._pitch_um,
            pixel_pitch_y_um=self._pitch_um,
            position_mm=start_mm,
            exposure_us=None,
            captured_utc=datetime.now(UTC),
            captured_ns=time.monotonic_ns(),
        )

    def _lost(self, frame_id: FrameId, reason: LossReason, detail: str, start_mm: float) -> LostFrame:
        self.counters[reason.value] += 1
        return LostFrame(frame_id, reason, detail, start_mm, datetime.now(UTC), time.monotonic_ns())
