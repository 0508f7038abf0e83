"""The review queue: which saved frame a reader sees next, and that no two readers see the same one at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select

from inspection.errors import ReviewError
from inspection.review.cases import Case, CaseFilter, Risk, interleaved
from inspection.review.risk import is_drawn, risk_of
from inspection.review.tables import REVIEW_CASES, REVIEW_CLAIMS, REVIEWS
from inspection.store.database import Database
from inspection.store.rows import as_utc, reason_from_row
from inspection.store.schema import DECISIONS, DEFECTS, REASONS, SAVED_FRAMES, is_saved, with_saved_frame
from inspection.values import Reason, Severity, Verdict

HOLD_S = 300.0
"""A case is handed to somebody else when its reader has not answered for so long; at most so long it is claimed."""
SECOND_READER_SHARE = 0.1
_SLACK_S = 60.0
"""Readers look at the clock one after the other, and clocks are steered."""
_TRIES = 5
"""Another reader may claim a case between choosing and claiming; then others are chosen."""
_CHUNK = 200
"""Cases entered at once: so few that the line never waits for it."""


class ReviewQueue:
    """Cases in a database. May be used from several threads."""

    def __init__(self, database: Database, second_reader_share: float = SECOND_READER_SHARE) -> None:
        self._database = database
        self._share = second_reader_share

    def enrol(self, most: int = 100_000) -> int:
        """Make cases of saved frames that are none yet, up to `most` of them. Returns how many.

        To be called now and then, and once at the start: then it may take some seconds, in short transactions.
        """
        done = 0
        while done < most:
            with self._database.transaction("look for saved frames without a case") as connection:
                rows = _new_cases(connection, min(_CHUNK, most - done), self._share)
            if not rows:
                break
            with self._database.transaction("enter cases for review", writes=True) as connection:
                known = select(REVIEW_CASES.c.sequence).where(
                    REVIEW_CASES.c.sequence.in_([row["sequence"] for row in rows])
                )
                there = set(connection.execute(known).scalars())
                if missing := [row for row in rows if row["sequence"] not in there]:
                    connection.execute(insert(REVIEW_CASES), missing)
            done += len(rows)
        return done

    def next_cases(
        self, person: str, count: int = 5, wanted: CaseFilter | None = None, hold_s: float = HOLD_S
    ) -> list[Case]:
        """Up to `count` cases for a reader, claimed for `hold_s`: first those that the person holds already.

        The most risky first, within the same risk the newest; accepts and second readings are mixed in at a steady
        rate (see `interleaved`). A second reader is never the first one, and gets no hint that there was one.
        """
        wanted = wanted or CaseFilter()
        held: list[Case] = []
        for _ in range(_TRIES):
            now = datetime.now(UTC)
            with self._database.transaction("choose cases for review") as connection:
                chosen = _mine(connection, person, wanted, now)[:count]
                if len(chosen) < count:
                    chosen += _candidates(connection, person, wanted, now, count - len(chosen))
            held = self._claim(person, chosen, now, now + timedelta(seconds=hold_s))
            if len(held) == len(chosen):
                break
        return held

    def _claim(self, person: str, sequences: Sequence[int], now: datetime, until: datetime) -> list[Case]:
        """Those of the cases that nobody else has claimed meanwhile."""
        c = REVIEW_CLAIMS.c
        is_over = or_(~_in_force(now), c.person == person)
        with self._database.transaction("claim cases for review", writes=True) as connection:
            connection.execute(delete(REVIEW_CLAIMS).where(c.sequence.in_(sequences), is_over))
            taken = set(connection.execute(select(c.sequence).where(c.sequence.in_(sequences))).scalars())
            free = [sequence for sequence in sequences if sequence not in taken]
            if free:
                rows = [{"sequence": sequence, "person": person, "until_utc": until} for sequence in free]
                connection.execute(insert(REVIEW_CLAIMS), rows)
            return _cases(connection, free, until)

    def case(self, sequence: int) -> Case | None:
        """One case, however it stands; None where a decision has none."""
        with self._database.transaction("read a case") as connection:
            found = _cases(connection, [sequence], None)
        return found[0] if found else None

    def release(self, person: str, sequences: Sequence[int] | None = None) -> None:
        """Give back what a person holds, all of it or these."""
        c = REVIEW_CLAIMS.c
        query = delete(REVIEW_CLAIMS).where(c.person == person)
        if sequences is not None:
            query = query.where(c.sequence.in_(sequences))
        with self._database.transaction("give cases back", writes=True) as connection:
            connection.execute(query)

    def waiting(self, wanted: CaseFilter | None = None) -> Mapping[Risk, int]:
        """How many cases nobody has answered, by risk; claimed ones count, too."""
        c = REVIEW_CASES.c
        query = (
            select(c.risk, func.count())
            .where(c.first_answer.is_(None), *_conditions(wanted or CaseFilter()))
            .group_by(c.risk)
        )
        with self._database.transaction("count what waits for review") as connection:
            found = {Risk(risk): int(count) for risk, count in connection.execute(query)}
        return {risk: found.get(risk, 0) for risk in Risk}

    def claim(self, person: str, sequence: int, hold_s: float = HOLD_S) -> Case:
        """Hand a certain case to a reader, however it stands. Raises ReviewError: no case, or somebody else has it."""
        if self.case(sequence) is None:
            raise ReviewError(
                f"Decision {sequence} is no case for review: there is no such decision, or its frame was not saved."
            )
        now = datetime.now(UTC)
        held = self._claim(person, [sequence], now, now + timedelta(seconds=hold_s))
        if not held:
            raise ReviewError(
                f"{self.claims().get(sequence, 'Somebody else')} is looking at decision {sequence}. Try again later."
            )
        return held[0]

    def waiting_for_second(self, person: str | None = None, wanted: CaseFilter | None = None) -> int:
        """How many cases wait for their second reader; with `person` those that this person may read."""
        c = REVIEW_CASES.c
        query = select(func.count()).where(
            c.is_double.is_(True),
            c.second_answer.is_(None),
            c.first_answer.is_not(None),
            *_conditions(wanted or CaseFilter()),
        )
        if person is not None:
            query = query.where(c.first_person != person)
        with self._database.transaction("count second readings") as connection:
            return int(connection.execute(query).scalar() or 0)

    def claims(self) -> Mapping[int, str]:
        """Who holds which case now."""
        c = REVIEW_CLAIMS.c
        with self._database.transaction("read claims") as connection:
            rows = connection.execute(select(c.sequence, c.person).where(_in_force(datetime.now(UTC))))
            return {int(sequence): person for sequence, person in rows}


def _in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a claim holds now. One that ends too late was made before somebody set the clock back: it is over."""
    return REVIEW_CLAIMS.c.until_utc.between(now, now + timedelta(seconds=HOLD_S + _SLACK_S))


def _mine(connection: Connection, person: str, wanted: CaseFilter, now: datetime) -> list[int]:
    claim, c = REVIEW_CLAIMS.c, REVIEW_CASES.c
    query = (
        select(claim.sequence)
        .join(REVIEW_CASES, c.sequence == claim.sequence)
        .where(claim.person == person, _in_force(now), *_conditions(wanted))
        .order_by(c.risk, claim.sequence.desc())
    )
    return list(connection.execute(query).scalars())


def _candidates(connection: Connection, person: str, wanted: CaseFilter, now: datetime, count: int) -> list[int]:
    c, claim = REVIEW_CASES.c, REVIEW_CLAIMS.c
    held = select(claim.sequence).where(claim.sequence == c.sequence, _in_force(now)).exists()
    base = (
        select(c.sequence)
        .join(DECISIONS, DECISIONS.c.sequence == c.sequence)
        .join(SAVED_FRAMES, is_saved())
        .where(~held, *_conditions(wanted))
        .order_by(c.sequence.desc())
        .limit(count)
    )
    is_open = and_(c.first_answer.is_(None), or_(c.second_person.is_(None), c.second_person != person))
    risky: list[int] = []
    for risk in list(Risk)[:-1]:
        if len(risky) < count:
            risky += connection.execute(base.where(is_open, c.risk == risk.value)).scalars()
    accepts = list(connection.execute(base.where(is_open, c.risk == Risk.ACCEPT_SAMPLE.value)).scalars())
    second = base.where(
        c.is_double.is_(True), c.second_answer.is_(None), c.first_answer.is_not(None), c.first_person != person
    )
    seconds = list(connection.execute(second).scalars())
    given_out = int(connection.execute(select(func.max(REVIEWS.c.number))).scalar() or 0)
    held_now = int(connection.execute(select(func.count()).where(_in_force(now))).scalar() or 0)
    return interleaved(risky, accepts, seconds, count, given_out + held_now)


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    c, d = REVIEW_CASES.c, DEFECTS.c
    found: list[ColumnElement[bool]] = []
    if wanted.verdicts:
        found.append(c.verdict.in_([verdict.value for verdict in wanted.verdicts]))
    if wanted.spans:
        found.append(or_(*(c.sequence.between(first, last) for first, last in wanted.spans)))
    if wanted.kinds or wanted.lanes:
        of_kind: Select[Any] = select(d.sequence).where(d.sequence == c.sequence)
        if wanted.kinds:
            of_kind = of_kind.where(d.kind.in_(wanted.kinds))
        if not wanted.lanes:
            found.append(of_kind.exists())
        else:
            # A lane that is decided by itself is that lane, whatever was found in it.
            decided = DECISIONS.alias("decided")
            its = select(decided.c.sequence).where(decided.c.sequence == c.sequence)
            whole, own = its.where(decided.c.lane == 0), its.where(decided.c.lane.in_(wanted.lanes))
            there = and_(whole.exists(), of_kind.where(d.lane.in_(wanted.lanes)).exists())
            found.append(or_(there, and_(own.exists(), of_kind.exists()) if wanted.kinds else own.exists()))
    return found


def _cases(connection: Connection, sequences: Sequence[int], until: datetime | None) -> list[Case]:
    """In the order of `sequences`."""
    c = REVIEW_CASES.c
    rows = connection.execute(select(c.sequence, c.verdict, c.risk).where(c.sequence.in_(sequences)))
    found = {int(s): Case(int(s), Verdict(verdict), Risk(risk), until and as_utc(until)) for s, verdict, risk in rows}
    return [found[sequence] for sequence in sequences if sequence in found]


def _new_cases(connection: Connection, most: int, share: float) -> list[dict[str, Any]]:
    d, r, x = DECISIONS.c, REASONS.c, DEFECTS.c
    case = REVIEW_CASES.c
    fresh = (
        select(d.sequence, d.verdict, d.severity)
        .where(d.sequence.in_(with_saved_frame()), ~select(case.sequence).where(case.sequence == d.sequence).exists())
        .order_by(d.sequence.desc())
        .limit(most)
    )
    found = connection.execute(fresh).all()
    sequences = [int(sequence) for sequence, _, _ in found]
    reasons: dict[int, list[Reason]] = {}
    for row in connection.execute(select(REASONS).where(r.sequence.in_(sequences))):
        reasons.setdefault(int(row.sequence), []).append(reason_from_row(row._asdict()))
    defects: dict[int, dict[int, tuple[str, float]]] = {}
    seen = select(x.sequence, x.position, x.kind, x.score).where(x.sequence.in_(sequences))
    for sequence, place, kind, score in connection.execute(seen):
        defects.setdefault(int(sequence), {})[int(place)] = (kind, float(score))
    rows = []
    for number, word, grave in found:
        verdict, severity = Verdict(word), Severity(grave) if grave else None
        risk = risk_of(verdict, severity, reasons.get(number, []), defects.get(number, {}))
        rows.append(
            {
                "sequence": int(number),
                "verdict": verdict.value,
                "risk": risk.value,
                "is_double": is_drawn(int(number), share),
            }
        )
    return rows
