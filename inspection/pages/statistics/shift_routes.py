"""A shift's report, to be taken as PDF."""

from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from inspection.errors import StoreError
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.visit import NotAllowed, SessionOver, Visit, action, visit_of
from inspection.pages.statistics.shift_paper import shift_pdf
from inspection.people.roles import Permission
from inspection.quality.shift_report import shift_report
from inspection.quality.shifts import Shift, shift_named

PATH = "/shift-report.pdf"


@action(Permission.SEE_RESULTS)
def make_shift_report(visit: Visit, shift: Shift) -> bytes:
    """The report in the person's language; who took it is noted. Some seconds for a million decisions.

    Raises StoreError.
    """
    report = shift_report(visit.desk.database, visit.desk.plan.name, shift, visit.person.name)
    visit.desk.audit.add(visit.person.name, "statistics.shift_report", f"shift:{shift.name}")
    return shift_pdf(report, visit.texts)


def shift_routes(desk: PagesDesk) -> APIRouter:
    """/shift-report.pdf?shift=2030-01-31 early."""
    router = APIRouter()

    @router.get(PATH)
    def shift_report_pdf(request: Request) -> Response:
        try:
            visit = visit_of(desk, request)
            if visit is None:
                raise HTTPException(401, "Log in first.")
            visit.demand(Permission.SEE_RESULTS)
            name = request.query_params.get("shift", "")
            shift = shift_named(name)
            if shift is None or shift.began > datetime.now(UTC):
                raise HTTPException(422, visit.texts.shift.no_such_shift.format(name=name[:40] or "–"))
            content = make_shift_report(visit, shift)
        except SessionOver as error:
            raise HTTPException(401, str(error)) from error
        except NotAllowed as error:
            raise HTTPException(403, str(error)) from error
        except StoreError as error:
            raise HTTPException(503, str(error)) from error
        filename = f"shift-{shift.name.replace(' ', '-')}.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
        return Response(content, media_type="application/pdf", headers=headers)

    return router
