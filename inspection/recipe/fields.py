"""A recipe as a form: each value a field with its unit and bounds, from the very model that checks recipes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from inspection.recipe.recipe import Recipe
from inspection.recipe.text import Path

_UNITS = {"mm2": "mm²", "percent": "%", "mm": "mm", "um": "µm", "ms": "ms", "px": "px", "dn": "DN"}
_NOT_A_FIELD = {"sha256"}


@dataclass(frozen=True, slots=True)
class RecipeField:
    """One value of a recipe."""

    path: Path
    name: str
    """Its key without the unit: `diameter`."""
    unit: str
    """As it is written; empty for what has none."""
    value: str | int | float | bool | None
    """As the text has it; None where it has none."""
    usual: str | int | float | bool | None
    """What counts where the text has none."""
    least: float | None
    most: float | None
    is_whole: bool
    """A number without a fraction."""
    choices: tuple[str, ...]
    """The only values that there are; empty where there are others."""
    can_be_none: bool
    """The key may be left out."""


@dataclass(frozen=True, slots=True)
class RecipeSection:
    """Fields that belong together."""

    path: Path
    """Path of the table, or of the entry of a list; empty at the top."""
    fields: tuple[RecipeField, ...]
    is_entry: bool
    """Whether it is an entry of a list: it can be taken out, and another one added."""


def sections_of(tables: Mapping[str, Any]) -> list[RecipeSection]:
    """The sections of a recipe's TOML tables, whether or not they make a valid recipe.

    >>> guard = next(s for s in sections_of({"guard": {"size_px": 1.5}}) if s.path == ("guard",))
    >>> [(field.name, field.unit, field.value, field.least, field.most) for field in guard.fields]
    [('size', 'px', 1.5, 0.0, 100.0)]
    """
    return list(_sections(Recipe, tables, (), is_entry=False))


def _sections(model: type[BaseModel], data: Any, path: Path, *, is_entry: bool) -> Iterator[RecipeSection]:
    tables: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    fields = []
    inner: list[tuple[type[BaseModel], Any, Path, bool]] = []
    for name, info in model.model_fields.items():
        kind, value = _kind(info.annotation), tables.get(name)
        if name in _NOT_A_FIELD:
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner.append((kind, value, (*path, name), False))
        elif get_origin(kind) is tuple and _is_model(of := _kind(get_args(kind)[0])):
            entries = value if isinstance(value, list) else []
            inner += [(of, entry, (*path, name, place), True) for place, entry in enumerate(entries)]
        elif get_origin(kind) is dict and _is_model(of := _kind(get_args(kind)[1])):
            held = value if isinstance(value, Mapping) else {}
            inner += [(of, entry, (*path, name, key), False) for key, entry in held.items()]
        elif (field := _field(info, kind, (*path, name), value)) is not None:
            fields.append(field)
    if fields:
        yield RecipeSection(path, tuple(fields), is_entry)
    for of, entry, where, is_listed in inner:
        yield from _sections(of, entry, where, is_entry=is_listed)


def _field(info: FieldInfo, kind: Any, path: Path, value: Any) -> RecipeField | None:
    choices: tuple[str, ...] = ()
    if get_origin(kind) is Literal:
        choices = tuple(str(choice) for choice in get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        choices = tuple(kind)
    elif kind not in (int, float, str, bool):
        return None
    name = str(path[-1])
    stem, _, last = name.rpartition("_")
    unit = _UNITS.get(last, "") if stem else ""
    least, most = _bounds(info)
    usual = None if info.is_required() or info.default is None else info.default
    return RecipeField(
        path=path,
        name=(stem if unit else name).replace("_", " "),
        unit=unit,
        value=value if isinstance(value, str | int | float | bool) else None,
        usual=usual,
        least=least,
        most=most,
        is_whole=kind is int,
        choices=choices,
        can_be_none=not info.is_required(),
    )


def _kind(annotation: Any) -> Any:
    """What an annotation is about, without bounds and None."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part is not NoneType]
    is_optional = NoneType in get_args(annotation)
    return _kind(parts[0]) if is_optional and len(parts) == 1 else annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bounds(info: FieldInfo) -> tuple[float | None, float | None]:
    least = most = None
    for rule in info.metadata:
        match rule:
            case annotated_types.Ge(ge=bound) | annotated_types.Gt(gt=bound):
                least = float(bound)  # type: ignore[arg-type]  # they are numbers here
            case annotated_types.Le(le=bound) | annotated_types.Lt(lt=bound):
                most = float(bound)  # type: ignore[arg-type]
    return least, most
