"""A case as the review page shows it: JSON with numbers, units and words in the person's language."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from inspection.archive.archive import ArchiveSearch, Found
from inspection.archive.labelled_frame import roll_of
from inspection.errors import StoreError
from inspection.pages.frame.saved_frames import defect_drawing, panes_of, part_of_web
from inspection.pages.frame.visit import Visit
from inspection.pages.review.review_keys import keys_of
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.reasons import told
from inspection.review.cases import Case, CaseFilter, Review, corrections_json
from inspection.review.queue import ReviewQueue
from inspection.review.standing import standing
from inspection.rolls.roll_book import RollBook
from inspection.store.decisions import StoredDecision
from inspection.values import Cut, Decision, Defect, Dimension, Reason, Sighting
from inspection.values.kinds import Shape, kind_of

ENROL_EVERY_S = 3.0
"""A new reject can be reviewed after so long."""
_log = structlog.get_logger("inspection.pages")


async def keep_enrolling(queue: ReviewQueue) -> None:
    """Make cases of newly saved frames until cancelled; a store in trouble is tried again."""
    is_well = True
    while True:
        try:
            await asyncio.to_thread(queue.enrol)
            is_well = True
        except StoreError as error:
            if is_well:
                _log.warning("saved frames do not reach the review queue", error=str(error))
            is_well = False
        await asyncio.sleep(ENROL_EVERY_S)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is still to be done."""

    left: int
    """Cases that this person may still answer, second readings included: their number gives no hint."""
    others: int
    """Held by other readers at the moment."""


def progress_of(visit: Visit, wanted: CaseFilter) -> Progress:
    """How much waits. Raises StoreError."""
    queue, me = visit.desk.queue, visit.person.name
    left = sum(queue.waiting(wanted).values()) + queue.waiting_for_second(me, wanted)
    return Progress(left, sum(person != me for person in queue.claims().values()))


def case_views(visit: Visit, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Cases for the browser, in their order. Nothing in them tells a second reader what the first one said."""
    desk = visit.desk
    stored = {each.decision.sequence: each for each in desk.store.decisions([case.sequence for case in cases])}
    archive, rolls = ArchiveSearch(desk.database), RollBook(desk.database).rolls()
    return [
        _view(
            visit,
            case,
            stored[case.sequence],
            archive.neighbours(case.sequence, 1),
            desk.reviews.reviews_of(case.sequence, visit.person.name),
            roll_of(case.sequence, rolls) if rolls else None,
        )
        for case in cases
    ]


def _view(
    visit: Visit,
    case: Case,
    stored: StoredDecision,
    neighbours: Sequence[Found],
    reviews: Sequence[Review],
    roll: str | None,
) -> dict[str, Any]:
    decision, quantities = stored.decision, visit.quantities
    piece = decision.piece
    place = [] if roll is None else [roll]
    if piece.start_mm is not None:
        place.append(quantities.of(piece.start_mm / 1000.0, "m", 2))
    place.append(f"{piece.frame.camera} {piece.frame.number}")
    if piece.lane is not None:
        place.append(f"{visit.texts.review.lane} {piece.lane}")
    if piece.piece_id is not None and piece.cut is Cut.SHEET:
        place.append(piece.piece_id)
    # Frames of sheets lie over each other: none is the web before another one.
    beside = () if piece.cut is Cut.SHEET else neighbours
    sides = {each.sequence < case.sequence: each for each in beside if each.sequence != case.sequence}
    keys = keys_of(visit.desk, decision)
    mine = standing(reviews).answer_replaced_by(visit.person.name)
    return {
        "sequence": case.sequence,
        "recipe": decision.recipe.name,
        "keys": {"kinds": keys.kinds, "set": f"{keys.set_by}, {quantities.moment(keys.set_utc)}"},
        "mine": None if mine is None else told_review(visit, mine),
        "verdict": decision.verdict.value,
        "risk": case.risk.name.lower(),
        "place": " · ".join(place),
        "captured": quantities.moment(decision.captured_utc),
        "judged_by": " · ".join([f"{decision.recipe.name} {decision.recipe.version}", *_models(decision)]),
        "views": panes_of(stored),
        "piece": part_of_web(piece),
        "reasons": [_reason(visit, decision, reason) for reason in decision.reasons],
        "defects": [_defect(visit, decision, place) for place in range(len(decision.defects))],
        "dimensions": [_dimension(visit, dimension) for dimension in decision.dimensions],
        "reviews": [told_review(visit, review) for review in reviews],
        "before": _neighbour(sides.get(True)),
        "after": _neighbour(sides.get(False)),
    }


def _models(decision: Decision) -> list[str]:
    """Those of all views, each once."""
    judged = [seen.model for seen in decision.view_frames if seen.model is not None] or [decision.model]
    return list(dict.fromkeys(f"{model.name} {model.version} ({model.sha256[:8]})" for model in judged))


def _reason(visit: Visit, decision: Decision, reason: Reason) -> dict[str, Any]:
    """`share`: measured over limit; None where the rule compares nothing."""
    words, family = visit.texts.review.quantities, reason.rule.partition(".")[0]
    has_limit = reason.measured is not None and reason.limit is not None
    return {
        "kind": reason.kind,
        "view": reason.view,
        "name": kind_name(reason.kind, visit.person.language) if reason.kind else None,
        "quantity": words.get(family) or words.get(reason.quantity or "", reason.rule),
        "measured": _number(visit, reason.measured, reason.unit) if has_limit else None,
        "limit": _number(visit, reason.limit, reason.unit) if has_limit else None,
        "share": reason.measured / reason.limit if has_limit and reason.measured and reason.limit else None,
        "sentence": told(reason, visit.quantities, decision.defects),
    }


def _defect(visit: Visit, decision: Decision, place: int) -> dict[str, Any]:
    defect = decision.defects[place]
    quantities, texts = visit.quantities, visit.texts.review
    diameter = quantities.of(defect.diameter_mm, "mm", 2)
    extent = _extent(visit, defect)
    lane = "" if defect.lane is None else f" · {texts.lane} {defect.lane}"
    return defect_drawing(decision, place) | {
        "name": kind_name(defect.kind, visit.person.language),
        "size": _size(visit, defect),
        "said": [said_by_view(visit, each) for each in defect.sightings],
        "facts": f"⌀ {diameter} · {extent} · {texts.contrast} "
        f"{quantities.percent(defect.contrast_percent / 100.0, 0)} · {texts.score} "
        f"{quantities.number(defect.score, 2)}{lane}",
    }


def said_by_view(visit: Visit, sighting: Sighting) -> str:
    """What one view took an object for, and its size there."""
    seen = sighting.defect
    named = f"{seen.kind} {kind_name(seen.kind, visit.person.language)}"
    score = f"{visit.texts.review.score} {visit.quantities.number(seen.score, 2)}"
    return visit.quantities.named(sighting.view, f"{named} · {_size(visit, seen)} · {score}")


def _size(visit: Visit, defect: Defect) -> str:
    is_compact = kind_of(defect.kind).shape not in (Shape.THIN, Shape.STREAK)
    return visit.quantities.of(defect.diameter_mm, "mm", 2) if is_compact else _extent(visit, defect)


def _extent(visit: Visit, defect: Defect) -> str:
    quantities = visit.quantities
    return f"{quantities.number(defect.length_mm, 2)} × {quantities.of(defect.width_mm, 'mm', 2)}"


def _dimension(visit: Visit, dimension: Dimension) -> str:
    value = visit.quantities.number(dimension.value_mm, 3)
    return f"{dimension.code} {value} ± {visit.quantities.of(dimension.uncertainty_mm, 'mm', 3)}"


def told_review(visit: Visit, review: Review) -> dict[str, Any]:
    """An entry of the review book, for the browser."""
    return {
        "number": review.number,
        "person": review.person,
        "when": visit.quantities.moment(review.reviewed_utc),
        "answer": None if review.answer is None else review.answer.value,
        "kind": review.kind,
        "note": review.note,
        "corrections": corrections_json(review.corrections),
    }


def _neighbour(found: Found | None) -> dict[str, Any] | None:
    """What another reader said of a neighbour is left out."""
    if found is None:
        return None
    return {"sequence": found.sequence, "verdict": found.verdict.value, "has_image": found.has_image}


def _number(visit: Visit, value: float | None, unit: str | None) -> str:
    """Three significant digits; counts have no unit."""
    if value is None:
        return "–"
    digits = 0 if value == round(value) and unit is None else 2 if value < 10.0 else 1
    return visit.quantities.of(value, unit, digits) if unit else visit.quantities.number(value, digits)
