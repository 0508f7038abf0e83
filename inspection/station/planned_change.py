"""What is in force, and what is to come: the words about a change-over that the API and the pages share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspection.values import Artefact


class ChangeStep(StrEnum):
    """How far a change-over has come."""

    PREPARED = "prepared"
    """It could be done; nothing happens before somebody confirms it."""
    CONFIRMED = "confirmed"
    """It happens with the next roll that begins."""
    COMING = "coming"
    """The roll has been told; its first decision is still to come."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change that is to come, as it can be shown."""

    step: ChangeStep
    recipe: Artefact
    model: Artefact
    setups: Mapping[str, str]
    """`setup_sha256` of the decisions that it will make, by camera."""
    by: str
    """Who prepared it."""
    why: str
    prepared_utc: datetime
    confirmed_by: str | None
    confirmed_utc: datetime | None
    roll: str | None
    """With which it begins; None before it is told."""
    first_sequence: int | None
    """The first decision by it; None before it is known."""


@dataclass(frozen=True, slots=True)
class RecipeInForce:
    """What judges now, and since when."""

    recipe: Artefact
    first_sequence: int | None
    """The first decision by it; None: it is the settings' recipe, and nothing was changed over."""
    roll: str | None
    by: str | None
    why: str | None
