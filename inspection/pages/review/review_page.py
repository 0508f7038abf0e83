"""The review page: one saved frame after the other, answered with one key each.

The server makes the frame around it; the scripts in `static` do the rest with what `review_routes` answers, so that a
key press never waits for the network.
"""

from collections.abc import Sequence

from nicegui import ui

from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_script, add_style
from inspection.pages.frame.visit import Visit
from inspection.pages.review.review_keys import keys_of, told_keys
from inspection.people.roles import Permission

SCRIPTS = (
    "elements.js",
    "frame_overlay.js",
    "frame_viewer.js",
    "view_panes.js",
    "frame_tools.js",
    "review_address.js",
    "case_queue.js",
    "case_panel.js",
    "kind_chooser.js",
    "review.js",
)


def build(_visit: Visit) -> None:
    """Make the page."""
    add_style("review.css")
    for name in SCRIPTS:
        add_script(name)
    ui.element("div").classes("review").props("id=review")


def _keys(visit: Visit) -> Sequence[tuple[str, str]]:
    """The page's own, then those of each recipe, headed by its name."""
    keys, store = list(visit.texts.review.keys.items()), visit.desk.store
    if newest := store.decision(store.last_sequence()):
        keys_of(visit.desk, newest.decision)
    for each in visit.desk.review_keys.all():
        kinds = " · ".join(f"{key} {kind}" for key, kind in told_keys(visit, each))
        keys.append((each.recipe, kinds))
    return keys


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
