"""Recipes: view, compare, write a new version, release what somebody else wrote."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nicegui import ui

from inspection.errors import RecipeError
from inspection.pages.badges import badge
from inspection.pages.dialogs import show_text
from inspection.pages.page import Page
from inspection.pages.texts.settings import RecipeTexts
from inspection.pages.visit import Visit, action, tell
from inspection.people.recipe_drafts import Draft, check_recipe
from inspection.people.roles import Permission
from inspection.recipe import Recipe, shipped_recipe_paths
from inspection.text_file import read_text


@dataclass(frozen=True, slots=True)
class Sheet:
    """A recipe to read, wherever it comes from."""

    title: str
    content: str
    state: tuple[str, str, str]
    """Icon, word, tone."""
    draft: Draft | None = None


@action(Permission.WRITE_RECIPES)
def submit(visit: Visit, content: str) -> Draft:
    """Hand a recipe in for release."""
    return visit.desk.recipes.write(visit.person.name, content)


@action(Permission.RELEASE_RECIPES)
def release(visit: Visit, draft_id: int) -> Draft:
    """Release what somebody else wrote."""
    return visit.desk.recipes.settle(visit.person.name, draft_id, is_released=True)


@action(Permission.RELEASE_RECIPES)
def refuse(visit: Visit, draft_id: int) -> Draft:
    """Refuse a recipe that waits, one's own too."""
    return visit.desk.recipes.settle(visit.person.name, draft_id, is_released=False)


def build(visit: Visit) -> None:
    """Make the page."""
    ui.label(visit.texts.recipes.title).classes("page-title")

    @ui.refreshable
    def recipes() -> None:
        sheets = _sheets(visit)
        with ui.element("section").classes("card"), ui.element("table").classes("table"):
            texts = visit.texts.recipes
            with ui.element("tr"):
                for word in (texts.recipe, texts.state, texts.written, texts.settled, ""):
                    with ui.element("th"):
                        ui.label(word)
            for sheet in sheets:
                _row(visit, sheet, sheets, recipes.refresh)

    recipes()


def _sheets(visit: Visit) -> list[Sheet]:
    texts = visit.texts.recipes
    sheets = []
    if (path := visit.desk.plan.recipe_path) is not None:
        sheets.append(_sheet_of(path, ("settings", texts.in_settings, "info")))
    sheets += [_draft_sheet(texts, draft) for draft in visit.desk.recipes.newest()]
    sheets += [
        _sheet_of(path, ("inventory_2", texts.shipped, "off"))
        for path in shipped_recipe_paths()
        if path != visit.desk.plan.recipe_path
    ]
    return sheets


def _sheet_of(path: Path, state: tuple[str, str, str]) -> Sheet:
    recipe = Recipe.load(path)
    return Sheet(f"{recipe.name} {recipe.version}", read_text(path), state)


def _draft_sheet(texts: RecipeTexts, draft: Draft) -> Sheet:
    states = {
        None: ("hourglass_top", texts.waiting, "warning"),
        True: ("verified", texts.released, "accept"),
        False: ("cancel", texts.refused, "off"),
    }
    return Sheet(f"{draft.name} {draft.version}", draft.content, states[draft.is_released], draft)


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
        with ui.element("td"), ui.element("div").classes("bar"):
            ui.button(texts.view, on_click=lambda: _view(visit, sheet)).props("flat dense no-caps")
            ui.button(texts.compare, on_click=lambda: _compare(visit, sheet, sheets)).props("flat dense no-caps")
            if visit.may(Permission.WRITE_RECIPES):
                ui.button(texts.new_version, on_click=lambda: _edit(visit, sheet, refresh)).props("flat dense no-caps")
            if draft is not None and draft.is_released is None and visit.may(Permission.RELEASE_RECIPES):
                _settle_buttons(visit, draft, refresh)


def _settle_buttons(visit: Visit, draft: Draft, refresh: Callable[[], object]) -> None:
    texts = visit.texts.recipes

    def do_release() -> None:
        released = release(visit, draft.id)
        path = visit.desk.recipes.file_of(released)
        refresh()
        hint = texts.put_into_service.format(path=path)
        show_text(visit, texts.release_done.format(path=path), text=released.content, hint=hint)

    def do_refuse() -> None:
        refuse(visit, draft.id)
        refresh()
        tell(texts.refused_done)

    if draft.written_by != visit.person.name:
        button = ui.button(texts.release, on_click=visit.attempt(do_release)).props("dense unelevated no-caps")
        button.tooltip(texts.release_explained.format(name=draft.name, version=draft.version, by=draft.written_by))
    ui.button(texts.refuse, on_click=visit.attempt(do_refuse)).props("dense outline no-caps")


def _view(visit: Visit, sheet: Sheet) -> None:
    is_released = sheet.draft is not None and sheet.draft.is_released
    path = visit.desk.recipes.file_of(sheet.draft) if sheet.draft else ""
    hint = visit.texts.recipes.put_into_service.format(path=path) if is_released else ""
    show_text(visit, sheet.title, text=sheet.content, hint=hint)


def _compare(visit: Visit, sheet: Sheet, sheets: list[Sheet]) -> None:
    texts = visit.texts.recipes
    others = [other for other in sheets if other is not sheet]
    names = {number: f"{other.title} ({other.state[1]})" for number, other in enumerate(others)}
    with ui.dialog() as dialog, ui.card().classes("reader"):
        ui.label(f"{texts.compare}: {sheet.title}").classes("dialog-title")
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


def _edit(visit: Visit, sheet: Sheet, refresh: Callable[[], object]) -> None:
    texts = visit.texts.recipes
    with ui.dialog().props("persistent") as dialog, ui.card().classes("reader"):
        ui.label(f"{texts.editor_title}: {sheet.title}").classes("dialog-title")
        ui.label(texts.editor_advice).classes("muted")
        editor = ui.textarea(value=sheet.content).props("outlined input-class=recipe-editor spellcheck=false")
        editor.classes("ask-field").mark("recipe-editor")
        verdict = ui.label().classes("as-written").props("role=status")

        def check() -> bool:
            try:
                recipe = check_recipe(editor.value or "")
            except RecipeError as error:
                verdict.set_text(str(error))
                verdict.classes(add="is-wrong", remove="is-right")
                return False
            verdict.set_text(texts.valid.format(name=recipe.name, version=recipe.version))
            verdict.classes(add="is-right", remove="is-wrong")
            return True

        def hand_in() -> None:
            if check():
                draft = submit(visit, editor.value or "")
                dialog.close()
                refresh()
                tell(texts.submitted.format(name=draft.name, version=draft.version))

        with ui.element("div").classes("bar ask-buttons"):
            ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
            ui.button(texts.check, on_click=check).props("outline no-caps")
            ui.button(texts.submit, on_click=visit.attempt(hand_in)).props("unelevated no-caps")
    dialog.on("hide", dialog.delete)
    dialog.open()


PAGE = Page("/recipes", Permission.SEE_SETTINGS, "receipt_long", lambda texts: texts.recipes.title, build)
