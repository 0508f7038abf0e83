"""Takes a socket or a stream away from whoever may not have it any more."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection.serving.refusals import POLICY_VIOLATION


async def serve_until(is_over: asyncio.Event, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the application answer until `is_over`: then it hears that the other end has left, and vice versa."""
    is_socket = scope["type"] == "websocket"
    left: Message = (
        {"type": "websocket.disconnect", "code": POLICY_VIOLATION} if is_socket else {"type": "http.disconnect"}
    )
    is_answered = is_begun = False

    async def receive_until() -> Message:
        hearing, ending = asyncio.ensure_future(receive()), asyncio.ensure_future(is_over.wait())
        try:
            await asyncio.wait((hearing, ending), return_when=asyncio.FIRST_COMPLETED)
            if hearing.done() and not is_over.is_set():
                return hearing.result()
            return left
        finally:
            for each in (hearing, ending):
                each.cancel()

    async def send_until(message: Message) -> None:
        nonlocal is_answered, is_begun
        is_begun |= message["type"] == "http.response.start"
        if not is_over.is_set():
            is_answered |= message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

    await app(scope, receive_until, send_until)
    if is_over.is_set() and is_socket:
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "you may not listen any more"})
    elif is_over.is_set() and is_begun and not is_answered:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
