"""`api.md`: every route of the HTTP API, from the description that a running station gives of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspection.api.access import role_needed
from inspection.api.problems import responses
from inspection.api.schema_words import in_words
from scripts.reference.asked_station import openapi_document
from scripts.reference.markdown import code, page, table

_ABOUT = """\
{about}

A running station shows the same with examples at `/docs`, and for programs as OpenAPI at `/openapi.json`.
`/v1/decisions/stream` takes a WebSocket on the same path. Wherever `GET` is offered `HEAD` is, too. Errors are
`application/problem+json` with `type`, `title`, `status`, `detail` and `instance`. Where the station demands a key
([settings](settings.md)) a request shows one in `X-API-Key` or `Authorization: Bearer`; *role* is the least that the
key needs, and `/healthz` needs none.

## Errors of any route

What stands in backticks is the last part of `type`. Routes list below what they answer besides.

{errors}
"""
_ANYWHERE = {str(status): answer["description"] for status, answer in responses().items()}
_MODELS = Path(__file__).resolve().parents[2] / "models"


def api_page() -> str:
    """Every route, and every shape that goes in or out."""
    return page_of(openapi_document(_MODELS))


def page_of(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    routes = [
        _route(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    shapes = [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    errors = table(["status", "when"], [(code(status), when) for status, when in _ANYWHERE.items()])
    about = _ABOUT.format(about=document["info"]["description"].strip(), errors=errors)
    return page("HTTP API", about, "## Routes", *routes, "## Shapes", *shapes)


def _route(method: str, path: str, operation: Mapping[str, Any]) -> str:
    method = method.upper()
    parts = [f"### `{method} {path}`", operation.get("description", "").strip()]
    parts.append(f"Role: {'none' if path == '/healthz' else code(role_needed(method, path).value)}.")
    if parameters := operation.get("parameters"):
        rows = [
            (
                code(each["name"]),
                each["in"],
                in_words(each["schema"]),
                "**required**" if each.get("required") else _default(each["schema"]),
                each.get("description", ""),
            )
            for each in parameters
        ]
        parts.append(table(["parameter", "in", "takes", "default", "meaning"], rows))
    if body := operation.get("requestBody"):
        parts.append(f"Body: {_content(body)}. {body['description']}")
    told = {status: answer for status, answer in operation["responses"].items() if not _is_of_any(status, answer)}
    if besides := [status for status in _ANYWHERE if status not in operation["responses"]]:
        parts.append(f"Never answers {', '.join(besides)}.")
    says = [(code(status), answer["description"], _content(answer)) for status, answer in told.items()]
    parts.append(table(["answer", "what it says", "as"], says))
    return "\n\n".join(part for part in parts if part)


def _is_of_any(status: str, answer: Mapping[str, Any]) -> bool:
    return _ANYWHERE.get(status) == str(answer["description"])


def _content(part: Mapping[str, Any]) -> str:
    return " or ".join(
        code(kind) if kind != "application/json" else in_words(content.get("schema", {})) or code(kind)
        for kind, content in part.get("content", {}).items()
        if kind != "application/problem+json"
    )


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    parts = [f"### {name}", schema.get("description", "").strip()]
    if choices := schema.get("enum"):
        parts.append(", ".join(map(code, choices)))
    required = schema.get("required", ())
    rows = [
        (
            code(field),
            in_words(told),
            "" if field in required else _default(told),
            told.get("description", ""),
        )
        for field, told in schema.get("properties", {}).items()
    ]
    if rows:
        parts.append(table(["field", "holds", "if left out", "meaning"], rows))
    return "\n\n".join(part for part in parts if part)


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default is None else code(str(default).lower() if isinstance(default, bool) else default)
