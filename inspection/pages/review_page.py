"""The review page: one saved frame after the other, answered with one key each.

The server makes the frame around it; the scripts in `static` do the rest with what `review_routes` answers, so that a
key press never waits for the network.
"""

from collections.abc import Sequence

from nicegui import ui

from inspection.pages.page import Page
from inspection.pages.texts import Texts
from inspection.pages.visit import Visit
from inspection.people.roles import Permission

SCRIPTS = (
    "elements.js",
    "frame_overlay.js",
    "frame_viewer.js",
    "frame_tools.js",
    "case_queue.js",
    "case_panel.js",
    "kind_chooser.js",
    "review.js",
)


def build(_visit: Visit) -> None:
    """Make the page."""
    ui.add_head_html('<link rel="stylesheet" href="/static/review.css">')
    for name in SCRIPTS:
        ui.add_head_html(f'<script src="/static/{name}" defer></script>')
    ui.element("div").classes("review").props("id=review")


def _keys(texts: Texts) -> Sequence[tuple[str, str]]:
    return tuple(texts.review.keys.items())


PAGE = Page(
    "/review",
    Permission.REVIEW,
    "fact_check",
    lambda texts: texts.review.title,
    build,
    _keys,
    is_wide=True,
    works_alone=True,
)
