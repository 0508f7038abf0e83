"""Holds shipped models against simulated webs that no one has trained on: the station's own pipeline and recipes.

An object counts when its visibility SNR is at least 8 and its true sizes are above its recipe's limits; it is found
when a block that shows it is rejected and a measured defect lies there. Blocks that hold no defect at all, nuisance
allowed, must not be rejected. Only kinds that the model names are planted: of others it says nothing.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Frame, FrameId
from camera.web.settings import Material, PlantingRate, View
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from inspection.judging.findings import Carried
from inspection.model.card import ModelCard
from inspection.model.shelf import Model, find_model
from inspection.pipeline import Pipeline
from inspection.quality.score_sheet import ScoreSheet, objects_about
from inspection.recipe.recipe import default_recipe
from inspection.values import Defect
from training.data.labels import Label
from training.errors import DataError
from training.evaluation.report.by_recipe import Judged, asking_for
from training.evaluation.report.evidence import Picture
from training.evaluation.report.photographs import photograph
from training.family import FAMILIES
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange, numbered_web

BLOCKS_PER_WEB = 10
ISOLATION_MM = 2.0
MEASURED_SNR = 15.0
_ABOUT_LINES = 96
"""Shown before and after an object that was missed."""
Looks = Mapping[Material, tuple[View, ...]]
"""How each material is looked at; more than one view take turns, web by web."""
VIEWS: Looks = {
    material: tuple(view for of, view in family.looks if of is material)
    for family in FAMILIES.values()
    for material, _ in family.looks
}
"""Views of each material that there is a shipped model for."""
STAND_INS = {
    Material.ANODE_UNCALENDERED: Material.ANODE,
    Material.CATHODE_LFP: Material.CATHODE,
    Material.SEPARATOR_TWO_SIDES: Material.SEPARATOR,
}
"""Webs that no shipped model has learnt, and the material whose recipe and model they are held against: what is left
of the figures where everything is new.
"""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far off one isolated, well visible object was measured."""

    kind: str
    length_mm: float
    """True length."""
    width_mm: float
    """True width."""
    length_error_mm: float
    """Measured minus true."""
    width_error_mm: float
    position_error_mm: float
    """Distance of the centres."""


@dataclass(frozen=True, slots=True)
class WebResult:
    """What became of one web."""

    material: str
    view: str
    recipe: str
    """Name and version of the one that judged."""
    judged: Judged
    """Each block, each object."""
    deviations: tuple[Deviation, ...] = ()

    @property
    def blocks(self) -> int:
        """Number of blocks shown, those that were not inspected included."""
        return len(self.judged.images) + self.judged.uninspected.total()


def by_material(results: Iterable[WebResult]) -> dict[str, list[WebResult]]:
    """Results of each material, in alphabetical order of materials, each one's by view."""
    parts: dict[str, list[WebResult]] = {}
    for result in sorted(results, key=lambda each: (each.material, each.view)):
        parts.setdefault(result.material, []).append(result)
    return parts


def all_judged(results: Iterable[WebResult]) -> Judged:
    """What became of several webs together."""
    judged = Judged()
    for each in results:
        judged.take(each.judged)
    return judged


def evaluate(
    models_dir: Path,
    blocks: int,
    *,
    materials: Iterable[Material] = tuple(VIEWS),
    views: Sequence[View] = (),
    purpose: SeedRange = SeedRange.EVALUATION,
    workers: int = 1,
    model_folder: Path | None = None,
    kinds: tuple[str, ...] | None = None,
    severity: PlantingRate = PlantingRate.DENSE,
    report: Callable[[WebResult], None] = lambda _: None,
) -> list[WebResult]:
    """Inspect `blocks` blocks of each material, a fresh web every ten. Raises ModelError if a model is missing.

    `model_folder`: judge this model; None takes from `models_dir` what the recipes name. `kinds`: plant these, so that
    two models see the same webs; None: those that the model names. `severity`: how many. `views`: the light; none: what
    the model knows. A material, or a light, that the model does not know is judged by what was learnt instead.
    """
    known = looks_of(Model.load(model_folder).card) if model_folder else VIEWS
    jobs = [
        (
            model_folder,
            models_dir,
            material,
            (views or known[learnt(material, known)])[number % len(views or known[learnt(material, known)])],
            purpose,
            number,
            count,
            kinds,
            severity,
        )
        for material in materials
        for number, count in enumerate(_split(blocks, BLOCKS_PER_WEB))
    ]
    results = []
    if workers <= 1:
        for job in jobs:
            results.append(evaluate_web(*job))
            report(results[-1])
        return results
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(evaluate_web, *job) for job in jobs]):
            results.append(future.result())
            report(results[-1])
    return results


def evaluate_web(
    model_folder: Path | None,
    models_dir: Path,
    material: Material,
    view: View,
    purpose: SeedRange,
    number: int,
    blocks: int,
    kinds: tuple[str, ...] | None = None,
    severity: PlantingRate = PlantingRate.DENSE,
) -> WebResult:
    """Inspect the first blocks of one web, in order, with the default recipe; kinds, severity as for `evaluate`."""
    cv2.setNumThreads(1)
    model = Model.load(model_folder) if model_folder else None
    known = looks_of(model.card) if model else VIEWS
    lights = known[learnt(material, known)]
    recipe = default_recipe(learnt(material, known), view if view in lights else lights[0])
    model = model or find_model(models_dir, recipe.model.name)
    recipe = asking_for(model.card, recipe)
    pipeline = Pipeline(recipe, model)
    web = numbered_web(purpose, number, material, view, kinds or model.card.kinds, severity)
    sheet = ScoreSheet(recipe, PITCH_UM)
    judged, name = Judged(), f"{material}/{view}/{number}"
    carried = Carried.START
    deviations: list[Deviation] = []
    for block in range(blocks):
        first_line = block * BLOCK_LINES
        planted = objects_about(web, first_line, BLOCK_LINES)
        findings = pipeline.inspect(frame_of(web, block))
        judgement, carried = pipeline.conclude(findings, carried)
        sheet.add(first_line, BLOCK_LINES, planted, judgement.verdict, judgement.defects)
        deviations.extend(measure_deviations(planted, judgement.defects, first_line))
        due = [each.kind for each in planted if sheet.must_be_rejected(each)]
        is_good = all(each.is_nuisance for each in planted)
        judged.note(f"{name}, block {block}", findings, judgement, due, is_good=is_good)

    def words(p: PlantedObject) -> str:
        return (
            f"{p.kind} {material}/{view} web {number} at md {p.md_mm:.1f} cd {p.cd_mm:.1f} mm, SNR {p.snr:.0f}, "
            f"length {p.length_mm:.2f} width {p.width_mm:.2f} mm, contrast {p.contrast_percent:.0f} %"
        )

    judged.note_objects(name, sheet, lambda missed: _picture(web, missed), words)
    return WebResult(material.value, view.value, f"{recipe.name} {recipe.version}", judged, tuple(deviations))


def looks_of(card: ModelCard) -> Looks:
    """What a model of a shipped family says that it knows. Raises DataError for a model of other webs."""
    try:
        return {Material(material): tuple(map(View, card.views)) for material in card.materials}
    except ValueError as error:
        raise DataError(
            f"Model {card.name}-{card.version} is for {', '.join(card.materials)} in {', '.join(card.views)}, which "
            "nobody simulates. Evaluate it on images: training evaluate MODEL_DIR DATA"
        ) from error


def learnt(material: Material, known: Looks = VIEWS) -> Material:
    """The material itself where it is known, else the nearest one that is; its usual stand-in where none is near.

    >>> learnt(Material.CATHODE_LFP).value
    'cathode'
    >>> learnt(Material.CATHODE_LFP, {Material.ANODE: (View.BRIGHT_FIELD,)}).value
    'anode'
    """
    near = STAND_INS.get(material, material)
    related = [
        other
        for family in FAMILIES.values()
        for other in family.materials
        if near in family.materials and Material(other) in known
    ]
    return next((each for each in (material, near, *map(Material, related)) if each in known), near)


def is_new(material: Material, view: View, known: Looks = VIEWS) -> bool:
    """Whether a model that knows these looks has not learnt such images.

    >>> is_new(Material.ANODE, View.BRIGHT_FIELD), is_new(Material.ANODE, View.DARK_FIELD)
    (False, True)
    """
    return view not in known.get(material, ())


def frame_of(web: SimulatedWeb, number: int) -> Frame:
    """Block `number` of a web as a camera would send it."""
    pitch_um = web.settings.pixel_pitch_um
    return Frame(
        id=FrameId("simulated", 1, number),
        pixels=web.render(number * BLOCK_LINES, BLOCK_LINES),
        bit_depth=web.settings.bit_depth,
        pixel_pitch_x_um=pitch_um,
        pixel_pitch_y_um=pitch_um,
        position_mm=number * BLOCK_LINES * pitch_um / 1000.0,
        exposure_us=None,
        captured_utc=datetime.now(UTC),
        captured_ns=0,
    )


def _picture(web: SimulatedWeb, missed: PlantedObject) -> Picture:
    """Picture of an object, seen clean of frames' borders."""
    first_line = max(0, missed.top_line - _ABOUT_LINES)
    lines = min(missed.top_line - first_line + missed.mask.shape[0] + _ABOUT_LINES, BLOCK_LINES)
    return photograph(np.asarray(web.render(first_line, lines), np.uint8), Label.of(missed, first_line))


def measure_deviations(planted: Iterable[PlantedObject], defects: Iterable[Defect], first_line: int) -> list[Deviation]:
    """Compare each isolated, wholly visible object of SNR 15 or more with the defect of its kind measured there."""
    objects = list(planted)
    measured = list(defects)
    found = []
    for each in objects:
        top = each.top_line - first_line
        is_whole = top > 0 and top + each.mask.shape[0] < BLOCK_LINES
        others = [other for other in objects if other.key != each.key]
        if each.is_nuisance or each.snr < MEASURED_SNR or not is_whole or any(_near(each, other) for other in others):
            continue
        here = [
            (float(np.hypot(defect.md_mm - each.md_mm, defect.cd_mm - each.cd_mm)), defect)
            for defect in measured
            if defect.kind == each.kind
        ]
        distance, defect = min(here, key=lambda pair: pair[0], default=(np.inf, None))
        if defect is not None and distance < max(1.0, each.length_mm):
            found.append(
                Deviation(
                    each.kind,
                    each.length_mm,
                    each.width_mm,
                    defect.length_mm - each.length_mm,
                    defect.width_mm - each.width_mm,
                    distance,
                )
            )
    return found


def _near(one: PlantedObject, other: PlantedObject) -> bool:
    """Their masks' boxes come closer than the isolation distance."""
    gap_px = ISOLATION_MM * 1000.0 / PITCH_UM
    (rows, columns), (other_rows, other_columns) = one.mask.shape, other.mask.shape
    return bool(
        one.left_px - gap_px < other.left_px + other_columns
        and other.left_px - gap_px < one.left_px + columns
        and one.top_line - gap_px < other.top_line + other_rows
        and other.top_line - gap_px < one.top_line + rows
    )


def _split(total: int, size: int) -> list[int]:
    """`total` in parts of `size`, the last one smaller.

    >>> _split(25, 10)
    [10, 10, 5]
    """
    return [min(size, total - start) for start in range(0, total, size)]
