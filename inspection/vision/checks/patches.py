"""Lines, columns and patches of a frame that lack a sensor's noise: nobody exposed them.

Every pixel that a sensor exposed has noise of its own. What has none was filled in: a lost packet, a hole in a
compressed file, a stuck line. Neighbouring lines are compared, for columns keep a pattern of their own.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box
from inspection.vision.checks.doubt import Doubt, Look
from inspection.vision.checks.neighbours import CELL_PX, TILE_PX, Cells, Image, Neighbours

_GROWN_PX = 2
"""Two pairs of equal lines in four columns are nothing special; but of 36 equal pixels about them there are none in
10^9 frames, where noise is 1 DN."""
_CELLS = TILE_PX // CELL_PX
_IN_TILE = np.argwhere(np.ones((_CELLS, _CELLS)))
_MOST_CELLS = 20_000
"""If more have equal lines, nobody needs to look at them one by one."""
_LEAST_NOISE_DN = 0.35
"""Mean difference of neighbouring lines in a tile. What is even or slopes gently has less, and JPEG images of a quality
below 90; 1 DN of noise makes 1.2 and in no tile less than 0.7, webs from a simulated camera 0.6 or more."""
_FULL_DN = 255
_NEARLY, _BRIGHT_SHARE = 0.98, 0.8
"""Shares of the highest grey value: what is saturated, and what is bright."""
_SAMPLED_LINES = np.array([-64, -40, -20, -9, 12, 24, 44, 68])
_SAMPLED_COLUMNS = np.array([-7, 1, 9])
_LEAST_BRIGHT = 2
"""Fewest of these pixels about a cell that are bright and not saturated, if it is foil."""
_STEP_LINES = 8
_UNHIDDEN = 0.25
"""Least share of the lines in which a column of foil is seen."""
_MOST = 0.6
_EDGE_PX, _SOFT_SHARE = 8, 0.1
"""Columns from a bright surface to where the web has its own level; share of its light in the column beside it."""

_EIGHT_OR_MORE = np.uint64(0xF8F8F8F8F8F8F8F8)
"""Bits of eight bytes; a column of a smooth tile has no more, summed over its pairs of lines."""

_NONE: Cells = np.empty((0, 2), np.intp)


def unexposed(image: Image, lanes: Sequence[tuple[int, int]], neighbours: Neighbours, most_dn: float) -> list[Doubt]:
    """Places of a frame (height, width) that lack noise, the largest first.

    lanes: columns that count, end excluded. most_dn: the brightest that the web is known to be, 255 if nobody knows.
    """
    equal, smooth = neighbours.equal, _smooth(neighbours.along)
    if not len(equal) and not len(smooth):
        return []
    lines = (neighbours.tops[:, np.newaxis] + np.arange(0, TILE_PX, CELL_PX)).ravel()
    equal = _flat(image, _not_bright(image, equal, lines, most_dn), lines)
    cells = np.concatenate([equal, _not_bright(image, _cells_of(smooth), lines, most_dn)])
    in_lane = np.zeros(-(-image.shape[1] // TILE_PX) * _CELLS, np.bool_)
    for first, end in lanes:
        in_lane[first // CELL_PX : -(-end // CELL_PX)] = True
    cells = cells[in_lane[cells[:, 1]]]
    if not len(cells):
        return []
    grid = np.zeros((len(lines), len(in_lane)), np.uint8)
    grid[cells[:, 0], cells[:, 1]] = 1
    return _places(image, grid, lines)


def _smooth(summed: Image) -> Cells:
    """Tiles whose lines hardly differ. summed: (tiles, columns) over the pairs of each tile."""
    words = summed.view(np.uint64) & _EIGHT_OR_MORE
    words = words[:, 0::2] | words[:, 1::2]
    if words.min() != 0:
        return _NONE
    tiles = np.argwhere(words == 0)
    columns = summed.reshape(len(summed), -1, TILE_PX)[tiles[:, 0], tiles[:, 1]]
    return np.asarray(tiles[columns.sum(axis=1) < _LEAST_NOISE_DN * TILE_PX * TILE_PX // 2])


def _cells_of(tiles: Cells) -> Cells:
    return (tiles[:, np.newaxis] * _CELLS + _IN_TILE).reshape(-1, 2)


def _flat(image: Image, equal: Cells, lines: NDArray[np.intp]) -> Cells:
    """Cells with equal lines in six by six pixels that are all the same, or in a square of four such cells."""
    if not 0 < len(equal) < _MOST_CELLS:
        return equal
    same = _around(image, equal, lines, _GROWN_PX) == _around(image, equal, lines, 0)[:, :1, :1]
    side, places = CELL_PX + _GROWN_PX, range(_GROWN_PX + 1)
    squares = [
        same[:, down : down + side, right : right + side].all(axis=(1, 2)) for down in places for right in places
    ]
    is_flat = np.any(squares, axis=0)
    grid = np.zeros((len(lines) + 2, -(-image.shape[1] // CELL_PX) + _CELLS + 2), np.bool_)
    row, column = equal[:, 0] + 1, equal[:, 1] + 1
    grid[row, column] = True
    for down in (-1, 1):
        for right in (-1, 1):
            is_flat |= grid[row + down, column] & grid[row, column + right] & grid[row + down, column + right]
    return np.asarray(equal[is_flat])


def _not_bright(image: Image, cells: Cells, lines: NDArray[np.intp], most_dn: float) -> Cells:
    """Without those that saturate where foil or lamp is seen: beside the coating or the web, or on a bare place."""
    if not len(cells):
        return cells
    x = np.minimum(cells[:, 1, np.newaxis] * CELL_PX + np.arange(CELL_PX), image.shape[1] - 1)
    highest = image[lines[cells[:, 0], np.newaxis], x].max(axis=1)
    bright_dn, full_dn = _glare_dn(int(highest.max()), most_dn)
    is_full = highest >= full_dn
    if bright_dn >= full_dn or not is_full.any():
        return cells
    is_full[is_full] = _bright_columns(image, bright_dn)[x[is_full, 0]]
    cells, is_full = cells[~is_full], (highest >= full_dn)[~is_full]
    y = np.clip(lines[cells[is_full, 0]][:, None, None] + _SAMPLED_LINES[:, None], 0, image.shape[0] - 1)
    x = np.clip(cells[is_full, 1][:, None, None] * CELL_PX + _SAMPLED_COLUMNS, 0, image.shape[1] - 1)
    around = image[y, x]
    is_full[is_full] = np.count_nonzero((around >= bright_dn) & (around < full_dn), axis=(1, 2)) >= _LEAST_BRIGHT
    return np.asarray(cells[~is_full])


def _glare_dn(highest_dn: int, most_dn: float) -> tuple[float, float]:
    """From which grey values on a surface is bright, and saturated: far above all that the web shows."""
    if most_dn >= _FULL_DN:
        highest_dn = _FULL_DN
        most_dn = 0.0
    return max(_BRIGHT_SHARE * highest_dn, most_dn + 1.0), _NEARLY * highest_dn


def _bright_columns(image: Image, bright_dn: float) -> NDArray[np.bool_]:
    """(columns,) True where foil or lamp is seen beside the coating or the web, all along the frame but for what tape
    or a label hides.

    A lens draws their edges over some columns; columns that were filled in end sharply.
    """
    width = image.shape[1]
    lines = image[1::_STEP_LINES]
    profile = cv2.reduce(lines, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
    is_bright = np.count_nonzero(lines >= bright_dn, axis=0) >= _UNHIDDEN * len(lines)
    ends = np.flatnonzero(np.diff(is_bright, prepend=False, append=False))
    beside = np.zeros(width, np.bool_)
    for first, end in ends.reshape(-1, 2).tolist():
        edges = ((first - 1, max(0, first - _EDGE_PX)), (end, min(width - 1, end - 1 + _EDGE_PX)))
        soft = [
            not 0 <= near < width or profile[near] >= (1.0 - _SOFT_SHARE) * profile[far] + _SOFT_SHARE * bright_dn
            for near, far in edges
            if profile[far] < bright_dn
        ]
        if all(soft) and 2 * (end - first) <= width:
            # An edge wanders a little.
            beside[max(0, first - _EDGE_PX) : end + _EDGE_PX] = True
    return beside


def _around(image: Image, cells: Cells, lines: NDArray[np.intp], margin_px: int) -> Image:
    """(n, side, side) pixels of each cell, and so many beside it; at the border those beyond repeat the last."""
    reach = np.arange(-margin_px, CELL_PX + margin_px)
    y = np.clip(lines[cells[:, 0]][:, None, None] + reach[:, None], 0, image.shape[0] - 1)
    x = np.clip(cells[:, 1][:, None, None] * CELL_PX + reach, 0, image.shape[1] - 1)
    return np.asarray(image[y, x])


def _places(image: Image, grid: Image, lines: NDArray[np.intp]) -> list[Doubt]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
    found = []
    for left, top, columns, rows, _ in sorted(stats[1:count].tolist(), key=lambda each: -each[4]):
        # The last tile may begin before the one above it ends.
        here = lines[top : top + rows]
        right = min((left + columns) * CELL_PX, image.shape[1])
        box = Box(left * CELL_PX, int(here.min()), right, int(here.max()) + CELL_PX)
        part = image[box.top : box.bottom, box.left : box.right]
        is_compact = 2 * box.width_px <= image.shape[1] and 2 * box.height_px <= image.shape[0]
        found.append(Doubt(_look_of(part), box, float(part.mean()), None, is_compact))
    return found


def _look_of(part: Image) -> Look:
    """By most of its pixels: cells and tiles overlap what is seen beside them."""
    if np.mean(part[1:] == part[:-1]) < _MOST:
        return Look.SMOOTH
    is_constant = part.shape[1] == 1 or np.mean(part[:, 1:] == part[:, :-1]) >= _MOST
    return Look.CONSTANT if is_constant else Look.REPEATED
