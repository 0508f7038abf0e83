"""Reads an image file to its last byte, or says why it can't."""

from pathlib import Path

import cv2
import numpy as np

from camera.errors import UnreadableImage
from camera.frame import Pixels

IMAGE_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg"})

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def read_image(path: Path) -> Pixels:
    """The grey image in a PNG, TIFF or JPEG file: (height, width) uint8 or uint16.

    Decoders fill the missing rest of a truncated file with grey or black and report success, so the file's end
    is checked first. Raises UnreadableImage.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(
            f"{path.name}: can't be read ({error.strerror}); check the file's rights and the disk"
        ) from error
    check_complete(content, path.name)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise UnreadableImage(
            f"{path.name}: damaged, the decoder gave up ({error.err}); export the image again"
        ) from error
    if image is None:
        raise UnreadableImage(f"{path.name}: damaged, it can't be decoded; export the image again")
    if image.ndim != 2:
        raise UnreadableImage(
            f"{path.name}: has {image.shape[2]} colour channels, expected a grey image with 1; save it as greyscale"
        )
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    if image.dtype == np.uint16:
        return image.astype(np.uint16, copy=False)
    raise UnreadableImage(f"{path.name}: has pixels of type {image.dtype}, expected 8 or 16 bit unsigned integers")


def check_complete(content: bytes, name: str) -> None:
    """Raises UnreadableImage if `content` is no PNG, TIFF or JPEG, or stops before its end.

    >>> check_complete(b"GIF89a", "web.gif")
    Traceback (most recent call last):
    camera.errors.UnreadableImage: web.gif: is no PNG, TIFF or JPEG (it begins with 47 49 46 38)
    """
    tail = content[-64:].rstrip(b"\x00")
    if content.startswith(_PNG_START):
        is_complete = tail.endswith(_PNG_END)
    elif content.startswith(_JPEG_START):
        is_complete = tail.endswith(_JPEG_END)
    elif content.startswith(_TIFF_STARTS):
        is_complete = _tiff_is_complete(content)
    elif not content:
        raise UnreadableImage(f"{name}: is empty (0 bytes)")
    else:
        raise UnreadableImage(f"{name}: is no PNG, TIFF or JPEG (it begins with {content[:4].hex(' ')})")
    if not is_complete:
        raise UnreadableImage(f"{name}: is truncated after {len(content)} bytes; copy or export it again")


def _tiff_is_complete(content: bytes) -> bool:
    """Whether every strip or tile of the first image lies inside the file (TIFF 6.0; BigTIFF: the decoder decides)."""
    order = "little" if content[:2] == b"II" else "big"

    def number(start: int, length: int) -> int:
        if start + length > len(content):
            raise IndexError
        return int.from_bytes(content[start : start + length], order)  # type: ignore[arg-type]

    if content[2:4] in (b"+\x00", b"\x00+"):
        return True
    try:
        directory = number(4, 4)
        values: dict[int, list[int]] = {}
        entries = number(directory, 2)
        number(directory + 2 + 12 * entries, 4)  # the link to the next directory closes this one
        for entry in range(entries):
            at = directory + 2 + 12 * entry
            tag, kind, count = number(at, 2), number(at + 2, 2), number(at + 4, 4)
            if tag not in (273, 279, 324, 325):
                continue
            size = {3: 2, 4: 4}.get(kind, 4)
            start = at + 8 if count * size <= 4 else number(at + 8, 4)
            values[tag] = [number(start + i * size, size) for i in range(count)]
    except IndexError:
        return False
    offsets = values.get(273) or values.get(324) or []
    lengths = values.get(279) or values.get(325) or []
    return bool(offsets) and all(o + n <= len(content) for o, n in zip(offsets, lengths, strict=True))
