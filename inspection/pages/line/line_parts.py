"""The cards of the line page. Each function makes its card and returns how it is brought up to date."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import count

from nicegui import ui

from inspection.pages.alarms.alarm_words import rule_words
from inspection.pages.frame.badges import SEVERITY_ICONS, badge, verdict_badge, verdict_word
from inspection.pages.frame.image_routes import picture_address
from inspection.pages.frame.visit import Visit
from inspection.pages.line.line_charts import Axis, latency_chart, rate_chart, round_up
from inspection.pages.station.live import LineView
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.reasons import told
from inspection.people.roles import Permission
from inspection.quality.intervals import Estimate
from inspection.store.recent import Recent, RecentDecision
from inspection.values import Verdict
from inspection.values.decision_address import decision_address

Update = Callable[[LineView], None]

_RATE_MINUTES = 10
_REJECTS = 6
_KINDS = 6
_CHART_POLLS = 5
"""Charts of an hour need not be drawn each second."""
_NUMBERS = count(1)


def numbers_row(visit: Visit) -> Update:
    """Speed, roll, position, reject rate, recipe, model: large numerals with their units."""
    texts, quantities = visit.texts.line, visit.quantities
    with ui.element("div").classes("numbers"):
        speed = _figure(texts.speed)
        position = _figure(texts.position)
        rate = _figure(f"{texts.reject_rate}, {texts.last_minutes.format(minutes=_RATE_MINUTES)}")
        roll = _figure(texts.roll, is_text=True)
        recipe = _figure(texts.recipe, is_text=True)
        model = _figure(texts.model, is_text=True)

    def update(view: LineView) -> None:
        recent = view.recent
        if recent is None:
            return
        newest = recent.newest
        speed.set_text(quantities.of(recent.speed_m_min if view.is_connected else None, "m/min", 1))
        end_mm = newest.start_mm + (newest.length_mm or 0.0) if newest and newest.start_mm is not None else None
        position.set_text(quantities.of(None if end_mm is None else end_mm / 1000.0, "m", 1))
        rate.set_text(quantities.percent(_reject_rate(recent)))
        if recent.run is not None:
            roll.set_text(view.roll or "–")
            for label, artefact in ((recipe, recent.run.recipe), (model, recent.run.model)):
                label.set_text(f"{artefact.name} {artefact.version} · {artefact.sha256[:8]}")

    return update


def strip_card(visit: Visit) -> Update:
    """The verdict strip by lane."""
    texts = visit.texts.line
    with ui.element("section").classes("card strip-card"):
        with ui.element("div").classes("bar strip-head"):
            ui.label(texts.strip).classes("card-title")
            for verdict in Verdict:
                with ui.element("span").classes("legend"):
                    ui.element("span").classes(f"legend-{verdict.value}")
                    ui.label(verdict_word(visit.texts, verdict))
        canvas = ui.element("canvas").classes("strip").props(f'id="strip-{next(_NUMBERS)}"')
    lanes, last = [0], [0]
    name, word = json.dumps(canvas.props["id"]), json.dumps(texts.lane)

    def update(view: LineView) -> None:
        if lanes[0] != view.lanes:
            lanes[0] = view.lanes
            canvas.style(f"--rows: {view.lanes}")
        new = [block for block in view.strip if block[0] > last[0]]
        if new:
            last[0] = new[-1][0]
            ui.run_javascript(f"showVerdicts({name}, {word}, {json.dumps(new)}, {view.lanes})")

    return update


def rejects_card(visit: Visit) -> Update:
    """The last pieces that were not accepted, with picture and reason."""
    texts = visit.texts.line
    with ui.element("section").classes("card rejects-card"):
        ui.label(texts.last_rejects).classes("card-title")
        holder = ui.element("div").classes("rejects")
    shown: list[object] = []

    def update(view: LineView) -> None:
        if view.recent is None:
            return
        rejects = view.recent.rejects[:_REJECTS]
        key = [(block.sequence, block.sequence in view.recent.pictured) for block in rejects]
        if key == shown and shown:
            return
        shown[:] = key
        holder.clear()
        with holder:
            if not rejects:
                ui.label(texts.no_rejects).classes("muted")
            for block in rejects:
                _reject(visit, block, has_picture=block.sequence in view.recent.pictured)

    return update


def counters_card(visit: Visit) -> Update:
    """Blocks by verdict and by kind."""
    texts, quantities = visit.texts.line, visit.quantities
    with ui.element("section").classes("card counters-card"):
        title = ui.label(texts.counters).classes("card-title")
        with ui.element("div").classes("counters"):
            counts = {}
            for verdict in Verdict:
                with ui.element("div").classes("counter") as counter:
                    verdict_badge(visit.texts, verdict)
                    number = ui.label().classes("counter-number number")
                    counts[verdict] = (counter, number, ui.label().classes("muted number"))
        ui.label(texts.kinds).classes("card-title")
        kinds = ui.element("div").classes("kinds")
    shown: list[object] = [None]

    def update(view: LineView) -> None:
        recent = view.recent
        if recent is None:
            return
        if recent.run is not None:
            since = texts.since_start.format(time=quantities.moment(recent.run.started_utc))
            title.set_text(f"{texts.counters}, {since}")
        total = sum(recent.verdicts.values())
        for verdict, (counter, number, part) in counts.items():
            got = recent.verdicts.get(verdict, 0)
            counter.classes(**({"remove": "is-none"} if got else {"add": "is-none"}))
            number.set_text(quantities.number(got))
            part.set_text(quantities.percent(got / total if total else None))
        top = sorted(recent.kinds.items(), key=lambda item: -item[1])[:_KINDS]
        if shown[0] != top:
            shown[0] = top
            kinds.clear()
            with kinds:
                _kinds(visit, top)

    return update


def rate_card(visit: Visit) -> Update:
    """Reject rate over the last hour, and what reviews say of false rejects over days."""
    texts, quantities = visit.texts.line, visit.quantities

    def draw(view: LineView) -> str:
        recent = view.recent
        minutes = recent.minutes if recent else ()
        highest = max((1.0 - (m.part(Verdict.ACCEPT) or 0.0) for m in minutes if m.total), default=0.0)
        top = min(1.0, round_up(max(highest, 0.01)))
        axis = _axis(visit, *(quantities.percent(part, 0 if top > 0.02 else 1) for part in (top, top / 2)))
        chart = rate_chart(minutes, datetime.now(UTC), top, axis, texts.rate_over_time)
        figures = [
            f"{escape(texts.days.format(days=days))} <b>{escape(_rate_with_interval(visit, estimate))}</b>"
            for days, estimate in view.false_rejects.items()
        ]
        of_what = escape(visit.texts.statistics.false_rejects)
        return f'{chart}<p class="figures">{quantities.named(of_what, " · ".join(figures))}</p>'

    return _chart_card(texts.rate_over_time, draw)


def _rate_with_interval(visit: Visit, estimate: Estimate | None) -> str:
    if estimate is None:
        return visit.texts.statistics.unknown
    rate, low, high = (visit.quantities.percent(each, 2) for each in (estimate.rate, estimate.low, estimate.high))
    return f"{rate} ({visit.texts.statistics.interval.format(low=low, high=high)})"


def latency_card(visit: Visit) -> Update:
    """Latency over the last hour against the deadline, and the figures of the last decisions."""
    texts, quantities = visit.texts.line, visit.quantities

    def draw(view: LineView) -> str:
        minutes = view.recent.minutes if view.recent else ()
        latency = view.status.latency if view.status else None
        deadline_ms = latency.deadline_ms if latency else None
        top = round_up(max([m.longest_ms for m in minutes] + [1.1 * (deadline_ms or 1.0)]))
        axis = _axis(visit, quantities.of(top, "ms"), quantities.of(top / 2, "ms"))
        figures = []
        if latency is not None:
            named = (
                (texts.median, latency.p50_ms),
                (texts.p99, latency.p99_ms),
                (texts.longest, latency.max_ms),
            )
            figures = [f"{name} <b>{escape(quantities.of(ms, 'ms'))}</b>" for name, ms in named]
            figures.append(escape(texts.deadline.format(limit=quantities.of(latency.deadline_ms, "ms"))))
        missed = sum(m.missed for m in minutes)
        figures.append(f"{texts.missed} <b>{quantities.number(missed)}</b>")
        chart = latency_chart(minutes, datetime.now(UTC), top, deadline_ms, axis, texts.latency)
        return f'{chart}<p class="figures">{" · ".join(figures)}</p>'

    return _chart_card(texts.latency, draw)


def cameras_card(visit: Visit) -> Update:
    """How each camera is doing."""
    texts, quantities = visit.texts.line, visit.quantities
    with ui.element("section").classes("card"):
        ui.label(texts.cameras).classes("card-title")
        holder = ui.element("div").classes("cameras")
    shown: list[object] = [None]

    def update(view: LineView) -> None:
        cameras = list(view.status.cameras) if view.status and view.is_connected else []
        key = [
            (c.camera, c.is_connected, c.is_standing, c.detail, c.counters, round(c.last_frame_age_s or 0))
            for c in cameras
        ]
        if shown[0] == key:
            return
        shown[0] = key
        holder.clear()
        with holder:
            for camera in cameras:
                with ui.element("div").classes("camera"):
                    ui.label(camera.camera).classes("camera-name")
                    if camera.is_standing:
                        badge("pause_circle", texts.camera_standing, "info")
                    elif camera.is_connected:
                        badge("videocam", texts.camera_ok, "accept")
                    else:
                        badge("videocam_off", texts.camera_away, "reject")
                    lost = sum(number for name, number in camera.counters.items() if name not in ("frames", "short"))
                    words = [texts.lost_frames.format(count=quantities.number(lost))]
                    if camera.last_frame_age_s is not None:
                        words.insert(0, texts.last_frame.format(age=quantities.age(camera.last_frame_age_s)))
                    ui.label(" · ".join(words)).classes("muted")
                    ui.label(camera.detail).classes("muted camera-detail")

    return update


def _figure(title: str, *, is_text: bool = False) -> ui.label:
    with ui.element("div").classes("figure figure-text" if is_text else "figure"):
        ui.label(title).classes("figure-title")
        return ui.label("–").classes("figure-value number")


def _reject_rate(recent: Recent) -> float | None:
    since = datetime.now(UTC) - timedelta(minutes=_RATE_MINUTES)
    minutes = [minute for minute in recent.minutes if minute.start_utc >= since]
    total = sum(minute.total for minute in minutes)
    return sum(minute.verdicts.get(Verdict.REJECT, 0) for minute in minutes) / total if total else None


def _reject(visit: Visit, block: RecentDecision, *, has_picture: bool) -> None:
    texts, quantities, address = visit.texts, visit.quantities, decision_address(block.sequence)
    with ui.element("article").classes("reject"):
        if has_picture and visit.may(Permission.SEE_IMAGES):
            with ui.element("a").props(f'href="{address}"'):
                source = picture_address(block.sequence, block.box, defect=block.place)
                picture = ui.element("img").props(f'src="{source}" loading=lazy')
                picture.props(f'alt="#{block.sequence}"').classes("reject-picture")
        else:
            with ui.element("div").classes("reject-picture no-picture"):
                ui.icon("image_not_supported")
                ui.label(texts.line.no_picture)
        with ui.element("div").classes("reject-words"):
            with ui.element("div").classes("bar"):
                verdict_badge(texts, block.verdict)
                if block.severity is not None:
                    badge(SEVERITY_ICONS[block.severity], block.severity.value, "off")
                ui.link(f"#{block.sequence}", address).classes("number")
            names = [f"{code} {kind_name(code, visit.person.language)}" for code in block.kinds]
            causes = dict.fromkeys(rule_words(rule, texts) for rule in block.rules)
            ui.label(", ".join(names) or ", ".join(causes)).classes("reject-kind")
            ui.label(told(block.reason, quantities) if block.reason else "").classes("reject-sentence")
            place = quantities.of(None if block.start_mm is None else block.start_mm / 1000.0, "m", 2)
            where = [texts.line.at_position.format(position=place)]
            if block.lane is not None:
                where.append(texts.line.lane.format(number=block.lane))
            ui.label(" · ".join([*where, quantities.time(block.decided_utc)])).classes("muted number")


def _kinds(visit: Visit, top: list[tuple[str, int]]) -> None:
    if not top:
        ui.label(visit.texts.line.no_kinds).classes("muted")
        return
    most = max(number for _, number in top)
    for code, number in top:
        with ui.element("div").classes("kind"):
            ui.label(code).classes("mono muted")
            ui.label(kind_name(code, visit.person.language)).classes("kind-name")
            with ui.element("div").classes("kind-bar"):
                ui.element("div").style(f"width: {100.0 * number / most:.0f}%")
            ui.label(visit.quantities.number(number)).classes("number")


def _chart_card(title: str, draw: Callable[[LineView], str]) -> Update:
    with ui.element("section").classes("card chart-card"):
        ui.label(title).classes("card-title")
        holder = ui.html("", sanitize=False)

    def update(view: LineView) -> None:
        if not holder.content or view.number % _CHART_POLLS == 0:
            holder.set_content(draw(view))

    return update


def _axis(visit: Visit, top: str, middle: str) -> Axis:
    texts = visit.texts.line
    return Axis(top, middle, "0", texts.minutes_ago.format(minutes=60), texts.now)
