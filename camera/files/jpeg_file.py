"""JPEG (ITU-T T.81): markers and scans first, then a decoder that takes no warning for a picture.

JPEG has no checksum: a few changed bytes can be another, sound picture. What is detected is data that is missing, left
over, or no code at all; use PNG where frames are evidence.
"""

import re
import struct
from dataclasses import dataclass, field

import numpy as np
import simplejpeg

from camera.errors import UnreadableImage
from camera.files.image_form import ImageForm, WantedImage, refuse_colours, refuse_several
from camera.frame import Pixels

JPEG_START = b"\xff\xd8\xff"

_SOF_READ = (0xC0, 0xC1, 0xC2)
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOI, _EOI, _SOS, _APP2 = 0xD8, 0xD9, 0xDA, 0xE2
_SCAN_END = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
_HOLE = bytes(128)
"""Zeros that no picture packs to: they would be hundreds of blocks without any difference."""


@dataclass(slots=True)
class _Structure:
    """What the walk over the markers has met."""

    form: ImageForm | None = None
    pictures: int = 1
    missing_bits: dict[int, int] = field(default_factory=dict)
    """By coefficient (0 to 63): lowest bits that no scan has brought yet."""


def read_jpeg(content: bytes, wanted: WantedImage) -> Pixels:
    """The picture. Raises UnreadableImage if a part is missing or damaged, or it isn't as wanted."""
    form, end = _walk(content, wanted)
    try:
        image = simplejpeg.decode_jpeg(content[:end], "GRAY", strict=True)
    except ValueError as error:
        raise UnreadableImage(f"is damaged, its decoder says: {error}; copy or export it again") from error
    if image.shape != (form.height_px, form.width_px, 1):
        raise UnreadableImage(f"is damaged: it decodes to {image.shape}, its header says otherwise; export it again")
    return np.ascontiguousarray(image[..., 0])


def _walk(content: bytes, wanted: WantedImage) -> tuple[ImageForm, int]:
    """What the picture is, and where it ends: what a camera writes behind that is not ours."""
    met = _Structure()
    at = 2
    while True:
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 2 > len(content):
            raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
        if content[at] != 0xFF or content[at + 1] <= 0x01 or 0xD0 <= content[at + 1] <= _SOI:
            raise UnreadableImage(f"is damaged at byte {at}: no part of a JPEG begins there; copy or export it again")
        marker = content[at + 1]
        if marker == _EOI:
            at += 2
            break
        segment = _segment(content, at)
        at += 4 + len(segment)
        if marker in _SOF:
            if met.form is not None:
                raise UnreadableImage("is damaged: it has two headers; export it again")
            met.form = _form(marker, segment)
            wanted.check(met.form)
        elif marker == _APP2 and segment.startswith(b"MPF\x00"):
            met.pictures = max(met.pictures, _mpf_pictures(segment[4:]))
        elif marker == _SOS:
            at = _scan(content, at, segment, met)
    if met.form is None or not met.missing_bits:
        raise UnreadableImage("is damaged: it ends before its picture began; export it again")
    if any(met.missing_bits.get(place, 1) for place in range(64)):
        raise UnreadableImage("is damaged: scans are missing, the picture would be coarse; copy or export it again")
    refuse_several(max(met.pictures, 1 + content[at:].count(JPEG_START)))
    return met.form, at


def _segment(content: bytes, at: int) -> bytes:
    length = int.from_bytes(content[at + 2 : at + 4], "big")
    if length < 2:
        raise UnreadableImage(f"is damaged at byte {at}: a part of {length} bytes; copy or export it again")
    if at + 2 + length > len(content):
        raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
    return content[at + 4 : at + 2 + length]


def _form(marker: int, segment: bytes) -> ImageForm:
    if marker not in _SOF_READ:
        raise UnreadableImage("is a lossless or arithmetic JPEG, which isn't read; save it as PNG")
    if len(segment) < 6:
        raise UnreadableImage("is damaged: its header is too short; export it again")
    bits, height_px, width_px, channels = struct.unpack(">BHHB", segment[:6])
    refuse_colours(channels)
    return ImageForm(width_px, height_px, bits)


def _scan(content: bytes, at: int, header: bytes, met: _Structure) -> int:
    """Check a scan that begins at `at`; the place of the marker behind it."""
    end = _SCAN_END.search(content, at)
    if end is None:
        raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
    if met.form is None or len(header) != 6 or header[0] != 1:
        raise UnreadableImage(f"is damaged at byte {at}: a scan that goes with no header; copy or export it again")
    scan = content[at : end.start()]
    if (hole := scan.find(_HOLE)) >= 0:
        raise UnreadableImage(f"is damaged: a hole of zeros at byte {at + hole}; copy or export it again")
    first, last, bits = header[3], header[4], header[5]
    for place in range(first, min(last, 63) + 1):
        high, low = bits >> 4, bits & 15
        # The first scan of a coefficient has 0 as `high`, each later one brings the bit that follows.
        if met.missing_bits.get(place, 0) != high or (place in met.missing_bits and low != high - 1):
            raise UnreadableImage("is damaged: a scan is missing or comes twice; copy or export it again")
        met.missing_bits[place] = low
    return end.start()


def _mpf_pictures(block: bytes) -> int:
    """Pictures of a Multi-Picture Format file (CIPA DC-007), from its index; 1 where that can't be read."""
    order = "<" if block[:2] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", block, 4)
        (entries,) = struct.unpack_from(f"{order}H", block, directory)
        for entry in range(entries):
            tag, _, _, value = struct.unpack_from(f"{order}HHII", block, directory + 2 + 12 * entry)
            if tag == 0xB001:
                return int(value)
    except struct.error:
        return 1
    return 1
