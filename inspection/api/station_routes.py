"""The station itself: how it is, what it judges by, and what the line tells it."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from camera.checked import Checked
from inspection.api.access import WhoAsks
from inspection.api.problems import responses
from inspection.api.wire import ArtefactOut, Health, PlainText, Readiness, TriggerIn, TriggerOut, WhyText
from inspection.station.desk import Desk
from inspection.station.intervention import LONGEST_BYPASS_MIN, Intervention, InterventionKind
from inspection.station.status import StationStatus
from inspection.station.triggers import Trigger


class RecipeOut(BaseModel):
    """A recipe in use, with all its limits."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recipe: ArtefactOut
    """Its name, version and hash."""
    content: dict[str, Any]
    """The recipe file's content with defaults filled in."""


class ModelOut(BaseModel):
    """A model in use, with its card and the thresholds that count."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: ArtefactOut
    """Its name, version and hash."""
    thresholds: dict[str, float]
    """By kind: the model card's, where the recipe does not set its own."""
    card: dict[str, Any]
    """Content of its card.json: what it was made of, kinds, thresholds, checks."""


class StatusOut(RootModel[StationStatus]):
    """How the station is doing now."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class InterventionIn(Checked):
    """A hold or bypass that a person wants."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"kind": "hold", "reason": "coater head is being cleaned", "by": "ann"}]},
    )

    kind: InterventionKind
    """`hold`: nothing is accepted until somebody ends it. `bypass`: the line runs unjudged for some minutes."""
    reason: WhyText
    """Why; it is shown and kept."""
    by: PlainText = Field(min_length=1, max_length=128)
    """Who wants it: a person or a machine."""
    minutes: float | None = Field(default=None, gt=0, le=LONGEST_BYPASS_MIN)
    """After which a bypass ends by itself; a hold has none."""

    @model_validator(mode="after")
    def _minutes_of_bypass(self) -> Self:
        if (self.minutes is None) == (self.kind is InterventionKind.BYPASS):
            raise ValueError("a bypass needs minutes, a hold has none")
        return self


class InterventionEnd(BaseModel):
    """What was ended."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ended: Intervention | None
    """The hold or bypass; null: nothing was in force."""


def station_routes(desk: Desk) -> APIRouter:
    """Status, triggers, recipes, models, health, readiness, metrics."""
    router = APIRouter()

    @router.get("/v1/status", tags=["station"], response_model=StatusOut, responses=responses())
    def status() -> StationStatus:
        """How the station is doing."""
        return desk.status()

    @router.post(
        "/v1/triggers",
        tags=["line"],
        status_code=202,
        responses=responses(
            {
                404: "The station has no such camera: `unknown-camera`.",
                409: "It was sent before, or its frame has been read already: `conflict`.",
                429: "More triggers wait than the station holds: `too-many-triggers`.",
            }
        ),
    )
    def add_trigger(trigger: TriggerIn) -> TriggerOut:
        """Hand in a trigger or piece id: it is echoed on the decision of the frame it belongs to."""
        desk.triggers.add(
            Trigger(
                trigger.trigger_id,
                trigger.piece_id,
                trigger.frame_number,
                trigger.camera,
                trigger.run,
                trigger.place_mm,
            )
        )
        return TriggerOut(trigger_id=trigger.trigger_id, waiting=desk.triggers.waiting())

    @router.put(
        "/v1/intervention",
        tags=["line"],
        responses=responses(
            {409: "A bypass is asked for during a hold, or it is in force and would not outlive a restart: `conflict`."}
        ),
    )
    def intervene(wanted: InterventionIn, caller: WhoAsks) -> Intervention:
        """Put the line on hold, or let it run unjudged for some minutes. Nothing is accepted meanwhile."""
        before = desk.interventions.current
        told = wanted.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
        try:
            if wanted.kind is InterventionKind.HOLD:
                return desk.interventions.hold(wanted.reason, wanted.by)
            assert wanted.minutes is not None
            return desk.interventions.bypass(wanted.reason, wanted.by, wanted.minutes)
        finally:
            if desk.interventions.current is not before:  # in force, even where it would not outlive a restart
                desk.ledger.note(*caller.signed(wanted.by, wanted.kind), "line", _in_short(before), told)

    @router.delete(
        "/v1/intervention",
        tags=["line"],
        responses=responses({409: "It stays in force, for its file can't be removed: `conflict`."}),
    )
    def end_intervention(
        by: Annotated[
            PlainText, Query(min_length=1, max_length=128, description="Who ends it: a person or a machine.")
        ],
        reason: Annotated[WhyText, Query(description="Why it may end; kept in the audit log.")],
        caller: WhoAsks,
    ) -> InterventionEnd:
        """End the hold or bypass that is in force. Who does it and why is kept as at its begin."""
        ended = desk.interventions.end(by, reason)
        if ended is not None:
            signed = caller.signed(by, f"end_{ended.kind}")
            desk.ledger.note(*signed, "line", _in_short(ended), {"by": by, "reason": reason})
        return InterventionEnd(ended=ended)

    @router.get("/v1/recipes", tags=["station"], responses=responses())
    def recipes() -> list[RecipeOut]:
        """What the station judges by."""
        recipe = desk.change_overs.setup.recipe
        return [RecipeOut(recipe=ArtefactOut.of(recipe.artefact), content=recipe.model_dump(mode="json"))]

    @router.get("/v1/models", tags=["station"], responses=responses())
    def models() -> list[ModelOut]:
        """What the station sees with."""
        setup = desk.change_overs.setup
        card = setup.model.card
        thresholds = dict(card.thresholds) | setup.recipe.model.thresholds
        model = ArtefactOut.of(setup.model.artefact)
        return [ModelOut(model=model, thresholds=thresholds, card=card.model_dump(mode="json"))]

    @router.get("/healthz", tags=["operation"], responses=responses(demands_key=False))
    async def healthz() -> Health:
        """Whether the process lives. Needs no API key."""
        return Health(status="alive")

    @router.get(
        "/readyz",
        tags=["operation"],
        responses=responses() | {503: {"model": Readiness, "description": "It may not; `reasons` says why."}},
    )
    def readyz() -> Readiness:
        """Whether the line may run: all cameras connected, store writable, workers alive."""
        reasons = desk.not_ready()
        heartbeats_s = {name: round(age_s, 3) for name, age_s in desk.heartbeats_s().items()}
        answer = Readiness(is_ready=not reasons, reasons=reasons, heartbeats_s=heartbeats_s)
        if reasons:
            return JSONResponse(answer.model_dump(), 503)  # type: ignore[return-value]  # FastAPI passes it through
        return answer

    @router.get(
        "/metrics",
        tags=["operation"],
        response_class=Response,
        responses=responses()
        | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The figures."}},
    )
    def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(desk.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _in_short(intervention: Intervention | None) -> dict[str, Any] | None:
    """For the audit log."""
    return None if intervention is None else intervention.model_dump(mode="json")
