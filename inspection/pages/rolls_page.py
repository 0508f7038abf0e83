"""The roll map: where defects lie on a roll, what nobody inspected, what repeats; and the roll's certificate."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from nicegui.events import EChartPointClickEventArguments

from inspection.decision_address import decision_address
from inspection.pages import notices
from inspection.pages.badges import SEVERITY_ICONS, badge, verdict_badge, verdict_word
from inspection.pages.chart_style import ChartStyle, fetch_charts, style_here
from inspection.pages.image_routes import picture_address
from inspection.pages.page import Page
from inspection.pages.roll_chart import growing_bars, map_options
from inspection.pages.roll_files import RollFile, make_certificate, roll_file
from inspection.pages.texts.kinds import kind_name
from inspection.pages.threads import in_thread, with_event
from inspection.pages.visit import Visit
from inspection.people.roles import Permission
from inspection.review.roll import Roll
from inspection.review.roll_map import MapFilter
from inspection.review.store.rolls import RollBook
from inspection.values import Box, Severity, Verdict

_CROP_PX = (320, 200)
_LISTED = 12
Handler = Callable[..., Awaitable[Any]]


async def build(visit: Visit) -> None:
    """Make the page for the newest roll, or the one that `?roll=` names by its first sequence number."""
    ui.add_head_html('<link rel="stylesheet" href="/static/results.css">')
    rolls = await in_thread(RollBook(visit.desk.database).rolls)
    if not rolls:
        notices.empty(visit.texts.rolls.no_rolls, visit.texts.rolls.no_rolls_advice, "map")
        return
    _RollView(visit, rolls)


class _RollView:
    """One tab's look at one roll."""

    def __init__(self, visit: Visit, rolls: Sequence[Roll]) -> None:
        self._visit = visit
        self._rolls = {str(roll.first_sequence): roll for roll in rolls}
        self._file: RollFile | None = None
        self._style: ChartStyle | None = None
        asked = visit.query.get("roll", "")
        self._roll = self._rolls.get(asked, rolls[-1])
        self._filters()
        self._figures = ui.element("div").classes("result-figures")
        with ui.element("div").classes("map-body"):
            with ui.element("section").classes("card map-card"):
                ui.label(visit.texts.rolls.map).classes("card-title")
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
        self._first = asyncio.create_task(in_thread(roll_file, visit.desk.database, self._roll, MapFilter()))
        ui.timer(0.05, visit.attempt(self._show), once=True)

    def _filters(self) -> None:
        visit, texts = self._visit, self._visit.texts.rolls
        changed = visit.attempt(self._show)
        with ui.element("section").classes("card filters"):
            names = {key: self._name(roll) for key, roll in reversed(self._rolls.items())}
            choice = ui.select(names, value=str(self._roll.first_sequence), label=texts.roll, with_input=True)
            choice.props("outlined dense").classes("filter-wide").on_value_change(
                lambda event: ui.navigate.to(f"/rolls?roll={event.value}")
            )
            self._kinds = _several(texts.kinds, {}, changed)
            self._severities = _several(texts.severities, {each.value: each.value for each in Severity}, changed)
            words = {each.value: verdict_word(visit.texts, each) for each in Verdict}
            self._verdicts = _several(texts.verdicts, words, changed)
            self._lanes = _several(texts.lanes, {}, changed)
            self._smallest = ui.number(texts.smallest, min=0.0, step=0.1, format="%.2f").props(
                "outlined dense clearable"
            )
            self._smallest.classes("filter").on("change", changed).on("clear", changed)
            ui.element("div").classes("filler")
            for kind, word, icon in (("pdf", texts.certificate, "picture_as_pdf"), ("csv", texts.as_csv, "table_view")):
                button = ui.button(word, icon=icon, on_click=visit.attempt(lambda kind=kind: self._download(kind)))
                button.props("outline no-caps").tooltip(texts.certificate).mark(f"certificate-{kind}")

    def _name(self, roll: Roll) -> str:
        texts = self._visit.texts.rolls
        words = [roll.name]
        words += [] if roll.is_named else [texts.unnamed]
        words += [texts.running] if roll.is_running else []
        return words[0] + (f" ({', '.join(words[1:])})" if words[1:] else "")

    def _wanted(self) -> MapFilter:
        return MapFilter(
            kinds=tuple(self._kinds.value or ()),
            severities=tuple(Severity(each) for each in self._severities.value or ()),
            verdicts=tuple(Verdict(each) for each in self._verdicts.value or ()),
            lanes=tuple(int(each) for each in self._lanes.value or ()),
            from_mm=self._smallest.value or None,
        )

    async def _show(self, *_: object) -> None:
        is_first = self._file is None
        self._style = style = self._style or await style_here()
        if is_first:
            found = await self._first
        else:
            found = await in_thread(roll_file, self._visit.desk.database, self._roll, self._wanted(), self._file)
        self._file = found
        if is_first:
            kinds = sorted(set(found.picture.defects.kind))
            language = self._visit.person.language
            self._kinds.set_options({kind: f"{kind} {kind_name(kind, language)}" for kind in kinds})
            lanes = sorted({lane for lane in found.picture.defects.lane if lane is not None})
            self._lanes.set_options({lane: str(lane) for lane in lanes})
        await self._draw(found, style)
        self._tell_figures(found)
        self._tell_repeats(found)
        self._tell_gaps(found)
        self._tell_picked(None)

    async def _draw(self, found: RollFile, style: ChartStyle) -> None:
        texts, quantities = self._visit.texts.rolls, self._visit.quantities
        options = await in_thread(map_options, found.picture, texts, quantities, style)
        if found is not self._file:
            return  # the person has chosen again meanwhile
        count = quantities.number(len(found.picture.defects.kind))
        self._more.set_text("" if found.picture.defects.is_complete else texts.more.format(count=count))
        self._more.set_visibility(not found.picture.defects.is_complete)
        self._map.clear()
        with self._map:
            chart = ui.echart(options, on_point_click=with_event(self._visit.attempt(self._pick)))
            chart.classes("map-chart").mark("map")
            if (script := growing_bars(chart.id, found.picture, style)) is not None:
                chart.on("chart:datazoom", js_handler=script)
            if not found.picture.defects.kind:
                notices.empty(texts.no_defects, texts.no_defects_advice, "check_circle")

    def _tell_figures(self, found: RollFile) -> None:
        texts, quantities, layout = self._visit.texts.rolls, self._visit.quantities, found.picture.layout

        def part(metres: float) -> str:
            share = quantities.percent(metres / layout.length_m if layout.length_m else None)
            return f"{quantities.of(metres, 'm', 1)} · {share}"

        grade = found.grade
        because = texts.grades[grade.reason].format(
            rejected=quantities.percent(grade.rejected),
            missing=quantities.percent(grade.not_inspected),
            safety=quantities.number(grade.safety),
            unseen=quantities.number(grade.unseen),
        )
        missing = f"{texts.lost}: {layout.lost_frames}"
        if layout.unseen:
            missing = f"{texts.unseen.format(count=quantities.number(len(layout.unseen)))} · {missing}"
        artefacts = " · ".join(
            f"{each.name} {each.version} {each.sha256[:8]}" for each in (*found.recipes, *found.models)
        )
        self._figures.clear()
        with self._figures:
            for title, value, advice in (
                (texts.length, quantities.of(layout.length_m, "m", 1), quantities.moment(found.began_utc)),
                (texts.inspected, part(layout.inspected_m), artefacts),
                (texts.not_inspected, part(layout.not_inspected_m), missing),
                (texts.rejected, part(layout.rejected_m), ""),
                (texts.grade, grade.letter or texts.no_grade, because),
                (texts.defects, quantities.number(len(found.picture.defects.kind)), ""),
            ):
                with ui.element("div").classes("figure"):
                    ui.label(title).classes("figure-title")
                    ui.label(value).classes("figure-value number")
                    ui.label(advice).classes("figure-advice muted").tooltip(advice)

    def _tell_repeats(self, found: RollFile) -> None:
        texts, quantities = self._visit.texts.rolls, self._visit.quantities
        self._repeats.clear()
        with self._repeats:
            if not found.picture.repeats:
                ui.label(texts.no_repeats).classes("muted")
            for number, repeat in enumerate(found.picture.repeats[:_LISTED], start=1):
                period = texts.period.format(period=quantities.of(repeat.period_mm, "mm", 1))
                roller = texts.roller.format(diameter=quantities.of(repeat.diameter_mm, "mm", 1))
                marks = texts.marks.format(count=quantities.number(len(repeat.members)), turns=repeat.turns)
                place = texts.marks_of.format(
                    across=quantities.of(repeat.cd_mm, "mm", 1),
                    first=quantities.of(repeat.first_m, "m", 1),
                    last=quantities.of(repeat.last_m, "m", 1),
                )
                with ui.element("div").classes("line-item"):
                    badge("repeat", texts.repeat_name.format(number=number), "warning")
                    ui.label(f"{period} · {roller}").classes("line-head")
                    ui.label(f"{marks}, {place}").classes("muted")

    def _tell_gaps(self, found: RollFile) -> None:
        texts, quantities = self._visit.texts.rolls, self._visit.quantities
        unseen = found.picture.layout.unseen
        known = (gap for gap in found.picture.layout.not_inspected if gap.is_length_known)
        longest = sorted(known, key=lambda gap: gap.from_m - gap.to_m)
        self._gaps.clear()
        with self._gaps:
            if not longest and not unseen:
                badge("check_circle", texts.no_gaps, "accept")
            for each in unseen[:_LISTED]:
                words = texts.unseen_end if each.next_sequence is None else texts.unseen_at
                place, cameras = quantities.of(each.at_m, "m", 2), ", ".join(each.cameras)
                told = words.format(place=place, sequence=each.next_sequence, cameras=cameras)
                badge("visibility_off", told, "uninspected")
            if len(unseen) > _LISTED:
                ui.label(f"+ {quantities.number(len(unseen) - _LISTED)}").classes("muted")
            for gap in longest[:_LISTED]:
                place = f"{quantities.number(gap.from_m, 2)} – {quantities.of(gap.to_m, 'm', 2)}"
                length = quantities.of(gap.to_m - gap.from_m, "m", 2)
                frames = texts.frames.format(count=gap.frames)
                ui.label(f"{place}: {length}, {frames}, {gap.camera}").classes("number")
            if len(longest) > _LISTED:
                ui.label(f"+ {quantities.number(len(longest) - _LISTED)}").classes("muted")

    async def _pick(self, event: EChartPointClickEventArguments) -> None:
        value = event.value
        if self._file is None or not isinstance(value, list) or len(value) < 3:
            return
        self._tell_picked(int(value[2]))

    def _tell_picked(self, number: int | None) -> None:
        texts, quantities = self._visit.texts.rolls, self._visit.quantities
        self._picked.clear()
        with self._picked:
            if number is None or self._file is None or number >= len(self._file.picture.defects.kind):
                ui.label(texts.pick).classes("muted")
                return
            picture = self._file.picture
            defects = picture.defects
            sequence, kind = int(defects.sequence[number]), defects.kind[number]
            if defects.has_image[number] and self._visit.may(Permission.SEE_IMAGES):
                box = self._box(sequence, int(defects.position[number]))
                address = escape(picture_address(sequence, box, _CROP_PX))
                ui.html(f'<img class="picked-picture" src="{address}" alt="">', sanitize=False)
            else:
                ui.label(self._visit.texts.frame.no_frame.format(sequence=sequence)).classes("muted")
            severity = Severity(defects.severity[number])
            with ui.element("div").classes("bar"):
                verdict_badge(self._visit.texts, defects.verdict[number])
                badge(SEVERITY_ICONS[severity], severity.value, "off")
            ui.label(f"{kind} {kind_name(kind, self._visit.person.language)}").classes("line-head")
            sizes = f"{quantities.number(defects.diameter_mm[number], 2)} · "
            outcome = defects.outcome[number]
            told = {
                texts.decision: f"#{sequence}",
                texts.size: sizes + quantities.of(float(defects.length_mm[number]), "mm", 2),
                texts.metres: quantities.of(float(picture.metres[number]), "m", 3),
                texts.across: quantities.of(float(defects.cd_mm[number]), "mm", 1),
                texts.lane: str(defects.lane[number] or "–"),
                texts.score: quantities.number(float(defects.score[number]), 2),
                texts.review: texts.not_seen if outcome is None else self._visit.texts.archive.outcomes[outcome],
            }
            with ui.element("dl").classes("facts"):
                for name, value in told.items():
                    with ui.element("dt"):
                        ui.label(name)
                    with ui.element("dd"):
                        ui.label(value).classes("number")
            ui.link(texts.look, decision_address(sequence))

    def _box(self, sequence: int, position: int) -> Box | None:
        stored = self._visit.desk.store.decision(sequence)
        defects = stored.decision.defects if stored else ()
        return defects[position].box if position < len(defects) else None

    async def _download(self, kind: str) -> None:
        content = await in_thread(make_certificate, self._visit, self._roll, kind)
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", self._roll.name)
        ui.download.content(content, f"roll-{name}.{kind}")


def _several(label: str, options: Mapping[str, str], changed: Handler) -> ui.select:
    select = ui.select(dict(options), multiple=True, value=[], label=label, clearable=True)
    return select.props("outlined dense use-chips").classes("filter").on_value_change(changed)


PAGE = Page("/rolls", Permission.SEE_RESULTS, "map", lambda texts: texts.rolls.title, build, is_wide=True)
