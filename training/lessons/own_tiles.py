"""Tiles of a plant's own images: pieces as large as the network is fitted on, with the share of each cell that an
object covers.

What an image does not fill repeats its border and is not asked for. Variations keep the physics, as far as nobody
knows the light: mirrored along and across the web, another gain and contrast, noise, and sizes and angles a little
off (see `Variation`); the model's card says by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.labels import LabelledImage
from training.networks.fine_network import FineNetwork

STRIDE_PX = FineNetwork.stride_px
LARGEST_SIDE_PX = 256
_NOISY_SHARE = 0.3
_ABOUT_AN_OBJECT = 0.7
"""Part of the tiles of a large image that are cut about an object."""
_WIDER = 3
"""Half so many times a tile's side holds the tile, however it is sized and turned."""
_NOTHING = 0.0


@dataclass(frozen=True, slots=True)
class Variation:
    """How much an image may be changed and still be the same to the network; beyond this it is mirrored."""

    size: float
    """Up to so many times larger or smaller."""
    turn_rad: float
    """Up to so much either way."""
    gain: float
    """Up to e to this power, either way."""
    contrast: float
    """The same, about the image's mean."""
    noise_dn: float
    """Deviation, up to so much."""


FOR_OUTLINES = Variation(size=1.2, turn_rad=0.1, gain=0.2, contrast=0.3, noise_dn=6.0)
"""Few images of a kind have to stand for many."""
FOR_GOOD = Variation(size=1.0, turn_rad=0.0, gain=0.1, contrast=0.0, noise_dn=0.0)
"""What passes for good would be found no more when it is a defect: rough texture, for one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image and what is known of each of its pixels."""

    pixels: NDArray[np.uint8]
    """(height, width)"""
    on: NDArray[np.uint8]
    """(kinds, height, width) 1 on an object of the kind."""
    is_known: NDArray[np.uint8]
    """(height, width) 0 where nobody can say what is right."""


@dataclass(frozen=True, slots=True)
class OutlineTile:
    """One square piece with its targets."""

    pixels: NDArray[np.uint8]
    """(side, side)"""
    share: NDArray[np.float16]
    """(kinds, side / 4, side / 4) of the cell that the kind covers, 0..1."""
    is_asked: NDArray[np.bool_]
    """(side / 4, side / 4)"""


def picture_of(image: LabelledImage, kinds: Sequence[str]) -> Picture:
    """What the labels say; where an object of another kind lies, or one that is not evident, nothing is known."""
    on = np.zeros((len(kinds), *image.pixels.shape), np.uint8)
    is_known = np.ones(image.pixels.shape, np.uint8)
    for label in image.labels:
        window = (slice(label.top_px, label.bottom_px), slice(label.left_px, label.right_px))
        if label.is_evident and label.kind in kinds:
            on[kinds.index(label.kind)][window] |= label.mask
        else:
            is_known[window][label.mask] = 0
    return Picture(image.pixels, on, is_known)


def tile_side(shapes: Sequence[tuple[int, ...]]) -> int:
    """Side that holds the images of these (height, width), a multiple of the network's, at most 256.

    >>> tile_side([(200, 180)]), tile_side([(1024, 2048)])
    (224, 256)
    """
    multiple = FineNetwork.multiple_px
    return min(LARGEST_SIDE_PX, -(-max(max(shape) for shape in shapes) // multiple) * multiple)


def varied_picture(picture: Picture, variation: Variation, rng: np.random.Generator) -> Picture:
    """Mirrored, lit, sized and turned at random."""
    pixels, on, is_known = picture.pixels.astype(np.float32), picture.on, picture.is_known
    for axis in (0, 1):
        if rng.random() < 0.5:
            pixels, on, is_known = np.flip(pixels, axis), np.flip(on, axis + 1), np.flip(is_known, axis)
    if variation.size == 1.0 and variation.turn_rad == 0.0:
        return Picture(_lit(pixels, variation, rng), np.ascontiguousarray(on), np.ascontiguousarray(is_known))
    height, width = pixels.shape
    placing = _placing(height, width, variation, rng)

    def placed(plane: NDArray[np.float32], border: int) -> NDArray[np.float32]:
        return np.asarray(
            cv2.warpAffine(np.ascontiguousarray(plane), placing, (width, height), borderMode=border), np.float32
        )

    pixels = placed(pixels, cv2.BORDER_REFLECT_101)
    masks = [placed(mask.astype(np.float32), cv2.BORDER_REFLECT_101) > 0.5 for mask in (*on, is_known)]
    return Picture(
        _lit(pixels, variation, rng), np.array(masks[:-1], np.uint8).reshape(on.shape), np.asarray(masks[-1], np.uint8)
    )


def varied_tile(picture: Picture, side: int, rng: np.random.Generator) -> OutlineTile:
    """One tile, varied; of a large image no more than what may come to lie in the tile is sized and turned."""
    return cut_tile(varied_picture(cut(picture, _WIDER * side // 2, rng), FOR_OUTLINES, rng), side, rng)


def cut_tile(picture: Picture, side: int, rng: np.random.Generator) -> OutlineTile:
    """A piece at a random place, of large images mostly about an object."""
    piece = cut(picture, side, rng)
    return framed(piece, side, rng)


def cut(picture: Picture, side: int, rng: np.random.Generator) -> Picture:
    """A piece of at most `side` pixels each way."""
    height, width = picture.pixels.shape
    centre = (int(rng.integers(height)), int(rng.integers(width)))
    if max(height, width) > side and picture.on.any() and rng.random() < _ABOUT_AN_OBJECT:
        places = np.argwhere(picture.on.any(axis=0))
        y, x = places[int(rng.integers(len(places)))]
        offsets = rng.integers(-side // 3, side // 3 + 1, 2)
        centre = (int(y + offsets[0]), int(x + offsets[1]))
    top, left = (
        int(np.clip(at - side // 2, 0, max(0, size - side))) for at, size in zip(centre, (height, width), strict=True)
    )
    window = (slice(top, top + side), slice(left, left + side))
    return Picture(picture.pixels[window], picture.on[:, *window], picture.is_known[window])


def framed(piece: Picture, side: int, rng: np.random.Generator) -> OutlineTile:
    """The piece anywhere in a square of `side` pixels."""
    height, width = piece.pixels.shape
    top, left = int(rng.integers(side - height + 1)), int(rng.integers(side - width + 1))
    margins = (top, side - height - top, left, side - width - left)
    pixels = cv2.copyMakeBorder(piece.pixels, *margins, cv2.BORDER_REPLICATE)
    known = _cells(piece.is_known, margins)
    share = np.stack([_cells(mask, margins) for mask in piece.on])
    return OutlineTile(np.asarray(pixels, np.uint8), share.astype(np.float16), known > 0.5)


def _cells(mask: NDArray[np.uint8], margins: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """(rows, columns) share of each cell that is 1."""
    wide = cv2.copyMakeBorder(mask, *margins, cv2.BORDER_CONSTANT, value=_NOTHING)
    rows, columns = wide.shape[0] // STRIDE_PX, wide.shape[1] // STRIDE_PX
    return np.asarray(cv2.resize(wide.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _placing(height: int, width: int, variation: Variation, rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, 3) affine matrix: sized and turned about the middle."""
    size = float(variation.size ** rng.uniform(-1.0, 1.0))
    turn = float(rng.uniform(-variation.turn_rad, variation.turn_rad))
    return np.asarray(cv2.getRotationMatrix2D((width / 2.0, height / 2.0), np.degrees(turn), size), np.float64)


def _lit(pixels: NDArray[np.float32], variation: Variation, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another gain and contrast, now and then with noise."""
    gain, contrast = (float(np.exp(rng.uniform(-most, most))) for most in (variation.gain, variation.contrast))
    middle = float(pixels.mean())
    lit = (middle + (pixels - middle) * contrast) * gain
    if variation.noise_dn > 0.0 and rng.random() < _NOISY_SHARE:
        lit = lit + float(rng.uniform(0.0, variation.noise_dn)) * rng.standard_normal(lit.shape, dtype=np.float32)
    return np.asarray(np.clip(np.rint(lit), 0, 255), np.uint8)
