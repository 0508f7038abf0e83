"""What the store says of the decisions of a shift. Each goes by the decision's own time, however the clock was set."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, REASONS
from inspection.values import Artefact, Verdict

_MOST_REASONS = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Decisions alike: of one camera, by one recipe and model, with one verdict."""

    camera: str
    verdict: Verdict
    recipe: Artefact
    model: Artefact
    pieces: int
    metres: float
    """Metres of web, of those whose length is known. A lane of several that are decided one by one has its share."""
    without_length: int
    """Pieces whose length nobody knows: frames that were lost, sheets of unknown place."""
    first_utc: datetime
    """When the first was decided."""
    last_utc: datetime


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Pieces for which a reason was given."""

    rule: str
    kind: str | None
    """Kind of the object; None: the rule is about none."""
    pieces: int


class ShiftCounts:
    """The decisions made from one time on and before another one."""

    def __init__(self, database: Database, began: datetime, ends: datetime) -> None:
        self._database = database
        self._began, self._ends = began, ends
        self._is_within = (DECISIONS.c.decided_utc >= began) & (DECISIONS.c.decided_utc < ends)

    def parts(self) -> tuple[Part, ...]:
        """All of them, added up. Raises StoreError."""
        d = DECISIONS.c
        alike = (d.camera, d.verdict, d.recipe_id, d.model_id)
        stretches = (
            select(d.station_run_id, d.piece_number, func.count().label("lanes"))
            .where(self._is_within, d.lane > 0)
            .group_by(d.station_run_id, d.piece_number)
            .subquery()
        )
        is_its = (stretches.c.station_run_id == d.station_run_id) & (stretches.c.piece_number == d.piece_number)
        web_mm = d.length_mm / func.coalesce(stretches.c.lanes, 1)
        query = (
            select(
                *alike, func.count(), func.sum(web_mm), func.count(d.length_mm),
                func.min(d.decided_utc), func.max(d.decided_utc),
            )
            .select_from(DECISIONS.outerjoin(stretches, is_its))
            .where(self._is_within)
            .group_by(*alike)
            .order_by(*alike)
        )  # fmt: skip
        with self._database.transaction("count the decisions of a shift") as connection:
            rows = connection.execute(query).all()
            named = _artefacts(connection, {key for row in rows for key in (row.recipe_id, row.model_id)})
        return tuple(
            Part(
                str(camera), Verdict(verdict), named[recipe], named[model], int(pieces), (length_mm or 0.0) / 1000.0,
                int(pieces) - int(with_length), as_utc(first), as_utc(last),
            )
            for camera, verdict, recipe, model, pieces, length_mm, with_length, first, last in rows
        )  # fmt: skip

    def reasons(self, verdict: Verdict) -> tuple[ReasonCount, ...]:
        """Why pieces were rejected or not inspected, the most frequent first; a piece counts once for each reason.

        What was found in a piece is why it is rejected, never why it was not inspected: only such reasons are grave.
        Raises StoreError.
        """
        d, r = DECISIONS.c, REASONS.c
        count = func.count(r.sequence.distinct())
        query = (
            select(r.rule, r.kind, count)
            .join(DECISIONS, d.sequence == r.sequence)
            .where(self._is_within, d.verdict == verdict.value)
            .where(r.severity.is_(None) if verdict is Verdict.UNINSPECTED else r.severity.is_not(None))
            .group_by(r.rule, r.kind)
            .order_by(count.desc(), r.rule)
            .limit(_MOST_REASONS)
        )
        with self._database.transaction("count the reasons of a shift") as connection:
            return tuple(ReasonCount(str(rule), kind, int(pieces)) for rule, kind, pieces in connection.execute(query))

    def silences(self, least: timedelta) -> tuple[tuple[datetime, datetime], ...]:
        """From when to when nothing was decided, for at least `least`. Raises StoreError."""
        d = DECISIONS.c
        found, at, is_first = [], self._began, True
        with self._database.transaction("look for times without decisions") as connection:
            # A few steps through the index for each `least` of the shift, instead of a look at every decision.
            while at < self._ends:
                is_later = d.decided_utc >= at if is_first else d.decided_utc > at
                stored = connection.execute(select(func.min(d.decided_utc)).where(is_later)).scalar()
                following = self._ends if stored is None else min(as_utc(stored), self._ends)
                if following - at >= least:
                    found.append((at, following))
                query = select(func.max(d.decided_utc)).where(
                    d.decided_utc < min(following + least, self._ends), d.decided_utc >= following
                )
                stored, is_first = connection.execute(query).scalar(), False
                at = self._ends if stored is None else as_utc(stored)
        return tuple(found)


def _artefacts(connection: Connection, keys: set[int]) -> dict[int, Artefact]:
    a = ARTEFACTS.c
    rows = connection.execute(select(a.id, a.name, a.version, a.sha256).where(a.id.in_(keys)))
    return {int(key): Artefact(name, version, sha256) for key, name, version, sha256 in rows}
