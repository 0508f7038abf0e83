"""A ring of frames in shared memory, between a camera's process and the station: one writes, one reads, nobody waits.

The memory is an anonymous file (memfd): it has no name that could be left behind, and is gone with the last process.
"""

import mmap
import os
import time
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from camera.frame import Pixels

PAGE_BYTES = 4096
NOTHING = -(2**63)
"""Stands for None in a slot's 64-bit fields."""

RING_LAYOUT = np.dtype(
    [
        ("slots", "<u8"),
        ("slot_stride", "<u8"),
        ("written", "<u8"),
        ("taken", "<u8"),
        ("heartbeat_ns", "<u8"),
        ("answered_ns", "<u8"),
        ("encoder", "<i8"),
    ]
)
SLOT_LAYOUT = np.dtype(
    [
        ("number", "<i8"),
        ("run", "<i8"),
        ("encoder", "<i8"),
        ("device_ns", "<i8"),
        ("captured_ns", "<i8"),
        ("captured_utc_ns", "<i8"),
        ("width_px", "<i8"),
        ("height_px", "<i8"),
        ("bytes_per_pixel", "<i8"),
    ]
)


@dataclass(frozen=True, slots=True)
class SlotHeader:
    """What is known of a frame in the ring, besides its pixels."""

    number: int | None
    """The camera's own counter, None where it tells none."""
    run: int
    """Which start of the camera's process it came from."""
    encoder: int | None
    """ChunkEncoderValue at row 0, None where the camera sends none."""
    device_ns: int | None
    """The camera's own clock, None where it has none."""
    captured_ns: int
    """`time.monotonic_ns()` at arrival; all processes of a machine share that clock."""
    captured_utc_ns: int
    """`time.time_ns()` at arrival."""


class Ring:
    """Fixed slots, each with a header and one frame's pixels. `written` and `taken` only ever grow."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._header = np.frombuffer(memory, RING_LAYOUT, 1)[0:1]

    @classmethod
    def create(cls, descriptor: int, slots: int, frame_bytes: int) -> Self:
        """Lay out an empty ring in the (still empty) file; the other side then calls `attach`."""
        used = SLOT_LAYOUT.itemsize + frame_bytes
        stride = -(-used // PAGE_BYTES) * PAGE_BYTES
        os.ftruncate(descriptor, PAGE_BYTES + slots * stride)
        ring = cls(mmap.mmap(descriptor, 0))
        ring._header["slots"] = slots
        ring._header["slot_stride"] = stride
        return ring

    @classmethod
    def attach(cls, descriptor: int) -> Self:
        """A ring that the other side has laid out."""
        return cls(mmap.mmap(descriptor, 0))

    @property
    def slots(self) -> int:
        """How many frames it holds."""
        return int(self._header["slots"][0])

    @property
    def used(self) -> int:
        """How many frames wait to be taken."""
        return int(self._header["written"][0]) - int(self._header["taken"][0])

    @property
    def heartbeat_ns(self) -> int:
        """When the writer last called `beat`, 0 before the first."""
        return int(self._header["heartbeat_ns"][0])

    @property
    def answer(self) -> tuple[int, int | None]:
        """When the device last answered (0 before it first did), and where the web was then by its live encoder."""
        return int(self._header["answered_ns"][0]), _optional(self._header["encoder"][0])

    def beat(self) -> None:
        """Writer: I am alive."""
        self._header["heartbeat_ns"] = time.monotonic_ns()

    def answered(self, encoder: int | None) -> None:
        """Writer: the device has just answered; `encoder` is its live one, None where it has none."""
        self._header["encoder"] = NOTHING if encoder is None else encoder
        self._header["answered_ns"] = time.monotonic_ns()

    def write(self, header: SlotHeader, pixels: Pixels) -> bool:
        """Writer: copy a (height, width) frame in, whole or short; False if the ring is full, and the frame is lost."""
        if self.used >= self.slots:
            return False
        written = int(self._header["written"][0])
        slot, start = self._slot(written)
        height, width = pixels.shape
        if SLOT_LAYOUT.itemsize + pixels.nbytes > int(self._header["slot_stride"][0]):
            raise ValueError(f"a frame of {width} x {height} px does not fit into a slot of the ring")
        slot["number"] = NOTHING if header.number is None else header.number
        slot["run"] = header.run
        slot["encoder"] = NOTHING if header.encoder is None else header.encoder
        slot["device_ns"] = NOTHING if header.device_ns is None else header.device_ns
        slot["captured_ns"] = header.captured_ns
        slot["captured_utc_ns"] = header.captured_utc_ns
        slot["width_px"] = width
        slot["height_px"] = height
        slot["bytes_per_pixel"] = pixels.itemsize
        np.copyto(self._pixels(start, _pixel(pixels.itemsize), height, width), pixels)
        self._header["written"] = written + 1
        return True

    def read(self) -> tuple[SlotHeader, Pixels] | None:
        """Reader: the oldest frame, copied out so that it can be kept; None if the ring is empty."""
        if self.used == 0:
            return None
        taken = int(self._header["taken"][0])
        slot, start = self._slot(taken)
        values = slot[0]
        pixel = _pixel(int(values["bytes_per_pixel"]))
        pixels = self._pixels(start, pixel, int(values["height_px"]), int(values["width_px"])).copy()
        header = SlotHeader(
            number=_optional(values["number"]),
            run=int(values["run"]),
            encoder=_optional(values["encoder"]),
            device_ns=_optional(values["device_ns"]),
            captured_ns=int(values["captured_ns"]),
            captured_utc_ns=int(values["captured_utc_ns"]),
        )
        self._header["taken"] = taken + 1
        return header, pixels

    def _slot(self, index: int) -> tuple[Any, int]:
        start = PAGE_BYTES + index % self.slots * int(self._header["slot_stride"][0])
        return np.frombuffer(self._memory, SLOT_LAYOUT, 1, start), start + SLOT_LAYOUT.itemsize

    def _pixels(self, start: int, pixel: np.dtype[Any], height: int, width: int) -> Pixels:
        return np.frombuffer(self._memory, pixel, height * width, start).reshape(height, width)


def _pixel(itemsize: int) -> np.dtype[Any]:
    """This machine's own byte order, whatever the camera's."""
    return np.dtype(np.uint8 if itemsize == 1 else np.uint16)


def _optional(value: np.int64) -> int | None:
    return None if value == NOTHING else int(value)
