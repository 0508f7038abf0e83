"""The line page: what the station does now, for a look from three metres and for one from near by."""

from collections.abc import Callable, Sequence

from nicegui import ui
from nicegui.events import KeyEventArguments

from inspection.pages.alarms.alarm_panel import alarm_panel
from inspection.pages.alarms.alarm_words import sentence
from inspection.pages.frame import notices
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_script
from inspection.pages.frame.visit import Visit
from inspection.pages.line.line_actions import InterventionButtons
from inspection.pages.line.line_parts import (
    cameras_card,
    counters_card,
    latency_card,
    numbers_row,
    rate_card,
    rejects_card,
    strip_card,
)
from inspection.pages.station.line_state import alarms_of, tile_of
from inspection.pages.station.live import LineView
from inspection.people.roles import Permission

_LOOK_S = 0.5
Update = Callable[[LineView], None]


def build(visit: Visit) -> None:
    """Make the page, and keep it up to date."""
    texts = visit.texts.line
    add_script("strip.js", waits=False)
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
        updates.append(alarm_panel(visit))
        empty = notices.empty(texts.no_blocks, texts.no_blocks_advice, "conveyor_belt")
        with ui.element("div").classes("line-body") as body:
            updates += [strip_card(visit), rejects_card(visit)]
            for parts in ((counters_card, rate_card), (cameras_card, latency_card)):
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
        visit.drawn.note("line", view)

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
        with ui.element("div").classes("state-silence"):
            ui.icon("link_off").classes("state-icon")
            ui.label(texts.no_news).classes("silence-word")
        icon = ui.icon("link_off").classes("state-icon")
        with ui.element("div").classes("state-words"):
            word = ui.label().classes("state-word")
            advice = ui.label().classes("state-advice")
    tones = [""]

    def update(view: LineView) -> None:
        tile = tile_of(alarms_of(view, has_station=visit.desk.station.url is not None))
        if tones[0] != tile.tone:
            card.classes(add=f"tone-{tile.tone}", remove=f"tone-{tones[0]}")
            tones[0] = tile.tone
        icon.set_name(tile.icon)
        word.set_text(texts.states[tile.state])
        advice.set_text(sentence(tile.alarm, visit.texts) if tile.alarm else visit.texts.alarms.all_well)

    return update


def _keys(visit: Visit) -> Sequence[tuple[str, str]]:
    return (("H", visit.texts.line.key_hold),)


PAGE = Page("/", Permission.SEE_LINE, "conveyor_belt", lambda texts: texts.line.title, build, _keys, is_wide=True)
