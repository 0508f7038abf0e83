"""How far the pixels of a frame differ from their neighbours, tile by tile.

A frame is larger than the processor's cache; so all that needs differences takes them from one pass over it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_PX = 16
CELL_PX = 4
_CELLS = TILE_PX // CELL_PX
_CHUNK_TILES = 8
"""Lines of tiles that stay in the processor's cache from one step to the next."""

Image = NDArray[np.uint8]
Cells = NDArray[np.intp]
"""(n, 2) row and column of each, of 4 lines and 4 columns."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What neighbouring pixels of a frame have to do with each other."""

    tops: NDArray[np.intp]
    """First lines of the tiles; the last one ends with the frame, and may lie over the one before."""
    equal: Cells
    """Cells in which lines 0 and 1, and lines 2 and 3, are equal."""
    along: Image
    """(tiles, columns) differences of lines 0 and 1, 2 and 3, ... of each tile, added up and saturated. The columns
    that a whole tile lacks at the right repeat those before.
    """
    across_at_most: Image
    """(tiles, width - 1): in no line of a tile does a column differ by more from the next one."""


def compared(image: Image) -> Neighbours:
    """Compare the pixels of a frame (height, width) of 16 lines or more.

    >>> image = np.random.default_rng(1).integers(0, 99, (64, 128), dtype=np.uint8)
    >>> image[8:12, 40:44] = 7
    >>> compared(image).equal.tolist()
    [[2, 10]]
    """
    height, width = image.shape
    columns = -(-width // TILE_PX) * TILE_PX
    whole = height // TILE_PX
    tops = np.arange(whole) * TILE_PX
    if height % TILE_PX:
        tops = np.append(tops, height - TILE_PX)
    found = _Pass(len(tops), width, columns)
    for first in range(0, whole, _CHUNK_TILES):
        found.add(first, image[first * TILE_PX : min(first + _CHUNK_TILES, whole) * TILE_PX])
    if height % TILE_PX:
        found.add(whole, image[-TILE_PX:])
    equal = np.stack(np.divmod(np.concatenate(found.equal), columns // CELL_PX), axis=1)
    return Neighbours(tops, equal, found.along, found.across_at_most)


class _Pass:
    """One on its way, with room for what lies between."""

    def __init__(self, tiles: int, width: int, columns: int) -> None:
        lines = min(_CHUNK_TILES, tiles) * TILE_PX
        self.equal = [np.empty(0, np.intp)]
        self.along = np.empty((tiles, columns), np.uint8)
        self.across_at_most = np.empty((tiles, width - 1), np.uint8)
        self._width = width
        self._twos = np.empty((lines // 2, columns), np.uint8)
        self._fours = np.empty((lines // 4, columns), np.uint8)
        self._eights = np.empty((lines // 8, columns), np.uint8)
        self._across = np.empty((lines // 2, width - 1), np.uint8)

    def add(self, tile: int, lines: Image) -> None:
        """What whole tiles show, from this one on."""
        count, width = len(lines), self._width
        twos, fours, eights = self._twos[: count // 2], self._fours[: count // 4], self._eights[: count // 8]
        across = self._across[: count // 2]
        tiles = slice(tile, tile + count // TILE_PX)
        cv2.absdiff(lines[0::2], lines[1::2], dst=twos[:, :width])
        twos[:, width:] = twos[:, 2 * width - twos.shape[1] : width]
        # Sums saturate: where much differs nobody needs to know by how much.
        cv2.add(twos[0::2], twos[1::2], dst=fours)
        words = fours.view(np.uint32)
        if words.min() == 0:
            self.equal.append(np.flatnonzero(words == 0) + tile * _CELLS * words.shape[1])
        cv2.add(fours[0::2], fours[1::2], dst=eights)
        cv2.add(eights[0::2], eights[1::2], dst=self.along[tiles])
        # Every second line across is enough: its neighbour is no wilder than it and their differences together.
        cv2.absdiff(lines[0::2, 1:], lines[0::2, :-1], dst=across)
        wildest = np.maximum.reduce(across.reshape(-1, TILE_PX // 2, width - 1), axis=1)
        apart = np.maximum.reduce(fours.reshape(-1, _CELLS, fours.shape[1]), axis=1)
        cv2.add(wildest, apart[:, : width - 1], dst=wildest)
        cv2.add(wildest, apart[:, 1:width], dst=self.across_at_most[tiles])
