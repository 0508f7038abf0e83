"""From what a producer says of a buffer to its pixels, or to the reason why they can't be trusted. Pure.

The geometry comes from the buffer, never from the settings: a producer may pad its lines, put the image behind a
header, deliver fewer lines than were asked for, or contradict itself. What does not add up is no picture.
GenTL 1.6, BUFFER_INFO_CMD; pixel formats by the Pixel Format Naming Convention (PFNC), 32 bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from camera.frame import LossReason, Pixels

BIT_DEPTHS = {"Mono8": 8, "Mono10": 10, "Mono12": 12, "Mono14": 14, "Mono16": 16}
"""The pixel formats that can be read: one sample for each pixel, not packed."""
_FORMATS = {
    0x01080001: "Mono8",
    0x01100003: "Mono10",
    0x01100005: "Mono12",
    0x01100025: "Mono14",
    0x01100007: "Mono16",
}
_PACKED = {0x010A0046: "Mono10p", 0x010C0047: "Mono12p", 0x010C0004: "Mono10Packed", 0x010C0006: "Mono12Packed"}
_IMAGE_PAYLOADS = (1, 4)
"""PAYLOAD_TYPE_IMAGE, and PAYLOAD_TYPE_CHUNK_DATA of producers before GenTL 1.5."""
_BIG_ENDIAN = 2
_NUMBER_MOST = 2**31
"""No size of a line camera's buffer reaches it: what does is -1 or rubbish."""
_PADDING_MOST_BYTES = 4096
"""More than that behind each line is no padding that somebody forgot to announce."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """What every frame must look like: as the device is set up."""

    width_px: int
    height_px: int
    pixel_format: str

    @property
    def bit_depth(self) -> int:
        """Significant bits."""
        return BIT_DEPTHS[self.pixel_format]

    @property
    def pixel_bytes(self) -> int:
        """Bytes that one pixel takes."""
        return 1 if self.bit_depth == 8 else 2

    @property
    def frame_bytes(self) -> int:
        """Bytes of a whole frame's pixels."""
        return self.width_px * self.height_px * self.pixel_bytes

    def __str__(self) -> str:
        return f"{self.width_px} x {self.height_px} px {self.pixel_format}"


@dataclass(frozen=True, slots=True)
class Announced:
    """What a producer says of one buffer; None where it says nothing."""

    payload_type: int | None = None
    has_image: bool | None = None
    """IMAGEPRESENT."""
    pixel_format: int | None = None
    """PFNC value."""
    endianness: int | None = None
    """1 little, 2 big; anything else is taken for little."""
    width_px: int | None = None
    height_px: int | None = None
    """Lines that were asked for; where nothing else is said, those that came."""
    delivered_height_px: int | None = None
    """Lines that came."""
    line_padding_bytes: int | None = None
    """XPADDING: behind each line."""
    image_padding_bytes: int | None = None
    """YPADDING: behind the last line."""
    image_offset_bytes: int | None = None
    """Before the first line."""
    filled_bytes: int | None = None
    """SIZE_FILLED: written into the buffer, chunk data included."""
    chunk_bytes: int | None = None
    """Size of the chunk data behind the image."""
    is_cut: bool | None = None
    """DATA_LARGER_THAN_BUFFER: more came than the buffer holds."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a buffer yields no picture."""

    reason: LossReason
    detail: str


def picture_of(announced: Announced, memory: bytes, asked: Geometry) -> Pixels | Unfit:
    """The (height, width) pixels of a buffer, a view of its memory; fewer lines than asked if fewer came.

    >>> asked = Geometry(2, 2, "Mono8")
    >>> whole = Announced(1, True, 0x01080001, 1, 2, 2, 2, 0, 0, 0, 4)
    >>> picture_of(whole, bytes([1, 2, 3, 4]), asked).tolist()
    [[1, 2], [3, 4]]
    >>> from dataclasses import replace
    >>> padded = replace(whole, line_padding_bytes=1, filled_bytes=6)
    >>> picture_of(padded, bytes([1, 2, 99, 3, 4, 99]), asked).tolist()
    [[1, 2], [3, 4]]
    >>> picture_of(replace(whole, delivered_height_px=1), bytes([1, 2, 0, 0]), asked).tolist()
    [[1, 2]]
    >>> picture_of(replace(whole, filled_bytes=3), bytes([1, 2, 3, 0]), asked).reason.value
    'incomplete'
    """
    checks: tuple[Callable[[Announced, Geometry], Unfit | None], ...] = (_check_numbers, _check_content, _check_size)
    for check in checks:
        if (unfit := check(announced, asked)) is not None:
            return unfit
    lines = _lines(announced, asked)
    row_bytes = asked.width_px * asked.pixel_bytes
    stride = row_bytes + (announced.line_padding_bytes or 0)
    offset = announced.image_offset_bytes or 0
    needed = offset + stride * lines - (announced.line_padding_bytes or 0)  # the last line needs no padding
    if max(needed, announced.filled_bytes or 0) > len(memory):
        return _wrong(
            f"{lines} lines of {stride} bytes from byte {offset} on, {announced.filled_bytes} bytes filled, "
            f"do not fit into a buffer of {len(memory)} bytes"
        )
    if (unfit := _check_filled(announced, asked, lines, stride, needed)) is not None:
        return unfit
    pixel = np.dtype("u1" if asked.pixel_bytes == 1 else ">u2" if announced.endianness == _BIG_ENDIAN else "<u2")
    pixels: Pixels = np.ndarray((lines, asked.width_px), pixel, memory, offset, (stride, pixel.itemsize))
    return pixels


def _wrong(what: str) -> Unfit:
    return Unfit(
        LossReason.WRONG_SIZE,
        f"what the producer says of the frame does not add up: {what}; restart the camera, update its producer",
    )


def _check_numbers(announced: Announced, asked: Geometry) -> Unfit | None:
    sizes = {
        "Width": announced.width_px,
        "Height": announced.height_px,
        "delivered lines": announced.delivered_height_px,
        "padding behind each line": announced.line_padding_bytes,
        "padding behind the image": announced.image_padding_bytes,
        "image offset": announced.image_offset_bytes,
        "filled size": announced.filled_bytes,
        "chunk size": announced.chunk_bytes,
    }
    for name, value in sizes.items():
        if value is not None and not 0 <= value < _NUMBER_MOST:
            return _wrong(f"{name} {value}")
    return None


def _check_content(announced: Announced, asked: Geometry) -> Unfit | None:
    """Is there a plain image of grey samples in it?"""
    if announced.is_cut:
        return Unfit(
            LossReason.INCOMPLETE, "more data came than the buffer holds, the frame is cut: was the camera set up anew?"
        )
    if announced.payload_type is not None and announced.payload_type not in _IMAGE_PAYLOADS:
        return _wrong(f"the buffer holds payload type {announced.payload_type}, expected a plain image (1)")
    if announced.has_image is False:
        return _wrong("it holds no image")
    name = asked.pixel_format if announced.pixel_format is None else _name_of(announced.pixel_format)
    if name != asked.pixel_format:
        return Unfit(
            LossReason.WRONG_SIZE,
            f"the frame's pixel format is {name}, expected {asked.pixel_format}: was the camera set up anew?",
        )
    return None


def _check_size(announced: Announced, asked: Geometry) -> Unfit | None:
    """Width and lines, against what was asked for and against one another."""
    width_px, height_px, delivered_px = announced.width_px, announced.height_px, announced.delivered_height_px
    if width_px is not None and width_px != asked.width_px:
        return Unfit(
            LossReason.WRONG_SIZE,
            f"the frame is {width_px} px wide, expected {asked.width_px}: was the camera set up anew?",
        )
    if height_px is not None and height_px > asked.height_px:
        return Unfit(
            LossReason.WRONG_SIZE,
            f"the frame has {height_px} lines, expected {asked.height_px}: was the camera set up anew?",
        )
    if delivered_px is None and announced.filled_bytes is None:
        return _wrong("neither the delivered lines nor the filled size are told, so nobody knows how much of it came")
    if delivered_px is not None and delivered_px > (height_px or asked.height_px):
        return _wrong(f"{delivered_px} lines were delivered of {height_px or asked.height_px}")
    if _lines(announced, asked) == 0:
        return _wrong("no line was delivered")
    return None


def _check_filled(announced: Announced, asked: Geometry, lines: int, stride: int, needed: int) -> Unfit | None:
    """Does as much lie in the buffer as the geometry says?"""
    filled = announced.filled_bytes
    if filled is None:
        return None
    chunks = announced.chunk_bytes or 0
    if 2 * chunks > filled:
        chunks = 0  # GigE producers count the image itself as one of the chunks
    if filled - chunks < needed:
        return Unfit(
            LossReason.INCOMPLETE,
            f"only {filled} bytes came, {chunks} of them chunk data, where {lines} lines need {needed}: "
            "look at the cable, the network card and its packet size",
        )
    padding, tail = announced.line_padding_bytes or 0, announced.image_padding_bytes or 0
    extra = filled - chunks - needed - padding - tail
    of_all = extra - (asked.height_px - lines) * stride  # if what was left of a short frame's buffer is counted, too
    if extra < 0 and -extra not in (padding, tail, padding + tail):  # the last padding is not always counted
        return _wrong(f"{filled} bytes are no whole lines of {stride} bytes")
    if 0 in (extra, of_all):
        return None
    for count, over in ((lines, extra), (asked.height_px, of_all)):
        if over % count == 0 and 0 < over // count <= _PADDING_MOST_BYTES:
            return _wrong(
                f"{over} bytes more came than {count} lines need, {over // count} for each: is padding not told?"
            )
    return None


def _lines(announced: Announced, asked: Geometry) -> int:
    """Lines that came."""
    if announced.delivered_height_px is not None:
        return announced.delivered_height_px
    return asked.height_px if announced.height_px is None else announced.height_px


def _name_of(pixel_format: int) -> str:
    """As a person calls it.

    >>> _name_of(0x01100025), _name_of(0x010C0006), _name_of(7)
    ('Mono14', 'Mono12Packed (packed, which is not read)', '0x00000007')
    """
    if pixel_format in _PACKED:
        return f"{_PACKED[pixel_format]} (packed, which is not read)"
    return _FORMATS.get(pixel_format, f"0x{pixel_format:08X}")
