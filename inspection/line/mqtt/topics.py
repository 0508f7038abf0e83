"""The topics and messages of the door: what is said where. Pure."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from camera.checked import Checked
from inspection.line.line_status import LineAlarm, LineStatus
from inspection.line.orders import (
    AcknowledgeAlarm,
    AddTrigger,
    AskRecipes,
    AskResult,
    AskResults,
    BeginRoll,
    Bypass,
    CancelRecipe,
    ConfirmRecipe,
    EndIntervention,
    EndRoll,
    Hold,
    Order,
    PrepareRecipe,
)

RESULT, STATUS, ALARMS, COMMAND, ANSWER = "result", "status", "alarms", "command", "answer"
COMMANDS: dict[str, type[Order]] = {
    "trigger": AddTrigger,
    "begin_roll": BeginRoll,
    "end_roll": EndRoll,
    "recipes": AskRecipes,
    "prepare_recipe": PrepareRecipe,
    "confirm_recipe": ConfirmRecipe,
    "cancel_recipe": CancelRecipe,
    "hold": Hold,
    "bypass": Bypass,
    "end_intervention": EndIntervention,
    "acknowledge_alarm": AcknowledgeAlarm,
    "result": AskResult,
    "results": AskResults,
}
"""By the last level of its topic, what may be asked for."""
ONLY_ASKED = (AskRecipes, AskResult, AskResults)
"""These change nothing: they may be repeated at will."""


class DoorStatus(Checked):
    """How the station is doing; retained, so that whoever subscribes knows at once."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    online: bool
    """Whether the station is there; false: reject everything until it is."""
    offline_reason: str | None
    """Why not; null: it is."""
    heartbeat: int
    """Goes up with each message, twice a second; one that stands for 3 s means that the station is not there."""
    stop_requested: bool
    """The line is to stop: too many pieces in a row are uninspected."""
    told_utc: datetime | None
    """When it was told (UTC); null: by the broker, when the connection broke."""
    station: LineStatus | None
    """All else; null while the station is not there."""


class DoorAlarms(Checked):
    """What calls for a person, the gravest first; retained, told when it changes."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    alarms: tuple[LineAlarm, ...]
    """What somebody has still to deal with, at most 50."""


class Answer(Checked):
    """The answer to a command."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    request_id: str | None
    """Echo of the command's; null: it had none."""
    order: str
    """The command, the last level of its topic."""
    is_done: bool
    """Whether it was carried out; if not, nothing has changed."""
    is_repeated: bool
    """Whether this is the answer to an earlier command with the same request_id, which was carried out once."""
    answer: Any
    """What the station answers; null where nothing was done."""
    refused: str | None
    """Why it was not carried out, for machines; null: it was."""
    sentence: str | None
    """Why it was not carried out, for people; null: it was."""


OFFLINE_BY_BROKER = DoorStatus(
    online=False,
    offline_reason="The connection between the station and the broker broke.",
    heartbeat=0,
    stop_requested=False,
    told_utc=None,
    station=None,
)
"""The last will."""


def topic_filter(prefix: str) -> str:
    """What the station subscribes to.

    >>> topic_filter("plant/line1")
    'plant/line1/command/+'
    """
    return f"{prefix}/{COMMAND}/+"


def command_of(prefix: str, topic: str) -> str:
    """The command that a topic is for.

    >>> command_of("plant/line1", "plant/line1/command/hold")
    'hold'
    """
    return topic.removeprefix(f"{prefix}/{COMMAND}/")


def answer_topic(prefix: str, wanted: str | None) -> str | None:
    """Where an answer goes; None: nowhere, for the sender wants it where it could be taken for something else.

    >>> answer_topic("line1", None), answer_topic("line1", "plc/7/answers")
    ('line1/answer', 'plc/7/answers')
    >>> answer_topic("line1", "line1/result"), answer_topic("line1", "plc/#"), answer_topic("line1", "$SYS/x")
    (None, None, None)
    """
    if wanted is None:
        return f"{prefix}/{ANSWER}"
    own = (
        wanted.startswith(f"{prefix}/")
        and not wanted.startswith(f"{prefix}/{ANSWER}/")
        and wanted != (f"{prefix}/{ANSWER}")
    )
    odd = not wanted.isprintable() or any(each in wanted for each in "+#") or len(wanted) > 256 or not wanted
    levels = wanted.split("/")
    if own or odd or levels[0].startswith("$") or levels[0] == "spBv1.0" or COMMAND in levels:
        return None
    return wanted
