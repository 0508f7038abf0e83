"""The keys 1 to 9 of the review page, recipe by recipe: whose they are, how they are set, what the help says."""

from collections.abc import Sequence
from contextlib import suppress

from inspection.errors import ModelError, RecipeError
from inspection.model.shelf import find_model
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import Visit, action
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.review.keys import KeySet
from inspection.values import Decision
from inspection.values.kinds import KINDS


@action(Permission.SET_REVIEW_KEYS)
def set_keys(visit: Visit, recipe: str, kinds: Sequence[str | None], replaces: int) -> KeySet:
    """Set a recipe's keys for all readers. Raises ReviewError."""
    return visit.desk.review_keys.set(visit.person.name, recipe, kinds, replaces)


def keys_of(desk: PagesDesk, decision: Decision) -> KeySet:
    """The keys with which a decision is reviewed: those of its recipe. Raises StoreError."""
    recipe, model = decision.recipe.name, decision.model.name
    return desk.review_keys.of(recipe, lambda: _kinds(desk, recipe, model))


def told_keys(visit: Visit, keys: KeySet) -> tuple[tuple[str, str], ...]:
    """(key, kind) for the help, of those keys that do something."""
    return tuple(
        (str(key), f"{code} {kind_name(code, visit.person.language)}")
        for key, code in enumerate(keys.kinds, start=1)
        if code is not None
    )


def _kinds(desk: PagesDesk, recipe: str, model: str) -> Sequence[str]:
    """What a recipe has limits for, in its text's order; of one that is gone, what its model tells apart."""
    released = [desk.recipes.file_of(draft) for draft in desk.recipes.newest() if draft.is_released]
    current = [desk.plan.recipe_path] if desk.plan.recipe_path else []
    for path in (*current, *released, *shipped_recipe_paths()):
        with suppress(RecipeError):
            found = Recipe.load(path)
            if found.name == recipe:
                return tuple(found.limits)
    with suppress(ModelError):
        return find_model(desk.plan.models_dir, model).card.kinds
    return tuple(KINDS)
