"""Statistics: rates with their intervals, control charts, Pareto, sizes, tables by roll, shift, lane, recipe, model."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from inspection.csv_table import Separators
from inspection.pages.frame import notices
from inspection.pages.frame.address import keep_in_address
from inspection.pages.frame.chart import Chart
from inspection.pages.frame.chart_style import ChartStyle, fetch_charts, style_here
from inspection.pages.frame.csv_menu import csv_menu
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_style
from inspection.pages.frame.threads import in_thread, with_event
from inspection.pages.frame.trouble import tell_trouble
from inspection.pages.frame.visit import Visit
from inspection.pages.statistics.shift_paper import shift_name
from inspection.pages.statistics.shift_routes import PATH as REPORT_PATH
from inspection.pages.statistics.statistics_charts import control_options, pareto_options, size_options
from inspection.pages.statistics.statistics_figures import EVERYTHING, Choice, StatisticsView, kept_statistics, table_of
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.quality.control_charts import ControlChart
from inspection.quality.intervals import Estimate
from inspection.quality.shifts import shifts_between
from inspection.rolls.roll_book import RollBook
from inspection.values import Verdict
from inspection.values.kinds import KINDS

_ROLLS_OFFERED = 200
_SHIFTS_OFFERED = timedelta(days=14)
"""How far back shifts are offered; an address can name any."""
_TOLD_FROM = 1.05
"""Limits that are widened by less look the same."""
_HOURS = (1, 8, 24, 7 * 24, 30 * 24)
_GROUPINGS = ("roll", "shift", "lane", "recipe", "model")
Handler = Callable[..., Awaitable[Any]]


async def build(visit: Visit) -> None:
    """Make the page."""
    add_style("results.css")
    rolls = await in_thread(RollBook(visit.desk.database).rolls)
    if not rolls:
        notices.empty(visit.texts.statistics.empty, visit.texts.statistics.empty_advice, "query_stats")
        return
    names = {f"roll:{roll.first_sequence}": roll.name for roll in reversed(rolls[-_ROLLS_OFFERED:])}
    choice = choice_of(visit.query)
    if choice.span.startswith("roll:") and choice.span not in names:
        word = choice.span.partition(":")[2]
        earlier = [roll for roll in rolls if word in (str(roll.first_sequence), roll.name)]
        if not earlier:
            ui.status_code(404)
            tell_trouble(visit.texts.rolls.no_such_roll.format(roll=word))
            choice = replace(choice, span=EVERYTHING)
        else:
            choice = replace(choice, span=f"roll:{earlier[-1].first_sequence}")
            names[choice.span] = earlier[-1].name
    _StatisticsPage(visit, names, choice)


def choice_of(query: Mapping[str, str]) -> Choice:
    """What an address asks for; what it asks for in vain is left out, and what is shown tells.

    >>> choice_of({"span": "hours:8", "lane": "2", "grouping": "moon"})
    Choice(span='hours:8', lane=2, kind=None, dimension=None, grouping='roll')
    """
    span, lane, kind = query.get("span", EVERYTHING), query.get("lane", ""), query.get("kind", "")
    is_span = span.startswith("roll:") or span in {f"hours:{hours}" for hours in _HOURS}
    grouping = query.get("grouping", "roll")
    return Choice(
        span=span if is_span else EVERYTHING,
        lane=int(lane) if re.fullmatch(r"[1-9]\d{0,2}", lane, re.ASCII) else None,
        kind=kind if kind in KINDS else None,
        dimension=query.get("dimension") or None,
        grouping=grouping if grouping in _GROUPINGS else "roll",
    )


def words_of(choice: Choice) -> dict[str, str]:
    """The other way round.

    >>> words_of(Choice(span="hours:8", lane=2))
    {'span': 'hours:8', 'lane': '2'}
    """
    usual = Choice()
    told = {field.name: getattr(choice, field.name) for field in fields(choice)}
    return {name: str(value) for name, value in told.items() if value != getattr(usual, name)}


class _StatisticsPage:
    """One tab's look at the figures."""

    def __init__(self, visit: Visit, rolls: dict[str, str], choice: Choice) -> None:
        self._visit = visit
        self._view: StatisticsView | None = None
        self._style: ChartStyle | None = None
        self._choice = choice
        texts = visit.texts.statistics
        spans = {EVERYTHING: texts.everything}
        for hours in _HOURS:
            word = texts.last_hours.format(hours=hours) if hours <= 24 else texts.last_days.format(days=hours // 24)
            spans[f"hours:{hours}"] = word
        spans |= {key: texts.roll.format(name=name) for key, name in rolls.items()}
        with ui.element("section").classes("card filters"):
            span = ui.select(spans, value=choice.span, label=texts.span, with_input=True)
            span.props("outlined dense").classes("filter-wide").on_value_change(self._choose("span")).mark("span")
            lanes = {0: texts.all_lanes} | ({choice.lane: str(choice.lane)} if choice.lane else {})
            self._lane = ui.select(lanes, value=choice.lane or 0, label=texts.lane).props("outlined dense")
            self._lane.classes("filter").on_value_change(self._choose("lane"))
            self._offer_report()
            ui.element("div").classes("filler")
            self._as_of = ui.label().classes("muted number")
        self._figures = ui.element("div").classes("result-figures eight")
        with ui.element("div").classes("charts"):
            self._chart = self._card(texts.p_chart, "chart")
            self._pareto = self._card(texts.pareto, "pareto")
            self._dimension = self._card(texts.x_bar, "dimension")
            with self._dimension[0]:
                self._code = ui.select([], on_change=self._choose("dimension"))
                self._code.props("outlined dense").classes("filter").props["aria-label"] = texts.x_bar
            self._sizes = self._card(texts.sizes, "sizes")
            with self._sizes[0]:
                language = visit.person.language
                kinds = {"": texts.all_kinds} | {code: f"{code} {kind_name(code, language)}" for code in KINDS}
                kind = ui.select(kinds, value=choice.kind or "", with_input=True, on_change=self._choose("kind"))
                kind.props("outlined dense").classes("filter-wide").props["aria-label"] = texts.sizes
            self._groups = self._card(texts.by, "groups", is_wide=True)
            with self._groups[0]:
                words = {each: getattr(texts, f"by_{each}") for each in _GROUPINGS}
                grouping = ui.toggle(words, value=choice.grouping, on_change=self._choose("grouping"))
                grouping.props("no-caps unelevated dense")
        with self._chart[1]:
            notices.loading(visit)
            fetch_charts()
        # While the browser fetches its scripts.
        self._first = asyncio.create_task(in_thread(kept_statistics, visit.desk, self._choice))
        ui.timer(0.0, visit.attempt(self._show, is_persons=False), once=True)

    def _offer_report(self) -> None:
        """The report of a shift, first of the one that runs."""
        visit, texts, now = self._visit, self._visit.texts.shift, datetime.now(UTC)
        zone = datetime.now().astimezone().tzinfo or UTC
        offered = [*shifts_between(now - _SHIFTS_OFFERED, now, zone)][::-1]
        names = {shift.name: shift_name(shift, visit.texts) for shift in offered}
        chosen = ui.select(names, value=offered[0].name, label=texts.choose).props("outlined dense").mark("shift")
        chosen.classes("filter-wide")

        def take() -> None:
            ui.download(f"{REPORT_PATH}?{urlencode({'shift': chosen.value})}")

        ui.button(texts.take, icon="picture_as_pdf", on_click=visit.attempt(take)).props("outline no-caps")

    def _card(self, title: str, name: str, *, is_wide: bool = False) -> tuple[ui.element, ui.element]:
        """(head, body)."""
        texts = self._visit.texts.statistics
        with ui.element("section").classes("card chart-card" + (" wide-card" if is_wide else "")):
            with ui.element("div").classes("chart-head"):
                ui.label(title).classes("card-title")
                head = ui.element("div").classes("bar")
                ui.element("div").classes("filler")
                if self._visit.may(Permission.EXPORT):
                    take = csv_menu(
                        self._visit, texts.download, lambda separators: self._download(name, separators), is_icon=True
                    )
                    take.mark(f"download-{name}")
            return head, ui.element("div")

    def _choose(self, field: str) -> Handler:
        async def chosen(event: ValueChangeEventArguments[Any]) -> None:
            value: Any = event.value or None
            if self._view is None or getattr(self._choice, field) == value:
                return
            if field == "dimension" and value == self._view.dimension:
                return  # nobody has chosen it: the page itself names the one that it shows
            self._choice = replace(self._choice, **{field: value})
            keep_in_address("/statistics", words_of(self._choice))
            await self._show()

        return with_event(self._visit.attempt(chosen))

    async def _show(self) -> None:
        choice = self._choice
        is_first = self._view is None
        self._style = style = self._style or await style_here()
        view = await self._first if is_first else await in_thread(kept_statistics, self._visit.desk, choice)
        if choice != self._choice:
            return  # the person has chosen again meanwhile
        self._view = view
        texts, quantities, now = self._visit.texts.statistics, self._visit.quantities, datetime.now(UTC)
        told = self._visit.texts.rolls.as_of.format(time=quantities.moment(now), zone=quantities.zone(now))
        self._as_of.set_text(told)
        lanes = sorted({*view.lanes, *([self._choice.lane] if self._choice.lane else [])})
        self._lane.set_options({0: texts.all_lanes} | {lane: str(lane) for lane in lanes})
        self._code.set_options(list(view.dimensions), value=view.dimension)
        self._code.set_visibility(bool(view.dimensions))
        self._tell_figures(view)
        self._draw(view, style)
        self._tell_groups(view)

    def _draw(self, view: StatisticsView, style: ChartStyle) -> None:
        texts, quantities = self._visit.texts.statistics, self._visit.quantities
        notes = [texts.p_chart_note]
        if view.chart is not None and view.chart.widened > _TOLD_FROM:
            notes.append(texts.p_chart_widened.format(factor=quantities.number(view.chart.widened, 1)))
        self._control(self._chart[1], view.chart, style, texts.empty, notes, is_share=True)
        _fill(
            self._pareto[1],
            pareto_options(view.bars, texts, quantities, style) if view.bars else None,
            texts.pareto_empty,
        )
        x_bar = view.dimension_chart
        self._control(self._dimension[1], x_bar, style, texts.x_bar_empty, [texts.x_bar_note], is_share=False)
        has_sizes = bool(view.sizes.counts)
        _fill(
            self._sizes[1],
            size_options(view.sizes, texts, quantities, style) if has_sizes else None,
            texts.sizes_empty,
        )

    def _control(
        self,
        body: ui.element,
        chart: ControlChart | None,
        style: ChartStyle,
        empty: str,
        notes: list[str],
        *,
        is_share: bool,
    ) -> None:
        texts, quantities = self._visit.texts.statistics, self._visit.quantities
        if chart is None:
            _fill(body, None, empty)
            return
        _fill(body, control_options(chart, texts, quantities, style, is_share=is_share), empty)
        out = sum(point.is_out for point in chart.points)
        with body:
            ui.label(" ".join([*notes, texts.points_out.format(count=out) + "."])).classes("chart-note")

    def _tell_figures(self, view: StatisticsView) -> None:
        texts, quantities, told = self._visit.texts.statistics, self._visit.quantities, view.estimates
        total = view.total.accepted + view.total.rejected + view.total.uninspected
        uninspected = view.total.uninspected / total if total else None
        self._figures.clear()
        with self._figures:
            _figure(texts.decisions, quantities.number(total), "")
            _figure(
                texts.reject_rate, quantities.percent(view.total.reject_rate, 2), quantities.number(view.total.rejected)
            )
            _figure(
                texts.uninspected_rate, quantities.percent(uninspected, 2), quantities.number(view.total.uninspected)
            )
            self._estimate(texts.false_rejects, told.false_rejects, Verdict.REJECT, told.reviewed, told.decisions)
            self._estimate(texts.escapes, told.escapes, Verdict.ACCEPT, told.reviewed, told.decisions)
            self._estimate(texts.confirmation, told.confirmation, Verdict.REJECT, told.reviewed, told.decisions)
            kappa = view.agreement
            if kappa.kappa is None or kappa.low is None or kappa.high is None:
                _figure(texts.agreement, texts.unknown, texts.unknown_advice)
            else:
                span = texts.interval.format(low=quantities.number(kappa.low, 2), high=quantities.number(kappa.high, 2))
                alike = texts.kappa_of.format(agreeing=kappa.agreeing, pairs=kappa.pairs)
                _figure(texts.agreement, quantities.number(kappa.kappa, 2), f"{span}; {alike}")
            if view.load is None:
                _figure(texts.load, texts.unknown, texts.unknown_advice)
            else:
                median, slow = (quantities.of(seconds, "s", 1) for seconds in view.load)
                _figure(texts.load, median, texts.load_of.format(time=slow))

    def _estimate(
        self,
        title: str,
        estimate: Estimate | None,
        verdict: Verdict,
        reviewed: Any,
        decisions: Any,
    ) -> None:
        texts, quantities = self._visit.texts.statistics, self._visit.quantities
        seen = texts.reviewed.format(
            reviewed=quantities.number(reviewed[verdict]), count=quantities.number(decisions[verdict])
        )
        if estimate is None:
            _figure(title, texts.unknown, f"{texts.unknown_advice}; {seen}")
            return
        ends = (quantities.percent(end, 2) for end in (estimate.low, estimate.high))
        low, high = ends
        _figure(title, quantities.percent(estimate.rate, 2), f"{texts.interval.format(low=low, high=high)}; {seen}")

    def _tell_groups(self, view: StatisticsView) -> None:
        texts, quantities = self._visit.texts.statistics, self._visit.quantities
        highest = max((each.reject_rate or 0.0 for each in view.groups), default=0.0) or 1.0
        body = self._groups[1]
        body.clear()
        with body, ui.element("div").classes("table-box"), ui.element("table").classes("table"):
            with ui.element("thead"), ui.element("tr"):
                heads = (
                    getattr(texts, f"by_{self._choice.grouping}"),
                    texts.accepted,
                    texts.rejected,
                    texts.uninspected,
                )
                for number, word in enumerate((*heads, texts.rate, "")):
                    with ui.element("th").classes("number" if 0 < number < 5 else ""):
                        ui.label(word)
            rows = []
            for each in view.groups:
                counts = [quantities.number(count) for count in (each.accepted, each.rejected, each.uninspected)]
                numbers = (*counts, quantities.percent(each.reject_rate, 2))
                told = "".join(f'<td class="number"><div>{escape(number)}</div></td>' for number in numbers)
                part = 100.0 * (each.reject_rate or 0.0) / highest
                bar = f'<td><div class="rate-bar"><div style="width: {part:.1f}%"></div></div></td>'
                rows.append(f"<tr><td><div>{escape(each.name)}</div></td>{told}{bar}</tr>")
            ui.html("".join(rows), sanitize=False, tag="tbody")

    def _download(self, name: str, separators: Separators) -> None:
        if self._view is not None:
            ui.download.content(table_of(self._visit, self._view, name, separators), f"statistics-{name}.csv")


def _figure(title: str, value: str, advice: str) -> None:
    with ui.element("div").classes("figure"):
        ui.label(title).classes("figure-title")
        ui.label(value).classes("figure-value number")
        ui.label(advice).classes("figure-advice muted").tooltip(advice)


def _fill(body: ui.element, options: dict[str, Any] | None, empty: str) -> None:
    body.clear()
    with body:
        if options is None:
            notices.empty(empty, icon="query_stats")
        else:
            Chart(options).classes("chart-box")


PAGE = Page(
    "/statistics", Permission.SEE_RESULTS, "query_stats", lambda texts: texts.statistics.title, build, is_wide=True
)
