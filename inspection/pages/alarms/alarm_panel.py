"""The list of alarms on the line page: what stands, what nobody has acknowledged, what is put aside."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from nicegui import ui

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import Priority
from inspection.pages.alarms.alarm_actions import acknowledge, shelve, unshelve
from inspection.pages.alarms.alarm_words import sentence
from inspection.pages.frame.badges import badge
from inspection.pages.frame.dialogs import Question, written_reason
from inspection.pages.frame.static_files import add_script, add_style
from inspection.pages.frame.visit import Visit, tell
from inspection.pages.station.line_state import alarms_of
from inspection.pages.station.live import LineView
from inspection.people.roles import Permission

ICONS = {
    Priority.CRITICAL: "dangerous",
    Priority.HIGH: "warning",
    Priority.MEDIUM: "error",
    Priority.LOW: "arrow_circle_down",
    Priority.NOTICE: "info",
}
"""An octagon, a triangle, a disc, an arrow, a letter: they differ without colour."""
_TONES = {
    Priority.CRITICAL: "reject",
    Priority.HIGH: "reject",
    Priority.MEDIUM: "warning",
    Priority.LOW: "warning",
    Priority.NOTICE: "off",
}
_LOUD = (Priority.CRITICAL, Priority.HIGH)
_MINUTES = 15.0
Update = Callable[[LineView], None]


def priority_badge(visit: Visit, priority: Priority) -> None:
    """How soon somebody has to act, by form, word and colour."""
    badge(ICONS[priority], visit.texts.alarms.priorities[priority], _TONES[priority])


def alarm_panel(visit: Visit) -> Update:
    """Make the list, and return how it is brought up to date."""
    texts = visit.texts.alarms
    add_style("alarms.css")
    add_script("alarm_sound.js")
    with ui.element("section").classes("card alarm-card").props(f'aria-label="{texts.title}"'):
        with ui.element("div").classes("bar alarm-head"):
            ui.label(texts.title).classes("card-title")
            none = badge("check_circle", texts.none, "off")
            ui.space()
            words = f'data-on="{texts.sound_on}" data-muted="{texts.sound_muted}" data-blocked="{texts.sound_blocked}"'
            sound = (
                ui.element("button").classes("alarm-sound").props(f'id=alarm-sound type=button data-loud="" {words}')
            )
            if visit.may(Permission.HANDLE_ALARMS):
                ui.link(texts.history, "/alarms").classes("alarm-history")
        holder = ui.element("div").classes("alarms").props("role=log aria-live=assertive")
    rows: dict[object, _Row] = {}

    def update(view: LineView) -> None:
        alarms = alarms_of(view, has_station=visit.desk.station.url is not None)
        none.set_visibility(not alarms)
        keys = [alarm.number or alarm.key for alarm in alarms]
        for key in [key for key in rows if key not in keys]:
            rows.pop(key).element.delete()
        for place, (key, alarm) in enumerate(zip(keys, alarms, strict=True)):
            if key not in rows:
                with holder:
                    rows[key] = _Row(visit)
            rows[key].show(alarm)
            rows[key].move_to(holder, place)
        loud = next((a.priority.value for a in alarms if _is_loud(a)), "")
        if sound.props["data-loud"] != loud:
            sound.props["data-loud"] = loud
            sound.update()

    return update


def _is_loud(alarm: Alarm) -> bool:
    return alarm.priority in _LOUD and not alarm.is_acknowledged and not alarm.is_shelved


class _Row:
    """One alarm; drawn anew when something happens to it, not when its numbers go on."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._drawn: Alarm | None = None
        self._sentence: ui.label | None = None
        self._detail: ui.label | None = None
        self._place = -1
        self.element = ui.element("article").classes("alarm")

    def move_to(self, holder: ui.element, place: int) -> None:
        """Stand at a place of the list."""
        if self._place != place:
            self._place = place
            self.element.move(holder, target_index=place)

    def show(self, alarm: Alarm) -> None:
        """Show it as it is now."""
        words = sentence(alarm, self._visit.texts)
        if self._drawn is None or _happened(alarm) != _happened(self._drawn):
            self._draw(alarm)
        self._drawn = alarm
        if self._sentence is not None:
            self._sentence.set_text(words)
        if self._detail is not None:
            self._detail.set_text(alarm.detail)

    def _draw(self, alarm: Alarm) -> None:
        visit, texts = self._visit, self._visit.texts.alarms
        self.element.clear()
        is_open = not alarm.is_acknowledged and not alarm.is_shelved
        self.element.classes(
            replace=f"alarm alarm-{alarm.priority.value}{' alarm-open' if is_open else ''}"
            f"{'' if alarm.is_standing else ' alarm-over'}"
        )
        with self.element:
            priority_badge(visit, alarm.priority)
            with ui.element("div").classes("alarm-words"):
                self._sentence = ui.label().classes("alarm-sentence")
                ui.label(" · ".join(told_of(visit, alarm))).classes("muted number")
                self._detail = None
                if alarm.detail:
                    with ui.element("details"):
                        with ui.element("summary"):
                            ui.label(texts.details)
                        self._detail = ui.label().classes("as-written small")
            if alarm.number and visit.may(Permission.HANDLE_ALARMS):
                with ui.element("div").classes("alarm-buttons"):
                    self._buttons(alarm)

    def _buttons(self, alarm: Alarm) -> None:
        visit, texts, number = self._visit, self._visit.texts.alarms, alarm.number

        async def seen() -> None:
            await acknowledge(visit, number)
            await _tell(visit, texts.acknowledged)

        async def back() -> None:
            await unshelve(visit, number)
            await visit.desk.live.poll()

        if not alarm.is_acknowledged:
            ui.button(texts.acknowledge, icon="done", on_click=visit.attempt(seen)).props("no-caps outline dense")
        if alarm.is_shelved:
            ui.button(texts.unshelve, icon="unarchive", on_click=visit.attempt(back)).props("no-caps flat dense")
        elif alarm.priority is not Priority.NOTICE:
            ui.button(texts.shelve, icon="archive", on_click=lambda: _ask(visit, number)).props("no-caps flat dense")


def _happened(alarm: Alarm) -> Alarm:
    """What of an alarm is drawn anew; the rest goes on by itself."""
    return replace(alarm, sentence="", detail="there" if alarm.detail else "", facts={})


def told_of(visit: Visit, alarm: Alarm) -> list[str]:
    """From when to when, how often, and who has taken it on."""
    texts, quantities = visit.texts.alarms, visit.quantities

    def time(moment: datetime | None) -> str:
        return "–" if moment is None else quantities.moment(moment)

    told = [texts.raised.format(time=time(alarm.last_raised_utc))]
    if alarm.occurrences > 1:
        told.append(texts.times.format(count=quantities.number(alarm.occurrences)))
    told.append(texts.stands if alarm.is_standing else texts.cleared.format(time=time(alarm.cleared_utc)))
    if alarm.acknowledged_by is not None:
        told.append(texts.acknowledged_by.format(by=alarm.acknowledged_by, time=time(alarm.acknowledged_utc)))
    elif not alarm.is_acknowledged and alarm.number:
        told.append(texts.not_acknowledged)
    if alarm.is_shelved:
        until = time(alarm.shelved_until_utc)
        told.append(texts.shelved_by.format(by=alarm.shelved_by, time=until, reason=alarm.shelved_reason))
    return told


def _ask(visit: Visit, number: int) -> None:
    texts = visit.texts.alarms
    question = Question(visit, texts.shelve, texts.shelve_explained)
    reason = question.add_reason(texts.reason)
    with question.fields:
        minutes = ui.number(texts.minutes, value=_MINUTES, min=1, precision=0).props("outlined").classes("ask-field")

    async def done() -> None:
        await shelve(visit, number, written_reason(visit, reason), minutes.value or 0.0)
        await _tell(visit, texts.shelved_done)

    question.open(texts.shelve, done, enter=reason)


async def _tell(visit: Visit, message: str) -> None:
    await visit.desk.live.poll()
    tell(message)
