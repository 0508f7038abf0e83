"""What a fit learns from: endless rounds of tiles, made in a process of their own.

A lesson is a plain value that says where its images come from; a round is one web, or one pass of the folders.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from training.data import Item
from training.data.dataset import all_items, folder_rng, good_items, labelled, shuffled
from training.data.labels import LabelledImage
from training.family import Family, own_family
from training.lessons.anomalies import altered
from training.lessons.own_tiles import (
    FOR_GOOD,
    OutlineTile,
    Picture,
    cut,
    framed,
    picture_of,
    tile_side,
    varied_picture,
    varied_tile,
)
from training.lessons.tiles import Tile, cut_tiles
from training.simulation.webs import endless_images, images_of_web, web_rng

T_co = TypeVar("T_co", covariant=True)
Rng = np.random.Generator

ANOMALY = "anomaly"
"""The one kind of a model that knows good images alone."""
_MEASURED = 200
"""Number of images, evenly taken, that tell how large a tile has to be."""
_KEPT_BYTES = 256 * 2**20
_ANOMALIES_SHARES = (0.2, 0.4, 0.25, 0.15)
"""Shares of the tiles with none, one, two and three anomalies."""


class Lesson(Protocol[T_co]):
    """Picklable."""

    def rng(self, seed: int) -> Rng:
        """What decides over the images of a seed, from the first round on."""

    def prepare(self) -> Callable[[Rng, Rng], Iterator[T_co]]:
        """Makes a round from the generator for images and that for tiles. Raises DataError for unusable data."""


@dataclass(frozen=True, slots=True)
class WebLesson:
    """Webs of a shipped family, simulated or labelled."""

    family: Family
    folders: tuple[Path, ...] = ()
    """Empty: simulated."""
    views: tuple[str, ...] = ()
    """Views of these that are shown; empty: all that the family knows."""
    rehearses: bool = False
    """A simulated image after each of the folders', so that nothing is forgotten; a part of these is held out."""

    def rng(self, seed: int) -> Rng:
        """See `Lesson`."""
        return folder_rng(seed) if self.folders else web_rng(seed)

    def prepare(self) -> Callable[[Rng, Rng], Iterator[Tile]]:
        """See `Lesson`."""
        items = all_items(self.folders, self.family, self.views, holds_out=self.rehearses) if self.folders else ()

        def one_round(image_rng: Rng, tile_rng: Rng) -> Iterator[Tile]:
            images: Iterator[LabelledImage]
            images = shuffled(items, image_rng) if items else images_of_web(self.family, image_rng)
            rehearsed = endless_images(self.family, image_rng)
            for image in images:
                yield from cut_tiles(image, self.family, tile_rng)
                if self.rehearses:
                    yield from cut_tiles(next(rehearsed), self.family, tile_rng)

        return one_round


@dataclass(frozen=True, slots=True)
class OutlineLesson:
    """A plant's own images with its own kinds; each kind, and good, comes equally often."""

    kinds: tuple[str, ...]
    folders: tuple[Path, ...]
    views: tuple[str, ...] = ()

    def rng(self, seed: int) -> Rng:
        """See `Lesson`."""
        return folder_rng(seed)

    def prepare(self) -> Callable[[Rng, Rng], Iterator[OutlineTile]]:
        """See `Lesson`."""
        items = all_items(self.folders, own_family(self.kinds), self.views)
        side = side_for(items)
        shares = _shares(items)
        album = _Album(items, self.kinds)

        def one_round(image_rng: Rng, tile_rng: Rng) -> Iterator[OutlineTile]:
            for number in image_rng.choice(len(items), len(items), p=shares):
                yield varied_tile(album[int(number)], side, tile_rng)

        return one_round


@dataclass(frozen=True, slots=True)
class GoodLesson:
    """Good images alone, with anomalies made up on them."""

    folders: tuple[Path, ...]
    views: tuple[str, ...] = ()

    def rng(self, seed: int) -> Rng:
        """See `Lesson`."""
        return folder_rng(seed)

    def prepare(self) -> Callable[[Rng, Rng], Iterator[OutlineTile]]:
        """See `Lesson`."""
        items = good_items(self.folders, self.views).train
        side = side_for(items)
        album = _Album(items, ())

        def one_round(image_rng: Rng, tile_rng: Rng) -> Iterator[OutlineTile]:
            for number in image_rng.permutation(len(items)):
                picture = varied_picture(album[int(number)], FOR_GOOD, tile_rng)
                donor = album[int(tile_rng.integers(len(items)))].pixels
                yield framed(with_anomalies(cut(picture, side, tile_rng), donor, tile_rng), side, tile_rng)

        return one_round


def with_anomalies(good: Picture, donor: NDArray[np.uint8], rng: Rng) -> Picture:
    """None to three of them on a piece of a good image; where one hardly shows, nothing is asked."""
    pixels = good.pixels
    on, is_known = np.zeros(pixels.shape, bool), np.ones(pixels.shape, bool)
    for _ in range(int(rng.choice(len(_ANOMALIES_SHARES), p=_ANOMALIES_SHARES))):
        change = altered(pixels, donor, rng)
        pixels = change.pixels
        on = (on & ~change.is_uncertain) | change.is_anomalous
        is_known = (is_known & ~change.is_uncertain) | change.is_anomalous
    return Picture(pixels, on[np.newaxis].astype(np.uint8), is_known.astype(np.uint8))


def side_for(items: Sequence[Item]) -> int:
    """Side of the tiles for these images, in px."""
    return tile_side([item.pixels().shape for item in items[:: -(-len(items) // _MEASURED)]])


def _shares(items: Sequence[Item]) -> NDArray[np.float64]:
    """(items,) so that each kind, and good, is drawn as often as another; an image of several is one of its rarest."""
    counts: dict[str, int] = {}
    for item in items:
        for kind in item.kinds or ("",):
            counts[kind] = counts.get(kind, 0) + 1
    shares = np.array([1.0 / min(counts[kind] for kind in item.kinds or ("",)) for item in items])
    return np.asarray(shares / shares.sum(), np.float64)


class _Album:
    """Images by number; those that were seen are kept as long as there is room."""

    def __init__(self, items: Sequence[Item], kinds: Sequence[str]) -> None:
        self._items, self._kinds = items, kinds
        self._kept: dict[int, Picture] = {}
        self._room = _KEPT_BYTES

    def __getitem__(self, number: int) -> Picture:
        if number in self._kept:
            return self._kept[number]
        picture = picture_of(labelled(self._items[number]), self._kinds)
        self._room -= picture.pixels.nbytes + picture.on.nbytes + picture.is_known.nbytes
        if self._room > 0:
            self._kept[number] = picture
        return picture
