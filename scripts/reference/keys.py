"""The keys of a TOML file, read off the pydantic models that check it: what each takes, its default, what it means."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, IPvAnyNetwork, SecretStr
from pydantic.fields import FieldInfo

from inspection.recipe.views import Kind

_WORDS: Mapping[Any, str] = {
    str: "text",
    SecretStr: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    Path: "path",
    time: "time of day, `HH:MM`",
    datetime: "moment, like `2030-01-02T03:04:05Z`",
    IPvAnyNetwork: "address or network",
    IPv4Network: "address or network",
    IPv6Network: "address or network",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    name: str
    takes: str
    default: str
    """As it stands in the file, in Markdown; `required` where there is none."""
    meaning: str


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one table of the file."""

    header: str
    """As TOML writes it: `[archive]`, `[[cameras]]`; empty at the top of the file."""
    choice: str
    """The key that chooses this form of the table, as `kind = "gentl"`; empty where there is one form."""
    about: str
    """What the table is; empty at the top of the file."""
    keys: tuple[Key, ...]


def sections_of(model: type[BaseModel]) -> list[Section]:
    """The file's sections, in the order of its keys.

    >>> from inspection.station.settings import StationSettings
    >>> [section.header for section in sections_of(StationSettings)][:3]
    ['', '[[cameras]]', '[cameras.device]']
    """
    return list(_sections(model, (), is_list=False))


def meanings_of(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field of a class, its own and those that it has from others.

    >>> from inspection.station.settings import ChallengeSettings
    >>> meanings_of(ChallengeSettings)["every_s"][:27]
    'Seconds between two; None: '
    """
    told: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
            assert isinstance(tree, ast.ClassDef)
            for line, below in zip(tree.body, tree.body[1:], strict=False):
                match line, below:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                        told[name] = inspect.cleandoc(text)
    return told


def _sections(
    model: type[BaseModel], path: tuple[str, ...], about: str = "", *, is_list: bool, is_one_of: bool = False
) -> Iterator[Section]:
    told, keys, inner = meanings_of(model), [], []
    choice = ""
    for name, info in model.model_fields.items():
        models, is_listed, holder = _models_in(info.annotation)
        if models:
            below = (*path, name, holder) if holder else (*path, name)
            inner += [
                (each, below, _about(each, info, told.get(name, "")), is_listed, len(models) > 1) for each in models
            ]
        elif info.exclude:
            continue
        elif is_one_of and get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1:
            choice = f'{name} = "{info.default}"'
        else:
            keys.append(Key(name, _takes(info.annotation, info), _default(info), told.get(name, "")))
    # A table that only holds others needs no header of its own, but for what it says about them.
    if keys or choice or not path:
        dotted = ".".join(path)
        header = "" if not path else f"[[{dotted}]]" if is_list else f"[{dotted}]"
        yield Section(header, choice, about, tuple(keys))
    for each, below, meaning, is_listed, is_choice in inner:
        yield from _sections(each, below, meaning, is_list=is_listed, is_one_of=is_choice)


def _about(model: type[BaseModel], info: FieldInfo, meaning: str) -> str:
    """What a table is: what stands below the field that holds it, and what its class says of itself."""
    told = [meaning, inspect.cleandoc(model.__doc__ or "")]
    return "\n\n".join([each for each in told if each] + ["**Required.**"] * info.is_required())


def _models_in(annotation: Any) -> tuple[list[type[BaseModel]], bool, str]:
    """The models that a field holds, whether it is a list of them, and how entries of a table of them are called."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation], False, ""
    if origin is Annotated:
        return _models_in(parts[0])
    if origin in (Union, UnionType):
        found = [_models_in(part) for part in parts if part is not NoneType]
        return [model for models, _, _ in found for model in models], any(listed for _, listed, _ in found), ""
    if origin is tuple:
        return _models_in(parts[0])[0], True, ""
    if origin is dict:
        return _models_in(parts[1])[0], False, "KIND" if parts[0] == Kind else "NAME"
    return [], False, ""


def _takes(annotation: Any, info: FieldInfo | None = None) -> str:
    """What a key takes, in words.

    >>> _takes(tuple[str, ...]), _takes(int | None), _takes(Literal["en", "fr"])
    ('list of text', 'whole number', '`"en"`, `"fr"`')
    """
    origin, parts = get_origin(annotation), get_args(annotation)
    bounds = _bounds(info.metadata) if info else ""
    if origin is Annotated:
        inner = next((part for part in parts[1:] if isinstance(part, FieldInfo)), None)
        return _takes(parts[0]) + (_bounds(inner.metadata) if inner else "") + bounds
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_takes(part) for part in parts if part is not NoneType)) + bounds
    if origin is Literal:
        return ", ".join(_toml(part) for part in parts)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(_toml(each.value) for each in annotation)
    if origin is tuple:
        return f"list of {_takes(parts[0])}{bounds}"
    if origin is dict:
        return f"table of {_takes(parts[1])}{bounds}"
    return _WORDS[annotation] + bounds


def _bounds(metadata: list[Any]) -> str:
    told = []
    for rule in metadata:
        match rule:
            case annotated_types.Ge(ge=bound):
                told.append(f"from {_number(bound)}")
            case annotated_types.Gt(gt=bound):
                told.append(f"above {_number(bound)}")
            case annotated_types.Le(le=bound):
                told.append(f"up to {_number(bound)}")
            case annotated_types.Lt(lt=bound):
                told.append(f"below {_number(bound)}")
            case annotated_types.MinLen(min_length=least):
                told.append(f", {least} or more")
            case annotated_types.MaxLen(max_length=most):
                told.append(f", {most} at most")
            case _ if pattern := getattr(rule, "pattern", None):
                told.append(f", like `{pattern}`")
    words = " ".join(told).replace(" ,", ",").removeprefix(", ")
    return f", {words}" if words else ""


def _number(value: Any) -> str:
    return f"{int(value):,}".replace(",", " ") if value == int(value) else f"{value:.6g}"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    return "None" if value is None else _toml(value)


def _toml(value: Any) -> str:
    """As TOML writes it, in a typewriter's letters.

    >>> _toml(True), _toml("fr"), _toml(0.5), _toml(())
    ('`true`', '`"fr"`', '`0.5`', '`[]`')
    """
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, time):
        return f'`"{value:%H:%M}"`'
    if isinstance(value, str | Path):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        return f"`[{', '.join(_toml(each).strip('`') for each in value)}]`"
    if isinstance(value, dict):
        return "`{}`"
    return f"`{value:.10g}`" if isinstance(value, float) else f"`{value}`"
