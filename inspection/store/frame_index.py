"""The index of saved frames: which file of the frame archive shows which decision, and which are still there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.schema import DECISIONS, SAVED_FRAMES, STATION_RUNS
from inspection.values import Verdict


@dataclass(frozen=True, slots=True)
class SavedFrame:
    """One file of the frame archive."""

    sequence: int
    path: str
    """Path below the frames folder."""
    verdict: Verdict
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
                "sequence": frame.sequence,
                "path": frame.path,
                "verdict": frame.verdict.value,
                "bit_depth": frame.bit_depth,
                "size_bytes": frame.size_bytes,
                "saved_utc": frame.saved_utc,
                "saved_at_s": frame.saved_at_s,
            }
            for frame in frames
        ]
        with self._database.transaction("index saved frames", writes=True) as connection:
            connection.execute(insert(SAVED_FRAMES), rows)

    def not_indexed(self, epoch: str, sequences: Sequence[int]) -> set[int]:
        """Which of these are decisions told in an epoch, whose frames never were in the index."""
        d = DECISIONS.c
        query = (
            select(d.sequence)
            .join(STATION_RUNS, d.station_run_id == STATION_RUNS.c.id)
            .outerjoin(SAVED_FRAMES, d.sequence == SAVED_FRAMES.c.sequence)
            .where(d.sequence.in_(sequences), STATION_RUNS.c.epoch == epoch, SAVED_FRAMES.c.sequence.is_(None))
        )
        with self._database.transaction("look up saved frames") as connection:
            return set(connection.execute(query).scalars())

    def has_saved_frames(self, pattern: str) -> bool:
        """Whether the index holds, or held, a path like an SQL pattern."""
        query = select(SAVED_FRAMES.c.sequence).where(SAVED_FRAMES.c.path.like(pattern)).limit(1)
        with self._database.transaction("look up saved frames") as connection:
            return connection.execute(query).first() is not None

    def saved_frame(self, sequence: int) -> SavedFrame | None:
        """The saved frame of a decision, None if there is none (any more)."""
        with self._database.transaction("look up a saved frame") as connection:
            return saved_frames_of(connection, [sequence]).get(sequence)

    def oldest_saved_frames(self, verdict: Verdict, limit: int, before_s: float | None = None) -> list[SavedFrame]:
        """The frames of a verdict that were saved first; with `before_s`, in the store's time, those before it."""
        c = SAVED_FRAMES.c
        query = select(SAVED_FRAMES).where(c.verdict == verdict.value, c.deleted_utc.is_(None))
        if before_s is not None:
            query = query.where(c.saved_at_s < before_s)
        with self._database.transaction("look up old frames") as connection:
            rows = connection.execute(query.order_by(c.saved_at_s, c.sequence).limit(limit)).mappings()
            return [_saved_frame(row) for row in rows]

    def saved_bytes(self) -> int:
        """Bytes that the frame archive's files take, as the index knows."""
        c = SAVED_FRAMES.c
        with self._database.transaction("add up saved frames") as connection:
            return int(connection.execute(select(func.sum(c.size_bytes)).where(c.deleted_utc.is_(None))).scalar() or 0)

    def note_deleted_frames(self, sequences: Sequence[int], now: datetime) -> None:
        """Mark saved frames as removed by retention."""
        with self._database.transaction("mark removed frames", writes=True) as connection:
            connection.execute(
                update(SAVED_FRAMES).where(SAVED_FRAMES.c.sequence.in_(sequences)).values(deleted_utc=now)
            )


def saved_frames_of(connection: Connection, sequences: Sequence[int]) -> dict[int, SavedFrame]:
    """The saved frames of some decisions, by sequence number."""
    c = SAVED_FRAMES.c
    rows = connection.execute(select(SAVED_FRAMES).where(c.sequence.in_(sequences), c.deleted_utc.is_(None))).mappings()
    return {int(row["sequence"]): _saved_frame(row) for row in rows}


def _saved_frame(row: Any) -> SavedFrame:
    return SavedFrame(
        int(row["sequence"]),
        str(row["path"]),
        Verdict(row["verdict"]),
        int(row["bit_depth"]),
        int(row["size_bytes"]),
        as_utc(row["saved_utc"]),
        float(row["saved_at_s"]),
    )
