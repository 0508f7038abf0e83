"""Models for a plant's own kinds: fitted to its data alone, thresholds chosen on what of them was kept from the fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.card import ModelCard, Parity
from inspection.onnx_detector import OnnxDetector
from training.data import Item
from training.dataset import content_digest, labelled, validation_items
from training.errors import DataError, ExportError
from training.exporting import (
    PARITY_TILES,
    PARITY_TOLERANCE,
    Exported,
    Intent,
    check_parity,
    make_card,
    publish,
    to_onnx,
)
from training.family import own_family
from training.fit_settings import load_run_settings
from training.labels import LabelledImage
from training.network import MULTIPLE_PX
from training.run_folder import load_run
from training.targets import covered_cells
from training.thresholds import Evidence, choose_plain

UNKNOWN = Intent(materials=("unknown",), views=("unknown",), pitch_um=(1.0, 1000.0))
"""No recipe goes with it: such a model can be evaluated, not run."""
_USE = "Images like those that it was fitted to."
_LIMITS = (
    "Fitted to one data set; what that does not show, it does not know. Sizes and limits are the recipe's: kinds that "
    "the catalogue lacks are judged as unknown objects, which are the gravest."
)
_AWAY = np.ones((7, 7), np.uint8)
"""Cells nearer than three to an object are no proof of a false alarm."""
_LARGEST_PX = (256, 512)


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Of one image, for one kind."""

    false: float
    """Highest score away from all objects."""
    on_objects: tuple[float, ...]


def export_own(run_folder: Path, out: Path, name: str, version: str, intent: Intent = UNKNOWN) -> Exported:
    """Make the model folder `out` from a run on a plant's own kinds; the data must lie where the fit found them.

    Raises ExportError for other runs, for data that have changed, and if ONNX Runtime and PyTorch differ; DataError if
    the data can't be read.
    """
    run, network = load_run(run_folder)
    settings = load_run_settings(run_folder)
    family = own_family(run.kinds)
    if run.family != family.name:
        raise ExportError(f"{run_folder} is a run of family {run.family}: `training export` makes a model of it.")
    if content_digest(settings.data) != run.data_sha256:
        raise ExportError(
            f"{run_folder}: its data {', '.join(map(str, settings.data))} have changed since it was fitted, so nobody "
            "can say which of them are new to it. Restore them, or fit again."
        )
    items = validation_items(settings.data, family)
    graph = to_onnx(network)
    draft = make_card(
        run, name, version, graph, Parity(max_abs_difference=0.0, tiles=1, tolerance=PARITY_TOLERANCE), intent
    ).model_copy(update={"intended_use": _USE, "limits": _LIMITS})
    parity = check_parity(network, draft, graph, list(_tiles(items)))
    evidence = _evidence(draft, graph, items)
    card = draft.model_copy(
        update={
            "parity": parity,
            "thresholds": choose_plain(evidence),
            "threshold_method": _method(len(items)),
            "metrics": {"validation_objects": {kind: len(peaks) for kind, peaks in evidence.object_peaks.items()}},
        }
    )
    return publish(out, graph, card)


def intent_of(materials: Sequence[str], views: Sequence[str], pitch_um: tuple[float, float] | None) -> Intent:
    """What a person says that the model is for. Raises DataError when a part is missing."""
    if not materials or not views or pitch_um is None:
        raise DataError(
            "A model of a plant's own kinds: expected --web, --view and --pitch-um, for the station runs it only under "
            "a recipe of the same material and view. Give all three."
        )
    if not 0.0 < pitch_um[0] <= pitch_um[1]:
        raise DataError(f"--pitch-um: expected the smallest and the largest pixel pitch, got {pitch_um}. Correct them.")
    return Intent(tuple(materials), tuple(views), pitch_um)


def _tiles(items: Sequence[Item]) -> Iterator[NDArray[np.uint8]]:
    """Parts of real images, sides multiples of what the network takes."""
    for item in items[:PARITY_TILES]:
        pixels = item.pixels()
        sides = [
            min(size, most) // MULTIPLE_PX * MULTIPLE_PX for size, most in zip(pixels.shape, _LARGEST_PX, strict=True)
        ]
        if min(sides):
            yield np.ascontiguousarray(pixels[: sides[0], : sides[1]])


def _evidence(card: ModelCard, graph: bytes, items: Sequence[Item]) -> Evidence:
    detector = OnnxDetector(card, graph)
    false: dict[str, list[float]] = {kind: [] for kind in card.kinds}
    objects: dict[str, dict[str, float]] = {kind: {} for kind in card.kinds}
    for item in items:
        image = labelled(item)
        scores = detector.scores(image.pixels)
        for channel, kind in enumerate(card.kinds):
            peaks = _peaks(scores[channel], image, kind)
            false[kind].append(peaks.false)
            objects[kind] |= {f"{item.name} {number}": peak for number, peak in enumerate(peaks.on_objects)}
    return Evidence(false, objects)


def _peaks(scores: NDArray[np.float32], image: LabelledImage, kind: str) -> _Peaks:
    rows, columns = scores.shape
    taken = np.zeros((rows, columns), np.uint8)
    on_objects = []
    for label in image.labels:
        cells = covered_cells(label, rows, columns)
        taken |= cells
        if label.kind == kind and cells.any():
            on_objects.append(float(scores[cells > 0].max()))
    free = cv2.dilate(taken, _AWAY) == 0
    return _Peaks(float(scores[free].max(initial=0.0)), tuple(on_objects))


def _method(images: int) -> str:
    return (
        f"On {images} images kept from training: midway, on the logit scale, between the highest scores away from all "
        "objects and the lowest that all but 2 % of the objects reach; see training.thresholds."
    )
