"""The audit log: who did what, newest first, and whether anybody has altered it."""

import asyncio

from nicegui import ui

from inspection.pages import notices
from inspection.pages.badges import badge
from inspection.pages.page import Page
from inspection.pages.visit import Visit, action
from inspection.people.audit import AuditCheck, AuditEntry
from inspection.people.roles import Permission

_ENTRIES = 100


@action(Permission.SEE_AUDIT_LOG)
async def check_log(visit: Visit) -> AuditCheck:
    """Follow the chain from the first entry to the last."""
    return await asyncio.to_thread(visit.desk.audit.check)


@action(Permission.SEE_AUDIT_LOG)
def read_log(visit: Visit, before: int | None) -> list[AuditEntry]:
    """Up to a hundred entries, newest first."""
    return visit.desk.audit.latest(_ENTRIES, before=before)


def build(visit: Visit) -> None:
    """Make the page."""
    texts = visit.texts.people
    before: list[int | None] = [None]
    with ui.element("div").classes("bar"):
        ui.label(texts.audit_title).classes("page-title")
        ui.space()
        ui.button(texts.check, icon="verified", on_click=visit.attempt(lambda: show_check())).props(
            "no-caps unelevated"
        )
    result = ui.element("div")

    async def show_check() -> None:
        check = await check_log(visit)
        result.clear()
        with result, ui.element("section").classes("card"):
            if check.is_intact:
                badge("verified", texts.intact.format(entries=visit.quantities.number(check.entries)), "accept")
            for words in _faults(visit, check):
                badge("gpp_bad", words, "reject")
            if check.before_seals:
                ui.label(texts.before_seals.format(entries=visit.quantities.number(check.before_seals)))
            for trouble in visit.desk.database.evidence.troubles() if visit.desk.database.evidence else ():
                badge("warning", trouble, "warning")
            ui.label(texts.last_entry.format(number=check.last_number, sha256=check.last_sha256)).classes(
                "muted as-written"
            )

    @ui.refreshable
    def entries() -> None:
        found = read_log(visit, before[0])
        if not found:
            notices.empty(texts.no_entries, icon="history")
            return
        with ui.element("section").classes("card"), ui.element("table").classes("table"):
            with ui.element("tr"):
                for word in ("#", texts.when, texts.who, texts.what, texts.subject, texts.before, texts.after):
                    with ui.element("th"):
                        ui.label(word)
            for entry in found:
                _row(visit, entry)
        with ui.element("div").classes("bar"):
            ui.button(texts.newest, icon="first_page", on_click=visit.attempt(lambda: turn(None))).props("flat no-caps")
            older = ui.button(texts.older, icon="chevron_right", on_click=visit.attempt(lambda: turn(found[-1].number)))
            older.props("flat no-caps").set_enabled(found[-1].number > 1)

    def turn(number: int | None) -> None:
        before[0] = number
        entries.refresh()

    entries()


def _faults(visit: Visit, check: AuditCheck) -> list[str]:
    """What the check has found, one sentence each."""
    texts = visit.texts.people
    found = []
    if check.broken_at is not None:
        found.append(texts.broken.format(number=check.broken_at))
    if check.not_sealed is not None:
        found.append(texts.not_sealed.format(number=check.not_sealed))
    if check.missing_up_to is not None:
        found.append(texts.cut_off.format(number=check.last_number, missing=check.missing_up_to))
    if check.trouble is not None:
        found.append(texts.not_proven.format(trouble=check.trouble))
    return found


def _row(visit: Visit, entry: AuditEntry) -> None:
    with ui.element("tr"):
        for word, style in (
            (str(entry.number), "number muted"),
            (visit.quantities.moment(entry.utc), "number nowrap"),
            (entry.person, "strong"),
            (entry.action, "mono"),
            (entry.subject, ""),
            (entry.before or "", "mono small as-written"),
            (entry.after or "", "mono small as-written"),
        ):
            with ui.element("td"):
                ui.label(word).classes(style)


PAGE = Page("/audit", Permission.SEE_AUDIT_LOG, "history", lambda texts: texts.people.audit_title, build, is_wide=True)
