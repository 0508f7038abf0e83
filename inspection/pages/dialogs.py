"""Dialogs that several pages use."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from inspection.pages.visit import Visit


def ask_reason(visit: Visit, title: str, explained: str, label: str, confirm: Callable[[str], Awaitable[None]]) -> None:
    """Ask for a sentence, then do it; what goes wrong is shown, and the dialog stays."""
    with ui.dialog() as dialog, ui.card().classes("ask"):
        ui.label(title).classes("dialog-title")
        ui.label(explained).classes("muted")
        reason = ui.input(label).props("autofocus outlined maxlength=500").classes("ask-field")

        async def done() -> None:
            await confirm((reason.value or "").strip())
            dialog.close()

        with ui.element("div").classes("bar ask-buttons"):
            ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
            ui.button(title, on_click=visit.attempt(done)).props("no-caps unelevated")
        reason.on("keydown.enter", visit.attempt(done))
    dialog.on("hide", dialog.delete)
    dialog.open()


def show_text(visit: Visit, title: str, *, text: str = "", html: str = "", hint: str = "") -> None:
    """A text to read; `html` is our own, never a person's."""
    with ui.dialog() as dialog, ui.card().classes("reader"):
        ui.label(title).classes("dialog-title")
        if hint:
            ui.label(hint).classes("muted")
        with ui.element("div").classes("reader-text"):
            if html:
                ui.html(html, sanitize=False)
            else:
                ui.label(text).classes("mono as-written")
        ui.button(visit.texts.frame.close, on_click=dialog.close).props("flat no-caps")
    dialog.on("hide", dialog.delete)
    dialog.open()
