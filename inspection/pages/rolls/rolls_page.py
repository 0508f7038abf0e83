"""The roll map: where defects lie on a roll, what nobody inspected, what repeats; and the roll's certificate."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import numpy as np
from nicegui import ui
from nicegui.events import EChartPointClickEventArguments

from inspection.csv_table import Separators
from inspection.pages.frame import notices
from inspection.pages.frame.address import keep_in_address
from inspection.pages.frame.badges import verdict_word
from inspection.pages.frame.chart import Chart
from inspection.pages.frame.chart_style import ChartStyle, fetch_charts, style_here
from inspection.pages.frame.csv_menu import csv_menu
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_style
from inspection.pages.frame.threads import in_thread, with_event
from inspection.pages.frame.visit import Visit
from inspection.pages.rolls.roll_address import filter_of, words_of
from inspection.pages.rolls.roll_chart import growing_bars, map_options
from inspection.pages.rolls.roll_facts import tell_figures, tell_gaps, tell_picked, tell_repeats
from inspection.pages.rolls.roll_files import RollFile, kept_roll_file, make_certificate, roll_file
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import MapFilter
from inspection.values import Severity, Verdict
from inspection.values.roll import Roll

_LOOK_AGAIN_S = 10.0
"""A roll that is running is looked up so often."""
Handler = Callable[..., Awaitable[Any]]


async def build(visit: Visit) -> None:
    """Make the page for the newest roll, or the one that `?roll=` names: by its first sequence number, or its name."""
    add_style("results.css")
    rolls = await in_thread(RollBook(visit.desk.database).rolls)
    asked = visit.query.get("roll")
    if not rolls and asked is None:
        notices.empty(visit.texts.rolls.no_rolls, visit.texts.rolls.no_rolls_advice, "map")
        return
    found = [roll for roll in rolls if asked in (None, str(roll.first_sequence))]
    found = found or [roll for roll in rolls if roll.name == asked]
    if not found:
        with ui.element("section").classes("card filters"):
            _choose_roll(visit, rolls, None)
        texts = visit.texts.rolls
        notices.unknown(texts.no_such_roll.format(roll=str(asked)[:64]), texts.no_such_roll_advice)
        return
    _RollView(visit, rolls, found[-1])


def _choose_roll(visit: Visit, rolls: Sequence[Roll], chosen: Roll | None) -> None:
    names = {str(roll.first_sequence): _name(visit, roll) for roll in reversed(rolls)}
    value = None if chosen is None else str(chosen.first_sequence)
    choice = ui.select(names, value=value, label=visit.texts.rolls.roll, with_input=True)
    choice.props("outlined dense").classes("filter-wide").on_value_change(
        lambda event: ui.navigate.to(f"/rolls?roll={event.value}")
    )


def _name(visit: Visit, roll: Roll) -> str:
    texts = visit.texts.rolls
    words = [] if roll.is_named else [texts.unnamed]
    words += [texts.running] if roll.is_running else []
    return roll.name + (f" ({', '.join(words)})" if words else "")


class _RollView:
    """One tab's look at one roll; one that is still running is looked up again and again."""

    def __init__(self, visit: Visit, rolls: Sequence[Roll], roll: Roll) -> None:
        self._visit = visit
        self._roll = roll
        self._file: RollFile | None = None
        self._style: ChartStyle | None = None
        self._chart: Chart | None = None
        self._picked_number: tuple[int, int] | None = None
        self._filters(rolls, filter_of(visit.query))
        self._figures = ui.element("div").classes("result-figures")
        with ui.element("div").classes("map-body"):
            with ui.element("section").classes("card map-card"):
                with ui.element("div").classes("bar"):
                    ui.label(visit.texts.rolls.map).classes("card-title")
                    ui.element("div").classes("filler")
                    self._as_of = ui.label().classes("muted number").mark("as-of")
                self._more = ui.label().classes("muted")
                self._map = ui.element("div").classes("map")
            with ui.element("div").classes("result-side"):
                with ui.element("section").classes("card"):
                    ui.label(visit.texts.rolls.picked).classes("card-title")
                    self._picked = ui.element("div").classes("picked")
                with ui.element("section").classes("card"):
                    ui.label(visit.texts.rolls.repeats).classes("card-title")
                    self._repeats = ui.element("div").classes("lines")
                with ui.element("section").classes("card"):
                    ui.label(visit.texts.rolls.gaps).classes("card-title")
                    self._gaps = ui.element("div").classes("lines")
        with self._map:
            notices.loading(visit)
            fetch_charts()
        # While the browser fetches its scripts.
        self._first = asyncio.create_task(in_thread(kept_roll_file, visit.desk, roll, self._wanted()))
        ui.timer(0.0, visit.attempt(self._show, is_persons=False), once=True)
        if roll.is_running:
            ui.timer(_LOOK_AGAIN_S, visit.attempt(self._look_again, is_persons=False))

    def _filters(self, rolls: Sequence[Roll], first: MapFilter) -> None:
        visit, texts = self._visit, self._visit.texts.rolls
        changed = visit.attempt(self._choose)
        with ui.element("section").classes("card filters"):
            _choose_roll(visit, rolls, self._roll)
            kinds = {kind: f"{kind} {kind_name(kind, visit.person.language)}" for kind in first.kinds}
            self._kinds = _several(texts.kinds, kinds, list(first.kinds), changed)
            severities = {each.value: each.value for each in Severity}
            self._severities = _several(texts.severities, severities, [s.value for s in first.severities], changed)
            words = {each.value: verdict_word(visit.texts, each) for each in Verdict}
            self._verdicts = _several(texts.verdicts, words, [v.value for v in first.verdicts], changed)
            lanes = {lane: str(lane) for lane in first.lanes}
            self._lanes = _several(texts.lanes, lanes, list(first.lanes), changed)
            self._smallest = ui.number(texts.smallest, value=first.from_mm, min=0.0, step=0.1, format="%.2f").props(
                "outlined dense clearable"
            )
            self._smallest.classes("filter").on("change", changed).on("clear", changed)
            self._within = ui.switch(texts.show_within, value=first.is_guilty is None).mark("within")
            self._within.on_value_change(changed)
            ui.element("div").classes("filler")
            pdf = ui.button(texts.certificate, icon="picture_as_pdf", on_click=visit.attempt(self._download_pdf))
            pdf.props("outline no-caps").mark("certificate-pdf")
            csv_menu(visit, texts.as_csv, lambda separators: self._download("csv", separators)).mark("certificate-csv")
            csv_menu(visit, texts.facts_csv, lambda separators: self._download("facts", separators))

    def _wanted(self) -> MapFilter:
        return MapFilter(
            kinds=tuple(self._kinds.value or ()),
            severities=tuple(Severity(each) for each in self._severities.value or ()),
            verdicts=tuple(Verdict(each) for each in self._verdicts.value or ()),
            lanes=tuple(int(each) for each in self._lanes.value or ()),
            from_mm=self._smallest.value or None,
            is_guilty=None if self._within.value else True,
        )

    async def _choose(self, *_: object) -> None:
        """The address follows what is chosen."""
        keep_in_address("/rolls", {"roll": str(self._roll.first_sequence)} | words_of(self._wanted()))
        self._picked_number = None
        await self._show()

    async def _look_again(self) -> None:
        """More may have been decided, and reviewed, since."""
        if self._file is None:
            return
        book = RollBook(self._visit.desk.database)
        self._roll = await in_thread(book.roll, str(self._roll.first_sequence))
        self._tell(await in_thread(roll_file, self._visit.desk.database, self._roll, self._wanted()))
        self._draw(self._file)

    async def _show(self, *_: object) -> None:
        is_first = self._file is None
        self._style = self._style or await style_here()
        if is_first:
            found = await self._first
        else:
            found = await in_thread(roll_file, self._visit.desk.database, self._roll, self._wanted(), self._file)
        self._tell(found)
        self._draw(found)

    def _tell(self, found: RollFile) -> None:
        self._file = found
        quantities = self._visit.quantities
        time, zone = quantities.moment(found.looked_utc), quantities.zone(found.looked_utc)
        self._as_of.set_text(self._visit.texts.rolls.as_of.format(time=time, zone=zone))
        language = self._visit.person.language
        kinds = sorted({*found.tally.broke, *found.tally.within_limits, *(self._kinds.value or ())})
        self._kinds.set_options({kind: f"{kind} {kind_name(kind, language)}" for kind in kinds})
        lanes = sorted({lane for lane in found.picture.defects.lane if lane is not None} | set(self._lanes.options))
        self._lanes.set_options({lane: str(lane) for lane in lanes})
        told = ((self._figures, tell_figures), (self._repeats, tell_repeats), (self._gaps, tell_gaps))
        for element, tell in told:
            element.clear()
            with element:
                tell(self._visit, found)
        self._tell_picked()

    def _draw(self, found: RollFile) -> None:
        texts, quantities, style = self._visit.texts.rolls, self._visit.quantities, self._style
        if style is None:
            return
        options = map_options(found.picture, texts, quantities, style)
        count = quantities.number(len(found.picture.defects.kind))
        self._more.set_text("" if found.picture.defects.is_complete else texts.more.format(count=count))
        self._more.set_visibility(not found.picture.defects.is_complete)
        if self._chart is not None and _names(self._chart.options) == _names(options):
            self._chart.redraw(options)
            return
        self._map.clear()
        with self._map:
            self._chart = Chart(options, on_point_click=with_event(self._visit.attempt(self._pick)))
            self._chart.classes("map-chart").mark("map")
            if (script := growing_bars(self._chart.id, found.picture, style)) is not None:
                self._chart.on("chart:datazoom", js_handler=script)
            if not found.picture.defects.kind:
                notices.empty(texts.no_defects, texts.no_defects_advice, "check_circle")

    async def _pick(self, event: EChartPointClickEventArguments) -> None:
        value = event.value
        if self._file is None or not isinstance(value, list) or len(value) < 3:
            return
        number, defects = int(value[2]), self._file.picture.defects
        if number < len(defects.kind):
            self._picked_number = int(defects.sequence[number]), int(defects.position[number])
        self._tell_picked()

    def _tell_picked(self) -> None:
        """The same defect after the roll was looked up again, wherever it stands then."""
        places: list[int] = []
        if self._file is not None and self._picked_number is not None:
            defects, (sequence, position) = self._file.picture.defects, self._picked_number
            places = np.flatnonzero((defects.sequence == sequence) & (defects.position == position)).tolist()
        self._picked.clear()
        with self._picked:
            if self._file is None or not places:
                ui.label(self._visit.texts.rolls.pick).classes("muted")
            else:
                tell_picked(self._visit, self._file, places[0])

    async def _download_pdf(self) -> None:
        await self._download("pdf", Separators.COMMA_POINT)

    async def _download(self, kind: str, separators: Separators) -> None:
        content = await in_thread(make_certificate, self._visit, self._roll, kind, separators)
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", self._roll.name)
        ui.download.content(content, f"roll-{name}-facts.csv" if kind == "facts" else f"roll-{name}.{kind}")


def _names(options: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """What tells charts apart that can't take each other's place: a crowded series has other marks."""
    return [(str(each["name"]), bool(each.get("large"))) for each in options["series"]]


def _several(label: str, options: Mapping[Any, str], value: list[Any], changed: Handler) -> ui.select:
    select = ui.select(dict(options), multiple=True, value=value, label=label, clearable=True)
    return select.props("outlined dense use-chips").classes("filter").on_value_change(changed)


PAGE = Page("/rolls", Permission.SEE_RESULTS, "map", lambda texts: texts.rolls.title, build, is_wide=True)
