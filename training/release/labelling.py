"""Labels proposed by a model: what the station's pipeline finds on images that nobody has marked.

The result is a data set in COCO's format with the images beside it. What lies above the recipe's limits is labelled,
and counts where the model is sure of it. Where it is not, and where it is sure of something within its limits, nothing
is learnt and nothing counted until a person says so. An auditor's labels tell what the fast model of the line misses on
a plant's own web, where nobody has the time to mark thousands of images: what both miss, they don't.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.judging.decide import decide
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe
from inspection.values import Defect, Verdict
from inspection.values.kinds import KINDS, is_nuisance
from training.data.coco import TRUTH
from training.data.pictures import image_files, read_grey
from training.data.run_lengths import encode_mask
from training.errors import DataError
from training.evaluation.report.by_recipe import asking_for, inspect_alone
from training.simulation.synth import whole_folder


@dataclass(slots=True)
class Labelled:
    """What became of the images."""

    images: int = 0
    with_defects: int = 0
    """Sure or not."""
    sure: int = 0
    """Defects."""
    unsure: int = 0
    uninspected: Counter[str] = field(default_factory=Counter)
    """Images left out, by the rule that says why."""


def label_images(
    model: Model,
    recipe: Recipe,
    folder: Path,
    out: Path,
    *,
    pitch_um: float | None = None,
    sure_from: float = 0.5,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Labelled:
    """Label all image files below `folder` into the new folder `out`; `report` is told how many of how many are done.

    `pitch_um`: of the pixels, None takes the middle of the recipe's range. `sure_from`: the score from which an object
    is a label. Raises DataError where there is no image, for an unusable one and an `out` that is in use; nothing is
    left then. Raises RecipeError if the model does not know the recipe's web.
    """
    files = image_files(folder) if folder.is_dir() else []
    if not files:
        raise DataError(f"{folder}: expected a folder with images, there is none. Check the path.")
    pipeline = Pipeline(asking_for(model.card, recipe), model)
    pitch = pitch_um or recipe.image.usual_pitch_um
    labelled = Labelled()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with whole_folder(out) as beside:
        for number, path in enumerate(files):
            name = path.relative_to(folder).as_posix()
            pixels = read_grey(path, name)
            _, judgement = inspect_alone(pipeline, pixels, pitch, number)
            report(number + 1, len(files))
            if judgement.verdict is Verdict.UNINSPECTED:
                labelled.uninspected[judgement.reasons[0].rule] += 1
                continue
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, beside / name)
            height, width = pixels.shape
            images.append({"id": number, "file_name": name, "width": width, "height": height, "pixel_pitch_um": pitch})
            proposed = list(_proposed(judgement.defects, recipe, pitch, sure_from))
            annotations += [_annotation(each, number, pixels, is_sure=is_sure) for each, is_sure in proposed]
            are_sure = [is_sure for each, is_sure in proposed if not is_nuisance(each.kind)]
            labelled.with_defects += bool(are_sure)
            labelled.sure += are_sure.count(True)
            labelled.unsure += are_sure.count(False)
        labelled.images = len(images)
        truth = {
            "info": {
                "description": "proposed by a model, seen by nobody",
                "model": f"{model.card.name} {model.card.version}",
                "model_sha256": model.artefact.sha256,
                "recipe": f"{recipe.name} {recipe.version}",
                "sure_from": sure_from,
            },
            "images": images,
            "categories": [{"id": number, "name": kind} for number, kind in enumerate(KINDS)],
            "annotations": [each | {"id": number} for number, each in enumerate(annotations)],
        }
        (beside / TRUTH).write_text(json.dumps(truth, indent=1) + "\n")
    return labelled


def _proposed(
    defects: Sequence[Defect], recipe: Recipe, pitch_um: float, sure_from: float
) -> Iterator[tuple[Defect, bool]]:
    """Which of them become labels, and whether these are sure."""
    for each in defects:
        is_likely = each.score >= sure_from
        is_rejected = decide([each], recipe, pitch_um)[0] is Verdict.REJECT
        if is_rejected or is_likely:
            yield each, is_likely and (is_rejected or is_nuisance(each.kind))


def _annotation(defect: Defect, image: int, pixels: NDArray[np.uint8], *, is_sure: bool) -> dict[str, Any]:
    """As COCO has it; the mask's last row is the box's."""
    top, left = defect.box.bottom - defect.mask.shape[0], defect.box.left
    runs = encode_mask(defect.mask, top, left, (pixels.shape[0], pixels.shape[1]))
    return {
        "image_id": image,
        "category_id": list(KINDS).index(defect.kind),
        "bbox": [left, top, defect.mask.shape[1], defect.mask.shape[0]],
        "segmentation": runs.model_dump(),
        "area": int(defect.mask.sum()),
        "iscrowd": 1,
        "score": round(defect.score, 4),
        "is_sure": is_sure,
    }
