"""All alarms that there were, newest first, by kind and time: what is chosen stands in the address."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from nicegui import ui

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import AlarmKind
from inspection.alarms.records import AlarmRecords
from inspection.pages.alarms.alarm_panel import priority_badge, told_of
from inspection.pages.alarms.alarm_words import sentence
from inspection.pages.frame import notices
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_style
from inspection.pages.frame.visit import Visit
from inspection.people.roles import Permission

_ALARMS = 100
_KNOWN_HERE = (AlarmKind.STATION_SILENT, AlarmKind.STORE_UNREADABLE, AlarmKind.NO_STATION)
"""Alarms that the pages alone know: none of them is in the store."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    kind: AlarmKind | None
    since: datetime | None
    """By the station's clock, without a zone."""
    until: datetime | None
    before: int | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Raises ValueError with what can't be meant.

        >>> Wanted.of({"kind": "camera.gone", "since": ""}).kind
        <AlarmKind.CAMERA_GONE: 'camera.gone'>
        """
        return cls(
            AlarmKind(query["kind"]) if query.get("kind") else None,
            _moment(query.get("since")),
            _moment(query.get("until")),
            _number(query.get("before")),
        )

    def address(self, before: int | None) -> str:
        """Address of a further page of the same."""
        named = {
            "kind": self.kind.value if self.kind else None,
            "since": self.since.isoformat(timespec="minutes") if self.since else None,
            "until": self.until.isoformat(timespec="minutes") if self.until else None,
            "before": str(before) if before else None,
        }
        told = {name: text for name, text in named.items() if text is not None}
        return f"/alarms?{urlencode(told)}" if told else "/alarms"


async def build(visit: Visit) -> None:
    """Make the page."""
    texts = visit.texts.alarms
    add_style("alarms.css")
    ui.label(texts.title).classes("page-title")
    try:
        wanted = Wanted.of(visit.query)
    except ValueError:
        got = ", ".join(f"{name}={text}" for name, text in visit.query.items())[:200]
        _form(visit, Wanted(None, None, None, None))
        notices.empty(texts.wrong_filter.format(got=got), icon="filter_alt_off")
        return
    _form(visit, wanted)
    found = await asyncio.to_thread(_found, visit, wanted)
    if not found:
        notices.empty(texts.no_history, texts.no_history_advice, "notifications_none")
        return
    with ui.element("section").classes("card"), ui.element("table").classes("table"):
        with ui.element("tr"):
            for word in (texts.number, texts.priority, texts.what):
                with ui.element("th"):
                    ui.label(word)
        for alarm in found[:_ALARMS]:
            _row(visit, alarm)
    with ui.element("nav").classes("bar"):
        if wanted.before is not None:
            ui.link(texts.newest, wanted.address(None))
        if len(found) > _ALARMS:
            ui.link(texts.older, wanted.address(found[_ALARMS - 1].number))


def _found(visit: Visit, wanted: Wanted) -> list[Alarm]:
    return AlarmRecords(visit.desk.database).page(
        _ALARMS + 1,
        before=wanted.before,
        kinds=[wanted.kind] if wanted.kind else [],
        since=wanted.since.astimezone(UTC) if wanted.since else None,
        until=wanted.until.astimezone(UTC) if wanted.until else None,
    )


def _form(visit: Visit, wanted: Wanted) -> None:
    texts = visit.texts.alarms
    form = ui.element("form").classes("bar alarm-form").props('method=get action="/alarms" role=search')
    with form.props(f'aria-label="{texts.filter}"'):
        with ui.element("label"):
            ui.label(texts.what)
            with ui.element("select").props("name=kind"):
                _option("", texts.all_kinds, is_chosen=wanted.kind is None)
                for kind in AlarmKind:
                    if kind not in _KNOWN_HERE:
                        _option(kind.value, texts.kinds[kind.value], is_chosen=kind is wanted.kind)
        for name, word, moment in (("since", texts.since, wanted.since), ("until", texts.until, wanted.until)):
            value = moment.isoformat(timespec="minutes") if moment else ""
            with ui.element("label"):
                ui.label(word)
                ui.element("input").props(f'type=datetime-local name={name} value="{value}"')
        with ui.element("button").props("type=submit").classes("alarm-show"):
            ui.label(texts.show)


def _option(value: str, word: str, *, is_chosen: bool) -> None:
    with ui.element("option").props(f'value="{value}"') as option:
        ui.label(word)
    if is_chosen:
        option.props("selected")


def _row(visit: Visit, alarm: Alarm) -> None:
    texts = visit.texts.alarms
    with ui.element("tr"):
        with ui.element("td"):
            ui.label(str(alarm.number)).classes("muted number")
        with ui.element("td"):
            priority_badge(visit, alarm.priority)
        with ui.element("td"):
            ui.label(sentence(alarm, visit.texts)).classes("strong")
            ui.label(" · ".join(told_of(visit, alarm))).classes("muted number")
            if alarm.detail:
                with ui.element("details"):
                    with ui.element("summary"):
                        ui.label(texts.details)
                    ui.label(alarm.detail).classes("as-written small")


def _moment(text: str | None) -> datetime | None:
    """By the station's clock, without a zone."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None or not 1970 < moment.year < 9000:
        raise ValueError(f"{text} is no moment of the station's clock")
    return moment


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 18):
        raise ValueError(f"{text} is no alarm's number")
    return int(text)


PAGE = Page(
    "/alarms",
    Permission.HANDLE_ALARMS,
    "notifications",
    lambda texts: texts.alarms.title,
    build,
    is_in_navigation=False,
    is_wide=True,
)
