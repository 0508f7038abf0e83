"""Writing a new version of a recipe: form and text side by side, mistakes at their line, what moved, what would be."""

import json
from collections.abc import Callable

from nicegui import ui

from inspection.pages.frame.dialogs import heading, name_dialog
from inspection.pages.frame.trouble import Trouble
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.recipes.recipe_form import RecipeForm
from inspection.pages.recipes.recipe_sheets import Sheet
from inspection.pages.recipes.what_if_panel import WhatIfPanel, tell_moves
from inspection.people.recipe_drafts import Draft, check_recipe
from inspection.people.roles import Permission
from inspection.recipe.text import Path, RecipeMistake, line_of, mistakes_in

_LOOK_S = 0.4
"""From one look at what is written to the next."""


@action(Permission.WRITE_RECIPES)
def submit(visit: Visit, content: str) -> Draft:
    """Hand a recipe in for release."""
    return visit.desk.recipes.write(visit.person.name, content)


def edit(visit: Visit, sheet: Sheet, refresh: Callable[[], object]) -> None:
    """Open the editor on a recipe."""
    _Editor(visit, sheet, refresh)


class _Editor:
    def __init__(self, visit: Visit, sheet: Sheet, refresh: Callable[[], object]) -> None:
        self._visit = visit
        self._sheet = sheet
        self._refresh = refresh
        texts, change = visit.texts.recipes, visit.texts.change
        with ui.dialog().props("persistent maximized") as self._dialog, ui.card().classes("recipe-desk"):
            heading(visit.quantities.named(texts.editor_title, sheet.title))
            ui.label(texts.editor_advice).classes("muted")
            with ui.element("div").classes("recipe-sides"):
                self._form = RecipeForm(visit, lambda: self._text.value or "", self._write)
                with ui.element("section").classes("recipe-side") as form_side:
                    form_side.props["aria-label"] = change.form
                with ui.element("section").classes("recipe-side") as text_side:
                    text_side.props["aria-label"] = change.text
                    self._text = ui.codemirror(sheet.content)
                    self._text.classes("recipe-text").mark("recipe-text")
                with form_side:
                    self._form.build()
            with ui.element("div").classes("recipe-verdict"):
                self._verdict = ui.element("div").props("role=status")
                answer = ui.element("div")
            Trouble(visit.texts.frame.close)
            with ui.element("div").classes("bar ask-buttons"):
                WhatIfPanel(visit, lambda: check_recipe(self._text.value or ""), answer)
                ui.button(visit.texts.frame.cancel, on_click=self._dialog.close).props("flat no-caps")
                ui.button(texts.submit, on_click=visit.attempt(self._hand_in)).props("unelevated no-caps")
            ui.timer(_LOOK_S, self._look)
        self._checked: str | None = None
        self._drawn = sheet.content
        """What the form shows."""
        name_dialog(self._dialog, visit.quantities.named(texts.editor_title, sheet.title))
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    def _write(self, text: str, path: Path) -> None:
        """The form has changed the text: show where."""
        self._drawn = self._text.value = text
        if (line := line_of(text, path)) is not None:
            self._text.reveal_line(line)

    def _look(self) -> None:
        content = self._text.value or ""
        if content == self._checked:
            return
        if self._checked is None:
            self._name_text()
        self._checked = content
        if content != self._drawn:
            self._drawn = content
            self._form.draw()
        self._check()

    def _name_text(self) -> None:
        """What the text is called for those who hear it: the editor itself gives it no name."""
        name = json.dumps(self._visit.texts.change.text)
        ui.run_javascript(f"document.querySelector('.recipe-text .cm-content')?.setAttribute('aria-label', {name})")

    def _check(self) -> list[RecipeMistake]:
        content = self._text.value or ""
        mistakes = mistakes_in(content)
        self._form.mark(mistakes)
        lines = {mistake.line: mistake.sentence for mistake in mistakes if mistake.line is not None}
        self._text.decorations = [{"kind": "line", "line": line, "class": "recipe-wrong-line"} for line in lines]
        self._text.line_tooltips = dict(lines)
        self._verdict.clear()
        with self._verdict:
            for mistake in mistakes:
                with ui.element("div").classes("is-wrong recipe-mistake"):
                    if (line := mistake.line) is not None:
                        word = self._visit.texts.change.line.format(line=line)
                        ui.button(word, on_click=lambda line=line: self._text.reveal_line(line)).props(
                            "flat dense no-caps"
                        )
                    ui.label(mistake.sentence)
            if not mistakes:
                recipe = check_recipe(content)
                right = self._visit.texts.recipes.valid.format(name=recipe.name, version=recipe.version)
                ui.label(right).classes("is-right")
                tell_moves(self._visit, recipe, self._sheet.content)
        return mistakes

    def _hand_in(self) -> None:
        if self._check():
            return
        draft = submit(self._visit, self._text.value or "")
        self._dialog.close()
        self._refresh()
        tell(self._visit.texts.recipes.submitted.format(name=draft.name, version=draft.version))
