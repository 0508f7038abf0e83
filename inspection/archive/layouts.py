"""Labelled frames as folders that training and labelling tools read: COCO, and the layout of MVTec AD."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.archive.labelled_frame import LabelledFrame
from inspection.review.labels import Mark
from inspection.values.kinds import is_nuisance
from inspection.values.run_lengths import run_lengths

TRUTH = "truth.json"
GROUPS = "groups.csv"
_GOOD = "good"


def write_coco(
    folder: Path, frames: Iterable[LabelledFrame], info: Mapping[str, Any], parts: Mapping[str, str] | None = None
) -> int:
    """PNG files and truth.json, as `training data check` and `training fit --data` read them. Returns how many images.

    `parts`: the part (train, validation, test) of each roll; None leaves the division to whoever reads it. Beyond COCO
    each image tells its view, where several cameras look at the web, its roll, its part, the decisions whose pieces it
    shows, whether it is good, its pixel pitch, and where it is from; each object, whether anybody is sure of it. All
    frames of a piece are of one roll.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories: dict[str, int] = {}
    for number, frame in enumerate(frames, start=1):
        _write_png(folder / frame.name, frame.pixels)
        size = (frame.pixels.shape[0], frame.pixels.shape[1])
        image = {
            "id": number,
            "file_name": frame.name,
            "width": size[1],
            "height": size[0],
            "pixel_pitch_um": frame.pixel_pitch_um,
            "view": frame.view,
            "roll": frame.roll,
            "pieces": list(frame.pieces),
            "split": None if parts is None else parts[frame.roll],
            "is_good": frame.labels.is_good,
            "is_reviewed": frame.is_reviewed,
        }
        images.append(image | dict(frame.origin))
        for mark in frame.labels.marks:
            category = categories.setdefault(mark.kind, len(categories) + 1)
            annotation = _annotation(mark, size, len(annotations) + 1, number, category)
            if annotation is not None:
                annotations.append(annotation)
    truth = {
        "info": dict(info),
        "images": images,
        "categories": [{"id": number, "name": kind} for kind, number in categories.items()],
        "annotations": annotations,
    }
    (folder / TRUTH).write_text(json.dumps(truth, indent=1, allow_nan=False) + "\n")
    return len(images)


def write_mvtec(folder: Path, frames: Iterable[LabelledFrame]) -> int:
    """As MVTec AD has it: train/good, test/good, test/KIND and ground_truth/KIND with a mask for each image.

    Rolls stay whole: those without any defect go to train/good, the others to test, each frame under the kind of its
    largest defect. What nobody has judged is left away where it shows no mark, and so are
    marks that nobody is sure of. groups.csv names the roll of each image, and its view where several cameras look at
    the web. Returns how many images were written.
    """
    rolls: dict[str, str] = {}
    views: dict[str, str] = {}
    for frame in frames:
        size = (frame.pixels.shape[0], frame.pixels.shape[1])
        defects = [mark for mark in frame.labels.marks if mark.is_sure and not is_nuisance(mark.kind)]
        if not frame.labels.is_good and not defects:
            continue
        kind = max(defects, key=lambda mark: int(mark.on(size).sum())).kind if defects else _GOOD
        path = f"test/{kind}/{frame.name}"
        if defects:
            mask = np.any([mark.on(size) for mark in defects], axis=0)
            _write_png(folder / f"ground_truth/{kind}/{Path(frame.name).stem}_mask.png", mask.astype(np.uint8) * 255)
        _write_png(folder / path, frame.pixels)
        rolls[path] = frame.roll
        views[frame.name] = frame.view or ""
    torn = {roll for path, roll in rolls.items() if not path.startswith(f"test/{_GOOD}/")}
    (folder / "train" / _GOOD).mkdir(parents=True, exist_ok=True)
    for path in [path for path, roll in rolls.items() if roll not in torn]:
        moved = path.replace("test", "train", 1)
        (folder / path).rename(folder / moved)
        rolls[moved] = rolls.pop(path)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    has_views = any(views.values())
    writer.writerow(("image", "group", "view") if has_views else ("image", "group"))
    for path, roll in sorted(rolls.items()):
        writer.writerow((path, roll, views[Path(path).name]) if has_views else (path, roll))
    (folder / GROUPS).write_text(table.getvalue())
    return len(rolls)


def _annotation(mark: Mark, size: tuple[int, int], number: int, image: int, category: int) -> dict[str, Any] | None:
    """None for a mark that lies outside the frame."""
    mask = mark.on(size)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    annotation: dict[str, Any] = {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1],
        "area": int(mask.sum()),
        "is_sure": mark.is_sure,
    }
    runs = run_lengths(mark.mask, mark.top_px, mark.left_px, size)
    return annotation | {"iscrowd": 1, "segmentation": {"size": list(size), "counts": runs}}


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
