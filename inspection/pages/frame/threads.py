"""Work that takes longer than some milliseconds, off the event loop; and handlers that need their event."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` returns, done in a thread; what it raises, too."""
    return await asyncio.to_thread(work, *arguments, **named)


def with_event(handler: Callable[..., Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """A handler that is handed its event: NiceGUI gives none to a function that takes any number of arguments."""

    async def handled(event: Any) -> None:
        await handler(event)

    return handled
