"""The API's documentation as one plain page: no script, no style sheet, nothing from the Internet."""

from html import escape
from typing import Any

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code,pre{{font-family:ui-monospace,monospace}} h2{{font-size:1.1rem;margin-top:2rem}} pre{{overflow:auto}}
</style></head><body><h1>{title} {version}</h1><p>{about}</p>
<p>The whole description for programs: <a href="/openapi.json">/openapi.json</a></p>{routes}</body></html>"""


def documentation_page(openapi: dict[str, Any]) -> str:
    """HTML with every route, its parameters and its answers. `openapi`: the OpenAPI document."""
    info = openapi["info"]
    routes = "".join(
        _route(method, path, operation)
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    return _PAGE.format(
        title=escape(info["title"]), version=escape(info["version"]), about=escape(info["description"]), routes=routes
    )


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(p['name'])}</code> ({escape(p['in'])}) {escape(p.get('description', ''))}</li>"
        for p in operation.get("parameters", ())
    )
    answers = "".join(
        f"<li>{escape(status)} {escape(answer['description'])}</li>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p><ul>{parameters}</ul>Answers:<ul>{answers}</ul>"
    )
