"""Beside the archive's results: saved searches, export, data sets."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui

from inspection.archive.archive import ArchiveSearch, SavedSearch
from inspection.archive.data_set import fit_command
from inspection.archive.outlook import lacks
from inspection.archive.provenance import FrozenSet, Layout, list_data_sets
from inspection.archive.search import Search
from inspection.pages.archive.archive_actions import (
    DATA_SETS,
    EXPORTS,
    data_sets_dir,
    export_frames,
    freeze_frames,
    look_ahead,
    remove_search,
    save_search,
    verify_data_set,
)
from inspection.pages.archive.package_routes import package_address
from inspection.pages.frame.badges import badge
from inspection.pages.frame.threads import in_thread
from inspection.pages.frame.trouble import tell_trouble
from inspection.pages.frame.visit import Visit, tell
from inspection.people.roles import Permission

Ask = Callable[[], Search]
_LOOK_S = 0.3


class SavedSearches:
    """The list, and a field to save the search that the form holds."""

    def __init__(self, visit: Visit, ask: Ask, show: Callable[[Search], Awaitable[None]]) -> None:
        texts = visit.texts.archive
        self._visit, self._ask, self._show = visit, ask, show
        with ui.element("section").classes("card"):
            ui.label(texts.saved_searches).classes("card-title")
            self._list = ui.element("div").classes("lines")
            with ui.element("div").classes("tool-row"):
                self._name = ui.input(texts.save_as).props('outlined dense maxlength="64"').mark("search-name")
                save = ui.button(texts.save, icon="bookmark_add", on_click=visit.attempt(self._save))
                save.props("outline no-caps")
        self._tell()

    def _save(self) -> None:
        name = str(self._name.value or "").strip()
        save_search(self._visit, name, self._ask())
        self._name.set_value("")
        tell(self._visit.texts.archive.saved.format(name=name))
        self._tell()

    def _remove(self, name: str) -> None:
        remove_search(self._visit, name)
        tell(self._visit.texts.archive.removed.format(name=name))
        self._tell()

    def _tell(self) -> None:
        texts = self._visit.texts.archive
        self._list.clear()
        saved = ArchiveSearch(self._visit.desk.database).saved()
        with self._list:
            if not saved:
                ui.label(texts.no_saved).classes("muted")
            for each in saved:
                self._entry(each)

    def _entry(self, each: SavedSearch) -> None:
        texts, quantities = self._visit.texts.archive, self._visit.quantities
        by = texts.by.format(person=each.saved_by, time=quantities.moment(each.saved_utc))
        with ui.element("div").classes("tool-row"):
            open_it = ui.button(each.name, on_click=self._visit.attempt(lambda: self._show(each.search)))
            open_it.props("flat dense no-caps").tooltip(by)
            ui.element("div").classes("filler")
            remove = ui.button(icon="delete", on_click=self._visit.attempt(lambda: self._remove(each.name)))
            remove.props(f'flat dense aria-label="{texts.remove}"').tooltip(texts.remove)


class DataSetTools:
    """Export and data sets, for those who may."""

    def __init__(self, visit: Visit, ask: Ask) -> None:
        texts = visit.texts.archive
        self._visit, self._ask = visit, ask
        if not visit.may(Permission.EXPORT):
            return
        with ui.element("div").classes("tools"):
            with ui.element("section").classes("card"):
                ui.label(texts.data_sets).classes("card-title")
                ui.label(texts.data_sets_note).classes("muted")
                with ui.element("div").classes("tool-row"):
                    self._name = ui.input(texts.name).props('outlined dense maxlength="48"').mark("data-set-name")
                    self._note = ui.input(texts.note).props('outlined dense maxlength="200"')
                    freeze = ui.button(texts.freeze, icon="ac_unit", on_click=visit.attempt(self._freeze))
                    self._freeze_button = freeze.props("unelevated no-caps").mark("freeze")
                self._freezing = ui.label().classes("muted number")
                self._list = ui.element("div").classes("table-box")
            with ui.element("section").classes("card"):
                ui.label(texts.export).classes("card-title")
                ui.label(texts.export_note).classes("muted")
                with ui.element("div").classes("tool-row"):
                    self._folder = (
                        ui.input(texts.folder_name).props('outlined dense maxlength="61"').mark("export-name")
                    )
                    layouts = {"coco": "COCO", "mvtec": "MVTec"}
                    self._layout = ui.select(layouts, value="coco", label=texts.layout).props("outlined dense")
                    button = ui.button(texts.export, icon="drive_folder_upload", on_click=visit.attempt(self._export))
                    self._export_button = button.props("unelevated no-caps").mark("export")
                self._exporting = ui.label().classes("muted number")
        self._tell()

    async def _freeze(self) -> None:
        """Ask first where `training fit` would refuse what comes out, or take a part of it alone."""
        name, note, search = str(self._name.value or ""), str(self._note.value or ""), self._ask()
        ahead = await in_thread(look_ahead, self._visit, search, name)
        mixes_views = len(ahead.views) > 1
        if not (ahead.lacks or mixes_views) or not ahead.frames:
            await self._freeze_now(name, note, search)
            return
        texts = self._visit.texts.archive
        with ui.dialog() as dialog, ui.card().classes("ask"):
            ui.label(texts.not_trainable if ahead.lacks else texts.mixes_views).classes("dialog-title")
            if mixes_views:
                views = " · ".join(f"{view} {self._visit.quantities.number(n)}" for view, n in ahead.views.items())
                ui.label(texts.one_view.format(views=views)).mark("views-ahead")
            counts = {"frames": self._visit.quantities.number(ahead.frames), "rolls": ", ".join(ahead.parts)}
            for lack in ahead.lacks:
                ui.label(texts.lacks[lack].format(**counts))

            async def go_on() -> None:
                dialog.close()
                await self._freeze_now(name, note, search)

            with ui.element("div").classes("bar ask-buttons"):
                ui.button(self._visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
                ui.button(
                    texts.freeze_anyway if ahead.lacks else texts.freeze, on_click=self._visit.attempt(go_on)
                ).props("no-caps unelevated")
        dialog.on("hide", dialog.delete)
        dialog.open()

    async def _freeze_now(self, name: str, note: str, search: Search) -> None:
        made = await self._run(
            self._freeze_button,
            self._freezing,
            lambda report: freeze_frames(self._visit, search, name, note, report),
        )
        told = made.provenance
        words = self._visit.texts.archive.frozen
        tell(words.format(name=made.folder.name, count=told.images, sha256=told.sha256[:12]))
        self._tell()

    async def _export(self) -> None:
        folder, search = str(self._folder.value or ""), self._ask()
        layout: Layout = "mvtec" if self._layout.value == "mvtec" else "coco"
        made = await self._run(
            self._export_button,
            self._exporting,
            lambda report: export_frames(self._visit, search, folder, layout, report),
        )
        self._exporting.set_text(
            self._visit.texts.archive.exported.format(count=made.provenance.images, folder=made.folder)
        )
        _fetch(EXPORTS, made.folder.name)

    async def _run(
        self, button: ui.button, label: ui.label, work: Callable[[Callable[[int, int], None]], FrozenSet]
    ) -> FrozenSet:
        """In a thread, with a word on how far it is; the button rests meanwhile."""
        texts, far = self._visit.texts.archive, [0, 0]

        def report(done: int, of: int) -> None:
            far[:] = [done, of]

        button.disable()
        working = asyncio.create_task(in_thread(work, report))
        try:
            while not working.done():
                label.set_text(texts.working.format(done=far[0], count=far[1]) if far[1] else "…")
                await asyncio.wait([working], timeout=_LOOK_S)
            return working.result()
        finally:
            label.set_text("")
            button.enable()

    def _tell(self) -> None:
        texts = self._visit.texts.archive
        found = list_data_sets(data_sets_dir(self._visit))
        self._list.clear()
        with self._list:
            if not found:
                ui.label(texts.no_data_sets).classes("muted")
                return
            with ui.element("table").classes("table").mark("data-sets"):
                with ui.element("thead"), ui.element("tr"):
                    for word in (
                        texts.name,
                        texts.images,
                        texts.good,
                        texts.objects,
                        texts.parts,
                        texts.made,
                        "",
                    ):
                        with ui.element("th"):
                            ui.label(word)
                with ui.element("tbody"):
                    for each in reversed(found):
                        self._row(each)

    def _row(self, each: FrozenSet) -> None:
        texts, quantities, told = self._visit.texts.archive, self._visit.quantities, each.provenance
        name = each.folder.name
        with ui.element("tr"):
            with ui.element("td"):
                ui.label(name).classes("line-head").tooltip(told.note or name)
                ui.label(told.sha256[:16]).classes("hash muted").tooltip(told.sha256)
                if told.views:
                    views = " · ".join(f"{view} {quantities.number(count)}" for view, count in told.views.items())
                    ui.label(views).classes("muted number")
                for lack in lacks(told.parts, told.good, told.images - told.good):
                    words = texts.lacks[lack].format(frames=told.images, rolls=", ".join(told.parts))
                    badge("warning", texts.not_trainable, "warning").tooltip(words)
            cells = (
                quantities.number(told.images),
                quantities.number(told.good),
                " ".join(f"{kind} {count}" for kind, count in told.objects.items()) or "–",
                str(len(told.parts)),
                f"{quantities.moment(told.made_utc)} {told.made_by}",
            )
            for cell in cells:
                with ui.element("td"):
                    ui.label(cell)
            with ui.element("td"):
                verify = ui.button(icon="verified", on_click=self._visit.attempt(lambda: self._verify(name)))
                verify.props(f'flat dense aria-label="{texts.verify}"').tooltip(texts.verify)
                command = fit_command(each.folder)
                take = ui.button(icon="download", on_click=lambda: _fetch(DATA_SETS, name))
                take.props(f'flat dense aria-label="{texts.download}"').tooltip(texts.download)
                copy = ui.button(icon="model_training", on_click=lambda: self._copy(command))
                copy.props(f'flat dense aria-label="{texts.train_with}"').tooltip(
                    self._visit.quantities.named(texts.train_with, command)
                )

    async def _verify(self, name: str) -> None:
        texts = self._visit.texts.archive
        faults = await in_thread(verify_data_set, self._visit, name)
        if faults:
            tell_trouble(texts.altered.format(name=name, faults="; ".join(faults[:5])))
        else:
            tell(texts.intact.format(name=name))

    def _copy(self, command: str) -> None:
        ui.clipboard.write(command)
        tell(command)


def _fetch(kind: str, name: str) -> None:
    """Have the browser fetch a folder; see `package_routes`."""
    ui.download.from_url(package_address(kind, name))
