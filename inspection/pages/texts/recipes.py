"""Texts of the page of recipes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecipeTexts:
    """Recipes."""

    title: str
    recipe: str
    in_settings: str
    shipped: str
    waiting: str
    released: str
    refused: str
    state: str
    written: str
    settled: str
    view: str
    compare: str
    compare_with: str
    same: str
    edit: str
    new_version: str
    editor_title: str
    editor_advice: str
    valid: str
    submit: str
    submitted: str
    release: str
    refuse: str
    release_explained: str
    release_done: str
    put_into_service: str
    refused_done: str


ENGLISH = RecipeTexts(
    title="Recipes",
    recipe="Recipe",
    in_settings="in the station's settings",
    shipped="shipped",
    waiting="waits for a second person",
    released="released",
    refused="refused",
    state="State",
    written="Written",
    settled="Settled",
    view="View",
    compare="Compare",
    compare_with="Compare with",
    same="The two are the same.",
    edit="Edit",
    new_version="Write a new version",
    editor_title="New version",
    editor_advice="Change `version` too: a released version is never altered.",
    valid="{name} {version} is a valid recipe.",
    submit="Submit for release",
    submitted="{name} {version} waits for a second person to release it.",
    release="Release",
    refuse="Refuse",
    release_explained="{name} {version} was written by {by}. Whoever releases it answers for its limits too.",
    release_done="Released. It lies in {path}.",
    put_into_service="It comes into force when the line is changed over to it.",
    refused_done="Refused.",
)
FRENCH = RecipeTexts(
    title="Recettes",
    recipe="Recette",
    in_settings="dans les réglages de la station",
    shipped="livrée",
    waiting="attend une deuxième personne",
    released="libérée",
    refused="refusée",
    state="État",
    written="Écrite",
    settled="Tranchée",
    view="Voir",
    compare="Comparer",
    compare_with="Comparer avec",
    same="Les deux sont identiques.",
    edit="Modifier",
    new_version="Écrire une nouvelle version",
    editor_title="Nouvelle version",
    editor_advice="Changez aussi `version` : une version libérée n'est jamais modifiée.",
    valid="{name} {version} est une recette valide.",
    submit="Soumettre à libération",
    submitted="{name} {version} attend qu'une deuxième personne la libère.",
    release="Libérer",
    refuse="Refuser",
    release_explained="{name} {version} a été écrite par {by}. Qui la libère répond aussi de ses limites.",
    release_done="Libérée. Elle se trouve dans {path}.",
    put_into_service="Elle entre en vigueur quand on change la ligne à cette recette.",
    refused_done="Refusée.",
)
