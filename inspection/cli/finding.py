"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    NOTE = "note"
    """Not needed by everybody."""
    FAULT = "fault"
    """The station won't work, or not safely."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it."""

    subject: str
    state: State
    found: str
    do: str = ""
    """Empty when there is nothing to do."""
