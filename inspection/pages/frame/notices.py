"""What a page shows when there is nothing to show, not yet, or not any more: the same everywhere."""

from nicegui import ui

from inspection.pages.frame.visit import Visit


def empty(title: str, advice: str = "", icon: str = "inbox") -> ui.element:
    """Nothing is there; `advice` says when there will be, or what to do."""
    return _notice("empty", icon, title, advice)


def unknown(title: str, advice: str = "") -> ui.element:
    """The address names something that there is not: the page answers 404, and says so as any other notice."""
    ui.status_code(404)
    return empty(title, advice, "search_off")


def loading(visit: Visit) -> ui.element:
    """It is on its way. Remove the element (`.delete()`) when it has come."""
    with ui.element("div").classes("notice notice-loading").props("role=status") as notice:
        ui.spinner(size="3rem")
        ui.label(visit.texts.frame.loading).classes("notice-title")
    return notice


def failed(visit: Visit, detail: str) -> ui.element:
    """It went wrong; `detail` is the sentence of the error."""
    texts = visit.texts.frame
    notice = _notice("failed", "error", texts.failed, texts.failed_advice)
    with notice:
        ui.label(detail).classes("notice-detail")
    return notice


def _notice(kind: str, icon: str, title: str, advice: str) -> ui.element:
    role = "alert" if kind == "failed" else "status"
    with ui.element("div").classes(f"notice notice-{kind}").props(f"role={role}") as notice:
        ui.icon(icon).classes("notice-icon")
        ui.label(title).classes("notice-title")
        if advice:
            ui.label(advice).classes("notice-advice")
    return notice
