"""The audit log: who did what, newest first, as the address filters it; and whether anybody has altered it."""

import asyncio
from datetime import UTC, datetime
from html import escape

from nicegui import ui

from inspection.pages.frame import notices
from inspection.pages.frame.badges import badge
from inspection.pages.frame.page import Page
from inspection.pages.frame.visit import Visit, action
from inspection.pages.settings.audit_address import AuditAddress, read_address, written_address
from inspection.people.audit import AuditCheck, AuditEntry
from inspection.people.audit_search import About, AuditSearch
from inspection.people.roles import Permission

_ENTRIES = 100


@action(Permission.SEE_AUDIT_LOG)
async def check_log(visit: Visit) -> AuditCheck:
    """Follow the chain from the first entry to the last."""
    return await asyncio.to_thread(visit.desk.audit.check)


@action(Permission.SEE_AUDIT_LOG)
def read_log(visit: Visit, wanted: AuditSearch) -> list[AuditEntry]:
    """Up to a hundred entries and one more, newest first."""
    return visit.desk.audit.search(wanted, _ENTRIES + 1)


def build(visit: Visit) -> None:
    """Make the page: what it shows is all in its address, so that a link shows the same."""
    texts, asked = visit.texts.people, read_address(visit)
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

    _form(visit, asked)
    _entries(visit, asked)


def _form(visit: Visit, asked: AuditAddress) -> None:
    texts, search = visit.texts.people, asked.search
    names = {"": texts.everybody} | {name: name for name in visit.desk.audit.people()}
    if search.person:
        names.setdefault(search.person, search.person)
    with ui.element("section").classes("card"):
        with ui.element("div").classes("audit-form"):
            about = ui.select(dict(texts.abouts), value=search.about, label=texts.about).props("outlined dense")
            about.error = asked.faults.get("about")
            person = ui.select(names, value=search.person, label=texts.who, with_input=True).props("outlined dense")
            words = ui.input(texts.words, value=search.words).props("outlined dense maxlength=200")
            days = {}
            for name, label in (("from", texts.from_day), ("to", texts.to_day)):
                day = asked.days.get(name, "")
                days[name] = ui.input(label, value=day).props("outlined dense type=date stack-label")
                days[name].error = asked.faults.get(name)

        def look() -> None:
            chosen = {"about": about.value, "person": person.value, "words": (words.value or "").strip()}
            ui.navigate.to(written_address(chosen | {name: field.value or "" for name, field in days.items()}))

        for field in (words, *days.values()):
            field.on("keydown.enter", visit.attempt(look))
        with ui.element("div").classes("bar"):
            ui.button(texts.search, icon="search", on_click=visit.attempt(look)).props("no-caps unelevated")
            ui.button(texts.clear, on_click=lambda: ui.navigate.to("/audit")).props("no-caps flat")
            ui.space()
            address = written_address(asked.written | {"before": ""}, "/audit.csv")
            ui.link(texts.export, address).classes("download").props("download")
        ui.label(texts.note_of_times.format(zone=visit.quantities.zone(datetime.now(UTC)))).classes("muted")
        for name in ("before", "person"):
            if fault := asked.faults.get(name):
                ui.label(fault).classes("field-trouble").props("role=alert")


def _entries(visit: Visit, asked: AuditAddress) -> None:
    texts = visit.texts.people
    found = read_log(visit, asked.search)
    if not found:
        is_all = asked.search in (AuditSearch(), AuditSearch(About.NO_REVIEWS))
        notices.empty(texts.no_entries, "" if is_all else texts.no_entries_advice, icon="history")
        return
    shown = found[:_ENTRIES]
    heads = ("#", texts.when, texts.who, texts.what, texts.subject, texts.before, texts.after)
    told = "".join(f'<th scope="col"><div>{escape(word)}</div></th>' for word in heads)
    rows = "".join(_row(visit, entry) for entry in shown)
    with ui.element("section").classes("card"):
        # As one element: each of its own takes the server and the browser a third of a millisecond.
        ui.html(f"<tr>{told}</tr>{rows}", sanitize=False, tag="table").classes("table")
    with ui.element("div").classes("bar"):
        if asked.search.before is not None:
            ui.link(texts.newest, written_address(asked.written | {"before": ""}))
        if len(found) > _ENTRIES:
            ui.link(texts.older, written_address(asked.written | {"before": str(shown[-1].number)}))


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


def _row(visit: Visit, entry: AuditEntry) -> str:
    """HTML."""
    cells = (
        (str(entry.number), "number muted"),
        (visit.quantities.moment(entry.utc), "number nowrap"),
        (entry.person, "strong"),
        (entry.action, "mono"),
        (entry.subject, ""),
        (entry.before or "", "mono small as-written"),
        (entry.after or "", "mono small as-written"),
    )
    told = (f'<td><div class="{style}">{escape(word)}</div></td>' for word, style in cells)
    return f"<tr>{''.join(told)}</tr>"


PAGE = Page("/audit", Permission.SEE_AUDIT_LOG, "history", lambda texts: texts.people.audit_title, build, is_wide=True)
