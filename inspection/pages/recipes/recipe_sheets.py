"""The recipes that the pages know, whichever way they came: written here, named in the settings, shipped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import RecipeError
from inspection.pages.frame.visit import Visit
from inspection.pages.texts.recipes import RecipeTexts
from inspection.people.recipe_drafts import Draft
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.text_file import read_text


@dataclass(frozen=True, slots=True)
class Sheet:
    """A recipe to read, wherever it comes from."""

    title: str
    content: str
    state: tuple[str, str, str]
    """Icon, word, tone."""
    key: str
    """NAME-VERSION, by which the station knows it."""
    sha256: str
    can_be_used: bool
    """It may come into force: released, shipped or named in the settings."""
    draft: Draft | None = None


def sheets_of(visit: Visit) -> list[Sheet]:
    """All of them: the settings' own, what people wrote, newest first, and the shipped ones."""
    texts = visit.texts.recipes
    own = visit.desk.plan.recipe_path
    sheets = [] if own is None else [_file_sheet(own, ("settings", texts.in_settings, "info"))]
    sheets += [_draft_sheet(texts, draft) for draft in visit.desk.recipes.newest()]
    shipped = (path for path in shipped_recipe_paths() if path != own)
    return [*sheets, *(_file_sheet(path, ("inventory_2", texts.shipped, "off")) for path in shipped)]


def known_recipes(visit: Visit, sha256s: Iterable[str]) -> Mapping[str, Recipe]:
    """Those of some hashes that are still there. Blocking."""
    wanted, found = set(sha256s), {}
    for path in (visit.desk.plan.recipe_path, *shipped_recipe_paths()):
        if path is not None:
            recipe = Recipe.load(path)
            found[recipe.sha256] = recipe
    for draft in visit.desk.recipes.newest(limit=1000):
        if draft.sha256 in wanted:
            found[draft.sha256] = Recipe.parse(draft.content.encode(), f"{draft.name} {draft.version}")
    return {sha256: recipe for sha256, recipe in found.items() if sha256 in wanted}


def released_before(visit: Visit, name: str, otherwise: str) -> tuple[str, Recipe] | None:
    """What a recipe's limits are held against, with its title: the version released last, else the one in force of that
    name, else the text that it was begun from. None where that is no recipe.
    """
    content, title = otherwise, ""
    if (released := visit.desk.recipes.last_released(name)) is not None:
        content, title = released.content, f"{released.name} {released.version}"
    elif own := next(
        (each for each in sheets_of(visit) if each.draft is None and each.title.startswith(f"{name} ")), None
    ):
        content, title = own.content, own.title
    try:
        recipe = Recipe.parse(content.encode(), title or name)
    except RecipeError:
        return None
    return title or f"{recipe.name} {recipe.version}", recipe


def _file_sheet(path: Path, state: tuple[str, str, str]) -> Sheet:
    recipe = Recipe.load(path)
    key = f"{recipe.name}-{recipe.version}"
    return Sheet(f"{recipe.name} {recipe.version}", read_text(path), state, key, recipe.sha256, can_be_used=True)


def _draft_sheet(texts: RecipeTexts, draft: Draft) -> Sheet:
    states = {
        None: ("hourglass_top", texts.waiting, "warning"),
        True: ("verified", texts.released, "accept"),
        False: ("cancel", texts.refused, "off"),
    }
    return Sheet(
        f"{draft.name} {draft.version}",
        draft.content,
        states[draft.is_released],
        f"{draft.name}-{draft.version}",
        draft.sha256,
        draft.is_released is True,
        draft,
    )
