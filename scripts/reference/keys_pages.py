"""`settings.md` and `recipe.md`: every key of the two files that a plant writes."""

from pydantic import BaseModel

from inspection.recipe.recipe import Recipe
from inspection.station.settings import StationSettings
from scripts.reference.keys import Section, sections_of
from scripts.reference.markdown import code, page, table

_SETTINGS = """\
One TOML file, `station.toml`, read once at the start (`inspection run --config station.toml`, `inspection pages
--config station.toml`). Unknown keys are refused with the name of the key; `inspection doctor --config station.toml`
tells what else is missing or unsafe. Relative paths count from the file's folder. Units are in the names: `_mm`,
`_um`, `_ms`, `_s`, `_hz`. In `[places.NAME]`, `NAME` is a camera's. None stands for a key that is left out.
"""
_RECIPE = """\
One TOML file for each product, named by `recipe` in the [settings](settings.md). The shipped ones are in
`inspection/recipe/shipped/`; `inspection recipes check FILE` checks one to the last key. Unknown keys are refused. A
decision names its recipe by name, version and the SHA-256 of the file. In the headers below `KIND` stands for a
kind's code, as in `[limits.E01]`, `NAME` for the name of a view. None stands for a key that is left out.
"""


def settings_page() -> str:
    """Every key of `station.toml`."""
    return page("Settings of a station", _SETTINGS, *_parts(StationSettings))


def recipe_page() -> str:
    """Every key of a recipe."""
    return page("Recipe", _RECIPE, *_parts(Recipe))


def _parts(model: type[BaseModel]) -> list[str]:
    return [_part(section) for section in sections_of(model)]


def _part(section: Section) -> str:
    title = code(section.header) if section.header else "At the top of the file"
    if section.choice:
        title += f" with {code(section.choice)}"
    rows = [(code(key.name), key.takes, key.default, key.meaning) for key in section.keys]
    parts = [f"## {title}", section.about, table(["key", "takes", "default", "meaning"], rows)]
    return "\n\n".join(part for part in parts if part)
