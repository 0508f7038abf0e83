"""Whether a recipe and a model go together."""

from inspection.errors import RecipeError
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
