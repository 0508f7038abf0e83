"""Lets in who knows the API key: HTTP, streams and WebSocket alike. Only /healthz is open."""

import secrets

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from inspection.api.problems import problem_response

_OPEN = ("/healthz",)
_POLICY_VIOLATION = 1008


class KeyGuard:
    """ASGI middleware that demands `X-API-Key` or `Authorization: Bearer`."""

    def __init__(self, app: ASGIApp, api_key: str) -> None:
        self._app = app
        self._key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in _OPEN or self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "API key missing or wrong"})
        else:
            answer = problem_response(
                401,
                "unauthorized",
                "The API key is missing or wrong. Send it as X-API-Key or Authorization: Bearer; "
                "it is api.api_key in the station's settings.",
                scope["path"],
            )
            await answer(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        given = headers.get("x-api-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = token.strip()
        return given is not None and secrets.compare_digest(given.encode(), self._key)
