"""Recipes: view, compare, write a new version, release what somebody else wrote, change the line over."""

import difflib
from collections.abc import Callable
from html import escape

from nicegui import ui

from inspection.pages.frame.badges import badge
from inspection.pages.frame.dialogs import ask_reason, heading, name_dialog, show_text
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_style
from inspection.pages.frame.trouble import Trouble
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.recipes.change_over_card import ask_change, change_over_card, confirm
from inspection.pages.recipes.recipe_editor import edit
from inspection.pages.recipes.recipe_sheets import Sheet, released_before, sheets_of
from inspection.pages.recipes.what_if_panel import WhatIfPanel, tell_moves
from inspection.people.recipe_drafts import LONGEST_COMMENT, Draft, check_recipe
from inspection.people.roles import Permission
from inspection.station.planned_change import PlannedChange


@action(Permission.RELEASE_RECIPES)
def release(visit: Visit, draft_id: int, comment: str) -> Draft:
    """Release what somebody else wrote."""
    return visit.desk.recipes.settle(visit.person.name, draft_id, comment, is_released=True)


@action(Permission.RELEASE_RECIPES)
def refuse(visit: Visit, draft_id: int, comment: str) -> Draft:
    """Refuse a recipe that waits, one's own too."""
    return visit.desk.recipes.settle(visit.person.name, draft_id, comment, is_released=False)


def build(visit: Visit) -> None:
    """Make the page."""
    add_style("recipes.css")
    ui.label(visit.texts.recipes.title).classes("page-title")
    if visit.may(Permission.SET_REVIEW_KEYS):
        ui.link(visit.texts.review.keys_title, "/review/keys")

    change_over_card(visit, lambda change: _confirm(visit, change))

    @ui.refreshable
    def recipes() -> None:
        sheets = sheets_of(visit)
        with ui.element("section").classes("card"), ui.element("table").classes("table"):
            texts = visit.texts.recipes
            with ui.element("tr"):
                for word in (texts.recipe, texts.state, texts.written, texts.settled, ""):
                    with ui.element("th"):
                        ui.label(word)
            for sheet in sheets:
                _row(visit, sheet, sheets, recipes.refresh)

    recipes()


def _row(visit: Visit, sheet: Sheet, sheets: list[Sheet], refresh: Callable[[], object]) -> None:
    texts, quantities, draft = visit.texts.recipes, visit.quantities, sheet.draft
    with ui.element("tr"):
        with ui.element("td"):
            ui.label(sheet.title).classes("strong")
        with ui.element("td"):
            badge(*sheet.state)
        with ui.element("td"):
            ui.label(f"{draft.written_by}, {quantities.moment(draft.written_utc)}" if draft else "–")
        with ui.element("td"):
            settled = (
                f"{draft.settled_by}, {quantities.moment(draft.settled_utc)}" if draft and draft.settled_utc else "–"
            )
            ui.label(settled)
            if draft is not None and draft.comment:
                ui.label(f"“{draft.comment}”").classes("muted as-written")
        with ui.element("td"), ui.element("div").classes("bar"):
            ui.button(texts.view, on_click=lambda: _view(visit, sheet)).props("flat dense no-caps")
            ui.button(texts.compare, on_click=lambda: _compare(visit, sheet, sheets)).props("flat dense no-caps")
            if visit.may(Permission.WRITE_RECIPES):
                ui.button(texts.new_version, on_click=lambda: edit(visit, sheet, refresh)).props("flat dense no-caps")
            if sheet.can_be_used and visit.may(Permission.CHANGE_OVER):
                change = ui.button(visit.texts.change.prepare, on_click=lambda: ask_change(visit, sheet))
                change.props("flat dense no-caps")
            if draft is not None and draft.is_released is None and visit.may(Permission.RELEASE_RECIPES):
                _settle_buttons(visit, draft, refresh)


def _settle_buttons(visit: Visit, draft: Draft, refresh: Callable[[], object]) -> None:
    texts = visit.texts.recipes

    async def do_refuse(comment: str) -> None:
        refuse(visit, draft.id, comment)
        refresh()
        tell(texts.refused_done)

    def ask_refuse() -> None:
        change = visit.texts.change
        ask_reason(visit, texts.refuse, change.comment_explained, change.comment, do_refuse)

    if draft.written_by != visit.person.name:
        button = ui.button(texts.release, on_click=lambda: _ask_release(visit, draft, refresh))
        button.props("dense unelevated no-caps")
    ui.button(texts.refuse, on_click=ask_refuse).props("dense outline no-caps")


def _ask_release(visit: Visit, draft: Draft, refresh: Callable[[], object]) -> None:
    """What moved, what would be, and the comment that a release needs."""
    texts, change = visit.texts.recipes, visit.texts.change
    recipe = check_recipe(draft.content)

    def do_release() -> None:
        released = release(visit, draft.id, comment.value or "")
        path = visit.desk.recipes.file_of(released)
        dialog.close()
        refresh()
        show_text(visit, texts.release_done.format(path=path), text=released.content, hint=texts.put_into_service)

    with ui.dialog() as dialog, ui.card().classes("reader"):
        heading(visit.quantities.named(texts.release, f"{draft.name} {draft.version}"))
        said = texts.release_explained.format(name=draft.name, version=draft.version, by=draft.written_by)
        ui.label(said).classes("muted")
        with ui.element("div").classes("reader-text").props("tabindex=0"):
            tell_moves(visit, recipe, draft.content)
            WhatIfPanel(visit, lambda: recipe)
            if (before := released_before(visit, recipe.name, draft.content)) is not None:
                own = next((each.content for each in sheets_of(visit) if each.sha256 == before[1].sha256), "")
                ui.html(difference(own, draft.content), sanitize=False)
        comment = ui.textarea(change.comment).props(f"outlined autogrow maxlength={LONGEST_COMMENT}")
        comment.classes("ask-field").mark("release-comment")
        ui.label(change.comment_explained).classes("muted")
        Trouble(visit.texts.frame.close)
        with ui.element("div").classes("bar ask-buttons"):
            ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
            releasing = ui.button(texts.release, on_click=visit.attempt(do_release)).props("unelevated no-caps")
            releasing.mark("release-confirm")
    name_dialog(dialog, visit.quantities.named(texts.release, f"{draft.name} {draft.version}"))
    dialog.on("hide", dialog.delete)
    dialog.open()


def _confirm(visit: Visit, change: PlannedChange) -> None:
    """What the prepared recipe would do, before it is confirmed."""
    texts = visit.texts.change
    title = f"{change.recipe.name} {change.recipe.version}"
    status = visit.desk.live.view.status
    contents = {each.sha256: each.content for each in sheets_of(visit)}
    after, before = contents.get(change.recipe.sha256), contents.get(status.recipe.sha256) if status else None

    async def do_confirm() -> None:
        await confirm(visit, change.recipe)
        await visit.desk.live.poll()
        dialog.close()
        tell(texts.confirmed.format(title=title))

    with ui.dialog() as dialog, ui.card().classes("reader"):
        heading(visit.quantities.named(texts.confirm, title))
        ui.label(texts.confirm_explained.format(title=title)).classes("muted")
        with ui.element("div").classes("reader-text").props("tabindex=0"):
            if after is not None:
                WhatIfPanel(visit, lambda: check_recipe(after))
                ui.html(difference(before or "", after) or "", sanitize=False)
        Trouble(visit.texts.frame.close)
        with ui.element("div").classes("bar ask-buttons"):
            ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
            confirming = ui.button(texts.confirm, on_click=visit.attempt(do_confirm)).props("unelevated no-caps")
            confirming.mark("confirm-recipe")
    name_dialog(dialog, visit.quantities.named(texts.confirm, title))
    dialog.on("hide", dialog.delete)
    dialog.open()


def _view(visit: Visit, sheet: Sheet) -> None:
    is_released = sheet.draft is not None and sheet.draft.is_released
    hint = visit.texts.recipes.put_into_service if is_released else ""
    show_text(visit, sheet.title, text=sheet.content, hint=hint)


def _compare(visit: Visit, sheet: Sheet, sheets: list[Sheet]) -> None:
    texts = visit.texts.recipes
    others = [other for other in sheets if other is not sheet]
    names = {number: f"{other.title} ({other.state[1]})" for number, other in enumerate(others)}
    with ui.dialog() as dialog, ui.card().classes("reader"):
        ui.label(visit.quantities.named(texts.compare, sheet.title)).classes("dialog-title")
        choice = ui.select(names, value=0, label=texts.compare_with).props("outlined dense").classes("ask-field")
        holder = ui.html("", sanitize=False).classes("reader-text")

        def show() -> None:
            other = others[choice.value or 0]
            holder.set_content(difference(other.content, sheet.content) or f"<p>{escape(texts.same)}</p>")

        choice.on_value_change(show)
        show()
        ui.button(visit.texts.frame.close, on_click=dialog.close).props("flat no-caps")
    dialog.on("hide", dialog.delete)
    dialog.open()


def difference(before: str, after: str) -> str:
    """The lines that differ, with those around them, as HTML; empty where nothing does.

    >>> difference("a = 1\\n", "a = <2>\\n")
    '<pre class="diff"><span class="diff-minus">- a = 1</span>\\n<span class="diff-plus">+ a = &lt;2&gt;</span></pre>'
    """
    lines: list[str] = []
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]:
        sign, rest = line[:1], escape(line[1:])
        style = {"+": "plus", "-": "minus", "@": "place"}.get(sign)
        if style == "place":
            lines.append('<span class="diff-place">⋯</span>' if lines else "")
        else:
            lines.append(f'<span class="diff-{style}">{sign} {rest}</span>' if style else f"  {rest}")
    text = "\n".join(line for line in lines if line)
    return f'<pre class="diff">{text}</pre>' if text else ""


PAGE = Page("/recipes", Permission.SEE_SETTINGS, "receipt_long", lambda texts: texts.recipes.title, build)
