"""What was judged lately, and what was measured on it, to judge it again."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from inspection.quality.what_if import JudgedPiece
from inspection.review.cases import ReviewOutcome
from inspection.review.tables import REVIEW_CASES
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, REASONS
from inspection.values import Artefact, Box, Defect, Severity, Verdict

_CHUNK = 2_000
_FURTHER_BACK = 20
"""Times as many decisions are looked through for those of one recipe."""
MOST_OBJECTS = 200_000
"""Most objects on the pieces that are read: with more on them, fewer pieces are."""
_NO_MASK = np.zeros((0, 0), np.bool_)


def judged_lately(database: Database, recipe_name: str, most: int) -> list[JudgedPiece]:
    """The newest decisions by any version of a recipe, else the newest of all; newest first. Raises StoreError."""
    d, a = DECISIONS.c, ARTEFACTS.c
    newest = select(d.sequence, d.camera, d.verdict, d.start_mm, d.decided_utc, d.recipe_id).order_by(d.sequence.desc())
    with database.transaction("read what was judged lately") as connection:
        last = int(connection.execute(select(func.max(d.sequence))).scalar() or 0)
        named = select(a.id).where(a.role == "recipe", a.name == recipe_name)
        own = newest.where(d.sequence > last - _FURTHER_BACK * most, d.recipe_id.in_(named))
        rows = connection.execute(own.limit(most)).all() or connection.execute(newest.limit(most)).all()
        recipes = {
            int(row.id): Artefact(row.name, row.version, row.sha256)
            for row in connection.execute(select(ARTEFACTS).where(a.role == "recipe"))
        }
        pieces: list[JudgedPiece] = []
        objects = 0
        for begin in range(0, len(rows), _CHUNK):
            chunk = rows[begin : begin + _CHUNK]
            defects, rules = _found(connection, [int(row.sequence) for row in chunk])
            for row in chunk:
                objects += len(defects[row.sequence])
                if objects > MOST_OBJECTS:
                    return pieces
                pieces.append(
                    JudgedPiece(
                        sequence=int(row.sequence),
                        camera=row.camera,
                        recipe=recipes[row.recipe_id],
                        decided_utc=as_utc(row.decided_utc),
                        verdict=Verdict(row.verdict),
                        start_mm=row.start_mm,
                        storm=rules.get(row.sequence),
                        defects=tuple(defects[row.sequence]),
                    )
                )
    return pieces


def confirmed_among(database: Database, sequences: Sequence[int]) -> int:
    """How many of these decisions reviewers found right. Raises StoreError."""
    c = REVIEW_CASES.c
    found = 0
    with database.transaction("look up reviews") as connection:
        for begin in range(0, len(sequences), _CHUNK):
            wanted = select(func.count()).where(
                c.sequence.in_(sequences[begin : begin + _CHUNK]), c.outcome == ReviewOutcome.CONFIRMED.value
            )
            found += int(connection.execute(wanted).scalar_one())
    return found


def _found(connection: Connection, sequences: Sequence[int]) -> tuple[dict[int, list[Defect]], dict[int, float]]:
    """(objects, number of candidates where there were too many), by sequence number."""
    x, r = DEFECTS.c, REASONS.c
    defects: dict[int, list[Defect]] = defaultdict(list)
    columns = [column for column in x if column.name != "mask_png"]
    query = select(*columns).where(x.sequence.between(min(sequences), max(sequences)))
    wanted = set(sequences)
    for row in connection.execute(query.order_by(x.sequence, x.position)):
        if row.sequence in wanted:
            defects[row.sequence].append(_defect(row))
    storms = select(r.sequence, r.measured).where(r.sequence.between(min(sequences), max(sequences)), r.rule == "storm")
    return defects, {int(row.sequence): float(row.measured or 0.0) for row in connection.execute(storms)}


def _defect(row: Any) -> Defect:
    """Without its mask, which no rule looks at."""
    return Defect(
        kind=row.kind,
        score=row.score,
        severity=Severity(row.severity),
        box=Box(row.box_left, row.box_top, row.box_right, row.box_bottom),
        mask=_NO_MASK,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        area_mm2=row.area_mm2,
        contrast_percent=row.contrast_percent,
        snr=row.snr,
        md_mm=row.md_mm,
        cd_mm=row.cd_mm,
        lane=row.lane,
        reaches_leading_edge=bool(row.reaches_leading_edge),
        reaches_trailing_edge=bool(row.reaches_trailing_edge),
        continued=bool(row.continued),
    )
