"""`api.md`: every route of the HTTP API, from the description that a running station gives of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspection.api.access import role_needed
from scripts.reference.asked_station import openapi_document
from scripts.reference.markdown import code, page, table

_ABOUT = """\
{about}

A running station shows the same with examples at `/docs`, and for programs as OpenAPI at `/openapi.json`.
`/v1/decisions/stream` takes a WebSocket on the same path. Wherever `GET` is offered `HEAD` is, too. Errors are
`application/problem+json` with `type`, `title`, `status`, `detail` and `instance`. Where the station demands a key
([settings](settings.md)) a request shows one in `X-API-Key` or `Authorization: Bearer`; *role* is the least that the
key needs, and `/healthz` needs none.
"""
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
    about = _ABOUT.format(about=document["info"]["description"].strip())
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
                _takes(each["schema"]),
                "**required**" if each.get("required") else _default(each["schema"]),
                each.get("description", ""),
            )
            for each in parameters
        ]
        parts.append(table(["parameter", "in", "takes", "default", "meaning"], rows))
    if body := operation.get("requestBody"):
        parts.append(f"Body: {_content(body)}.")
    answers = operation["responses"]
    parts += [f"Answer {status}: {_answer(answer)}" for status, answer in answers.items() if status < "4"]
    if failures := [status for status in answers if status >= "4"]:
        parts.append(f"Errors: {', '.join(failures)}.")
    return "\n\n".join(part for part in parts if part)


def _answer(answer: Mapping[str, Any]) -> str:
    about, shape = answer["description"].removeprefix("Successful Response").rstrip("."), _content(answer)
    return " as ".join(part for part in (about, shape) if part) + "."


def _content(part: Mapping[str, Any]) -> str:
    return " or ".join(
        code(kind) if kind != "application/json" else _takes(content.get("schema", {})) or code(kind)
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
            _takes(told),
            "" if field in required else _default(told),
            told.get("description", ""),
        )
        for field, told in schema.get("properties", {}).items()
    ]
    if rows:
        parts.append(table(["field", "holds", "if left out", "meaning"], rows))
    return "\n\n".join(part for part in parts if part)


def _takes(schema: Mapping[str, Any]) -> str:
    """What a schema allows, in words; shapes with their links.

    >>> _takes({"type": "array", "items": {"$ref": "#/components/schemas/Reason"}})
    'list of [Reason](#reason)'
    >>> _takes({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'integer, from 1 or null'
    """
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_takes(each) for each in schema[several]))
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    kind = str(schema.get("type", ""))
    if kind == "array":
        return f"list of {_takes(schema.get('items', {})) or 'anything'}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_takes(schema['additionalProperties']) or 'anything'}"
    told = [schema["format"]] if "format" in schema else []
    bounds = {
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "up to {}",
        "exclusiveMaximum": "below {}",
        "minLength": "{} characters or more",
        "maxLength": "{} characters at most",
        "pattern": "like `{}`",
    }
    told += [words.format(_number(schema[bound])) for bound, words in bounds.items() if bound in schema]
    return ", ".join([kind, *told]) if kind else ""


def _number(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default is None else code(str(default).lower() if isinstance(default, bool) else default)
