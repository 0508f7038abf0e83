"""Errors as problem details (RFC 9457): one shape for everything that goes wrong."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from inspection.alarms.book import UnknownAlarm
from inspection.errors import LineError, StoreError
from inspection.station.chain import UnknownPart
from inspection.station.triggers import TriggerQueueFull, UnknownCamera

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger("inspection.api")


class Fault(BaseModel):
    """One thing wrong with a request."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    where: str = Field(examples=["query.limit"])
    """Which part of the request, `query.limit`."""
    expected: str = Field(examples=["Input should be less than or equal to 1000"])
    """What it should have been, in a sentence."""
    got: str = Field(examples=["5000"])
    """What came instead, cut off after 200 characters."""


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:inspection:not-found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no decision 999; the last one is 412.",
                    "instance": "/v1/decisions/999",
                }
            ]
        },
    )
    type: str
    """For programs to tell problems apart: `urn:inspection:` and a name; the meaning of each answer gives it."""
    title: str
    """What the status means, in some words."""
    status: int
    """The HTTP status again."""
    detail: str
    """A sentence for a person."""
    instance: str
    """Path of the request."""
    faults: list[Fault] | None = None
    """Only where the request itself was wrong."""


class ApiProblem(Exception):
    """A request can't be fulfilled."""

    def __init__(self, status: int, name: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail


_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


_ANYWHERE: Mapping[int, str] = {
    400: "The request is malformed, or for a host that the station is not known as: `bad-request`, `host-missing`, "
    "`unknown-host`.",
    401: "The API key is missing or wrong: `unauthorized`.",
    403: "The key's role does not go so far (`forbidden`), or another site's page asks (`foreign-page`).",
    405: "Not offered at this address: `method-not-allowed`.",
    408: "Headers or body came too slowly: `too-slow`.",
    413: "The body is too large: `body-too-large`.",
    414: "The address is too long: `address-too-long`.",
    422: "The request is not as described; `faults` says where: `invalid-request`.",
    429: "Too many wrong keys came from this address; `Retry-After` says for how long to wait: `too-many-wrong-keys`.",
    431: "The headers are too large: `headers-too-large`.",
    500: "The station failed to answer, and its log holds the traceback: `internal-error`.",
    503: "The store takes or gives nothing now (`store-unavailable`), or too many connections are open "
    "(`too-many-connections`). Try again.",
}
"""Statuses of any route: refused before the route is asked, requests that are not valid, and our own faults."""
_OF_KEYS = (401, 403, 429)


def responses(own: Mapping[int, str] | None = None, *, demands_key: bool = True) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the problems that a route may answer with.

    `own`: those that it has besides those of any route, by status: when it answers so, and the last part of its type.
    """
    anywhere = {status: when for status, when in _ANYWHERE.items() if demands_key or status not in _OF_KEYS}
    both = anywhere | {status: f"{when} {anywhere.get(status, '')}".rstrip() for status, when in (own or {}).items()}
    return {
        status: {
            "description": both[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted(both)
    }


def problem_response(
    status: int,
    name: str,
    detail: str,
    instance: str,
    faults: list[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer to a request that went wrong."""
    problem = Problem(
        type=f"urn:inspection:{name}",
        title=_TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        instance=instance,
        faults=faults,
    )
    told = dict(headers or {}) | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return JSONResponse(problem.model_dump(exclude_none=True), status, told, MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every error into problem details."""
    app.add_exception_handler(ApiProblem, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(StoreError, _answer)
    app.add_exception_handler(LineError, _answer)
    app.add_exception_handler(Exception, _answer)


def _answer(request: Request, error: Exception) -> JSONResponse:
    path = request.url.path
    match error:
        case ApiProblem():
            return problem_response(error.status, error.name, error.detail, path)
        case RequestValidationError():
            faults = [_fault(dict(fault)) for fault in error.errors()]
            named = "; ".join(f"{fault.where}: {fault.expected}" for fault in faults)
            return problem_response(422, "invalid-request", f"The request is not valid: {named}.", path, faults)
        case HTTPException():
            detail = {
                404: f"There is nothing at {path}; GET /openapi.json lists all routes.",
                405: f"{request.method} is not offered at {path}.",
            }.get(error.status_code, str(error.detail))
            name = _TITLES.get(error.status_code, "error").lower().replace(" ", "-")
            return problem_response(error.status_code, name, detail, path, headers=error.headers)
        case StoreError():
            return problem_response(503, "store-unavailable", str(error), path)
        case TriggerQueueFull():
            return problem_response(429, "too-many-triggers", str(error), path)
        case UnknownCamera():
            return problem_response(404, "unknown-camera", str(error), path)
        case UnknownPart():
            return problem_response(404, "unknown-part", str(error), path)
        case UnknownAlarm():
            return problem_response(404, "unknown-alarm", str(error), path)
        case LineError():
            return problem_response(409, "conflict", str(error), path)
        case _:
            _log.error("a request failed", path=path, exc_info=error)
            return problem_response(
                500, "internal-error", "The station failed to answer; its log holds the traceback. Report it.", path
            )


def _fault(error: dict[str, Any]) -> Fault:
    got = "nothing" if error["type"] == "missing" else str(error.get("input"))
    return Fault(
        where=_sendable(".".join(str(part) for part in error["loc"])), expected=error["msg"], got=_sendable(got[:200])
    )


def _sendable(text: str) -> str:
    """With what UTF-8 can't hold spelt out: JSON may bring half of a surrogate pair.

    >>> _sendable("T\\ud83d")
    'T\\\\ud83d'
    """
    return text.encode(errors="backslashreplace").decode()
