"""The archive: search, saved searches, export, and data sets frozen from what was reviewed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from nicegui import ui

from inspection.archive.archive import COUNTED, ArchiveSearch, Found
from inspection.archive.choices import Choices
from inspection.archive.search import Search, read_search
from inspection.csv_table import Separators
from inspection.errors import ReviewError
from inspection.pages.archive.archive_actions import results_table
from inspection.pages.archive.archive_form import SearchForm
from inspection.pages.archive.archive_tools import DataSetTools, SavedSearches
from inspection.pages.frame import notices
from inspection.pages.frame.address import keep_in_address
from inspection.pages.frame.badges import VERDICT_ICONS, badge_html, verdict_word
from inspection.pages.frame.csv_menu import csv_menu
from inspection.pages.frame.image_routes import picture_address
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_style
from inspection.pages.frame.threads import in_thread
from inspection.pages.frame.trouble import tell_trouble
from inspection.pages.frame.visit import Visit
from inspection.people.roles import Permission
from inspection.values.decision_address import decision_address

_PAGE = 40
_AT_ONCE_S = 0.2
"""What is found in this time comes with the page; else the page says that it is loading, and the list follows."""


async def build(visit: Visit) -> None:
    """Make the page; the newest decisions are shown first."""
    add_style("results.css")
    choices = await in_thread(Choices.of, visit.desk.database)
    page = _ArchivePage(visit, choices)
    filling = asyncio.ensure_future(visit.attempt(page.begin, is_persons=False)())
    await asyncio.wait({filling}, timeout=_AT_ONCE_S)


class _ArchivePage:
    """One tab's look into the archive."""

    def __init__(self, visit: Visit, choices: Choices) -> None:
        texts = visit.texts.archive
        self._visit = visit
        self._archive = ArchiveSearch(visit.desk.database)
        self._shown = Search()
        """What is shown: neither what somebody types meanwhile, nor what is decided later."""
        self._last: int | None = None
        with ui.element("div").classes("archive-body"):
            with ui.element("div").classes("result-side"):
                with ui.element("section").classes("card"):
                    self._form = SearchForm(visit, choices.rolls, choices.lanes, choices.models)
                    with ui.element("div").classes("tool-row"):
                        find = ui.button(texts.search, icon="search", on_click=visit.attempt(self._find))
                        find.props("unelevated no-caps").mark("find")
                        ui.button(texts.clear, on_click=visit.attempt(self._clear)).props("flat no-caps")
                SavedSearches(visit, lambda: self._form.search(), self._show_saved)
            with ui.element("div").classes("result-side"):
                with ui.element("section").classes("card"):
                    with ui.element("div").classes("bar"):
                        self._count = ui.label().classes("card-title").mark("count")
                        ui.element("div").classes("filler")
                        zone = visit.quantities.zone(datetime.now(UTC))
                        ui.label(texts.times.format(zone=zone)).classes("muted")
                        if visit.may(Permission.EXPORT):
                            csv_menu(visit, texts.results_csv, self._table)
                    self._frames = ui.label().classes("muted number").mark("frames")
                    self._rows = ui.element("div").classes("table-box")
                    older = ui.button(texts.older, icon="expand_more", on_click=visit.attempt(self._older))
                    self._more = older.props("flat no-caps")
                DataSetTools(visit, lambda: self._shown)
        with self._rows:
            notices.loading(visit)

    async def begin(self) -> None:
        """With the search that the address holds, or the newest decisions."""
        if asked := self._visit.query.get("search"):
            try:
                self._form.fill(read_search(asked))
            except ReviewError as error:
                tell_trouble(str(error))
        await self._find()

    async def _table(self, separators: Separators) -> None:
        content = await in_thread(results_table, self._visit, self._shown, separators)
        ui.download.content(content, "decisions.csv")

    async def _clear(self) -> None:
        self._form.fill(Search())
        await self._find()

    async def _show_saved(self, search: Search) -> None:
        self._form.fill(search)
        await self._find()

    async def _find(self) -> None:
        texts, quantities = self._visit.texts.archive, self._visit.quantities
        search = self._form.search()
        told = search.model_dump_json(exclude_defaults=True)
        keep_in_address("/archive", {} if search == Search() else {"search": told})
        # What is decided from now on is not in the list that is shown, nor in what is made of it.
        newest = max(1, await in_thread(self._visit.desk.store.last_sequence))
        last = newest if search.last_sequence is None else min(newest, search.last_sequence)
        self._shown = search.model_copy(update={"last_sequence": last})
        found = await in_thread(self._archive.find, self._shown, _PAGE)
        count = await in_thread(self._archive.count, self._shown)
        words = texts.found_more if count >= COUNTED else texts.found
        self._count.set_text(words.format(count=quantities.number(count)))
        self._rows.clear()
        with self._rows:
            if not found:
                notices.empty(texts.nothing, texts.nothing_advice, "search_off")
            else:
                self._table_of_results = ui.element("table").classes("table").mark("results")
                with self._table_of_results:
                    self._head()
        self._add(found)
        frames = await in_thread(self._archive.frames_by_view, self._shown)
        told = " · ".join(f"{view} {quantities.number(number)}".strip() for view, number in frames.items())
        self._frames.set_text(texts.saved_frames.format(frames=told) if told else "")

    async def _older(self) -> None:
        self._add(await in_thread(self._archive.find, self._shown, _PAGE, self._last))

    def _head(self) -> None:
        texts = self._visit.texts.archive
        with ui.element("thead"), ui.element("tr"):
            for word in ("", texts.decision, texts.time, texts.verdict, texts.found_kinds, texts.largest, texts.review):
                with ui.element("th"):
                    ui.label(word)

    def _add(self, found: Sequence[Found]) -> None:
        self._more.set_visibility(len(found) == _PAGE)
        if not found:
            return
        self._last = found[-1].sequence
        with self._table_of_results:
            # As one element: each of its own takes the server and the browser a third of a millisecond.
            ui.html("".join(map(self._row, found)), sanitize=False, tag="tbody")

    def _row(self, found: Found) -> str:
        """HTML."""
        texts, quantities = self._visit.texts.archive, self._visit.quantities
        address = escape(decision_address(found.sequence))
        picture = ""
        if found.has_image and self._visit.may(Permission.SEE_IMAGES):
            source = escape(picture_address(found.sequence, found.largest, defect=found.largest_place))
            image = f'<img class="found-picture" loading="lazy" src="{source}" alt="#{found.sequence}">'
            picture = f'<a href="{address}">{image}</a>'
        start_m = None if found.start_mm is None else found.start_mm / 1000.0
        outcome = "" if found.outcome is None else badge_html("rate_review", texts.outcomes[found.outcome], "info")
        word = verdict_word(self._visit.texts, found.verdict)
        lane = "" if found.lane is None else f" · {self._visit.texts.review.lane} {found.lane}"
        cells = (
            picture,
            f'<a class="nicegui-link number" href="{address}">#{found.sequence}</a>'
            + _line(found.camera + lane, "muted")
            + (_line(found.piece_id, "muted") if found.piece_id else ""),
            _line(quantities.moment(found.captured_utc)) + _line(quantities.of(start_m, "m", 2), "muted"),
            badge_html(VERDICT_ICONS[found.verdict], word, found.verdict),
            _line(" ".join(found.kinds) or "–"),
            _line(quantities.of(found.largest_mm, "mm", 2)),
            outcome,
        )
        return f"<tr><td>{'</td><td>'.join(cells)}</td></tr>"


def _line(words: str, style: str = "") -> str:
    return f'<div class="{style}">{escape(words)}</div>'


PAGE = Page("/archive", Permission.SEE_RESULTS, "inventory_2", lambda texts: texts.archive.title, build, is_wide=True)
