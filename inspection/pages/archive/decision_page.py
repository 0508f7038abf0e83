"""The page of one decision, to read: picture and outlines, measured against limit, the web around it, reviews, seal."""

import json
from collections.abc import Mapping
from html import escape

from nicegui import ui

from inspection.archive.archive import Found
from inspection.pages.archive.decision_file import DecisionFile, Missing, find_decision
from inspection.pages.frame import notices
from inspection.pages.frame.badges import SEVERITY_ICONS, VERDICT_ICONS, badge, verdict_badge, verdict_word
from inspection.pages.frame.image_routes import picture_address
from inspection.pages.frame.page import Page
from inspection.pages.frame.static_files import add_script, add_style
from inspection.pages.frame.threads import in_thread
from inspection.pages.frame.visit import Visit, tell
from inspection.pages.review.review_cases import said_by_view
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.reasons import told
from inspection.people.roles import Permission
from inspection.values import Defect, Fate, Reason, ViewFrame
from inspection.values.decision_address import decision_address
from inspection.values.kinds import Shape, is_nuisance, kind_of

_SCRIPTS = ("elements.js", "frame_overlay.js", "frame_viewer.js", "view_panes.js", "decision.js")
_DIGITS = {"mm": 3, "mm2": 3, "%": 0, "ms": 0, "um": 1, "DN": 0}
_FATE_ICONS = {Fate.SEEN: "visibility", Fate.NOT_JUDGED: "help", Fate.LOST: "visibility_off"}
_FATE_TONES = {Fate.SEEN: "off", Fate.NOT_JUDGED: "uninspected", Fate.LOST: "uninspected"}
_SHOWN_AS = {"mm2": "mm²", "um": "µm"}


async def build(visit: Visit) -> None:
    """Make the page of the decision that the address names."""
    add_style("results.css")
    add_style("decision.css")
    for name in _SCRIPTS:
        add_script(name)
    path, start = visit.request.path_params, visit.query.get("start")
    found = await in_thread(find_decision, visit.desk, path, start, visit.person.name)
    if isinstance(found, Missing):
        _say_missing(visit, found)
        return
    _DecisionView(visit, found)


def _say_missing(visit: Visit, missing: Missing) -> None:
    texts = visit.texts.decision
    if missing.epoch is not None:
        advice = texts.other_store.format(epoch=missing.epoch[:40])
    elif missing.frame is not None:
        advice = texts.no_such_frame.format(frame=str(missing.frame)[:60])
    else:
        advice = missing.gap or texts.unknown_advice.format(last=visit.desk.store.last_sequence())
    notices.unknown(texts.unknown, advice)


class _DecisionView:
    """What is known, none of which changes but reviews and acknowledgement."""

    def __init__(self, visit: Visit, file: DecisionFile) -> None:
        self._visit, self._file, self._texts = visit, file, visit.texts.decision
        self._decision = file.stored.decision
        self._has_image = bool(file.stored.saved_frames) and visit.may(Permission.SEE_IMAGES)
        self._head()
        with ui.element("div").classes("decision-body"):
            with ui.element("div").classes("decision-left"):
                with ui.element("section").classes("card decision-picture"):
                    self._picture()
                if self._decision.view_frames:
                    with ui.element("section").classes("card"):
                        self._title(self._texts.views)
                        self._views()
                with ui.element("section").classes("card"):
                    self._title(self._texts.web)
                    self._web()
            with ui.element("div").classes("result-side"):
                for title, show in (
                    (self._texts.why, self._why),
                    (self._texts.found, self._found),
                    (self._texts.reviews, self._reviews),
                    (self._texts.facts, self._facts),
                ):
                    with ui.element("section").classes("card"):
                        self._title(title)
                        show()

    def _title(self, words: str) -> None:
        with ui.element("h2").classes("card-title"):
            ui.label(words)

    def _head(self) -> None:
        visit, decision, texts = self._visit, self._decision, self._texts
        address = decision_address(decision.sequence, self._file.stored.epoch)
        with ui.element("section").classes("card filters decision-head"):
            with ui.element("h2").classes("decision-title"):
                ui.label(texts.heading.format(sequence=decision.sequence))
            verdict_badge(visit.texts, decision.verdict)
            if decision.severity is not None:
                badge(SEVERITY_ICONS[decision.severity], decision.severity.value, "off")
            ui.label(visit.quantities.moment(decision.decided_utc)).classes("muted number")
            ui.element("div").classes("filler")
            if self._file.roll is not None:
                ui.link(texts.on_map, f"/rolls?roll={self._file.roll.first_sequence}")
            if visit.may(Permission.REVIEW) and self._file.stored.saved_frame is not None:
                ui.link(texts.review_it, f"/review?case={decision.sequence}")
            copy = ui.button(texts.copy_address, icon="link").props("outline no-caps dense")
            # The browser knows its own host.
            write = f"navigator.clipboard?.writeText(location.origin + {json.dumps(address)})"
            copy.on("click", js_handler=f"() => {{ {write} }}").on_click(lambda: tell(texts.copied))

    def _picture(self) -> None:
        sequence = self._decision.sequence
        if not self._has_image:
            notices.empty(self._texts.no_picture, icon="image_not_supported")
            return
        words = {
            str(place): f"{defect.kind} {kind_name(defect.kind, self._visit.person.language)} {self._size(defect)}"
            for place, defect in enumerate(self._decision.defects)
        }
        stage = ui.element("div").classes("decision-stage viewer").props('id="decision-stage" role=img')
        stage.props(f'data-sequence="{sequence}"').props["aria-label"] = self._texts.picture
        review = self._visit.texts.review
        texts = {
            "fates": dict(review.fates),
            "no_view_picture": review.no_view_picture,
            "not_seen_here": review.not_seen_here,
            "switch_views": review.switch_views,
            "overlay_views": review.overlay_views,
        }
        stage.props["data-words"] = json.dumps({"defects": words, "texts": texts})
        with ui.element("div").classes("bar decision-ways"):
            ui.element("div").classes("bar").props("id=decision-views")
            if self._file.stored.saved_frame is not None:
                ui.link(self._texts.whole, f"/frames/{sequence}.png", new_tab=True).classes("muted")

    def _views(self) -> None:
        """Each frame of each view: what became of it, where it lies beside the piece, which model looked."""
        visit, texts, stored = self._visit, self._texts, self._file.stored
        with ui.element("table").classes("decision-views"):
            with ui.element("thead"), ui.element("tr"):
                for head in (texts.view, texts.frame, texts.fate, texts.of_piece, texts.model):
                    with ui.element("th"):
                        ui.label(head)
            with ui.element("tbody"):
                for position, seen in enumerate(self._decision.view_frames):
                    named = f"{seen.frame.camera}, {seen.frame.run}, {seen.frame.number}"
                    with ui.element("tr"):
                        with ui.element("td"):
                            ui.label(seen.view).classes("line-head")
                        with ui.element("td"):
                            if seen.frame in stored.saved_frames and visit.may(Permission.SEE_IMAGES):
                                address = f"/frames/{self._decision.sequence}.png?view={position}"
                                ui.link(named, address, new_tab=True).classes("number")
                            else:
                                ui.label(named).classes("number")
                        with ui.element("td"):
                            badge(_FATE_ICONS[seen.outcome], texts.fates[seen.outcome], _FATE_TONES[seen.outcome])
                        with ui.element("td"):
                            ui.label(self._part_of_piece(seen)).classes("number")
                        with ui.element("td"):
                            ui.label("–" if seen.model is None else f"{seen.model.name} {seen.model.version}")

    def _part_of_piece(self, seen: ViewFrame) -> str:
        """Which part of the piece a frame shows, from the piece's leading edge."""
        span, quantities = self._decision.piece.span, self._visit.quantities
        if span is None or seen.start_mm is None or seen.length_mm is None:
            return "–"
        first, last = max(span.start_mm, seen.start_mm), min(span.end_mm, seen.start_mm + seen.length_mm)
        if last <= first:
            return "–"
        return f"{quantities.number(first - span.start_mm, 1)} – {quantities.of(last - span.start_mm, 'mm', 1)}"

    def _why(self) -> None:
        if not self._decision.reasons:
            badge("check_circle", self._texts.accepted, "accept")
        for reason in self._decision.reasons:
            self._reason(reason)

    def _reason(self, reason: Reason) -> None:
        """In words, in numbers, and as a bar that ends at one and a half times the limit."""
        visit, texts = self._visit, self._texts
        words, family = visit.texts.review.quantities, reason.rule.partition(".")[0]
        quantity = words.get(family) or words.get(reason.quantity or "", family)
        with ui.element("div").classes("decision-reason"):
            with ui.element("div").classes("bar"):
                name = f"{reason.kind} {kind_name(reason.kind, visit.person.language)}" if reason.kind else quantity
                ui.label(name).classes("line-head")
                if reason.severity is not None:
                    badge(SEVERITY_ICONS[reason.severity], reason.severity.value, "off")
            if reason.measured is not None and reason.limit is not None:
                measured, limit = (self._number(value, reason.unit) for value in (reason.measured, reason.limit))
                pattern = texts.above if reason.measured > reason.limit else texts.guard
                compared = pattern.format(quantity=quantity, measured=measured, limit=limit)
                ui.label(compared[:1].upper() + compared[1:]).classes("number decision-compared")
                if reason.limit > 0.0:
                    with ui.element("div").classes("limit-bar").props("aria-hidden=true"):
                        ui.element("div").style(
                            f"width: {min(100.0, 100.0 * reason.measured / reason.limit / 1.5):.1f}%"
                        )
                        ui.element("i")
            ui.label(told(reason, visit.quantities, self._decision.defects)).classes("muted")
            view = "" if reason.view is None else f" · {texts.view} {reason.view}"
            ui.label(f"{reason.rule}{view}").classes("hash muted")

    def _found(self) -> None:
        visit, texts, defects = self._visit, self._texts, self._decision.defects
        if not defects:
            ui.label(texts.nothing_found).classes("muted")
        guilty = self._decision.guilty
        order = sorted(range(len(defects)), key=lambda place: (place not in guilty, defects[place].severity.rank))
        with ui.element("div").classes("decision-marks"):
            for place in order:
                defect = defects[place]
                is_guilty, is_nothing = place in guilty, is_nuisance(defect.kind)
                word = texts.broke if is_guilty else texts.no_defect if is_nothing else texts.within
                with (
                    ui.element("button")
                    .props(f'type=button data-defect="{place}"')
                    .classes("decision-mark is-guilty" if is_guilty else "decision-mark")
                ):
                    with ui.element("div").classes("bar"):
                        ui.label(f"{defect.kind} {kind_name(defect.kind, visit.person.language)}").classes("line-head")
                        ui.label(f"{defect.severity.value} · {word}").classes("muted")
                    ui.label(self._measures(defect)).classes("muted number")
                    for sighting in defect.sightings:
                        ui.label(said_by_view(visit, sighting)).classes("number decision-said")
                    if defect.cleared_by is not None:
                        ui.label(texts.cleared.format(view=defect.cleared_by)).classes("decision-said")
        for dimension in self._decision.dimensions:
            value = visit.quantities.number(dimension.value_mm, 3)
            spread = visit.quantities.of(dimension.uncertainty_mm, "mm", 3)
            ui.label(f"{dimension.code} {value} ± {spread}").classes("number")

    def _measures(self, defect: Defect) -> str:
        visit, quantities = self._visit, self._visit.quantities
        words, rolls = visit.texts.review, visit.texts.rolls
        extent = f"{quantities.number(defect.length_mm, 2)} × {quantities.of(defect.width_mm, 'mm', 2)}"
        parts = [
            f"⌀ {quantities.of(defect.diameter_mm, 'mm', 3)}",
            extent,
            f"{words.contrast} {quantities.percent(defect.contrast_percent / 100.0, 0)}",
            f"{words.score} {quantities.number(defect.score, 2)}",
            f"{quantities.of(defect.md_mm / 1000.0, 'm', 3)} / {quantities.of(defect.cd_mm, 'mm', 1)}",
        ]
        return " · ".join([*parts, *([] if defect.lane is None else [f"{rolls.lane} {defect.lane}"])])

    def _size(self, defect: Defect) -> str:
        quantities = self._visit.quantities
        is_long = kind_of(defect.kind).shape in (Shape.THIN, Shape.STREAK)
        return quantities.of(defect.length_mm if is_long else defect.diameter_mm, "mm", 2)

    def _web(self) -> None:
        with ui.element("div").classes("decision-web"):
            for each in self._file.neighbours:
                self._neighbour(each)

    def _neighbour(self, found: Found) -> None:
        visit, texts, mine = self._visit, self._texts, self._decision.sequence
        side = texts.here if found.sequence == mine else texts.before if found.sequence < mine else texts.after
        word = verdict_word(visit.texts, found.verdict)
        with ui.element("a").classes("decision-neighbour") as link:
            link.props["href"] = decision_address(found.sequence, self._file.stored.epoch)
            if found.sequence == mine:
                link.props("aria-current=page")
            if found.has_image and visit.may(Permission.SEE_IMAGES):
                source = escape(picture_address(found.sequence, found.largest, (192, 120), found.largest_place))
                ui.html(f'<img class="found-picture" loading="lazy" src="{source}" alt="">', sanitize=False)
            else:
                with ui.element("div").classes("found-picture decision-no-picture"):
                    ui.icon("image_not_supported")
            with ui.element("span").classes(f"badge tone-{found.verdict.value}"):
                ui.icon(VERDICT_ICONS[found.verdict])
                ui.label(word)
            ui.label(f"#{found.sequence} · {side}").classes("muted number")

    def _reviews(self) -> None:
        words, texts = self._visit.texts.review, self._texts
        if self._file.is_reading_due:
            ui.label(texts.waits).classes("muted")
        elif not self._file.reviews:
            ui.label(texts.no_reviews).classes("muted")
        for each in self._file.reviews:
            answer = words.taken_back if each.answer is None else words.answers[each.answer]
            kind = "" if each.kind is None else f"{each.kind} {kind_name(each.kind, self._visit.person.language)}"
            parts = [
                self._visit.quantities.named(each.person, answer),
                kind,
                each.note,
                self._visit.quantities.moment(each.reviewed_utc),
            ]
            ui.label(" · ".join(part for part in parts if part))

    def _facts(self) -> None:
        quantities, texts, stored, decision = self._visit.quantities, self._texts, self._file.stored, self._decision
        piece, seal = decision.piece, self._file.seal
        place = "–"
        if piece.start_mm is not None:
            place = f"{quantities.of(piece.start_mm / 1000.0, 'm', 3)} + {quantities.of(piece.length_mm, 'mm', 1)}"
        latency = quantities.of(decision.latency_ms, "ms", 1)
        at = "" if stored.acknowledged_utc is None else f", {quantities.moment(stored.acknowledged_utc)}"
        sealed = texts.seals[seal.state].format(
            number=seal.seal.number if seal.seal else "",
            first=seal.seal.first_sequence if seal.seal else "",
            last=seal.seal.last_sequence if seal.seal else "",
            key=seal.seal.key_name if seal.seal else "",
        )
        facts: Mapping[str, str] = {
            texts.roll: self._file.roll.name if self._file.roll else "–",
            texts.place: place,
            texts.frame: f"{piece.frame.camera}, {piece.frame.run}, {piece.frame.number}",
            texts.piece: self._piece(),
            texts.trigger: piece.trigger_id or "–",
            texts.captured: quantities.moment(decision.captured_utc),
            texts.decided: quantities.moment(decision.decided_utc),
            texts.latency: latency if decision.deadline_met else f"{latency} ({texts.late})",
            texts.taken: f"{stored.acknowledged_by}{at}" if stored.acknowledged_by else texts.not_taken,
            texts.recipe: f"{decision.recipe.name} {decision.recipe.version} · {decision.recipe.sha256}",
            **self._models(),
            texts.setup: decision.setup_sha256 or "–",
            texts.store: f"{stored.epoch} / {decision.sequence}",
            texts.seal: sealed,
        }
        with ui.element("dl").classes("facts"):
            for name, value in facts.items():
                with ui.element("dt"):
                    ui.label(name)
                with ui.element("dd"):
                    ui.label(value)

    def _piece(self) -> str:
        piece, texts = self._decision.piece, self._texts
        parts = [texts.cuts[piece.cut]] if piece.number else []
        parts += [f"{texts.number} {piece.number}"] if piece.number else []
        parts += [f"{self._visit.texts.rolls.lane} {piece.lane}"] if piece.lane is not None else []
        parts += [piece.piece_id] if piece.piece_id else []
        return " · ".join(parts) or "–"

    def _models(self) -> Mapping[str, str]:
        """By view, where there are several."""
        decision, word = self._decision, self._texts.model
        by_view = {seen.view: seen.model for seen in decision.view_frames if seen.model is not None}
        if not by_view:
            by_view = {"": decision.model}
        return {
            f"{word}, {view}" if view else word: f"{model.name} {model.version} · {model.sha256}"
            for view, model in by_view.items()
        }

    def _number(self, value: float, unit: str | None) -> str:
        quantities = self._visit.quantities
        if unit is None:
            return quantities.number(value, 0 if value == round(value) else 2)
        return quantities.of(value, _SHOWN_AS.get(unit, unit), _DIGITS.get(unit, 2))


def _page(path: str) -> Page:
    return Page(
        path,
        Permission.SEE_RESULTS,
        "fact_check",
        lambda texts: texts.decision.title,
        build,
        is_in_navigation=False,
        is_wide=True,
    )


PAGES = (
    _page("/decisions/{epoch}/{sequence}"),
    _page("/decisions/{sequence}"),
    _page("/pieces/{camera}/{run}/{number}"),
)
