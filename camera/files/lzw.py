"""LZW as TIFF packs it: to how many bytes a strip unpacks, without unpacking it.

LZW has no checksum and its decoders stop silently where they have enough; a strip that was damaged gives itself away
by codes that do not exist yet, or by another length.
"""

import numpy as np
from numpy.typing import NDArray

_CLEAR, _END, _FIRST_FREE = 256, 257, 258
_MOST_CODES = 4096 - _FIRST_FREE + 2
"""Codes between two Clears at most: by then the table is full."""
# The n-th code after a Clear is read when n - 1 table entries exist; codes grow one entry early (TIFF 6.0, page 59).
_FREE = _FIRST_FREE - 1 + np.maximum(np.arange(_MOST_CODES), 1)
_BITS = np.select([_FREE <= 510, _FREE <= 1022, _FREE <= 2046], [9, 10, 11], 12).astype(np.int64)
_STARTS = np.concatenate([[0], np.cumsum(_BITS)[:-1]])
_NUMBERS = np.arange(_MOST_CODES)


def unpacked_bytes(packed: bytes | memoryview, most: int) -> int:
    """Bytes that a strip unpacks to; past `most` it is no longer followed. Raises ValueError on codes that can't be.

    >>> unpacked_bytes(bytes([0x80, 0x10, 0x60, 0x50, 0x10]), 100)  # Clear, 65, 65 again by a table entry's code, End
    3
    """
    data = np.concatenate([np.frombuffer(packed, np.uint8), np.zeros(4, np.uint8)]).astype(np.uint32)
    end_bit = 8 * len(packed)
    bit, total = 0, 0
    if end_bit < 9 or (int(data[0]) << 1 | int(data[1]) >> 7) != _CLEAR:
        raise ValueError("it does not begin with a Clear code")
    bit = 9
    while total <= most:
        codes, starts = _codes(data, bit, end_bit)
        stops = np.flatnonzero((codes == _CLEAR) | (codes == _END))
        count = int(stops[0]) if stops.size else len(codes)
        total += _length(codes[:count])
        if not stops.size:
            if len(codes) == _MOST_CODES:
                raise ValueError("its table overflows")
            return total  # some writers leave the End code out
        if codes[count] == _END:
            return total
        bit = int(starts[count] + _BITS[count])
    return total


def _codes(data: NDArray[np.uint32], bit: int, end_bit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The codes from `bit` on as far as one table reaches, and the bit at which each begins."""
    starts = bit + _STARTS
    starts = starts[: int(np.searchsorted(starts + _BITS, end_bit, side="right"))]
    bits = _BITS[: len(starts)]
    byte = starts >> 3
    word = data[byte] << 16 | data[byte + 1] << 8 | data[byte + 2]
    return (word >> (24 - (starts & 7) - bits).astype(np.uint32)).astype(np.int64) & ((1 << bits) - 1), starts


def _length(codes: NDArray[np.int64]) -> int:
    """Bytes that the codes between two Clears stand for: an entry is one byte longer than the code it grew from."""
    if codes.size == 0:
        return 0
    entry = codes - _FIRST_FREE
    numbers = _NUMBERS[: codes.size]
    is_entry = entry >= 0
    if is_entry[0] or np.any(entry >= np.maximum(numbers, 1)):
        raise ValueError("a code stands for nothing yet")
    parent = np.where(is_entry, entry, numbers)
    depth = is_entry.astype(np.int64)
    while (more := depth[parent]).any():
        # Each step follows twice as many links as the step before.
        depth += more
        parent = parent[parent]
    return int(depth.sum()) + codes.size
