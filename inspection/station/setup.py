"""All that judges, made ready: a recipe, its views' models, and for each camera a pipeline with its references."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import RecipeError, SettingsError
from inspection.judging.view_names import ViewNames
from inspection.model.fit import check_names
from inspection.model.shelf import Model, find_model, find_names
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe
from inspection.station.settings import StationSettings
from inspection.station.webs import WebPlan, placements, plan_webs, web_setup_sha256
from inspection.values.kinds import is_nuisance
from inspection.vision.references import load_references


@dataclass(frozen=True, slots=True)
class Setup:
    """What a station judges by. It is only ever exchanged as a whole."""

    recipe: Recipe
    models: Mapping[str, Model]
    """By the recipe's views."""
    pipelines: Mapping[str, Pipeline]
    """By camera."""
    webs: tuple[WebPlan, ...] = ()
    """Which cameras look at one web."""

    @property
    def model(self) -> Model:
        """The leading view's."""
        return self.models[self.recipe.lead]

    @property
    def hashes(self) -> dict[str, str]:
        """`setup_sha256` of the decisions about each camera's web."""
        return {
            camera: web_setup_sha256({each: self.pipelines[each].setup_sha256 for each in web.cameras})
            for web in self.webs
            for camera in web.cameras
        }


def set_up(recipe: Recipe, settings: StationSettings) -> Setup:
    """Make a recipe ready for a station's cameras. Raises RecipeError, ModelError or ReferencesError."""
    try:
        places, webs = placements(settings, recipe), plan_webs(settings, recipe)
    except SettingsError as error:
        raise RecipeError(str(error)) from error
    models = {
        name: find_model(settings.models_dir, view.model.name, view.model.sha256) for name, view in recipe.views.items()
    }
    names = names_of(recipe, models, settings.models_dir)
    references = {name: load_references(path) for name, path in settings.references.items()}
    pipelines = {}
    for camera in settings.cameras:
        place = places.get(camera.name)
        model = models[place.view if place else recipe.lead]
        pipelines[camera.name] = Pipeline(recipe, model, references.get(camera.name), place=place, names=names)
    return Setup(recipe, models, pipelines, webs)


def names_of(recipe: Recipe, models: Mapping[str, Model], models_dir: Path) -> ViewNames | None:
    """What names objects by what all of a recipe's views saw, if it asks for that.

    `models`: of each view. Raises ModelError where it is missing or damaged, RecipeError where it was taught otherwise.
    """
    if recipe.fusing.names is None:
        return None
    card = find_names(models_dir, recipe.fusing.names, recipe.fusing.names_sha256)
    return ViewNames(card, check_names(recipe, card, models))


def check_kinds(setup: Setup) -> None:
    """Whether some model can find all that the recipe sets limits for. Raises RecipeError that names what none can."""
    recipe, card = setup.recipe, setup.model.card
    known = {kind for model in setup.models.values() for kind in model.card.kinds}
    lacks = {kind for view in recipe.views.values() for kind in view.model.lacks} | set(recipe.model.lacks)
    lacking = [kind for kind in recipe.limits if kind not in known and not is_nuisance(kind)]
    if missing := [kind for kind in lacking if kind not in lacks]:
        raise RecipeError(
            f"Recipe {recipe.name} {recipe.version} has limits for {', '.join(missing)}, which model "
            f"{card.name}-{card.version} does not know: such defects would pass under another name or none. Choose a "
            f"model that knows them, take these limits out, or, where others look for them, name them: "
            f"[model] lacks = {lacking!r}.".replace("'", '"')
        )
