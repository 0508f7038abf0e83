"""Reads an image file to its last byte, or says why it can't.

Every kind of file has a module of its own that looks at the file's structure before anything is decoded: decoders fill
what is missing with grey or black and report success.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from camera.errors import UnreadableImage
from camera.files.bmp_file import read_bmp
from camera.files.file_names import printable
from camera.files.image_form import WantedImage
from camera.files.jpeg_file import JPEG_START, read_jpeg
from camera.files.png_file import PNG_START, read_png
from camera.files.tiff_file import TIFF_STARTS, read_tiff
from camera.frame import Pixels

IMAGE_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp"})

_READERS: dict[bytes, Callable[[bytes, WantedImage], Pixels]] = {
    PNG_START: read_png,
    JPEG_START: read_jpeg,
    b"BM": read_bmp,
    **dict.fromkeys(TIFF_STARTS, read_tiff),
}
_LARGE_GAP_BYTES = 2**16
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


def read_image(path: Path, wanted: WantedImage | None = None, *, follow_links: bool = True) -> Pixels:
    """The grey image in a PNG, TIFF, JPEG or BMP file: (height, width) uint8 or uint16.

    Raises UnreadableImage, its message beginning with the file's name, and nothing else, whatever the file holds.
    """
    name = printable(path.name)
    wanted = wanted or WantedImage()
    try:
        content = _content(path, wanted.max_file_bytes, follow_links=follow_links)
        pixels = _reader(content)(content, wanted)
        wanted.check_pixels(pixels)
        return pixels
    except UnreadableImage as error:
        raise type(error)(f"{name}: {error}") from error
    except OSError as error:
        raise UnreadableImage(
            f"{name}: can't be read ({error.strerror or error}); check the file's rights and the disk"
        ) from error
    except Exception as error:  # what a file does to a decoder is that file's end, nobody else's
        raise UnreadableImage(
            f"{name}: can't be decoded ({type(error).__name__}: {error}); export the image again"
        ) from error


def is_image(content: bytes) -> bool:
    """Whether a file that begins so is of a kind that is read.

    >>> is_image(b"GIF89a"), is_image(b"BM\\x36")
    (False, True)
    """
    return content.startswith(tuple(_READERS))


def kind_of_entry(mode: int) -> str | None:
    """What an entry of a folder is, in words, None for a regular file.

    >>> kind_of_entry(0o010644), kind_of_entry(0o100644)
    ('a pipe', None)
    """
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no file")


def _reader(content: bytes) -> Callable[[bytes, WantedImage], Pixels]:
    for start, reader in _READERS.items():
        if content.startswith(start):
            return reader
    if not content:
        raise UnreadableImage("is empty (0 bytes)")
    raise UnreadableImage(f"is no PNG, TIFF, JPEG or BMP (it begins with {content[:4].hex(' ')})")


def _content(path: Path, max_bytes: int, *, follow_links: bool) -> bytes:
    """The bytes of a regular file; nothing that could wait for somebody is opened. Raises OSError, UnreadableImage."""
    _check_regular(path.stat(follow_symlinks=follow_links))
    # Between the look above and this it may have become something else: opened so that nothing waits, looked at again.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        _check_regular(status)
        if status.st_size > max_bytes:
            raise UnreadableImage(
                f"has {status.st_size / 1e6:.0f} MB, expected at most {max_bytes / 1e6:.0f} MB; it was not read. "
                "If such images are meant, raise max_mpx"
            )
        if (hole := _first_hole(file.fileno(), status.st_size)) is not None:
            raise UnreadableImage(
                f"has {status.st_size} bytes, but nothing was written from byte {hole} on; copy or export it again"
            )
        content = file.read(status.st_size + 1)
    if len(content) != status.st_size:
        raise UnreadableImage(f"changed while it was read, it had {status.st_size} bytes; copy it again")
    return content


def _check_regular(status: os.stat_result) -> None:
    if (kind := kind_of_entry(status.st_mode)) is not None:
        raise UnreadableImage(f"is {kind}, expected a file; remove it, or put the image itself there")


def _first_hole(descriptor: int, size: int) -> int | None:
    """Where a file has no data on disk although its size says so: set aside for a copy that has not come yet.

    Gaps that programs leave to align what they write are shorter.
    """
    try:
        end = 0
        while end < size:
            hole = os.lseek(descriptor, end, os.SEEK_HOLE)
            if hole >= size:
                return None
            end = _next_data(descriptor, hole, size)
            if end == size or end - hole >= _LARGE_GAP_BYTES:
                return hole
    except OSError:  # this file system can't tell
        return None
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return None


def _next_data(descriptor: int, hole: int, size: int) -> int:
    try:
        return os.lseek(descriptor, hole, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # no data behind the hole
            return size
        raise
