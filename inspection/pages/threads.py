"""Work that takes longer than some milliseconds, off the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` returns, done in a thread; what it raises, too."""
    return await asyncio.to_thread(work, *arguments, **named)
