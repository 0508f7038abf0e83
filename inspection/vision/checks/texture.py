"""Texture and light of a frame, sampled: whether the lens was sharp, the web moved in step, and the lamp on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.values import Box
from inspection.vision.checks.doubt import Doubt, Look

_STEP_LINES, _FAR_LINES = 8, 4
"""Each eighth line is looked at, against the next one and the fourth."""
_PART_PX = 256
_WINDOWS = (8, 16)
"""Sampled lines in a window: 64 and 128 lines. The whole frame is a window, too."""
_SPREAD = 1.05
"""Standard error of the texture ratio of noise alone, times the root of the pixels that were compared; measured."""
_OF_MEDIAN = 1.25
"""Standard error of a median of parts, against that of their mean."""
_SURE, _SURE_OF_FRAME = 4.0, 2.0
"""What lies so many standard errors below a limit is below it: one of many windows, and a whole frame."""
_TEXTURE_SHARE = 0.75
"""Share of the least texture that a model has learnt. Simulated webs, and each part of them, have 1.2 times as much or
more; electrodes blurred by 4 px (sigma) have less, separators by 5 px, and all that is smeared over 40 lines."""
_NOISE_SHARE = 0.93
"""Share of the least noise that a model has learnt: simulated webs, in each 64 lines of them, have 1.0 times as much or
more, in 80 % of their light 0.99 times; 1 DN of noise at a separator's grey value is 0.85 times."""
_RELATIVE_SPREAD = 0.75
"""Standard error of a mean difference, relative to it, times the root of the pixels that were compared."""
_DARK_DN = 8.0
"""Without light a sensor shows less; black tape and the roller beside the web show 20 and more."""
_LEAST_INSIDE = 2
"""Sampled lines inside dark ones, of half the parts, by which tape is told from web in less light."""
_OTHER_SURFACE = 0.1
"""What is no web, like tape, is so much brighter or darker than the web about it."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Sampled lines against parts of the width: all (lines, parts)."""

    columns: tuple[tuple[int, int], ...]
    """(first, end) column of each part, end excluded."""
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

    def noise(self, lines: int | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """(windows, parts) noise ratio and level in DN of such windows, and the ratio's relative standard error.

        The ratio is the mean difference of neighbouring lines over the root of the level: a sensor counts electrons,
        so it hardly depends on the light.
        """
        first, end = self.columns[0]
        count = min(lines or len(self.near), len(self.near))
        levels_dn = _windows(self.level_dn, lines) / count
        near_dn = _windows(self.near, lines) / (count * (end - first))
        error = _RELATIVE_SPREAD / math.sqrt(count * (end - first))
        return near_dn / np.sqrt(np.maximum(levels_dn, 1.0)), levels_dn, error


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


def look_of(image: Image) -> tuple[float, float]:
    """A whole image's texture and noise ratios, see `Sampled`: each the middle of its parts.

    >>> noise = np.random.default_rng(1).normal(90.0, 2.0, (512, 512)).astype(np.uint8)
    >>> texture, ratio = look_of(noise)
    >>> abs(texture) < 0.02, round(ratio, 2)
    (True, 0.24)
    """
    sampled = sample(image, [(0, image.shape[1])])
    return float(np.median(sampled.texture()[0])), float(np.median(sampled.noise()[0]))


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


def unlit(sampled: Sampled, height_px: int, known_dn: tuple[float, float], least_texture: float | None) -> list[Doubt]:
    """Lines without light, with less than the web is known by, and lines of a part that repeat the one before.

    known_dn: the darkest and the brightest that the web is known to be. least_texture: see `blurred`.
    """
    least_dn, most_dn = known_dn
    repeated = (sampled.near == 0.0) & (sampled.level_dn < most_dn)
    found = []
    for is_wrong, look, limit in (
        (repeated, Look.REPEATED, None),
        (sampled.level_dn < _DARK_DN, Look.DARK, _DARK_DN),
    ):
        if is_wrong.any():
            rows, parts = np.nonzero(is_wrong)
            box = _box(sampled, height_px, int(rows.min()), int(rows.max()) + 1, parts)
            found.append(Doubt(look, box, float(sampled.level_dn[is_wrong].mean()), limit, may_be_explained=False))
    size = _WINDOWS[0]
    levels_dn = _windows(sampled.level_dn, size) / min(size, len(sampled.level_dn))
    if (levels_dn >= least_dn).all():
        return found
    level_dn = np.median(levels_dn, axis=1)
    for run in _runs(level_dn < least_dn):
        first, last = _lines_of(sampled, size, run)
        may_be_explained = least_texture is None or _is_tape(sampled, slice(first, last), least_dn, least_texture)
        box = _box_of(sampled, height_px, size, run)
        found.append(Doubt(Look.DIM, box, float(level_dn[run].mean()), least_dn, may_be_explained))
    return found


def _is_tape(sampled: Sampled, lines: slice, least_dn: float, least_texture: float) -> bool:
    """Whether what is dark in these lines is smooth, as tape and rollers are: web in less light keeps its texture,
    weaker as its light is, for noise falls with the root of the light only.
    """
    is_dark = np.pad(sampled.level_dn[lines] < least_dn, ((1, 1), (0, 0)), constant_values=True)
    # At its edges it is compared with the web beside it.
    is_inside = is_dark[:-2] & is_dark[1:-1] & is_dark[2:]
    counts = np.count_nonzero(is_inside, axis=0)
    parts = counts >= _LEAST_INSIDE
    if 2 * np.count_nonzero(parts) < len(parts):
        return False
    near, far = (np.where(is_inside, summed[lines], 0.0).sum(axis=0)[parts] for summed in (sampled.near, sampled.far))
    first, end = sampled.columns[0]
    error = _OF_MEDIAN * _SPREAD / math.sqrt(counts[parts].sum() * (end - first))
    light = float(sampled.level_dn[lines][is_inside].mean()) / least_dn
    ratio = float(np.median(far / np.maximum(near, 1.0) - 1.0))
    return ratio + _SURE_OF_FRAME * error < _TEXTURE_SHARE * least_texture * light


def quiet(
    sampled: Sampled, height_px: int, least_noise: float, least_texture: float | None, most_dn: float
) -> list[Doubt]:
    """Lines with clearly less noise than the images had that a model has learnt from, and without certain texture.

    What is brighter than the web may saturate, and is left out; what has texture was seen, though a JPEG file has kept
    little of its noise.
    """
    least = _NOISE_SHARE * least_noise
    found = []
    for size in (_WINDOWS[0], None):
        ratio, levels_dn, error = sampled.noise(size)
        if (2 * np.count_nonzero(ratio >= least, axis=1) > len(sampled.columns)).all():
            # Nor can the whole frame have less.
            break
        noise, level_dn = np.median(ratio, axis=1), np.median(levels_dn, axis=1)
        most = noise * (1.0 + _SURE * _OF_MEDIAN * error / math.sqrt(len(sampled.columns)))
        is_low = (most < least) & (level_dn <= most_dn)
        if not is_low.any():
            continue
        if least_texture is not None:
            texture, texture_error = sampled.texture(size)
            sure = _SURE * _OF_MEDIAN * texture_error / math.sqrt(len(sampled.columns))
            is_low &= np.median(texture, axis=1) - sure < _TEXTURE_SHARE * least_texture
        for run in _runs(is_low):
            box = _box_of(sampled, height_px, size, run)
            found.append(Doubt(Look.QUIET, box, float(noise[run].mean()), least, may_be_explained=False))
    return found


def blurred(sampled: Sampled, height_px: int, least_texture: float) -> list[Doubt]:
    """Lines, and columns, with clearly less texture than the images had that a model has learnt from."""
    least, parts = _TEXTURE_SHARE * least_texture, len(sampled.columns)
    found = []
    for size in (*_WINDOWS, None):
        ratio, error = sampled.texture(size)
        if (2 * np.count_nonzero(ratio >= least, axis=1) > parts).all():
            # Nor can longer windows have less.
            break
        middle = np.median(ratio, axis=1)
        sure = _SURE if size else _SURE_OF_FRAME
        most = middle + sure * _OF_MEDIAN * error / math.sqrt(parts)
        if (most >= least).all():
            continue
        levels_dn = np.maximum(_windows(sampled.level_dn, size), 1.0)
        with_texture = levels_dn[middle >= least]
        for run in _runs(most < least):
            # Part by part: foil and coating change in opposite ways under tape.
            apart = np.median(np.abs(levels_dn[run].mean(axis=0) / with_texture - 1.0), axis=1)
            is_other = bool((apart >= _OTHER_SURFACE).any())
            box = _box_of(sampled, height_px, size, run)
            found.append(Doubt(Look.BLURRED, box, float(middle[run].mean()), least, is_other))
    if not found:
        ratio, error = sampled.texture()
        low = np.nonzero(ratio[0] + _SURE * error < least)[0]
        if len(low):
            box = _box(sampled, height_px, 0, len(sampled.near), low)
            found.append(Doubt(Look.BLURRED, box, float(ratio[0, low].mean()), least, may_be_explained=True))
    return found


def _runs(is_low: NDArray[np.bool_]) -> list[slice]:
    ends = np.flatnonzero(np.diff(is_low, prepend=False, append=False)).reshape(-1, 2)
    return [slice(first, end) for first, end in ends.tolist()]


def _lines_of(sampled: Sampled, size: int | None, run: slice) -> tuple[int, int]:
    """Sampled lines of a run of windows, end excluded."""
    lines = len(sampled.near)
    starts = [0] if size is None or size >= lines else _starts(lines, size).tolist()
    return starts[run.start], min(lines, starts[run.stop - 1] + (size or lines))


def _box_of(sampled: Sampled, height_px: int, size: int | None, run: slice) -> Box:
    """Box of a run of windows, over all parts."""
    return _box(sampled, height_px, *_lines_of(sampled, size, run), np.arange(len(sampled.columns)))


def _box(sampled: Sampled, height_px: int, first: int, last: int, parts: NDArray[np.intp]) -> Box:
    """Box of sampled lines and parts; the last one reaches to the frame's end."""
    bottom = height_px if last >= len(sampled.near) else last * _STEP_LINES
    columns = [sampled.columns[part] for part in parts.tolist()]
    return Box(min(first for first, _ in columns), first * _STEP_LINES, max(end for _, end in columns), bottom)
