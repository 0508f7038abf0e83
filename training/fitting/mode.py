"""The two ways to make a model of a plant's own data: with defects that somebody marked, or from good images alone."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from training.data.dataset import read_folders
from training.errors import DataError


class Mode(StrEnum):
    """What a fit on a plant's own data is told."""

    GOOD_ONLY = "good-only"
    """Nobody has seen a defect yet: what is unlike the good images is found."""
    SUPERVISED = "supervised"
    """Defects are marked, kind by kind."""


USUAL_STEPS = {Mode.GOOD_ONLY: 1500, Mode.SUPERVISED: 1500}
"""Where nobody says how long to fit: some 12 and 8 minutes on two cores."""


TUNING_STEPS = 600
"""The same for a shipped model that is tuned to a plant's own images."""


def mode_for(folders: Sequence[Path], views: Sequence[str] = ()) -> Mode:
    """Good-only where no image for training shows a defect; images for testing do not matter.

    Raises DataError for folders that can't be read, or mix views of which none was chosen.
    """
    items = [item for data_set in read_folders(folders, views) for item in data_set.items if item.split != "test"]
    return Mode.SUPERVISED if any(item.kinds or not item.is_good for item in items) else Mode.GOOD_ONLY


def require_kinds(kinds: Sequence[str], folders: Sequence[Path]) -> None:
    """Raises DataError if no image for training shows a defect."""
    if not kinds:
        names = ", ".join(map(str, folders))
        raise DataError(
            f"{names}: supervised fitting needs images with marked defects that are not for testing; there are none. "
            "Mark some (`training data check` shows what is there), or use --mode good-only."
        )
