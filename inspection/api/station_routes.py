"""The station itself: how it is, what it judges by, and what the line tells it."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from inspection.api.desk import Desk
from inspection.api.problems import responses
from inspection.api.wire import ArtefactOut, Health, Readiness, TriggerIn, TriggerOut
from inspection.station_status import StationStatus
from inspection.triggers import Trigger


class RecipeOut(BaseModel):
    """A recipe in use, with all its limits."""

    recipe: ArtefactOut
    content: dict[str, Any]
    """The recipe file's content with defaults filled in."""


class ModelOut(BaseModel):
    """A model in use, with its card and the thresholds that count."""

    model: ArtefactOut
    thresholds: dict[str, float]
    """By kind: the model card's, where the recipe does not set its own."""
    card: dict[str, Any]


def station_routes(desk: Desk) -> APIRouter:
    """Status, triggers, recipes, models, health, readiness, metrics."""
    router = APIRouter()

    @router.get("/v1/status", tags=["station"], responses=responses(503))
    def status() -> StationStatus:
        """How the station is doing."""
        return desk.status()

    @router.post("/v1/triggers", tags=["line"], status_code=202, responses=responses(404, 409, 429))
    def add_trigger(trigger: TriggerIn) -> TriggerOut:
        """Hand in a trigger or piece id: it is echoed on the decision of the frame it belongs to."""
        desk.triggers.add(Trigger(trigger.trigger_id, trigger.piece_id, trigger.frame_number, trigger.camera))
        return TriggerOut(trigger_id=trigger.trigger_id, waiting=desk.triggers.waiting())

    @router.get("/v1/recipes", tags=["station"], responses=responses())
    def recipes() -> list[RecipeOut]:
        """What the station judges by."""
        content = desk.recipe.model_dump(mode="json")
        return [RecipeOut(recipe=ArtefactOut.of(desk.recipe.artefact), content=content)]

    @router.get("/v1/models", tags=["station"], responses=responses())
    def models() -> list[ModelOut]:
        """What the station sees with."""
        thresholds = dict(desk.card.thresholds) | desk.recipe.model.thresholds
        card = desk.card.model_dump(mode="json")
        return [ModelOut(model=ArtefactOut.of(desk.model), thresholds=thresholds, card=card)]

    @router.get("/healthz", tags=["operation"])
    async def healthz() -> Health:
        """Whether the process lives. Needs no API key."""
        return Health(status="alive")

    @router.get("/readyz", tags=["operation"], responses=responses() | {503: {"model": Readiness}})
    def readyz() -> Readiness:
        """Whether the line may run: all cameras connected, store writable, workers alive."""
        reasons = desk.not_ready()
        answer = Readiness(is_ready=not reasons, reasons=reasons)
        if reasons:
            return JSONResponse(answer.model_dump(), 503)  # type: ignore[return-value]  # FastAPI passes it through
        return answer

    @router.get(
        "/metrics",
        tags=["operation"],
        response_class=Response,
        responses=responses() | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "OK"}},
    )
    def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(desk.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
