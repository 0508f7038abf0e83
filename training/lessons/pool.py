"""Tiles on their way to the network: fresh ones come in, batches with all kinds alike go out."""

import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspection.values.kinds import is_nuisance
from training.errors import DataError
from training.family import Family, is_safety
from training.lessons.tiles import TILE_PX, Tile
from training.networks.grid import STRIDE_PX

T = TypeVar("T")
HARD = "hard"
_KEPT_PER_KIND = 250
_KEPT_EMPTY = 1200
_KEPT_HARD = 300
_FEWEST_KEPT = 8
"""Tiles of a kind: with fewer, a batch would show the same ones again and again."""
_EMPTY_SHARE = 0.25
_HARD_SHARE = 0.25


_FAST = 1
"""Compression level; targets shrink sixtyfold all the same."""


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


_Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float16]]


class _Shelf:
    """The newest tiles of one kind, in arrays that never grow: thousands of tiles that come and go one by one would
    scatter the memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._arrays: _Arrays | None = None
        self._subjects = [""] * capacity
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, self._capacity)

    def add(self, tile: Tile) -> None:
        """The oldest makes room."""
        if self._arrays is None:
            self._arrays = _empty_arrays(self._capacity, tile.pixels.shape, tile.wanted.shape)
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

    def state(self) -> dict[str, Any]:
        """Its tiles, for a checkpoint; targets, which are nearly empty, are compressed."""
        kept = len(self)
        if self._arrays is None:
            return {"added": 0}
        pixels, wanted, weight = (array[:kept] for array in self._arrays)
        return {
            "added": self._added,
            "subjects": self._subjects[:kept],
            "pixels": torch.from_numpy(pixels),
            "wanted": _packed(wanted),
            "weight": _packed(weight),
        }

    def restore(self, state: dict[str, Any], map_shape: tuple[int, ...]) -> None:
        """Take over what `state` gave; `map_shape`: (kinds, rows, columns) of a tile's targets."""
        self._added = state["added"]
        if self._added == 0:
            return
        kept = len(self)
        self._subjects[:kept] = state["subjects"]
        stored = state["pixels"].numpy()
        self._arrays = _empty_arrays(self._capacity, stored.shape[1:], map_shape)
        pixels, wanted, weight = (array[:kept] for array in self._arrays)
        pixels[:] = stored
        for array, packed in ((wanted, state["wanted"]), (weight, state["weight"])):
            array[:] = np.frombuffer(zlib.decompress(packed.numpy()), array.dtype).reshape(array.shape)


class TilePool:
    """Keeps the newest tiles of each kind in memory. Reproducible: what is random comes from `rng` alone."""

    def __init__(self, family: Family, rng: np.random.Generator, memory_mib: float | None = None) -> None:
        """`memory_mib`: what the tiles may take; None: 250 of each kind. Raises DataError if that is too little."""
        self._family = family
        self._rng = rng
        self._shelves = {name: _Shelf(capacity) for name, capacity in tiles_kept(family, memory_mib).items()}
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

    def state(self) -> dict[str, Any]:
        """Tiles and the generator's state, for a checkpoint."""
        return {
            "chance": self._rng.bit_generator.state,
            "shelves": {name: shelf.state() for name, shelf in self._shelves.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` of a pool of the same size gave."""
        self._rng.bit_generator.state = state["chance"]
        map_shape = (len(self._family.kinds), TILE_PX // STRIDE_PX, TILE_PX // STRIDE_PX)
        for name, shelf in self._shelves.items():
            shelf.restore(state["shelves"][name], map_shape)


def tiles_kept(family: Family, memory_mib: float | None = None) -> dict[str, int]:
    """How many tiles of each subject a pool keeps; None: as many as do the shipped models good.

    Raises DataError if the memory has no room for a few of each.

    >>> from training.family import family_of
    >>> tiles_kept(family_of("separator"))["S01"], tiles_kept(family_of("separator"), 400)["S01"]
    (250, 72)
    """
    usual = dict.fromkeys(family.kinds, _KEPT_PER_KIND) | {"": _KEPT_EMPTY, HARD: _KEPT_HARD}
    if memory_mib is None:
        return usual
    part = memory_mib / pool_mib(family)
    if part * _KEPT_PER_KIND < _FEWEST_KEPT:
        least = math.ceil(pool_mib(family) * _FEWEST_KEPT / _KEPT_PER_KIND)
        raise DataError(
            f"memory-mib: {memory_mib:g} has no room for {_FEWEST_KEPT} tiles of each kind of {family.name}; expected "
            f"at least {least}, {pool_mib(family):.0f} is usual. Give it more."
        )
    return {subject: int(kept * part) for subject, kept in usual.items()}


def pool_mib(family: Family) -> float:
    """What a full pool of the usual size takes, in MiB: pixels and targets of its tiles.

    >>> from training.family import family_of
    >>> round(pool_mib(family_of("electrode"))), round(pool_mib(family_of("separator")))
    (2319, 1389)
    """
    tiles = len(family.kinds) * _KEPT_PER_KIND + _KEPT_EMPTY + _KEPT_HARD
    cells = len(family.kinds) * (TILE_PX // STRIDE_PX) ** 2
    wanted_bytes, weight_bytes = np.dtype(np.uint8).itemsize, np.dtype(np.float16).itemsize
    return tiles * (TILE_PX**2 + cells * (wanted_bytes + weight_bytes)) / 2**20


def _empty_arrays(capacity: int, pixels: tuple[int, ...], targets: tuple[int, ...]) -> _Arrays:
    return (
        np.empty((capacity, *pixels), np.uint8),
        np.empty((capacity, *targets), np.uint8),
        np.empty((capacity, *targets), np.float16),
    )


def _packed(array: NDArray[Any]) -> Tensor:
    """(bytes,) uint8"""
    return torch.frombuffer(bytearray(zlib.compress(array.data, _FAST)), dtype=torch.uint8)


def make_batch(tiles: Iterable[Tile]) -> Batch:
    """Stack tiles."""
    kept = tuple(tiles)
    return Batch(
        kept,
        torch.from_numpy(np.stack([tile.pixels for tile in kept])[:, np.newaxis]),
        torch.from_numpy(np.stack([tile.wanted for tile in kept])).float(),
        torch.from_numpy(np.stack([tile.weight for tile in kept])).float(),
    )


def take(tiles: Iterator[T], count: int) -> list[T]:
    """The next `count` tiles of an endless stream.

    >>> take(iter([]), 0)
    []
    """
    return [next(tiles) for _ in range(count)]
