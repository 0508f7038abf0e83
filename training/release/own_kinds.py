"""Models of a plant's own data: fitted to it alone, thresholds chosen on what of it was kept from the fit."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.model.card import Parity
from inspection.model.detectors import open_detector
from training.data import Item
from training.data.dataset import all_items, good_items, labelled, validation_items
from training.errors import DataError, ExportError
from training.family import own_family
from training.fitting.fit_settings import load_run_settings
from training.fitting.mode import Mode
from training.fitting.run_folder import Run, load_run
from training.lessons.own_tiles import FOR_OUTLINES
from training.release.exporting import (
    PARITY_TILES,
    PARITY_TOLERANCE,
    Exported,
    Intent,
    check_parity,
    make_card,
    publish,
    seen_in,
    to_onnx,
    unchanged_data,
)
from training.release.own_thresholds import choose_own

UNKNOWN = Intent(materials=("unknown",), views=("unknown",), pitch_um=(1.0, 1000.0))
"""No recipe goes with it: such a model can be evaluated, not run."""
_USE = "Images like those that it was fitted to."
_VARIED = (
    f"Sizes were varied by {FOR_OUTLINES.size - 1.0:.0%} and angles by {np.degrees(FOR_OUTLINES.turn_rad):.0f} degrees "
    "either way, sides were exchanged: it does not tell objects apart by these."
)
_LIMITS = {
    Mode.SUPERVISED: (
        "Fitted to one data set; what that does not show, it does not know. Sizes and limits are the recipe's: kinds "
        f"that the catalogue lacks are judged as unknown objects, which are the gravest. {_VARIED}"
    ),
    Mode.GOOD_ONLY: (
        "Fitted to good images of one data set, on which anomalies were made up: it finds what is unlike them, and "
        "does not say what. What no good image showed is taken for unusual, too. Sides were exchanged."
    ),
}
_LICENCE = "its maker's to say: fitted to their own images, by a program under Apache-2.0"
_LICENCES = {
    Mode.SUPERVISED: _LICENCE,
    Mode.GOOD_ONLY: f"{_LICENCE}; contains weights of EfficientNet-Lite0 (Apache License 2.0)",
}
_LARGEST_PX = (256, 512)
_LARGEST_PITCH_UM = 10_000.0
_GREY_IMAGES = 200
"""Number of images, evenly taken, that tell which grey values the fit has seen."""


def export_own(run_folder: Path, out: Path, name: str, version: str, intent: Intent = UNKNOWN) -> Exported:
    """Make the model folder `out` from a run on a plant's own data; these must lie where the fit found them.

    Raises ExportError for other runs, for data that have changed, and if ONNX Runtime and PyTorch differ; DataError if
    the data can't be read.
    """
    run, network = load_run(run_folder)
    settings = load_run_settings(run_folder)
    family = own_family(run.kinds)
    if run.family != family.name or run.mode is None:
        raise ExportError(f"{run_folder} is a run of family {run.family}: `training export` makes a model of it.")
    unchanged_data(run_folder, run)
    items = held_out(run, settings.data, settings.view)
    graph = to_onnx(network)
    nothing_yet = Parity(max_abs_difference=0.0, tiles=1, tolerance=PARITY_TOLERANCE)
    seen = seen_in(item.pixels() for item in _evenly(_fitted(run, settings.data, settings.view)))
    draft = make_card(run, network, name, version, graph, nothing_yet, intent, seen).model_copy(
        update={"intended_use": _USE, "limits": _LIMITS[run.mode], "licence": _LICENCES[run.mode]}
    )
    parity = check_parity(network, draft, graph, list(tiles_of(items, draft.multiple_px)))
    detector = open_detector(draft, graph)
    images = (labelled(item) for item in items)
    chosen = choose_own(
        run.kinds, ((image, detector.scores(image.pixels)) for image in images), draft.stride, settings.false_rejects
    )
    card = draft.model_copy(
        update={
            "parity": parity,
            "thresholds": chosen.thresholds,
            "threshold_method": chosen.method,
            "metrics": chosen.metrics,
        }
    )
    return publish(out, graph, card)


def held_out(run: Run, folders: Sequence[Path], views: Sequence[str] = ()) -> tuple[Item, ...]:
    """What of the data a run was not fitted to, images for testing left alone."""
    if run.mode is Mode.GOOD_ONLY:
        return good_items(folders, views).validation
    return validation_items(folders, own_family(run.kinds), views)


def _fitted(run: Run, folders: Sequence[Path], views: Sequence[str]) -> tuple[Item, ...]:
    if run.mode is Mode.GOOD_ONLY:
        return good_items(folders, views).train
    return all_items(folders, own_family(run.kinds), views)


def _evenly(items: Sequence[Item]) -> Sequence[Item]:
    return items[:: -(-len(items) // _GREY_IMAGES)]


def intent_of(materials: Sequence[str], views: Sequence[str], pitch_um: tuple[float, float] | None) -> Intent:
    """What a person says that the model is for. Raises DataError when a part is missing."""
    if not materials or not views or pitch_um is None:
        raise DataError(
            "A model of a plant's own kinds: expected --web, --view and --pitch-um, for the station runs it only under "
            "a recipe of the same material and view. Give all three."
        )
    if not 0.0 < pitch_um[0] <= pitch_um[1] <= _LARGEST_PITCH_UM:
        raise DataError(f"--pitch-um: expected the smallest and the largest pixel pitch, got {pitch_um}. Correct them.")
    return Intent(tuple(materials), tuple(views), pitch_um)


def tiles_of(items: Sequence[Item], multiple: int) -> Iterator[NDArray[np.uint8]]:
    """Parts of real images, sides multiples of what the network takes."""
    for item in items[:PARITY_TILES]:
        pixels = item.pixels()
        sides = [min(size, most) // multiple * multiple for size, most in zip(pixels.shape, _LARGEST_PX, strict=True)]
        if min(sides):
            yield np.ascontiguousarray(pixels[: sides[0], : sides[1]])
