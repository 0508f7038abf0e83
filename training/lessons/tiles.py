"""Tiles: what the network is fitted on. Cut around objects, and where nothing is, from labelled images."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.labels import Label, LabelledImage, bordered
from training.data.targets import make_targets, trust_in
from training.family import Family
from training.networks.grid import MULTIPLE_PX, STRIDE_PX

TILE_PX = 320
MARGIN_PX = 32
"""At a tile's edge the network sees zeros, on the line it never does, for tiles overlap: these cells don't count."""
_LARGEST_OFFSET_PX = TILE_PX // 2 - MARGIN_PX - STRIDE_PX


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of web with its targets."""

    pixels: NDArray[np.uint8]
    """(TILE_PX, TILE_PX)"""
    wanted: NDArray[np.uint8]
    """(kinds, TILE_PX / stride, TILE_PX / stride) 0 or 1."""
    weight: NDArray[np.float16]
    """Weight of each cell, of the same shape."""
    subject: str
    """Kind that it was cut for; `hard` where the network was wrong; empty for a random place."""


def cut_tiles(
    image: LabelledImage, family: Family, rng: np.random.Generator, *, per_object: int = 2, empty: int = 1
) -> Iterator[Tile]:
    """`per_object` tiles around each object that can be seen, at random offsets, then `empty` ones anywhere."""
    wide = bordered(image, TILE_PX // 2)
    for label in wide.labels:
        if label.kind in family.kinds and trust_in(label) > 0.0:
            for _ in range(per_object):
                y, x = _pixel_of(label, rng)
                dy, dx = rng.integers(-_LARGEST_OFFSET_PX, _LARGEST_OFFSET_PX + 1, 2)
                yield tile_at(wide, family, y + int(dy), x + int(dx), label.kind, image.pixels.shape)
    height, width = image.pixels.shape
    for _ in range(empty):
        y, x = int(rng.integers(height)), int(rng.integers(width))
        yield tile_at(wide, family, y + TILE_PX // 2, x + TILE_PX // 2, "", image.pixels.shape)


def tile_at(wide: LabelledImage, family: Family, y_px: int, x_px: int, subject: str, inner: tuple[int, ...]) -> Tile:
    """The tile about a pixel of an image bordered by half a tile; `inner`: (height, width) of the image without it."""
    half = TILE_PX // 2
    top, left = (
        int(np.clip(at - half, 0, size)) // MULTIPLE_PX * MULTIPLE_PX
        for at, size in zip((y_px, x_px), inner, strict=True)
    )
    pixels = wide.pixels[top : top + TILE_PX, left : left + TILE_PX].copy()
    labels = [label.moved(-top, -left) for label in wide.labels if _shows(label, top, left)]
    targets = make_targets((TILE_PX, TILE_PX), labels, family.kinds)
    weight = targets.weight.astype(np.float16)
    # Only cells of the image itself, and away from the tile's edge, are asked for.
    for axis, (start, size) in enumerate(zip((top, left), inner, strict=True)):
        at = np.arange(0, TILE_PX, STRIDE_PX) + start
        counts = (at + STRIDE_PX > half) & (at < half + size)
        counts[: MARGIN_PX // STRIDE_PX] = counts[-MARGIN_PX // STRIDE_PX :] = False
        weight *= counts[np.newaxis, :, np.newaxis] if axis == 0 else counts[np.newaxis, np.newaxis, :]
    return Tile(pixels, targets.wanted, weight, subject)


def _pixel_of(label: Label, rng: np.random.Generator) -> tuple[int, int]:
    """Any pixel of the object."""
    ys, xs = np.nonzero(label.mask)
    pick = int(rng.integers(len(ys)))
    return int(ys[pick]) + label.top_px, int(xs[pick]) + label.left_px


def _shows(label: Label, top: int, left: int) -> bool:
    return (
        label.bottom_px > top
        and label.top_px < top + TILE_PX
        and label.right_px > left
        and label.left_px < left + TILE_PX
    )
