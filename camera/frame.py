"""What a camera delivers: frames, and word of the frames that it could not deliver."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, order=True)
class FrameId:
    """Names one block of web as one camera saw it.

    >>> FrameId("cam0", 1, 42)
    FrameId(camera='cam0', run=1, number=42)
    >>> str(FrameId("cam0", 1, 42))
    'cam0/1/42'
    """

    camera: str
    """Name of the camera in the station's settings."""
    run: int
    """Counts the camera's starts: 1 for the first, one more after each re-connection."""
    number: int
    """The camera's own frame counter within the run, so that a gap shows lost frames."""

    def __str__(self) -> str:
        return f"{self.camera}/{self.run}/{self.number}"


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing from a frame that ended before all its lines had come."""

    lines_asked: int
    """Number of lines in a whole frame."""
    is_placed: bool
    """Whether an encoder says where this frame and the next begin; if not, nobody knows how much web is missing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One block of web, as the camera saw it. It owns its pixels: nobody overwrites them later."""

    id: FrameId
    pixels: Pixels
    """(height, width) uint8 or uint16; row 0 is the leading edge, column 0 the drive side."""
    bit_depth: int
    """Significant bits of a pixel: 8, 10, 12, 14 or 16."""
    pixel_pitch_x_um: float
    """Cross direction, micrometres of web for each column."""
    pixel_pitch_y_um: float
    """Machine direction, micrometres of web for each line."""
    position_mm: float
    """Encoder position on the web at row 0."""
    exposure_us: float | None
    """Exposure of a line, None where the source doesn't know (files)."""
    captured_utc: datetime
    captured_ns: int
    """`time.monotonic_ns()` when the last line was exposed, or as near to that as the source knows."""
    shortage: Shortage | None = None
    """None for a whole frame. A short one holds the lines that came, from the leading edge on."""

    @property
    def height_px(self) -> int:
        """Lines."""
        return int(self.pixels.shape[0])

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def length_mm(self) -> float:
        """Machine-direction length of web that the frame shows."""
        return self.height_px * self.pixel_pitch_y_um / 1000.0


class LossReason(StrEnum):
    """Why a frame number has no pixels."""

    DROPPED = "dropped"
    """The camera's counter skipped it: lost on the wire or for want of a buffer."""
    INCOMPLETE = "incomplete"
    """It arrived with lines missing."""
    TIMEOUT = "timeout"
    """Nothing came in the time in which a frame was due."""
    DEVICE_LOST = "device_lost"
    """The device was gone (cable, power) when it was due."""
    PROCESS_DIED = "process_died"
    """The camera's process was gone when it was due."""
    OVERRUN = "overrun"
    """It arrived when the ring to the station was full."""
    WRONG_SIZE = "wrong_size"
    """It has another size or pixel format than the settings announced, or what its buffer says does not add up."""
    COUNTER = "counter"
    """The camera's counter went on in a way that can't be believed: nobody knows how many frames passed unseen."""
    UNREADABLE = "unreadable"
    """Its file is truncated or no image."""


@dataclass(frozen=True, slots=True)
class LostFrame:
    """A frame number that was triggered and will never have pixels."""

    id: FrameId
    reason: LossReason
    detail: str
    """A sentence for the night shift: what was expected, what came, what to look at."""
    position_mm: float | None
    """Where on the web it would have begun, None where nobody knows."""
    noticed_utc: datetime
    noticed_ns: int
    """`time.monotonic_ns()` when the loss was noticed."""


@dataclass(frozen=True, slots=True)
class EndOfFrames:
    """The source has shown all it has (a folder was read to its end, a frame limit was reached)."""

    detail: str


Reading = Frame | LostFrame | EndOfFrames
