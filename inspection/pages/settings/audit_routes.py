"""The audit log as a table to take away, filtered as the page is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from inspection.csv_table import Separators, csv_table
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import NotAllowed, SessionOver, Visit, action, visit_of
from inspection.pages.settings.audit_address import read_address
from inspection.people.audit import AuditEntry
from inspection.people.audit_search import AuditSearch
from inspection.people.person import Language
from inspection.people.roles import Permission

_CHUNK = 1000
"""Entries read at once."""
_HEADER = ("number", "utc", "person", "action", "subject", "before", "after", "sha256")


@action(Permission.SEE_AUDIT_LOG)
def export_log(visit: Visit, wanted: AuditSearch, written: dict[str, str]) -> Iterator[bytes]:
    """The entries as CSV, newest first, piece by piece; who took them is noted first, and so is among them."""
    visit.desk.audit.add(visit.person.name, "audit.export", "audit_log", None, written or None)
    is_french = visit.person.language is Language.FRENCH
    return _table(visit, wanted, Separators.SEMICOLON_COMMA if is_french else Separators.COMMA_POINT)


def audit_routes(desk: PagesDesk) -> APIRouter:
    """/audit.csv."""
    router = APIRouter()

    @router.get("/audit.csv")
    def audit_csv(request: Request) -> Response:
        try:
            visit = visit_of(desk, request)
            if visit is None:
                raise HTTPException(401, "Log in first.")
            visit.demand(Permission.SEE_AUDIT_LOG)
            asked = read_address(visit)
            if asked.faults:
                raise HTTPException(422, " ".join(asked.faults.values()))
            table = export_log(visit, asked.search, asked.written)
        except SessionOver as error:
            raise HTTPException(401, str(error)) from error
        except NotAllowed as error:
            raise HTTPException(403, str(error)) from error
        name = f"audit-log-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(table, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _table(visit: Visit, wanted: AuditSearch, separators: Separators) -> Iterator[bytes]:
    yield csv_table(_HEADER, (), separators)
    while found := visit.desk.audit.search(wanted, _CHUNK):
        yield csv_table(_HEADER, [_cells(entry) for entry in found], separators).partition(b"\n")[2]
        wanted = replace(wanted, before=found[-1].number)


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    utc = f"{entry.utc:%Y-%m-%dT%H:%M:%S.%fZ}"
    return (entry.number, utc, entry.person, entry.action, entry.subject, entry.before, entry.after, entry.sha256)
