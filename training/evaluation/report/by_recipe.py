"""Evidence from the station's own verdicts, recipe and all: on the images of a data set, or block by block of a web.

An object is asked for where it has to be rejected: visible, and by its true sizes above the recipe's limits. It is
found when an image that shows it is rejected and a defect was measured there. Of other objects that can be seen only
the sizes serve, to tell from which one on a defect is measured. What the station does not inspect counts nowhere else:
the line rejects it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame, FrameId
from camera.web.truth import PlantedObject
from inspection.judging.findings import Carried, Findings, Judgement
from inspection.model.card import ModelCard
from inspection.model.detectors import open_detector
from inspection.model.shelf import Model
from inspection.pipeline import Pipeline
from inspection.quality.score_sheet import ObjectOutcome, ScoreSheet
from inspection.recipe.recipe import Recipe
from inspection.recipe.views import ModelChoice
from inspection.values import Defect, Verdict, guilty_of
from inspection.values.kinds import KINDS, Shape, is_nuisance, kind_of
from inspection.vision.outline import outline, sides
from training.data import Item
from training.data.labels import INVISIBLE_SNR, Label, LabelledImage
from training.errors import DataError
from training.evaluation.report.evidence import (
    MISSED,
    UNNAMED,
    DataIdentity,
    Evidence,
    FalseAlarm,
    Picture,
    SeenImage,
    SeenObject,
)
from training.evaluation.report.photographs import photograph
from training.evaluation.report.speed import ENOUGH_IMAGES, network_mpx_s

BARELY_VISIBLE_SNR = 5.0
"""Objects from here to what counts as visible are counted apart."""
_BITS = 8
_NOTHING = "nothing"
"""What an accepted image is called."""


@dataclass(slots=True)
class Judged:
    """What the station made of images whose truth is known."""

    images: list[SeenImage] = field(default_factory=list)
    objects: list[SeenObject] = field(default_factory=list)
    false_alarms: list[FalseAlarm] = field(default_factory=list)
    good_mm2: float = 0.0
    """Area of the good images that were inspected."""
    uninspected: Counter[str] = field(default_factory=Counter)
    """Images that were not inspected, by the rule that says why."""

    @property
    def asked(self) -> list[SeenObject]:
        """Objects that have to be found."""
        return [each for each in self.objects if each.is_asked]

    def note(self, name: str, findings: Findings, judgement: Judgement, due: Iterable[str], *, is_good: bool) -> None:
        """One image. `due`: kinds on it for which it has to be rejected."""
        if judgement.verdict is Verdict.UNINSPECTED:
            self.uninspected[judgement.reasons[0].rule] += 1
            return
        is_rejected = judgement.verdict is Verdict.REJECT
        if is_good:
            self.good_mm2 += findings.image.size * findings.pitch_x_um * findings.pitch_y_um / 1e6
            if is_rejected:
                self.false_alarms += _false_alarms(name, findings.image, judgement)
        called = judgement.reasons[0].kind or judgement.reasons[0].rule if is_rejected else _NOTHING
        measured = tuple(sorted({each.kind for each in judgement.defects if not is_nuisance(each.kind)}))
        self.images.append(SeenImage(name, is_good, tuple(sorted({*due})), is_rejected, called, None, measured))

    def note_objects(
        self,
        name: str,
        sheet: ScoreSheet,
        picture: Callable[[PlantedObject], Picture],
        words: Callable[[PlantedObject], str] = lambda _: "",
    ) -> None:
        """What became of the objects on a sheet, at its end. `picture`, `words`: show and tell one that was missed."""
        self.objects += [
            _object(name, each, picture, words) for each in sheet.outcomes if each.planted.snr >= INVISIBLE_SNR
        ]

    def take(self, other: "Judged") -> None:
        """What the other one has, too."""
        self.images += other.images
        self.objects += other.objects
        self.false_alarms += other.false_alarms
        self.good_mm2 += other.good_mm2
        self.uninspected += other.uninspected


def evidence_of(
    model: Model,
    recipes: Iterable[str],
    judged: Judged,
    data: DataIdentity,
    timed: Sequence[NDArray[np.uint8]],
) -> Evidence:
    """For the report. `recipes`: names with versions; `timed`: images, (height, width) each, to time the network with.

    Raises DataError if the station inspected nothing.
    """
    if not judged.images:
        raise DataError(
            f"{data.name}: none of {judged.uninspected.total()} images was inspected: {_counted(judged.uninspected)}. "
            "Check that recipe and model are made for such images, and the pixel pitch."
        )
    return Evidence(
        model=replace(model.artefact, sha256=model.card.sha256),
        model_kinds=model.card.kinds,
        data=data,
        unit="mm",
        operating_point=f"as the station judges by recipe {', '.join(dict.fromkeys(recipes))}",
        threshold=None,
        images=tuple(judged.images),
        objects=tuple(judged.objects),
        false_alarms=tuple(judged.false_alarms),
        good_area=judged.good_mm2 / 1e6,
        mpx_s=network_mpx_s(open_detector(model.card, model.onnx), timed),
        uninspected=dict(judged.uninspected.most_common()),
    )


def asking_for(card: ModelCard, recipe: Recipe) -> Recipe:
    """The recipe as if it had been written for this model: a pinned file, and another one's thresholds don't matter."""
    thresholds = recipe.model.thresholds if recipe.model.name == card.name else {}
    return recipe.model_copy(update={"model": ModelChoice(name=card.name, thresholds=thresholds)})


def inspect_alone(
    pipeline: Pipeline, pixels: NDArray[np.uint8], pitch_um: float, number: int = 0
) -> tuple[Findings, Judgement]:
    """One image, (height, width), as if nothing came before it. `number`: of several."""
    frame = Frame(FrameId("images", 1, number), pixels, _BITS, pitch_um, pitch_um, 0.0, None, datetime.now(UTC), 0)
    findings = pipeline.inspect(frame)
    judgement, _ = pipeline.conclude(findings, Carried.START)
    return findings, judgement


def judge_by_recipe(
    model: Model,
    items: Sequence[Item],
    data: DataIdentity,
    recipe: Recipe,
    *,
    pitch_um: float | None = None,
    report: Callable[[], None] = lambda: None,
) -> Evidence:
    """Each image by itself through the station's pipeline; `report` is called after each.

    Raises DataError for what the items raise and where nobody knows the pixel pitch, RecipeError if recipe and model do
    not go together.
    """
    pipeline = Pipeline(asking_for(model.card, recipe), model)
    judged = Judged()
    timed: list[NDArray[np.uint8]] = []
    for number, item in enumerate(items):
        image = item.labelled()
        judged.take(_judge_item(pipeline, item, image, _pitch_of(item, pitch_um), number))
        if len(timed) < ENOUGH_IMAGES:
            timed.append(image.pixels)
        report()
    return evidence_of(model, [f"{recipe.name} {recipe.version}"], judged, data, timed)


def _judge_item(pipeline: Pipeline, item: Item, image: LabelledImage, pitch_um: float, number: int) -> Judged:
    findings, judgement = inspect_alone(pipeline, image.pixels, pitch_um, number)
    sheet = ScoreSheet(pipeline.recipe, pitch_um)
    planted = [
        _planted(label, f"{item.name}#{index}", pitch_um / 1000.0)
        for index, label in enumerate(image.labels)
        if label.is_sure and not is_nuisance(label.kind)
    ]
    sheet.add(0, image.pixels.shape[0], planted, judgement.verdict, judgement.defects)
    judged = Judged()
    is_unmarked = not item.is_good and not image.labels
    due = item.kinds if is_unmarked else [each.kind for each in planted if sheet.must_be_rejected(each)]
    is_known = all(label.is_sure or is_nuisance(label.kind) for label in image.labels)
    judged.note(item.name, findings, judgement, due, is_good=item.is_good and is_known)
    judged.note_objects("", sheet, lambda missed: photograph(image.pixels, Label.of(missed, 0)))
    if is_unmarked and judged.images:
        (seen,) = judged.images
        kind = item.kinds[0] if item.kinds else UNNAMED
        called = seen.called if seen.is_rejected else MISSED
        judged.objects.append(SeenObject(item.name, kind, item.name, None, seen.is_rejected, called, None))
    return judged


def _pitch_of(item: Item, pitch_um: float | None) -> float:
    pitch = pitch_um or item.pixel_pitch_um
    if pitch is None:
        raise DataError(
            f"{item.name}: nobody says how large its pixels are, and a recipe's limits are in mm. Give --pitch-um."
        )
    return pitch


def _planted(label: Label, key: str, pitch_mm: float) -> PlantedObject:
    """A labelled object, its sizes those of the mask."""
    count = int(np.count_nonzero(label.mask))
    length_mm, width_mm = (side * pitch_mm for side in sides(outline(label.mask)))
    area_mm2 = count * pitch_mm**2
    if label.kind in KINDS and kind_of(label.kind).shape is Shape.THIN:
        width_mm = area_mm2 / length_mm
    rows, columns = np.nonzero(label.mask)
    return PlantedObject(
        kind=label.kind,
        key=key,
        md_mm=(label.top_px + float(rows.mean()) + 0.5) * pitch_mm,
        cd_mm=(label.left_px + float(columns.mean()) + 0.5) * pitch_mm,
        length_mm=length_mm,
        width_mm=width_mm,
        area_mm2=area_mm2,
        contrast_percent=label.contrast_percent,
        snr=label.snr,
        top_line=label.top_px,
        left_px=label.left_px,
        mask=label.mask,
    )


def _object(
    name: str,
    outcome: ObjectOutcome,
    picture: Callable[[PlantedObject], Picture],
    words: Callable[[PlantedObject], str],
) -> SeenObject:
    planted = outcome.planted
    is_found = outcome.was_found if outcome.is_due else outcome.was_seen
    is_missed = outcome.is_due and not is_found
    is_barely_visible = outcome.is_above_limits and not outcome.is_due and planted.snr >= BARELY_VISIBLE_SNR
    return SeenObject(
        key=f"{name}/{planted.key}" if name else planted.key,
        kind=planted.kind,
        image=name or planted.key.rpartition("#")[0],
        size=outcome.diameter_mm,
        is_found=is_found,
        called=(outcome.named or MISSED) if is_found else MISSED,
        score=None,
        picture=picture(planted) if is_missed else None,
        is_asked=outcome.is_due,
        barely_found=outcome.was_found if is_barely_visible else None,
        words=words(planted) if is_missed else "",
    )


def _false_alarms(name: str, pixels: NDArray[np.uint8], judgement: Judgement) -> list[FalseAlarm]:
    """The defects that a good image was rejected for; of a rejection without any (a storm), its rule."""
    culprits = [judgement.defects[place] for place in sorted(guilty_of(judgement.reasons))]
    if not culprits:
        return [FalseAlarm(name, judgement.reasons[0].rule, None, None)]
    return [FalseAlarm(name, each.kind, each.diameter_mm, each.score, _shown(pixels, each)) for each in culprits]


def _shown(pixels: NDArray[np.uint8], defect: Defect) -> Picture:
    """Photograph of a defect; the last rows of its mask are in this image."""
    top = defect.box.bottom - defect.mask.shape[0]
    return photograph(
        pixels, Label(defect.kind, top, defect.box.left, defect.mask, defect.snr, defect.contrast_percent)
    )


def _counted(rules: Counter[str]) -> str:
    return ", ".join(f"{rule} ({count})" for rule, count in rules.most_common())
