"""Logging in and out, and changing one's password: plain forms, for a cookie comes with an answer over HTTP only."""

from html import escape
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from inspection.pages.frame.desk import PagesDesk
from inspection.pages.frame.plain_page import plain_page
from inspection.pages.frame.sessions import SESSION_COOKIE, login_address, password_address
from inspection.pages.frame.visit import visit_of
from inspection.pages.texts import Texts, texts_in
from inspection.people.person import Language, Person
from inspection.people.refusal import Refusal, Refused
from inspection.serving.listening import is_loopback


def login_routes(desk: PagesDesk) -> APIRouter:
    """/login, /logout, /password, /guest."""
    router = APIRouter()

    @router.get("/login")
    def login(request: Request, next: str = "/") -> Response:
        if _may_be_guest(desk, request) and "stay" not in request.query_params and _is_new(request):
            return _let_in(desk, desk.people.let_guest_in(), next)
        return _login_page(desk, request, next)

    @router.post("/login")
    def log_in(
        request: Request,
        name: Annotated[str, Form()],
        password: Annotated[str, Form()],
        next: str = "/",
    ) -> Response:
        address = request.client.host if request.client else ""
        try:
            token = desk.people.log_in(name, password, address, request.cookies.get(_DEVICE))
        except Refused as refused:
            return _login_page(desk, request, next, refused, name)
        return _let_in(desk, token, next, device=desk.people.device(token))

    @router.post("/guest")
    def go_on_as_guest(request: Request) -> Response:
        if not _may_be_guest(desk, request):
            return _login_page(desk, request, "/", Refused(Refusal.WRONG_LOGIN))
        return _let_in(desk, desk.people.let_guest_in(), "/")

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        if token := request.cookies.get(SESSION_COOKIE):
            desk.people.log_out(token)
        answer = RedirectResponse("/login?stay=1", 303)
        answer.delete_cookie(SESSION_COOKIE)
        answer.set_cookie(_LEFT, "1", max_age=3600, httponly=True, samesite="lax", secure=desk.is_https)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    @router.get("/password")
    def password(request: Request, next: str = "/") -> Response:
        visit = visit_of(desk, request)
        if visit is None:
            return RedirectResponse(login_address("/password"), 303)
        return _password_page(visit.person, visit.texts, next)

    @router.post("/password")
    def change_password(
        request: Request,
        old: Annotated[str, Form()],
        new: Annotated[str, Form()],
        again: Annotated[str, Form()],
        next: str = "/",
    ) -> Response:
        visit = visit_of(desk, request)
        if visit is None:
            return RedirectResponse(login_address("/password"), 303)
        if new != again:
            return _password_page(visit.person, visit.texts, next, visit.texts.login.not_repeated)
        try:
            token = desk.people.change_password(visit.token, old, new)
        except Refused as refused:
            return _password_page(visit.person, visit.texts, next, visit.refusal(refused))
        return _let_in(desk, token, next)

    return router


_DEVICE = "inspection_device"
"""Cookie of a browser that a person logged in with: strangers' wrong tries don't keep it waiting."""
_DEVICE_S = 365 * 86_400
_MOST_NAME = 64
"""Characters of a wrong name that are written back."""
_LEFT = "inspection_left"
"""Cookie of somebody who logged out: the demo does not let them in again as guest unasked."""


def safe_path(path: str) -> str:
    """Where to go after the login: a path of these pages, never another site's.

    >>> [safe_path(p) for p in ("/rolls", "//evil.example", "/\\\\evil.example", "https://evil.example")]
    ['/rolls', '/', '/', '/']
    """
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"


def _is_new(request: Request) -> bool:
    return _LEFT not in request.cookies


def _may_be_guest(desk: PagesDesk, request: Request) -> bool:
    return desk.people.is_guest_welcome and request.client is not None and is_loopback(request.client.host)


def _let_in(desk: PagesDesk, token: str, path: str, device: str | None = None) -> Response:
    answer = RedirectResponse(safe_path(path), 303)
    answer.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="lax", secure=desk.is_https)
    if device is not None:
        answer.set_cookie(
            _DEVICE, device, max_age=_DEVICE_S, path="/login", httponly=True, samesite="lax", secure=desk.is_https
        )
    answer.delete_cookie(_LEFT)
    return answer


def _login_page(
    desk: PagesDesk, request: Request, path: str, refused: Refused | None = None, name: str = ""
) -> Response:
    language = _language(desk, request)
    texts = texts_in(language).login
    trouble = texts.refusals[refused.refusal].format(wait_s=round(refused.wait_s + 0.5)) if refused else ""
    guest = ""
    if _may_be_guest(desk, request):
        guest = f'<form method="post" action="/guest"><button class="second">{escape(texts.as_guest)}</button></form>'
    action = escape(login_address(safe_path(path))) if safe_path(path) != "/" else "/login"
    others = " · ".join(
        f'<a href="/login?stay=1&amp;language={code}" lang="{code}">{name}</a>'
        for code, name in (("en", "English"), ("fr", "Français"))
    )
    form = (
        f'<form method="post" action="{action}">{_trouble(trouble)}'
        f'<label>{escape(texts.name)}<input name="name" autocomplete="username" required '
        f'value="{escape(name[:_MOST_NAME])}"{"" if name else " autofocus"}></label>'
        f"{_password_field('password', texts.password, 'current-password', has_focus=bool(name))}"
        f"<button>{escape(texts.log_in)}</button></form>{guest}<p class=languages>{others}</p>"
    )
    status = {None: 200, Refusal.WAIT: 429, Refusal.BUSY: 503}.get(refused.refusal if refused else None, 401)
    answer = plain_page(language, f"{desk.plan.name} · {texts.title}", content=form, status=status)
    if refused is not None and refused.wait_s:
        answer.headers["Retry-After"] = str(ceil(refused.wait_s))
    return answer


def _password_page(person: Person, texts: Texts, path: str, trouble: str = "") -> Response:
    words = texts.login
    form = (
        f'<form method="post" action="{escape(password_address(safe_path(path)))}">{_trouble(trouble)}'
        f'<input type="hidden" name="username" autocomplete="username" value="{escape(person.name)}">'
        f"{_password_field('old', words.old_password, 'current-password')}"
        f"{_password_field('new', words.new_password, 'new-password')}"
        f"{_password_field('again', words.repeat_password, 'new-password')}"
        f"<p class=hint>{escape(words.rules)}</p><button>{escape(words.change)}</button></form>"
    )
    advice = words.must_change if person.must_change_password else ""
    return plain_page(
        person.language, words.new_title, advice, form, theme=person.theme, status=422 if trouble else 200
    )


def _password_field(name: str, label: str, purpose: str, *, has_focus: bool = False) -> str:
    return (
        f'<label>{escape(label)}<input type="password" name="{name}" autocomplete="{purpose}" maxlength="256" required'
        f"{' autofocus' if has_focus else ''}></label>"
    )


def _trouble(sentence: str) -> str:
    return f'<p class="trouble" role="alert">{escape(sentence)}</p>' if sentence else ""


def _language(desk: PagesDesk, request: Request) -> Language:
    """As asked for, else as the browser prefers, else the station's."""
    asked = request.query_params.get("language", "")
    preferred = [
        part.split(";")[0].split("-")[0].strip() for part in request.headers.get("accept-language", "").split(",")
    ]
    known = {language.value for language in Language}
    found = next((code for code in (asked, *preferred) if code in known), desk.plan.settings.language)
    return Language(found)
