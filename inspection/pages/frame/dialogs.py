"""Dialogs that several pages use."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from inspection.pages.frame.trouble import Trouble, Unfit
from inspection.pages.frame.visit import Visit

LEAST_REASON = 3
"""Characters: a key that slipped is no reason."""
MOST_REASON = 500


class Question:
    """A dialog that asks before something is done; what goes wrong is shown in it, and it stays.

    Keys stay within it and Escape closes it. Whatever is pressed twice is done once: from the first press until it has
    failed, and for ever when it has worked. It belongs to the page, not to what was pressed: a row that is drawn anew
    meanwhile takes no question with it.
    """

    def __init__(self, visit: Visit, title: str, explained: str) -> None:
        self._visit = visit
        self._is_taken = False
        self.is_over = False
        self._after: Callable[[], object] | None = None
        with ui.context.client.content, ui.dialog() as self._dialog, ui.card().classes("ask"):
            heading(title)
            ui.label(explained).classes("ask-explained")
            self.fields = ui.element("div").classes("ask-fields")
            Trouble(visit.texts.frame.close)
            self._buttons = ui.element("div").classes("bar ask-buttons")
        name_dialog(self._dialog, title)
        self._dialog.on("hide", self._forget)

    def add_reason(self, label: str) -> ui.input:
        """A field for a sentence; Enter in it confirms."""
        with self.fields:
            return ui.input(label).props(f"autofocus outlined maxlength={MOST_REASON}").classes("ask-field")

    def open(
        self,
        word: str,
        confirm: Callable[[], Awaitable[None]],
        *,
        enter: ui.input | None = None,
        is_grave: bool = False,
        closes: bool = True,
    ) -> None:
        """Ask. `word`: of the button that confirms; `enter`: a field in which Enter confirms, too.

        `closes`: when it has worked; else `confirm` sees to that, and may be tried again.
        A grave question has the keys on the way back: who presses Enter twice has not confirmed it.
        """

        async def take() -> None:
            if self._is_taken:
                return
            self._is_taken = True
            try:
                await confirm()
                if closes:
                    self.close()
            finally:
                self._is_taken = self.is_over

        done = self._visit.attempt(take)
        with self._buttons:
            back = ui.button(self._visit.texts.frame.cancel, on_click=self.close).props("flat no-caps")
            if is_grave:
                back.props("data-autofocus")
            ui.button(word, on_click=done).props("no-caps unelevated").mark("ask-confirm")
        if enter is not None:
            enter.on("keydown", done, js_handler="(e) => { if (e.key === 'Enter' && !e.repeat) emit(); }")
        self._dialog.open()

    def on_close(self, work: Callable[[], object]) -> None:
        """What to do when it is asked no more, confirmed or not."""
        self._after = work

    def close(self) -> None:
        """Ask no more."""
        self.is_over = True
        self._dialog.close()

    def _forget(self) -> None:
        self.is_over = True
        self._dialog.delete()
        if self._after is not None:
            self._after()


def written_reason(visit: Visit, field: ui.input) -> str:
    """What somebody gave as a reason. Raises Unfit: it says nothing."""
    reason = " ".join((field.value or "").split())
    if sum(character.isalnum() for character in reason) < LEAST_REASON or not reason.isprintable():
        raise Unfit(field, visit.texts.frame.reason_needed.format(least=LEAST_REASON))
    return reason


def ask_reason(visit: Visit, title: str, explained: str, label: str, confirm: Callable[[str], Awaitable[None]]) -> None:
    """Ask for a sentence, then do it; what goes wrong is shown, and the dialog stays."""
    question = Question(visit, title, explained)
    reason = question.add_reason(label)

    async def done() -> None:
        await confirm(written_reason(visit, reason))

    question.open(title, done, enter=reason)


def show_text(visit: Visit, title: str, *, text: str = "", html: str = "", hint: str = "") -> None:
    """A text to read; `html` is our own, never a person's."""
    with ui.context.client.content, ui.dialog() as dialog, ui.card().classes("reader"):
        heading(title)
        if hint:
            ui.label(hint).classes("muted")
        with ui.element("div").classes("reader-text").props("tabindex=0"):
            if html:
                ui.html(html, sanitize=False)
            else:
                ui.label(text).classes("mono as-written")
        ui.button(visit.texts.frame.close, on_click=dialog.close).props("flat no-caps")
    name_dialog(dialog, title)
    dialog.on("hide", dialog.delete)
    dialog.open()


def heading(title: str) -> None:
    """A dialog's title, which reads as a heading."""
    ui.label(title).classes("dialog-title").props("role=heading aria-level=2")


def name_dialog(dialog: ui.dialog, title: str) -> None:
    """What a dialog is called for those who hear it."""
    dialog.props["aria-label"] = title
