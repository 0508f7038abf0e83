"""Hold and bypass, with a reason, in the person's name."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from inspection.errors import LineError
from inspection.intervention import LONGEST_BYPASS_MIN, InterventionKind
from inspection.pages.live import LineView
from inspection.pages.visit import Visit, action, tell
from inspection.people.roles import Permission

_SUBJECT = "line"


@action(Permission.HOLD)
async def hold(visit: Visit, reason: str) -> None:
    """Put the line on hold."""
    await visit.desk.station.hold(_reason(visit, reason), visit.person.name)
    visit.desk.audit.add(visit.person.name, "line.hold", _SUBJECT, _in_force(visit), reason.strip())


@action(Permission.HOLD)
async def end_hold(visit: Visit) -> None:
    """End the hold in force."""
    await visit.desk.station.end_intervention(visit.person.name)
    visit.desk.audit.add(visit.person.name, "line.end_hold", _SUBJECT, _in_force(visit))


@action(Permission.BYPASS)
async def bypass(visit: Visit, reason: str, minutes: float) -> None:
    """Let the line run unjudged for so many minutes."""
    await visit.desk.station.bypass(_reason(visit, reason), visit.person.name, minutes)
    after = {"reason": reason.strip(), "minutes": minutes}
    visit.desk.audit.add(visit.person.name, "line.bypass", _SUBJECT, _in_force(visit), after)


@action(Permission.BYPASS)
async def end_bypass(visit: Visit) -> None:
    """End the bypass in force."""
    await visit.desk.station.end_intervention(visit.person.name)
    visit.desk.audit.add(visit.person.name, "line.end_bypass", _SUBJECT, _in_force(visit))


class InterventionButtons:
    """Buttons for what the person may do at the moment."""

    def __init__(self, visit: Visit) -> None:
        texts = visit.texts.line
        self._visit = visit
        self._kind: InterventionKind | None = None
        self._is_connected = False
        self._hold = _button(texts.hold, "pan_tool", self._ask_hold)
        self._end_hold = _button(texts.end_hold, "play_arrow", visit.attempt(self._do_end_hold))
        self._bypass = _button(texts.bypass, "alt_route", self._ask_bypass)
        self._end_bypass = _button(texts.end_bypass, "play_arrow", visit.attempt(self._do_end_bypass))

    def update(self, view: LineView) -> None:
        """Show the buttons that fit."""
        current = view.status.intervention if view.status else None
        self._kind = current.kind if current else None
        self._is_connected = view.is_connected
        may_hold, may_bypass = self._visit.may(Permission.HOLD), self._visit.may(Permission.BYPASS)
        is_held, is_bypassed = self._kind is InterventionKind.HOLD, self._kind is InterventionKind.BYPASS
        for button, is_fit in (
            (self._hold, may_hold and not is_held),
            (self._end_hold, may_hold and is_held),
            (self._bypass, may_bypass and self._kind is None),
            (self._end_bypass, may_bypass and is_bypassed),
        ):
            button.set_visibility(is_fit)
            button.set_enabled(view.is_connected)

    def press(self) -> None:
        """The hold key."""
        if not self._is_connected or self._kind is InterventionKind.BYPASS:
            return
        if self._kind is InterventionKind.HOLD:
            self._end_hold.run_method("click")
        else:
            self._ask_hold()

    async def _do_end_hold(self) -> None:
        await end_hold(self._visit)
        await self._tell(self._visit.texts.line.ended)

    async def _do_end_bypass(self) -> None:
        await end_bypass(self._visit)
        await self._tell(self._visit.texts.line.ended)

    async def _tell(self, message: str) -> None:
        await self._visit.desk.live.poll()
        tell(message)

    def _ask_hold(self) -> None:
        texts = self._visit.texts.line

        async def confirm(reason: str, _minutes: float | None) -> None:
            await hold(self._visit, reason)
            await self._tell(texts.hold_done)

        self._ask(texts.hold, texts.hold_explained, confirm)

    def _ask_bypass(self) -> None:
        texts = self._visit.texts.line

        async def confirm(reason: str, minutes: float | None) -> None:
            await bypass(self._visit, reason, minutes or 0.0)
            await self._tell(texts.bypass_done)

        self._ask(texts.bypass, texts.bypass_explained, confirm, minutes=15.0)

    def _ask(self, title: str, explained: str, confirm: Callable[..., Any], minutes: float | None = None) -> None:
        visit, texts = self._visit, self._visit.texts.line
        with ui.dialog() as dialog, ui.card().classes("ask"):
            ui.label(title).classes("dialog-title")
            ui.label(explained).classes("muted")
            reason = ui.input(texts.reason_label).props("autofocus outlined maxlength=500").classes("ask-field")
            span = None
            if minutes is not None:
                span = ui.number(texts.minutes_label, value=minutes, min=1, max=LONGEST_BYPASS_MIN, precision=0)
                span.props("outlined").classes("ask-field")

            async def done() -> None:
                await confirm(reason.value or "", span.value if span else None)
                dialog.close()

            with ui.element("div").classes("bar ask-buttons"):
                ui.button(visit.texts.frame.cancel, on_click=dialog.close).props("flat no-caps")
                ui.button(title, on_click=visit.attempt(done)).props("no-caps unelevated").mark("ask-confirm")
            reason.on("keydown.enter", visit.attempt(done))
        dialog.on("hide", dialog.delete)
        dialog.open()


def _button(word: str, icon: str, press: Callable[..., Any]) -> ui.button:
    return ui.button(word, icon=icon, on_click=press).props("no-caps outline").classes("line-button")


def _reason(visit: Visit, reason: str) -> str:
    if not reason.strip():
        raise LineError(visit.texts.line.reason_needed)
    return reason.strip()


def _in_force(visit: Visit) -> dict[str, Any] | None:
    status = visit.desk.live.view.status
    current = status.intervention if status else None
    return current.model_dump(mode="json") if current else None
