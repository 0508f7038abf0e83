"""A place in a frame of which nobody can say that it was seen, and what may be the innocent cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from inspection.values import Box

_EXPLAINED_SHARE = 0.5
"""Share of a place that objects have to cover to be the cause of its look."""
_GRID = 64


class Look(StrEnum):
    """What is the matter with a place that may not have been seen."""

    CONSTANT = "constant"
    REPEATED = "repeated"
    SMOOTH = "smooth"
    DARK = "dark"
    DIM = "dim"
    QUIET = "quiet"
    BLURRED = "blurred"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place of which nobody can say that it was seen."""

    look: Look
    box: Box
    measured: float
    """Texture ratio of what is BLURRED, noise ratio of what is QUIET, neighbours' difference in DN of what is GARBLED,
    grey value of all else."""
    limit: float | None
    """The least that it should be, for BLURRED, QUIET, DIM and DARK."""
    may_be_explained: bool
    """Whether an object that is found there can be the cause: a compact patch may be a hole or a glaring flake, and
    tape has no texture; but nothing on a web takes the noise of whole lines, or all light."""


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
    grid = np.zeros((_GRID, _GRID), np.bool_)
    for each in objects:
        rows = (np.clip([each.top - box.top, each.bottom - box.top], 0, box.height_px) * _GRID / box.height_px).round()
        columns = (
            np.clip([each.left - box.left, each.right - box.left], 0, box.width_px) * _GRID / box.width_px
        ).round()
        grid[slice(*rows.astype(int)), slice(*columns.astype(int))] = True
    return float(grid.mean())
