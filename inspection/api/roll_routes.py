"""Rolls: the line tells when one begins, so that maps, certificates and data sets know what belongs together."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from camera.checked import Checked
from inspection.api.access import WhoAsks
from inspection.api.problems import ApiProblem, responses
from inspection.api.wire import MOST_SEQUENCE, PlainText
from inspection.station.desk import Desk
from inspection.values.roll import Roll, RollChange

_AHEAD = 100_000
"""Decisions that a roll may be told ahead of its beginning."""
_AHEAD_OF_ALL = {409: f"`first_sequence` is more than {_AHEAD} decisions ahead: `sequence-ahead`."}
_REFUSED = {409: f"{_AHEAD_OF_ALL[409][:-1]}; or a change-over that was confirmed can't take effect: `conflict`."}
_EXAMPLE: dict[str, Any] = {"roll_id": "R-2030-0117", "by": "plc-7"}


class RollIn(Checked):
    """A roll begins."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    roll_id: str = Field(min_length=1, max_length=64, pattern=r"^[\w.+#/-](?:[\w.+#/ -]*[\w.+#/-])?$")
    """The plant's name for the roll."""
    by: PlainText = Field(min_length=1, max_length=64)
    """Who says so: a person or a machine."""
    first_sequence: int | None = Field(default=None, ge=1, le=MOST_SEQUENCE)
    """The first decision that belongs to it; null: the next frame that is read. Decisions may be named later, too."""


class RollEndIn(Checked):
    """The roll has ended."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"by": "plc-7"}]})

    by: PlainText = Field(min_length=1, max_length=64)
    """Who says so: a person or a machine."""
    first_sequence: int | None = Field(default=None, ge=1, le=MOST_SEQUENCE)
    """The first decision that does not belong to it any more; null: the next frame that is read."""


class RollChangeOut(BaseModel):
    """What was noted."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    roll_id: str | None
    """null: the roll before has ended."""
    first_sequence: int
    """The first decision that it counts for."""
    told_utc: datetime
    """When the station was told (UTC)."""
    recipe_from: int | None = None
    """The first decision by the recipe that was changed over to; null: none was."""


class RollOut(BaseModel):
    """A stretch of decisions that belongs to one roll."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    roll_id: str
    """The plant's name for the roll, or the station's where nobody told one."""
    first_sequence: int
    """Its first decision."""
    last_sequence: int
    """Its last decision; of a roll that runs, the newest."""
    is_named: bool
    """False: nobody told which roll it was, and it is called after the station's start."""
    is_running: bool
    """Whether it is the roll on the line now."""


def roll_routes(desk: Desk) -> APIRouter:
    """Routes below /v1/rolls."""
    router = APIRouter(prefix="/v1/rolls", tags=["line"])

    def checked(wanted: int | None) -> int | None:
        coming = desk.change_overs.next_read
        if wanted is not None and wanted > coming + _AHEAD:
            raise ApiProblem(
                409,
                "sequence-ahead",
                f"Decision {wanted} is more than {_AHEAD} ahead of the next one, {coming}: send a number of this "
                "station's, or none for the next frame that is read.",
            )
        return wanted

    @router.post("", status_code=201, responses=responses(_REFUSED))
    def begin_roll(roll: RollIn, caller: WhoAsks) -> RollChangeOut:
        """A roll begins, and the one before ends. With `first_sequence` null it is exact, with several cameras to about
        one frame of each. A change-over that was confirmed takes effect with it.
        """
        begun = desk.change_overs.begin_roll(roll.roll_id, checked(roll.first_sequence), roll.by)
        told = {"by": roll.by, "first_sequence": begun.change.first_sequence, "recipe_from": begun.recipe_from}
        desk.ledger.note(*caller.signed(roll.by, "begin_roll"), f"roll:{roll.roll_id}", None, told)
        return _change(begun.change, begun.recipe_from)

    @router.post("/end", status_code=201, responses=responses(_AHEAD_OF_ALL))
    def end_roll(end: RollEndIn, caller: WhoAsks) -> RollChangeOut:
        """The roll has ended, and no other has begun yet."""
        first_sequence = checked(end.first_sequence) or desk.change_overs.next_read
        change = desk.rolls.end(first_sequence, end.by)
        told = {"by": end.by, "first_sequence": change.first_sequence}
        desk.ledger.note(*caller.signed(end.by, "end_roll"), "line", None, told)
        return _change(change)

    @router.get("", responses=responses())
    def rolls(
        limit: Annotated[int, Query(ge=1, le=1000, description="Most rolls in one answer.")] = 100,
    ) -> list[RollOut]:
        """The newest rolls, the last one first."""
        return [_roll(roll) for roll in desk.rolls.rolls()[: -limit - 1 : -1]]

    return router


def _change(change: RollChange, recipe_from: int | None = None) -> RollChangeOut:
    return RollChangeOut(
        roll_id=change.roll,
        first_sequence=change.first_sequence,
        told_utc=change.told_utc,
        recipe_from=recipe_from,
    )


def _roll(roll: Roll) -> RollOut:
    return RollOut(
        roll_id=roll.name,
        first_sequence=roll.first_sequence,
        last_sequence=roll.last_sequence,
        is_named=roll.is_named,
        is_running=roll.is_running,
    )
