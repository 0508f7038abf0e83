"""No body is read that is larger than its route can need."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection.serving.refusals import Refuse

_LINGER_S = 1.0


class BodyLimit:
    """ASGI middleware: 413 by the announced length before anything is read, else as soon as too much has come."""

    def __init__(
        self, app: ASGIApp, refuse: Refuse, most_bytes: int, most_bytes_at: Mapping[str, int] | None = None
    ) -> None:
        """`most_bytes_at`: other limits of paths that begin so."""
        self._app = app
        self._refuse = refuse
        self._most_bytes = most_bytes
        self._most_bytes_at = most_bytes_at or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body as far as it may go, then let the application have it."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if not ("content-length" in headers or "transfer-encoding" in headers):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        most = next((n for begin, n in self._most_bytes_at.items() if path.startswith(begin)), self._most_bytes)
        announced = headers.get("content-length", "0")
        body = b""
        if not announced.isdecimal() or len(announced) > 18 or int(announced) > most:
            read = None
        else:
            read = await _read(receive, most)
            body = read or b""
        if read is None:
            detail = f"The body is larger than {most} bytes, the most that {path} takes. Send less at once."
            await _say_and_linger(self._refuse(413, "body-too-large", detail, path), scope, receive, send)
            return

        is_told = False

        async def receive_again() -> Message:
            nonlocal is_told
            if is_told:
                return await receive()
            is_told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, send)


async def _say_and_linger(answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once, and throw away for a while what still comes: closed at once, TCP would lose the answer."""

    async def send_without_end(message: Message) -> None:
        is_body = message["type"] == "http.response.body"
        await send({**message, "more_body": True} if is_body else message)

    await answer(scope, receive, send_without_end)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body, empty where the client has left meanwhile; None: it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)
