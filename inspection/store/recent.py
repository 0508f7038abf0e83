"""What the line did last, read from the store: the newest decisions without their pixels, counts, and a course by
minute. It asks for what is new only, so that looking once a second costs next to nothing.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from inspection.store.database import Database
from inspection.store.rows import as_utc, reason_from_row
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, REASONS, SAVED_FRAMES, STATION_RUNS, is_saved
from inspection.values import Artefact, Box, Reason, Severity, Verdict

BLOCKS = 240
REJECTS = 12
MINUTES = 60
_CHUNK = 500
_SPEED_BLOCKS = 12


@dataclass(frozen=True, slots=True)
class RecentDecision:
    """One decision, as far as an overview needs it."""

    sequence: int
    camera: str
    run: int
    number: int
    verdict: Verdict
    severity: Severity | None
    start_mm: float | None
    length_mm: float | None
    piece_id: str | None
    captured_utc: datetime
    decided_utc: datetime
    latency_ms: float
    deadline_met: bool
    rules: tuple[str, ...] = ()
    """Rules of its reasons; empty for ACCEPT."""
    reason: Reason | None = None
    """The first one; None for ACCEPT."""
    kinds: tuple[str, ...] = ()
    """Kinds that its reasons name."""
    lanes: frozenset[int] = frozenset()
    """In which the defects lie that its reasons are about; empty: nobody can tell."""
    box: Box | None = None
    """Around the first of them, of the first reason that has any."""
    place: int | None = None
    """Its place among the decision's defects."""
    lane: int | None = None
    """The lane that it is about; None: the whole width."""
    piece: int = 0
    """Number of its piece, the same for all lanes of a stretch; 0: not counted."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What was decided within a minute."""

    start_utc: datetime
    verdicts: Mapping[Verdict, int]
    longest_ms: float
    """Latency."""
    missed: int
    """Decisions after their deadline."""

    @property
    def total(self) -> int:
        """Decisions."""
        return sum(self.verdicts.values())

    def part(self, verdict: Verdict) -> float | None:
        """Part of the decisions with this verdict, None where there were none."""
        return self.verdicts.get(verdict, 0) / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Run:
    """A start of the station."""

    number: int
    station: str
    started_utc: datetime
    recipe: Artefact
    model: Artefact


@dataclass(frozen=True, slots=True)
class Recent:
    """What the line did last; frozen, for all who look."""

    run: Run | None
    """The last start of the station; None: it never ran."""
    blocks: tuple[RecentDecision, ...]
    """The newest, oldest first; all cameras."""
    rejects: tuple[RecentDecision, ...]
    """The newest that were not accepted, newest first."""
    pictured: frozenset[int]
    """Sequence numbers of those whose frame is kept."""
    verdicts: Mapping[Verdict, int]
    """Since the start of the station."""
    kinds: Mapping[str, int]
    """Decisions since the start of the station whose reasons name a kind, by kind."""
    minutes: tuple[Minute, ...]
    """The last hour's, oldest first; minutes without decisions are left out."""

    @property
    def newest(self) -> RecentDecision | None:
        """The last decision, None where there is none."""
        return self.blocks[-1] if self.blocks else None

    @property
    def speed_m_min(self) -> float | None:
        """Speed of the web at the first camera, over the last blocks; None where they don't tell."""
        return speed_m_min(self.blocks)


@dataclass(slots=True)
class _Course:
    """Gathers a minute."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    longest_ms: float = 0.0
    missed: int = 0


class RecentLine:
    """Reads what is new at each `update`. Used by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run: Run | None = None
        self._last = 0
        self._blocks: deque[RecentDecision] = deque(maxlen=BLOCKS)
        self._rejects: deque[RecentDecision] = deque(maxlen=REJECTS)
        self._verdicts: Counter[Verdict] = Counter()
        self._kinds: Counter[str] = Counter()
        self._minutes: dict[datetime, _Course] = {}

    def update(self) -> Recent:
        """Look once. Raises StoreError."""
        with self._database.transaction("read the newest decisions") as connection:
            number = int(connection.execute(select(func.max(STATION_RUNS.c.id))).scalar() or 0)
            if number and (self._run is None or self._run.number != number):
                self._begin(connection, number)
            while new := self._read(connection):
                for block in new:
                    self._take(block)
            shown = [block.sequence for block in self._rejects]
            pictured = frozenset(
                connection.execute(
                    select(DECISIONS.c.sequence).join(SAVED_FRAMES, is_saved()).where(DECISIONS.c.sequence.in_(shown))
                ).scalars()
            )
        self._forget(datetime.now(UTC))
        return Recent(
            run=self._run,
            blocks=tuple(self._blocks),
            rejects=tuple(reversed(self._rejects)),
            pictured=pictured,
            verdicts=dict(self._verdicts),
            kinds=dict(self._kinds.most_common()),
            minutes=tuple(
                Minute(start, dict(course.verdicts), course.longest_ms, course.missed)
                for start, course in sorted(self._minutes.items())
            ),
        )

    def _begin(self, connection: Connection, number: int) -> None:
        """Take up a start of the station: what it has counted so far comes from the database at once."""
        is_first_look = self._run is None
        self._run = _run(connection, number)
        self._verdicts.clear()
        self._kinds.clear()
        if not is_first_look:
            return  # all that was decided since is read as new
        d = DECISIONS.c
        self._last = int(connection.execute(select(func.max(d.sequence))).scalar() or 0)
        first = connection.execute(select(func.min(d.sequence)).where(d.station_run_id == number)).scalar()
        if first is not None:
            counts = connection.execute(
                select(d.verdict, func.count()).where(d.sequence >= first, d.sequence <= self._last).group_by(d.verdict)
            )
            self._verdicts.update({Verdict(verdict): count for verdict, count in counts})
            r = REASONS.c
            kinds = connection.execute(
                select(r.kind, func.count(r.sequence.distinct()))
                .where(r.sequence >= first, r.sequence <= self._last, r.kind.is_not(None))
                .group_by(r.kind)
            )
            self._kinds.update({row.kind: row[1] for row in kinds})
        self._blocks.extend(_blocks(connection, self._newest(connection, BLOCKS)))
        self._rejects.extend(_blocks(connection, self._newest(connection, REJECTS, is_reject=True)))
        since, until = _hour_to(datetime.now(UTC))
        course = connection.execute(
            select(d.decided_utc, d.verdict, d.latency_ms, d.deadline_met).where(d.decided_utc.between(since, until))
        )
        for decided, verdict, latency_ms, deadline_met in course:
            self._note(as_utc(decided), Verdict(verdict), latency_ms, is_late=not deadline_met)

    def _newest(self, connection: Connection, count: int, *, is_reject: bool = False) -> list[int]:
        d = DECISIONS.c
        query = select(d.sequence).order_by(d.sequence.desc()).limit(count)
        if is_reject:
            # The two halves each use the index by verdict.
            halves = [
                connection.execute(query.where(d.verdict == verdict.value)).scalars().all()
                for verdict in (Verdict.REJECT, Verdict.UNINSPECTED)
            ]
            return sorted(sequence for half in halves for sequence in half)[-count:]
        return sorted(connection.execute(query).scalars())

    def _read(self, connection: Connection) -> list[RecentDecision]:
        d = DECISIONS.c
        query = select(d.sequence).where(d.sequence > self._last).order_by(d.sequence).limit(_CHUNK)
        new = _blocks(connection, connection.execute(query).scalars().all())
        if new:
            self._last = new[-1].sequence
        return new

    def _take(self, block: RecentDecision) -> None:
        self._blocks.append(block)
        self._verdicts[block.verdict] += 1
        self._kinds.update(block.kinds)
        if block.verdict is not Verdict.ACCEPT:
            self._rejects.append(block)
        self._note(block.decided_utc, block.verdict, block.latency_ms, is_late=not block.deadline_met)

    def _note(self, decided: datetime, verdict: Verdict, latency_ms: float, *, is_late: bool) -> None:
        course = self._minutes.setdefault(decided.replace(second=0, microsecond=0), _Course())
        course.verdicts[verdict] += 1
        course.longest_ms = max(course.longest_ms, latency_ms)
        course.missed += is_late

    def _forget(self, now: datetime) -> None:
        since, until = _hour_to(now)
        self._minutes = {start: course for start, course in self._minutes.items() if since <= start <= until}


def _hour_to(now: datetime) -> tuple[datetime, datetime]:
    """What the course by minute shows; nothing later than now, which is left where the clock was set back."""
    return now - timedelta(minutes=MINUTES), now + timedelta(minutes=1)


def speed_m_min(blocks: Sequence[RecentDecision]) -> float | None:
    """Web speed over the last blocks of the newest block's camera; None where positions or times don't tell.

    >>> now = datetime(2030, 1, 2, tzinfo=UTC)
    >>> def block(n):
    ...     at = now + timedelta(seconds=0.1 * n)
    ...     return RecentDecision(n, "cam0", 1, n, Verdict.ACCEPT, None, 50.0 * n, 50.0, None, at, at, 40.0, True)
    >>> round(speed_m_min([block(n) for n in range(5)]), 3)
    30.0
    """
    if not blocks:
        return None
    newest = blocks[-1]
    of_newest = (newest.camera, newest.run, newest.lane)
    same = [b for b in blocks if (b.camera, b.run, b.lane) == of_newest and b.start_mm is not None][-_SPEED_BLOCKS:]
    if len(same) < 2 or same[0].start_mm is None or same[-1].start_mm is None:
        return None
    seconds = (same[-1].captured_utc - same[0].captured_utc).total_seconds()
    if seconds <= 0:
        return None
    return max(0.0, (same[-1].start_mm - same[0].start_mm) / 1000.0 / (seconds / 60.0))


def _run(connection: Connection, number: int) -> Run:
    recipe, model = ARTEFACTS.alias("recipe"), ARTEFACTS.alias("model")
    r = STATION_RUNS.c
    row = connection.execute(
        select(
            r.station,
            r.started_utc,
            *(recipe.c[n].label(f"recipe_{n}") for n in ("name", "version", "sha256")),
            *(model.c[n].label(f"model_{n}") for n in ("name", "version", "sha256")),
        )
        .join(recipe, r.recipe_id == recipe.c.id)
        .join(model, r.model_id == model.c.id)
        .where(r.id == number)
    ).one()
    return Run(
        number,
        row.station,
        as_utc(row.started_utc),
        Artefact(row.recipe_name, row.recipe_version, row.recipe_sha256),
        Artefact(row.model_name, row.model_version, row.model_sha256),
    )


def _blocks(connection: Connection, sequences: Sequence[int]) -> list[RecentDecision]:
    """These decisions, in order; reasons and defects are read of those alone that were not accepted."""
    if not sequences:
        return []
    d, r, f = DECISIONS.c, REASONS.c, DEFECTS.c
    rows = connection.execute(select(DECISIONS).where(d.sequence.in_(sequences)).order_by(d.sequence)).mappings().all()
    rejected = [row["sequence"] for row in rows if row["verdict"] != Verdict.ACCEPT]
    reasons = _by_sequence(
        connection.execute(select(REASONS).where(r.sequence.in_(rejected)).order_by(r.sequence, r.position))
    )
    defects = _by_sequence(
        connection.execute(
            select(f.sequence, f.position, f.lane, f.box_left, f.box_top, f.box_right, f.box_bottom)
            .where(f.sequence.in_(rejected))
            .order_by(f.sequence, f.position)
        )
    )
    return [_block(row, reasons.get(row["sequence"], []), defects.get(row["sequence"], [])) for row in rows]


def _by_sequence(rows: Iterable[Any]) -> dict[int, list[Any]]:
    return {sequence: list(several) for sequence, several in groupby(rows, lambda row: row.sequence)}


def _block(row: Mapping[Any, Any], rows: Sequence[Any], defects: Sequence[Any]) -> RecentDecision:
    reasons = [reason_from_row(each._asdict()) for each in rows]
    by_place = {int(defect.position): defect for defect in defects}
    guilty = [by_place[place] for reason in reasons for place in reason.defects if place in by_place]
    lanes = frozenset(int(defect.lane) for defect in guilty if defect.lane is not None)
    is_everywhere = any(not reason.defects for reason in reasons) or any(defect.lane is None for defect in guilty)
    first = guilty[0] if guilty else None
    return RecentDecision(
        sequence=int(row["sequence"]),
        camera=row["camera"],
        run=int(row["run"]),
        number=int(row["number"]),
        verdict=Verdict(row["verdict"]),
        severity=Severity(row["severity"]) if row["severity"] else None,
        start_mm=row["start_mm"],
        length_mm=row["length_mm"],
        piece_id=row["piece_id"],
        captured_utc=as_utc(row["captured_utc"]),
        decided_utc=as_utc(row["decided_utc"]),
        latency_ms=row["latency_ms"],
        deadline_met=bool(row["deadline_met"]),
        rules=tuple(reason.rule for reason in reasons),
        reason=reasons[0] if reasons else None,
        kinds=tuple(dict.fromkeys(reason.kind for reason in reasons if reason.kind)),
        lanes=frozenset({int(row["lane"])}) if row["lane"] else frozenset() if is_everywhere else lanes,
        box=Box(first.box_left, first.box_top, first.box_right, first.box_bottom) if first else None,
        place=int(first.position) if first else None,
        lane=int(row["lane"]) or None,
        piece=max(0, int(row["piece_number"])),
    )
