"""HEAD wherever GET is offered: load balancers and watchdogs ask so."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Told(Exception):
    """The headers are out; nobody wants the rest."""


class HeadAnswers:
    """ASGI middleware that answers HEAD as GET would be, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of the answer to a HEAD, the start alone."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_start(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _Told
            await send(message)

        try:
            await self._app({**scope, "method": "GET"}, receive, send_start)
        except* _Told:
            pass
