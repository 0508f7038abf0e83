"""Writes a data set of simulated webs: PNG images with truth.json and objects.parquet (format:
training/data/dataset.py).
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from camera.web.camera_marks import MARK_CODES
from camera.web.kinds import KINDS as PLANTED_KINDS
from camera.web.multiplex import Light, MultiplexedWeb
from camera.web.presets import Preset
from camera.web.settings import LightFrom, Material, PlantingRate, View, WebSettings
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from inspection.values.kinds import KINDS as NAMED_KINDS
from training.data.coco import Category
from training.data.dataset import Annotation, ImageEntry, Truth, write_table, write_truth
from training.data.labels import INVISIBLE_SNR
from training.data.run_lengths import encode_mask
from training.errors import DataError
from training.simulation.webs import BLOCK_LINES, BLOCK_WIDTH_PX, PITCH_UM

_SIDES: tuple[LightFrom, ...] = get_args(LightFrom)


def synthesise(
    out: Path,
    *,
    material: Material | None = None,
    view: View | Sequence[View] | None = None,
    severity: PlantingRate,
    blocks: int,
    rolls: int = 1,
    randomised: bool = False,
    seed: int,
    preset: Preset | None = None,
    kinds: Sequence[str] | None = None,
    report: Callable[[int], None] = lambda _: None,
) -> Truth:
    """Write the first `blocks` blocks of each of some webs into the new or empty folder `out`. The same seed gives the
    same files; roll k of several is the web of seed + k.

    Several views are those of a strobe that takes turns: one image for each view and block, view k of n exposed k / n
    lines later; dark-field may come several times, each time from another side. `preset`: the station whose first
    camera it is, with its own usual material and views unless others are given; None: 2048 px of 50 um, anode in
    bright-field. `kinds`: plant these only. `randomised`: for training, see camera.web.randomise. The folder appears
    when everything in it is written, or not at all.

    Raises DataError when the folder holds something, when it can't be written, and for kinds or views that can't be;
    SettingsError for what the preset does not have.
    """
    settings = _settings(preset, material, severity, seed).model_copy(update={"randomised": randomised})
    categories = chosen_kinds(kinds, settings.material)
    if kinds is not None:
        settings = settings.model_copy(update={"kinds": categories})
    lights = _lights(preset, view)
    images: list[ImageEntry] = []
    annotations: list[Annotation] = []
    with whole_folder(out) as folder:
        for roll in range(rolls):
            webs = _webs(settings.model_copy(update={"seed": seed + roll}), lights)
            for block in range(blocks):
                first_line = block * BLOCK_LINES
                for web in webs:
                    image = _write_image(folder, web, block, len(images), f"-{seed + roll}" if rolls > 1 else "")
                    images.append(image)
                    for planted in web.objects(first_line, BLOCK_LINES):
                        category = categories.index(planted.kind)
                        annotations.append(_annotation(planted, len(annotations), image, category, first_line))
                report(roll * blocks + block + 1)
        truth = Truth(
            info={
                "description": "simulated web, made by `training synth`",
                "severity": severity.value,
                "seed": seed,
                "rolls": rolls,
                "randomised": randomised,
                "preset": None if preset is None else preset.name,
                "layout": settings.layout,
                "pixel_pitch_um": settings.pixel_pitch_um,
            },
            images=tuple(images),
            categories=tuple(Category(id=number, name=kind) for number, kind in enumerate(categories)),
            annotations=tuple(annotations),
        )
        write_truth(folder, truth)
        write_table(folder, truth)
    return truth


def _settings(preset: Preset | None, material: Material | None, severity: PlantingRate, seed: int) -> WebSettings:
    if preset is not None:
        return preset.settings(material, severity, seed)
    return WebSettings(
        material=material or Material.ANODE,
        severity=severity,
        seed=seed,
        width_px=BLOCK_WIDTH_PX,
        pixel_pitch_um=PITCH_UM,
    )


def _lights(preset: Preset | None, view: View | Sequence[View] | None) -> tuple[Light, ...]:
    """The strobe's channels; of the same view each from another side."""
    if view is None:
        return (Light(View.BRIGHT_FIELD),) if preset is None else preset.lights
    views = (view,) if isinstance(view, View) else tuple(view)
    times = [views[:number].count(each) for number, each in enumerate(views)]
    strange = [each for each, before in zip(views, times, strict=True) if before and each is not View.DARK_FIELD]
    if not views or strange or max(times) >= len(_SIDES):
        raise DataError(
            f"Views {', '.join(views) or '(none)'}: expected one or more, each once, dark-field up to "
            f"{len(_SIDES)} times (each from another side). Correct the list."
        )
    return tuple(Light(each, _SIDES[before]) for each, before in zip(views, times, strict=True))


def _webs(settings: WebSettings, lights: tuple[Light, ...]) -> tuple[SimulatedWeb, ...]:
    """One for each light."""
    if len(lights) > 1:
        return MultiplexedWeb(settings, lights).webs
    (light,) = lights
    return (SimulatedWeb(settings.model_copy(update={"view": light.view, "light_from": light.light_from})),)


def kinds_of(material: Material) -> tuple[str, ...]:
    """The kinds that can show on webs of a material, in the catalogue's order.

    >>> [kind in kinds_of(Material.SEPARATOR) for kind in ("E01", "S04", "N01")]
    [False, True, True]
    """
    planted = {kind.code for kind in PLANTED_KINDS if material in kind.materials}
    return tuple(code for code in NAMED_KINDS if code in planted or code in MARK_CODES)


def chosen_kinds(wanted: Sequence[str] | None, material: Material) -> tuple[str, ...]:
    """Those of the material's kinds that are wanted, all for None. Raises DataError for others.

    >>> chosen_kinds(["S04", "S01"], Material.SEPARATOR)
    ('S01', 'S04')
    """
    known = kinds_of(material)
    strange = [kind for kind in wanted or () if kind not in known]
    if strange:
        raise DataError(
            f"Kinds {', '.join(strange)}: the simulated {material} has none such, "
            f"it has {', '.join(known)}. Choose of these, or another material."
        )
    return known if wanted is None else tuple(kind for kind in known if kind in wanted)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes `out` at the end; after an error nothing of it is left.

    Raises DataError when `out` is no new or empty folder, and when the disk does not take it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: expected a new or empty folder, there is something in it. Name another one.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside it, so that it is on the same disk and moving it is one step.
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
            folder = Path(beside) / out.name
            folder.mkdir()
            yield folder
            folder.rename(out)
    except OSError as error:
        raise DataError(
            f"{out}: can't be written ({error.strerror}), and nothing is left of it. "
            "Make room on the disk, or name a folder that you may write."
        ) from error


def _write_image(folder: Path, web: SimulatedWeb, block: int, number: int, roll: str) -> ImageEntry:
    settings, first_line = web.settings, block * BLOCK_LINES
    side = "" if settings.light_from == _SIDES[0] else f"-{settings.light_from}"
    name = f"{settings.material.value}-{settings.view.value}{side}{roll}-{block:04d}.png"
    _, png = cv2.imencode(".png", np.asarray(web.render(first_line, BLOCK_LINES), np.uint8))
    # Through Python's own files, which say why a disk does not take them.
    (folder / name).write_bytes(png.tobytes())
    return ImageEntry(
        id=number,
        file_name=name,
        width=settings.width_px,
        height=BLOCK_LINES,
        roll=f"simulated {settings.material.value} {settings.seed}",
        material=settings.material.value,
        view=settings.view.value,
        pixel_pitch_um=settings.pixel_pitch_um,
        block=block,
        first_line=first_line,
        line_offset=settings.line_offset,
        light_from=settings.light_from,
    )


def _annotation(planted: PlantedObject, number: int, image: ImageEntry, category: int, first_line: int) -> Annotation:
    rows, columns = planted.mask.shape
    top = planted.top_line - first_line
    named = NAMED_KINDS.get(planted.kind)
    return Annotation(
        id=number,
        image_id=image.id,
        category_id=category,
        bbox=(planted.left_px, top, columns, rows),
        segmentation=encode_mask(planted.mask, top, planted.left_px, (image.height, image.width)),
        area=float(planted.mask.sum()),
        kind=planted.kind,
        severity=None if named is None else named.severity.value,
        key=planted.key,
        snr=planted.snr,
        is_visible=planted.snr >= INVISIBLE_SNR,
        contrast_percent=planted.contrast_percent,
        length_mm=planted.length_mm,
        width_mm=planted.width_mm,
        area_mm2=planted.area_mm2,
        md_mm=planted.md_mm,
        cd_mm=planted.cd_mm,
    )
