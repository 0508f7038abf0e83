"""The archive: decisions found by what somebody knows of them, and searches kept by name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)

from inspection.archive.search import Search
from inspection.errors import ReviewError
from inspection.review.book import is_pending
from inspection.review.cases import ReviewOutcome
from inspection.review.tables import REVIEW_CASES, SAVED_SEARCHES
from inspection.rolls.roll_book import RollBook
from inspection.rolls.roll_map import lay_out
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, DEFECTS, SAVED_FRAMES, VIEW_FRAMES, is_saved
from inspection.store.spans import Span, span_between
from inspection.values import Box, Cut, Severity, Verdict
from inspection.values.roll import Roll

COUNTED = 20_000
"""Counting ends here: nobody looks through more."""


@dataclass(frozen=True, slots=True)
class Found:
    """A decision in a list."""

    sequence: int
    captured_utc: datetime
    camera: str
    verdict: Verdict
    severity: Severity | None
    start_mm: float | None
    """Encoder at the leading edge."""
    kinds: tuple[str, ...]
    """Kinds of its defects."""
    lanes: tuple[int, ...]
    largest_mm: float | None
    """Diameter of its largest defect."""
    largest: Box | None
    """Around that; None where nothing was found."""
    largest_place: int | None
    """Its place among the decision's defects."""
    outcome: ReviewOutcome | None
    """Outcome of its review; None also while a second, blind reading is due."""
    has_image: bool
    lane: int | None = None
    """The lane that it is about by itself; None: the whole width."""
    piece_id: str | None = None


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search with a name."""

    name: str
    search: Search
    saved_by: str
    saved_utc: datetime


class ArchiveSearch:
    """Search in a database. May be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rolls = RollBook(database)

    def find(self, search: Search, limit: int = 50, before: int | None = None) -> list[Found]:
        """Decisions, the newest first, up to `limit`; with `before` those of lower sequence numbers.

        Raises ReviewError for an unknown roll.
        """
        d = DECISIONS.c
        query = _filtered(select(d.sequence), search, self._spans(search), is_blind=True)
        if before is not None:
            query = query.where(d.sequence < before)
        with self._database.transaction("search the archive") as connection:
            sequences = list(connection.execute(query.order_by(d.sequence.desc()).limit(limit)).scalars())
            return _found(connection, sequences)

    def count(self, search: Search) -> int:
        """How many there are, counted up to 20,000. Raises ReviewError for an unknown roll."""
        inner = _filtered(select(DECISIONS.c.sequence), search, self._spans(search), is_blind=True).limit(COUNTED)
        with self._database.transaction("count in the archive") as connection:
            return int(connection.execute(select(func.count()).select_from(inner.subquery())).scalar() or 0)

    def frames_by_view(self, search: Search) -> dict[str, int]:
        """How many frames of what is counted are saved, each once, by view; under no name those of cameras that look at
        a web alone. Raises ReviewError for an unknown roll.
        """
        d, s, v = DECISIONS.c, SAVED_FRAMES.c, VIEW_FRAMES.c
        found = _filtered(select(d.sequence), search, self._spans(search), is_blind=True).limit(COUNTED).cte("found")
        frame = (s.station_run_id, s.camera, s.run, s.number)
        saved = select(v.view, *frame, v.sequence).select_from(_with_saved_views())
        has_views = select(v.sequence).where(v.sequence == d.sequence).exists()
        own = select(literal("").label("view"), *frame, d.sequence).join_from(DECISIONS, SAVED_FRAMES, is_saved())
        both = union_all(saved, own.where(~has_views)).subquery()
        frames = (
            select(both.c.view, both.c.station_run_id, both.c.camera, both.c.run, both.c.number)
            .where(both.c.sequence.in_(select(found.c.sequence)))
            .distinct()
            .subquery()
        )
        query = select(frames.c.view, func.count()).group_by(frames.c.view).order_by(frames.c.view)
        with self._database.transaction("count saved frames in the archive") as connection:
            return {str(view): int(count) for view, count in connection.execute(query)}

    def saved_views(self, sequences: Sequence[int]) -> dict[int, dict[str, int]]:
        """How many frames of each view of these decisions are saved; none are told where one camera looks alone."""
        v = VIEW_FRAMES.c
        query = select(v.sequence, v.view).select_from(_with_saved_views()).where(v.sequence.in_(sequences))
        found: dict[int, Counter[str]] = {}
        with self._database.transaction("count saved views in the archive") as connection:
            for sequence, view in connection.execute(query):
                found.setdefault(int(sequence), Counter())[str(view)] += 1
        return {sequence: dict(sorted(counts.items())) for sequence, counts in found.items()}

    def sequences(self, search: Search, *, with_image: bool, is_blind: bool = True) -> list[int]:
        """All sequence numbers, ascending. Not blind: also by outcomes that a second reader must not know yet."""
        if with_image:
            search = search.model_copy(update={"has_image": True})
        query = _filtered(select(DECISIONS.c.sequence), search, self._spans(search), is_blind=is_blind)
        with self._database.transaction("select from the archive") as connection:
            return list(connection.execute(query.order_by(DECISIONS.c.sequence)).scalars())

    def neighbours(self, sequence: int, each_way: int = 3) -> list[Found]:
        """What lies before and after a decision along the web, itself included; of a lane, that lane's."""
        d = DECISIONS.c
        with self._database.transaction("look beside a decision") as connection:
            here = connection.execute(
                select(d.station_run_id, d.camera, d.run, d.number, d.lane, d.cut, d.piece_number).where(
                    d.sequence == sequence
                )
            ).one_or_none()
            if here is None:
                return []
            run, camera, start, number, lane, cut, piece = here
            query = select(d.sequence).where(d.station_run_id == run, d.camera == camera, d.lane == lane)
            if cut == Cut.SHEET:  # several may begin in one frame, and none in the next
                query = query.where(d.piece_number.between(piece - each_way, piece + each_way)).order_by(d.piece_number)
            else:
                query = query.where(d.run == start, d.number.between(number - each_way, number + each_way))
                query = query.order_by(d.number)
            return _found(connection, list(connection.execute(query).scalars()))

    def save(self, name: str, search: Search, saved_by: str) -> None:
        """Keep a search; one of the same name is replaced. Raises ReviewError for an impossible name."""
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise ReviewError(f"Name {name[:80]!r}: expected 1 to 64 printable characters. Choose another one.")
        self._note(name.strip(), search.model_dump(mode="json", exclude_defaults=True), saved_by)

    def remove(self, name: str, removed_by: str) -> None:
        """Forget a search. Raises ReviewError when there is none of that name."""
        if name not in {each.name for each in self.saved()}:
            raise ReviewError(f"No search is called {name!r}. Look at the list again.")
        self._note(name, None, removed_by)

    def saved(self) -> list[SavedSearch]:
        """All searches that are kept, by name."""
        c = SAVED_SEARCHES.c
        newest = select(func.max(c.id)).group_by(c.name)
        with self._database.transaction("read saved searches") as connection:
            rows = connection.execute(
                select(SAVED_SEARCHES).where(c.id.in_(newest)).order_by(c.name)
            ).mappings().all()  # fmt: skip
        return [
            SavedSearch(
                str(row["name"]),
                Search.model_validate(row["query"]),
                str(row["saved_by"]),
                as_utc(row["saved_utc"]),
            )
            for row in rows
            if row["query"] is not None
        ]

    def _note(self, name: str, query: dict[str, Any] | None, person: str) -> None:
        row = {"name": name, "query": query, "saved_by": person, "saved_utc": datetime.now(UTC)}
        with self._database.transaction("keep a search", writes=True) as connection:
            connection.execute(insert(SAVED_SEARCHES).values(row))

    def _spans(self, search: Search) -> list[Span] | None:
        """Stretches of sequence numbers to look in; None: everywhere."""
        spans: list[Span] | None = None
        if search.rolls:
            rolls = self._rolls.rolls()
            wanted = [roll for roll in rolls if roll.name in search.rolls]
            if missing := sorted(set(search.rolls) - {roll.name for roll in wanted}):
                raise ReviewError(f"There is no roll {missing[0]!r}. Look at the list of rolls.")
            spans = [Span(roll.first_sequence, roll.last_sequence) for roll in wanted]
            if search.from_m is not None or search.to_m is not None:
                spans = [each for roll in wanted if (each := self._part(roll, search)) is not None]
        if search.from_utc is not None or search.to_utc is not None:
            between = span_between(self._database, search.from_utc, search.to_utc)
            spans = [
                Span(max(each.first_sequence, between.first_sequence), min(each.last_sequence, between.last_sequence))
                for each in (spans if spans is not None else [between])
            ]
        return spans

    def _part(self, roll: Roll, search: Search) -> Span | None:
        """The decisions that a stretch of a roll lies in."""
        blocks = self._rolls.blocks(roll)
        at_m = lay_out(blocks).metres(blocks.sequence, blocks.start_mm)
        end_m = at_m + blocks.length_mm / 1000.0
        inside = at_m <= (search.to_m if search.to_m is not None else float("inf"))
        inside &= end_m >= (search.from_m or 0.0)
        found = blocks.sequence[inside]
        return Span(int(found.min()), int(found.max())) if found.size else None


def _filtered(
    query: Select[Any], search: Search, spans: Sequence[Span] | None, *, is_blind: bool
) -> Select[Any]:  # fmt: skip
    d, a = DECISIONS.c, ARTEFACTS.c
    if spans is not None:
        query = query.where(
            or_(False, *(d.sequence.between(each.first_sequence, each.last_sequence) for each in spans))
        )
    if search.first_sequence is not None:
        query = query.where(d.sequence >= search.first_sequence)
    if search.last_sequence is not None:
        query = query.where(d.sequence <= search.last_sequence)
    if search.verdicts:
        query = query.where(d.verdict.in_([verdict.value for verdict in search.verdicts]))
    for names, column, role in ((search.models, d.model_id, "model"), (search.recipes, d.recipe_id, "recipe")):
        if names:
            ids = select(a.id).where(a.role == role, (a.name + " " + a.version).in_(names))
            query = query.where(column.in_(ids))
    if search.asks_for_defects:
        on_whole = d.sequence.in_(_with_defect(search))
        if not search.lanes:
            query = query.where(on_whole)
        else:  # a lane that is decided by itself is that lane, whatever was found in it
            of_lane = search.model_copy(update={"lanes": ()})
            its = d.sequence.in_(_with_defect(of_lane)) if of_lane.asks_for_defects else true()
            query = query.where(or_(and_(d.lane == 0, on_whole), and_(d.lane.in_(search.lanes), its)))
    if search.outcomes or search.is_reviewed is not None:
        query = query.where(_review_condition(search, is_blind=is_blind))
    if search.has_image is not None:
        there = select(SAVED_FRAMES.c.path).where(is_saved()).exists()
        query = query.where(there if search.has_image else ~there)
    return query


def _with_defect(search: Search) -> Select[Any]:
    x = DEFECTS.c
    query = select(x.sequence)
    if search.kinds:
        query = query.where(x.kind.in_(search.kinds))
    if search.severities:
        query = query.where(x.severity.in_([severity.value for severity in search.severities]))
    if search.lanes:
        query = query.where(x.lane.in_(search.lanes))
    for column, low, high in (
        (x.diameter_mm, search.from_mm, search.to_mm),
        (x.score, search.from_score, search.to_score),
    ):
        if low is not None:
            query = query.where(column >= low)
        if high is not None:
            query = query.where(column <= high)
    return query


def _review_condition(search: Search, *, is_blind: bool) -> ColumnElement[bool]:
    d, c = DECISIONS.c, REVIEW_CASES.c
    told = and_(c.outcome.is_not(None), not_(is_pending())) if is_blind else c.outcome.is_not(None)
    known = select(c.sequence).where(told)
    if search.outcomes:
        known = known.where(c.outcome.in_([outcome.value for outcome in search.outcomes]))
    is_in = d.sequence.in_(known)
    return ~is_in if search.is_reviewed is False and not search.outcomes else is_in


def _found(connection: Connection, sequences: Sequence[int]) -> list[Found]:
    """In the order of `sequences`."""
    d, x, c, s = DECISIONS.c, DEFECTS.c, REVIEW_CASES.c, SAVED_FRAMES.c
    query = (
        select(
            d.sequence,
            d.captured_utc,
            d.camera,
            d.verdict,
            d.severity,
            d.start_mm,
            c.outcome,
            s.path,
            d.lane,
            d.piece_id,
        )
        .select_from(DECISIONS)
        .outerjoin(REVIEW_CASES, and_(c.sequence == d.sequence, not_(is_pending())))
        .outerjoin(SAVED_FRAMES, is_saved())
        .where(d.sequence.in_(sequences))
    )
    rows = {int(row[0]): row for row in connection.execute(query)}
    objects: dict[int, list[tuple[str, int | None, float, Box, int]]] = {}
    of_defects = select(
        x.sequence, x.position, x.kind, x.lane, x.diameter_mm, x.box_left, x.box_top, x.box_right, x.box_bottom
    )
    for sequence, place, kind, lane, diameter, *box in connection.execute(
        of_defects.where(x.sequence.in_(sequences)).order_by(x.position)
    ):
        objects.setdefault(int(sequence), []).append((kind, lane, diameter, Box(*box), int(place)))
    found = []
    for number in sequences:
        _, captured, camera, verdict, severity, start_mm, outcome, saved, lane, piece_id = rows[number]
        on_it = objects.get(number, [])
        largest = max(on_it, key=lambda each: each[2], default=None)
        found.append(
            Found(
                number,
                as_utc(captured),
                str(camera),
                Verdict(verdict),
                Severity(severity) if severity else None,
                start_mm,
                tuple(dict.fromkeys(kind for kind, *_ in on_it)),
                tuple(sorted({lane for _, lane, *_ in on_it if lane is not None})),
                None if largest is None else largest[2],
                None if largest is None else largest[3],
                None if largest is None else largest[4],
                ReviewOutcome(outcome) if outcome else None,
                saved is not None,
                int(lane) or None,
                piece_id,
            )
        )
    return found


def _with_saved_views() -> FromClause:
    """Decisions, the frames of all views that they were judged on, and these as they are saved."""
    s, v = SAVED_FRAMES.c, VIEW_FRAMES.c
    is_it = and_(*(s[name] == v[name] for name in ("camera", "run", "number")), s.deleted_utc.is_(None))
    return DECISIONS.join(VIEW_FRAMES, v.sequence == DECISIONS.c.sequence).join(
        SAVED_FRAMES, and_(is_it, s.station_run_id == DECISIONS.c.station_run_id)
    )
