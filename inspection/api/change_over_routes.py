"""Change-over: what the line judges by from the next roll on, told by the plant's control system or the pages."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from camera.checked import Checked
from inspection.api.access import WhoAsks
from inspection.api.problems import ApiProblem, responses
from inspection.api.wire import ArtefactOut, PlainText
from inspection.errors import ModelError, RecipeError, ReferencesError
from inspection.station.desk import Desk
from inspection.station.planned_change import ChangeStep, PlannedChange

_PREPARE: dict[str, Any] = {"recipe": "line-3-1.1", "by": "mes-2", "why": "order 4711"}
_CONFIRM: dict[str, Any] = {"sha256": "0" * 64, "by": "mes-2"}
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PrepareIn(Checked):
    """A recipe that somebody wants to change over to."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_PREPARE]})

    recipe: PlainText = Field(min_length=1, max_length=256)
    """NAME-VERSION, one of those that `GET /v1/change-over/recipes` lists."""
    by: PlainText = Field(min_length=1, max_length=128)
    """Who wants it: a person or a machine."""
    why: PlainText = Field(min_length=1, max_length=500)
    """What for; kept in the audit log."""
    sha256: Sha256 | None = None
    """What the recipe's file must have; null: whatever it has, which the answer tells."""


class ConfirmIn(Checked):
    """Somebody has looked at what was prepared, and wants it."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_CONFIRM]})

    sha256: Sha256
    """Echo of the recipe that was prepared."""
    by: PlainText = Field(min_length=1, max_length=128)
    """Who confirms it: a person or a machine."""


class RecipeChoice(BaseModel):
    """A recipe that the line may be changed over to."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: str
    """NAME-VERSION."""
    recipe: ArtefactOut
    """Its name, version and hash."""
    material: str
    """Which web it is for: `anode`, `cathode`, `separator` …"""
    view: str
    """Which light it is for: `bright-field`, `dark-field`, `back-light`."""


class PlannedChangeOut(BaseModel):
    """A change that is to come."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    step: ChangeStep
    """prepared: waits for somebody to confirm it; confirmed: happens with the next roll; coming: its roll is told."""
    recipe: ArtefactOut
    """The recipe that will judge."""
    model: ArtefactOut
    """The model that it needs, loaded already."""
    setups: dict[str, str]
    """`setup_sha256` of the decisions that it will make, by camera."""
    by: str
    """Who prepared it."""
    why: str
    """What for, in the words of who prepared it."""
    prepared_utc: datetime
    """When it was prepared (UTC)."""
    confirmed_by: str | None
    """Who confirmed it; null: nobody yet."""
    confirmed_utc: datetime | None
    """When it was confirmed (UTC); null: not yet."""
    roll_id: str | None
    """The roll that it begins with; null: it is not told yet."""
    first_sequence: int | None
    """The first decision by it; null before the roll is told."""

    @classmethod
    def of(cls, change: PlannedChange) -> "PlannedChangeOut":
        """As it is told."""
        return cls(
            step=change.step,
            recipe=ArtefactOut.of(change.recipe),
            model=ArtefactOut.of(change.model),
            setups=dict(change.setups),
            by=change.by,
            why=change.why,
            prepared_utc=change.prepared_utc,
            confirmed_by=change.confirmed_by,
            confirmed_utc=change.confirmed_utc,
            roll_id=change.roll,
            first_sequence=change.first_sequence,
        )


class ChangeOverOut(BaseModel):
    """What is in force, and what is to come."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    in_force: ArtefactOut
    """The recipe that judges now."""
    since_sequence: int | None
    """The first decision by it; null: it is the settings' recipe, nothing was changed over."""
    roll_id: str | None
    """The roll that it came into force with; null: nothing was changed over."""
    by: str | None
    """Who prepared it; null: nothing was changed over."""
    why: str | None
    """What for; null: nothing was changed over."""
    to_come: PlannedChangeOut | None
    """The change that is to come; null: none is."""


def change_over_routes(desk: Desk) -> APIRouter:
    """Routes below /v1/change-over."""
    router = APIRouter(prefix="/v1/change-over", tags=["line"])

    def note(signed: tuple[str, str], change: PlannedChange, told: dict[str, str]) -> None:
        before = {"in_force": desk.change_overs.in_force.recipe.sha256}
        recipe = {"recipe": f"{change.recipe.name}-{change.recipe.version}", "sha256": change.recipe.sha256}
        desk.ledger.note(*signed, "line", before, recipe | told)

    @router.get("", responses=responses())
    def change_over() -> ChangeOverOut:
        """What is in force, and what is to come."""
        now, to_come = desk.change_overs.in_force, desk.change_overs.to_come
        return ChangeOverOut(
            in_force=ArtefactOut.of(now.recipe),
            since_sequence=now.first_sequence,
            roll_id=now.roll,
            by=now.by,
            why=now.why,
            to_come=PlannedChangeOut.of(to_come) if to_come else None,
        )

    @router.get("/recipes", responses=responses())
    def recipes() -> list[RecipeChoice]:
        """What the line may be changed over to: recipes that were released, the settings' own, shipped ones."""
        return [
            RecipeChoice(
                title=each.title,
                recipe=ArtefactOut.of(each.recipe.artefact),
                material=each.recipe.material,
                view=each.recipe.view,
            )
            for each in desk.change_overs.recipes()
        ]

    @router.put(
        "",
        responses=responses(
            {409: "The line could not run with it (`recipe-refused`), or another is coming (`conflict`)."}
        ),
    )
    def prepare(wanted: PrepareIn, caller: WhoAsks) -> PlannedChangeOut:
        """Load a recipe and all that it needs; nothing changes yet. Refused if the line could not run with it."""
        try:
            change = desk.change_overs.prepare(wanted.recipe, wanted.by, wanted.why, wanted.sha256)
        except (RecipeError, ModelError, ReferencesError) as error:
            raise ApiProblem(409, "recipe-refused", str(error)) from error
        note(caller.signed(wanted.by, "prepare_recipe"), change, {"by": wanted.by, "why": wanted.why})
        return PlannedChangeOut.of(change)

    @router.post("/confirm", responses=responses({409: "Something else is prepared, or nothing is: `conflict`."}))
    def confirm(wanted: ConfirmIn, caller: WhoAsks) -> PlannedChangeOut:
        """Have what was prepared take effect with the next roll that begins (`POST /v1/rolls`)."""
        change = desk.change_overs.confirm(wanted.sha256, wanted.by)
        note(caller.signed(wanted.by, "confirm_recipe"), change, {"by": wanted.by, "why": change.why})
        return PlannedChangeOut.of(change)

    @router.delete("", responses=responses({409: "Nothing is to come, or it is in force already: `conflict`."}))
    def cancel(
        by: Annotated[
            PlainText, Query(min_length=1, max_length=128, description="Who gives it up: a person or a machine.")
        ],
        why: Annotated[PlainText, Query(min_length=1, max_length=500, description="What for; kept in the audit log.")],
        caller: WhoAsks,
    ) -> PlannedChangeOut:
        """Give the change up that is to come. Answers what that was."""
        change = desk.change_overs.cancel(by, why)
        note(caller.signed(by, "cancel_recipe"), change, {"by": by, "why": why})
        return PlannedChangeOut.of(change)

    return router
