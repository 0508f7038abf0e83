"""TIFF 6.0 and BigTIFF: one grey picture, uncompressed, deflate or LZW, every strip or tile there and whole.

Decoders leave strips that are missing black and stop where a packed strip stops, so each is looked at first. Deflate
has a checksum; LZW none, but a strip that was damaged unpacks to another length; bytes of an uncompressed strip that
were changed on the way can't be told from pixels.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from camera.errors import UnreadableImage
from camera.files.image_form import ImageForm, WantedImage, decoded, refuse_colours, refuse_several
from camera.files.lzw import unpacked_bytes
from camera.frame import Pixels

TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIP_OFFSETS, _ORIENTATION, _CHANNELS, _STRIP_ROWS, _STRIP_BYTES, _PREDICTOR = 273, 274, 277, 278, 279, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SUB_DIRECTORIES, _NUMBER_KIND = 322, 323, 324, 325, 330, 339
_DEFAULTS = {
    _BITS: 1,
    _COMPRESSION: 1,
    _FILL_ORDER: 1,
    _ORIENTATION: 1,
    _CHANNELS: 1,
    _STRIP_ROWS: 2**32 - 1,
    _PREDICTOR: 1,
    _NUMBER_KIND: 1,
}
_NONE, _LZW, _DEFLATE, _OLD_DEFLATE = 1, 5, 8, 32946
_NUMBERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
"""numpy's names for the field types that hold whole numbers."""
_MOST_ENTRIES = 4096
_MOST_PAGES = 100_000
_AS_EXPECTED = (
    (_PHOTOMETRIC, (1,), "stores its greys in another way than black as 0"),
    (_NUMBER_KIND, (1,), "has pixels that are no unsigned integers"),
    (_FILL_ORDER, (1,), "stores its bits in reverse order"),
    (_ORIENTATION, (1,), "is stored turned or mirrored"),
    (_COMPRESSION, (_NONE, _LZW, _DEFLATE, _OLD_DEFLATE), "is compressed in a way that isn't read"),
    (_PREDICTOR, (1, 2), "is compressed with a predictor that isn't read"),
)


@dataclass(frozen=True, slots=True)
class _Field:
    """One entry of a directory."""

    kind: int
    count: int
    at: int
    """Where its values lie."""


class _Tiff:
    """The file's numbers, in its byte order and offset size."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._order: Literal["<", ">"] = "<" if content[:2] == b"II" else ">"
        self._is_big = content[2:4] in (b"+\x00", b"\x00+")
        # TIFF: 2-byte counts, 12-byte entries, 4-byte offsets; BigTIFF: 8, 20 and 8.
        self._count, self._entry, self._offset = ("Q", "HHQ", "Q") if self._is_big else ("H", "HHI", "I")
        self._offset_bytes = 8 if self._is_big else 4
        self._count_bytes = 8 if self._is_big else 2

    def _unpack(self, form: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self._order + form, self.content, at)
        except struct.error as error:
            raise UnreadableImage(f"is truncated after {len(self.content)} bytes; copy or export it again") from error

    def directories(self) -> list[int]:
        """Where the directory of each page of the file lies."""
        found: list[int] = []
        (at,) = self._unpack(self._offset, 8 if self._is_big else 4)
        seen: set[int] = set()
        while at != 0:
            if at in seen or len(found) >= _MOST_PAGES:
                raise UnreadableImage("is damaged: its pages lead back to each other; export it again")
            seen.add(at)
            found.append(at)
            (at,) = self._unpack(self._offset, self._first_entry(at) + self._entries(at) * self._entry_bytes)
        return found

    def fields(self, directory: int) -> dict[int, _Field]:
        """A directory's entries by tag."""
        found: dict[int, _Field] = {}
        for number in range(self._entries(directory)):
            at = self._first_entry(directory) + number * self._entry_bytes
            tag, kind, count = self._unpack(self._entry, at)
            if tag in found:
                raise UnreadableImage(f"is damaged: it says twice what its field {tag} is; export it again")
            values_at = at + self._entry_bytes - self._offset_bytes
            size = np.dtype(_NUMBERS[kind]).itemsize if kind in _NUMBERS else 1
            if count * size > self._offset_bytes:
                (values_at,) = self._unpack(self._offset, values_at)
            found[tag] = _Field(kind, count, values_at)
        return found

    def numbers(self, field: _Field | None, most: int) -> NDArray[np.int64]:
        """The values of a field that holds whole numbers, `most` at most; none if it isn't there."""
        if field is None:
            return np.empty(0, np.int64)
        if field.kind not in _NUMBERS or field.count > most:
            raise UnreadableImage("is damaged: a field holds what it can't hold; export it again")
        kind = np.dtype(_NUMBERS[field.kind]).newbyteorder(self._order)
        if field.at + field.count * kind.itemsize > len(self.content):
            raise UnreadableImage(f"is truncated after {len(self.content)} bytes; copy or export it again")
        values = np.frombuffer(self.content, kind, field.count, field.at)
        if values.size and int(values.max()) >= 2**62:
            raise UnreadableImage("is damaged: a field holds what it can't hold; export it again")
        return values.astype(np.int64)

    @property
    def _entry_bytes(self) -> int:
        return 20 if self._is_big else 12

    def _first_entry(self, directory: int) -> int:
        return directory + self._count_bytes

    def _entries(self, directory: int) -> int:
        (entries,) = self._unpack(self._count, directory)
        if entries > _MOST_ENTRIES:
            raise UnreadableImage(f"is damaged: a directory of {entries} fields; export it again")
        return entries


def read_tiff(content: bytes, wanted: WantedImage) -> Pixels:
    """The picture. Raises UnreadableImage if a part is missing or damaged, or it isn't as wanted."""
    tiff = _Tiff(content)
    directories = tiff.directories()
    if not directories:
        raise UnreadableImage("holds no picture; export it again")
    fields = tiff.fields(directories[0])
    inner = fields.get(_SUB_DIRECTORIES)
    refuse_several(len(directories) + (inner.count if inner else 0))

    def one(tag: int) -> int:
        values = tiff.numbers(fields.get(tag), 1)
        if values.size == 0 and tag not in _DEFAULTS:
            raise UnreadableImage(f"is damaged: its field {tag} is missing; export it again")
        return int(values[0]) if values.size else _DEFAULTS[tag]

    refuse_colours(one(_CHANNELS))
    form = ImageForm(one(_WIDTH), one(_HEIGHT), one(_BITS))
    wanted.check(form)
    for tag, expected, what in _AS_EXPECTED:
        if (value := one(tag)) not in expected:
            raise UnreadableImage(f"{what} (TIFF field {tag} = {value}); save it as a plain grey TIFF or PNG")
    sizes = _tile_sizes(form, one) if _TILE_WIDTH in fields else _strip_sizes(form, one(_STRIP_ROWS))
    is_tiled = _TILE_WIDTH in fields
    offsets = tiff.numbers(fields.get(_TILE_OFFSETS if is_tiled else _STRIP_OFFSETS), len(sizes))
    lengths = tiff.numbers(fields.get(_TILE_BYTES if is_tiled else _STRIP_BYTES), len(sizes))
    for part in _parts(content, offsets, lengths, sizes):
        _check_part(part, one(_COMPRESSION))
    return decoded(content, form)


def _strip_sizes(form: ImageForm, rows: int) -> list[int]:
    """Bytes of each strip, unpacked."""
    if rows < 1:
        raise UnreadableImage("is damaged: strips of no lines; export it again")
    return [min(rows, form.height_px - first) * form.row_bytes for first in range(0, form.height_px, rows)]


def _tile_sizes(form: ImageForm, one: Callable[[int], int]) -> list[int]:
    """Bytes of each tile, unpacked; tiles reach beyond the picture's right and lower edge."""
    width_px, height_px = one(_TILE_WIDTH), one(_TILE_HEIGHT)
    if width_px < 1 or height_px < 1:
        raise UnreadableImage("is damaged: tiles without pixels; export it again")
    tiles = -(-form.width_px // width_px) * -(-form.height_px // height_px)
    size = width_px * height_px * form.bits // 8
    if tiles * size > 4 * form.image_bytes + 2**22:
        raise UnreadableImage(f"has tiles of {width_px} x {height_px} px, far larger than itself; export it again")
    return [size] * tiles


def _parts(
    content: bytes, offsets: NDArray[np.int64], lengths: NDArray[np.int64], sizes: list[int]
) -> Iterator[tuple[memoryview, int]]:
    """Each strip or tile as it lies in the file, and the bytes that it has to unpack to."""
    if not len(offsets) == len(lengths) == len(sizes):
        raise UnreadableImage(
            f"is damaged: it lists {len(offsets)} strips or tiles and {len(lengths)} lengths, expected {len(sizes)}; "
            "export it again"
        )
    if missing := int(np.count_nonzero((offsets == 0) | (lengths == 0))):
        raise UnreadableImage(f"{missing} of its {len(sizes)} strips or tiles were never written; export it again")
    ends = offsets + lengths
    if int(ends.max()) > len(content):
        raise UnreadableImage(
            f"is truncated after {len(content)} bytes, expected {int(ends.max())}; copy or export it again"
        )
    order = np.argsort(offsets, kind="stable")
    if np.any(ends[order][:-1] > offsets[order][1:]):
        raise UnreadableImage("is damaged: its strips or tiles lie over each other; export it again")
    view = memoryview(content)
    for offset, end, size in zip(offsets.tolist(), ends.tolist(), sizes, strict=True):
        yield view[offset:end], size


def _check_part(part: tuple[memoryview, int], compression: int) -> None:
    """Raises UnreadableImage if a strip or tile ends early."""
    packed, size = part
    try:
        if compression == _NONE:
            length = len(packed)
            is_whole = length >= size
        elif compression == _LZW:
            length = unpacked_bytes(packed, size)
            is_whole = length == size
        else:
            inflater = zlib.decompressobj()
            length = len(inflater.decompress(packed, size + 1))
            is_whole = length == size and inflater.eof
    except (zlib.error, ValueError) as error:
        raise UnreadableImage(f"is damaged: a strip or tile can't be unpacked ({error}); export it again") from error
    if not is_whole:
        raise UnreadableImage(
            f"is damaged: a strip or tile holds {length if length <= size else 'more'} of {size} bytes; export it again"
        )
