"""Tiles on their way to the network: fresh ones come in, batches with all kinds alike go out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspection.kinds import is_nuisance
from training.family import Family, is_safety
from training.tiles import Tile

HARD = "hard"
_KEPT_PER_KIND = 250
_KEPT_EMPTY = 1200
_KEPT_HARD = 300
_EMPTY_SHARE = 0.25
_HARD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Batch:
    """Tiles as tensors."""

    tiles: tuple[Tile, ...]
    pixels: Tensor
    """(N, 1, size, size) uint8"""
    wanted: Tensor
    """(N, kinds, size / 8, size / 8) float32"""
    weight: Tensor
    """As `wanted`."""


class _Shelf:
    """The newest tiles of one kind, in arrays that never grow: thousands of tiles that come and go one by one would
    scatter the memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._arrays: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float16]] | None = None
        self._subjects = [""] * capacity
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, self._capacity)

    def add(self, tile: Tile) -> None:
        """The oldest makes room."""
        if self._arrays is None:
            self._arrays = (
                np.empty((self._capacity, *tile.pixels.shape), np.uint8),
                np.empty((self._capacity, *tile.wanted.shape), np.uint8),
                np.empty((self._capacity, *tile.weight.shape), np.float16),
            )
        place = self._added % self._capacity
        pixels, wanted, weight = self._arrays
        pixels[place], wanted[place], weight[place] = tile.pixels, tile.wanted, tile.weight
        self._subjects[place] = tile.subject
        self._added += 1

    def __getitem__(self, place: int) -> Tile:
        """A view, good until the next `add`."""
        assert self._arrays is not None, "an empty shelf is never asked"
        pixels, wanted, weight = self._arrays
        return Tile(pixels[place], wanted[place], weight[place], self._subjects[place])


class TilePool:
    """Keeps the newest tiles of each kind in memory. Reproducible: chance comes from `rng` alone."""

    def __init__(self, family: Family, rng: np.random.Generator) -> None:
        self._family = family
        self._rng = rng
        self._shelves = {kind: _Shelf(_KEPT_PER_KIND) for kind in family.kinds}
        self._shelves |= {"": _Shelf(_KEPT_EMPTY), HARD: _Shelf(_KEPT_HARD)}
        kinds = {kind: 0.5 if is_nuisance(kind) else 1.5 if is_safety(kind) else 1.0 for kind in family.kinds}
        rest = (1.0 - _EMPTY_SHARE - _HARD_SHARE) / sum(kinds.values())
        self._shares = {kind: share * rest for kind, share in kinds.items()}
        self._shares |= {"": _EMPTY_SHARE, HARD: _HARD_SHARE}

    def add(self, tiles: Iterable[Tile]) -> None:
        """Take in fresh tiles; the oldest of their kind make room."""
        for tile in tiles:
            self._shelves[tile.subject].add(tile)

    def add_hard(self, tile: Tile) -> None:
        """Show a tile again that the network was wrong about."""
        self._shelves[HARD].add(tile)

    def draw(self, size: int, fresh: Iterable[Tile] = ()) -> Batch:
        """A batch: the fresh tiles, and others from the shelves."""
        picked = list(fresh)[:size]
        filled = [name for name, shelf in self._shelves.items() if len(shelf)]
        shares = np.array([self._shares[name] for name in filled])
        for name in self._rng.choice(filled, size - len(picked), p=shares / shares.sum()):
            shelf = self._shelves[str(name)]
            picked.append(shelf[int(self._rng.integers(len(shelf)))])
        return make_batch(picked)


def make_batch(tiles: Iterable[Tile]) -> Batch:
    """Stack tiles."""
    kept = tuple(tiles)
    return Batch(
        kept,
        torch.from_numpy(np.stack([tile.pixels for tile in kept])[:, np.newaxis]),
        torch.from_numpy(np.stack([tile.wanted for tile in kept])).float(),
        torch.from_numpy(np.stack([tile.weight for tile in kept])).float(),
    )


def take(tiles: Iterator[Tile], count: int) -> list[Tile]:
    """The next `count` tiles of an endless stream.

    >>> take(iter([]), 0)
    []
    """
    return [next(tiles) for _ in range(count)]
