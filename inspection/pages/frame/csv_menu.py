"""A button for a table as CSV, with the choice of its separators."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from inspection.csv_table import Separators
from inspection.pages.frame.visit import Visit


def csv_menu(visit: Visit, word: str, take: Callable[[Separators], Any], *, is_icon: bool = False) -> ui.button:
    """`take` gets what was chosen, and may be a coroutine. `is_icon`: the word is told by the icon's label alone."""
    texts = visit.texts.frame
    words = {Separators.COMMA_POINT: texts.csv_comma, Separators.SEMICOLON_COMMA: texts.csv_semicolon}
    if is_icon:
        button = ui.button(icon="download").props(f'flat dense aria-label="{word}"').tooltip(word)
    else:
        button = ui.button(word, icon="table_view").props("outline no-caps")
    with button, ui.menu().props("auto-close"):
        for separators in Separators:
            ui.menu_item(words[separators], visit.attempt(lambda chosen=separators: take(chosen)))
    return button
