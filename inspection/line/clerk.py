"""Carries out what a door's process asks for, at the station's desk, and notes who changed the line."""

from collections.abc import Callable, Mapping
from typing import Any

from inspection.alarms.book import UnknownAlarm
from inspection.errors import InspectionError, LineError, ModelError, RecipeError, ReferencesError, ReviewError
from inspection.line.orders import (
    Acknowledge,
    AcknowledgeAlarm,
    AddTrigger,
    AskRecipes,
    AskResult,
    AskResults,
    AskWho,
    BeginRoll,
    Bypass,
    CancelRecipe,
    ConfirmRecipe,
    EndIntervention,
    EndRoll,
    Hold,
    Order,
    PrepareRecipe,
    role_needed,
)
from inspection.line.refusal import Refused
from inspection.line.result import Named, Result
from inspection.people.api_keys import sha256_of
from inspection.people.key_role import KeyRole
from inspection.station.desk import Desk
from inspection.station.planned_change import PlannedChange
from inspection.station.triggers import DuplicateTrigger, Trigger, TriggerQueueFull, TriggerTooLate, UnknownCamera
from inspection.values import Decision

_AHEAD = 100_000
"""Decisions that a roll may be told ahead of its beginning."""
_NAMES: Mapping[type[InspectionError], str] = {
    DuplicateTrigger: "duplicate",
    TriggerTooLate: "too-late",
    TriggerQueueFull: "too-many-triggers",
    UnknownCamera: "unknown-camera",
    UnknownAlarm: "unknown-alarm",
    RecipeError: "recipe-refused",
    ModelError: "recipe-refused",
    ReferencesError: "recipe-refused",
    ReviewError: "invalid",
    LineError: "conflict",
}
"""By what went wrong, what a machine reads."""


class Clerk:
    """One door's. May be used from several threads."""

    def __init__(self, door: str, role: KeyRole, desk: Desk, encoder_step_um: Mapping[str, float]) -> None:
        """`role`: what the door's partners may do at most; `encoder_step_um`: by camera, where it is known."""
        self._door = door
        self._role = role
        self._desk = desk
        self._encoder_step_um = encoder_step_um
        self._carry_out: Mapping[type[Order], Callable[[Any], Any]] = {
            AskResult: self._result,
            AddTrigger: self._trigger,
            BeginRoll: self._begin_roll,
            EndRoll: self._end_roll,
            AskRecipes: self._recipes,
            PrepareRecipe: self._prepare,
            ConfirmRecipe: self._confirm,
            CancelRecipe: self._cancel,
            Hold: self._hold,
            Bypass: self._bypass,
            EndIntervention: self._end_intervention,
            AcknowledgeAlarm: self._acknowledge_alarm,
            AskWho: self._who,
        }

    def carry_out(self, order: Order) -> Any:
        """The answer, of what JSON knows. Raises Refused."""
        self.check(order)
        try:
            return self._carry_out[type(order)](order)
        except InspectionError as error:
            name = next((name for kind, name in _NAMES.items() if isinstance(error, kind)), "unavailable")
            raise Refused(name, str(error)) from error

    def check(self, order: Order) -> None:
        """Raises Refused for what partners of this door may not do."""
        needed = role_needed(order)
        if not self._role.covers(needed):
            raise Refused(
                "forbidden",
                f"Door {self._door} lets its partners {self._role} at most, and this needs {needed}. Set its role in "
                "the station's settings, or do it on the pages.",
            )

    def results(self, order: AskResults) -> list[Result]:
        """What there is after a sequence number now. Raises Refused: the number is ahead of all."""
        feed, store = self._desk.feed, self._desk.store
        if order.after > feed.last_sequence:
            raise Refused(
                "sequence-ahead",
                f"There is no decision {order.after} yet, the last one is {feed.last_sequence}: the partner knows "
                "another station or store. Begin anew with the last number of this one.",
            )
        found = feed.after(order.after, order.limit)
        if found is None:
            begins_after = feed.begins_after
            try:
                stored = store.decisions_after(order.after, order.limit)
            except InspectionError as error:
                raise Refused("unavailable", str(error)) from error
            if stored:
                return [self._told(each.decision, each.epoch) for each in stored]
            found = feed.after(max(order.after, begins_after), order.limit) or []
        return [self._told(each, store.epoch) for each in found]

    def acknowledge(self, order: Acknowledge) -> int:
        """Note in the store that the partner has taken results. Returns how many nobody had taken before."""
        return self._desk.store.acknowledge_up_to(order.up_to, self._signer(order))

    def _told(self, decision: Decision, epoch: str) -> Result:
        step_um = self._encoder_step_um.get(decision.piece.frame.camera)
        return Result.of(decision, epoch=epoch, encoder_step_um=step_um)

    def _result(self, order: AskResult) -> Any:
        decision = self._desk.feed.decision(order.sequence)
        if decision is not None:
            return self._told(decision, self._desk.store.epoch).model_dump(mode="json")
        stored = self._desk.store.decision(order.sequence)
        if stored is None:
            last = self._desk.feed.last_sequence
            raise Refused("not-found", f"There is no decision {order.sequence}; the last one is {last}.")
        return self._told(stored.decision, stored.epoch).model_dump(mode="json")

    def _trigger(self, order: AddTrigger) -> Any:
        place_mm = order.place_mm
        if order.place_counts is not None:
            step_um = next(iter(self._encoder_step_um.values()), None)
            if step_um is None or place_mm is not None or order.frame_number is not None:
                raise Refused(
                    "invalid",
                    "place_counts stands alone, and needs a GenICam camera, whose settings say what web a count of its "
                    "encoder is. Tell place_mm instead.",
                )
            place_mm = order.place_counts * step_um / 1000.0
        self._desk.triggers.add(
            Trigger(order.trigger_id, order.piece_id, order.frame_number, order.camera, order.run, place_mm=place_mm)
        )
        return {"waiting": self._desk.triggers.waiting()}

    def _begin_roll(self, order: BeginRoll) -> Any:
        coming = self._desk.change_overs.next_read
        if order.first_sequence is not None and order.first_sequence > coming + _AHEAD:
            raise Refused(
                "sequence-ahead",
                f"Decision {order.first_sequence} is more than {_AHEAD} ahead of the next one, {coming}.",
            )
        begun = self._desk.change_overs.begin_roll(order.roll, order.first_sequence, self._signer(order))
        told = {"first_sequence": begun.change.first_sequence, "recipe_from": begun.recipe_from}
        self._note(order, "begin_roll", f"roll:{order.roll}", None, told)
        return {"roll": order.roll} | told

    def _end_roll(self, order: EndRoll) -> Any:
        change = self._desk.rolls.end(self._desk.change_overs.next_read, self._signer(order))
        told = {"first_sequence": change.first_sequence}
        self._note(order, "end_roll", "line", None, told)
        return told

    def _recipes(self, order: AskRecipes) -> Any:
        in_force, to_come = self._desk.change_overs.in_force.recipe, self._desk.change_overs.to_come
        return [
            {
                "title": each.title,
                "recipe": Named.of(each.recipe.artefact).model_dump(),
                "material": each.recipe.material,
                "is_in_force": each.recipe.artefact == in_force,
                "is_prepared": to_come is not None and each.recipe.artefact == to_come.recipe,
            }
            for each in self._desk.change_overs.recipes()
        ]

    def _prepare(self, order: PrepareRecipe) -> Any:
        change = self._desk.change_overs.prepare(order.recipe, self._signer(order), order.why, order.sha256)
        return self._changed(order, "prepare_recipe", change, order.why)

    def _confirm(self, order: ConfirmRecipe) -> Any:
        change = self._desk.change_overs.confirm(order.sha256, self._signer(order))
        return self._changed(order, "confirm_recipe", change, change.why)

    def _cancel(self, order: CancelRecipe) -> Any:
        change = self._desk.change_overs.cancel(self._signer(order), order.why)
        return self._changed(order, "cancel_recipe", change, order.why)

    def _changed(self, order: Order, action: str, change: PlannedChange, why: str) -> Any:
        recipe = Named.of(change.recipe).model_dump()
        before = {"in_force": self._desk.change_overs.in_force.recipe.sha256}
        self._note(order, action, "line", before, {"recipe": recipe, "why": why})
        return {"recipe": recipe, "model": Named.of(change.model).model_dump(), "step": change.step.value}

    def _hold(self, order: Hold) -> Any:
        return self._intervened(order, "hold", lambda by: self._desk.interventions.hold(order.reason, by))

    def _bypass(self, order: Bypass) -> Any:
        return self._intervened(
            order, "bypass", lambda by: self._desk.interventions.bypass(order.reason, by, order.minutes)
        )

    def _intervened(self, order: Hold | Bypass, action: str, begin: Callable[[str], object]) -> Any:
        before = self._desk.interventions.current
        told = order.model_dump(mode="json", exclude={"order", "by"})
        try:
            begin(self._signer(order))
        finally:
            if (now := self._desk.interventions.current) is not before:  # also where it would not outlive a restart
                self._note(order, action, "line", before.model_dump(mode="json") if before else None, told)
        return now.model_dump(mode="json") if now else None

    def _end_intervention(self, order: EndIntervention) -> Any:
        ended = self._desk.interventions.end(self._signer(order), order.reason)
        if ended is None:
            return None
        told = ended.model_dump(mode="json")
        self._note(order, f"end_{ended.kind}", "line", told, {"reason": order.reason})
        return told

    def _acknowledge_alarm(self, order: AcknowledgeAlarm) -> Any:
        alarm = self._desk.alarms.acknowledge(order.number, self._signer(order))
        told = {"kind": alarm.kind.value, "subject": alarm.subject, "sentence": alarm.sentence}
        self._note(order, "acknowledge_alarm", f"alarm:{alarm.number}", None, told)
        return {"number": alarm.number}

    def _who(self, order: AskWho) -> Any:
        key = self._desk.ledger.keys().get(sha256_of(order.key.encode()))
        if key is None:
            raise Refused("unknown-key", "There is no such API key; `inspection keys add` makes one.")
        return {"name": key.name, "role": key.role.value}

    def _signer(self, order: Order) -> str:
        """Who is noted: the door, and whom it names behind it."""
        return f"{self._door}:{order.by}"[:64] if order.by else self._door

    def _note(self, order: Order, action: str, subject: str, before: Any, after: dict[str, Any]) -> None:
        self._desk.ledger.note(self._signer(order), f"door.{action}", subject, before, after)
