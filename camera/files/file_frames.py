"""Turns image files, one after the other, into numbered readings: what `replay` and `watch` have in common."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from camera.errors import UnexpectedImage, UnreadableImage
from camera.files.image_file import read_image
from camera.files.image_form import ImageForm, WantedImage, likely_bit_depth
from camera.frame import Frame, FrameId, LossReason, LostFrame, Pixels


class FileFrames:
    """Numbers files from 1, adds up their place on the web, holds every image to the first one's width and depth."""

    def __init__(self, camera: str, pixel_pitch_um: float, bit_depth: int | None, max_mpx: float) -> None:
        self._camera = camera
        self._pitch_um = pixel_pitch_um
        self._bit_depth = bit_depth
        self._max_mpx = max_mpx
        self._first: ImageForm | None = None
        self._number = 0
        self._position_mm = 0.0
        self._last_frame_s: float | None = None
        self.counters = {"frames": 0, "unreadable": 0, "wrong_size": 0}
        self.hint: str | None = None
        """What a person should look at, in a sentence; None if nothing."""

    @property
    def lines_px(self) -> int:
        """Lines of the first image, 1 before there was one."""
        return 1 if self._first is None else self._first.height_px

    @property
    def last_frame_age_s(self) -> float | None:
        """Seconds since the last good image, None before the first."""
        return None if self._last_frame_s is None else time.monotonic() - self._last_frame_s

    def look_at(self, path: Path, *, follow_links: bool = True) -> Pixels | UnreadableImage:
        """What is in the file; it gets no number by that."""
        wanted = WantedImage(self._max_mpx, bit_depth=self._bit_depth)
        if self._first is not None:
            wanted = replace(wanted, width_px=self._first.width_px, bits=self._first.bits)
        try:
            return read_image(path, wanted, follow_links=follow_links)
        except UnreadableImage as error:
            return error

    def reading(self, image: Pixels | UnreadableImage) -> Frame | LostFrame:
        """The next number's outcome: a frame, or why there is none."""
        self._number += 1
        frame_id = FrameId(self._camera, 1, self._number)
        start_mm = self._position_mm
        if isinstance(image, UnreadableImage):
            self._position_mm += self.lines_px * self._pitch_um / 1000.0 if self._first is not None else 0.0
            reason = LossReason.WRONG_SIZE if isinstance(image, UnexpectedImage) else LossReason.UNREADABLE
            self.counters[reason.value] += 1
            return LostFrame(frame_id, reason, str(image), start_mm, datetime.now(UTC), time.monotonic_ns())
        self._position_mm += image.shape[0] * self._pitch_um / 1000.0
        if self._first is None:
            self._first = ImageForm(image.shape[1], image.shape[0], image.dtype.itemsize * 8)
            if self._bit_depth is None and (bits := likely_bit_depth(image)) is not None:
                self.hint = f"Its images look like {bits} bits in files of 16: set bit_depth = {bits}."
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
