"""The one place where any error is caught, so that no thread of the station dies of one item."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import structlog

from inspection.judging import uninspected
from inspection.values import Reason

P = ParamSpec("P")
T = TypeVar("T")
_log = structlog.get_logger("inspection.station.attempt")


@dataclass(frozen=True, slots=True)
class Broken:
    """Something broke off; the log has the traceback."""

    error: str
    """Type and sentence of what was raised."""

    @property
    def reason(self) -> Reason:
        """Why a piece is uninspected for it."""
        return uninspected.failed(self.error)


def attempt(what: str, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | Broken:
    """The result of `work`; else what broke off, which is logged: a piece becomes UNINSPECTED for it.

    `what` names the work in the log.
    """
    try:
        return work(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - a station that stops is worse than any error
        _log.exception("broke off", what=what)
        return Broken(f"{type(error).__name__}: {error}")
