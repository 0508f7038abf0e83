"""Holds a model against the images of a data set and collects the evidence for the report.

An object is where its label's mask is: its score is the highest of any kind of defect in the cells of the score map
that hold a pixel of it. An image's score is the highest anywhere. Kinds of nuisance (tape, print) count nowhere.
Images are read again for the few pictures of the gallery instead of being kept.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.model.shelf import Model
from inspection.values.kinds import is_nuisance
from training.data import DataSet, Item
from training.data.labels import Label
from training.errors import DataError
from training.evaluation.report.escape_curve import threshold_at
from training.evaluation.report.evidence import (
    MISSED,
    UNNAMED,
    AsShipped,
    DataIdentity,
    Evidence,
    FalseAlarm,
    SeenImage,
    SeenObject,
    worst_false_alarms,
    worst_misses,
)
from training.evaluation.report.network_pass import Examiner, ImageSeen, Said, disc_diameter
from training.evaluation.report.photographs import photograph
from training.evaluation.report.pixel_tally import PixelTally

GALLERY = 12
"""Pictures of misses, and of false alarms."""


def chosen_items(data_set: DataSet, split: str | None) -> tuple[DataIdentity, list[Item]]:
    """What to judge: the images of `split`; or of "test" where there is one; or all.

    Images that show nothing but nuisance are good ones; those of which nobody said what they show are left out. Raises
    DataError when nothing is left.
    """
    there = sorted({each.split for each in data_set.items} - {""})
    wanted = split if split is not None else "test" if "test" in there else ""
    asked = [each for each in data_set.items if each.split == wanted or not wanted]
    named = [without_nuisance(each) for each in asked if each.is_good or each.kinds]
    known = [each for each in named if each.is_good or each.kinds]
    name = data_set.root.resolve().name
    if not asked:
        raise DataError(f"{name} has no split {wanted!r}, but {', '.join(there) or 'none at all'}. Choose of these.")
    if not known:
        raise DataError(
            f"{name}: of none of {len(asked)} images it is known what they show. Label them, or put them into folders "
            "by kind."
        )
    return DataIdentity(name, data_set.layout, wanted, data_set.sha256, len(asked) - len(known)), known


def without_nuisance(item: Item) -> Item:
    """With the kinds of defects alone."""
    defects = tuple(kind for kind in item.kinds if not is_nuisance(kind))
    return replace(item, kinds=defects, is_good=not defects and item.is_complete)


def judge(
    model: Model,
    items: Sequence[Item],
    data: DataIdentity,
    *,
    false_reject_rate: float | None = 0.01,
    pitch_um: float | None = None,
    report: Callable[[], None] = lambda: None,
) -> Evidence:
    """Run the model over the images.

    The operating point is the lowest threshold, one for all kinds, that rejects at most `false_reject_rate` of the good
    images; without good images, or with None, it is the card's thresholds. With `pitch_um`, or where every item tells
    its own, sizes are in mm and areas in m². `report` is called after each image. Raises DataError for what the items
    raise and for a model that knows no defect, ModelError for a damaged graph.
    """
    examiner = Examiner(model)
    tally = PixelTally(model.card, {kind for item in items for kind in item.kinds})
    seen = []
    for item in items:
        seen.append(examiner.examine(item, tally))
        report()
    good = np.array([examiner.score(image.said) for image in seen if image.item.is_good])
    if len(good) and false_reject_rate is not None:
        threshold: float | None = threshold_at(good, false_reject_rate)
        thresholds = np.full(len(model.card.kinds), threshold, np.float64)
        words = f"at the threshold that rejects at most {100 * false_reject_rate:g} % of the good images"
    else:
        threshold, thresholds, words = None, examiner.thresholds, "at the thresholds of the model's card"
    is_in_mm = pitch_um is not None or all(item.pixel_pitch_um for item in items)

    def scale(item: Item) -> float:
        """Length of a pixel in the unit."""
        pitch = pitch_um or item.pixel_pitch_um
        return pitch / 1000.0 if is_in_mm and pitch else 1.0

    objects = [each for image in seen for each in _objects(examiner, image, thresholds, scale(image.item))]
    at_card = [each for image in seen for each in _objects(examiner, image, examiner.thresholds, scale(image.item))]
    return Evidence(
        model=replace(model.artefact, sha256=model.card.sha256),
        model_kinds=model.card.kinds,
        data=data,
        unit="mm" if is_in_mm else "px",
        operating_point=words,
        threshold=threshold,
        images=tuple(_image(examiner, image, thresholds) for image in seen),
        objects=_with_pictures(objects, {image.item.name: image.item for image in seen}),
        false_alarms=_false_alarms(examiner, seen, thresholds, scale),
        good_area=sum(image.size_px * scale(image.item) ** 2 for image in seen if image.item.is_good) / 1e6,
        pixels=tally.figures(),
        as_shipped=AsShipped(
            sum(examiner.is_reached(image.said, examiner.thresholds) for image in seen if image.item.is_good),
            len(good),
            sum(not each.is_found for each in at_card),
            len(at_card),
        ),
        mpx_s=examiner.mpx_s,
    )


def _image(examiner: Examiner, image: ImageSeen, thresholds: NDArray[np.float64]) -> SeenImage:
    return SeenImage(
        name=image.item.name,
        is_good=image.item.is_good,
        kinds=image.item.kinds,
        is_rejected=examiner.is_reached(image.said, thresholds),
        called=image.said.called,
        score=examiner.score(image.said),
    )


def _objects(
    examiner: Examiner, image: ImageSeen, thresholds: NDArray[np.float64], mm_per_px: float
) -> list[SeenObject]:
    """The objects on an image; a bad image without masks is one object of unknown size."""
    name, kinds = image.item.name, image.item.kinds
    parts: list[tuple[str, str, float | None, Said]] = [
        (f"{name}#{each.number}", each.kind, each.diameter_px * mm_per_px, each.said) for each in image.objects
    ]
    if not parts and not image.item.is_good:
        parts = [(name, kinds[0] if kinds else UNNAMED, None, image.said)]
    found = []
    for key, kind, size, said in parts:
        is_found = examiner.is_reached(said, thresholds)
        called = said.called if is_found else MISSED
        found.append(SeenObject(key, kind, name, size, is_found, called, examiner.score(said)))
    return found


def _false_alarms(
    examiner: Examiner, seen: Sequence[ImageSeen], thresholds: NDArray[np.float64], scale: Callable[[Item], float]
) -> tuple[FalseAlarm, ...]:
    """Each group of cells, 8-connected, of the good images that are rejected; the worst ones with pictures."""
    stride = examiner.card.stride
    found: list[FalseAlarm] = []
    for image in seen:
        if not image.item.is_good or not examiner.is_reached(image.said, thresholds):
            continue
        scores, fired = examiner.firing_cells(image.item, thresholds)
        pixels = image.item.pixels()
        count, group = cv2.connectedComponents(fired.astype(np.uint8), connectivity=8)
        for number in range(1, count):
            cells = group == number
            said = examiner.said_of(scores[:, cells])
            mask = np.kron(cells, np.ones((stride, stride), np.bool_))[: pixels.shape[0], : pixels.shape[1]]
            label = Label(said.called, 0, 0, mask, np.inf, 0.0)
            size = disc_diameter(mask) * scale(image.item)
            found.append(
                FalseAlarm(image.item.name, said.called, size, examiner.score(said), photograph(pixels, label))
            )
        shown = {id(each) for each in worst_false_alarms(found, GALLERY)}
        found = [each if id(each) in shown else replace(each, picture=None) for each in found]
    return tuple(found)


def _with_pictures(objects: Sequence[SeenObject], items: dict[str, Item]) -> tuple[SeenObject, ...]:
    """The worst misses with pictures."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for each in worst_misses(objects, GALLERY):
        wanted[each.image].append(each.key)
    pictures = {}
    for name, keys in wanted.items():
        image = items[name].labelled()
        pixels = image.pixels
        for key in keys:
            whole = Label("", 0, 0, np.ones(pixels.shape, np.bool_), np.inf, 0.0)
            number = key.removeprefix(f"{name}#")
            pictures[key] = photograph(pixels, whole if key == name else image.labels[int(number)])
    return tuple(replace(each, picture=pictures.get(each.key)) for each in objects)
