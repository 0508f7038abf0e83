"""Rolls in the database: where they begin and end, and what lies on them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, func, insert, select

from inspection.errors import ReviewError
from inspection.review.blame import RollTally
from inspection.review.tables import REVIEWS, ROLL_CHANGES
from inspection.rolls.roll_blocks import Blocks, Edge
from inspection.rolls.roll_defects import MOST_DEFECTS, overruled_in, read_defects, read_tally
from inspection.rolls.roll_map import MapFilter, RollDefects
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import ARTEFACTS, DECISIONS, REASONS, SAVED_FRAMES, STATION_RUNS, VIEW_FRAMES, is_saved
from inspection.values import Artefact, Cut, Verdict
from inspection.values.roll import Roll, RollChange, rolls_of

_NAME = re.compile(r"[\w.+#/ -]{1,64}")
_ALL = 1_000_000
"""Objects that broke a limit on one roll, all of which count."""
_NEAR = 1000
"""Decisions beyond a roll's end among which each camera's next one is looked for."""
_UNCOUNTED = ("lost.counter", "image.short.unplaced")
"""Rules of decisions behind which nobody knows how much web passed."""
_VERDICT_NUMBERS = {verdict.value: number for number, verdict in enumerate(Verdict)}


class RollBook:
    """Rolls in a database. May be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, roll: str, first_sequence: int, told_by: str) -> RollChange:
        """Note that a roll begins with a decision. Raises ReviewError for an impossible name or number."""
        if not _NAME.fullmatch(roll) or roll != roll.strip():
            raise ReviewError(
                f"Roll {roll[:80]!r}: expected a name of 1 to 64 letters, digits, spaces and . _ + # / -. Correct it."
            )
        return self._note(roll, first_sequence, told_by)

    def end(self, first_sequence: int, told_by: str) -> RollChange:
        """Note that the roll has ended before a decision, and that no other has begun."""
        return self._note(None, first_sequence, told_by)

    def rolls(self) -> list[Roll]:
        """All of them, in their order."""
        c, d = ROLL_CHANGES.c, DECISIONS.c
        with self._database.transaction("read rolls") as connection:
            rows = connection.execute(select(ROLL_CHANGES).order_by(c.first_sequence, c.id)).mappings()
            changes = [
                RollChange(int(row["first_sequence"]), row["roll"], as_utc(row["told_utc"]), str(row["told_by"]))
                for row in rows
            ]
            runs = connection.execute(select(STATION_RUNS.c.id)).scalars().all()
            starts = [(run, _first_of(connection, run)) for run in runs]
            last = int(connection.execute(select(func.max(d.sequence))).scalar() or 0)
        return rolls_of(changes, [(run, first) for run, first in starts if first is not None], last)

    def roll(self, name: str) -> Roll:
        """The newest roll of a name, or the one that has the first sequence number. Raises ReviewError for no such."""
        rolls = self.rolls()
        found = [roll for roll in rolls if roll.name == name or str(roll.first_sequence) == name]
        if not found:
            there = ", ".join(roll.name for roll in rolls[-5:]) or "none"
            raise ReviewError(f"There is no roll {name!r}; the last ones are: {there}. Name one of these.")
        return found[-1]

    def mark(self, roll: Roll) -> tuple[int, ...] | None:
        """Something that has another value as soon as what is told of the roll may have changed: a review, a change
        of roll, a frame saved or deleted. None: the roll, or what follows it, is still being decided.
        """
        d, r, c, s = DECISIONS.c, REVIEWS.c, ROLL_CHANGES.c, STATION_RUNS.c
        there = select(func.count()).select_from(DECISIONS.join(SAVED_FRAMES, is_saved()))
        with self._database.transaction("see whether a roll has changed") as connection:
            last = int(connection.execute(select(func.max(d.sequence))).scalar() or 0)
            if roll.is_running or last <= roll.last_sequence + _NEAR:
                return None
            newest = [connection.execute(select(func.max(column))).scalar() for column in (r.number, c.id, s.id)]
            there = there.where(d.sequence.between(roll.first_sequence, roll.last_sequence))
            frames = connection.execute(there).scalar()
        return tuple(int(number or 0) for number in (*newest, frames))

    def blocks(self, roll: Roll) -> Blocks:
        """What was decided on a roll, piece by piece, in the order of decisions."""
        d = DECISIONS.c
        query = (
            select(d.sequence, d.station_run_id, d.camera, d.run, d.start_mm, d.length_mm, d.verdict, d.lane, d.cut)
            .where(d.sequence.between(roll.first_sequence, roll.last_sequence))
            .order_by(d.sequence)
        )
        with self._database.transaction("read a roll") as connection:
            rows = connection.execute(query).all()
            cameras = sorted({row.camera for row in rows})
            uncounted = _uncounted(connection, roll)
            before = _edge_before(connection, roll, rows, cameras)
            after = _edge_after(connection, roll, rows, cameras)
            overruled = overruled_in(connection, roll)
        columns = list(zip(*rows, strict=True)) if rows else [()] * 9
        places = {name: place for place, name in enumerate(cameras)}
        return Blocks(
            sequence=np.array(columns[0], np.int64),
            station_run=np.array(columns[1], np.int64),
            camera=np.array([places[name] for name in columns[2]], np.int64),
            cameras=tuple(cameras),
            run=np.array(columns[3], np.int64),
            start_mm=_floats(columns[4]),
            length_mm=_floats(columns[5]),
            verdict=np.array([_VERDICT_NUMBERS[word] for word in columns[6]], np.int64),
            uncounted=uncounted,
            before=before,
            after=after,
            is_running=roll.is_running,
            overruled=overruled,
            lane=np.array(columns[7] if any(columns[7]) else (), np.int64),
            are_sheets=set(columns[8]) == {Cut.SHEET.value},
        )

    def defects(self, roll: Roll, wanted: MapFilter | None = None, most: int = MOST_DEFECTS) -> RollDefects:
        """Filtered, at most `most`: of more those that broke a limit, then the gravest and largest."""
        with self._database.transaction("read a roll's defects") as connection:
            return read_defects(connection, roll, wanted or MapFilter(), most)

    def guilty(self, roll: Roll) -> RollDefects:
        """All that broke a limit, overruled or not."""
        return self.defects(roll, MapFilter(is_guilty=True), _ALL)

    def tally(self, roll: Roll, guilty: RollDefects) -> RollTally:
        """How much of the roll broke a limit, after review. `guilty`: as the function of that name gives it."""
        with self._database.transaction("count what broke a limit on a roll") as connection:
            return read_tally(connection, roll, guilty)

    def artefacts(self, roll: Roll) -> tuple[list[Artefact], list[Artefact]]:
        """(recipes, models) that judged the roll, in the order of their first use; the models of all views."""
        d, a, v = DECISIONS.c, ARTEFACTS.c, VIEW_FRAMES.c
        found: list[list[Artefact]] = []
        with self._database.transaction("read what judged a roll") as connection:
            for column in (d.recipe_id, d.model_id):
                used = (
                    select(column.label("id"), func.min(d.sequence).label("first"))
                    .where(d.sequence.between(roll.first_sequence, roll.last_sequence))
                    .group_by(column)
                    .subquery()
                )
                query = select(a.name, a.version, a.sha256).join(used, used.c.id == a.id).order_by(used.c.first)
                found.append([Artefact(*row) for row in connection.execute(query)])
            of_views = (
                select(v.model_id.label("id"), func.min(v.sequence).label("first"))
                .where(v.sequence.between(roll.first_sequence, roll.last_sequence), v.model_id.is_not(None))
                .group_by(v.model_id)
                .subquery()
            )
            query = select(a.name, a.version, a.sha256).join(of_views, of_views.c.id == a.id).order_by(of_views.c.first)
            looked = [Artefact(*row) for row in connection.execute(query)]
            found[1] += [model for model in looked if model not in found[1]]
        return found[0], found[1]

    def setups(self, roll: Roll) -> list[str]:
        """`setup_sha256` of the roll's decisions, in the order of their first use; earlier programs told none."""
        d = DECISIONS.c
        query = (
            select(d.setup_sha256)
            .where(d.sequence.between(roll.first_sequence, roll.last_sequence), d.setup_sha256.is_not(None))
            .group_by(d.setup_sha256)
            .order_by(func.min(d.sequence))
        )
        with self._database.transaction("read what judged a roll") as connection:
            return [str(sha256) for sha256 in connection.execute(query).scalars()]

    def times(self, roll: Roll) -> tuple[datetime, datetime]:
        """When the roll's first and last decisions were captured."""
        with self._database.transaction("read a roll's times") as connection:
            d = DECISIONS.c
            found = [
                connection.execute(select(d.captured_utc).where(d.sequence == number)).scalar_one()
                for number in (roll.first_sequence, roll.last_sequence)
            ]
        return as_utc(found[0]), as_utc(found[1])

    def _note(self, roll: str | None, first_sequence: int, told_by: str) -> RollChange:
        if first_sequence < 1:
            raise ReviewError(f"First decision of a roll: expected 1 or more, got {first_sequence}. Correct it.")
        change = RollChange(first_sequence, roll, datetime.now(UTC), told_by[:64])
        with self._database.transaction("note a change of roll", writes=True) as connection:
            connection.execute(
                insert(ROLL_CHANGES).values(
                    first_sequence=first_sequence,
                    roll=roll,
                    told_utc=change.told_utc,
                    told_by=change.told_by,
                    station_run=connection.execute(select(func.max(STATION_RUNS.c.id))).scalar(),
                )
            )
        return change


def _first_of(connection: Connection, run: int) -> int | None:
    d = DECISIONS.c
    return connection.execute(select(func.min(d.sequence)).where(d.station_run_id == run)).scalar()


def _uncounted(connection: Connection, roll: Roll) -> frozenset[int]:
    r = REASONS.c
    query = select(r.sequence).where(r.sequence.between(roll.first_sequence, roll.last_sequence))
    return frozenset(int(sequence) for sequence in connection.execute(query.where(r.rule.in_(_UNCOUNTED))).scalars())


def _edge_before(connection: Connection, roll: Roll, rows: Sequence[Any], cameras: Sequence[str]) -> Edge | None:
    """None where the station ran as the roll began, or nothing was ever decided before."""
    if not rows:
        return None
    d = DECISIONS.c
    earlier = select(d.station_run_id).where(d.sequence < roll.first_sequence).order_by(d.sequence.desc()).limit(1)
    run = connection.execute(earlier).scalar()
    is_complete = rows[0].sequence == roll.first_sequence
    if is_complete and (run == rows[0].station_run_id or (run is None and roll.first_sequence == 1)):
        return None
    span = (roll.first_sequence - _NEAR, roll.first_sequence - 1)
    ends = select(d.start_mm + d.length_mm).where(d.sequence.between(*span)).order_by(d.sequence.desc()).limit(1)
    return _edge(connection, ends, cameras if is_complete else ())


def _edge_after(connection: Connection, roll: Roll, rows: Sequence[Any], cameras: Sequence[str]) -> Edge | None:
    """None where the station ran on as the roll ended, had been told of its end before it stopped, or may still run."""
    if not rows or roll.is_running:
        return None
    d, c = DECISIONS.c, ROLL_CHANGES.c
    later = select(d.station_run_id).where(d.sequence > roll.last_sequence).order_by(d.sequence).limit(1)
    last_run, is_complete = rows[-1].station_run_id, rows[-1].sequence == roll.last_sequence
    if is_complete and connection.execute(later).scalar() == last_run:
        return None
    told = select(c.id).where(c.first_sequence == rows[-1].sequence + 1, c.station_run == last_run).limit(1)
    if connection.execute(told).first() is not None:
        return None
    span = (roll.last_sequence + 1, roll.last_sequence + _NEAR)
    starts = select(d.start_mm).where(d.sequence.between(*span)).order_by(d.sequence).limit(1)
    return _edge(connection, starts, cameras if is_complete else ())


def _edge(connection: Connection, nearest: Select[Any], cameras: Sequence[str]) -> Edge:
    found = {}
    for place, camera in enumerate(cameras):
        at_mm = connection.execute(nearest.where(DECISIONS.c.camera == camera)).scalar()
        if at_mm is not None:
            found[place] = float(at_mm)
    return Edge(found)


def _floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array(values, np.float64)  # None becomes nan
