"""Counts out of the database, for charts and estimates. Every one is over a span of decisions."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import fmean, stdev

from sqlalchemy import ColumnElement, Connection, Integer, and_, cast, func, or_, select

from inspection.quality.agreement import Agreement, agreement
from inspection.quality.control_charts import DimensionGroup, Subgroup
from inspection.quality.estimates import Tally
from inspection.quality.shifts import shift_at
from inspection.review.cases import ReviewOutcome, Risk
from inspection.review.tables import REVIEW_CASES, REVIEWS, ROLL_CHANGES
from inspection.rolls.roll_defects import guilty_places
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, DIMENSIONS, REASONS, SIGHTINGS, STATION_RUNS
from inspection.store.spans import Span, first_at, last_before, next_time, whole_span
from inspection.values import Verdict

_MOST_SIZES = 50_000
_SETTLED = timedelta(minutes=1)
"""After so long no decision is amended any more."""
_SAMPLE = 25
"""Decisions of a subgroup of an X-bar chart."""


@dataclass(frozen=True, slots=True)
class Group:
    """A roll, shift, lane, recipe or model, and what was decided of it."""

    name: str
    accepted: int
    rejected: int
    uninspected: int

    @property
    def reject_rate(self) -> float | None:
        """Rejects among inspected pieces; None when none was inspected."""
        inspected = self.accepted + self.rejected
        return self.rejected / inspected if inspected else None


class Figures:
    """Statistics of a database. May be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def whole(self) -> Span:
        """All decisions there are; (1, 0) in an empty store."""
        return whole_span(self._database)

    def mark(self) -> tuple[int, ...] | None:
        """Something that has another value as soon as any figure may have changed. None: the line is deciding."""
        d, r, c, roll, run = DECISIONS.c, REVIEWS.c, REVIEW_CASES.c, ROLL_CHANGES.c, STATION_RUNS.c
        newest = select(d.sequence, d.decided_utc).order_by(d.sequence.desc()).limit(1)
        with self._database.transaction("see whether figures have changed") as connection:
            last = connection.execute(newest).one_or_none()
            if last is None or datetime.now(UTC) - as_utc(last.decided_utc) < _SETTLED:
                return None
            counts = (func.max(r.number), func.count(c.sequence), func.max(roll.id), func.max(run.id))
            return (int(last.sequence), *(int(connection.execute(select(each)).scalar() or 0) for each in counts))

    def verdicts(self, span: Span) -> Group:
        """How many of each."""
        with self._database.transaction("count verdicts") as connection:
            return _group(connection, "all", span)

    def by_spans(self, named: Sequence[tuple[str, Span]]) -> list[Group]:
        """For each of these spans, for example of rolls."""
        with self._database.transaction("count verdicts") as connection:
            return [_group(connection, name, span) for name, span in named]

    def by_shift(self, span: Span, zone: tzinfo) -> list[Group]:
        """For each shift in which something was decided, by the time of the decision; one that the clock came back to
        after it was set stands where it began first.
        """
        d = DECISIONS.c
        with self._database.transaction("count verdicts by shift") as connection:
            ends = [
                connection.execute(select(d.decided_utc).where(d.sequence == number)).scalar()
                for number in (span.first_sequence, span.last_sequence)
            ]
            if ends[0] is None or ends[1] is None:
                return []
            parts: list[tuple[str, Span]] = []
            moment: datetime | None = as_utc(ends[0])
            while moment is not None and moment <= as_utc(ends[1]):
                shift = shift_at(moment, zone)
                moment = next_time(connection, shift.ends)
                first = max(first_at(connection, shift.began, span), span.first_sequence)
                last = min(last_before(connection, shift.ends, span), span.last_sequence)
                if first <= last:
                    parts.append((shift.name, Span(first, last)))
            are_in_turn = all(a.last_sequence < b.first_sequence for (_, a), (_, b) in itertools.pairwise(parts))
            groups = [_group(connection, name, part) for name, part in parts] if are_in_turn else []
            counted = sum(group.accepted + group.rejected + group.uninspected for group in groups)
            whole = _group(connection, "all", span)
            if counted == whole.accepted + whole.rejected + whole.uninspected:
                return groups
            return _by_each_time(connection, span, zone)  # somebody has set the clock meanwhile

    def by_recipe(self, span: Span) -> list[Group]:
        """For each recipe that judged something."""
        return self._by_artefact(span, DECISIONS.c.recipe_id)

    def by_model(self, span: Span) -> list[Group]:
        """For each model that judged something."""
        return self._by_artefact(span, DECISIONS.c.model_id)

    def by_lane(self, span: Span) -> list[Group]:
        """For each lane, its own decisions where lanes are decided one by one.

        Of pieces over the whole width, which show all lanes, the rejects with a guilty defect there.
        """
        x, r, d = DEFECTS.c, REASONS.c, DECISIONS.c
        with self._database.transaction("count rejects by lane") as connection:
            own: dict[int, Counter[str]] = {}
            whole: Counter[str] = Counter()
            counts = (
                select(d.lane, d.verdict, func.count())
                .where(d.sequence.between(span.first_sequence, span.last_sequence))
                .group_by(d.lane, d.verdict)
            )
            for lane, verdict, count in connection.execute(counts):
                (own.setdefault(int(lane), Counter()) if lane else whole)[verdict] += count
            inspected = whole[Verdict.ACCEPT.value] + whole[Verdict.REJECT.value]
            guilty = guilty_places(connection)
            query = (
                select(x.lane, func.count(x.sequence.distinct()))
                .select_from(REASONS.join(DECISIONS, d.sequence == r.sequence), guilty, DEFECTS)
                .where(x.sequence == r.sequence, x.position == cast(guilty.c.value, Integer), x.lane.is_not(None))
                .where(r.sequence.between(span.first_sequence, span.last_sequence), d.verdict == Verdict.REJECT.value)
                .where(d.lane == 0)
                .group_by(x.lane)
            )
            rejected = {int(lane): int(count) for lane, count in connection.execute(query)}
        groups = []
        for lane in sorted({*rejected, *own}):
            of_whole, its = rejected.get(lane, 0), own.get(lane, Counter())
            groups.append(
                Group(
                    str(lane),
                    inspected - of_whole + its[Verdict.ACCEPT.value],
                    of_whole + its[Verdict.REJECT.value],
                    whole[Verdict.UNINSPECTED.value] + its[Verdict.UNINSPECTED.value],
                )
            )
        return groups

    def reject_kinds(self, span: Span, lane: int | None = None) -> dict[str, int]:
        """Rejected pieces by the kind that they were rejected for; one may count for several kinds.

        Reasons without a kind count by their rule (cluster, storm). With a lane those that are about it, or about a
        defect in it.
        """
        r, d, x = REASONS.c, DECISIONS.c, DEFECTS.c
        name = func.coalesce(r.kind, r.rule)
        query = (
            select(name, func.count(r.sequence.distinct()))
            .join(DECISIONS, d.sequence == r.sequence)
            .where(r.sequence.between(span.first_sequence, span.last_sequence), d.verdict == Verdict.REJECT.value)
            .group_by(name)
        )
        with self._database.transaction("count rejects by kind") as connection:
            if lane is not None:
                guilty = guilty_places(connection)
                there = select(x.sequence).where(
                    x.sequence == r.sequence, x.position == cast(guilty.c.value, Integer), x.lane == lane
                )
                query = query.where(or_(d.lane == lane, and_(d.lane == 0, there.correlate(REASONS).exists())))
            return {str(word): int(count) for word, count in connection.execute(query)}

    def subgroups(self, span: Span, points: int = 60, smallest: int = 25) -> list[Subgroup]:
        """The span in about `points` parts of the same number of consecutive decisions, for a p-chart.

        With parts of fewer than `smallest` decisions a share says nothing: then there are fewer points.
        """
        d = DECISIONS.c
        size = max(smallest, _size(span, points))
        part = (d.sequence - span.first_sequence) // size
        query = (
            select(part, d.verdict, func.count(), func.min(d.sequence))
            .where(d.sequence.between(span.first_sequence, span.last_sequence))
            .group_by(part, d.verdict)
        )
        parts: dict[int, dict[str, int]] = {}
        firsts: dict[int, int] = {}
        with self._database.transaction("count rejects over time") as connection:
            for number, verdict, count, first in connection.execute(query):
                parts.setdefault(int(number), {})[verdict] = int(count)
                firsts[int(number)] = min(int(first), firsts.get(int(number), int(first)))
            times = _times(connection, firsts.values())
        groups = []
        for number, counts in sorted(parts.items()):
            rejected, accepted = (counts.get(verdict.value, 0) for verdict in (Verdict.REJECT, Verdict.ACCEPT))
            first = firsts[number]
            last = min(span.first_sequence + (number + 1) * size - 1, span.last_sequence)
            uninspected = counts.get(Verdict.UNINSPECTED.value, 0)
            groups.append(Subgroup(first, last, times[first], accepted + rejected, rejected, uninspected))
        return groups

    def dimension_codes(self) -> list[str]:
        """All that were ever measured."""
        codes: list[str] = []
        c = DIMENSIONS.c
        with self._database.transaction("list dimensions") as connection:
            # One step through the index for each code, instead of a look at every value.
            code = connection.execute(select(func.min(c.code))).scalar()
            while code is not None:
                codes.append(str(code))
                code = connection.execute(select(func.min(c.code)).where(c.code > code)).scalar()
        return codes

    def dimension_groups(self, span: Span, code: str, points: int = 60) -> list[DimensionGroup]:
        """Means and scatter of a dimension for an X-bar chart: the span in about `points` parts, and of each part the
        first 25 decisions, for a subgroup is a sample of neighbours.
        """
        c = DIMENSIONS.c
        size = _size(span, points)
        firsts = range(span.first_sequence, span.last_sequence + 1, size)
        wanted = [n for first in firsts for n in range(first, min(first + min(size, _SAMPLE), span.last_sequence + 1))]
        query = select(c.sequence, c.value_mm).where(c.sequence.in_(wanted), c.code == code).order_by(c.sequence)
        parts: dict[int, list[tuple[int, float]]] = {}
        with self._database.transaction("average a dimension over time") as connection:
            for sequence, value in connection.execute(query):
                parts.setdefault((int(sequence) - span.first_sequence) // size, []).append((int(sequence), value))
            times = _times(connection, [several[0][0] for several in parts.values()])
        groups = []
        for several in parts.values():
            values = [value for _, value in several]
            scatter = stdev(values) if len(values) > 1 else 0.0
            first, last = several[0][0], several[-1][0]
            groups.append(DimensionGroup(first, last, times[first], len(values), fmean(values), scatter))
        return groups

    def sizes(self, span: Span, kind: str | None = None, lane: int | None = None) -> list[float]:
        """Diameters in mm of defects, nuisance left out; of the newest 50,000 if there are more.

        An object over the border of two lanes that are decided one by one counts in the lane that its middle lies in;
        one over the border of two sheets, or of two pieces that several cameras see, in the first one.
        """
        x, d = DEFECTS.c, DECISIONS.c
        query = select(x.diameter_mm).where(x.sequence.between(span.first_sequence, span.last_sequence))
        query = query.where(~x.kind.startswith("N") if kind is None else x.kind == kind)
        s = SIGHTINGS.c
        is_whole = ~select(s.place).where(s.sequence == x.sequence, s.position == x.position).exists()
        query = query.where(or_(x.continued.is_(False), is_whole))
        if lane is not None:
            query = query.where(x.lane == lane)
        with self._database.transaction("read sizes") as connection:
            of_lanes = select(d.sequence).where(d.sequence.between(span.first_sequence, span.last_sequence), d.lane > 0)
            if connection.execute(of_lanes.limit(1)).first() is not None:
                is_its_own = or_(d.lane == 0, x.lane.is_(None), x.lane == d.lane)
                query = query.join(DECISIONS, d.sequence == x.sequence).where(is_its_own)
            return list(connection.execute(query.order_by(x.sequence.desc()).limit(_MOST_SIZES)).scalars())

    def tallies(self, span: Span) -> dict[Risk, Tally]:
        """Decisions by risk with the outcomes of their reviews. Rejects whose frames were not saved are spread over
        the risks as the saved ones are.
        """
        c = REVIEW_CASES.c
        query = (
            select(c.risk, c.outcome, func.count())
            .where(c.sequence.between(span.first_sequence, span.last_sequence))
            .group_by(c.risk, c.outcome)
        )
        with self._database.transaction("count outcomes of reviews") as connection:
            verdicts = _group(connection, "all", span)
            rows = connection.execute(query).all()
        cases: dict[Risk, int] = dict.fromkeys(Risk, 0)
        outcomes: dict[Risk, dict[ReviewOutcome, int]] = {risk: {} for risk in Risk}
        for number, word, count in rows:
            risk = Risk(number)
            cases[risk] += count
            if word is not None:
                outcomes[risk][ReviewOutcome(word)] = int(count)
        whole = {Risk.ACCEPT_SAMPLE: verdicts.accepted, Risk.UNINSPECTED: verdicts.uninspected}
        saved_rejects = sum(cases[risk] for risk in Risk if risk not in whole)
        stands_for = max(1.0, verdicts.rejected / saved_rejects) if saved_rejects else 1.0
        return {
            risk: Tally(whole[risk] if risk in whole else round(cases[risk] * stands_for), outcomes[risk])
            for risk in Risk
        }

    def agreement(self, span: Span) -> Agreement:
        """How far first and second readers agree."""
        c = REVIEW_CASES.c
        query = select(c.first_answer, c.second_answer).where(
            c.is_double.is_(True),
            c.second_answer.is_not(None),
            c.first_answer.is_not(None),
            c.sequence.between(span.first_sequence, span.last_sequence),
        )
        with self._database.transaction("read what both readers said") as connection:
            return agreement([(str(first), str(second)) for first, second in connection.execute(query)])

    def looking_times(self, most: int = 1000) -> list[float]:
        """Seconds that the newest answers took, where somebody took the time."""
        r = REVIEWS.c
        query = select(r.looked_s).where(r.looked_s.is_not(None)).order_by(r.number.desc()).limit(most)
        with self._database.transaction("read how long reviews took") as connection:
            return list(connection.execute(query).scalars())

    def _by_artefact(self, span: Span, column: ColumnElement[int]) -> list[Group]:
        d, a = DECISIONS.c, ARTEFACTS.c
        counted = (
            select(column.label("id"), d.verdict.label("verdict"), func.count().label("count"))
            .where(d.sequence.between(span.first_sequence, span.last_sequence))
            .group_by(column, d.verdict)
            .subquery()
        )
        query = (
            select(a.name, a.version, a.sha256, counted.c.verdict, counted.c.count)
            .join(counted, counted.c.id == a.id)
            .order_by(a.name, a.version, a.id)
        )
        found: dict[str, dict[str, int]] = {}
        with self._database.transaction("count verdicts by recipe or model") as connection:
            for name, version, sha256, verdict, count in connection.execute(query):
                found.setdefault(f"{name} {version} ({sha256[:8]})", {})[verdict] = int(count)
        words = [verdict.value for verdict in (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED)]
        return [Group(name, *(counts.get(word, 0) for word in words)) for name, counts in found.items()]


def _group(connection: Connection, name: str, span: Span) -> Group:
    d = DECISIONS.c
    counts = [
        # One count for each verdict: all three come out of the index alone.
        connection.execute(
            select(func.count()).where(
                d.verdict == verdict.value, d.sequence.between(span.first_sequence, span.last_sequence)
            )
        ).scalar()
        for verdict in (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED)
    ]
    return Group(name, *(int(count or 0) for count in counts))


def _by_each_time(connection: Connection, span: Span, zone: tzinfo) -> list[Group]:
    """By shift, looking at each decision's own time."""
    d = DECISIONS.c
    rows = connection.execute(
        select(d.decided_utc, d.verdict)
        .where(d.sequence.between(span.first_sequence, span.last_sequence))
        .order_by(d.sequence)
    )
    found: dict[str, Counter[str]] = {}
    shift = None
    for moment, verdict in rows:
        when = as_utc(moment)
        if shift is None or not shift.began <= when < shift.ends:
            shift = shift_at(when, zone)
        found.setdefault(shift.name, Counter())[verdict] += 1
    words = [verdict.value for verdict in (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED)]
    return [Group(name, *(counts[word] for word in words)) for name, counts in found.items()]


def _times(connection: Connection, sequences: Iterable[int]) -> dict[int, datetime]:
    d = DECISIONS.c
    rows = connection.execute(select(d.sequence, d.captured_utc).where(d.sequence.in_(list(sequences))))
    return {int(sequence): as_utc(moment) for sequence, moment in rows}


def _size(span: Span, points: int) -> int:
    return max(1, -(-(span.last_sequence - span.first_sequence + 1) // points))
