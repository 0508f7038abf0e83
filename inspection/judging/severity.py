"""How grave a kind is on a product, and how grave many objects are together."""

from inspection.recipe.recipe import Recipe
from inspection.values import Severity
from inspection.values.kinds import is_nuisance

OF_MANY = Severity.S2
"""At least this: of many objects together, each of which may be harmless."""


def severity_in(recipe: Recipe, kind: str) -> Severity:
    """The recipe's word on a kind's severity, the catalogue's for nuisance."""
    return Severity.N if is_nuisance(kind) else recipe.limit_for(kind).severity
