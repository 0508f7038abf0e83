"""How a server says no before the application hears of a request."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

Refuse: TypeAlias = Callable[[int, str, str, str], ASGIApp]
"""Makes the answer of a status, a name for programs, a sentence for people, and the path that was asked for."""
POLICY_VIOLATION = 1008
"""WebSocket close code."""


def plain_refusal(status: int, _name: str, detail: str, _path: str) -> ASGIApp:
    """For people: the sentence alone."""
    return PlainTextResponse(detail, status)
