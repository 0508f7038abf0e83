"""One frame's way to its verdict. Read this first.

Frame -> check -> prepare -> detect -> look -> name -> Findings          `inspect`: any thread, any order
Findings -> plausibility in sequence -> join -> decide -> Judgement      `conclude`: one thread, in frame order
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame, FrameId
from inspection.errors import RecipeError, ScoresError
from inspection.judging.decide import RULES, decide_along, storm_reason
from inspection.judging.joining import OpenObject, join, open_objects
from inspection.judging.memory import Memory
from inspection.judging.name_classifier import NameClassifier
from inspection.judging.naming import named, renamed
from inspection.judging.severity import severity_in
from inspection.model.detectors import open_detector
from inspection.model.shelf import Model, is_pinned
from inspection.recipe.recipe import Recipe
from inspection.values import Artefact, Defect, Reason, Verdict, guilty_of
from inspection.vision.candidates import Storm
from inspection.vision.checks.doubt import Doubt, is_explained
from inspection.vision.checks.exposure import doubts
from inspection.vision.checks.line_prints import Prints, Remembered, line_prints, places_in
from inspection.vision.checks.plausibility import (
    check_copies,
    check_frame,
    check_hidden,
    check_level,
    check_lines,
    check_sequence,
    doubt_reason,
    known_levels_dn,
    product_columns,
    scores_reason,
)
from inspection.vision.look import LookSetup, Measured, look
from inspection.vision.prepare import FlatField, prepare
from inspection.vision.references import References
from inspection.vision.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Findings:
    """What one frame shows by itself."""

    frame_id: FrameId
    start_mm: float
    length_mm: float
    pitch_x_um: float
    pitch_y_um: float
    image: NDArray[np.uint8] = field(repr=False)
    """(height, width) as prepared; empty (0, 0) when the frame could not be prepared."""
    defects: tuple[Defect, ...]
    """Measured in this frame alone."""
    problem: Reason | None
    """Why the frame can't be judged, None if it can."""
    storm: int | None
    """Number of places that look defective when there were too many to look at; None when each was."""
    prints: Prints | None = field(repr=False)
    """To know its lines again; None when the frame could not be prepared."""
    doubts: tuple[Doubt, ...]
    """Places that look as if nobody had seen them, unless an object that was found there explains it."""
    product_columns: tuple[tuple[int, int], ...]
    """(first, end) column of each lane, end excluded."""
    stage_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one frame, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Empty only for ACCEPT."""
    defects: tuple[Defect, ...]
    """All that was measured, joined over the border to the frame before."""
    stage_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a frame leaves for the next ones of its camera: objects at the border, encoder position, its lines."""

    before: tuple[FrameId, float, float] | None = None
    """Id, start and length in mm of the last frame with pixels; None at the start."""
    open_objects: tuple[OpenObject, ...] = ()
    seen: Remembered = field(default_factory=Remembered)
    """Lines of the last frames, the newest last."""
    memory: Memory = Memory.START
    """What the rules keep in mind along the web."""

    START: ClassVar["Carried"]
    """Nothing seen yet."""

    def after_loss(self) -> "Carried":
        """What remains after a frame that nobody saw: nothing can be joined over the gap."""
        return replace(self, open_objects=(), memory=self.memory.after_gap(RULES))


Carried.START = Carried()


class Pipeline:
    """Recipe, model and references made ready. Immutable: several threads may call `inspect` at once."""

    def __init__(
        self, recipe: Recipe, model: Model, references: References | None = None, *, intra_threads: int = 1
    ) -> None:
        """Raises RecipeError when recipe and model do not go together, ModelError when the graph is broken."""
        check_fit(recipe, model)
        cv2.setNumThreads(1)  # Parallel are the frames, not the parts of one.
        self._recipe = recipe
        self._model = model
        self._flat_field = FlatField(references) if references else None
        self._references_width_px = references.width_px if references else None
        self._setup_sha256 = setup_sha256(recipe.artefact, model.artefact, references)
        self._thresholds = model.card.thresholds | recipe.model.thresholds
        self._names = NameClassifier(model.card.names) if model.card.names else None
        self._detector = open_detector(model.card, model.onnx, intra_threads=intra_threads)

    @property
    def recipe(self) -> Recipe:
        """The rules."""
        return self._recipe

    @property
    def recipe_artefact(self) -> Artefact:
        """Name, version and hash of the recipe."""
        return self._recipe.artefact

    @property
    def model_artefact(self) -> Artefact:
        """Name, version and hash of the model."""
        return self._model.artefact

    @property
    def references_width_px(self) -> int | None:
        """Columns of the camera's references; None without."""
        return self._references_width_px

    @property
    def setup_sha256(self) -> str:
        """One hash over all that judges: see `setup_sha256`."""
        return self._setup_sha256

    def inspect(self, frame: Frame) -> Findings:
        """All that one frame shows by itself. A frame that can't be judged comes back with its problem."""
        watch = Stopwatch()
        with watch.stage("prepare"):
            problem = check_frame(frame, self._recipe.image, self._model.card, self._references_width_px)
            if problem is not None:
                return _findings(frame, watch, problem=problem)
            image = prepare(frame.pixels, frame.bit_depth, self._flat_field)
            lanes = tuple(product_columns(frame, self._recipe.layout))
            seen = _Seen(image, line_prints(image, places_in(lanes)), lanes)
            problem, unsure = self._check_exposure(frame, seen)
            if problem is not None:
                return _findings(frame, watch, seen, problem=problem)
        with watch.stage("detect"):
            try:
                scores = self._detector.scores(image)
            except ScoresError as error:
                return _findings(frame, watch, seen, problem=scores_reason(frame.id, self._model.card, error))
        found = look(image, scores, self._look_setup(frame), watch=watch)
        if isinstance(found, Storm):
            return _findings(frame, watch, seen, doubts=unsure, storm=found.candidates)
        with watch.stage("measure"):
            coarser_um = max(frame.pixel_pitch_x_um, frame.pixel_pitch_y_um)
            defects = tuple(self._named(measured, coarser_um) for measured in found)
        return _findings(frame, watch, seen, defects=defects, doubts=unsure)

    def conclude(self, findings: Findings, carried: Carried) -> tuple[Judgement, Carried]:
        """The verdict on a frame, given what the frames before it left; and what it leaves for the next ones."""
        watch = Stopwatch(findings.stage_ms)
        with watch.stage("decide"):
            judgement, left_open, memory = self._judge(findings, carried)
        before = (findings.frame_id, findings.start_mm, findings.length_mm)
        seen = carried.seen
        if findings.prints is not None:
            seen = seen.and_also(findings.frame_id, findings.prints)
        return replace(judgement, stage_ms=watch.stage_ms), Carried(before, left_open, seen, memory)

    def _check_exposure(self, frame: Frame, seen: "_Seen") -> tuple[Reason | None, tuple[Doubt, ...]]:
        """What makes a prepared frame unfit to be judged, None if nothing does; and what only an object can explain."""
        card = self._model.card
        known_dn = known_levels_dn(self._recipe.image, card)
        problem = check_level(frame, seen.image, self._recipe, card)
        if problem is None:
            problem = check_lines(frame.id, seen.image, seen.prints, places_in(seen.product_columns), known_dn[1])
        if problem is not None:
            return problem, ()
        unsure = doubts(seen.image, seen.product_columns, card.least_texture, card.least_noise, known_dn)
        hopeless = next((doubt for doubt in unsure if not doubt.may_be_explained), None)
        return None if hopeless is None else doubt_reason(frame.id, hopeless), unsure

    def _look_setup(self, frame: Frame) -> LookSetup:
        card = self._model.card
        return LookSetup(
            kinds=card.kinds,
            thresholds=self._thresholds,
            stride=card.stride,
            max_candidates=self._recipe.storm.max_candidates,
            psf_sigma_px=self._recipe.image.psf_sigma_px,
            layout=self._recipe.layout,
            pitch_x_um=frame.pixel_pitch_x_um,
            pitch_y_um=frame.pixel_pitch_y_um,
            start_mm=frame.position_mm,
        )

    def _named(self, measured: Measured, coarser_um: float) -> Defect:
        scores = measured.scores
        defect = named(measured.defect, scores, self._thresholds, self._recipe, coarser_um)
        defect = renamed(defect, scores, self._names, self._recipe, coarser_um)
        return replace(defect, severity=severity_in(self._recipe, defect.kind))

    def _judge(self, findings: Findings, carried: Carried) -> tuple[Judgement, tuple[OpenObject, ...], Memory]:
        after_gap = carried.memory.after_gap(RULES)
        rules = self._recipe.image
        problem = findings.problem or check_sequence(findings.frame_id, findings.start_mm, carried.before, rules)
        if problem is None and findings.prints is not None:
            problem = check_copies(findings.frame_id, findings.prints, carried.seen, rules)
        if problem is not None:
            return Judgement(Verdict.UNINSPECTED, (problem,), ()), (), after_gap
        if findings.storm is not None:
            if findings.doubts:
                return Judgement(Verdict.UNINSPECTED, self._unseen(findings, (), ()), ()), (), after_gap
            return Judgement(Verdict.REJECT, (storm_reason(findings.storm, self._recipe),), ()), (), after_gap
        pitch_x_um, pitch_y_um = findings.pitch_x_um, findings.pitch_y_um
        defects, hulls = join(findings.defects, carried.open_objects, pitch_x_um / 1000.0, pitch_y_um / 1000.0)
        pitch_um = max(pitch_x_um, pitch_y_um)
        verdict, reasons, memory = decide_along(defects, self._recipe, pitch_um, carried.memory)
        if unseen := self._unseen(findings, defects, reasons):
            return Judgement(Verdict.UNINSPECTED, (*unseen, *reasons), tuple(defects)), (), after_gap
        left_open = open_objects(defects, findings.image.shape[0], hulls)
        return Judgement(verdict, reasons, tuple(defects)), left_open, memory

    def _unseen(self, findings: Findings, defects: Sequence[Defect], reasons: Sequence[Reason]) -> tuple[Reason, ...]:
        """Why nobody saw a part of the web, in spite of all that was found; empty if all was seen."""
        found = [defect.box for defect in defects]
        rejected = [found[place] for place in guilty_of(reasons)]
        for doubt in findings.doubts:
            if not is_explained(doubt, found, rejected):
                return (doubt_reason(findings.frame_id, doubt),)
        if reasons:
            return ()
        shape, most = findings.image.shape, self._recipe.image.max_hidden_share
        hidden = check_hidden(findings.frame_id, defects, findings.product_columns, shape, most)
        return () if hidden is None else (hidden,)


def setup_sha256(recipe: Artefact, model: Artefact, references: References | None) -> str:
    """One hash over all that judges: SHA-256 over the lines `recipe HASH`, `model HASH` and, with references,
    `references HASH`. The model's is its card's, which holds its graph's.

    >>> setup_sha256(Artefact("anode", "1.0", "a" * 64), Artefact("electrode", "1.0", "b" * 64), None)[:12]
    'c83f44ed1fd7'
    """
    parts = [("recipe", recipe.sha256), ("model", model.sha256)]
    if references is not None:
        parts.append(("references", references.sha256))
    return hashlib.sha256("".join(f"{role} {sha256}\n" for role, sha256 in parts).encode()).hexdigest()


def check_fit(recipe: Recipe, model: Model) -> None:
    """Whether a recipe may use a model. Raises RecipeError with what does not match."""
    card, choice = model.card, recipe.model
    wrong = None
    if card.name != choice.name:
        wrong = f"it asks for model {choice.name!r}, this is {card.name!r}"
    elif choice.sha256 is not None and not is_pinned(card, choice.sha256):
        wrong = (
            f"it pins the model with SHA-256 {choice.sha256}, this one's card has {card.card_sha256} and its graph "
            f"{card.sha256}"
        )
    elif recipe.material not in card.materials:
        wrong = f"its material is {recipe.material}, the model knows {', '.join(card.materials)}"
    elif recipe.view not in card.views:
        wrong = f"its view is {recipe.view}, the model knows {', '.join(card.views)}"
    elif unknown := [kind for kind in choice.thresholds if kind not in card.kinds]:
        wrong = f"it sets thresholds for {', '.join(unknown)}, the model knows {', '.join(card.kinds)}"
    if wrong:
        raise RecipeError(
            f"Recipe {recipe.name} {recipe.version} does not go with model {card.name}-{card.version}: {wrong}. "
            "Choose the other recipe or the other model."
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A frame as prepared."""

    image: NDArray[np.uint8]
    prints: Prints
    product_columns: tuple[tuple[int, int], ...]


def _findings(
    frame: Frame,
    watch: Stopwatch,
    seen: _Seen | None = None,
    *,
    defects: tuple[Defect, ...] = (),
    doubts: tuple[Doubt, ...] = (),
    problem: Reason | None = None,
    storm: int | None = None,
) -> Findings:
    return Findings(
        frame_id=frame.id,
        start_mm=frame.position_mm,
        length_mm=frame.length_mm,
        pitch_x_um=frame.pixel_pitch_x_um,
        pitch_y_um=frame.pixel_pitch_y_um,
        image=np.zeros((0, 0), np.uint8) if seen is None else seen.image,
        defects=defects,
        problem=problem,
        storm=storm,
        prints=None if seen is None else seen.prints,
        doubts=doubts,
        product_columns=() if seen is None else seen.product_columns,
        stage_ms=watch.stage_ms,
    )
