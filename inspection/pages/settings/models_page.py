"""Models: their cards, what was measured, and which version is in service."""

import asyncio
from pathlib import Path
from typing import Any

from nicegui import ui

from inspection.model.activation import activate as take_into_service
from inspection.model.activation import roll_back as take_back
from inspection.model.card import ModelCard, read_card
from inspection.model.history import Change, read_history, way_back
from inspection.model.shelf import REPORT, list_models, version_in_service
from inspection.pages.frame import notices
from inspection.pages.frame.badges import badge
from inspection.pages.frame.dialogs import ask_reason
from inspection.pages.frame.page import Page
from inspection.pages.frame.visit import Visit, action, tell
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission


@action(Permission.CHANGE_MODELS)
async def activate(visit: Visit, name_version: str, why: str) -> Change:
    """Put a version into service, from the station's next start."""
    folder = visit.desk.plan.models_dir
    return _noted(
        visit, await asyncio.to_thread(take_into_service, folder, name_version, who=visit.person.name, why=why)
    )


@action(Permission.CHANGE_MODELS)
async def roll_back(visit: Visit, name: str, why: str) -> Change:
    """Put the version into service again that the last change replaced."""
    folder = visit.desk.plan.models_dir
    return _noted(visit, await asyncio.to_thread(take_back, folder, name, who=visit.person.name, why=why))


def build(visit: Visit) -> None:
    """Make the page."""
    ui.label(visit.texts.models.title).classes("page-title")

    @ui.refreshable
    def models() -> None:
        folder = visit.desk.plan.models_dir
        cards = [read_card(path / "card.json") for path in list_models(folder)]
        if not cards:
            texts = visit.texts.models
            notices.empty(texts.none, texts.none_advice.format(folder=folder), "model_training")
        history = read_history(folder)
        for name in sorted({card.name for card in cards}):
            versions = [card for card in cards if card.name == name][::-1]
            _model(visit, name, versions, way_back(history, name), models.refresh)
        _history(visit, history)

    models()


def _model(visit: Visit, name: str, versions: list[ModelCard], earlier: str | None, refresh: Any) -> None:
    texts, may_change = visit.texts.models, visit.may(Permission.CHANGE_MODELS)
    in_service = version_in_service(visit.desk.plan.models_dir, name)
    view = visit.desk.live.view
    running = view.status.model.sha256 if view.status and view.is_connected else None

    async def back(why: str) -> None:
        _tell(visit, await roll_back(visit, name, why))
        refresh()

    with ui.element("section").classes("card"):
        with ui.element("div").classes("bar"):
            ui.label(name).classes("model-name")
            ui.space()
            if earlier is not None and may_change:
                explained = texts.roll_back_explained.format(name=name, version=earlier)
                ui.button(
                    f"{texts.roll_back} · {earlier}",
                    icon="undo",
                    on_click=lambda: ask_reason(visit, texts.roll_back, explained, texts.why, back),
                ).props("no-caps outline")
        for card in versions:
            _version(
                visit,
                card,
                is_in_service=card.version == in_service,
                is_running=card.card_sha256 == running,
                refresh=refresh,
            )


def _version(visit: Visit, card: ModelCard, *, is_in_service: bool, is_running: bool, refresh: Any) -> None:
    texts, quantities = visit.texts.models, visit.quantities
    name_version = f"{card.name}-{card.version}"

    async def into_service(why: str) -> None:
        _tell(visit, await activate(visit, name_version, why))
        refresh()

    with ui.element("div").classes("version"):
        with ui.element("div").classes("bar"):
            ui.label(card.version).classes("strong")
            ui.label(card.card_sha256[:12]).classes("mono muted")
            ui.label(quantities.moment(card.created_utc)).classes("muted number")
            if is_in_service:
                badge("check_circle", texts.in_service, "accept")
            if is_running:
                badge("play_circle", texts.seen_by_station, "info")
            ui.space()
            report = Path(visit.desk.plan.models_dir) / name_version / REPORT
            if report.is_file():
                ui.button(
                    texts.report,
                    icon="assessment",
                    on_click=lambda: ui.download.content(report.read_bytes(), f"{name_version}-{REPORT}"),
                ).props("no-caps flat").mark(f"report-{name_version}")
            if not is_in_service and visit.may(Permission.CHANGE_MODELS):
                explained = texts.activate_explained.format(model=name_version)
                ui.button(
                    texts.activate,
                    on_click=lambda: ask_reason(visit, texts.activate, explained, texts.why, into_service),
                ).props("no-caps unelevated").mark(f"activate-{name_version}")
        _metrics(visit, card)
        with ui.expansion(texts.card, icon="description").classes("model-card"):
            _card(visit, card)


def _metrics(visit: Visit, card: ModelCard) -> None:
    texts, quantities = visit.texts.models, visit.quantities
    looks = {look: found for look, found in card.metrics.items() if isinstance(found, dict) and "recall" in found}
    if not looks:
        return
    ui.label(texts.metrics).classes("card-title")
    with ui.element("table").classes("table"):
        _row("th", texts.look, texts.recall, texts.recall_s1, texts.false_rejects)
        for look, found in looks.items():
            parts = [_part(found.get(key)) for key in ("recall", "recall_s1", "false_reject_rate")]
            _row("td", look, *(quantities.percent(part) for part in parts))


def _card(visit: Visit, card: ModelCard) -> None:
    texts, quantities = visit.texts.models, visit.quantities
    pitch = card.pixel_pitch_um
    for title, words in (
        (texts.use, card.intended_use),
        (texts.limits, card.limits),
        (texts.materials, ", ".join((*card.materials, *card.views))),
        (texts.pitch, f"{quantities.number(pitch.min, 1)} – {quantities.of(pitch.max, 'µm', 1)}"),
        ("SHA-256 (card.json)", card.card_sha256),
        ("SHA-256 (model.onnx)", card.sha256),
    ):
        ui.label(title).classes("card-title")
        ui.label(words).classes("as-written")
    ui.label(texts.by_kind).classes("card-title")
    kinds = _by_kind(card)
    with ui.element("table").classes("table"):
        _row("th", texts.kinds, "", texts.threshold, texts.found, texts.interval)
        for code in card.kinds:
            found, interval = kinds.get(code, ("–", None))
            span = " – ".join(quantities.percent(part) for part in interval) if interval else "–"
            threshold = quantities.number(card.thresholds[code], 2)
            _row("td", code, kind_name(code, visit.person.language), threshold, found, span)


def _by_kind(card: ModelCard) -> dict[str, tuple[str, list[float] | None]]:
    """Found of how many, and the interval, of the first web that says so for a kind."""
    found: dict[str, tuple[str, list[float] | None]] = {}
    for look in card.metrics.values():
        kinds = look.get("by_kind", {}) if isinstance(look, dict) else {}
        for code, result in kinds.items():
            found.setdefault(code, (f"{result.get('found', '–')} / {result.get('n', '–')}", result.get("ci95")))
    return found


def _history(visit: Visit, history: list[Change]) -> None:
    texts = visit.texts.models
    with ui.element("section").classes("card"):
        ui.label(texts.history).classes("card-title")
        if not history:
            ui.label(texts.no_history).classes("muted")
            return
        with ui.element("table").classes("table"):
            people = visit.texts.people
            _row("th", people.when, people.who, people.what, texts.before, texts.after, texts.why)
            for change in reversed(history):
                when = visit.quantities.moment(change.utc)
                what = f"{change.action} {change.name}-{change.version}"
                _row("td", when, change.who, what, change.before or "–", change.after, change.why)


def _row(cell: str, *words: str) -> None:
    with ui.element("tr"):
        for word in words:
            with ui.element(cell):
                ui.label(word)


def _part(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _noted(visit: Visit, change: Change) -> Change:
    action_name = f"model.{change.action}"
    after = {"version": change.after, "sha256": change.sha256, "why": change.why}
    visit.desk.audit.add(change.who, action_name, f"model:{change.name}", {"version": change.before}, after)
    return change


def _tell(visit: Visit, change: Change) -> None:
    tell(visit.texts.models.changed.format(name=change.name, version=change.after))


PAGE = Page("/models", Permission.SEE_SETTINGS, "model_training", lambda texts: texts.models.title, build)
