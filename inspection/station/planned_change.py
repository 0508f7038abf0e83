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
    """How far it has come."""
    recipe: Artefact
    """The recipe that will judge."""
    model: Artefact
    """The model that it needs, loaded already."""
    setups: Mapping[str, str]
    """`setup_sha256` of the decisions that it will make, by camera."""
    by: str
    """Who prepared it."""
    why: str
    """What for, in the words of who prepared it."""
    prepared_utc: datetime
    """When it was prepared."""
    confirmed_by: str | None
    """Who confirmed it; None: nobody yet."""
    confirmed_utc: datetime | None
    """When it was confirmed; None: not yet."""
    roll: str | None
    """With which it begins; None before it is told."""
    first_sequence: int | None
    """The first decision by it; None before it is known."""


@dataclass(frozen=True, slots=True)
class RecipeInForce:
    """What judges now, and since when."""

    recipe: Artefact
    """The recipe that judges now."""
    first_sequence: int | None
    """The first decision by it; None: it is the settings' recipe, and nothing was changed over."""
    roll: str | None
    """The roll that it came into force with; None: nothing was changed over."""
    by: str | None
    """Who prepared it; None: nothing was changed over."""
    why: str | None
    """What for; None: nothing was changed over."""
