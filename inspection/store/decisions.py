"""The store: every decision that was ever published, and what became of it.

A decision that the station has committed survives a crash of the program and a power cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from camera.frame import FrameId
from inspection.clock import Clock
from inspection.errors import StoreError
from inspection.store.database import Database
from inspection.store.frame_index import FrameIndex, SavedFrame, saved_frames_of
from inspection.store.identity import SequenceGap, StoreTime, gap_row, last_number
from inspection.store.rows import as_utc, decision_rows, decisions_from_rows, piece_key
from inspection.store.schema import (
    ACKNOWLEDGEMENTS,
    ARTEFACTS,
    DECISIONS,
    DEFECTS,
    DIMENSIONS,
    REASONS,
    SEQUENCE_GAPS,
    SIGHTINGS,
    STATION_RUNS,
    STORE_IDENTITY,
    VIEW_FRAMES,
)
from inspection.store.sealing_key import SealingKey
from inspection.store.seals import Seal, last_seal, seal_again, seal_rows
from inspection.values import Artefact, Decision

_AMENDED = ("verdict", "severity", "deadline_met")


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision, as the store holds it."""

    decision: Decision
    station_run: int
    """Number of the station's start."""
    epoch: str
    """Name of the store when the decision was told: with the sequence number it names the decision, everywhere."""
    acknowledged_by: str | None
    """Who acknowledged it; None as long as nobody has."""
    acknowledged_utc: datetime | None
    saved_frames: Mapping[FrameId, SavedFrame] = field(default_factory=dict)
    """The frames on disk that it was judged on: retention may have removed others."""

    @property
    def saved_frame(self) -> SavedFrame | None:
        """The frame in which its piece begins on disk; None when it was not saved, or is no longer there."""
        return self.saved_frames.get(self.decision.piece.frame)


class Store:
    """Decisions in a database. May be used from several threads; each call is one transaction."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self.frame_index = FrameIndex(database)
        """The saved frames that it knows."""
        self._clock = clock
        self._time: StoreTime | None = None
        self._artefact_ids: dict[tuple[str, Artefact], int] = {}
        self._station_run = 0
        self._epoch = ""
        self._epochs: dict[int, str] = {}
        self._newest_seal: Seal | None = None

    @classmethod
    def in_file(cls, path: Path, clock: Clock | None = None) -> "Store":
        """The store in one SQLite file, made if it is not there. Raises StoreError."""
        return cls(Database.in_file(path), clock)

    def close(self) -> None:
        """Give the database back."""
        self._database.close()

    @property
    def station_run(self) -> int:
        """Number of this start of the station, 0 before `begin_run`."""
        return self._station_run

    @property
    def time(self) -> StoreTime:
        """The store's own time. Raises StoreError when it is asked for the first time, and can't be read."""
        if self._time is None:
            self._time = StoreTime(self._database, self._clock)
        return self._time

    @property
    def epoch(self) -> str:
        """The store's name in this run, empty before `begin_run`; no other store ever has the same."""
        return self._epoch

    def begin_run(self, station: str, program_version: str, recipe: Artefact, model: Artefact) -> int:
        """Note a start of the station. Returns its number."""
        with self._database.transaction("note the start", writes=True) as connection:
            epoch = str(connection.execute(select(STORE_IDENTITY.c.epoch)).scalar_one())
            row = {
                "station": station,
                "program_version": program_version,
                "started_utc": datetime.now(UTC),
                "epoch": epoch,
                "recipe_id": self._artefact_id(connection, "recipe", recipe),
                "model_id": self._artefact_id(connection, "model", model),
            }
            key = connection.execute(insert(STATION_RUNS).values(row)).inserted_primary_key
        self._station_run, self._epoch = int(key[0]) if key else 0, epoch
        return self._station_run

    def last_used(self, role: str, name: str, version: str) -> str | None:
        """SHA-256 of the recipe or model of a name and version at the last start that used it; None: none did."""
        a, r = ARTEFACTS.c, STATION_RUNS.c
        column = {"recipe": r.recipe_id, "model": r.model_id}[role]
        query = (
            select(a.sha256)
            .join(STATION_RUNS, column == a.id)
            .where(a.role == role, a.name == name, a.version == version)
            .order_by(r.id.desc())
            .limit(1)
        )
        with self._database.transaction("look up what judged last") as connection:
            return connection.execute(query).scalar()

    def last_sequence(self) -> int:
        """Highest sequence number stored, 0 in an empty store."""
        with self._database.transaction("read the last sequence number") as connection:
            return int(connection.execute(select(func.max(DECISIONS.c.sequence))).scalar() or 0)

    def last_number(self) -> int:
        """Highest sequence number that is spoken for: by a decision, or as one that no decision will ever have."""
        with self._database.transaction("read the last sequence number") as connection:
            return last_number(connection)

    def note_gap(self, gap: SequenceGap) -> None:
        """Explain numbers that no decision will have."""
        with self._database.transaction("note missing numbers", writes=True) as connection:
            connection.execute(insert(SEQUENCE_GAPS).values(gap_row(gap)))

    def gap_at(self, sequence: int) -> SequenceGap | None:
        """Why no decision has this number, None where it is no such number."""
        c = SEQUENCE_GAPS.c
        query = select(SEQUENCE_GAPS).where(c.first_sequence <= sequence, c.last_sequence >= sequence).limit(1)
        with self._database.transaction("look up missing numbers") as connection:
            found = connection.execute(query).first()
        return SequenceGap(found.first_sequence, found.last_sequence, found.why) if found else None

    def append(self, decisions: Sequence[Decision]) -> None:
        """Write decisions in one transaction: all are on disk when this returns, or none and StoreError is raised.

        NotStorable, ValueError, OverflowError and the like say that one of them can't be stored, the store being well.
        """
        with self._database.transaction(f"write {len(decisions)} decisions", writes=True) as connection:
            ids = self._artefact_ids_of(connection, decisions)
            rows = decision_rows(decisions, self._station_run, ids)
            connection.execute(insert(DECISIONS), rows.decisions)
            for table, several in (
                (REASONS, rows.reasons),
                (DEFECTS, rows.defects),
                (DIMENSIONS, rows.dimensions),
                (VIEW_FRAMES, rows.view_frames),
                (SIGHTINGS, rows.sightings),
            ):
                if several:
                    connection.execute(insert(table), several)
            newest, key = self._seal_and_key(connection)
            if key is not None:
                artefacts = {(role, row): artefact for (role, artefact), row in ids.items()}
                newest = seal_rows(connection, key, newest, rows, artefacts)
        self._newest_seal = newest

    def amend(self, decisions: Sequence[Decision]) -> None:
        """Put other words in the place of decisions that nobody has heard of yet: verdict, reasons, deadline met.

        For what was written too late to be published as it is; those that the store does not have are passed over. All
        in one transaction; raises StoreError.
        """
        c = DECISIONS.c
        with self._database.transaction(f"amend {len(decisions)} decisions", writes=True) as connection:
            there = set(
                connection.execute(select(c.sequence).where(c.sequence.in_([d.sequence for d in decisions]))).scalars()
            )
            known = [decision for decision in decisions if decision.sequence in there]
            if not known:
                return
            rows = decision_rows(known, self._station_run, self._artefact_ids_of(connection, known))
            changed = [{name: row[name] for name in _AMENDED} | {"amended": row["sequence"]} for row in rows.decisions]
            connection.execute(update(DECISIONS).where(c.sequence == bindparam("amended")), changed)
            connection.execute(delete(REASONS).where(REASONS.c.sequence.in_(there)))
            if rows.reasons:
                connection.execute(insert(REASONS), rows.reasons)
            newest, key = self._seal_and_key(connection)
            if key is not None:
                newest = seal_again(connection, key, newest, sorted(there))
        self._newest_seal = newest

    def already_written(self, decisions: Sequence[Decision]) -> set[int]:
        """Which of these the store has, by sequence number. Raises StoreError if it has another piece under one."""
        d = DECISIONS.c
        query = select(d.sequence, d.station_run_id, d.camera, d.run, d.number, d.piece_number, d.lane)
        wanted = {decision.sequence: decision for decision in decisions}
        with self._database.transaction("look up decisions") as connection:
            rows = connection.execute(query.where(d.sequence.in_(list(wanted)))).all()
        for row in rows:
            decision = wanted[row.sequence]
            frame = decision.piece.frame
            here = (self._station_run, frame.camera, frame.run, frame.number, *piece_key(decision).values())
            if here != tuple(row)[1:]:
                of_lane = f", lane {decision.piece.lane}" if decision.piece.lane else ""
                there_lane = f", lane {row.lane}" if row.lane else ""
                raise StoreError(
                    f"The store has under number {row.sequence} not frame {frame}{of_lane} of this start of the "
                    f"station, but {row.camera}/{row.run}/{row.number}{there_lane} of start {row.station_run_id}: "
                    "another station writes into it, or it was replaced. Stop both stations, give each a state_dir "
                    "(and store_url) of its own."
                )
        return {int(row.sequence) for row in rows}

    def probe(self) -> None:
        """See whether a write would be taken now. Raises StoreError."""
        with self._database.transaction("probe for writing", writes=True) as connection:
            connection.execute(update(STATION_RUNS).where(STATION_RUNS.c.id == -1).values(station=""))

    def decisions_after(self, sequence: int, limit: int) -> list[StoredDecision]:
        """Up to `limit` decisions with a higher sequence number, in order."""
        query = select(DECISIONS.c.sequence).where(DECISIONS.c.sequence > sequence)
        with self._database.transaction("read decisions") as connection:
            wanted = connection.execute(query.order_by(DECISIONS.c.sequence).limit(limit)).scalars().all()
            return self._load(connection, wanted)

    def decision(self, sequence: int) -> StoredDecision | None:
        """One decision, None if the store has none of that number."""
        with self._database.transaction("read a decision") as connection:
            found = self._load(connection, [sequence])
        return found[0] if found else None

    def decisions(self, sequences: Sequence[int]) -> list[StoredDecision]:
        """Decisions with these numbers, as far as there are any, in the order of their numbers."""
        with self._database.transaction("read decisions") as connection:
            return self._load(connection, sorted(set(sequences)))

    def sequence_of(self, frame: FrameId, station_run: int | None = None) -> int | None:
        """The first decision about a frame, of any camera: in the given start of the station, else in the latest that
        has it.
        """
        d, v = DECISIONS.c, VIEW_FRAMES.c
        own = select(d.sequence, d.station_run_id).where(
            d.camera == frame.camera, d.run == frame.run, d.number == frame.number
        )
        of_view = (
            select(d.sequence, d.station_run_id)
            .join(VIEW_FRAMES, v.sequence == d.sequence)
            .where(v.camera == frame.camera, v.run == frame.run, v.number == frame.number)
        )
        if station_run is not None:
            own, of_view = (query.where(d.station_run_id == station_run) for query in (own, of_view))
        with self._database.transaction("look up a frame") as connection:
            first = [
                connection.execute(query.order_by(d.station_run_id.desc(), d.sequence).limit(1)).first()
                for query in (own, of_view)
            ]
        found = min((row for row in first if row), key=lambda row: (-row.station_run_id, row.sequence), default=None)
        return None if found is None else int(found.sequence)

    def acknowledge_up_to(self, sequence: int, by: str) -> int:
        """Note that someone has taken every decision up to `sequence`. Returns how many are new to it."""
        a = ACKNOWLEDGEMENTS.c
        with self._database.transaction("acknowledge decisions", writes=True) as connection:
            done = connection.execute(select(func.max(a.last_sequence)).where(a.is_up_to.is_(True))).scalar() or 0
            if sequence <= done:
                return 0
            connection.execute(insert(ACKNOWLEDGEMENTS), [_acknowledgement(done + 1, sequence, by, is_up_to=True)])
            return int(sequence - done)

    def acknowledge(self, sequences: Sequence[int], by: str) -> int:
        """Note that someone has taken these decisions. Returns how many had not been acknowledged before."""
        wanted = sorted(set(sequences))
        a = ACKNOWLEDGEMENTS.c
        with self._database.transaction("acknowledge decisions", writes=True) as connection:
            covering = connection.execute(
                select(a.first_sequence, a.last_sequence).where(
                    a.last_sequence >= wanted[0], a.first_sequence <= wanted[-1]
                )
            ).all()
            new = [s for s in wanted if not any(first <= s <= last for first, last in covering)]
            if new:
                connection.execute(insert(ACKNOWLEDGEMENTS), [_acknowledgement(s, s, by, is_up_to=False) for s in new])
            return len(new)

    def existing(self, sequences: Sequence[int]) -> set[int]:
        """Which of these sequence numbers the store has."""
        with self._database.transaction("look up decisions") as connection:
            query = select(DECISIONS.c.sequence).where(DECISIONS.c.sequence.in_(sequences))
            return set(connection.execute(query).scalars())

    def epochs(self) -> set[str]:
        """The store's names, of now and of before; frames of every other epoch are another store's."""
        with self._database.transaction("read the store's names") as connection:
            return set(connection.execute(select(STATION_RUNS.c.epoch).distinct()).scalars())

    def _seal_and_key(self, connection: Connection) -> tuple[Seal | None, SealingKey | None]:
        """The newest seal, and what to make the next one with; None while the key can't be had, or none is wanted."""
        newest, evidence = self._newest_seal or last_seal(connection), self._database.evidence
        self._newest_seal = None  # until this transaction is on disk
        return newest, evidence.key(is_first=newest is None) if evidence else None

    def _load(self, connection: Connection, sequences: Sequence[int]) -> list[StoredDecision]:
        if not sequences:
            return []
        recipe, model = ARTEFACTS.alias("recipe"), ARTEFACTS.alias("model")
        query = (
            select(
                DECISIONS,
                *(recipe.c[n].label(f"recipe_{n}") for n in ("name", "version", "sha256")),
                *(model.c[n].label(f"model_{n}") for n in ("name", "version", "sha256")),
            )
            .join(recipe, DECISIONS.c.recipe_id == recipe.c.id)
            .join(model, DECISIONS.c.model_id == model.c.id)
            .where(DECISIONS.c.sequence.in_(sequences))
            .order_by(DECISIONS.c.sequence)
        )
        rows: list[Any] = list(connection.execute(query).mappings())
        looked = (
            select(VIEW_FRAMES, *(model.c[n].label(f"model_{n}") for n in ("name", "version", "sha256")))
            .outerjoin(model, VIEW_FRAMES.c.model_id == model.c.id)
            .where(VIEW_FRAMES.c.sequence.in_(sequences))
            .order_by(VIEW_FRAMES.c.sequence, VIEW_FRAMES.c.position)
        )
        several = [
            select(t).where(t.c.sequence.in_(sequences)).order_by(*t.primary_key.columns)
            for t in (REASONS, DEFECTS, DIMENSIONS, SIGHTINGS)
        ]
        parts: list[list[Any]] = [
            list(connection.execute(query).mappings()) for query in (*several[:3], looked, several[3])
        ]
        saved = saved_frames_of(connection, sequences)
        a = ACKNOWLEDGEMENTS.c
        acknowledged = connection.execute(
            select(ACKNOWLEDGEMENTS)
            .where(a.last_sequence >= sequences[0], a.first_sequence <= sequences[-1])
            .order_by(a.id)
        ).all()
        loaded = []
        for row, decision in zip(rows, decisions_from_rows(rows, *parts), strict=True):
            number = decision.sequence
            first = next((k for k in acknowledged if k.first_sequence <= number <= k.last_sequence), None)
            loaded.append(
                StoredDecision(
                    decision,
                    int(row["station_run_id"]),
                    self._epoch_of(connection, int(row["station_run_id"])),
                    first.acknowledged_by if first else None,
                    as_utc(first.acknowledged_utc) if first else None,
                    saved.get(number, {}),
                )
            )
        return loaded

    def _artefact_ids_of(
        self, connection: Connection, decisions: Sequence[Decision]
    ) -> dict[tuple[str, Artefact], int]:
        named = {(role, a) for d in decisions for role, a in (("recipe", d.recipe), ("model", d.model))}
        named |= {("model", seen.model) for d in decisions for seen in d.view_frames if seen.model is not None}
        return {(role, artefact): self._artefact_id(connection, role, artefact) for role, artefact in named}

    def _epoch_of(self, connection: Connection, station_run: int) -> str:
        if station_run not in self._epochs:
            query = select(STATION_RUNS.c.epoch).where(STATION_RUNS.c.id == station_run)
            self._epochs[station_run] = str(connection.execute(query).scalar_one())
        return self._epochs[station_run]

    def _artefact_id(self, connection: Connection, role: str, artefact: Artefact) -> int:
        known = self._artefact_ids.get((role, artefact))
        if known is not None:
            return known
        c = ARTEFACTS.c
        found = connection.execute(
            select(c.id).where(
                c.role == role,
                c.name == artefact.name,
                c.version == artefact.version,
                c.sha256 == artefact.sha256,
            )
        ).scalar()
        if found is not None:
            self._artefact_ids[role, artefact] = int(found)
            return int(found)
        # Not remembered before the next look-up finds it: this transaction may still be rolled back.
        row = {"role": role, "name": artefact.name, "version": artefact.version, "sha256": artefact.sha256}
        key = connection.execute(insert(ARTEFACTS).values(row)).inserted_primary_key
        return int(key[0]) if key else 0


def _acknowledgement(first: int, last: int, by: str, *, is_up_to: bool) -> dict[str, object]:
    return {
        "first_sequence": first,
        "last_sequence": last,
        "is_up_to": is_up_to,
        "acknowledged_by": by,
        "acknowledged_utc": datetime.now(UTC),
    }
