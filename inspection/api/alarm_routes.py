"""Alarms: what calls for a person now, what did before, and that somebody takes one on."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, model_validator

from camera.checked import Checked
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind
from inspection.api.access import WhoAsks
from inspection.api.problems import responses
from inspection.api.wire import MOST_SEQUENCE, PlainText
from inspection.station.desk import Desk

_UNKNOWN = {404: "No such alarm has to be dealt with: `unknown-alarm`."}
AlarmNumber = Annotated[int, Path(ge=1, le=MOST_SEQUENCE, description="The alarm's `number`.")]
By = Annotated[PlainText, Query(min_length=1, max_length=128, description="Who does it: a person or a machine.")]


class AlarmList(BaseModel):
    """Alarms in the order that was asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    alarms: list[Alarm]
    """The alarms."""


class AlarmOut(RootModel[Alarm]):
    """The alarm as it is afterwards."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class AlarmHistory(AlarmList):
    """Alarms, newest first."""

    next_before: int | None
    """To be given as `before` for those that are older; null: there are none."""


class AlarmQuery(Checked):
    """Which alarms are wanted."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    before: int | None = Field(default=None, ge=1, le=MOST_SEQUENCE)
    """Those with lower numbers."""
    limit: int = Field(default=100, ge=1, le=1000)
    """Most alarms in one answer."""
    kind: list[AlarmKind] = Field(default=[], max_length=len(AlarmKind))
    """Those of these kinds; may be repeated."""
    since_utc: AwareDatetime | None = None
    """Those that were raised then or later."""
    until_utc: AwareDatetime | None = None
    """Those that were raised before."""

    @model_validator(mode="after")
    def _span_runs_forward(self) -> Self:
        if self.since_utc is not None and self.until_utc is not None and self.until_utc <= self.since_utc:
            raise ValueError("until_utc must be later than since_utc")
        return self


class AcknowledgeIn(Checked):
    """Somebody has seen an alarm."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [{"by": "ann"}]})

    by: PlainText = Field(min_length=1, max_length=128)
    """Who has seen it: a person or a machine."""


class ShelveIn(Checked):
    """An alarm is put aside for a while."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"by": "ann", "reason": "the coater is being cleaned", "minutes": 30}]},
    )

    by: PlainText = Field(min_length=1, max_length=128)
    """Who puts it aside: a person or a machine."""
    reason: PlainText = Field(min_length=1, max_length=500)
    """Why; kept with the alarm."""
    minutes: float = Field(gt=0, le=1440)
    """After which it is told anew, if it stands then. The station's settings may allow less."""


def alarm_routes(desk: Desk) -> APIRouter:
    """The list, the history, and taking an alarm on."""
    router = APIRouter(tags=["alarms"])

    def note(signed: tuple[str, str], alarm: Alarm, told: dict[str, Any]) -> None:
        which = {"kind": alarm.kind.value, "subject": alarm.subject, "sentence": alarm.sentence}
        desk.ledger.note(*signed, f"alarm:{alarm.number}", None, which | told)

    @router.get("/v1/alarms", responses=responses())
    def alarms() -> AlarmList:
        """All alarms that somebody has still to deal with: those that stand, that nobody has acknowledged, that are
        put aside; the gravest first. It needs no store.
        """
        return AlarmList(alarms=list(desk.status().alarm_list))

    @router.get("/v1/alarms/history", responses=responses())
    def history(wanted: Annotated[AlarmQuery, Query()]) -> AlarmHistory:
        """All alarms that there were, newest first, as far as they are kept."""
        found = desk.alarm_records.page(
            wanted.limit + 1,
            before=wanted.before,
            kinds=wanted.kind,
            since=wanted.since_utc,
            until=wanted.until_utc,
        )
        shown = found[: wanted.limit]
        return AlarmHistory(alarms=shown, next_before=shown[-1].number if len(found) > wanted.limit else None)

    @router.post("/v1/alarms/{number}/acknowledge", response_model=AlarmOut, responses=responses(_UNKNOWN))
    def acknowledge(number: AlarmNumber, wanted: AcknowledgeIn, caller: WhoAsks) -> Alarm:
        """Say that somebody has seen an alarm. It goes on to stand as long as its cause does."""
        alarm = desk.alarms.acknowledge(number, wanted.by)
        note(caller.signed(wanted.by, "acknowledge_alarm"), alarm, wanted.model_dump())
        return alarm

    @router.put(
        "/v1/alarms/{number}/shelf",
        response_model=AlarmOut,
        responses=responses(_UNKNOWN | {409: "For longer than the settings allow: `conflict`."}),
    )
    def shelve(number: AlarmNumber, wanted: ShelveIn, caller: WhoAsks) -> Alarm:
        """Put an alarm aside for a while: no sound and no message. No verdict is any milder for it."""
        alarm = desk.alarms.shelve(number, wanted.by, wanted.reason, wanted.minutes)
        note(caller.signed(wanted.by, "shelve_alarm"), alarm, wanted.model_dump())
        return alarm

    @router.delete("/v1/alarms/{number}/shelf", response_model=AlarmOut, responses=responses(_UNKNOWN))
    def unshelve(number: AlarmNumber, by: By, caller: WhoAsks) -> Alarm:
        """Take an alarm from the shelf before its time; if it stands, it has to be acknowledged anew."""
        alarm = desk.alarms.unshelve(number, by)
        note(caller.signed(by, "unshelve_alarm"), alarm, {"by": by})
        return alarm

    return router
