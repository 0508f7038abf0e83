"""The line page: what the station does now."""

from nicegui import ui

from inspection.pages.page import Page
from inspection.pages.visit import Visit
from inspection.people.roles import Permission


def build(visit: Visit) -> None:
    """Make the page."""
    ui.label(visit.desk.plan.name)


PAGE = Page("/", Permission.SEE_LINE, "conveyor_belt", lambda texts: "Line", build, is_wide=True)
