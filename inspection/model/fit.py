"""Whether a recipe and a model go together."""

from collections.abc import Mapping

from inspection.errors import RecipeError
from inspection.model.names_card import NamesCard
from inspection.model.shelf import Model, is_pinned
from inspection.recipe.recipe import Recipe


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


def check_names(recipe: Recipe, card: NamesCard, models: Mapping[str, Model]) -> tuple[str, ...]:
    """The recipe's names of the views that a classifier of names was taught on, in its card's order.

    `models`: of each of the recipe's views. Raises RecipeError with what does not match.
    """
    by_look = {(view.light, view.side): name for name, view in recipe.views.items()}
    taught = {(view.light, view.side): view for view in card.views}
    wrong = None
    if recipe.material != card.material:
        wrong = f"the recipe's material is {recipe.material}, it was taught on {card.material}"
    elif missing := [f"{light} from the {side}" for light, side in taught if (light, side) not in by_look]:
        wrong = f"it was taught on {', '.join(missing)}, which the recipe has no view for"
    elif new := [name for look, name in by_look.items() if look not in taught]:
        wrong = f"it was not taught on what the view {', '.join(new)} sees"
    else:
        for look, view in taught.items():
            of_model = models[by_look[look]].card
            if view.model != of_model.name:
                wrong = f"it was taught on what model {view.model} sees in {look[0]}, there looks {of_model.name}"
            elif unknown := [kind for kind in view.kinds if kind not in of_model.kinds]:
                wrong = (
                    f"it weighs {', '.join(unknown)} in {look[0]}, which model {of_model.name}-{of_model.version} "
                    "does not know"
                )
    if wrong:
        raise RecipeError(
            f"Recipe {recipe.name} {recipe.version} does not go with the names {card.name}-{card.version}: {wrong}. "
            "Fit names for this recipe (`training names`), or take names out of [fusing]: then the gravest name stands."
        )
    return tuple(by_look[look] for look in taught)
