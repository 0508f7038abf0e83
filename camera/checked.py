"""The one base of all that is read from a file or the network: what nobody can mean is refused where it comes in."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

_MOST, _LEAST = 2**63 - 1, -(2**63)


class Checked(BaseModel):
    """Frozen; no unknown keys; numbers that exist and fit into 64 bits; text that a file and the store can hold.

    Nothing exceeds an infinite limit, nor one that is no number: either would accept anything.

    >>> class Lamp(Checked):
    ...     level_percent: float
    >>> Lamp(level_percent=80.0)
    Lamp(level_percent=80.0)
    >>> Lamp(level_percent=float("inf"))
    Traceback (most recent call last):
        ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Lamp
    level_percent
      Input should be a finite number [type=finite_number, input_value=inf, input_type=float]
    ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        check_kept(value)
        return value


def check_kept(value: Any) -> None:
    """Raises PydanticCustomError for what can't be kept: also inside of fields that may be anything."""
    # A loop, for data may be nested more deeply than Python calls.
    waiting = [value]
    while waiting:
        each = waiting.pop()
        # Numbers first: of labels there are millions.
        if isinstance(each, float):
            if each - each != 0.0:
                raise PydanticCustomError("finite_number", "a finite number")
        elif isinstance(each, int):
            if not _LEAST <= each <= _MOST:
                raise PydanticCustomError("too_large", "an integer of at most 64 bits")
        elif isinstance(each, str):
            if not _is_writable(each):
                raise PydanticCustomError("unwritable", "text without control characters and halves of characters")
        elif isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]


def _is_writable(text: str) -> bool:
    if text.isprintable():
        return True
    return all((each >= " " or each in "\n\r\t") and not "\ud800" <= each <= "\udfff" for each in text)
