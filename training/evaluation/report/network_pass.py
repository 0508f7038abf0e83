"""One image of a data set through the network: how fast, and what it said where something is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.model.detector import ScoreMap
from inspection.model.detectors import open_detector
from inspection.model.shelf import Model
from inspection.values.kinds import is_nuisance
from training.data import Item
from training.data.labels import LabelledImage, covered_cells, unsure_cells
from training.errors import DataError
from training.evaluation.report.pixel_tally import PixelTally
from training.evaluation.report.speed import ENOUGH_IMAGES, network_mpx_s


@dataclass(frozen=True, slots=True)
class Said:
    """What the network said somewhere."""

    peaks: NDArray[np.float64]
    """(kinds,) highest score of each kind."""
    called: str
    """Kind of defect that it would name."""


@dataclass(frozen=True, slots=True)
class ObjectSeen:
    """What it said where an object is."""

    number: int
    """Among the item's labels."""
    kind: str
    diameter_px: float
    said: Said


@dataclass(frozen=True, slots=True)
class ImageSeen:
    """What it said of an image and of the objects on it."""

    item: Item
    size_px: int
    said: Said
    objects: tuple[ObjectSeen, ...]


class Examiner:
    """A model and its stopwatch. Kinds of nuisance count nowhere."""

    def __init__(self, model: Model) -> None:
        """Raises ModelError for a damaged graph, DataError for a model that knows no kind of defect."""
        self.card = model.card
        self.thresholds = np.array([model.card.thresholds[kind] for kind in model.card.kinds])
        """(kinds,) the card's."""
        self._detector = open_detector(model.card, model.onnx)
        self._defects = np.array([not is_nuisance(kind) for kind in model.card.kinds])
        self._timed: list[NDArray[np.uint8]] = []
        if not self._defects.any():
            raise DataError(
                f"Model {model.card.name}-{model.card.version} names only kinds that are no defects "
                f"({', '.join(model.card.kinds)}): nothing to evaluate. Name another model."
            )

    @property
    def mpx_s(self) -> float | None:
        """Megapixels a second on the first images examined; None without images."""
        return network_mpx_s(self._detector, self._timed)

    def examine(self, item: Item, tally: PixelTally) -> ImageSeen:
        """Run an image, and count its pixels where it is known which of them are bad."""
        image = item.labelled()
        pixels, defects = (
            image.pixels,
            [label for label in image.labels if label.is_evident and not is_nuisance(label.kind)],
        )
        scores = self._scores(image)
        if len(self._timed) < ENOUGH_IMAGES:
            self._timed.append(pixels)
        if item.is_good or (item.is_marked and defects):
            tally.add(scores, defects, (pixels.shape[0], pixels.shape[1]))
        objects = []
        for number, label in enumerate(image.labels):
            cells = covered_cells(label, self.card.stride, scores.shape[1:])
            if cells.any() and label.is_evident and not is_nuisance(label.kind):
                objects.append(
                    ObjectSeen(number, label.kind, disc_diameter(label.mask), self.said_of(scores[:, cells]))
                )
        return ImageSeen(item, pixels.size, self.said_of(scores.reshape(len(scores), -1)), tuple(objects))

    def firing_cells(self, item: Item, thresholds: NDArray[np.float64]) -> tuple[ScoreMap, NDArray[np.bool_]]:
        """Scores of an image, and (rows, columns) where a kind of defect reaches its threshold; (kinds,) thresholds."""
        scores = self._scores(item.labelled())
        return scores, (scores >= thresholds[:, np.newaxis, np.newaxis])[self._defects].any(axis=0)

    def _scores(self, image: LabelledImage) -> ScoreMap:
        """(kinds, rows, columns); where nobody can be sure what lies there, nothing is held against the model."""
        scores = self._detector.scores(image.pixels)
        scores[:, unsure_cells(image.labels, self.card.stride, scores.shape[1:])] = 0.0
        return scores

    def score(self, said: Said) -> float:
        """The highest of any kind of defect."""
        return float(said.peaks[self._defects].max())

    def is_reached(self, said: Said, thresholds: NDArray[np.float64]) -> bool:
        """A kind of defect reaches its threshold; thresholds: (kinds,)."""
        return bool((said.peaks >= thresholds)[self._defects].any())

    def said_of(self, scores: NDArray[np.float32]) -> Said:
        """What was said of some cells, given their scores (kinds, cells).

        Peaks saturate and tie: what the cells are called is the kind of defect with the largest sum of scores at or
        above the card's thresholds; where none reaches its own, that of the highest peak.
        """
        peaks = scores.max(axis=1).astype(np.float64)
        sums = np.where(scores >= self.thresholds[:, np.newaxis], scores, 0.0).sum(axis=1)
        weight = sums if sums[self._defects].any() else peaks
        return Said(peaks, self.card.kinds[int(np.argmax(np.where(self._defects, weight, -1.0)))])


def disc_diameter(mask: NDArray[np.bool_]) -> float:
    """Diameter of a disc of the mask's area, in px.

    >>> round(disc_diameter(np.ones((10, 10), bool)), 2)
    11.28
    """
    return 2.0 * float(np.sqrt(np.count_nonzero(mask) / np.pi))
