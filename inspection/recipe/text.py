"""A recipe's text: where a key stands in it, what is wrong with it and in which line, and one value changed in place.

Comments, order and layout of what a person wrote stay as they are; tomlkit does that.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from inspection.errors import RecipeError
from inspection.mistakes import Mistake, mistakes_of
from inspection.recipe.recipe import Recipe
from inspection.text_file import TextError, parse_toml

Path: TypeAlias = tuple[str | int, ...]
"""Keys and places from the top: ("limits", "E01", "reject_above", 0, "diameter_mm")."""
Value: TypeAlias = str | int | float | bool | datetime | dict[str, Any] | None
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_LONGEST_VALUE = 200
"""Lines of one value, among which its first is looked for."""


@dataclass(frozen=True, slots=True)
class RecipeMistake:
    """Something wrong with a recipe's text."""

    path: Path
    """Empty where it is of no key."""
    line: int | None
    """From 1; None where nobody can tell."""
    sentence: str


def mistakes_in(text: str) -> list[RecipeMistake]:
    """What is wrong with a text as a recipe; empty if it loads.

    >>> [mistake.line for mistake in mistakes_in('name = "line-3"\\nversion = [')]
    [2]
    """
    try:
        tables = parse_toml(text)
    except TextError as error:
        found = _PLACE.search(str(error))
        line = int(found[1]) if found else max(1, text.rstrip().count("\n") + 1)
        return [RecipeMistake((), line, f"{str(error)[:1].upper()}{str(error)[1:]}.")]
    try:
        Recipe.model_validate(tables)
    except ValidationError as error:
        return [_placed(mistake, text) for mistake in mistakes_of(error)]
    return []


def line_of(text: str, path: Path) -> int | None:
    """The line in which a key of a valid TOML text is set, from 1, else that of what should hold it; None without.

    >>> line_of('a = 1\\n\\n[limits.E01]\\nseverity = "S2"\\n', ("limits", "E01", "severity"))
    4
    >>> line_of('a = 1\\n\\n[limits.E01]\\nseverity = "S2"\\n', ("limits", "E01", "reject_above"))
    3
    """
    whole = tomllib.loads(text)
    while path and not _has(whole, path):
        path = path[:-1]
    if not path:
        return None
    lines = text.splitlines()
    # The more lines, the more keys: the shortest beginning that has it ends where it does.
    least, most = 1, len(lines)
    while least < most:
        middle = (least + most) // 2
        if _has(_beginning(lines, middle), path):
            most = middle
        else:
            least = middle + 1
    first = least
    while first > 1 and least - first < _LONGEST_VALUE and not _is_whole(lines, first - 1):
        first -= 1
    return first


def with_value(text: str, path: Path, value: Value) -> str:
    """A text with one key set, or without it if `value` is None; one past the end of a list adds to it.

    Raises RecipeError where there is no such place.

    >>> print(with_value("[guard]\\nsize_px = 1.0\\n\\n# lanes\\n[layout]\\n", ("guard", "snr"), 3), end="")
    [guard]
    size_px = 1.0
    snr = 3
    <BLANKLINE>
    # lanes
    [layout]
    >>> print(with_value("[guard]  # ours\\nsize_px = 1.0 # px\\n", ("guard", "size_px"), 1.5))
    [guard]  # ours
    size_px = 1.5 # px
    <BLANKLINE>
    """
    try:
        document = tomlkit.parse(text)
        holder: Any = document
        for part in path[:-1]:
            if isinstance(part, str) and part not in holder:
                holder[part] = tomlkit.table()
            holder = holder[part]
        _set(holder, path[-1], value)
        return tomlkit.dumps(document)
    except (TOMLKitError, LookupError, TypeError, ValueError) as error:
        key = ".".join(str(part) for part in path)
        raise RecipeError(f"{key} can't be set in this text: {error}. Correct the text first.") from error


def _set(holder: Any, key: str | int, value: Value) -> None:
    if value is None:
        del holder[key]
    elif isinstance(key, int) and key == len(holder) and not isinstance(holder, tomlkit.items.AoT):
        holder.append(_inline(value))
    elif isinstance(key, int) and key == len(holder):
        holder.append(tomlkit.item(value))
    elif isinstance(value, dict):
        table = tomlkit.table()
        for name, each in value.items():
            table[name] = _inline(each)
        holder[key] = table
    elif isinstance(holder, tomlkit.items.Table) and key not in holder:
        _add_below(holder, str(key), value)
    else:
        holder[key] = value


def _add_below(table: tomlkit.items.Table, key: str, value: Value) -> None:
    """Right below a table's last key: what comes then, empty lines and comments, may be the next table's."""
    body, after = table.value.body, []
    while body and body[-1][0] is None:
        after.append(body.pop())
    table[key] = value
    body.extend(reversed(after))


def _inline(value: Any) -> Any:
    """Lists and tables in one line, as recipes have them."""
    if isinstance(value, list):
        several = tomlkit.array()
        for each in value:
            several.append(_inline(each))
        return several
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return value


def _placed(mistake: Mistake, text: str) -> RecipeMistake:
    return RecipeMistake(mistake.path, line_of(text, mistake.path), mistake.sentence)


def _has(tables: Any, path: Sequence[str | int]) -> bool:
    for part in path:
        if isinstance(part, int):
            if not isinstance(tables, list) or part >= len(tables):
                return False
        elif not isinstance(tables, dict) or part not in tables:
            return False
        tables = tables[part]
    return True


def _beginning(lines: Sequence[str], count: int) -> dict[str, Any]:
    """What the first lines say, as far as the last of them that ends a value."""
    for last in range(count, max(0, count - _LONGEST_VALUE), -1):
        try:
            return tomllib.loads("\n".join(lines[:last]))
        except ValueError:
            continue
    return {}


def _is_whole(lines: Sequence[str], count: int) -> bool:
    try:
        tomllib.loads("\n".join(lines[:count]))
    except ValueError:
        return False
    return True
