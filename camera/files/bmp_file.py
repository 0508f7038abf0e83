"""BMP (Windows bitmap), as machine-vision programs write it: 8 bits, a grey palette, not compressed.

It has no checksum: bytes that were changed on the way can't be told from pixels.
"""

import struct

import numpy as np

from camera.errors import UnreadableImage
from camera.files.image_form import ImageForm, WantedImage, refuse_colours
from camera.frame import Pixels

_GREY_PALETTE = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
"""(256, 3) blue, green, red of each pixel value."""


def read_bmp(content: bytes, wanted: WantedImage) -> Pixels:
    """The picture. Raises UnreadableImage if something is missing, or it isn't as wanted."""
    if len(content) < 54:
        raise UnreadableImage(f"is truncated after {len(content)} bytes; copy or export it again")
    (first_pixel,) = struct.unpack("<I", content[10:14])
    header_bytes, width_px, height_px, _, bits, packing = struct.unpack("<IiiHHI", content[14:34])
    (colours,) = struct.unpack("<I", content[46:50])
    if header_bytes < 40:
        raise UnreadableImage("is a BMP of a kind that isn't read (OS/2); save it as PNG")
    if bits in (16, 24, 32):
        refuse_colours(4 if bits == 32 else 3)
    if packing != 0:
        raise UnreadableImage("is a compressed BMP, expected an uncompressed one; save it as PNG")
    form = ImageForm(width_px, abs(height_px), bits)
    wanted.check(form)
    palette_at = 14 + header_bytes
    palette = np.frombuffer(content[palette_at : palette_at + 1024], np.uint8)
    if (
        (colours or 256) != 256
        or palette.size != 1024
        or not np.array_equal(palette.reshape(256, 4)[:, :3], _GREY_PALETTE)
    ):
        raise UnreadableImage("has a palette that is not the 256 grey values in their order; save it as greyscale")
    stride = -(-width_px // 4) * 4
    end = first_pixel + stride * form.height_px
    if end > len(content):
        raise UnreadableImage(f"is truncated after {len(content)} bytes, expected {end}; copy or export it again")
    if first_pixel < palette_at + 1024:
        raise UnreadableImage("is damaged: its pixels lie inside its header; export it again")
    rows = np.frombuffer(content, np.uint8, stride * form.height_px, first_pixel).reshape(form.height_px, stride)
    # A positive height means that the last line comes first.
    return np.array(rows[::-1, :width_px] if height_px > 0 else rows[:, :width_px])
