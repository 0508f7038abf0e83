"""One piece's way to its verdict. Read this first.

Frame -> check -> prepare -> detect -> look -> name -> Findings     `inspect`: a camera's frame; any thread, any order
Findings -> plausible in sequence -> join -> place on the web -> Sight     `follow`: one thread, in the camera's order
Sights of all cameras -> fuse -> decide -> Judgement                `conclude`: one thread, in the order of the web
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Frame
from inspection.errors import ScoresError
from inspection.judging import uninspected
from inspection.judging.decide import RULES, decide, decide_along, storm_reason
from inspection.judging.findings import Carried, Findings, Judgement
from inspection.judging.fusing import Fused, alone, fuse, reasons_of_one
from inspection.judging.joining import OpenObject, gone_on, join, open_objects
from inspection.judging.memory import Memory
from inspection.judging.name_classifier import NameClassifier
from inspection.judging.naming import named, renamed
from inspection.judging.severity import severity_in
from inspection.judging.sight import (
    PieceInHand,
    SeenObject,
    Sight,
    Unseen,
    across_of,
    is_its_frame,
    is_on,
    piece_of,
    seen_objects,
    unseen_in,
)
from inspection.judging.view_names import ViewNames
from inspection.model.detectors import open_detector
from inspection.model.fit import check_fit
from inspection.model.shelf import Model
from inspection.recipe.recipe import Recipe
from inspection.values import Artefact, Defect, Reason, Sighting, Span, Verdict, guilty_of
from inspection.vision.candidates import Storm
from inspection.vision.checks.doubt import Doubt, is_explained
from inspection.vision.checks.exposure import doubts
from inspection.vision.checks.line_prints import Prints, line_prints, places_in
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
from inspection.vision.placement import Placement
from inspection.vision.prepare import FlatField, prepare
from inspection.vision.references import References
from inspection.vision.stopwatch import Stopwatch

_SIDE_PX = 1
"""An object that ends within so many columns of the image's side may go on beyond it."""


class Pipeline:
    """Recipe, model and references made ready. Immutable: several threads may call `inspect` at once."""

    def __init__(
        self,
        recipe: Recipe,
        model: Model,
        references: References | None = None,
        *,
        place: Placement | None = None,
        names: ViewNames | None = None,
        intra_threads: int = 1,
    ) -> None:
        """`place`: the camera's, on a web that several cameras see; None: its image is the web. `names`: what names
        objects by what all views saw of them; it is kept here for `conclude`.

        Raises RecipeError when recipe and model do not go together, ModelError when the graph is broken.
        """
        self._place = place or Placement(recipe.lead)
        self._web_recipe = recipe
        recipe = recipe.through(self._place.view, self._place.lanes_seen(recipe.layout))
        check_fit(recipe, model)
        cv2.setNumThreads(1)  # Parallel are the frames, not the parts of one.
        self._recipe = recipe
        self._model = model
        self._flat_field = FlatField(references) if references else None
        self._references_width_px = references.width_px if references else None
        self._web_names = names
        self._setup_sha256 = setup_sha256(recipe.artefact, model.artefact, references, names)
        self._thresholds = model.card.thresholds | recipe.model.thresholds
        self._names = NameClassifier(model.card.names) if model.card.names else None
        self._detector = open_detector(model.card, model.onnx, intra_threads=intra_threads)

    @property
    def recipe(self) -> Recipe:
        """The rules for what this camera sees: its view, and lanes as they lie in its image."""
        return self._recipe

    @property
    def web_recipe(self) -> Recipe:
        """The rules for the web: all views, and lanes as they lie on it."""
        return self._web_recipe

    @property
    def web_names(self) -> ViewNames | None:
        """What names objects on the web by what all views saw of them."""
        return self._web_names

    @property
    def place(self) -> Placement:
        """Where the camera looks at the web."""
        return self._place

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
        likely = tuple(measured.scores for measured in found)
        return _findings(frame, watch, seen, defects=defects, scores=likely, doubts=unsure)

    def follow(self, findings: Findings, carried: Carried) -> tuple[Sight, Carried]:
        """What a frame shows of the web, given what the frames before it left; and what it leaves for the next ones."""
        before = (findings.frame_id, findings.start_mm, findings.length_mm)
        seen = carried.seen
        if findings.prints is not None:
            seen = seen.and_also(findings.frame_id, findings.prints)
        sight, left_open = self._followed(findings, carried)
        return sight, Carried(before, left_open, seen)

    def conclude(self, findings: Findings, carried: Carried) -> tuple[Judgement, Carried]:
        """The verdict on a frame of which nothing but this camera knows: it is the piece."""
        watch = Stopwatch(findings.stage_ms)
        with watch.stage("decide"):
            sight, left = self.follow(findings, carried)
            judgement, _ = conclude(PieceInHand((piece_of(sight),), (sight,)), self._recipe, {})
        return replace(judgement[0], stage_ms=watch.stage_ms), left

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

    def _followed(self, findings: Findings, carried: Carried) -> tuple[Sight, tuple[OpenObject, ...]]:
        rules = self._recipe.image
        problem = findings.problem or check_sequence(findings.frame_id, findings.start_mm, carried.before, rules)
        if problem is None and findings.prints is not None:
            problem = check_copies(findings.frame_id, findings.prints, carried.seen, rules)
        if problem is not None:
            return self._sight(findings, unseen=(problem,)), ()
        if findings.storm is not None:
            unseen = self._unseen(findings, (), ()) if findings.doubts else ()
            storm = None if unseen else storm_reason(findings.storm, self._recipe)
            return self._sight(findings, unseen=unseen, storm=storm), ()
        pitch_x_um, pitch_y_um = findings.pitch_x_um, findings.pitch_y_um
        defects, hulls = join(findings.defects, carried.open_objects, pitch_x_um / 1000.0, pitch_y_um / 1000.0)
        _, reasons = decide(defects, self._recipe, max(pitch_x_um, pitch_y_um))
        unseen = self._unseen(findings, defects, reasons)
        goes_on = gone_on(findings.defects, carried.open_objects)
        sight = self._sight(findings, unseen=unseen, defects=defects, goes_on=goes_on)
        return sight, () if unseen else open_objects(defects, findings.image.shape[0], hulls)

    def _sight(
        self,
        findings: Findings,
        *,
        unseen: tuple[Reason, ...],
        storm: Reason | None = None,
        defects: Sequence[Defect] = (),
        goes_on: frozenset[int] = frozenset(),
    ) -> Sight:
        place, pitch_um = self._place, max(findings.pitch_x_um, findings.pitch_y_um)
        width_px = findings.shape[1]
        width_mm = width_px * findings.pitch_x_um / 1000.0
        objects = tuple(
            SeenObject(
                Sighting(place.view, findings.frame_id, place.placed(defect, self._web_recipe.layout), scores),
                place.rect(defect, findings.start_mm, findings.pitch_x_um, findings.pitch_y_um),
                pitch_um,
                self._recipe.image.psf_sigma_px * pitch_um / 1000.0,
                is_cut=defect.reaches_trailing_edge
                or defect.box.left <= _SIDE_PX
                or defect.box.right >= width_px - _SIDE_PX,
                is_mirrored=place.is_mirrored,
            )
            for defect, scores in zip(defects, findings.scores, strict=False)
        )
        return Sight(
            place.view,
            findings.frame_id,
            place.span(findings.start_mm, findings.length_mm, width_mm),
            place.field(width_mm),
            unseen,
            storm,
            objects,
            goes_on,
            findings.stage_ms,
        )

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


def conclude(
    in_hand: PieceInHand,
    recipe: Recipe,
    memories: Mapping[int | None, Memory],
    names: ViewNames | None = None,
) -> tuple[tuple[Judgement, ...], Mapping[int | None, Memory]]:
    """The verdicts on a stretch of web, one for each of its pieces; and what the rules keep in mind after it, by lane.

    Nothing is accepted of which a required view has not seen all, nor what one camera alone would have had rejected.
    `names`: what names objects by what all views saw of them.
    """
    span, seen = seen_objects(in_hand)
    objects = _objects(in_hand, recipe, span, seen, names)
    unseen = [Unseen(reason, sight.across) for sight in in_hand.sights for reason in unseen_in(sight, recipe)]
    storms = [(sight.storm, sight.across) for sight in in_hand.sights if sight.storm is not None]
    shown = {sight.view for sight in in_hand.sights}
    blind = [name for name, view in recipe.views.items() if view.is_required and name not in shown]
    judgements, after = [], dict(memories)
    for piece in in_hand.pieces:
        across = across_of(piece.lane, recipe.layout)
        here = [each for each in objects if is_on(each.across, piece.lane, recipe.layout)]
        defects = [each.defect for each in here]
        memory = memories.get(piece.lane, Memory.START)
        verdict, reasons, known = decide_along(defects, recipe, [each.pitch_um for each in here], memory)
        if verdict is Verdict.ACCEPT and len(seen) > 1 and (by_one := reasons_of_one(seen, here, recipe, span)):
            verdict, reasons = Verdict.REJECT, by_one
        stormy = tuple(storm for storm, field_ in storms if across is None or field_.meets(across))
        if stormy and verdict is not Verdict.UNINSPECTED:
            verdict, reasons = Verdict.REJECT, (*stormy, *reasons)
        not_seen = tuple(each.reason for each in (*unseen, *in_hand.missing) if each.concerns(across))
        if blind and not not_seen:  # whoever says so: without a look nothing is accepted
            not_seen = (uninspected.not_shown(blind[0]),)
        if not_seen:
            verdict, reasons = Verdict.UNINSPECTED, (*not_seen, *reasons)
        judgements.append(Judgement(verdict, reasons, tuple(defects)))
        after[piece.lane] = memory.after_gap(RULES) if not_seen or stormy else known
    return tuple(judgements), after


def _objects(
    in_hand: PieceInHand,
    recipe: Recipe,
    span: Span | None,
    seen: Mapping[str, Sequence[SeenObject]],
    names: ViewNames | None,
) -> list[Fused]:
    """What lies on a stretch, each object once, whoever saw it."""
    if len(seen) > 1:
        joints_mm = {name: view.image.max_encoder_gap_mm or 0.0 for name, view in recipe.views.items()}
        return fuse(
            seen, recipe, span, lambda view, rect: in_hand.was_seen(view, rect, joints_mm.get(view, 0.0)), names
        )
    is_own = is_its_frame(in_hand)
    return [alone(each, span, is_in_own_frame=is_own) for each in next(iter(seen.values()), [])]


def setup_sha256(
    recipe: Artefact, model: Artefact, references: References | None, names: ViewNames | None = None
) -> str:
    """One hash over all that judges: SHA-256 over the lines `recipe HASH`, `model HASH` and, with references,
    `references HASH`, with a classifier of names `names HASH`. The model's is its card's, which holds its graph's.

    >>> setup_sha256(Artefact("anode", "1.0", "a" * 64), Artefact("electrode", "1.0", "b" * 64), None)[:12]
    'c83f44ed1fd7'
    """
    parts = [("recipe", recipe.sha256), ("model", model.sha256)]
    if references is not None:
        parts.append(("references", references.sha256))
    if names is not None:
        parts.append(("names", names.artefact.sha256))
    return hashlib.sha256("".join(f"{role} {sha256}\n" for role, sha256 in parts).encode()).hexdigest()


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
    scores: tuple[Mapping[str, float], ...] = (),
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
        shape=(frame.pixels.shape[0], frame.pixels.shape[1] if frame.pixels.ndim > 1 else 0),
        image=np.zeros((0, 0), np.uint8) if seen is None else seen.image,
        defects=defects,
        scores=scores,
        problem=problem,
        storm=storm,
        prints=None if seen is None else seen.prints,
        doubts=doubts,
        product_columns=() if seen is None else seen.product_columns,
        stage_ms=watch.stage_ms,
    )
