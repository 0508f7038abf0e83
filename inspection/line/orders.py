"""What a door's process may ask of the station. Each order is answered, or refused with a name that machines read."""

from typing import Annotated, Literal

from pydantic import Field

from camera.checked import Checked
from inspection.people.key_role import KeyRole

MOST_RESULTS = 100
"""Results in one answer."""
LONGEST_WAIT_S = 60.0
_Text = Annotated[str, Field(min_length=1, max_length=128)]
_Why = Annotated[str, Field(min_length=1, max_length=500)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Order(Checked):
    """Base of all orders."""

    by: str = Field(default="", max_length=128)
    """Who asks, behind the door: a user or a partner's name; for the audit log."""


class AskResults(Order):
    """Results after a sequence number, in order; answered when there is one, or when the time is up."""

    order: Literal["results"] = "results"
    after: int = Field(ge=0)
    limit: int = Field(default=MOST_RESULTS, ge=1, le=MOST_RESULTS)
    wait_s: float = Field(default=0.0, ge=0.0, le=LONGEST_WAIT_S)


class AskResult(Order):
    """One result. Refused with `not-found`."""

    order: Literal["result"] = "result"
    sequence: int = Field(ge=1)


class Acknowledge(Order):
    """The partner has taken all results up to a number: they are never handed to this door again."""

    order: Literal["acknowledge"] = "acknowledge"
    up_to: int = Field(ge=0)
    by_door: bool = False
    """The door itself has handed them on: its place moves, and the decisions note nobody. Needs `read` alone."""


class AddTrigger(Order):
    """A trigger or piece id. Refused with `duplicate`, `too-late`, `too-many-triggers`, `unknown-camera`."""

    order: Literal["trigger"] = "trigger"
    trigger_id: _Text
    piece_id: _Text | None = None
    frame_number: int | None = Field(default=None, ge=0)
    camera: str | None = Field(default=None, max_length=32)
    run: int | None = Field(default=None, ge=1)
    place_mm: float | None = None
    """Where on the web the sheet begins, or what is meant lies, by the encoder; not with frame_number."""
    place_counts: int | None = None
    """The same in counts of the leading camera's encoder; not with place_mm. Refused with `invalid` where the web of a
    count is not known."""


class BeginRoll(Order):
    """A roll begins; a change-over that was confirmed takes effect with it. Refused with `conflict`."""

    order: Literal["begin_roll"] = "begin_roll"
    roll: str = Field(min_length=1, max_length=64)
    first_sequence: int | None = Field(default=None, ge=1)


class EndRoll(Order):
    """The roll has ended, and no other has begun yet."""

    order: Literal["end_roll"] = "end_roll"


class PrepareRecipe(Order):
    """Load a recipe and all that it needs; nothing changes yet. Refused with `recipe-refused` or `conflict`."""

    order: Literal["prepare_recipe"] = "prepare_recipe"
    recipe: str = Field(min_length=1, max_length=256)
    why: _Why
    sha256: _Sha256 | None = None


class ConfirmRecipe(Order):
    """Have what was prepared take effect with the next roll. Refused with `conflict`."""

    order: Literal["confirm_recipe"] = "confirm_recipe"
    sha256: _Sha256


class CancelRecipe(Order):
    """Give up the change that is to come. Refused with `conflict`."""

    order: Literal["cancel_recipe"] = "cancel_recipe"
    why: _Why


class AskRecipes(Order):
    """The recipes that the line may be changed over to."""

    order: Literal["recipes"] = "recipes"


class Hold(Order):
    """Stop the line until somebody ends it."""

    order: Literal["hold"] = "hold"
    reason: _Why


class Bypass(Order):
    """Let the line run unjudged for some minutes. Refused with `conflict`."""

    order: Literal["bypass"] = "bypass"
    reason: _Why
    minutes: float = Field(gt=0)


class EndIntervention(Order):
    """End the hold or bypass that is in force."""

    order: Literal["end_intervention"] = "end_intervention"
    reason: _Why


class AcknowledgeAlarm(Order):
    """Somebody has seen an alarm. Refused with `unknown-alarm`."""

    order: Literal["acknowledge_alarm"] = "acknowledge_alarm"
    number: int = Field(ge=1)


class AskWho(Order):
    """Whose API key is shown. Refused with `unknown-key`."""

    order: Literal["who"] = "who"
    key: str = Field(min_length=1, max_length=512)


class TellPartners(Order):
    """How the door is doing: the station shows it. No answer is due beyond that it was heard."""

    order: Literal["partners"] = "partners"
    connected: int = Field(ge=0)
    """Partners that are connected now."""
    last_partner: str = Field(default="", max_length=256)
    """The one that was heard of last, by address or name."""
    detail: str = Field(default="", max_length=2000)
    """What is wrong, and what to do; empty while all is well."""
    counters: dict[str, int] = Field(default_factory=dict, max_length=32)
    """What the door counts: results forced, overruns, refused writes ..."""


AnyOrder = Annotated[
    AskResults
    | AskResult
    | Acknowledge
    | AddTrigger
    | BeginRoll
    | EndRoll
    | PrepareRecipe
    | ConfirmRecipe
    | CancelRecipe
    | AskRecipes
    | Hold
    | Bypass
    | EndIntervention
    | AcknowledgeAlarm
    | AskWho
    | TellPartners,
    Field(discriminator="order"),
]

ROLES: dict[type[Order], KeyRole] = {
    Acknowledge: KeyRole.TRIGGER,
    AddTrigger: KeyRole.TRIGGER,
    BeginRoll: KeyRole.TRIGGER,
    EndRoll: KeyRole.TRIGGER,
    PrepareRecipe: KeyRole.HOLD,
    ConfirmRecipe: KeyRole.HOLD,
    CancelRecipe: KeyRole.HOLD,
    Hold: KeyRole.HOLD,
    Bypass: KeyRole.HOLD,
    EndIntervention: KeyRole.HOLD,
    AcknowledgeAlarm: KeyRole.HOLD,
}
"""What a door or its user must be allowed for an order; all others need `read` alone."""


def role_needed(order: Order) -> KeyRole:
    """What a door, or the user behind it, must be allowed.

    >>> role_needed(EndRoll()), role_needed(AskRecipes())
    (<KeyRole.TRIGGER: 'trigger'>, <KeyRole.READ: 'read'>)
    """
    if isinstance(order, Acknowledge) and order.by_door:
        return KeyRole.READ
    return ROLES.get(type(order), KeyRole.READ)
