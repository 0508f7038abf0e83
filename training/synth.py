"""Writes a data set of simulated webs: PNG images and truth.json (see training/dataset.py for the format)."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from camera.web.settings import Material, PlantingRate, View, WebSettings
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from training.dataset import Annotation, Category, ImageEntry, Truth, encode_mask, write_truth
from training.errors import DataError
from training.family import FAMILIES
from training.webs import BLOCK_LINES, BLOCK_WIDTH_PX, PITCH_UM


def synthesise(
    out: Path,
    *,
    material: Material,
    view: View,
    severity: PlantingRate,
    blocks: int,
    seed: int,
    report: Callable[[int], None] = lambda _: None,
) -> Truth:
    """Write the first `blocks` blocks of a web into the new or empty folder `out`. The same seed gives the same files.

    Raises DataError when the folder holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: expected a new or empty folder, there is something in it. Name another one.")
    out.mkdir(parents=True, exist_ok=True)
    web = SimulatedWeb(
        WebSettings(
            material=material,
            view=view,
            severity=severity,
            seed=seed,
            width_px=BLOCK_WIDTH_PX,
            pixel_pitch_um=PITCH_UM,
        )
    )
    kinds = kinds_of(material)
    images: list[ImageEntry] = []
    annotations: list[Annotation] = []
    for number in range(blocks):
        first_line = number * BLOCK_LINES
        name = f"{material.value}-{view.value}-{number:04d}.png"
        pixels = np.asarray(web.render(first_line, BLOCK_LINES), np.uint8)
        if not cv2.imwrite(str(out / name), pixels):
            raise DataError(f"{out / name}: can't be written. Is the disk full, or the folder read-only?")
        images.append(
            ImageEntry(
                id=number,
                file_name=name,
                width=BLOCK_WIDTH_PX,
                height=BLOCK_LINES,
                material=material.value,
                view=view.value,
                pixel_pitch_um=PITCH_UM,
            )
        )
        for planted in web.objects(first_line, BLOCK_LINES):
            annotations.append(_annotation(planted, len(annotations), number, kinds.index(planted.kind), first_line))
        report(number + 1)
    truth = Truth(
        info={
            "description": "simulated web, made by `training synth`",
            "severity": severity.value,
            "seed": seed,
            "pixel_pitch_um": PITCH_UM,
        },
        images=tuple(images),
        categories=tuple(Category(id=number, name=kind) for number, kind in enumerate(kinds)),
        annotations=tuple(annotations),
    )
    write_truth(out, truth)
    return truth


def kinds_of(material: Material) -> tuple[str, ...]:
    """The kinds that can lie on a material.

    >>> kinds_of(Material.SEPARATOR)[:4]
    ('S01', 'S04', 'S07', 'S09')
    """
    return next(family.kinds for family in FAMILIES.values() if material.value in family.materials)


def _annotation(planted: PlantedObject, number: int, image: int, category: int, first_line: int) -> Annotation:
    rows, columns = planted.mask.shape
    top = planted.top_line - first_line
    return Annotation(
        id=number,
        image_id=image,
        category_id=category,
        bbox=(planted.left_px, top, columns, rows),
        segmentation=encode_mask(planted.mask, top, planted.left_px, (BLOCK_LINES, BLOCK_WIDTH_PX)),
        area=float(planted.mask.sum()),
        key=planted.key,
        snr=planted.snr,
        contrast_percent=planted.contrast_percent,
        length_mm=planted.length_mm,
        width_mm=planted.width_mm,
        area_mm2=planted.area_mm2,
    )
