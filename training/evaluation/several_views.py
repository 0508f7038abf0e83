"""Several views of one simulated web, judged piece by piece as the station fuses them, and each view by itself."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import cv2

from camera.frame import Frame, FrameId
from camera.web.settings import Material, PlantingRate, View
from camera.web.truth import PlantedObject
from camera.web.web import SimulatedWeb
from inspection.judging.findings import Carried, Judgement
from inspection.judging.memory import Memory
from inspection.judging.sight import PieceInHand, Sight, piece_of
from inspection.judging.view_names import ViewNames
from inspection.model.shelf import Model, find_model
from inspection.pipeline import Pipeline, conclude
from inspection.quality.score_sheet import ScoreSheet, objects_about
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.station.setup import names_of
from inspection.values import Severity, Verdict
from inspection.vision.placement import Placement
from training.errors import DataError
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange, webs_of_views

FUSED = "fused"
"""What all views say together; the others are called by their light."""
BLOCKS_PER_WEB = 10


@dataclass(frozen=True, slots=True)
class DueObject:
    """An object that some view shows well enough, and that has to be rejected."""

    key: str
    kind: str
    is_safety: bool
    is_found: bool
    named: str | None
    """What it was called; None where it was not found."""


@dataclass(slots=True)
class Pieces:
    """What became of the pieces of webs, by all views or by one alone."""

    due: list[DueObject] = field(default_factory=list)
    """Those that any view shows well enough."""
    due_here: list[bool] = field(default_factory=list)
    """Whether found, of those that this view itself shows well enough."""
    good: dict[str, bool] = field(default_factory=dict)
    """Pieces without a defect in any view: whether rejected."""
    false_kinds: Counter[str] = field(default_factory=Counter)
    """What was measured on those that were."""
    uninspected: Counter[str] = field(default_factory=Counter)

    def take(self, other: "Pieces") -> "Pieces":
        """What the other ones have, too."""
        self.due += other.due
        self.due_here += other.due_here
        self.good |= other.good
        self.false_kinds += other.false_kinds
        self.uninspected += other.uninspected
        return self


@dataclass(frozen=True, slots=True)
class SeveralViews:
    """A recipe with several views, and all that judges by it."""

    recipe: Recipe
    models: Mapping[str, Model]
    """By view."""
    pipelines: Mapping[str, Pipeline]
    """By view, each at the same place."""
    names: ViewNames | None

    @classmethod
    def load(cls, recipe: Recipe, models_dir: Path, *, without_names: bool = False) -> "SeveralViews":
        """Raises ModelError or RecipeError, as the station's start does."""
        models = {
            name: find_model(models_dir, view.model.name, view.model.sha256) for name, view in recipe.views.items()
        }
        names = None if without_names else names_of(recipe, models, models_dir)
        pipelines = {name: Pipeline(recipe, models[name], place=Placement(name), names=names) for name in recipe.views}
        return cls(recipe, models, pipelines, names)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What all models together can find, nuisance included."""
        return tuple(dict.fromkeys(kind for model in self.models.values() for kind in model.card.kinds))

    def sights(
        self, webs: Mapping[str, SimulatedWeb], block: int, carried: Mapping[str, Carried]
    ) -> tuple[dict[str, Sight], dict[str, Carried]]:
        """What each view shows of a block, and what it leaves for the next one."""
        seen, left = {}, {}
        for name, pipeline in self.pipelines.items():
            findings = pipeline.inspect(_frame_of(webs[name], name, block))
            seen[name], left[name] = pipeline.follow(findings, carried[name])
        return seen, left

    def judged(
        self, sights: Mapping[str, Sight], memories: Mapping[int | None, Memory]
    ) -> tuple[Judgement, Mapping[int | None, Memory]]:
        """The verdict on the piece that these show."""
        piece = replace(piece_of(sights[self.recipe.lead]), number=1)
        in_hand = PieceInHand((piece,), tuple(sights.values()))
        judgements, after = conclude(in_hand, self.recipe, memories, self.names)
        return judgements[0], after


def recipe_of_views(material: Material, views: Sequence[View]) -> Recipe:
    """The shipped recipe for a material in these very lights. Raises DataError where there is none."""
    wanted = sorted(view.value for view in views)
    shipped = [recipe for path in shipped_recipe_paths() if len((recipe := Recipe.load(path)).views) > 1]
    for recipe in shipped:
        if recipe.material == material.value and sorted(view.light for view in recipe.views.values()) == wanted:
            return recipe
    there = "; ".join(f"{each.material} in {', '.join(v.light for v in each.views.values())}" for each in shipped)
    raise DataError(
        f"--views {','.join(wanted)}: no recipe is shipped for {material.value} in these lights together, only for "
        f"{there or 'single ones'}. Choose among these."
    )


def evaluate_views(
    recipe: Recipe,
    models_dir: Path,
    blocks: int,
    *,
    severity: PlantingRate,
    kinds: tuple[str, ...] = (),
    purpose: SeedRange = SeedRange.EVALUATION,
    workers: int = 1,
    report: Callable[[int], None] = lambda _: None,
) -> dict[str, Pieces]:
    """Judge `blocks` blocks, a fresh web every ten: by all views together (FUSED) and by each alone, by its name.

    `kinds`: plant these, nuisance too; none: those that the models name. `report`: is told of blocks done. Raises
    ModelError or RecipeError.
    """
    counts = [min(BLOCKS_PER_WEB, blocks - start) for start in range(0, blocks, BLOCKS_PER_WEB)]
    jobs = [(recipe, models_dir, purpose, number, count, kinds, severity) for number, count in enumerate(counts)]
    results: list[dict[str, Pieces]] = []
    if workers <= 1:
        for job in jobs:
            results.append(judge_web(*job))
            report(job[4])
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            asked = {pool.submit(judge_web, *job): job for job in jobs}
            for future in as_completed(asked):
                results.append(future.result())
                report(asked[future][4])
    return {
        arrangement: reduce(Pieces.take, (each[arrangement] for each in results), Pieces())
        for arrangement in (FUSED, *recipe.views)
    }


def judge_web(
    recipe: Recipe,
    models_dir: Path,
    purpose: SeedRange,
    number: int,
    blocks: int,
    kinds: tuple[str, ...] = (),
    severity: PlantingRate = PlantingRate.NORMAL,
) -> dict[str, Pieces]:
    """The first blocks of one web; as for `evaluate_views`."""
    cv2.setNumThreads(1)
    views = SeveralViews.load(recipe, models_dir)
    webs = webs_of_recipe(recipe, purpose, number, kinds or views.kinds, severity)
    name = f"{recipe.material}/{number}"
    arrangements = (FUSED, *recipe.views)
    found = {each: Pieces() for each in arrangements}
    own = {each: recipe if each == FUSED else views.pipelines[each].recipe for each in arrangements}
    sheets = {each: ScoreSheet(own[each], PITCH_UM) for each in arrangements}
    own_sheets = {each: ScoreSheet(own[each], PITCH_UM) for each in recipe.views}
    memories: dict[str, Mapping[int | None, Memory]] = {each: {} for each in arrangements}
    carried = dict.fromkeys(recipe.views, Carried.START)
    for block in range(blocks):
        first_line = block * BLOCK_LINES
        planted = {view: objects_about(web, first_line, BLOCK_LINES) for view, web in webs.items()}
        plain = plainest(planted.values(), sheets[FUSED])
        sights, carried = views.sights(webs, block, carried)
        for each in arrangements:
            if each == FUSED:
                judgement, memories[each] = views.judged(sights, memories[each])
            else:
                in_hand = PieceInHand((piece_of(sights[each]),), (sights[each],))
                judgements, memories[each] = conclude(in_hand, own[each], memories[each])
                judgement = judgements[0]
                own_sheets[each].add(first_line, BLOCK_LINES, planted[each], judgement.verdict, judgement.defects)
            sheets[each].add(first_line, BLOCK_LINES, plain, judgement.verdict, judgement.defects)
            _note(found[each], f"{name}/{block}", judgement, is_good=all(p.is_nuisance for p in plain))
    for each in arrangements:
        found[each].due = [
            DueObject(
                f"{name}/{outcome.planted.key}",
                outcome.planted.kind,
                recipe.limit_for(outcome.planted.kind).severity is Severity.S1,
                outcome.was_found,
                outcome.named if outcome.was_found else None,
            )
            for outcome in sheets[each].outcomes
            if outcome.is_due
        ]
        sheet = sheets[each] if each == FUSED else own_sheets[each]
        found[each].due_here = [outcome.was_found for outcome in sheet.outcomes if outcome.is_due]
    return found


def webs_of_recipe(
    recipe: Recipe, purpose: SeedRange, number: int, kinds: tuple[str, ...], severity: PlantingRate
) -> dict[str, SimulatedWeb]:
    """The same web in the light of each of a recipe's views, by its name."""
    lights = tuple(View(view.light.value) for view in recipe.views.values())
    webs = webs_of_views(purpose, number, Material(recipe.material), lights, kinds, severity)
    return dict(zip(recipe.views, webs, strict=True))


def plainest(planted: Iterable[Sequence[PlantedObject]], sheet: ScoreSheet) -> list[PlantedObject]:
    """Each object once, of several views as the one shows it in which it is rejected, or most visible."""
    best: dict[str, tuple[tuple[bool, float], PlantedObject]] = {}
    for objects in planted:
        for each in objects:
            rank = (sheet.must_be_rejected(each), each.snr)
            if each.key not in best or rank > best[each.key][0]:
                best[each.key] = (rank, each)
    return [each for _, each in best.values()]


def _note(pieces: Pieces, name: str, judgement: Judgement, *, is_good: bool) -> None:
    if judgement.verdict is Verdict.UNINSPECTED:
        pieces.uninspected[judgement.reasons[0].rule] += 1
    elif is_good:
        pieces.good[name] = judgement.verdict is Verdict.REJECT
        if pieces.good[name]:
            pieces.false_kinds[judgement.reasons[0].kind or judgement.reasons[0].rule] += 1


def _frame_of(web: SimulatedWeb, camera: str, number: int) -> Frame:
    pitch_um = web.settings.pixel_pitch_um
    return Frame(
        id=FrameId(camera, 1, number),
        pixels=web.render(number * BLOCK_LINES, BLOCK_LINES),
        bit_depth=web.settings.bit_depth,
        pixel_pitch_x_um=pitch_um,
        pixel_pitch_y_um=pitch_um,
        position_mm=number * BLOCK_LINES * pitch_um / 1000.0,
        exposure_us=None,
        captured_utc=datetime.now(UTC),
        captured_ns=0,
    )
