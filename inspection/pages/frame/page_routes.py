"""How the pages of the book are served."""

import copy
import inspect
from collections.abc import Sequence

import structlog
from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui

from inspection.errors import InspectionError
from inspection.pages.frame import notices
from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.layout import frame
from inspection.pages.frame.page import Page
from inspection.pages.frame.plain_page import plain_page
from inspection.pages.frame.sessions import login_address, password_address
from inspection.pages.frame.visit import Visit, visit_of
from inspection.people.person import Theme

_log = structlog.get_logger("inspection.pages")
_DARK = {Theme.AUTO: None, Theme.LIGHT: False, Theme.DARK: True}
_LANGUAGE = {"en": "en-US", "fr": "fr"}


def serve_page(desk: PagesDesk, page: Page, book: Sequence[Page]) -> None:
    """Make NiceGUI answer the page's path: 303 to the login, 403 without the permission, else the page."""

    async def show(request: Request, client: Client) -> Response | None:
        visit = visit_of(desk, request)
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if visit is None:
            return RedirectResponse(login_address(address), 303)
        if visit.person.must_change_password:
            return RedirectResponse(password_address(address), 303)
        if not visit.may(page.permission):
            return not_allowed(visit)
        desk.sessions.opened(client, visit.token, visit.person.role, address)
        _dress(client, page, visit)
        with frame(visit, page, book):
            try:
                building = page.build(visit)
                if inspect.isawaitable(building):
                    await building
            except InspectionError as error:
                _log.warning("a page could not be made", path=page.path, error=str(error))
                notices.failed(visit, str(error))
        return None

    ui.page(page.path, response_timeout=20.0)(show)


def not_allowed(visit: Visit) -> Response:
    """403, in the person's language."""
    texts = visit.texts.frame
    advice = texts.not_allowed_advice.format(name=visit.person.name, role=texts.roles[visit.person.role])
    return plain_page(visit.person.language, texts.not_allowed, advice, theme=visit.person.theme, status=403)


def not_found(desk: PagesDesk, request: Request) -> Response:
    """404 for who is logged in; others are sent to the login, and learn nothing of what there is."""
    visit = visit_of(desk, request)
    if visit is None:
        return RedirectResponse(login_address(request.url.path), 303)
    texts = visit.texts.frame
    return plain_page(
        visit.person.language, texts.not_found, texts.not_found_advice, theme=visit.person.theme, status=404
    )


def _dress(client: Client, page: Page, visit: Visit) -> None:
    """Language, theme and title are the person's, not the page's."""
    personal = copy.copy(client.page)
    personal.dark = _DARK[visit.person.theme]
    personal.language = _LANGUAGE[visit.person.language]  # type: ignore[assignment]  # one of NiceGUI's Literal
    personal.title = f"{page.title(visit.texts)} · {visit.desk.plan.name}"
    client.page = personal
