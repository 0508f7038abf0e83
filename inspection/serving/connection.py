"""One connection to a server: whoever sends too much, too slowly or holds too many is refused, and nobody else waits.

uvicorn with httptools has no limit of its own for what comes before an application is asked.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 32 * 1024
"""Request line and headers together."""
MOST_URL_BYTES = 8 * 1024
LONGEST_HEAD_S = 10.0
"""From the connection, or the first byte of a further request, to the end of the headers."""
LONGEST_BODY_S = 20.0
"""From there to the end of the body, whatever its length: bodies are small."""
MOST_CONNECTIONS = 512
MOST_OF_ONE_ADDRESS = 384
"""Fewer than all, so that one machine never takes all places."""
_LINGER_S = 1.0
"""A refusal is sent while the other end still sends: closed at once, TCP would throw it away unread."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection with limits for size, time and number."""

    _deadline: asyncio.TimerHandle | None = None
    _is_reading_head = True
    _head_bytes = 0
    _is_refused = False
    _since_s = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered: it may be closed to make room."""
        return not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a place, an idle connection's if there is no other."""
        super().connection_made(transport)
        self._since_s = self.loop.time()
        self._set_deadline(LONGEST_HEAD_S)
        others = [each for each in self.connections if each is not self and not each.transport.is_closing()]
        neighbours = [each for each in others if _address(each) == _address(self)]
        for crowd, most in ((neighbours, MOST_OF_ONE_ADDRESS), (others, MOST_CONNECTIONS)):
            if len(crowd) < most:
                continue
            idle = [each for each in crowd if isinstance(each, BoundedConnection) and each.is_idle]
            if not idle:
                self._refuse(503, "too-many-connections", f"{len(crowd)} connections are open. Close those not needed.")
                return
            min(idle, key=lambda each: each._since_s).transport.close()
            return

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._set_deadline(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the headers don't grow beyond all measure."""
        if self._is_refused:
            return
        if self._is_reading_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_reading_head and self._head_bytes > MOST_HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._deadline is None:
            self._set_deadline(LONGEST_HEAD_S)

    def on_headers_complete(self) -> None:
        """The headers are there: look at their size before anybody hears of the request."""
        self._is_reading_head = False
        if len(self.url) > MOST_URL_BYTES:
            self._refuse(
                414, "address-too-long", f"The address has {len(self.url)} bytes, at most are {MOST_URL_BYTES}."
            )
        elif len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MOST_HEAD_BYTES:
            self._refuse_head()
        if not self._is_refused:
            self._set_deadline(LONGEST_BODY_S)
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there; the next one may begin."""
        if self._is_refused:
            return
        self._set_deadline(None)
        self._is_reading_head, self._head_bytes = True, 0
        self._since_s = self.loop.time()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over; a WebSocket has times of its own."""
        self._set_deadline(None)
        if not self._is_refused:
            super().handle_websocket_upgrade()

    def _set_deadline(self, after_s: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if after_s is None else self.loop.call_later(after_s, self._give_up)

    def _give_up(self) -> None:
        if self.flow.read_paused:  # what is missing waits for us
            self._set_deadline(LONGEST_BODY_S)
        elif not self._is_reading_head and self.cycle.response_started:
            self.transport.close()
        else:
            limit_s = LONGEST_HEAD_S if self._is_reading_head else LONGEST_BODY_S
            part = "headers" if self._is_reading_head else "body"
            self._refuse(408, "too-slow", f"The request's {part} did not arrive within {limit_s:.0f} s.")

    def _refuse_head(self) -> None:
        self._refuse(431, "headers-too-large", f"Request line and headers have more than {MOST_HEAD_BYTES} bytes.")

    def _refuse(self, status: int, name: str, detail: str) -> None:
        """Answer without the application, hear no more, and close as soon as the answer could be read."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._set_deadline(None)
        title = HTTPStatus(status).phrase
        path = self.url.split(b"?")[0][:200].decode("ascii", "replace") if self.scope is not None else ""
        problem: dict[str, Any] = {"type": f"urn:inspection:{name}", "title": title, "status": status}
        content = json.dumps(problem | {"detail": detail, "instance": path}).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {len(content)}\r\n"
            "connection: close\r\nretry-after: 5\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)


def _address(connection: object) -> str | None:
    """Address of the other end; WebSockets have it, too."""
    client = getattr(connection, "client", None)
    return str(client[0]) if client else None
