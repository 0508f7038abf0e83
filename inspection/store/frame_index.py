"""The index of saved frames: which file of the frame archive shows which frame, and which are still there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, or_, select, tuple_, union_all, update

from camera.frame import FrameId
from inspection.store.database import Database
from inspection.store.rows import as_utc, frame_from_row, frame_row
from inspection.store.schema import DECISIONS, SAVED_FRAMES, SIGHTINGS, STATION_RUNS, VIEW_FRAMES, is_saved
from inspection.values import Verdict

FIRST_TO_GO = (Verdict.ACCEPT, Verdict.UNINSPECTED, Verdict.REJECT)
"""Whose frames retention gives up first. Of a frame that several decisions are about, the last one here counts."""


@dataclass(frozen=True, slots=True)
class SavedFrame:
    """One file of the frame archive."""

    station_run: int
    """Number of the station's start that the frame is of."""
    frame: FrameId
    path: str
    """Path below the frames folder."""
    verdict: Verdict
    """The decision about it whose frames are kept longest."""
    bit_depth: int
    size_bytes: int
    saved_utc: datetime
    saved_at_s: float = 0.0
    """When it was saved, in the store's own time: a wall clock that is set makes no frame older. 0: when the store was
    made, or before."""


class FrameIndex:
    """Rows about saved frames. May be used from several threads; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_saved_frames(self, frames: Sequence[SavedFrame]) -> None:
        """Enter files of the frame archive in its index."""
        rows = [
            {
                "station_run_id": saved.station_run,
                **frame_row(saved.frame),
                "path": saved.path,
                "verdict": saved.verdict.value,
                "bit_depth": saved.bit_depth,
                "size_bytes": saved.size_bytes,
                "saved_utc": saved.saved_utc,
                "saved_at_s": saved.saved_at_s,
            }
            for saved in frames
        ]
        with self._database.transaction("index saved frames", writes=True) as connection:
            connection.execute(insert(SAVED_FRAMES), rows)

    def keep_as(self, station_run: int, frames: Iterable[FrameId], verdict: Verdict) -> None:
        """Keep saved frames at least as long as those of a verdict: a decision of that verdict is about them, too."""
        shorter = FIRST_TO_GO[: FIRST_TO_GO.index(verdict)]
        c = SAVED_FRAMES.c
        lesser = and_(c.verdict.in_([each.value for each in shorter]), _are(station_run, frames))
        with self._database.transaction("keep saved frames longer", writes=True) as connection:
            connection.execute(update(SAVED_FRAMES).where(lesser).values(verdict=verdict.value))

    def frames_of(self, epoch: str, sequences: Sequence[int]) -> dict[int, tuple[int, list[FrameId]]]:
        """(start of the station, the frames that it was judged on, its own first) of each decision told in an epoch."""
        d, v = DECISIONS.c, VIEW_FRAMES.c
        runs = select(d.sequence, d.station_run_id, d.camera, d.run, d.number).join(
            STATION_RUNS, d.station_run_id == STATION_RUNS.c.id
        )
        told = select(v.sequence, v.camera, v.run, v.number).where(v.sequence.in_(sequences))
        with self._database.transaction("look up frames") as connection:
            own = connection.execute(runs.where(d.sequence.in_(sequences), STATION_RUNS.c.epoch == epoch)).mappings()
            found = {int(row["sequence"]): (int(row["station_run_id"]), [frame_from_row(row)]) for row in own}
            for row in connection.execute(told.order_by(v.sequence, v.position)).mappings():
                if (known := found.get(int(row["sequence"]))) and (frame := frame_from_row(row)) not in known[1]:
                    known[1].append(frame)
        return found

    def ever_saved(self, station_run: int, frames: Iterable[FrameId]) -> set[FrameId]:
        """Which of these frames of a start of the station the index has, or had: their file may have been removed."""
        c = SAVED_FRAMES.c
        query = select(c.camera, c.run, c.number).where(_are(station_run, frames))
        with self._database.transaction("look up saved frames") as connection:
            return {frame_from_row(row) for row in connection.execute(query).mappings()}

    def has_saved_frames(self, pattern: str) -> bool:
        """Whether the index holds, or held, a path like an SQL pattern."""
        query = select(SAVED_FRAMES.c.path).where(SAVED_FRAMES.c.path.like(pattern)).limit(1)
        with self._database.transaction("look up saved frames") as connection:
            return connection.execute(query).first() is not None

    def saved_frame(self, sequence: int) -> SavedFrame | None:
        """The saved frame in which a decision's piece begins, None if there is none (any more)."""
        query = select(SAVED_FRAMES).join(DECISIONS, is_saved()).where(DECISIONS.c.sequence == sequence)
        with self._database.transaction("look up a saved frame") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _saved_frame(row)

    def saved_view(self, sequence: int, position: int) -> SavedFrame | None:
        """One of the frames of all views that a decision was judged on, by its place among them; else like `saved`."""
        v = VIEW_FRAMES.c
        return self._saved_among(VIEW_FRAMES, v.sequence == sequence, v.position == position)

    def saved_sighting(self, sequence: int, defect: int) -> SavedFrame | None:
        """The saved frame that a decision's defect is drawn in: of all that saw it, the one its sizes are of.

        That in which the piece begins where a defect has no sightings; None if there is none (any more).
        """
        c = SIGHTINGS.c
        found = self._saved_among(SIGHTINGS, c.sequence == sequence, c.position == defect, c.place == 0)
        return found or (None if self._has_views(sequence) else self.saved_frame(sequence))

    def _has_views(self, sequence: int) -> bool:
        query = select(VIEW_FRAMES.c.position).where(VIEW_FRAMES.c.sequence == sequence).limit(1)
        with self._database.transaction("look up views") as connection:
            return connection.execute(query).first() is not None

    def _saved_among(self, table: Table, *conditions: ColumnElement[bool]) -> SavedFrame | None:
        s, t = SAVED_FRAMES.c, table.c
        is_it = and_(*(s[name] == t[name] for name in ("camera", "run", "number")), s.deleted_utc.is_(None))
        query = (
            select(SAVED_FRAMES)
            .join(table, is_it)
            .join(DECISIONS, and_(DECISIONS.c.sequence == t.sequence, DECISIONS.c.station_run_id == s.station_run_id))
            .where(*conditions)
        )
        with self._database.transaction("look up a saved frame") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _saved_frame(row)

    def saved(self, station_run: int, frame: FrameId) -> SavedFrame | None:
        """A frame of a start of the station as it was saved, None if it is not there (any more)."""
        query = select(SAVED_FRAMES).where(_are(station_run, [frame]), SAVED_FRAMES.c.deleted_utc.is_(None))
        with self._database.transaction("look up a saved frame") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _saved_frame(row)

    def decisions_on(self, station_run: int, frames: Iterable[FrameId]) -> dict[FrameId, list[int]]:
        """Sequence numbers of all decisions that were judged on frames of a start of the station, ascending: lanes and
        sheets share the frame in which they begin, and a frame of another view may show two pieces.
        """
        d, v = DECISIONS.c, VIEW_FRAMES.c
        keys = [(frame.camera, frame.run, frame.number) for frame in frames]
        own = select(d.sequence, d.camera, d.run, d.number).where(
            d.station_run_id == station_run, tuple_(d.camera, d.run, d.number).in_(keys)
        )
        of_views = (
            select(d.sequence, v.camera, v.run, v.number)
            .join(VIEW_FRAMES, v.sequence == d.sequence)
            .where(tuple_(v.camera, v.run, v.number).in_(keys), d.station_run_id == station_run)
        )
        found: dict[FrameId, set[int]] = {}
        with self._database.transaction("look up what was judged on frames") as connection:
            for row in connection.execute(union_all(own, of_views)).mappings():
                found.setdefault(frame_from_row(row), set()).add(int(row["sequence"]))
        return {frame: sorted(sequences) for frame, sequences in found.items()}

    def oldest_saved_frames(self, verdict: Verdict, limit: int, before_s: float | None = None) -> list[SavedFrame]:
        """The frames of a verdict that were saved first; with `before_s`, in the store's time, those before it."""
        c = SAVED_FRAMES.c
        query = select(SAVED_FRAMES).where(c.verdict == verdict.value, c.deleted_utc.is_(None))
        if before_s is not None:
            query = query.where(c.saved_at_s < before_s)
        with self._database.transaction("look up old frames") as connection:
            rows = connection.execute(query.order_by(c.saved_at_s, c.path).limit(limit)).mappings()
            return [_saved_frame(row) for row in rows]

    def saved_bytes(self) -> int:
        """Bytes that the frame archive's files take, as the index knows."""
        c = SAVED_FRAMES.c
        with self._database.transaction("add up saved frames") as connection:
            return int(connection.execute(select(func.sum(c.size_bytes)).where(c.deleted_utc.is_(None))).scalar() or 0)

    def note_deleted_frames(self, frames: Iterable[SavedFrame], now: datetime) -> None:
        """Mark saved frames as removed by retention."""
        by_run: dict[int, list[FrameId]] = {}
        for saved in frames:
            by_run.setdefault(saved.station_run, []).append(saved.frame)
        gone = or_(False, *(_are(run, several) for run, several in by_run.items()))
        with self._database.transaction("mark removed frames", writes=True) as connection:
            connection.execute(update(SAVED_FRAMES).where(gone).values(deleted_utc=now))


def saved_frames_of(connection: Connection, sequences: Sequence[int]) -> dict[int, dict[FrameId, SavedFrame]]:
    """The saved frames that some decisions were judged on, by sequence number and frame."""
    d, v, s = DECISIONS.c, VIEW_FRAMES.c, SAVED_FRAMES.c
    own = select(d.sequence, SAVED_FRAMES).join(SAVED_FRAMES, is_saved()).where(d.sequence.in_(sequences))
    others = (
        select(d.sequence, SAVED_FRAMES)
        .join(VIEW_FRAMES, v.sequence == d.sequence)
        .join(
            SAVED_FRAMES,
            and_(
                s.station_run_id == d.station_run_id,
                *(s[name] == v[name] for name in ("camera", "run", "number")),
                s.deleted_utc.is_(None),
            ),
        )
        .where(d.sequence.in_(sequences))
    )
    found: dict[int, dict[FrameId, SavedFrame]] = {}
    for row in connection.execute(union_all(own, others)).mappings():
        saved = _saved_frame(row)
        found.setdefault(int(row["sequence"]), {})[saved.frame] = saved
    return found


def _are(station_run: int, frames: Iterable[FrameId]) -> ColumnElement[bool]:
    c = SAVED_FRAMES.c
    keys = [(frame.camera, frame.run, frame.number) for frame in frames]
    return and_(c.station_run_id == station_run, tuple_(c.camera, c.run, c.number).in_(keys))


def _saved_frame(row: Any) -> SavedFrame:
    return SavedFrame(
        int(row["station_run_id"]),
        frame_from_row(row),
        str(row["path"]),
        Verdict(row["verdict"]),
        int(row["bit_depth"]),
        int(row["size_bytes"]),
        as_utc(row["saved_utc"]),
        float(row["saved_at_s"]),
    )
