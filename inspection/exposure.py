"""Whether a camera really exposed every line, column and patch of a frame. Silence is not good material.

Every pixel that a sensor exposed has noise of its own, and a web under a sharp lens has texture. What has neither was
filled in (a lost packet, a hole in a compressed file, a stuck line), was not lit, or is blurred: defects can lie there
unseen. Neighbouring lines are compared, not neighbouring columns, for columns keep a pattern of their own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box

_CELL_LINES, _CELL_COLUMNS = 4, 8
"""Two pairs of equal lines in eight columns happen once in 10^9 places where noise is 1 DN."""
_TILE_PX = 16
_CHUNK_TILES = 8
"""So many lines of tiles stay in the processor's cache from one step to the next."""
_CELLS = (_TILE_PX // _CELL_LINES, _TILE_PX // _CELL_COLUMNS)
"""In a tile, along and across."""
_IN_TILE = np.argwhere(np.ones(_CELLS))
_LEAST_NOISE_DN = 0.45
"""Mean difference of neighbouring lines in a tile. An even or sloping grey has less, 1 DN of noise 1.2 and in no tile
less than 0.7; simulated webs have 0.6 or more on black tape and 1.0 on the web."""
_NEARLY, _BRIGHT_SHARE, _LEAST_BRIGHT = 0.98, 0.9, 0.04
"""Of the highest grey value: what is saturated, and what is bright. What saturates here and there, like foil, is bright
and not saturated in at least so much of its surroundings,"""
_BRIGHT_AREA = (7, 15)
"""columns and lines of cells."""
_EDGE_PX, _SOFT_SHARE = 8, 0.1
"""So many columns away from a bright surface the web has its own level; the column beside it has taken on so much."""
_DARK_DN = 8.0
"""Without light a sensor shows less; black tape and the roller beside the web show 20 and more."""
_STEP_LINES, _FAR_LINES = 8, 4
"""Texture and level are sampled on each eighth line; its texture against the next line and the fourth."""
_PART_PX = 256
_WINDOWS = (4, 16)
"""Sampled lines in a window: 32 and 128 lines. The whole frame is a window, too."""
_SPREAD = 1.05
"""Standard error of the texture ratio of noise alone, times the root of the pixels that were compared; measured."""
_SURE = 4.0
"""What lies so many standard errors below a limit is below it."""
_TEXTURE_SHARE = 0.75
"""Of the least texture that a model has learnt, with which simulated webs and all their parts have 1.2 times as much
or more. Electrodes blurred by 4 px (sigma) have less, separators by 5 px, and all that is smeared over 40 lines."""
_EXPLAINED_SHARE = 0.5
"""Of a place that is blurred or dim, which a found object has to cover to be the cause: tape is smooth, too."""

Image = NDArray[np.uint8]
Cells = NDArray[np.intp]
"""(n, 2) row and column of each."""


class Look(StrEnum):
    """What is the matter with a place that may not have been seen."""

    CONSTANT = "constant"
    REPEATED = "repeated"
    SMOOTH = "smooth"
    DARK = "dark"
    DIM = "dim"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place of which nobody can say that it was seen."""

    look: Look
    box: Box
    measured: float
    """Texture ratio of what is BLURRED, grey value of all else."""
    limit: float | None
    """The least that it should be, for BLURRED, DIM and DARK."""
    may_be_explained: bool
    """Whether an object that is found there can be the cause: a compact patch may be a hole or a glaring flake, and
    tape has no texture; but nothing on a web takes the noise of whole lines, or all light."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Sampled lines against parts of the width: all (lines, parts)."""

    columns: tuple[tuple[int, int], ...]
    """Of each part, end excluded."""
    level_dn: NDArray[np.float64]
    near: NDArray[np.float64]
    """Summed difference to the next line."""
    far: NDArray[np.float64]
    """The same to the fourth line."""

    def texture(self, lines: int | None = None) -> tuple[NDArray[np.float64], float]:
        """(windows, parts) texture ratio of windows of so many sampled lines, half overlapping, and its standard error.

        The ratio is by how much lines four apart differ more than neighbours: 0 for noise without texture, and for
        texture that a blur has spread over many lines. None: of all lines together.
        """
        ratio = _windows(self.far, lines) / np.maximum(_windows(self.near, lines), 1.0) - 1.0
        first, end = self.columns[0]
        compared = (end - first) * min(lines or len(self.near), len(self.near))
        return ratio, _SPREAD / math.sqrt(compared)


def doubts(
    image: Image, lanes: Sequence[tuple[int, int]], least_texture: float | None, known_dn: tuple[float, float]
) -> tuple[Doubt, ...]:
    """All places of a prepared frame (height, width) that may not have been seen, the largest of each look first.

    lanes: columns that count, end excluded. least_texture: see `Sampled`; None if nobody measured it.
    known_dn: the darkest and the brightest that the web is known to be.
    """
    sampled = sample(image, lanes)
    return (
        *_unexposed(image, lanes, known_dn[1]),
        *_unlit(sampled, image.shape[0], known_dn),
        *(
            []
            if least_texture is None or not sampled.columns
            else _blurred(sampled, image.shape[0], _TEXTURE_SHARE * least_texture)
        ),
    )


def sample(image: Image, lanes: Sequence[tuple[int, int]]) -> Sampled:
    """Level, and differences to the next and the fourth line, of each eighth line."""
    height, width = image.shape
    end = height - _FAR_LINES
    parts = max(1, width // _PART_PX)
    part_px = width // parts
    here = image[1:end:_STEP_LINES]

    def summed(lines: cv2.typing.MatLike) -> NDArray[np.float64]:
        rows = np.ascontiguousarray(lines[:, : parts * part_px]).reshape(-1, part_px)
        return cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(-1, parts).astype(np.float64)

    level_dn = summed(here) / part_px
    near = summed(cv2.absdiff(here, image[2 : end + 1 : _STEP_LINES]))
    far = summed(cv2.absdiff(here, image[1 + _FAR_LINES : height : _STEP_LINES]))
    columns = [(part * part_px, (part + 1) * part_px) for part in range(parts)]
    counts = [part for part, column in enumerate(columns) if _is_in(column, lanes)]
    if len(counts) == parts:
        return Sampled(tuple(columns), level_dn, near, far)
    return Sampled(tuple(columns[part] for part in counts), level_dn[:, counts], near[:, counts], far[:, counts])


def texture_of(image: Image) -> float:
    """A whole image's texture ratio, see `Sampled`: the middle of its parts.

    >>> noise = np.random.default_rng(1).normal(90.0, 2.0, (512, 512)).astype(np.uint8)
    >>> abs(texture_of(noise)) < 0.02 < texture_of(cv2.GaussianBlur(noise, (0, 0), 0.7))
    True
    """
    ratio, _ = sample(image, [(0, image.shape[1])]).texture()
    return float(np.median(ratio))


def _is_in(column: tuple[int, int], lanes: Sequence[tuple[int, int]]) -> bool:
    """Whether at least half of a part lies in lanes."""
    first, end = column
    shared = sum(max(0, min(end, last) - max(first, start)) for start, last in lanes)
    return 2 * shared >= end - first


def _windows(lines: NDArray[np.float64], size: int | None) -> NDArray[np.float64]:
    """(windows, parts) sums over windows of `size` lines that begin every half of it; the last ends at the end."""
    if size is None or size >= len(lines):
        return np.asarray(lines.sum(axis=0, keepdims=True))
    starts = _starts(len(lines), size)
    return np.asarray(np.add.reduceat(lines, np.stack([starts, starts + size], 1).ravel()[:-1], axis=0)[::2])


def _starts(lines: int, size: int) -> NDArray[np.intp]:
    return np.append(np.arange(0, lines - size, max(1, size // 2)), lines - size)


# Lines, columns and patches without noise


def _unexposed(image: Image, lanes: Sequence[tuple[int, int]], most_dn: float) -> list[Doubt]:
    tops = _tile_tops(image.shape[0])
    equal, noise = _compared(image, tops)
    smooth = np.argwhere(noise < _LEAST_NOISE_DN)
    if not len(equal) and not len(smooth):
        return []
    lines = (tops[:, np.newaxis] + np.arange(0, _TILE_PX, _CELL_LINES)).ravel()
    cells = np.concatenate([_flat(image, equal, lines), (smooth[:, np.newaxis] * _CELLS + _IN_TILE).reshape(-1, 2)])
    in_lane = np.zeros(noise.shape[1] * _CELLS[1], np.bool_)
    for first, end in lanes:
        in_lane[first // _CELL_COLUMNS : -(-end // _CELL_COLUMNS)] = True
    cells = _not_glaring(image, cells[in_lane[cells[:, 1]]], lines, most_dn)
    if not len(cells):
        return []
    grid = np.zeros((len(lines), len(in_lane)), np.uint8)
    grid[cells[:, 0], cells[:, 1]] = 1
    return _places(image, grid, lines)


def _tile_tops(height: int) -> NDArray[np.intp]:
    """First lines of all tiles; the last one ends with the frame, and may lie over the one before."""
    tops = np.arange(0, height - _TILE_PX + 1, _TILE_PX)
    return tops if height % _TILE_PX == 0 else np.append(tops, height - _TILE_PX)


def _compared(image: Image, tops: NDArray[np.intp]) -> tuple[Cells, NDArray[np.float32]]:
    """Lines 0 and 1, 2 and 3 ... of each tile compared.

    Returns the cells in which these are all equal, and for each tile (tiles, columns / 16) their mean difference in DN.
    Columns that are missing at the right repeat those before.
    """
    width = image.shape[1]
    columns = -(-width // _TILE_PX) * _TILE_PX
    differences = np.empty((_CHUNK_TILES * _TILE_PX // 2, columns), np.uint8)
    fours, eights = np.empty_like(differences[::2]), np.empty_like(differences[::4])
    summed = np.empty((len(tops), columns), np.uint8)
    equal = []
    whole = len(tops) - 1 if len(tops) > 1 and tops[-1] - tops[-2] < _TILE_PX else len(tops)
    for first in [*range(0, whole, _CHUNK_TILES), *range(whole, len(tops))]:
        end = min(first + _CHUNK_TILES, whole) if first < whole else len(tops)
        top, bottom = int(tops[first]), int(tops[end - 1]) + _TILE_PX
        if bottom - top < _CHUNK_TILES * _TILE_PX:
            differences = differences[: (bottom - top) // 2]
            fours, eights = fours[: len(differences) // 2], eights[: len(differences) // 4]
        cv2.absdiff(image[top:bottom:2], image[top + 1 : bottom : 2], dst=differences[:, :width])
        differences[:, width:] = differences[:, 2 * width - columns : width]
        # Sums saturate: where much differs nobody needs to know by how much.
        cv2.add(differences[0::2], differences[1::2], dst=fours)
        words = fours.view(np.uint64)
        if words.min() == 0:
            equal.append(np.argwhere(words == 0) + np.array([first * _CELLS[0], 0]))
        cv2.add(fours[0::2], fours[1::2], dst=eights)
        cv2.add(eights[0::2], eights[1::2], dst=summed[first:end])
    tiles = cv2.reduce(summed.reshape(-1, _TILE_PX), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F).reshape(len(tops), -1)
    return np.concatenate(equal or [np.empty((0, 2), np.intp)]), tiles / np.float32(_TILE_PX * _TILE_PX // 2)


def _flat(image: Image, equal: Cells, lines: NDArray[np.intp]) -> Cells:
    """Of cells with equal lines those whose pixels are all the same, or which have one like them above or below."""
    if not len(equal):
        return equal
    blocks = _blocks(image, equal, lines)
    is_constant = (blocks == blocks[:, :1]).all(axis=1)
    place = equal[:, 0] * image.shape[1] + equal[:, 1]
    is_stacked = np.isin(place - image.shape[1], place) | np.isin(place + image.shape[1], place)
    return np.asarray(equal[is_constant | is_stacked])


def _not_glaring(image: Image, cells: Cells, lines: NDArray[np.intp], most_dn: float) -> Cells:
    """Without those that saturate within a bright surface: foil does, beside the coating or where it is bare.

    Saturated is what reaches the frame's highest grey value, if that is far above all that the web shows.
    """
    if not len(cells):
        return cells
    rows, columns = cells.T
    full_dn = int(image.max())
    bright_dn = max(_BRIGHT_SHARE * full_dn, most_dn + 1.0)
    is_full = _blocks(image, cells, lines).max(axis=1) >= _NEARLY * full_dn
    if bright_dn >= full_dn or not is_full.any():
        return cells
    middles = np.minimum(np.arange(_CELL_COLUMNS // 2, image.shape[1] + _TILE_PX, _CELL_COLUMNS), image.shape[1] - 1)
    bright = cv2.inRange(image[lines + 1][:, middles], np.array(bright_dn), np.array(full_dn - 1.0))
    bright[rows, columns] = 0
    around = cv2.blur(bright, _BRIGHT_AREA, borderType=cv2.BORDER_REPLICATE)[rows, columns]
    beside = _bright_columns(image, bright_dn)[middles[columns]]
    return np.asarray(cells[~(is_full & (beside | (around >= _LEAST_BRIGHT * 255)))])


def _bright_columns(image: Image, bright_dn: float) -> NDArray[np.bool_]:
    """(columns,) True where foil or lamp is seen beside the coating or the web, all along the frame.

    A lens draws their edges over some columns; columns that were filled in end sharply.
    """
    width = image.shape[1]
    profile = cv2.reduce(image[1::_STEP_LINES], 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
    ends = np.flatnonzero(np.diff(profile >= bright_dn, prepend=False, append=False))
    beside = np.zeros(width, np.bool_)
    for first, end in ends.reshape(-1, 2).tolist():
        soft = [
            near < 0 or near >= width or profile[near] >= profile[far] + _SOFT_SHARE * (bright_dn - profile[far])
            for near, far in ((first - 1, max(0, first - _EDGE_PX)), (end, min(width - 1, end - 1 + _EDGE_PX)))
        ]
        beside[first:end] = all(soft) and 2 * (end - first) <= width
    return beside


def _blocks(image: Image, cells: Cells, lines: NDArray[np.intp]) -> Image:
    """(n, pixels) of each cell."""
    y = lines[cells[:, 0]][:, None, None] + np.arange(_CELL_LINES)[:, None]
    x = np.minimum(cells[:, 1][:, None, None] * _CELL_COLUMNS + np.arange(_CELL_COLUMNS), image.shape[1] - 1)
    return np.asarray(image[y, x].reshape(len(cells), _CELL_LINES * _CELL_COLUMNS))


def _places(image: Image, grid: Image, lines: NDArray[np.intp]) -> list[Doubt]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
    found = []
    for left, top, columns, rows, _ in sorted(stats[1:count].tolist(), key=lambda each: -each[4]):
        box = Box(
            left * _CELL_COLUMNS,
            int(lines[top]),
            min((left + columns) * _CELL_COLUMNS, image.shape[1]),
            int(lines[top + rows - 1]) + _CELL_LINES,
        )
        part = image[box.top : box.bottom, box.left : box.right]
        is_compact = 2 * box.width_px <= image.shape[1] and 2 * box.height_px <= image.shape[0]
        found.append(Doubt(_look_of(part), box, float(part.mean()), None, is_compact))
    return found


def _look_of(part: Image) -> Look:
    if int(np.ptp(part)) <= 1:
        return Look.CONSTANT
    return Look.REPEATED if np.mean(part[1:] == part[:-1]) > 0.9 else Look.SMOOTH


# Lines without light, texture or sharpness


def _unlit(sampled: Sampled, height_px: int, known_dn: tuple[float, float]) -> list[Doubt]:
    least_dn, most_dn = known_dn
    found: list[Doubt] = []
    if not sampled.columns:
        return found
    repeated = (sampled.near == 0.0) & (sampled.level_dn < most_dn)
    for is_wrong, look, limit in (
        (repeated, Look.REPEATED, None),
        (sampled.level_dn < _DARK_DN, Look.DARK, _DARK_DN),
    ):
        rows, parts = np.nonzero(is_wrong)
        if len(rows):
            box = _box(sampled, height_px, int(rows.min()), int(rows.max()) + 1, parts)
            found.append(Doubt(look, box, float(sampled.level_dn[is_wrong].mean()), limit, may_be_explained=False))
    level_dn = _windows(sampled.level_dn, _WINDOWS[0]).max(axis=1) / min(_WINDOWS[0], len(sampled.level_dn))
    found += _low_windows(sampled, height_px, _WINDOWS[0], Look.DIM, level_dn, level_dn, least_dn)
    return found


def _blurred(sampled: Sampled, height_px: int, least: float) -> list[Doubt]:
    parts = len(sampled.columns)
    found = []
    for lines in _WINDOWS:
        ratio, error = sampled.texture(lines)
        if (np.count_nonzero(ratio >= least, axis=1) * 2 > parts).all():
            continue
        middle = np.median(ratio, axis=1)
        most = middle + _SURE * 1.25 * error / math.sqrt(parts)
        found += _low_windows(sampled, height_px, lines, Look.BLURRED, middle, most, least)
    ratio, error = sampled.texture()
    low = np.nonzero(ratio[0] + _SURE * error < least)[0]
    if len(low):
        box = _box(sampled, height_px, 0, len(sampled.near), low)
        found.append(Doubt(Look.BLURRED, box, float(ratio[0, low].mean()), least, may_be_explained=True))
    return found


def _low_windows(
    sampled: Sampled,
    height_px: int,
    size: int,
    look: Look,
    measured: NDArray[np.float64],
    most: NDArray[np.float64],
    least: float,
) -> list[Doubt]:
    """One doubt for each run of windows (over the whole width) of which even the most that may be is too little."""
    lines = len(sampled.near)
    starts = _starts(lines, size) if size < lines else np.array([0])
    found, run = [], list[int]()
    for number in [*np.nonzero(most < least)[0].tolist(), len(starts) + 1]:
        if run and number != run[-1] + 1:
            first, last = int(starts[run[0]]), min(lines, int(starts[run[-1]]) + size)
            box = _box(sampled, height_px, first, last, np.arange(len(sampled.columns)))
            found.append(Doubt(look, box, float(measured[run].mean()), least, may_be_explained=True))
            run = []
        run.append(number)
    return found


def _box(sampled: Sampled, height_px: int, first: int, last: int, parts: NDArray[np.intp]) -> Box:
    """Of sampled lines and parts; the last one reaches to the frame's end."""
    bottom = height_px if last >= len(sampled.near) else last * _STEP_LINES
    columns = [sampled.columns[part] for part in parts.tolist()]
    return Box(min(first for first, _ in columns), first * _STEP_LINES, max(end for _, end in columns), bottom)


# What explains a doubtful place


def is_explained(doubt: Doubt, found: Sequence[Box], rejected: Sequence[Box]) -> bool:
    """Whether an object that was found there is why a place looks as if it had not been seen.

    Where lines have no texture or less light, any object that covers them may be the cause; of a patch without noise
    only one that is rejected, for then it does not matter.

    >>> patch, flake = Doubt(Look.CONSTANT, Box(16, 16, 40, 32), 255.0, None, True), Box(14, 12, 42, 34)
    >>> is_explained(patch, [], [flake]), is_explained(patch, [flake], [])
    (True, False)
    """
    causes = found if doubt.look in (Look.BLURRED, Look.DIM) else rejected
    return doubt.may_be_explained and _covered(doubt.box, causes) >= _EXPLAINED_SHARE


def _covered(box: Box, objects: Sequence[Box]) -> float:
    """Share of a box that lies in others."""
    grid = np.zeros((64, 64), np.bool_)
    for each in objects:
        rows = (np.clip([each.top - box.top, each.bottom - box.top], 0, box.height_px) * 64 / box.height_px).round()
        columns = (np.clip([each.left - box.left, each.right - box.left], 0, box.width_px) * 64 / box.width_px).round()
        grid[slice(*rows.astype(int)), slice(*columns.astype(int))] = True
    return float(grid.mean())
