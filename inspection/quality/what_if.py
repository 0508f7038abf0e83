"""What another recipe would have said of what was judged lately: from the stored objects, by the code that decides.

Only what was measured can be judged again. What the network did not report under its thresholds of then, what nobody
examined in a storm, and the name that an object would have had under other limits, is not known; `Unknown` says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from inspection.judging.decide import decide
from inspection.recipe.recipe import Recipe
from inspection.values import Artefact, Defect, Severity, Verdict, gravest

_FAR = 8
"""Times its own size that an object has to lie from the border, for its place to tell the pixel's size."""


@dataclass(frozen=True, slots=True)
class JudgedPiece:
    """A decision, with what was measured on its piece."""

    sequence: int
    camera: str
    recipe: Artefact
    decided_utc: datetime
    verdict: Verdict
    start_mm: float | None
    storm: float | None
    """Number of candidates where there were too many to examine; None where each was."""
    defects: tuple[Defect, ...]
    """Without masks."""


class Unknown(StrEnum):
    """Something that stored objects can't tell."""

    NAMES = "names"
    """Limits differ, and an object that may be several things is named by what rejects it."""
    THRESHOLDS = "thresholds"
    """The network would report other objects: its thresholds differ, or the model does."""
    IMAGE = "image"
    """Other frames would be fit to be judged, sizes be freed from another blur, lanes lie elsewhere."""
    STORM = "storm"
    """Some pieces were rejected unexamined, for too much was on them; now they would be examined."""
    OTHER_PRODUCT = "other_product"
    """The pieces were judged by recipes of another name."""
    BEFORE = "before"
    """The recipe that judged is not there any more: nobody can tell what differs."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A piece that would have another verdict."""

    sequence: int
    rule: str
    """The gravest: of its rejection then, or of the one that would be."""
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would have come out."""

    pieces: int
    """Decisions that were looked at, uninspected ones included."""
    first_utc: datetime | None
    last_utc: datetime | None
    recipes: Mapping[Artefact, int]
    """What judged them, and how many each."""
    rejected: int
    """Number of pieces that were rejected."""
    would_reject: int
    uninspected: int
    """They would be so again."""
    freed: Sequence[Turned]
    """Rejected then, accepted now; newest first."""
    caught: Sequence[Turned]
    """Accepted then, rejected now; newest first."""
    not_known: int
    """Pieces about which nothing can be said; they count as they were."""
    checked: int
    """Pieces that were judged again by the very recipe that had judged them, where it is there,"""
    repeated: int
    """and for so many of these the same came out as then."""
    unknown: frozenset[Unknown]


def what_if(pieces: Sequence[JudgedPiece], recipe: Recipe, earlier: Mapping[str, Recipe]) -> WhatIf:
    """Judge pieces, newest first, again. `earlier`: recipes that may have judged them, by their SHA-256."""
    pitches_um = _pitches_um(pieces, recipe.image.usual_pitch_um)
    freed: list[Turned] = []
    caught: list[Turned] = []
    unknown = _differences(pieces, recipe, earlier)
    not_known = checked = repeated = 0
    for piece in pieces:
        if piece.verdict is Verdict.UNINSPECTED:
            continue
        pitch_um = pitches_um[piece.camera]
        before = earlier.get(piece.recipe.sha256)
        then = _judged(piece, before, pitch_um) if before is not None else None
        if then is not None:
            checked += 1
            if then[0] is not piece.verdict:
                not_known += 1
                continue
            repeated += 1
        now = _judged(piece, recipe, pitch_um)
        if now is None:
            not_known += 1
            unknown.add(Unknown.STORM)
        elif now[0] is Verdict.REJECT and piece.verdict is Verdict.ACCEPT:
            caught.append(Turned(piece.sequence, now[1], now[2]))
        elif now[0] is Verdict.ACCEPT and piece.verdict is Verdict.REJECT:
            rule, severity = (then[1], then[2]) if then is not None else ("", None)
            freed.append(Turned(piece.sequence, rule, severity or gravest(d.severity for d in piece.defects)))
    rejected = sum(piece.verdict is Verdict.REJECT for piece in pieces)
    return WhatIf(
        pieces=len(pieces),
        first_utc=pieces[-1].decided_utc if pieces else None,
        last_utc=pieces[0].decided_utc if pieces else None,
        recipes=Counter(piece.recipe for piece in pieces),
        rejected=rejected,
        would_reject=rejected - len(freed) + len(caught),
        uninspected=sum(piece.verdict is Verdict.UNINSPECTED for piece in pieces),
        freed=freed,
        caught=caught,
        not_known=not_known,
        checked=checked,
        repeated=repeated,
        unknown=frozenset(unknown),
    )


def _judged(piece: JudgedPiece, recipe: Recipe, pitch_um: float) -> tuple[Verdict, str, Severity | None] | None:
    """Verdict, gravest rule and severity; None where nobody can tell."""
    if piece.storm is not None:
        return (Verdict.REJECT, "storm", Severity.S2) if piece.storm > recipe.storm.max_candidates else None
    if not piece.defects:
        return Verdict.ACCEPT, "", None
    verdict, reasons = decide(piece.defects, recipe, pitch_um)
    return (verdict, reasons[0].rule, reasons[0].severity) if reasons else (verdict, "", None)


def _differences(pieces: Sequence[JudgedPiece], recipe: Recipe, earlier: Mapping[str, Recipe]) -> set[Unknown]:
    """What the stored objects can't tell of a recipe, given what they were found with."""
    unknown = set()
    for artefact in {piece.recipe for piece in pieces}:
        if artefact.name != recipe.name:
            unknown.add(Unknown.OTHER_PRODUCT)
        before = earlier.get(artefact.sha256)
        if before is None:
            unknown.add(Unknown.BEFORE)
            continue
        if before.model != recipe.model:
            unknown.add(Unknown.THRESHOLDS)
        if (before.image, before.layout) != (recipe.image, recipe.layout):
            unknown.add(Unknown.IMAGE)
        if (before.limits, before.unknown) != (recipe.limits, recipe.unknown):
            unknown.add(Unknown.NAMES)
    return unknown


def _pitches_um(pieces: Iterable[JudgedPiece], usual_um: float) -> dict[str, float]:
    """The coarser side of a pixel, by camera: what a place in mm is divided by the same place in pixels.

    `usual_um`: where no object lies far enough from a border to tell.
    """
    across: dict[str, list[float]] = {}
    along: dict[str, list[float]] = {}
    for piece in pieces:
        xs, ys = across.setdefault(piece.camera, []), along.setdefault(piece.camera, [])
        for defect in piece.defects:
            box = defect.box
            if box.left >= _FAR * box.width_px:
                xs.append(2000.0 * defect.cd_mm / (box.left + box.right))
            if piece.start_mm is not None and box.top >= _FAR * box.height_px:
                ys.append(2000.0 * (defect.md_mm - piece.start_mm) / (box.top + box.bottom))
    return {
        camera: max((float(np.median(places)) for places in (xs, along[camera]) if places), default=usual_um)
        for camera, xs in across.items()
    }
