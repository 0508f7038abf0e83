"""Doors and cameras: how each is doing, and a test that says which part of the way is broken."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from nicegui import ui

from camera.source import SourceStatus
from inspection.pages.frame import notices
from inspection.pages.frame.badges import badge
from inspection.pages.frame.page import Page
from inspection.pages.frame.visit import Visit, action
from inspection.people.roles import Permission
from inspection.station.chain import ChainLink, Soundness
from inspection.station.door_state import DoorState

_BADGES = {
    Soundness.SOUND: ("check_circle", "accept"),
    Soundness.BROKEN: ("cancel", "reject"),
    Soundness.UNKNOWN: ("help", "info"),
}
_REFRESH_S = 2.0


@action(Permission.SEE_SETTINGS)
async def test(visit: Visit, what: Literal["cameras", "doors"], name: str) -> list[ChainLink]:
    """Watch a camera or door for some seconds."""
    return await visit.desk.station.test(what, name)


def build(visit: Visit) -> None:
    """Make the page."""
    texts = visit.texts.doors
    ui.label(texts.title).classes("page-title")
    ui.label(texts.explained).classes("muted")
    results: dict[tuple[str, str], Sequence[ChainLink]] = {}
    view = visit.desk.live.view
    if view.status is None or not view.is_connected:
        notices.empty(texts.no_station, texts.no_station_advice, "sensors_off")
        return
    ui.label(texts.doors).classes("card-title")
    states = [_card(visit, "doors", door.name, results, _door_facts) for door in view.status.doors]
    ui.label(texts.cameras).classes("card-title")
    states += [_card(visit, "cameras", each.camera, results, _camera_facts) for each in view.status.cameras]
    ui.timer(_REFRESH_S, lambda: [refresh() for refresh in states])


def _card(
    visit: Visit,
    what: Literal["cameras", "doors"],
    name: str,
    results: dict[tuple[str, str], Sequence[ChainLink]],
    show: Callable[[Visit, str], None],
) -> Callable[[], Any]:
    """A door or camera; returns what brings it up to date."""
    texts = visit.texts.doors
    with ui.element("section").classes("card"):
        with ui.element("div").classes("bar"):
            ui.label(name).classes("model-name")

            @ui.refreshable
            def state() -> None:
                show(visit, name)

            state()
            ui.space()

            @ui.refreshable
            def chain() -> None:
                _show_chain(visit, results.get((what, name)))

            async def run() -> None:
                button.disable()
                button.set_text(texts.testing)
                try:
                    results[what, name] = await test(visit, what, name)
                finally:
                    button.set_text(texts.test)
                    button.enable()
                chain.refresh()

            button = ui.button(texts.test, on_click=run).props("no-caps unelevated").mark(f"test-{what}-{name}")
        with ui.element("div").props('role="status" aria-live="polite"'):
            chain()
    return state.refresh


def _door_facts(visit: Visit, name: str) -> None:
    texts, door = visit.texts.doors, _door(visit, name)
    if door is None:
        return
    badge(*(("check_circle", texts.open, "info") if door.is_open else ("cancel", texts.closed, "reject")))
    facts = [door.kind, door.address, f"{door.partners} {texts.partners}"]
    if door.last_partner:
        facts.append(f"{texts.last_partner} {door.last_partner}")
    if door.acknowledged is not None:
        facts.append(f"{texts.acknowledged} {door.acknowledged}")
    if door.waiting:
        facts.append(f"{door.waiting} {texts.waiting}")
    if door.restarts:
        facts.append(f"{door.restarts}× {texts.restarts}")
    ui.label(" · ".join(facts)).classes("muted")
    if door.trouble:
        ui.label(door.trouble).classes("as-written")


def _camera_facts(visit: Visit, name: str) -> None:
    texts, camera = visit.texts.doors, _camera(visit, name)
    if camera is None:
        return
    badge(*(("check_circle", texts.connected, "info") if camera.is_connected else ("cancel", texts.gone, "reject")))
    lost = sum(count for counter, count in camera.counters.items() if counter in ("dropped", "incomplete", "overrun"))
    facts = [camera.kind, f"{camera.counters.get('frames', 0)} {texts.frames}", f"{lost} {texts.lost}", camera.detail]
    ui.label(" · ".join(facts)).classes("muted")


def _door(visit: Visit, name: str) -> DoorState | None:
    status = visit.desk.live.view.status
    return next((each for each in status.doors if each.name == name), None) if status else None


def _camera(visit: Visit, name: str) -> SourceStatus | None:
    status = visit.desk.live.view.status
    return next((each for each in status.cameras if each.camera == name), None) if status else None


def _show_chain(visit: Visit, links: Sequence[ChainLink] | None) -> None:
    if links is None:
        return
    texts = visit.texts.doors
    words = {Soundness.SOUND: texts.sound, Soundness.BROKEN: texts.broken, Soundness.UNKNOWN: texts.unknown}
    for link in links:
        icon, colour = _BADGES[link.soundness]
        with ui.element("div").classes("bar"):
            badge(icon, words[link.soundness], colour)
            ui.label(texts.sentences[f"{link.part}.{link.soundness.value}"].format_map(link.facts))
        if link.detail and link.soundness is Soundness.BROKEN:
            ui.label(link.detail).classes("as-written muted")
    if all(link.soundness is Soundness.SOUND for link in links):
        ui.label(texts.all_sound).classes("strong")


PAGE = Page("/doors", Permission.SEE_SETTINGS, "sensor_door", lambda texts: texts.doors.title, build)
