"""Change-over and rolls: what judges now, what is to come, and the buttons for both.

The station notes in the audit log what a person does here.
"""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from inspection.errors import LineError
from inspection.pages.frame.dialogs import LEAST_REASON, ask_reason
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.recipes.recipe_sheets import Sheet
from inspection.pages.station.live import LineView
from inspection.people.roles import Permission
from inspection.station.planned_change import ChangeStep, PlannedChange
from inspection.values import Artefact

_LOOK_S = 0.5


@action(Permission.CHANGE_OVER)
async def prepare(visit: Visit, key: str, sha256: str, why: str) -> None:
    """Have the station load a recipe for a change-over."""
    await visit.desk.station.prepare(key, visit.person.name, _given(visit, why), sha256)


@action(Permission.CHANGE_OVER)
async def confirm(visit: Visit, recipe: Artefact) -> None:
    """Have what is prepared take effect with the next roll."""
    await visit.desk.station.confirm_change(recipe.sha256, visit.person.name)


@action(Permission.CHANGE_OVER)
async def cancel(visit: Visit, why: str) -> None:
    """Give the change up that is to come."""
    await visit.desk.station.cancel_change(visit.person.name, _given(visit, why))


@action(Permission.TELL_ROLLS)
async def begin_roll(visit: Visit, roll: str) -> tuple[int, int | None]:
    """Say that a roll begins. Returns its first decision, and the first by a new recipe if there is one."""
    if not roll.strip():
        raise LineError(visit.texts.change.roll_needed)
    return await visit.desk.station.begin_roll(roll.strip(), visit.person.name)


@action(Permission.TELL_ROLLS)
async def end_roll(visit: Visit) -> int:
    """Say that the roll has ended. Returns the first decision after it."""
    return await visit.desk.station.end_roll(visit.person.name)


def ask_change(visit: Visit, sheet: Sheet) -> None:
    """Ask why, then have the recipe loaded."""
    texts = visit.texts.change

    async def done(why: str) -> None:
        await prepare(visit, sheet.key, sheet.sha256, why)
        await visit.desk.live.poll()
        tell(texts.prepared.format(title=sheet.title))

    ask_reason(visit, texts.prepare, texts.prepare_explained.format(title=sheet.title), texts.why, done)


def change_over_card(visit: Visit, look_at: Callable[[PlannedChange], None]) -> None:
    """The card. `look_at`: shows what is prepared, before it is confirmed."""
    texts = visit.texts.change
    shown: list[Any] = [None]
    with ui.element("section").classes("card change-over"):
        ui.label(texts.change_title).classes("card-title")
        holder = ui.element("div")
        with ui.element("div").classes("bar"):
            if visit.may(Permission.TELL_ROLLS):
                _roll_entry(visit)

    def look() -> None:
        view = visit.desk.live.view
        status = view.status
        key = (view.is_connected, view.roll, status and (status.in_force, status.change_over))
        if key == shown[0]:
            return
        shown[0] = key
        holder.clear()
        with holder:
            _state(visit, view, look_at)

    look()
    ui.timer(_LOOK_S, look)


def _state(visit: Visit, view: LineView, look_at: Callable[[PlannedChange], None]) -> None:
    texts = visit.texts.change
    status = view.status
    if status is None or not view.is_connected:
        ui.label(texts.no_station).classes("muted")
        return
    now = status.in_force
    since = texts.from_settings
    if now.first_sequence is not None:
        since = texts.since.format(sequence=now.first_sequence, roll=now.roll, by=now.by, why=now.why)
    _fact(texts.in_force, f"{now.recipe.name} {now.recipe.version}", since)
    _fact(texts.roll, view.roll or "–", "")
    coming = status.change_over
    if coming is None:
        _fact(texts.to_come, "–", texts.nothing_to_come)
        return
    told = texts.steps[coming.step].format(
        by=coming.by,
        why=coming.why,
        confirmed_by=coming.confirmed_by,
        sequence=coming.first_sequence,
        roll=coming.roll,
    )
    _fact(texts.to_come, f"{coming.recipe.name} {coming.recipe.version}", told)
    if visit.may(Permission.CHANGE_OVER):
        with ui.element("div").classes("bar"):
            if coming.step is ChangeStep.PREPARED:
                button = ui.button(texts.confirm, icon="task_alt", on_click=lambda: look_at(coming))
                button.props("unelevated no-caps").mark("confirm-change")
            cancelling = ui.button(texts.cancel, icon="undo", on_click=lambda: _ask_cancel(visit))
            cancelling.props("outline no-caps")


def _fact(name: str, value: str, detail: str) -> None:
    with ui.element("div").classes("change-fact"):
        ui.label(name).classes("muted")
        ui.label(value).classes("strong")
        ui.label(detail)


def _ask_cancel(visit: Visit) -> None:
    texts = visit.texts.change

    async def done(why: str) -> None:
        await cancel(visit, why)
        await visit.desk.live.poll()
        tell(texts.cancelled)

    ask_reason(visit, texts.cancel, texts.cancel_explained, texts.why, done)


def _roll_entry(visit: Visit) -> None:
    texts = visit.texts.change
    roll = ui.input(texts.roll).props("outlined dense maxlength=64").mark("roll-name")

    async def begin() -> None:
        name = (roll.value or "").strip()
        first, recipe_from = await begin_roll(visit, name)
        roll.set_value("")
        sentence = texts.roll_begun if recipe_from is None else texts.roll_begun_with
        tell(sentence.format(roll=name, sequence=first, recipe_from=recipe_from))

    async def end() -> None:
        tell(texts.roll_ended.format(sequence=await end_roll(visit)))

    ui.button(texts.roll_begins, icon="first_page", on_click=visit.attempt(begin)).props("outline no-caps")
    ui.button(texts.roll_ends, icon="last_page", on_click=visit.attempt(end)).props("outline no-caps")


def _given(visit: Visit, why: str) -> str:
    if not why.strip():
        raise LineError(visit.texts.frame.reason_needed.format(least=LEAST_REASON))
    return why.strip()
