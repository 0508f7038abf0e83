"""Fits what names objects by what several views saw of them (`inspection.judging.view_names`).

It learns from simulated webs of the range for training, seen in each of a recipe's lights and judged as the station
does; only blocks with an object to reject are rendered, and every fifth web is kept to say how well it names.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.settings import PlantingRate
from inspection.judging.findings import Carried
from inspection.judging.naming import rejects
from inspection.judging.view_names import ViewNames, features_of_views, scaled
from inspection.model.names_card import NamedView, NamesCard
from inspection.quality.score_sheet import ScoreSheet, objects_about, touches
from inspection.recipe.recipe import Recipe
from inspection.values import Sighting
from inspection.values.kinds import Shape, kind_of
from training.errors import DataError
from training.evaluation.report.intervals import Proportion
from training.evaluation.several_views import SeveralViews, plainest, webs_of_recipe
from training.release.name_fitting import BLOCKS_PER_WEB, FEWEST_OF_A_KIND, KEPT, logistic, rounded
from training.simulation.webs import BLOCK_LINES, PITCH_UM, SeedRange

_LIMITS = (
    "It tells names apart, not good from bad: what is not rejected keeps its name, and no name is given under which an "
    "object would pass. Fitted to simulated web alone: fit it again with the line's own images' models."
)


@dataclass(frozen=True, slots=True)
class ViewSample:
    """An object that is rejected by what all views saw of it."""

    kind: str
    """What it is."""
    called: str
    """The gravest of the names that the views gave it."""
    features: NDArray[np.float64]
    web: int


def taught_views(views: SeveralViews) -> tuple[NamedView, ...]:
    """The recipe's views, each with the compact kinds that its model knows."""
    return tuple(
        NamedView(
            light=view.light,
            side=view.side,
            model=views.models[name].card.name,
            model_sha256=views.models[name].card.card_sha256,
            kinds=tuple(kind for kind in views.models[name].card.kinds if kind_of(kind).shape is Shape.BLOB),
        )
        for name, view in views.recipe.views.items()
    )


def gather_view_samples(
    recipe: Recipe, models_dir: Path, webs: int, *, workers: int = 1, report: Callable[[], None] = lambda: None
) -> list[ViewSample]:
    """What a recipe's views find on `webs` webs; `report` is called after each. Raises ModelError or RecipeError."""
    jobs = [(recipe, models_dir, number) for number in range(webs)]
    samples: list[ViewSample] = []
    if workers <= 1:
        for job in jobs:
            samples += samples_of_web(*job)
            report()
        return samples
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(samples_of_web, *zip(*jobs, strict=True)):
            samples += found
            report()
    return samples


def samples_of_web(recipe: Recipe, models_dir: Path, number: int) -> list[ViewSample]:
    """Rejected objects of one web whose name is known: they alone lie where they were seen."""
    cv2.setNumThreads(1)
    views = SeveralViews.load(recipe, models_dir, without_names=True)
    taught = taught_views(views)
    kinds = {kind for view in taught for kind in view.kinds}
    webs = webs_of_recipe(recipe, SeedRange.TRAINING, number, views.kinds, PlantingRate.DENSE)
    sheet = ScoreSheet(recipe, PITCH_UM)
    samples = []
    for block in range(BLOCKS_PER_WEB):
        first_line = block * BLOCK_LINES
        shown = plainest((objects_about(web, first_line, BLOCK_LINES) for web in webs.values()), sheet)
        planted = [each for each in shown if not each.is_nuisance]
        due = [each for each in planted if each.kind in kinds and sheet.must_be_rejected(each)]
        if not due:
            continue
        sights, _ = views.sights(webs, block, dict.fromkeys(recipe.views, Carried.START))
        judgement, _ = views.judged(sights, {})
        for defect in judgement.defects:
            if defect.kind not in kinds or not defect.sightings or not rejects(defect, recipe, PITCH_UM):
                continue
            there = [each for each in planted if touches(each, first_line, defect.box)]
            if len(there) == 1 and there[0] in due:
                seen = by_view(defect.sightings, tuple(recipe.views))
                samples.append(ViewSample(there[0].kind, defect.kind, features_of_views(seen, taught), number))
    return samples


def by_view(sightings: Iterable[Sighting], views: Sequence[str]) -> list[Sighting | None]:
    """The first sighting of each view, None where it has none."""
    found: dict[str, Sighting] = {}
    for each in sightings:
        found.setdefault(each.view, each)
    return [found.get(view) for view in views]


def fit_view_names(
    samples: Iterable[ViewSample], views: SeveralViews, name: str, version_: str, webs: int
) -> NamesCard:
    """The classifier, of those kinds that there are objects enough of. Raises DataError for fewer than two."""
    samples = list(samples)
    taught = taught_views(views)
    kinds = tuple(dict.fromkeys(kind for view in taught for kind in view.kinds))
    counts = {kind: sum(each.kind == kind for each in samples) for kind in kinds}
    enough = tuple(kind for kind in kinds if counts[kind] >= FEWEST_OF_A_KIND)
    if len(enough) < 2:
        few = ", ".join(f"{kind} {count}" for kind, count in counts.items())
        raise DataError(
            f"The names: expected at least {FEWEST_OF_A_KIND} objects of two kinds, found {few}. Give more webs."
        )
    usable = [each for each in samples if each.kind in enough]
    is_kept = np.array([each.web % KEPT == 0 for each in usable])
    wanted = np.array([enough.index(each.kind) for each in usable])
    features = np.stack([each.features for each in usable])
    settings: dict[str, Any] = {
        "recipe": views.recipe.sha256,
        "models": {name: model.card.card_sha256 for name, model in views.models.items()},
        "webs": webs,
        "blocks_per_web": BLOCKS_PER_WEB,
        "seeds": SeedRange.TRAINING.value,
    }
    card = NamesCard(
        role="names",
        name=name,
        version=version_,
        material=views.recipe.material,
        views=taught,
        kinds=enough,
        **_weights(features[~is_kept], wanted[~is_kept], taught, len(enough)),
        method="",
        metrics={},
        data_sha256=hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
        versions={each: version(each) for each in ("torch", "numpy")},
        created_utc=datetime.now(UTC),
        licence="Apache-2.0",
        intended_use=f"Names of rejected objects on {views.recipe.material} that is seen in "
        f"{' and '.join(view.light for view in taught)}.",
        limits=_LIMITS,
    )
    kept = [(each, row) for each, row, is_one in zip(usable, features, is_kept, strict=True) if is_one]
    said = [card.kinds[int(np.argmax(ViewNames(card, tuple(views.recipe.views)).logits(row)))] for _, row in kept]
    right = Proportion(sum(name == each.kind for name, (each, _) in zip(said, kept, strict=True)), len(kept))
    before = Proportion(sum(each.called == each.kind for each, _ in kept), len(kept))
    first, end = SeedRange.TRAINING.value
    return card.model_copy(
        update=_weights(features, wanted, taught, len(enough))
        | {
            "method": f"Multinomial logistic regression on {len(usable)} simulated objects of {webs} webs with seeds "
            f"{first} to {end - 1}, each seen in all lights, that the recipe rejects. Fitted to four fifths of the "
            f"webs it names right, of the objects on the others, {right}; the gravest name of all views alone "
            f"{before.count}.",
            "metrics": {
                "objects": len(usable),
                "of_each_kind": {kind: counts[kind] for kind in enough},
                "kept_right": right.count,
                "kept": right.total,
                "kept_right_by_gravest_name": before.count,
                "kept_called": {
                    kind: {
                        other: count
                        for other in enough
                        if (count := sum(a.kind == kind and b == other for (a, _), b in zip(kept, said, strict=True)))
                    }
                    for kind in enough
                },
            },
        }
    )


def _weights(
    features: NDArray[np.float64], wanted: NDArray[np.int64], views: Sequence[NamedView], kinds: int
) -> dict[str, Any]:
    """features: (n, features); wanted: (n,) numbers of kinds. The same input gives the same weights."""
    mean, scale = np.zeros(features.shape[1]), np.ones(features.shape[1])
    first = 0
    for view in views:
        block = slice(first + 1, first + view.features)  # the flag stays as it is
        seen = features[features[:, first] > 0.0, block]
        if len(seen):
            mean[block], scale[block] = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
        first += view.features
    mean, scale = np.array(rounded(mean)), np.array(rounded(scale)).clip(1e-5)
    weights, bias = logistic(scaled(features, views, mean, scale), wanted, kinds)
    return {
        "mean": rounded(mean),
        "scale": rounded(scale),
        "weights": tuple(map(rounded, weights)),
        "bias": rounded(bias),
    }
