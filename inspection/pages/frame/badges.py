"""States as icon and word together: colour only helps."""

from html import escape

from nicegui import ui

from inspection.pages.texts import Texts
from inspection.values import Severity, Verdict

VERDICT_ICONS = {Verdict.ACCEPT: "check_circle", Verdict.REJECT: "cancel", Verdict.UNINSPECTED: "help"}
SEVERITY_ICONS = {
    Severity.S1: "report",
    Severity.S2: "warning",
    Severity.S3: "build_circle",
    Severity.S4: "visibility",
    Severity.N: "label",
}


def badge(icon: str, word: str, tone: str) -> ui.element:
    """An icon with a word. `tone`: accept, reject, uninspected, info, warning or off."""
    with ui.element("span").classes(f"badge tone-{tone}") as made:
        ui.icon(icon)
        ui.label(word)
    return made


def badge_html(icon: str, word: str, tone: str) -> str:
    """The same as HTML, for tables with more rows than elements can be made for."""
    mark = f'<i class="q-icon notranslate material-icons" aria-hidden="true" role="presentation">{escape(icon)}</i>'
    return f'<span class="badge tone-{escape(tone)}">{mark}<div>{escape(word)}</div></span>'


def verdict_badge(texts: Texts, verdict: Verdict) -> ui.element:
    """What became of a piece."""
    return badge(VERDICT_ICONS[verdict], verdict_word(texts, verdict), verdict.value)


def verdict_word(texts: Texts, verdict: Verdict) -> str:
    """Accepted, rejected, uninspected; in the person's language."""
    frame = texts.frame
    return {Verdict.ACCEPT: frame.accept, Verdict.REJECT: frame.reject, Verdict.UNINSPECTED: frame.uninspected}[verdict]
