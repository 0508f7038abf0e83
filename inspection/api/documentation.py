"""The API's documentation as one plain page: no script, nothing from the Internet."""

import json
import re
from html import escape
from typing import Any

from inspection.api.schema_words import in_words

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}}
code,pre{{font-family:ui-monospace,monospace;background:#f0f2f4;border-radius:3px}} code{{padding:0 .2em}}
h2{{font-size:1.1rem;margin-top:2.2rem;border-top:1px solid #d8dce0;padding-top:1rem}}
pre{{overflow:auto;padding:.7rem;font-size:13px}} summary{{cursor:pointer}}
td{{vertical-align:top;padding:.2rem .8rem .2rem 0;border-top:1px solid #eceff2}}
</style></head><body><h1>{title} {version}</h1><p>{about}</p>
<p>The whole description for programs: <a href="/openapi.json">/openapi.json</a>. Any error is a
<code>application/problem+json</code> body with <code>type</code>, <code>title</code>, <code>status</code>,
<code>detail</code> and <code>instance</code>.</p>{routes}<h1>Shapes</h1>{shapes}</body></html>"""


def documentation_page(openapi: dict[str, Any]) -> str:
    """HTML with every route, its parameters, examples of what goes in and out, its other answers, and every shape.

    `openapi`: the OpenAPI document.
    """
    info = openapi["info"]
    routes = "".join(
        _route(method, path, operation, openapi)
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    shapes = "".join(_shape(name, schema) for name, schema in sorted(openapi["components"]["schemas"].items()))
    return _PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        about=_prose(info["description"]),
        routes=routes,
        shapes=shapes,
    )


def _route(method: str, path: str, operation: dict[str, Any], openapi: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(p['name'])}</code> ({escape(p['in'])}) {_prose(p.get('description', ''))}</li>"
        for p in operation.get("parameters", ())
    )
    body: dict[str, Any] = operation.get("requestBody", {})
    answers = operation["responses"]
    errors = "".join(
        f"<li>{escape(status)} {_prose(a['description'])}</li>" for status, a in answers.items() if status >= "4"
    )
    good: dict[str, Any] = next((answer for status, answer in answers.items() if status < "3"), {})
    return (
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        + f"<p>{_prose(operation.get('description', ''))}</p>"
        + (f"<ul>{parameters}</ul>" if parameters else "")
        + (f"<p>{_prose(body['description'])} {_shape_of(body)}</p>" if body else "")
        + _example("Body, for example", body, openapi)
        + f"<p>{_prose(good.get('description', ''))} {_shape_of(good)}</p>"
        + _example("Answer, for example", good, openapi)
        + f"<details><summary>Errors</summary><ul>{errors}</ul></details>"
    )


def _shape_of(part: dict[str, Any]) -> str:
    """Links to what is in a body; empty for what is no JSON."""
    return _prose(in_words(part["content"].get("application/json", {}).get("schema", {})))


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{_prose(in_words(told))}</td>"
        f"<td>{_prose(told.get('description', ''))}</td></tr>"
        for field, told in schema.get("properties", {}).items()
    )
    choices = ", ".join(f"<code>{escape(str(each))}</code>" for each in schema.get("enum", ()))
    return (
        f'<h2 id="{escape(name.lower())}">{escape(name)}</h2><p>{_prose(schema.get("description", ""))}</p>'
        + (f"<p>{choices}</p>" if choices else "")
        + (f"<table>{rows}</table>" if rows else "")
    )


def _example(caption: str, part: dict[str, Any], openapi: dict[str, Any]) -> str:
    """A body's example, folded up; empty if the document gives none."""
    for content in part.get("content", {}).values():
        value = content.get("example", _example_of(content.get("schema", {}), openapi))
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value, indent=1)
            return f"<details><summary>{caption}</summary><pre>{escape(text)}</pre></details>"
    return ""


def _example_of(schema: dict[str, Any], openapi: dict[str, Any]) -> Any:
    """The example that a schema carries, or one put together from its fields'; None if there is none."""
    if "$ref" in schema:
        return _example_of(openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], openapi)
    if "examples" in schema:
        return schema["examples"][0]
    if "properties" in schema:
        fields = {name: _example_of(field, openapi) for name, field in schema["properties"].items()}
        return {name: value for name, value in fields.items() if value is not None} or None
    if schema.get("type") == "array":
        item = _example_of(schema.get("items", {}), openapi)
        return None if item is None else [item]
    return schema.get("default")


def _prose(text: str) -> str:
    """Escaped, with what stands between backticks as code, and links to headings of this page as such.

    >>> _prose("ask `after=0` & wait for a [Roll](#roll)")
    'ask <code>after=0</code> &amp; wait for a <a href="#roll">Roll</a>'
    """
    code = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\[(\w+)\]\((#[\w-]+)\)", r'<a href="\2">\1</a>', code)
