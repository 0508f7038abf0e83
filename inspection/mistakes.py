"""What is wrong with settings, recipes, cards and labels, in sentences: which key, what was expected, what came."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

_MOST = 10
"""Most faults that are told one by one;"""
_LOOKED_AT = 100
"""most of which it is looked whether others follow from them."""
_LONGEST = 60
"""Characters of a value that is shown."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One fault of what a person wrote."""

    path: tuple[str | int, ...]
    """Keys and places from the top; empty where it is of no key."""
    sentence: str


def mistakes_of(
    error: ValidationError,
    *,
    whole: str = "",
    secret: Collection[str] = (),
    unknown: str = "no such key. Check its spelling",
) -> list[Mistake]:
    """All faults, one by one, at most ten and a word about the rest; see `in_words`."""
    found = error.errors(include_url=False, include_context=False)
    # What lies in a list that is left with nothing for it is told once.
    holders = {fault["loc"][:depth] for fault in found[:_LOOKED_AT] for depth in range(1, len(fault["loc"]))}
    faults = [fault for fault in found if fault["loc"] not in holders]
    told = [Mistake(fault["loc"], _sentence(dict(fault), whole, secret, unknown)) for fault in faults[:_MOST]]
    more = [Mistake((), f"And {len(faults) - _MOST} faults more.")] if len(faults) > _MOST else []
    return told + more


def in_words(
    error: ValidationError,
    *,
    whole: str = "",
    secret: Collection[str] = (),
    unknown: str = "no such key. Check its spelling",
) -> str:
    """All faults, a sentence each.

    `whole`: what a fault is called that is of no key. `secret`: keys whose values are not shown. `unknown`: what is
    said of a key that there is not.
    """
    return " ".join(each.sentence for each in mistakes_of(error, whole=whole, secret=secret, unknown=unknown))


def _sentence(fault: dict[str, Any], whole: str, secret: Collection[str], unknown: str) -> str:
    key = shortened(".".join(str(part) for part in fault["loc"]))
    expected = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if not key:
        return f"{whole}{': ' * bool(whole)}{expected.removesuffix('.')}."
    if fault["type"] == "extra_forbidden":
        return f"{key}: {unknown}, or remove it."
    if fault["type"] == "missing":
        return f"{key}: missing. Add it."
    got = "" if any(part in secret for part in fault["loc"]) else _got(fault["input"])
    return f"{key}: expected: {expected}{got}. Correct it."


def _got(value: Any) -> str:
    """A whole table is not shown: it is what holds the fault."""
    if isinstance(value, dict):
        return ""
    if isinstance(value, list | tuple):
        return f"; got a list of {len(value)}"
    return f"; got {shortened(_number(value) if isinstance(value, int) else repr(value))}"


def _number(value: int) -> str:
    """Python writes no number of more than 4300 digits."""
    return repr(value) if value.bit_length() < 256 else f"a number of about {value.bit_length() * 3 // 10} digits"


def shortened(text: str) -> str:
    """At most 60 characters of a text.

    >>> shortened("a" * 100)[-10:]
    'aaaaaaa...'
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
