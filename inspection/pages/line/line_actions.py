"""Hold and bypass, begun and ended with a reason, in the person's name; the station notes it in the audit log."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from inspection.errors import LineError
from inspection.pages.frame.dialogs import Question, written_reason
from inspection.pages.frame.trouble import Unfit
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.station.live import LineView
from inspection.people.roles import Permission
from inspection.station.intervention import ASK_AGAIN_MIN, LONGEST_BYPASS_MIN, Intervention, InterventionKind

_FIRST_MINUTES = 15


@action(Permission.HOLD)
async def hold(visit: Visit, reason: str) -> None:
    """Put the line on hold."""
    await visit.desk.station.hold(reason, visit.person.name)


@action(Permission.HOLD)
async def end_hold(visit: Visit, reason: str) -> None:
    """End the hold in force."""
    await visit.desk.station.end_intervention(visit.person.name, reason)


@action(Permission.BYPASS)
async def bypass(visit: Visit, reason: str, minutes: float) -> None:
    """Let the line run unjudged for so many minutes."""
    await visit.desk.station.bypass(reason, visit.person.name, minutes)


@action(Permission.BYPASS)
async def end_bypass(visit: Visit, reason: str) -> None:
    """End the bypass in force."""
    await visit.desk.station.end_intervention(visit.person.name, reason)


class InterventionButtons:
    """Buttons for what the person may do at the moment. None acts by itself: each opens a dialog."""

    def __init__(self, visit: Visit) -> None:
        texts = visit.texts.line
        self._visit = visit
        self._current: Intervention | None = None
        self._is_connected = False
        self._question: Question | None = None
        self._hold = _button(texts.hold, "pan_tool", self._ask_hold)
        self._end_hold = _button(texts.end_hold, "play_arrow", self._ask_end)
        self._bypass = _button(texts.bypass, "alt_route", self._ask_bypass)
        self._end_bypass = _button(texts.end_bypass, "play_arrow", self._ask_end)

    def update(self, view: LineView) -> None:
        """Show the buttons that fit."""
        self._current = view.status.intervention if view.status else None
        self._is_connected = view.is_connected
        kind = self._current.kind if self._current else None
        may_hold, may_bypass = self._visit.may(Permission.HOLD), self._visit.may(Permission.BYPASS)
        for button, is_fit in (
            (self._hold, may_hold and kind is not InterventionKind.HOLD),
            (self._end_hold, may_hold and kind is InterventionKind.HOLD),
            (self._bypass, may_bypass and kind is None),
            (self._end_bypass, may_bypass and kind is InterventionKind.BYPASS),
        ):
            button.set_visibility(is_fit)
            button.set_enabled(view.is_connected)

    def press(self) -> None:
        """The hold key: asks whether to hold the line or, on hold, whether to end that."""
        if not self._is_connected:
            return
        if self._current is not None and self._current.kind is InterventionKind.HOLD:
            self._ask_end()
        else:
            self._ask_hold()

    def _ask_hold(self) -> None:
        texts = self._visit.texts.line

        async def confirm(reason: str) -> None:
            await hold(self._visit, reason)
            await self._tell(texts.hold_done)

        if question := self._new_question(texts.hold, texts.hold_explained):
            field = question.add_reason(texts.reason_label)
            question.open(texts.hold, self._with_reason(field, confirm), enter=field)

    def _ask_end(self) -> None:
        visit, texts, current = self._visit, self._visit.texts.line, self._current
        if current is None:
            return
        is_hold = current.kind is InterventionKind.HOLD
        title = texts.end_hold if is_hold else texts.end_bypass
        since = visit.quantities.moment(current.since_utc)
        explained = texts.end_explained.format(by=current.by, since=since, reason=current.reason)

        async def confirm(reason: str) -> None:
            await visit.desk.live.poll()
            if (now := _current(visit)) != current:
                raise LineError(texts.changed_meanwhile if now else texts.ended_meanwhile)
            await (end_hold if is_hold else end_bypass)(visit, reason)
            await self._tell(texts.ended)

        if question := self._new_question(title, explained):
            field = question.add_reason(texts.reason_label)
            question.open(title, self._with_reason(field, confirm), enter=field)

    def _ask_bypass(self) -> None:
        visit, texts = self._visit, self._visit.texts.line
        question = self._new_question(texts.bypass, texts.bypass_explained)
        if question is None:
            return
        field = question.add_reason(texts.reason_label)
        with question.fields:
            span = ui.input(texts.minutes_label.format(longest=LONGEST_BYPASS_MIN), value=str(_FIRST_MINUTES))
            span.props("outlined inputmode=numeric").classes("ask-field")

        async def begin(reason: str, minutes: int) -> None:
            await bypass(visit, reason, float(minutes))
            await self._tell(texts.bypass_done)

        async def confirm(reason: str) -> None:
            minutes = self._minutes(span)
            if minutes <= ASK_AGAIN_MIN:
                await begin(reason, minutes)
                question.close()
                return
            until = visit.quantities.moment(datetime.now(UTC) + timedelta(minutes=minutes))
            explained = texts.bypass_long_explained.format(minutes=minutes, until=until, reason=reason)
            again = Question(visit, texts.bypass_long.format(minutes=minutes), explained)

            async def confirm_again() -> None:
                await begin(reason, minutes)
                question.close()

            again.open(texts.bypass_long_confirm.format(minutes=minutes), confirm_again, is_grave=True)

        question.open(texts.bypass, self._with_reason(field, confirm), enter=field, closes=False)

    def _minutes(self, field: ui.input) -> int:
        """A bypass's length as written. Raises Unfit: it is no whole number, or not within the limits."""
        texts = self._visit.texts.line
        written = (field.value or "").strip()
        if not written.isdecimal() or not 1 <= int(written[:9]) <= LONGEST_BYPASS_MIN:
            raise Unfit(field, texts.minutes_unfit.format(longest=LONGEST_BYPASS_MIN, asked=written or "–"))
        return int(written)

    def _with_reason(self, field: ui.input, confirm: Callable[[str], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def confirmed() -> None:
            await confirm(written_reason(self._visit, field))

        return confirmed

    def _new_question(self, title: str, explained: str) -> Question | None:
        """None while another one is open: one key press asks one thing."""
        if self._question is not None and not self._question.is_over:
            return None
        self._question = Question(self._visit, title, explained)
        return self._question

    async def _tell(self, message: str) -> None:
        await self._visit.desk.live.poll()
        tell(message)


def _button(word: str, icon: str, press: Callable[..., Any]) -> ui.button:
    return ui.button(word, icon=icon, on_click=press).props("no-caps outline").classes("line-button")


def _current(visit: Visit) -> Intervention | None:
    status = visit.desk.live.view.status
    return status.intervention if status else None
