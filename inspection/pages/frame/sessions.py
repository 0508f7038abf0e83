"""Open pages and their sockets: nobody without a session has one, and whose session ends loses what is open.

A page goes on by itself over its socket once it is sent, for hours. So the socket demands a session, and every few
seconds it is looked again whether each open page is still for the person who opened it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import structlog
from nicegui import Client
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from inspection.errors import StoreError
from inspection.people.person import Person
from inspection.people.registry import People
from inspection.people.roles import Role
from inspection.serving.cut_off import serve_until
from inspection.serving.refusals import POLICY_VIOLATION

SESSION_COOKIE = "inspection_session"
SOCKETS = "/_nicegui_ws/"
LOOK_S = 2.0
"""Between two looks at every session that has something open."""
_MOST_SOCKETS = 64
"""Sockets of one session: as many tabs, and more than anybody has."""
_GOODBYE_S = 1.0
_log = structlog.get_logger("inspection.pages")


@dataclass(frozen=True, slots=True)
class _Open:
    """A page in a browser."""

    client: Client
    token: str
    role: Role
    address: str


class OpenSessions:
    """What is open in whose name. Belongs to the event loop."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._pages: dict[str, _Open] = {}
        self._sockets: dict[str, set[asyncio.Event]] = {}

    def opened(self, client: Client, token: str, role: Role, address: str) -> None:
        """A page is about to be sent. `address`: its path and query."""
        self._pages[client.id] = _Open(client, token, role, address)
        client.on_delete(lambda: self._pages.pop(client.id, None))

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - a watch that ends would leave every page open for ever
                _log.exception("sessions could not be looked at")

    async def person_of(self, token: str | None) -> Person | None:
        """Whose session it is; nobody's while the store does not say."""
        try:
            return await asyncio.to_thread(self._people.person_of, token)
        except StoreError as error:
            _log.warning("a session can't be looked up", error=str(error))
            return None

    def hold(self, token: str, is_over: asyncio.Event) -> bool:
        """Note a socket; `is_over` is set as soon as it has to go. False: the session has too many."""
        held = self._sockets.setdefault(token, set())
        if len(held) >= _MOST_SOCKETS:
            return False
        held.add(is_over)
        return True

    def release(self, token: str, is_over: asyncio.Event) -> None:
        """The socket has gone."""
        held = self._sockets.get(token, set())
        held.discard(is_over)
        if not held:
            self._sockets.pop(token, None)

    async def _look(self) -> None:
        tokens = {page.token for page in self._pages.values()} | self._sockets.keys()
        if not tokens:
            return
        people = await asyncio.to_thread(self._who, frozenset(tokens))
        ended = [page for page in self._pages.values() if _is_over(page, people)]
        for page in ended:
            page.client.open(login_address(page.address) if people.get(page.token) is None else page.address)
        if ended:
            await asyncio.sleep(_GOODBYE_S)  # so that the browser still hears it
        for page in ended:
            self._pages.pop(page.client.id, None)
            page.client.delete()
        for token in {page.token for page in ended} | {t for t in self._sockets if t in people and people[t] is None}:
            for is_over in self._sockets.get(token, ()):
                is_over.set()

    def _who(self, tokens: frozenset[str]) -> Mapping[str, Person | None]:
        return {token: self._people.person_of(token) for token in tokens}


def login_address(path: str) -> str:
    """Where to log in, and to come back from to `path`.

    >>> login_address("/rolls")
    '/login?next=%2Frolls'
    """
    return f"/login?next={quote(path, safe='')}"


def password_address(path: str) -> str:
    """Where to change the password, and to go on from to `path`.

    >>> password_address("/rolls?roll=7"), password_address("/")
    ('/password?next=%2Frolls%3Froll%3D7', '/password')
    """
    return f"/password?next={quote(path, safe='')}" if path != "/" else "/password"


def _is_over(page: _Open, people: Mapping[str, Person | None]) -> bool:
    if page.token not in people:
        return False
    person = people[page.token]
    return person is None or person.role is not page.role or person.must_change_password


class SocketGate:
    """ASGI middleware: the pages' sockets are for people with a session, as long as it lasts."""

    def __init__(self, app: ASGIApp, sessions: OpenSessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; 401 on a socket's address without a session."""
        is_socket = scope["type"] == "websocket"
        if not is_socket and not (scope["type"] == "http" and scope["path"].startswith(SOCKETS)):
            await self._app(scope, receive, send)
            return
        token = _token(scope)
        person = await self._sessions.person_of(token)
        is_over = asyncio.Event()
        if token is None or person is None or person.must_change_password:
            await _refuse(scope, receive, send)
        elif not is_socket:
            await self._app(scope, receive, send)
        elif not self._sessions.hold(token, is_over):
            await _refuse(scope, receive, send)
        else:
            try:
                await serve_until(is_over, self._app, scope, receive, send)
            finally:
                self._sessions.release(token, is_over)


def _token(scope: Scope) -> str | None:
    cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return cookie_parser("; ".join(cookies)).get(SESSION_COOKIE)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "log in first"})
    else:
        await PlainTextResponse("Log in first.", 401)(scope, receive, send)
