"""Tiles made in a process of their own, so that simulating and fitting run side by side."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Full

import cv2
import numpy as np

from training.dataset import folder_images
from training.errors import DataError
from training.family import Family, family_of
from training.tiles import Tile, cut_tiles
from training.webs import training_images

_WAITING = 128
_PATIENCE_S = 120.0
_LOOK_S = 1.0
"""So often a full queue's writer looks whether anybody still reads."""


def tiles_of(family: Family, seed: int, folders: tuple[Path, ...] = ()) -> Iterator[Tile]:
    """Endless tiles, in an order that the seed fixes: from folders of labelled images, or simulated without any."""
    rng = np.random.default_rng([seed, 72])
    images = folder_images(folders, family, seed) if folders else training_images(family, seed)
    for image in images:
        yield from cut_tiles(image, family, rng)


@contextmanager
def tile_stream(family: Family, seed: int, folders: tuple[Path, ...] = ()) -> Iterator[Iterator[Tile]]:
    """The tiles of `tiles_of`, made in a child process that ends with the context."""
    context = multiprocessing.get_context("spawn")
    queue: Queue[Tile | str] = context.Queue(_WAITING)
    child = context.Process(target=_fill, args=(queue, family.name, seed, folders), daemon=True)
    child.start()

    def receive() -> Iterator[Tile]:
        while True:
            item = queue.get(timeout=_PATIENCE_S)
            if isinstance(item, str):
                raise DataError(item)
            yield item

    try:
        yield receive()
    finally:
        child.terminate()
        child.join()
        queue.close()
        queue.cancel_join_thread()


def _fill(queue: "Queue[Tile | str]", family: str, seed: int, folders: tuple[Path, ...]) -> None:
    """Makes tiles until the fitting process ends, in whatever way: a killed fit leaves nobody behind."""
    cv2.setNumThreads(1)
    parent = multiprocessing.parent_process()

    def put(item: Tile | str) -> bool:
        while parent is None or parent.is_alive():
            try:
                queue.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return True
        queue.cancel_join_thread()  # nobody will read what is left
        return False

    try:
        for tile in tiles_of(family_of(family), seed, folders):
            if not put(tile):
                return
    except DataError as error:
        put(str(error))
