"""What is told of a roll beside its map: figures, repeats, what nobody inspected, and the defect that was picked.

Each function makes its elements where it is called.
"""

from html import escape

from nicegui import ui

from inspection.pages.frame.badges import SEVERITY_ICONS, badge, verdict_badge
from inspection.pages.frame.image_routes import picture_address
from inspection.pages.frame.visit import Visit
from inspection.pages.rolls.roll_files import RollFile
from inspection.pages.texts.kinds import kind_name
from inspection.people.roles import Permission
from inspection.values import Box, Severity, Verdict
from inspection.values.decision_address import decision_address

_CROP_PX = (320, 200)
_LISTED = 12
_NOTHING_M = 0.005
"""Less rounds to nothing in what is told."""


def tell_figures(visit: Visit, found: RollFile) -> None:
    """Lengths, grade and counts."""
    texts, quantities, layout = visit.texts.rolls, visit.quantities, found.picture.layout

    def part(metres: float) -> str:
        share = quantities.percent(metres / layout.length_m if layout.length_m else None)
        return f"{quantities.of(metres, 'm', 2 if _NOTHING_M <= metres < 10.0 else 1)} · {share}"

    grade = found.grade
    because = texts.grades[grade.reason].format(
        rejected=quantities.percent(grade.rejected),
        missing=quantities.percent(grade.not_inspected),
        safety=quantities.number(grade.safety),
        unseen=quantities.number(grade.unseen),
    )
    lost = texts.unplaced_sheets if layout.is_of_sheets else texts.lost
    missing = quantities.named(lost, layout.lost_frames)
    if layout.unseen:
        missing = f"{texts.unseen.format(count=quantities.number(len(layout.unseen)))} · {missing}"
    by_lane = " · ".join(quantities.named(f"{texts.lane} {each.lane}", part(each.rejected_m)) for each in layout.lanes)
    artefacts = " · ".join(f"{each.name} {each.version} {each.sha256[:8]}" for each in (*found.recipes, *found.models))
    for title, value, advice in (
        (texts.length, quantities.of(layout.length_m, "m", 1), quantities.moment(found.began_utc)),
        (texts.inspected, part(layout.inspected_m), artefacts),
        (texts.not_inspected, part(layout.not_inspected_m), missing),
        (texts.rejected, part(layout.rejected_m), by_lane),
        (texts.grade, grade.letter or texts.no_grade, because),
        (texts.defects, quantities.number(sum(found.tally.broke.values())), _besides(visit, found)),
    ):
        with ui.element("div").classes("figure"):
            ui.label(title).classes("figure-title")
            ui.label(value).classes("figure-value number")
            ui.label(advice).classes("figure-advice muted").tooltip(advice)


def _besides(visit: Visit, found: RollFile) -> str:
    """What is not in the count of what broke a limit."""
    texts, quantities, tally = visit.texts.rolls, visit.quantities, found.tally
    within = sum(tally.within_limits.values())
    words = [quantities.named(texts.within, quantities.number(within))]
    if tally.overruled_objects:
        words.append(quantities.named(texts.overruled, quantities.number(tally.overruled_objects)))
    if tally.as_a_whole:
        words.append(texts.as_a_whole.format(count=quantities.number(tally.as_a_whole)))
    if tally.escapes:
        words.append(texts.escapes.format(count=quantities.number(tally.escapes)))
    return " · ".join(words)


def tell_repeats(visit: Visit, found: RollFile) -> None:
    """Defects at an even distance, with the roller that they fit."""
    texts, quantities = visit.texts.rolls, visit.quantities
    if not found.picture.repeats:
        ui.label(texts.no_repeats).classes("muted")
    for number, repeat in enumerate(found.picture.repeats[:_LISTED], start=1):
        period = texts.period.format(period=quantities.of(repeat.period_mm, "mm", 1))
        roller = texts.roller.format(diameter=quantities.of(repeat.diameter_mm, "mm", 1))
        marks = texts.marks.format(count=quantities.number(len(repeat.members)), turns=repeat.turns)
        place = texts.marks_of.format(
            across=quantities.of(repeat.cd_mm, "mm", 1),
            first=quantities.of(repeat.first_m, "m", 1),
            last=quantities.of(repeat.last_m, "m", 1),
        )
        with ui.element("div").classes("line-item"):
            badge("repeat", texts.repeat_name.format(number=number), "warning")
            ui.label(f"{period} · {roller}").classes("line-head")
            ui.label(f"{marks}, {place}").classes("muted")


def tell_gaps(visit: Visit, found: RollFile) -> None:
    """What nobody inspected, the longest first."""
    texts, quantities = visit.texts.rolls, visit.quantities
    layout = found.picture.layout
    unseen = layout.unseen
    known = (gap for gap in layout.not_inspected if gap.is_length_known)
    longest = sorted(known, key=lambda gap: gap.from_m - gap.to_m)
    if layout.is_all_inspected:
        badge("check_circle", texts.no_gaps, "accept")
    elif layout.length_m <= 0.0:
        badge("visibility_off", texts.no_length, "uninspected")
    if layout.scattered_m >= _NOTHING_M:
        length = quantities.of(layout.scattered_m, "m", 2)
        badge("visibility_off", texts.scattered.format(length=length), "uninspected")
    if missing := layout.verdicts[Verdict.UNINSPECTED]:
        ui.label(texts.pieces_missing.format(count=quantities.number(missing))).classes("muted")
    for each in unseen[:_LISTED]:
        words = texts.unseen_end if each.next_sequence is None else texts.unseen_at
        place, cameras = quantities.of(each.at_m, "m", 2), ", ".join(each.cameras)
        told = words.format(place=place, sequence=each.next_sequence, cameras=cameras)
        badge("visibility_off", told, "uninspected")
    if len(unseen) > _LISTED:
        ui.label(f"+ {quantities.number(len(unseen) - _LISTED)}").classes("muted")
    for gap in longest[:_LISTED]:
        place = f"{quantities.number(gap.from_m, 2)} – {quantities.of(gap.to_m, 'm', 2)}"
        length = quantities.of(gap.to_m - gap.from_m, "m", 2)
        frames = texts.frames.format(count=gap.frames)
        where = gap.camera if gap.lane is None else f"{gap.camera}, {texts.lane} {gap.lane}"
        ui.label(quantities.named(place, f"{length}, {frames}, {where}")).classes("number")
    if len(longest) > _LISTED:
        ui.label(f"+ {quantities.number(len(longest) - _LISTED)}").classes("muted")


def tell_picked(visit: Visit, found: RollFile, number: int) -> None:
    """The defect at a place of the map's columns, with its picture."""
    texts, quantities, picture = visit.texts.rolls, visit.quantities, found.picture
    defects = picture.defects
    sequence, kind = int(defects.sequence[number]), defects.kind[number]
    if defects.has_image[number] and visit.may(Permission.SEE_IMAGES):
        place = int(defects.position[number])
        address = escape(picture_address(sequence, _box(visit, sequence, place), _CROP_PX, place))
        ui.html(f'<img class="picked-picture" src="{address}" alt="">', sanitize=False)
    else:
        ui.label(visit.texts.frame.no_frame.format(sequence=sequence)).classes("muted")
    severity = Severity(defects.severity[number])
    with ui.element("div").classes("bar"):
        verdict_badge(visit.texts, defects.verdict[number])
        badge(SEVERITY_ICONS[severity], severity.value, "off")
    ui.label(f"{kind} {kind_name(kind, visit.person.language)}").classes("line-head")
    sizes = f"{quantities.number(defects.diameter_mm[number], 2)} · "
    outcome = defects.outcome[number]
    told = {
        texts.decision: f"#{sequence}",
        texts.size: sizes + quantities.of(float(defects.length_mm[number]), "mm", 2),
        texts.metres: quantities.of(float(picture.metres[number]), "m", 3),
        texts.across: quantities.of(float(defects.cd_mm[number]), "mm", 1),
        texts.lane: str(defects.lane[number] or "–"),
        texts.score: quantities.number(float(defects.score[number]), 2),
        texts.review: texts.not_seen if outcome is None else visit.texts.archive.outcomes[outcome],
    }
    with ui.element("dl").classes("facts"):
        for name, value in told.items():
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value).classes("number")
    ui.link(texts.look, decision_address(sequence))


def _box(visit: Visit, sequence: int, position: int) -> Box | None:
    stored = visit.desk.store.decision(sequence)
    defects = stored.decision.defects if stored else ()
    return defects[position].box if position < len(defects) else None
