"""The simulated camera's sensor side: a process that renders the web block by block into shared memory.

The producer (camera/simulated/producer/feed.h) maps the same memory and makes GenICam frames of it. The generator has a
process of its own because harvesters holds the GIL of the process that it runs in. The web moves on whatever the camera
does. Where several cameras see one web, the first one's generator moves it on for all.
"""

import importlib
import json
import mmap
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from camera.child_process import is_orphan
from camera.errors import SettingsError
from camera.frame import Pixels
from camera.web.place import CameraPlace
from camera.web.settings import WebSettings

MAGIC = b"WEBFEED"
VERSION = 3
FOREVER = 2**32 - 1
SAYINGS = 32
RISES = 128
PAGE_BYTES = 4096


class Fault(StrEnum):
    """What can go wrong with a camera, on command. The order is that of feed.h."""

    DROP = "drop"
    """The frame is lost on the wire: the camera's counter skips it."""
    INCOMPLETE = "incomplete"
    """The frame arrives marked as incomplete."""
    FREEZE = "freeze"
    """The sensor is stuck: the same pixels and encoder value again and again, with new frame numbers."""
    STALL = "stall"
    """The device is there and delivers nothing."""
    UNPLUG = "unplug"
    """The device is gone: nothing answers, it is not in the list."""
    WRONG_SIZE = "wrong_size"
    """The frame has half its columns."""
    BLACK = "black"
    """Every pixel is zero: the light is off."""
    SHORT = "short"
    """The frame ends early: three tenths of its lines come, and the buffer says so."""
    STAND = "stand"
    """The web stands still: no line passes, the encoder does not move, the device is well."""


class BufferInfo(IntEnum):
    """What a GenTL producer says of a buffer: the BUFFER_INFO commands that describe its content."""

    TIMESTAMP = 3
    IS_INCOMPLETE = 7
    SIZE_FILLED = 9
    WIDTH = 10
    HEIGHT = 11
    XOFFSET = 12
    YOFFSET = 13
    XPADDING = 14
    YPADDING = 15
    FRAMEID = 16
    IMAGEPRESENT = 17
    IMAGEOFFSET = 18
    PAYLOADTYPE = 19
    PIXELFORMAT = 20
    PIXELFORMAT_NAMESPACE = 21
    DELIVERED_IMAGEHEIGHT = 22
    DELIVERED_CHUNKPAYLOADSIZE = 23
    CHUNKLAYOUTID = 24
    PIXEL_ENDIANNESS = 26
    DATA_SIZE = 27
    TIMESTAMP_NS = 28
    DATA_LARGER_THAN_BUFFER = 29
    CONTAINS_CHUNKDATA = 30


FEED_LAYOUT = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u4"),
        ("slots", "<u4"),
        ("width", "<u4"),
        ("lines", "<u4"),
        ("bytes_per_pixel", "<u4"),
        ("bit_depth", "<u4"),
        ("data_offset", "<u8"),
        ("slot_stride", "<u8"),
        ("serial_number", "S32"),
        ("user_id", "S32"),
        ("line_rate_hz", "<f8"),
        ("newest", "<u8"),
        ("owner", "<u4"),
        ("reserved", "<u4"),
        ("id_modulus", "<u8"),
        ("id_offset", "<u8"),
        ("layout", [("frames", "<u4"), ("line_padding", "<u4"), ("image_padding", "<u4"), ("image_offset", "<u4")]),
        ("sayings", np.dtype([("frames", "<u4"), ("is_silent", "<u4"), ("value", "<u8")], align=True), (SAYINGS,)),
        ("faults", "<u4", (len(Fault),)),
        ("output", "<u4"),
        ("rises", "<u8"),
        ("rise_encoder", "<u8", (RISES,)),
    ],
    align=True,
)
SLOT_LAYOUT = np.dtype([("block", "<u8"), ("first_line", "<u8"), ("completed_ns", "<u8"), ("reserved", "<u8")])


class Renderer(Protocol):
    """Shows the web: `camera.web.SimulatedWeb`, or any class whose constructor takes WebSettings; of a web that several
    cameras see `camera.web.PlacedWeb`, or any class whose constructor takes a CameraPlace too.
    """

    def render(self, first_line: int, lines: int) -> Pixels:
        """(lines, width) uint8 or uint16, from `first_line` on."""


@dataclass(frozen=True, slots=True)
class FeedShape:
    """The size of a feed's blocks."""

    width_px: int
    lines: int
    bit_depth: int
    slots: int

    @property
    def pixel(self) -> np.dtype[Any]:
        """uint8, or uint16 for more than 8 bits."""
        return np.dtype(np.uint8 if self.bit_depth == 8 else np.uint16)

    @property
    def slot_stride(self) -> int:
        """Bytes from slot to slot, whole pages."""
        used = SLOT_LAYOUT.itemsize + self.width_px * self.lines * self.pixel.itemsize
        return -(-used // PAGE_BYTES) * PAGE_BYTES


class Feed:
    """One device's shared memory, as the rig and the generator see it."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._header = np.frombuffer(self._memory, FEED_LAYOUT, 1)

    @classmethod
    def create(cls, path: Path, shape: FeedShape, *, line_rate_hz: float, serial_number: str, user_id: str) -> "Feed":
        """A new feed without blocks."""
        with path.open("xb") as file:
            file.truncate(PAGE_BYTES + shape.slots * shape.slot_stride)
        feed = cls(path)
        header = feed._header
        header["version"] = VERSION
        header["slots"] = shape.slots
        header["width"] = shape.width_px
        header["lines"] = shape.lines
        header["bytes_per_pixel"] = shape.pixel.itemsize
        header["bit_depth"] = shape.bit_depth
        header["data_offset"] = PAGE_BYTES
        header["slot_stride"] = shape.slot_stride
        header["serial_number"] = serial_number.encode()
        header["user_id"] = user_id.encode()
        header["line_rate_hz"] = line_rate_hz
        header["magic"] = MAGIC
        return feed

    @property
    def shape(self) -> FeedShape:
        """Size of its blocks."""
        header = self._header[0]
        return FeedShape(int(header["width"]), int(header["lines"]), int(header["bit_depth"]), int(header["slots"]))

    @property
    def newest_block(self) -> int:
        """How many blocks of web have passed."""
        return int(self._header["newest"][0])

    @property
    def line_rate_hz(self) -> float:
        """How fast the web passes; the camera's AcquisitionLineRate sets it, too."""
        return float(self._header["line_rate_hz"][0])

    def encoder_lines(self) -> float:
        """What the encoder has counted by now, the lines of the block that passes included."""
        block, shape = self.newest_block, self.shape
        if block == 0:
            return 0.0
        slot = self._slot(block)
        since_s = (time.monotonic_ns() - int(slot["completed_ns"][0])) / 1e9
        passing = 0.0 if self.has_fault(Fault.STAND) else min(shape.lines, max(0.0, since_s) * self.line_rate_hz)
        return float(slot["first_line"][0]) + shape.lines + passing

    @property
    def output(self) -> tuple[bool, list[int]]:
        """Level of the device's UserOutput0, and where the web was, in lines, whenever it rose; the last 128 times."""
        header = self._header[0]
        rises = int(header["rises"])
        return bool(header["output"]), [
            int(header["rise_encoder"][n % RISES]) for n in range(max(0, rises - RISES), rises)
        ]

    def set_line_rate(self, line_rate_hz: float) -> None:
        """From the next block on."""
        self._header["line_rate_hz"] = line_rate_hz

    def set_fault(self, fault: Fault, frames: int) -> None:
        """Spoil so many frames; FOREVER until set to 0."""
        self._header["faults"][0, list(Fault).index(fault)] = frames

    def has_fault(self, fault: Fault) -> bool:
        """Does it hold now?"""
        return bool(self._header["faults"][0, list(Fault).index(fault)])

    def set_layout(self, *, line_padding: int, image_padding: int, image_offset: int, frames: int) -> None:
        """Bytes behind each line, behind the last and before the first line of so many frames."""
        self._header["layout"][0] = (0, line_padding, image_padding, image_offset)
        self._header["layout"]["frames"][0] = frames

    def set_saying(self, info: BufferInfo, value: int | None, frames: int) -> None:
        """What is told of so many frames in place of the truth; None: nothing."""
        self._header["sayings"][0, info] = (0, value is None, 0 if value is None else value % 2**64)
        self._header["sayings"]["frames"][0, info] = frames

    def set_ids(self, *, modulus: int, offset: int) -> None:
        """Frame ids begin again at 1 after `modulus` (0: never), and `offset` is added to each."""
        self._header["id_modulus"] = modulus
        self._header["id_offset"] = offset

    def fill(self, renderer: Renderer, first_line: int) -> int:
        """Render the next block into its slot, where nobody sees it yet; its number."""
        shape = self.shape
        block = self.newest_block + 1
        slot = self._slot(block)
        start = self._place(block) + SLOT_LAYOUT.itemsize
        pixels = np.frombuffer(self._memory, shape.pixel, shape.width_px * shape.lines, start)
        slot["block"] = 0
        picture = renderer.render(first_line, shape.lines)
        pixels.reshape(shape.lines, shape.width_px)[...] = picture
        slot["first_line"] = first_line
        slot["block"] = block
        return block

    def holds(self, block: int) -> bool:
        """Whether that block is rendered, and not yet overwritten."""
        return bool(self._slot(block)["block"][0] == block)

    def show(self, block: int, completed_ns: int) -> None:
        """Announce a rendered block: its last line was exposed then."""
        self._slot(block)["completed_ns"] = completed_ns
        self._header["newest"] = block

    def _place(self, block: int) -> int:
        shape = self.shape
        return PAGE_BYTES + (block - 1) % shape.slots * shape.slot_stride

    def _slot(self, block: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(self._memory, SLOT_LAYOUT, 1, self._place(block))


def lead(feeds: Sequence[Feed], renderer: Renderer, first_line: int, parent_pid: int) -> None:
    """Let the web pass before the first feed's camera, and before all others that see the same web, until the parent is
    gone. It moves on when the next block is due and all have rendered it, and for all at once: a renderer that is too
    slow slows the web down, blocks are never skipped, and no camera gets ahead of another.
    """
    own = feeds[0]
    lines = own.shape.lines
    due_s = time.monotonic()
    while not is_orphan(parent_pid):
        block = own.fill(renderer, first_line)
        first_line += lines
        if not _wait(partial(_have_rendered, feeds, block), parent_pid):
            return
        while (wait_s := due_s - time.monotonic()) > 0 and not is_orphan(parent_pid):
            time.sleep(min(wait_s, 0.1))
        if not _runs(feeds):
            if not _wait(partial(_runs, feeds), parent_pid):
                return
            due_s = time.monotonic()
        completed_ns = time.monotonic_ns()
        for feed in feeds:
            feed.show(block, completed_ns)
        due_s = max(due_s + lines / min(feed.line_rate_hz for feed in feeds), time.monotonic() - 0.5)


def follow(feed: Feed, renderer: Renderer, first_line: int, parent_pid: int) -> None:
    """Render block after block of a web that another feed's process moves on, until the parent is gone."""
    while not is_orphan(parent_pid):
        block = feed.fill(renderer, first_line)
        first_line += feed.shape.lines
        if not _wait(partial(_has_shown, feed, block), parent_pid):
            return


def _have_rendered(feeds: Sequence[Feed], block: int) -> bool:
    return all(feed.holds(block) for feed in feeds)


def _has_shown(feed: Feed, block: int) -> bool:
    return feed.newest_block >= block


def _runs(feeds: Sequence[Feed]) -> bool:
    return not any(feed.has_fault(Fault.STAND) for feed in feeds)


def _wait(is_so: Callable[[], bool], parent_pid: int) -> bool:
    """Whether it came to be so before the parent was gone."""
    while not is_so():
        if is_orphan(parent_pid):
            return False
        time.sleep(0.002)
    return True


def load_renderer(name: str, settings: WebSettings, place: CameraPlace | None = None) -> Renderer:
    """An instance of `module:Class`, made for that web and, where several cameras look at it, for one's place."""
    module_name, _, class_name = name.partition(":")
    seen = (settings,) if place is None else (settings, place)
    try:
        renderer: Renderer = getattr(importlib.import_module(module_name), class_name)(*seen)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"renderer {name!r}: expected module:Class of something importable; {error}") from error
    return renderer


def main(arguments: list[str]) -> None:
    """The generator's process: one JSON object says all."""
    order = json.loads(arguments[0])
    feed_path, folder = Path(order["feed"]), Path(order["folder"])
    try:
        place = None if order["place"] is None else CameraPlace.model_validate(order["place"])
        renderer = load_renderer(order["renderer"], WebSettings.model_validate(order["web"]), place)
        feed, first_line, parent_pid = Feed(feed_path), order["first_line"], order["parent"]
        if order["is_led"]:
            follow(feed, renderer, first_line, parent_pid)
        else:
            lead([feed, *(Feed(Path(path)) for path in order["led"])], renderer, first_line, parent_pid)
    finally:
        if is_orphan(order["parent"]):  # the rig was killed: nobody else will tidy up
            feed_path.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    os.nice(1)  # the station comes first
    main(sys.argv[1:])
