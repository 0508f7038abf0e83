"""PNG (W3C PNG specification, third edition): every part of the file is there and its checksum right, then decoded."""

import re
import struct
import zlib

from camera.errors import UnreadableImage
from camera.files.image_form import ImageForm, WantedImage, decoded, refuse_colours, refuse_several
from camera.frame import Pixels

PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_HEAD_BYTES = 33
"""With those a PNG begins that tell its size."""

_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
"""By colour type: grey, RGB, palette, grey with alpha, RGB with alpha."""
_OF_ANIMATIONS = (b"acTL", b"fcTL", b"fdAT")


def read_png(content: bytes, wanted: WantedImage) -> Pixels:
    """The picture. Raises UnreadableImage if a checksum is wrong, something is missing, or it isn't as wanted."""
    if len(content) < PNG_HEAD_BYTES:
        raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
    if content[8:16] != b"\x00\x00\x00\rIHDR":
        raise UnreadableImage("is damaged: a PNG begins with its header (IHDR), this one doesn't; export it again")
    width_px, height_px, bits, colour = struct.unpack(">IIBB", content[16:26])
    refuse_colours(_CHANNELS.get(colour, 0))
    form = ImageForm(width_px, height_px, bits)
    wanted.check(form)
    end = _end(content)
    refuse_several(1 + content[end:].count(PNG_START))
    # libpng itself refuses lines that are missing or packed in a way that it doesn't know.
    return decoded(content[:end], form)


def png_size(head: bytes) -> tuple[int, int] | None:
    """Width and height in px out of a file's first `PNG_HEAD_BYTES`; None where they are no PNG's.

    >>> png_size(PNG_START + b"\\0\\0\\0\\rIHDR" + struct.pack(">II", 640, 480) + bytes(9))
    (640, 480)
    >>> png_size(b"GIF89a") is None
    True
    """
    if len(head) < PNG_HEAD_BYTES or head[:16] != PNG_START + b"\x00\x00\x00\rIHDR":
        return None
    width_px, height_px = struct.unpack(">II", head[16:24])
    return width_px, height_px


def _end(content: bytes) -> int:
    """Where the picture ends: what a camera writes behind that is not ours. Raises UnreadableImage on damaged parts."""
    at = len(PNG_START)
    view = memoryview(content)
    while True:
        if at + 12 > len(content):
            raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
        length = int.from_bytes(content[at : at + 4], "big")
        name = content[at + 4 : at + 8]
        if not re.fullmatch(rb"[A-Za-z]{4}", name):
            raise UnreadableImage(f"is damaged at byte {at}: no part of a PNG begins there; copy or export it again")
        end = at + 12 + length
        if end > len(content):
            raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise UnreadableImage(
                f"is damaged: the checksum of its part {name.decode()} at byte {at} is wrong; copy or export it again"
            )
        if name in _OF_ANIMATIONS:
            pictures = int.from_bytes(content[at + 8 : at + 12], "big") if name == b"acTL" else "several"
            raise UnreadableImage(
                f"is an animation of {pictures} pictures, expected 1; none was looked at. "
                "Save each picture as a file of its own"
            )
        at = end
        if name == b"IEND":
            return at
