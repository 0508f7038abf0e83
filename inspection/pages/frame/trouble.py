"""What went wrong, where the person looks: at the field that erred, else above the page or in the dialog that is open.

It takes room of its own instead of lying on buttons, stays until it is closed, and goes when something is tried again.
"""

from typing import Any

from nicegui import ElementFilter, ui
from nicegui.elements.mixins.validation_element import ValidationElement

from inspection.errors import InspectionError


class Unfit(InspectionError):
    """What somebody wrote into a field can't be used; told at the field."""

    def __init__(self, field: ValidationElement[Any], sentence: str) -> None:
        super().__init__(sentence)
        self.field = field

    def show(self) -> None:
        """At the field, which gets the keys; gone when something else is written."""
        self.field.error = str(self)
        self.field.run_method("focus")


class Trouble(ui.element):
    """The place for sentences about what went wrong: one above each page, one in each dialog that asks something."""

    def __init__(self, close_word: str) -> None:
        super().__init__("div")
        self.classes("trouble-place").props("role=alert")
        self._close_word = close_word

    def tell(self, sentence: str) -> None:
        """Show it in the place of what was told before."""
        self.clear()
        with self, ui.element("div").classes("trouble-told"):
            ui.icon("error").props("aria-hidden=true")
            ui.label(sentence).classes("trouble-words")
            ui.button(self._close_word, on_click=self.clear).props("flat no-caps dense")


def tell_trouble(sentence: str) -> None:
    """Say it in the dialog that was opened last, else above the page."""
    _places()[-1].tell(sentence)


def forget_troubles() -> None:
    """Something is tried anew."""
    for place in _places():
        if place.default_slot.children:
            place.clear()


def _places() -> list[Trouble]:
    return sorted(ElementFilter(kind=Trouble), key=lambda place: place.id)
