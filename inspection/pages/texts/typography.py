"""Spaces as French sets them: none may break before a colon, a semicolon or a percent sign, nor within guillemets."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

_BEFORE, _AFTER = re.compile(" (?=[:»%…])"), re.compile("(?<=«) ")
_NARROW = re.compile(" (?=[;?!])")

T = TypeVar("T")


def french(text: str) -> str:
    """A French text with spaces that don't break where no line may.

    >>> french("Prêt ? Oui : 5 %").split(" ")
    ['Prêt\\u202f?', 'Oui\\xa0:', '5\\xa0%']
    """
    return _NARROW.sub("\u202f", _AFTER.sub("\xa0", _BEFORE.sub("\xa0", text)))


def french_texts(texts: T) -> T:
    """All texts of a table of ours, which may hold others."""
    return _set(texts)  # type: ignore[no-any-return]


def _set(texts: Any) -> Any:
    if isinstance(texts, Mapping):
        return {key: _set(text) for key, text in texts.items()}
    if is_dataclass(texts) and not isinstance(texts, type):
        return type(texts)(**{field.name: _set(getattr(texts, field.name)) for field in fields(texts)})
    # What is written on a key or in a program (an enumeration's value) is no text.
    return french(texts) if type(texts) is str else texts
