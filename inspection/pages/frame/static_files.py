"""The pages' own scripts and style sheets, which a browser fetches once: another content has another address."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from starlette.types import Scope

FOLDER = Path(__file__).parents[1] / "static"
_KEEP = "public, max-age=31536000, immutable"


@cache
def address_of(name: str) -> str:
    """Where a file is served, with a mark of its content.

    >>> address_of("pages.css").partition("?v=")[::2] == ("/static/pages.css", mark_of("pages.css"))
    True
    """
    return f"/static/{name}?v={mark_of(name)}"


@cache
def mark_of(name: str) -> str:
    """The beginning of the content's SHA-256, read once: an installed file does not change under a running server."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:16]


def add_style(name: str) -> None:
    """Have the current page wear a style sheet."""
    ui.add_head_html(f'<link rel="stylesheet" href="{address_of(name)}">')


def add_script(name: str, *, waits: bool = True) -> None:
    """Have the current page run a script; `waits`: when the page is there."""
    ui.add_head_html(f'<script src="{address_of(name)}"{" defer" if waits else ""}></script>')


class KeptFiles(StaticFiles):
    """Serves the folder. What is asked for by its mark is kept by the browser; without one it asks again each time."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, 304 or 404."""
        response = await super().get_response(path, scope)
        is_there = response.status_code in (200, 304)
        is_marked = is_there and scope["query_string"] == f"v={mark_of(path)}".encode()
        response.headers["Cache-Control"] = _KEEP if is_marked else "no-cache"
        return response
