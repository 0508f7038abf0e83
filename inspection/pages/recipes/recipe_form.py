"""A recipe as a form beside its text. The text is the truth: a field that is changed is written into it at once."""

import tomllib
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from inspection.pages.frame.visit import Visit
from inspection.pages.texts.kinds import kind_name
from inspection.recipe.fields import RecipeField, RecipeSection, sections_of
from inspection.recipe.text import Path, RecipeMistake, Value, with_value
from inspection.values.kinds import KINDS, is_nuisance

_LIMITS = ("limits", "unknown")
_FIRST_LIMIT: dict[str, Any] = {"severity": "S2", "reject_above": [{"diameter_mm": 0.5}]}
_FIRST_SIZE: dict[str, Any] = {"diameter_mm": 0.5}


class RecipeForm:
    """Fields for every value of a text, and buttons for kinds and limits more or less."""

    def __init__(self, visit: Visit, text: Callable[[], str], write: Callable[[str, Path], None]) -> None:
        """`text`: what is written now. `write`: takes a new text, and what is new in it. Call `build` once, and `draw`
        when the text has changed.
        """
        self._visit = visit
        self._text = text
        self._write = write
        self._inputs: dict[Path, Any] = {}

    def build(self) -> None:
        """Make the place for it."""
        self._holder = ui.element("div").classes("recipe-form").mark("recipe-form")
        self.draw()

    def draw(self) -> None:
        """Show what the text says."""
        texts = self._visit.texts.change
        self._holder.clear()
        self._inputs.clear()
        with self._holder:
            try:
                tables = tomllib.loads(self._text())
            except ValueError:
                ui.label(texts.text_first).classes("is-wrong")
                return
            sections = sections_of(tables)
            top = [section for section in sections if not section.path]
            self._groups(top)
            self._limits([section for section in sections if section.path and section.path[0] in _LIMITS])
            with ui.expansion(texts.more).classes("recipe-more"):
                self._groups([each for each in sections if each.path and each.path[0] not in _LIMITS])

    def mark(self, mistakes: Sequence[RecipeMistake]) -> None:
        """Show the fields that are wrong."""
        wrong = {mistake.path: mistake.sentence for mistake in mistakes}
        for path, made in self._inputs.items():
            sentence = wrong.get(path)
            made.props["error"] = sentence is not None
            made.props["title"] = sentence or made.props["aria-label"]
            made.update()

    def _groups(self, sections: Sequence[RecipeSection]) -> None:
        for section in sections:
            with ui.element("fieldset").classes("recipe-group"):
                if section.path:
                    with ui.element("legend"):
                        ui.label(" ".join(str(part + 1 if isinstance(part, int) else part) for part in section.path))
                for field in section.fields:
                    self._input(field, f"{self._word(field)} {field.unit}".strip())

    def _limits(self, sections: Sequence[RecipeSection]) -> None:
        """A block for each kind: severity, then a row for each of its limits."""
        texts = self._visit.texts.change
        kinds: dict[Path, list[RecipeSection]] = {}
        for section in sections:
            kinds.setdefault(section.path[: 2 if section.path[0] == "limits" else 1], []).append(section)
        for path, parts in kinds.items():
            kind = str(path[-1])
            with ui.element("fieldset").classes("recipe-kind"):
                with ui.element("legend"):
                    ui.label(f"{kind} {kind_name(kind, self._visit.person.language)}" if kind in KINDS else kind)
                for part in parts:
                    with ui.element("div").classes("recipe-row"):
                        if part.is_entry:
                            word = "reject above" if "reject_above" in part.path else "count"
                            ui.label(texts.words[word]).classes("muted recipe-word")
                        for field in part.fields:
                            self._input(field, f"{self._word(field)} {field.unit}".strip())
                        if part.is_entry:
                            self._button(
                                "close", self._visit.quantities.named(texts.remove, _said(part.path)), part.path, None
                            )
                with ui.element("div").classes("bar"):
                    place = sum("reject_above" in part.path for part in parts)
                    self._button("add", texts.add_limit, (*path, "reject_above", place), _FIRST_SIZE, texts.add_limit)
                    if path[0] == "limits":
                        self._button("delete", self._visit.quantities.named(texts.remove, kind), path, None)
        self._new_kind({str(path[-1]) for path in kinds})

    def _new_kind(self, there: set[str]) -> None:
        language, texts = self._visit.person.language, self._visit.texts.change
        others = {
            code: f"{code} {kind_name(code, language)}" for code in KINDS if code not in there and not is_nuisance(code)
        }
        choice = ui.select(others, label=texts.add_kind, with_input=True).props("outlined dense").classes("recipe-new")

        def add() -> None:
            if choice.value:
                self._set(("limits", str(choice.value)), _FIRST_LIMIT)
                self.draw()

        choice.on_value_change(self._visit.attempt(add))

    def _button(self, icon: str, title: str, path: Path, value: Value, word: str = "") -> None:
        def press() -> None:
            self._set(path, value)
            self.draw()

        made = ui.button(word, icon=icon, on_click=self._visit.attempt(press)).props("flat dense no-caps size=sm")
        made.props["aria-label"] = title

    def _input(self, field: RecipeField, label: str) -> None:
        made: Any
        if field.choices:
            made = ui.select(
                list(field.choices), value=field.value if field.value in field.choices else None, label=label
            )
            made.on_value_change(self._visit.attempt(lambda: self._take(field, made)))
        elif isinstance(field.usual if field.value is None else field.value, bool):
            made = ui.switch(label, value=bool(field.usual if field.value is None else field.value))
            made.on_value_change(self._visit.attempt(lambda: self._take(field, made)))
        else:
            value = field.value
            made = ui.input(label, value=value) if isinstance(value, str) else ui.number(label, value=value)
            usual = "" if field.usual is None else f"{field.usual}"
            made.props["placeholder"] = usual
            made.on("change", self._visit.attempt(lambda: self._take(field, made)))
        made.props("outlined dense hide-bottom-space no-error-icon").classes("recipe-field")
        made.props["aria-label"] = f"{_said(field.path)}"
        self._inputs[field.path] = made

    def _take(self, field: RecipeField, made: Any) -> None:
        value = made.value
        if isinstance(value, float) and field.is_whole and value.is_integer():
            value = int(value)
        if value in (None, "") and not field.can_be_none:
            made.props["error"] = True
            made.props["title"] = self._visit.texts.change.needs_value
            made.update()
            return
        if value in (None, "") and field.value is None:
            return
        self._set(field.path, None if value in (None, "") else value)

    def _set(self, path: Path, value: Value) -> None:
        self._write(with_value(self._text(), path, value), path)

    def _word(self, field: RecipeField) -> str:
        return self._visit.texts.change.words.get(field.name, field.name)


def _said(path: Path) -> str:
    """A path as a person counts: `limits E01 reject_above 1 diameter_mm`."""
    return " ".join(str(part + 1 if isinstance(part, int) else part) for part in path)
