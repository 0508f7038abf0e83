"""PNG (W3C PNG specification, third edition): every chunk's checksum and every line's data, before it is decoded."""

import re
import struct
import zlib

import numpy as np

from camera.errors import UnreadableImage
from camera.frame import Pixels
from camera.image_form import ImageForm, WantedImage, decoded, refuse_colours, refuse_several

PNG_START = b"\x89PNG\r\n\x1a\n"

_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
"""By colour type: grey, RGB, palette, grey with alpha, RGB with alpha."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, step of columns, step of rows of each pass of an interlaced image."""


def read_png(content: bytes, wanted: WantedImage) -> Pixels:
    """The picture. Raises UnreadableImage if a checksum is wrong, something is missing, or it isn't as wanted."""
    if len(content) < 33:
        raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
    if content[8:16] != b"\x00\x00\x00\rIHDR":
        raise UnreadableImage("is damaged: a PNG begins with its header (IHDR), this one doesn't; export it again")
    width_px, height_px, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content[16:29])
    refuse_colours(_CHANNELS.get(colour, 0))
    form = ImageForm(width_px, height_px, bits)
    wanted.check(form)
    data, end = _data_and_end(content)
    refuse_several(1 + content[end:].count(PNG_START))
    _check_lines(data, form, is_interlaced=bool(interlaced))
    return decoded(content[:end], form)


def _data_and_end(content: bytes) -> tuple[bytes, int]:
    """The compressed pixels, and where the file's picture ends: what a camera writes behind that is not ours."""
    parts: list[bytes] = []
    at = len(PNG_START)
    while True:
        if at + 12 > len(content):
            raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
        (length,) = struct.unpack(">I", content[at : at + 4])
        name = content[at + 4 : at + 8]
        if not re.fullmatch(rb"[A-Za-z]{4}", name):
            raise UnreadableImage(f"is damaged at byte {at}: no chunk of a PNG begins there; copy or export it again")
        end = at + 12 + length
        if end > len(content):
            raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
        if zlib.crc32(memoryview(content)[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise UnreadableImage(
                f"is damaged: the checksum of its part {name.decode()} at byte {at} is wrong; copy or export it again"
            )
        if name == b"acTL":
            refuse_several(int.from_bytes(content[at + 8 : at + 12], "big"))
        if name == b"IDAT":
            parts.append(content[at + 8 : end - 4])
        at = end
        if name == b"IEND":
            return b"".join(parts), at


def _check_lines(data: bytes, form: ImageForm, *, is_interlaced: bool) -> None:
    """Whether the compressed data holds every line, each with a filter that exists: the decoder leaves lines black."""
    passes = _ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    parts = [
        (-(-(form.height_px - row) // down), 1 + -(-(form.width_px - column) // across) * form.bits // 8)
        for column, row, across, down in passes
        if form.width_px > column and form.height_px > row
    ]
    expected = sum(rows * row_bytes for rows, row_bytes in parts)
    inflater = zlib.decompressobj()
    try:
        lines = inflater.decompress(data, expected + 1)
    except zlib.error as error:
        raise UnreadableImage(f"is damaged: its pixels can't be unpacked ({error}); export it again") from error
    if len(lines) != expected or not inflater.eof:
        raise UnreadableImage(
            f"is damaged: its data unpacks to {'more' if len(lines) > expected else len(lines)} bytes, expected "
            f"{expected} for {form.width_px} x {form.height_px} px of {form.bits} bits; export it again"
        )
    at = 0
    filters = np.frombuffer(lines, np.uint8)
    for rows, row_bytes in parts:
        if rows and filters[at : at + rows * row_bytes : row_bytes].max() > 4:
            raise UnreadableImage("is damaged: a line is packed in a way that PNG doesn't know; export it again")
        at += rows * row_bytes
