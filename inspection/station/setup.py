"""All that judges, made ready: a recipe, its model, and for each camera a pipeline with that camera's references."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.errors import RecipeError
from inspection.model.shelf import Model, find_model
from inspection.pipeline import Pipeline
from inspection.recipe.recipe import Recipe
from inspection.station.settings import StationSettings
from inspection.values.kinds import is_nuisance
from inspection.vision.references import load_references


@dataclass(frozen=True, slots=True)
class Setup:
    """What a station judges by. It is only ever exchanged as a whole."""

    recipe: Recipe
    model: Model
    pipelines: Mapping[str, Pipeline]
    """By camera."""

    @property
    def hashes(self) -> dict[str, str]:
        """`setup_sha256` of each camera's decisions."""
        return {camera: pipeline.setup_sha256 for camera, pipeline in self.pipelines.items()}


def set_up(recipe: Recipe, settings: StationSettings) -> Setup:
    """Make a recipe ready for a station's cameras. Raises RecipeError, ModelError or ReferencesError."""
    model = find_model(settings.models_dir, recipe.model.name, recipe.model.sha256)
    references = {name: load_references(path) for name, path in settings.references.items()}
    names = [camera.name for camera in settings.cameras]
    return Setup(recipe, model, {name: Pipeline(recipe, model, references.get(name)) for name in names})


def check_kinds(setup: Setup) -> None:
    """Whether the model can find all that the recipe sets limits for. Raises RecipeError that names what it can't."""
    recipe, card = setup.recipe, setup.model.card
    lacking = [kind for kind in recipe.limits if kind not in card.kinds and not is_nuisance(kind)]
    if missing := [kind for kind in lacking if kind not in recipe.model.lacks]:
        raise RecipeError(
            f"Recipe {recipe.name} {recipe.version} has limits for {', '.join(missing)}, which model "
            f"{card.name}-{card.version} does not know: such defects would pass under another name or none. Choose a "
            f"model that knows them, take these limits out, or, where others look for them, name them: "
            f"[model] lacks = {lacking!r}.".replace("'", '"')
        )
