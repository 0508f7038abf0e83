"""The way in for a screen on the wall: an address with a key, made on the people page. It sees the line page alone."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.plain_page import plain_page
from inspection.pages.frame.sessions import SESSION_COOKIE
from inspection.pages.texts import texts_in
from inspection.people.person import Language

_KEPT_S = 400 * 24 * 3600
"""Longest life that browsers give a cookie; the address lets the screen in again."""


def wall_routes(desk: PagesDesk) -> APIRouter:
    """/wall?key=…"""
    router = APIRouter()

    @router.get("/wall")
    def open_wall(key: str = "") -> Response:
        if desk.people.open_screen(key) is None:
            language = Language(desk.plan.settings.language)
            texts = texts_in(language).login
            return plain_page(language, texts.screen_unknown, texts.screen_unknown_advice, status=403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(SESSION_COOKIE, key, max_age=_KEPT_S, httponly=True, samesite="lax", secure=desk.is_https)
        return answer

    return router


def wall_address(request: Request, key: str) -> str:
    """What the screen's browser opens at its start."""
    return f"{request.base_url}wall?key={key}"
