"""Lets in who shows a key, and as far as the key's role goes: HTTP, streams and WebSocket alike.

Only /healthz is open. On this machine the settings may let programs in without a key.
"""

from math import ceil
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from inspection.api.key_ring import Caller, Guessing, KeyRing
from inspection.api.problems import problem_response
from inspection.people.key_role import KeyRole
from inspection.serving.cut_off import serve_until
from inspection.serving.refusals import POLICY_VIOLATION

_OPEN = "/healthz"
_READS = ("GET", "HEAD", "OPTIONS")
_TOLD_BY_TRIGGERS = ("/v1/triggers", "/v1/rolls", "/v1/decisions/ack")
"""Whatever else changes something needs the highest role."""


class KeyGuard:
    """ASGI middleware that demands `X-API-Key` or `Authorization: Bearer`; the application finds the caller in the
    request's state.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401, 403 or 429."""
        is_socket = scope["type"] == "websocket"
        if not is_socket and (scope["type"] != "http" or scope["path"] == _OPEN):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        headers: dict[str, str] = {}
        try:
            caller = await self._keys.caller(_shown(Headers(scope=scope)), client[0] if client else "")
        except Guessing as guessing:
            status, name, caller = 429, "too-many-wrong-keys", None
            detail = "Too many wrong API keys came from this address. Correct the key, then wait."
            headers["Retry-After"] = str(ceil(guessing.wait_s))
        else:
            status, name = 401, "unauthorized"
            detail = (
                "The API key is missing or wrong. Send it as X-API-Key or Authorization: Bearer; `inspection keys add` "
                "makes one, and api.api_key in the station's settings is one."
            )
        needed = KeyRole.READ if is_socket else role_needed(scope["method"], scope["path"])
        if caller is not None and not caller.role.covers(needed):
            status, name = 403, "forbidden"
            detail = f"{caller.name} has the role {caller.role}, and this needs {needed}. Use a key that may do it."
            caller = None
        if caller is not None:
            scope.setdefault("state", {})["caller"] = caller
        if caller is not None and caller.sha256 is None:
            await self._app(scope, receive, send)
        elif caller is not None:
            with self._keys.held(caller) as is_over:
                await serve_until(is_over, self._app, scope, receive, send)
        elif is_socket:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": name})
        else:
            await problem_response(status, name, detail, scope["path"], headers=headers)(scope, receive, send)


def role_needed(method: str, path: str) -> KeyRole:
    """What a key must allow for a request.

    >>> [role_needed(*each).value for each in (("GET", "/v1/status"), ("POST", "/v1/rolls/end"), ("PUT", "/v1/other"))]
    ['read', 'trigger', 'hold']
    """
    if method in _READS:
        return KeyRole.READ
    is_told = any(path == each or path.startswith(f"{each}/") for each in _TOLD_BY_TRIGGERS)
    return KeyRole.TRIGGER if is_told else KeyRole.HOLD


def _shown(headers: Headers) -> bytes | None:
    """The key of a request, byte for byte; None: it shows none."""
    given = headers.get("x-api-key", "").strip()
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not given and scheme.lower() == "bearer":
        given = token.strip()
    return given.encode("latin-1") if given else None


def _caller(connection: HTTPConnection) -> Caller:
    caller: Caller = connection.state.caller
    return caller


WhoAsks: TypeAlias = Annotated[Caller, Depends(_caller)]
"""Parameter of a route that notes who changed something: who calls."""
