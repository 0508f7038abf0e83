"""A roll's defects in the database: which broke a limit, and what is left of them after review."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    TableValuedAlias,
    Text,
    and_,
    cast,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from inspection.review.blame import Blame, RollTally, as_reviewed, real_defects, severity_as_reviewed
from inspection.review.book import is_pending
from inspection.review.cases import CORRECTIONS, Change, Correction, ReviewOutcome
from inspection.review.tables import REVIEW_CASES, REVIEWS
from inspection.rolls.roll_map import MapFilter, RollDefects
from inspection.store.schema import DECISIONS, DEFECTS, REASONS, SAVED_FRAMES, SIGHTINGS, is_saved
from inspection.values import Severity, Verdict
from inspection.values.kinds import is_nuisance
from inspection.values.roll import Roll

MOST_DEFECTS = 50_000
"""Most defects on a map; at more nobody can look at once."""
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_OUTCOMES = {outcome.value: outcome for outcome in ReviewOutcome}


@dataclass(frozen=True, slots=True)
class _Said:
    """What counts of a piece's reviews, all readings done."""

    outcome: ReviewOutcome
    kind: str | None
    corrections: tuple[Correction, ...]


def guilty_places(connection: Connection) -> TableValuedAlias:
    """Places of the defects that a reason is about, a row each, for a query that reads REASONS."""
    is_sqlite = connection.dialect.name == "sqlite"
    elements = func.json_each if is_sqlite else func.json_array_elements_text
    return elements(REASONS.c.defects).table_valued("value", name="guilty", joins_implicitly=True)


def read_defects(connection: Connection, roll: Roll, wanted: MapFilter, most: int) -> RollDefects:
    """Filtered, at most `most`: what broke a limit first, then the gravest and largest, if there are more."""
    x, d, frame = DEFECTS.c, DECISIONS.c, SAVED_FRAMES.c
    is_guilty = _is_guilty(connection, roll)
    query = (
        select(
            *(x.sequence, x.position, x.kind, x.severity, x.score, x.diameter_mm, x.length_mm, x.md_mm, x.cd_mm),
            *(x.lane, d.verdict, frame.path.is_not(None)),
        )
        .join(DECISIONS, d.sequence == x.sequence)
        .outerjoin(SAVED_FRAMES, is_saved())
        .where(x.sequence.between(roll.first_sequence, roll.last_sequence))
    )
    begins = x.continued.is_(False)
    if wanted.is_guilty is None:
        query = query.where(or_(begins, is_guilty))
    else:
        query = query.where(is_guilty if wanted.is_guilty else and_(begins, not_(is_guilty)))
    said = _said(connection, roll)
    renamed = [sequence for sequence, each in said.items() if each.kind or each.corrections]
    if wanted.kinds:
        query = query.where(or_(x.kind.in_(wanted.kinds), x.sequence.in_(renamed)))
    if wanted.severities:
        words = [severity.value for severity in wanted.severities]
        query = query.where(or_(x.severity.in_(words), x.sequence.in_(renamed)))
    if wanted.verdicts:
        query = query.where(d.verdict.in_([verdict.value for verdict in wanted.verdicts]))
    if wanted.lanes:
        query = query.where(x.lane.in_(wanted.lanes))
    if wanted.from_mm is not None:
        query = query.where(x.diameter_mm >= wanted.from_mm)
    if wanted.to_mm is not None:
        query = query.where(x.diameter_mm <= wanted.to_mm)
    rows: Sequence[Any] = connection.execute(query.limit(most + 1)).all()
    if not (is_complete := len(rows) <= most):  # sorting takes as long as reading, and is seldom needed
        gravest_first = (not_(is_guilty), x.severity == Severity.N.value, x.severity, x.diameter_mm.desc())
        rows = connection.execute(query.order_by(*gravest_first).limit(most)).all()
    blames = _blames(connection, roll)
    again = _counted_before(connection, roll, blames) | _told_twice(connection, roll, blames)
    return _columns(rows, blames, said, again, wanted, is_complete=is_complete)


def read_tally(connection: Connection, roll: Roll, blamed: RollDefects) -> RollTally:
    """What broke a limit on a whole roll. `blamed`: all of that, as `read_defects` gives it."""
    x, r, d = DEFECTS.c, REASONS.c, DECISIONS.c
    span = (roll.first_sequence, roll.last_sequence)
    is_out = [outcome is ReviewOutcome.OVERRULED for outcome in blamed.outcome]
    counted = [n for n, out in enumerate(is_out) if not out and not is_nuisance(blamed.kind[n])]
    broke = real_defects(Counter(blamed.kind[n] for n in counted).items())
    said = _said(connection, roll)
    verdicts = {
        int(sequence): _VERDICTS[word]
        for sequence, word in connection.execute(
            select(d.sequence, d.verdict).where(d.sequence.between(*span), d.sequence.in_(list(said)))
        )
    }
    overruled = {n for n, each in said.items() if each.outcome is ReviewOutcome.OVERRULED}
    escapes = [n for n in overruled if verdicts[n] is Verdict.ACCEPT]
    # A piece whose reasons name no object: a storm, or a row of an earlier program that nobody could work out.
    names_none = select(r.sequence).join(DECISIONS, d.sequence == r.sequence)
    names_none = names_none.where(r.sequence.between(*span), d.verdict == Verdict.REJECT.value).group_by(r.sequence)
    lengths = func.json_array_length(r.defects)
    whole = connection.execute(
        names_none.having(func.max(lengths) == 0).add_columns(func.min(r.severity))
    ).all()  # fmt: skip
    as_a_whole = [(int(sequence), severity) for sequence, severity in whole if int(sequence) not in overruled]
    safety = sum(blamed.severity[n] == Severity.S1 for n in counted)
    safety += sum(severity == Severity.S1.value for _, severity in as_a_whole)
    safety += sum(_worst_named(said[n]) is Severity.S1 for n in escapes)
    begins = select(x.kind, func.count()).where(x.sequence.between(*span), x.continued.is_(False)).group_by(x.kind)
    harmless = Counter({str(kind): int(count) for kind, count in connection.execute(begins)})
    # Taken off, for SQLite looks the blamed places through for each row that must not be among them.
    blamed_begins = connection.execute(begins.where(_is_guilty(connection, roll)))
    harmless.subtract({str(kind): int(count) for kind, count in blamed_begins})
    if _has_lanes(connection, roll):
        blames = _blames(connection, roll)
        twice = _told_twice(connection, roll, blames)
        of_lanes = select(x.sequence, x.position, x.kind).where(x.sequence.between(*span), x.continued.is_(False))
        on_lanes = connection.execute(of_lanes.where(x.sequence.in_({sequence for sequence, _ in twice})))
        harmless.subtract(Counter(kind for *key, kind in on_lanes if tuple(key) in twice and tuple(key) not in blames))
    return RollTally(
        broke=broke,
        safety=safety,
        as_a_whole=len(as_a_whole),
        within_limits=real_defects((kind, count) for kind, count in harmless.items() if count),
        overruled_pieces=len(overruled) - len(escapes),
        overruled_objects=sum(out and not is_nuisance(kind) for out, kind in zip(is_out, blamed.kind, strict=True)),
        escapes=len(escapes),
    )


def overruled_in(connection: Connection, roll: Roll) -> frozenset[int]:
    """Sequence numbers of a roll's decisions that people overruled, all readings done."""
    return frozenset(n for n, each in _said(connection, roll).items() if each.outcome is ReviewOutcome.OVERRULED)


def _is_guilty(connection: Connection, roll: Roll) -> ColumnElement[bool]:
    """Whether a reason is about a row of DEFECTS on this roll."""
    return _is_blamed(connection, roll, DEFECTS.c)


def _is_blamed(connection: Connection, roll: Roll, of: Any) -> ColumnElement[bool]:
    """Whether a reason is about the object that columns `sequence` and `position` name.

    The roll's blamed places are gathered once: asking for the reasons of each row takes three times as long.
    """
    r = REASONS.c
    guilty = guilty_places(connection)
    blamed = select(r.sequence, cast(guilty.c.value, Integer)).select_from(REASONS, guilty)
    blamed = blamed.where(r.sequence.between(roll.first_sequence, roll.last_sequence))
    return tuple_(of.sequence, of.position).in_(blamed)


def _blames(connection: Connection, roll: Roll) -> dict[tuple[int, int], Blame]:
    """By sequence and place; of several reasons about the same object the gravest, which comes first."""
    r = REASONS.c
    query = (
        select(r.sequence, cast(r.defects, Text), r.rule, r.severity, r.quantity, r.measured, r.limit, r.unit)
        .where(r.sequence.between(roll.first_sequence, roll.last_sequence))
        .order_by(r.sequence, r.position)
    )
    found: dict[tuple[int, int], Blame] = {}
    written: dict[str, tuple[int, ...]] = {}  # thousands of reasons name their objects in the same few ways
    severities = {severity.value: severity for severity in Severity}
    for sequence, places, rule, severity, *told in connection.execute(query):
        named = written.get(places)
        if named is None:
            named = written[places] = tuple(map(int, json.loads(places) or ()))
        if named:
            blame = Blame(rule, severities[severity] if severity else None, *told)
            for place in named:
                found.setdefault((sequence, place), blame)
    return found


def _said(connection: Connection, roll: Roll) -> dict[int, _Said]:
    """By sequence number; left out where a reading is due, and in disputes."""
    c, r = REVIEW_CASES.c, REVIEWS.c
    query = (
        select(c.sequence, c.outcome, r.kind, r.corrections)
        .outerjoin(REVIEWS, r.number == c.review_number)
        .where(c.sequence.between(roll.first_sequence, roll.last_sequence), c.outcome.is_not(None))
        .where(c.outcome != ReviewOutcome.DISPUTED.value, not_(is_pending()))
    )
    return {
        int(sequence): _Said(_OUTCOMES[word], kind, CORRECTIONS.validate_python(corrections or ()))
        for sequence, word, kind, corrections in connection.execute(query)
    }


def _worst_named(said: _Said) -> Severity | None:
    """The gravest kind that people saw on a piece."""
    drawn = [each.kind for each in said.corrections if each.kind and each.change is not Change.REMOVED]
    kinds = [kind for kind in (said.kind, *drawn) if kind]
    words = [Severity(severity_as_reviewed(Severity.N.value, "", kind)) for kind in kinds]
    return min(words, default=None, key=lambda severity: severity.rank)


def _counted_before(
    connection: Connection, roll: Roll, blames: Mapping[tuple[int, int], Blame]
) -> set[tuple[int, int]]:  # fmt: skip
    """Blamed objects that go on from an earlier piece, where they were blamed already: (sequence, place).

    Such an object has a part in the frame before; or, where pieces are no frames, one frame shows it on both of them.
    """
    x = DEFECTS.c
    query = select(x.sequence, x.position).where(
        x.sequence.between(roll.first_sequence, roll.last_sequence), x.continued.is_(True)
    )
    continued = [key for row in connection.execute(query) if (key := (int(row[0]), int(row[1]))) in blames]
    if not continued:
        return set()
    shown: dict[tuple[int, int], list[_Shown]] = {}
    ends: dict[tuple[Any, ...], list[_Shown]] = {}
    places: dict[tuple[Any, ...], int] = {}
    for each in _shown(connection, roll):
        shown.setdefault(each.key, []).append(each)
        places[each.place] = min(each.piece, places.get(each.place, each.piece))
        if each.reaches_trailing_edge:
            ends.setdefault(each.frame, []).append(each)
    found = set()
    for key in continued:
        for each in shown.get(key, ()):
            run, camera, start, number = each.frame
            before = ends.get((run, camera, start, number - 1), ())
            goes_on = any(
                part.left < each.right and each.left < part.right and part.sequence < each.sequence for part in before
            )
            if goes_on or places[each.place] < each.piece:
                found.add(key)
    return found


class _Shown(NamedTuple):
    """A part of an object, as one frame shows it."""

    sequence: int
    position: int
    piece: int
    """Number of its piece; lanes of a stretch share it."""
    frame: tuple[Any, ...]
    """Start of the station, camera, its start, number."""
    left: int
    top: int
    right: int
    bottom: int
    reaches_trailing_edge: bool

    @property
    def key(self) -> tuple[int, int]:
        """Its decision, and the object's place there."""
        return self.sequence, self.position

    @property
    def place(self) -> tuple[Any, ...]:
        """The very pixels."""
        return (*self.frame, self.left, self.top, self.right, self.bottom)


def _shown(connection: Connection, roll: Roll) -> Iterator[_Shown]:
    """What frames show of blamed objects: by their sightings, and of those without by the frame in which their piece
    begins, if they go on from an earlier one or into a later one.
    """
    x, d, s = DEFECTS.c, DECISIONS.c, SIGHTINGS.c
    there = select(s.place).where(s.sequence == x.sequence, s.position == x.position).exists()
    own = (
        select(x.sequence, x.position, d.piece_number, d.station_run_id, d.camera, d.run, d.number, *_edges(x))
        .join(DECISIONS, d.sequence == x.sequence)
        .where(_is_blamed(connection, roll, x), or_(x.continued.is_(True), x.reaches_trailing_edge.is_(True)), ~there)
    )
    seen = (
        select(s.sequence, s.position, d.piece_number, d.station_run_id, s.camera, s.run, s.number, *_edges(s))
        .join(DECISIONS, d.sequence == s.sequence)
        .where(_is_blamed(connection, roll, s))
    )
    for query in (own, seen):
        for sequence, position, piece, run, camera, start, number, *edges in connection.execute(query):
            left, top, right, bottom, reaches = edges
            frame = (run, camera, start, number)
            yield _Shown(int(sequence), int(position), int(piece), frame, left, top, right, bottom, bool(reaches))


def _edges(c: Any) -> tuple[Any, ...]:
    return c.box_left, c.box_top, c.box_right, c.box_bottom, c.reaches_trailing_edge


def _has_lanes(connection: Connection, roll: Roll) -> bool:
    """Whether lanes were decided one by one."""
    d = DECISIONS.c
    query = select(d.sequence).where(d.sequence.between(roll.first_sequence, roll.last_sequence), d.lane > 0).limit(1)
    return connection.execute(query).first() is not None


def _told_twice(
    connection: Connection, roll: Roll, blames: Mapping[tuple[int, int], Blame]
) -> set[tuple[int, int]]:  # fmt: skip
    """Objects over the border of two lanes that are decided one by one are in both decisions: (sequence, place) of all
    but one, which is the first that is blamed.
    """
    if not _has_lanes(connection, roll):
        return set()
    x, d = DEFECTS.c, DECISIONS.c
    span = (roll.first_sequence, roll.last_sequence)
    box = (x.box_left, x.box_top, x.box_right, x.box_bottom)
    query = (
        select(x.sequence, x.position, d.station_run_id, d.piece_number, *box, x.md_mm, x.cd_mm)
        .join(DECISIONS, d.sequence == x.sequence)
        .where(x.sequence.between(*span), d.lane > 0)
        .order_by(x.sequence, x.position)
    )
    same: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for sequence, place, *where in connection.execute(query):
        same.setdefault(tuple(where), []).append((int(sequence), int(place)))
    found: set[tuple[int, int]] = set()
    for several in same.values():
        kept = next((each for each in several if each in blames), several[0])
        found.update(each for each in several if each != kept)
    return found


def _columns(
    rows: Sequence[Any],
    blames: dict[tuple[int, int], Blame],
    said: dict[int, _Said],
    again: set[tuple[int, int]],
    wanted: MapFilter,
    *,
    is_complete: bool,
) -> RollDefects:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(12)]
    sequences, places, kinds, severities = columns[:4]
    blamed = [blames.get(key) for key in zip(sequences, places, strict=True)]
    outcomes: list[ReviewOutcome | None] = [None] * len(sequences)
    for number in [n for n, sequence in enumerate(sequences) if sequence in said] if said else ():
        review = said[sequences[number]]
        outcomes[number] = review.outcome
        if blamed[number] is not None and review.outcome is ReviewOutcome.CONFIRMED:
            kind = kinds[number]
            named = as_reviewed(kind, places[number], review.kind, review.corrections)
            if named is None:
                outcomes[number] = ReviewOutcome.OVERRULED
            else:
                kinds[number] = named
                severities[number] = severity_as_reviewed(severities[number], kind, named)
    columns += [outcomes, blamed]
    if again or wanted.kinds or wanted.severities:
        # What people named anew may be of another kind than was asked for.
        kept = [
            number
            for number, key in enumerate(zip(sequences, places, strict=True))
            if key not in again
            and (not wanted.kinds or kinds[number] in wanted.kinds)
            and (not wanted.severities or severities[number] in wanted.severities)
        ]
        columns = [[column[number] for number in kept] for column in columns]
    return RollDefects(
        sequence=np.array(columns[0], np.int64),
        position=np.array(columns[1], np.int64),
        kind=tuple(columns[2]),
        severity=tuple(columns[3]),
        score=_floats(columns[4]),
        diameter_mm=_floats(columns[5]),
        length_mm=_floats(columns[6]),
        md_mm=_floats(columns[7]),
        cd_mm=_floats(columns[8]),
        lane=tuple(columns[9]),
        verdict=tuple(_VERDICTS[word] for word in columns[10]),
        outcome=tuple(columns[12]),
        blame=tuple(columns[13]),
        has_image=tuple(map(bool, columns[11])),
        is_complete=is_complete,
    )


def _floats(values: Sequence[float]) -> NDArray[np.float64]:
    return np.array(values, np.float64)
