"""The line page: what the station does now, for a look from three metres and for one from near by."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from nicegui import ui
from nicegui.events import KeyEventArguments

from inspection.pages import notices
from inspection.pages.line_actions import InterventionButtons
from inspection.pages.line_parts import (
    alarms_card,
    cameras_card,
    counters_card,
    latency_card,
    numbers_row,
    rate_card,
    rejects_card,
    strip_card,
)
from inspection.pages.line_state import TONES, LineState, line_state
from inspection.pages.live import LineView
from inspection.pages.page import Page
from inspection.pages.texts import Texts
from inspection.pages.visit import Visit
from inspection.people.roles import Permission

_LOOK_S = 0.5
Update = Callable[[LineView], None]


def build(visit: Visit) -> None:
    """Make the page, and keep it up to date."""
    texts = visit.texts.line
    ui.add_head_html('<script src="/static/strip.js"></script>')
    updates: list[Update] = []
    with ui.element("div").classes("line") as page:
        with ui.element("div").classes("line-top"):
            updates.append(_state(visit))
            with ui.element("div").classes("line-side"):
                updates.append(numbers_row(visit))
                with ui.element("div").classes("bar"):
                    buttons = InterventionButtons(visit)
                    updates.append(buttons.update)
                    stale = ui.label(texts.stale).classes("badge tone-off")
        empty = notices.empty(texts.no_blocks, texts.no_blocks_advice, "conveyor_belt")
        with ui.element("div").classes("line-body") as body:
            updates += [strip_card(visit), rejects_card(visit)]
            for parts in ((counters_card, rate_card), (alarms_card, cameras_card, latency_card)):
                with ui.element("div").classes("line-side"):
                    updates += [part(visit) for part in parts]
    shown = [-1]

    def look() -> None:
        view = visit.desk.live.view
        has_blocks = view.recent is not None and bool(view.recent.blocks)
        if view.number == shown[0]:
            return
        shown[0] = view.number
        stale.set_visibility(not view.is_connected and has_blocks)
        page.classes(add="is-stale" if not view.is_connected else "", remove="is-stale" if view.is_connected else "")
        empty.set_visibility(not has_blocks)
        body.set_visibility(has_blocks)
        for update in updates:
            update(view)

    look()
    ui.timer(_LOOK_S, look)
    if visit.may(Permission.HOLD):
        ui.keyboard(lambda event: _pressed(event, buttons), ignore=["input", "select", "textarea", "button"])


def _pressed(event: KeyEventArguments, buttons: InterventionButtons) -> None:
    if event.action.keydown and not event.action.repeat and event.key == "h" and not event.modifiers.ctrl:
        buttons.press()


def _state(visit: Visit) -> Update:
    texts = visit.texts.line
    with ui.element("section").classes("state").props("role=status aria-live=polite") as card:
        icon = ui.icon("link_off").classes("state-icon")
        with ui.element("div").classes("state-words"):
            word = ui.label().classes("state-word")
            advice = ui.label().classes("state-advice")
    tones = [""]

    def update(view: LineView) -> None:
        now = datetime.now(UTC)
        state = line_state(view, now)
        tone, name = TONES[state]
        if tones[0] != tone:
            card.classes(add=f"tone-{tone}", remove=f"tone-{tones[0]}")
            tones[0] = tone
        icon.set_name(name)
        word.set_text(texts.states[state])
        advice.set_text(_advice(visit, view, state, now))

    return update


def _advice(visit: Visit, view: LineView, state: LineState, now: datetime) -> str:
    quantities, newest = visit.quantities, view.recent.newest if view.recent else None
    intervention = view.status.intervention if view.status else None
    heard_utc = view.told_utc or (newest.decided_utc if newest else None)
    age_s = (now - newest.decided_utc).total_seconds() if newest else None
    return visit.texts.line.advice[state].format(
        reason=intervention.reason if intervention else "",
        by=intervention.by if intervention else "",
        until=quantities.time(intervention.until_utc) if intervention and intervention.until_utc else "",
        age="–" if age_s is None else quantities.age(age_s),
        time=quantities.moment(heard_utc) if heard_utc else "–",
    )


def _keys(texts: Texts) -> Sequence[tuple[str, str]]:
    return (("H", texts.line.key_hold),)


PAGE = Page("/", Permission.SEE_LINE, "conveyor_belt", lambda texts: texts.line.title, build, _keys, is_wide=True)
