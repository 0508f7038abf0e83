"""The recipes that a station may be changed over to: those that people released, its settings' own, shipped ones."""

from dataclasses import dataclass
from pathlib import Path

from inspection.errors import RecipeError
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.station.settings import StationSettings
from inspection.text_file import TextError, read_bytes

FOLDER = "recipes"
"""Below the station's state_dir: where released recipes lie, each as NAME-VERSION.toml."""


@dataclass(frozen=True, slots=True)
class ShelfRecipe:
    """A recipe with the very bytes that its hash is of."""

    recipe: Recipe
    content: bytes

    @property
    def title(self) -> str:
        """NAME-VERSION, by which it is asked for."""
        return f"{self.recipe.name}-{self.recipe.version}"


def recipes_there(settings: StationSettings) -> list[ShelfRecipe]:
    """All of them that can be read, released ones first; of one name and version the first alone."""
    found: dict[str, ShelfRecipe] = {}
    for path in _paths(settings):
        try:
            each = _read(path)
        except RecipeError:
            continue  # whoever asks for it hears why
        found.setdefault(each.title, each)
    return list(found.values())


def find_recipe(settings: StationSettings, title: str) -> ShelfRecipe:
    """The recipe NAME-VERSION. Raises RecipeError: there is none, or its file is none."""
    for path in _paths(settings):
        if path.stem == title:
            _read(path)  # a damaged one is not passed over for another
    there = recipes_there(settings)
    for each in there:
        if each.title == title:
            return each
    raise RecipeError(
        f"There is no recipe {title[:200]!r}; there are: {', '.join(each.title for each in there)}. Name one of them "
        "as NAME-VERSION, or have it released first."
    )


def _paths(settings: StationSettings) -> list[Path]:
    released = sorted((settings.state_dir / FOLDER).glob("*.toml"), reverse=True)
    return [*released, settings.recipe_path, *shipped_recipe_paths()]


def _read(path: Path) -> ShelfRecipe:
    try:
        content = read_bytes(path)
    except (OSError, TextError) as error:
        raise RecipeError(f"Recipe {path} can't be read: {error}. Check the path.") from error
    return ShelfRecipe(Recipe.parse(content, str(path)), content)
