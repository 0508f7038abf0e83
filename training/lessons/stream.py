"""Tiles made in a process of their own, so that simulating and fitting run side by side; the stream can be taken up
again at any tile.
"""

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from multiprocessing.queues import Queue
from queue import Empty, Full
from typing import Any, Generic, TypeVar

import cv2
import numpy as np

from training.errors import DataError
from training.lessons.lessons import Lesson

T = TypeVar("T")

_WAITING = 128
_PATIENCE_S = 120.0
_LOOK_S = 1.0
"""How often a full queue's writer looks whether anybody still reads."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place in an endless stream of tiles: so many tiles into a round, which is one web or one pass of the folders.

    A round is made again from the state of the generators at its beginning, which takes seconds; the rounds before it
    are not needed.
    """

    images: Mapping[str, Any]
    """State of the generator that decides over the round's images."""
    tiles: Mapping[str, Any]
    """State of the generator that decides where tiles are cut."""
    taken: int
    """Tiles of the round that were taken."""


class TileStream(Generic[T]):
    """Endless tiles, and the place behind the last one that was taken."""

    def __init__(self, items: Iterator[tuple[T, Bookmark]]) -> None:
        """`items`: each tile with the place behind it."""
        self._items = items
        self._place: Bookmark | None = None

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        tile, self._place = next(self._items)
        return tile

    def wait(self) -> None:
        """Until the next tile is there."""
        self._items = chain([next(self._items)], self._items)

    @property
    def place(self) -> Bookmark:
        """Where the next tile lies; at least one must have been taken."""
        assert self._place is not None, "before the first tile there is no place to go on from"
        return self._place


def tiles_of(lesson: Lesson[T], seed: int, bookmark: Bookmark | None = None) -> Iterator[tuple[T, Bookmark]]:
    """Endless tiles of a lesson, in an order that the seed fixes, each with the place behind it."""
    image_rng = lesson.rng(seed)
    tile_rng = np.random.default_rng([seed, 72])
    skipped = 0
    if bookmark is not None:
        image_rng.bit_generator.state = bookmark.images
        tile_rng.bit_generator.state = bookmark.tiles
        skipped = bookmark.taken
    one_round = lesson.prepare()
    while True:
        begin = (image_rng.bit_generator.state, tile_rng.bit_generator.state)
        for taken, tile in enumerate(one_round(image_rng, tile_rng), start=1):
            if taken > skipped:
                yield tile, Bookmark(*begin, taken)
        skipped = 0


@contextmanager
def tile_stream(lesson: Lesson[T], seed: int, bookmark: Bookmark | None = None) -> Iterator[TileStream[T]]:
    """The tiles of `tiles_of`, made in a child process that ends with the context."""
    context = multiprocessing.get_context("spawn")
    queue: Queue[tuple[T, Bookmark] | str] = context.Queue(_WAITING)
    child = context.Process(target=_fill, args=(queue, lesson, seed, bookmark), daemon=True)
    child.start()

    def receive() -> Iterator[tuple[T, Bookmark]]:
        while True:
            try:
                item = queue.get(timeout=_PATIENCE_S)
            except Empty as error:
                raise DataError(
                    f"No tile came for {_PATIENCE_S:.0f} s: the process that makes them has died or hangs. "
                    "Look for free memory, then go on with `training fit --resume`."
                ) from error
            if isinstance(item, str):
                raise DataError(item)
            yield item

    try:
        yield TileStream(receive())
    finally:
        child.terminate()
        child.join()
        queue.close()
        queue.cancel_join_thread()


def _fill(queue: "Queue[tuple[T, Bookmark] | str]", lesson: Lesson[T], seed: int, bookmark: Bookmark | None) -> None:
    """Makes tiles until the fitting process ends, in whatever way: a killed fit leaves nobody behind."""
    cv2.setNumThreads(1)
    parent = multiprocessing.parent_process()

    def put(item: tuple[T, Bookmark] | str) -> bool:
        while parent is None or parent.is_alive():
            try:
                queue.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return True
        queue.cancel_join_thread()  # nobody will read what is left
        return False

    try:
        for item in tiles_of(lesson, seed, bookmark):
            if not put(item):
                return
    except DataError as error:
        put(str(error))
