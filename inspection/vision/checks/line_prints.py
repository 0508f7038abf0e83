"""A print of every second line of a frame, to know lines again: from earlier frames, or repeated within the frame.

A buffer that a grabber hands out twice, or of which a lost packet leaves old lines, shows true web, noise and all, but
not the web that passes now. Sensor noise makes each stretch of sixteen pixels of a line unlike any other one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camera.frame import FrameId

Prints = NDArray[np.uint32]
"""(lines / 2, places); 0 where all sixteen pixels are alike, as saturated ones are."""

KEPT_FRAMES = 64
"""Earlier frames that are remembered: more than a camera's buffers (16) and the ring to the station (8) hold together,
whatever of them comes again. 2 MB of a camera of 4 Mpx."""
_EVERY_PX = 256
"""One print for so many columns: a lost packet of 1400 bytes spoils four of them, or more."""
_WORDS = 2
_PRINT_PX = 8 * _WORDS
_OFTEN = 0.25
_LEAST_SHARED = 3
"""Prints of 32 bits: in a frame of 8192 of them three agree by chance with one of 64 frames once in 10^14 frames."""
_MULTIPLIER, _MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_EACH = np.uint64(0x0101010101010101)


@dataclass(frozen=True, slots=True)
class Copied:
    """Lines that were there before."""

    first_line: int
    end_line: int
    """One past the last."""
    share: float
    """Share of the frame's prints that these lines have."""
    of_frame: FrameId | None
    """The frame that showed them; None if the frame repeats lines of its own."""


def places_in(lanes: Sequence[tuple[int, int]]) -> list[int]:
    """First columns of the prints of a line; lanes: columns that count, end excluded.

    >>> places_in([(0, 1000), (1100, 1140)])
    [0, 333, 666, 1100]
    """
    return [
        first + (end - first) * number // count
        for first, end in lanes
        for count in [max(1, (end - first) // _EVERY_PX)]
        for number in range(count)
    ]


def line_prints(image: NDArray[np.uint8], places: Sequence[int]) -> Prints:
    """Prints of lines 0, 2, 4 ... of a frame (height, width) of 16 columns or more, from these columns on.

    >>> grey = np.arange(2 * 32, dtype=np.uint8).reshape(2, 32)
    >>> line_prints(grey, [0]).shape, bool((line_prints(grey, [0]) == line_prints(grey.copy(), [0])).all())
    ((1, 1), True)
    >>> line_prints(np.full((2, 32), 255, np.uint8), [0]).tolist()
    [[0]]
    """
    width = image.shape[1]
    steps = {after - before for before, after in pairwise(places)}
    if len(steps) == 1 and (step := steps.pop()) % _PRINT_PX == 0 and places[0] == 0 and width % 8 == 0:
        words = image.view(np.uint64)[::2]
        first, second = (words[:, word :: step // 8][:, : len(places)] for word in range(_WORDS))
    else:
        columns = np.minimum(np.array(places), width - _PRINT_PX)[:, np.newaxis] + np.arange(_PRINT_PX)
        first, second = np.moveaxis(np.ascontiguousarray(image[::2][:, columns]).view(np.uint64), 2, 0)
    mixed = ((first * _MULTIPLIER) ^ second) * _MIXER
    prints = (mixed >> np.uint64(32)).astype(np.uint32)
    prints[(first == second) & (first == (first & np.uint64(0xFF)) * _EACH)] = 0
    return prints


def flat_lines(
    image: NDArray[np.uint8], prints: Prints, places: Sequence[int], most_dn: float
) -> tuple[int, int] | None:
    """First and last of the lines that have no noise in several places; None if there are none.

    Brighter than `most_dn` are foil and lamp, which saturate: there it takes most of a line.

    >>> image = np.random.default_rng(1).integers(80, 99, (64, 1024), dtype=np.uint8)
    >>> image[20:23] = 255
    >>> places = places_in([(0, 1024)])
    >>> flat_lines(image, line_prints(image, places), places, 150.0)
    (20, 22)
    """
    is_flat = prints == 0
    if not is_flat.any():
        return None
    is_bright = image[::2][:, np.minimum(places, image.shape[1] - _PRINT_PX)] > most_dn
    is_seldom = is_flat.mean(axis=0) <= _OFTEN
    dull = np.count_nonzero(is_flat & ~is_bright, axis=1)
    glaring = np.count_nonzero(is_flat & is_seldom, axis=1)
    lines = np.flatnonzero((dull >= min(2, len(places))) | (2 * glaring > max(len(places), 3)))
    return None if not len(lines) else (2 * int(lines[0]), 2 * int(lines[-1]))


def repeated_lines(prints: Prints) -> Copied | None:
    """Lines that a frame shows twice, in the same columns; None if there are none."""
    ordered = np.sort(prints, axis=0)
    is_twice = (ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)
    if np.count_nonzero(is_twice) < _LEAST_SHARED:
        return None
    again = np.zeros(prints.shape, np.bool_)
    for place in np.nonzero(is_twice.any(axis=0))[0].tolist():
        again[:, place] = np.isin(prints[:, place], ordered[1:, place][is_twice[:, place]])
    again = _side_by_side(again)
    return _copied(again, None) if np.count_nonzero(again) >= _LEAST_SHARED else None


class _Shelf:
    """Room for the prints of more frames than are remembered: filled from the front, nothing is written over."""

    __slots__ = ("filled", "prints")

    def __init__(self, lines: int, places: int) -> None:
        self.prints = np.empty((2 * KEPT_FRAMES, lines, places), np.uint32)
        self.filled = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """The lines of the last frames of a camera, the newest last.

    One value and the next share a shelf, so that to remember one more frame copies that frame alone: the thread that
    decides has no time for more.
    """

    frames: tuple[FrameId, ...] = ()
    shelf: _Shelf = field(default_factory=lambda: _Shelf(0, 0), repr=False)
    end: int = 0
    """One past the newest frame's place on the shelf."""

    @property
    def prints(self) -> NDArray[np.uint32]:
        """(frames, lines / 2, places) in one piece, so that all are compared at once."""
        return self.shelf.prints[self.end - len(self.frames) : self.end]

    def and_also(self, frame: FrameId, prints: Prints) -> "Remembered":
        """With one more frame; without the oldest, if there are too many. What has more lines or another width is the
        first of a new kind.
        """
        kept = self.frames[1 - KEPT_FRAMES :]
        shelf, end = self.shelf, self.end
        lines, places = shelf.prints.shape[1:]
        if not kept or len(prints) > lines or prints.shape[1] != places:
            kept, shelf, end = (), _Shelf(*prints.shape), 0
        elif end != shelf.filled or end == len(shelf.prints):
            # Another value went on from here, or there is no room left.
            shelf, end = _Shelf(lines, places), len(kept)
            shelf.prints[:end] = self.prints[len(self.frames) - end :]
        shelf.prints[end, : len(prints)] = prints
        shelf.prints[end, len(prints) :] = 0
        shelf.filled = end + 1
        return Remembered((*kept, frame), shelf, end + 1)


def copied_lines(prints: Prints, earlier: Remembered) -> Copied | None:
    """Lines that an earlier frame showed in the same place, the newest such frame; None if there are none.

    >>> image = np.random.default_rng(1).integers(0, 255, (64, 256), dtype=np.uint8)
    >>> old = Remembered().and_also(FrameId("cam0", 1, 7), line_prints(image, [0]))
    >>> copied_lines(line_prints(image, [0]), old)
    Copied(first_line=0, end_line=64, share=1.0, of_frame=FrameId(camera='cam0', run=1, number=7))
    """
    lines, places = earlier.prints.shape[1:]
    if len(prints) > lines or prints.shape[1] != places:
        return None
    # What is alike everywhere is like nothing.
    again = earlier.prints[:, : len(prints)] == np.where(prints == 0, np.uint32(1), prints)
    if np.count_nonzero(again) < _LEAST_SHARED:
        return None
    again = _side_by_side(again)
    shared = np.flatnonzero(np.count_nonzero(again, axis=(1, 2)) >= _LEAST_SHARED)
    return _copied(again[shared[-1]], earlier.frames[shared[-1]]) if len(shared) else None


def _side_by_side(again: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without those that are alone in their line: foil that saturates but for single pixels is alike by chance."""
    least = min(2, again.shape[-1])
    return np.asarray(again & (np.count_nonzero(again, axis=-1, keepdims=True) >= least))


def _copied(again: NDArray[np.bool_], frame: FrameId | None) -> Copied:
    lines = np.nonzero(again.any(axis=1))[0]
    return Copied(2 * int(lines[0]), 2 * int(lines[-1]) + 2, float(again.mean()), frame)
