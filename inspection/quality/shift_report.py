"""The report of a shift: what was decided and why, what was the matter, who did what, and when nothing was inspected.

All of it is read from what is kept. Where that does not tell, the report says so; it adds nothing of its own.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import STOPS_LINE, AlarmKind
from inspection.alarms.records import AlarmRecords
from inspection.people.audit import AuditEntry, AuditLog
from inspection.people.audit_search import About, AuditSearch
from inspection.quality.shift_counts import Part, ReasonCount, ShiftCounts
from inspection.quality.shifts import Shift
from inspection.store.database import Database
from inspection.values import Artefact, Verdict

MOST_REASONS = 12
"""Named of each sort; the rest is added up."""
SILENCE = timedelta(minutes=1)
"""Least time without a decision that is told."""
_MOST_ALARMS = 2000
_MOST_ENTRIES = 2000
_LATEST_ENTRY = timedelta(hours=1)
"""How much later the audit log may say what was done over the API: people's database may have been away."""
_NOT_TOLD = ("alarm.acknowledge", "api.acknowledge_alarm")
"""Who acknowledged an alarm stands with the alarm."""
_REASONS = ("reason", "why", "comment")
_FACTS = ("minutes", "roll", "recipe", "version")
"""Keys of an entry's `after`."""
_PAGES = "pages"
"""Whom the station names as its API's caller when people use the pages."""
_SAME_DEED = timedelta(seconds=10)
_TOLD_OF_SETUP = ("recipe.release", "model.")

Stretch = tuple[datetime, datetime]


class Downtime(StrEnum):
    """Why the line did not run, or nothing counted."""

    STANDING = "standing"
    """The web stood."""
    NO_MATERIAL = "no_material"
    HOLD = "hold"
    BYPASS = "bypass"
    NOT_READY = "not_ready"
    """The station could not inspect: camera, store, a part of the station; it was starting or stopping."""


KINDS_OF_DOWNTIME = {
    Downtime.STANDING: frozenset({AlarmKind.STANDING}),
    Downtime.NO_MATERIAL: frozenset({AlarmKind.NO_MATERIAL}),
    Downtime.HOLD: frozenset({AlarmKind.HOLD}),
    Downtime.BYPASS: frozenset({AlarmKind.BYPASS}),
    Downtime.NOT_READY: STOPS_LINE - {AlarmKind.HOLD},
}
"""The alarms whose standing is the downtime."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long something was so within the shift."""

    stretches: tuple[Stretch, ...]
    """In their order; they don't touch."""
    is_upper_bound: bool = False
    """A record holds several comings and goings in one, or did not see the end: at most so long."""

    @property
    def total(self) -> timedelta:
        """All of them together."""
        return _length(self.stretches)


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing was decided."""

    stretches: tuple[Stretch, ...]
    unexplained: timedelta
    """How much of it no record of a standing web, of missing material or of a station that was not ready is about."""

    @property
    def total(self) -> timedelta:
        """All of them together."""
        return _length(self.stretches)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that somebody did."""

    utc: datetime
    person: str
    action: str
    """As the audit log names it."""
    subject: str
    """To what: `alarm:12`, `recipe:anode-1.1`; empty: to the line."""
    reason: str
    """As the person wrote it; empty: none was asked for."""
    facts: Mapping[str, str | float]
    """What else it says of minutes, roll, recipe, version."""

    @property
    def deed(self) -> str:
        """What was done, wherever: `hold`, `end_bypass`, `shelve` …"""
        return self.action.partition(".")[2].removesuffix("_alarm")


@dataclass(frozen=True, slots=True)
class InForce:
    """A recipe or a model that judged."""

    artefact: Artefact
    first_utc: datetime
    last_utc: datetime
    pieces: int


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """Everything that it says, in no language."""

    station: str
    shift: Shift
    made_utc: datetime
    made_by: str
    parts: tuple[Part, ...]
    rejects: tuple[ReasonCount, ...]
    """All reasons, the most frequent first."""
    not_inspected: tuple[ReasonCount, ...]
    alarms: tuple[Alarm, ...]
    """Alarms that stood in it, without those that are downtime, in the order in which they were raised."""
    alarms_removed: int
    """Number of alarms that may have been raised in it and are no longer kept."""
    notes: tuple[Note, ...]
    downtime: dict[Downtime, Span]
    silence: Silence
    is_cut: bool = False
    """There were more alarms or entries than are read."""

    @property
    def ends(self) -> datetime:
        """The shift's end, or when the report was made, if that was before."""
        return min(self.shift.ends, self.made_utc)

    @property
    def is_over(self) -> bool:
        """Whether the shift had ended when the report was made."""
        return self.made_utc >= self.shift.ends

    @property
    def cameras(self) -> tuple[str, ...]:
        """Cameras of which anything was decided."""
        return tuple(sorted({part.camera for part in self.parts}))

    @property
    def recipes(self) -> tuple[InForce, ...]:
        """Recipes that judged, in the order of their first decision."""
        return _in_force(self.parts, lambda part: part.recipe)

    @property
    def models(self) -> tuple[InForce, ...]:
        """Models that judged, in the order of their first decision."""
        return _in_force(self.parts, lambda part: part.model)

    def pieces(self, verdict: Verdict | None = None, camera: str | None = None) -> int:
        """How many were decided, of one verdict and camera or of all."""
        return sum(part.pieces for part in self._chosen(verdict, camera))

    def metres(self, verdict: Verdict | None = None, camera: str | None = None) -> float:
        """Metres of web, as each camera saw it; of pieces whose length is known."""
        return sum(part.metres for part in self._chosen(verdict, camera))

    def without_length(self, camera: str | None = None) -> int:
        """Pieces whose length nobody knows."""
        return sum(part.without_length for part in self._chosen(None, camera))

    def _chosen(self, verdict: Verdict | None, camera: str | None) -> list[Part]:
        return [p for p in self.parts if verdict in (None, p.verdict) and camera in (None, p.camera)]


def shift_report(
    database: Database, station: str, shift: Shift, made_by: str, made_utc: datetime | None = None
) -> ShiftReport:
    """Look a shift up: some seconds for a million decisions. `made_utc`: None: now. Raises StoreError."""
    now = made_utc or datetime.now(UTC)
    ends = max(shift.began, min(shift.ends, now))
    counts, records = ShiftCounts(database, shift.began, ends), AlarmRecords(database)
    alarms = records.during(shift.began, ends, _MOST_ALARMS)
    wanted = [(about, AuditSearch(about, from_utc=shift.began, to_utc=ends + _LATEST_ENTRY)) for about in _SEARCHED]
    entries = {about: AuditLog(database).search(search, _MOST_ENTRIES) for about, search in wanted}
    downtime = {sort: downtime_of(alarms, kinds, shift.began, ends) for sort, kinds in KINDS_OF_DOWNTIME.items()}
    silences = counts.silences(SILENCE)
    known = [_stretch(alarm, ends) for alarm in alarms if alarm.kind in _SILENT_KINDS]
    return ShiftReport(
        station=station,
        shift=shift,
        made_utc=now,
        made_by=made_by,
        parts=counts.parts(),
        rejects=counts.reasons(Verdict.REJECT),
        not_inspected=counts.reasons(Verdict.UNINSPECTED),
        alarms=tuple(alarm for alarm in alarms if alarm.kind not in _STATES),
        alarms_removed=records.no_longer_kept(shift.began, ends),
        notes=notes_of((entry for found in entries.values() for entry in found), shift.began, ends),
        downtime={sort: span for sort, span in downtime.items() if span.stretches},
        silence=Silence(silences, _length(silences) - overlap(silences, known)),
        is_cut=len(alarms) == _MOST_ALARMS or any(len(found) == _MOST_ENTRIES for found in entries.values()),
    )


_SEARCHED = (About.LINE, About.SETUP)
_SILENT_KINDS = KINDS_OF_DOWNTIME[Downtime.STANDING] | KINDS_OF_DOWNTIME[Downtime.NO_MATERIAL] | STOPS_LINE
_STATES = frozenset(
    {AlarmKind.STANDING, AlarmKind.NO_MATERIAL, AlarmKind.STARTING, AlarmKind.STOPPING, AlarmKind.FINISHED}
)
"""States that explain themselves: the downtime tells of them."""


def downtime_of(alarms: Iterable[Alarm], kinds: frozenset[AlarmKind], began: datetime, ends: datetime) -> Span:
    """How long alarms of some kinds stood in a shift, each moment counted once.

    >>> from inspection.alarms.condition import Priority
    >>> at = [datetime(2030, 1, 2, hour, tzinfo=UTC) for hour in range(24)]
    >>> hold = Alarm(1, AlarmKind.HOLD, "", Priority.MEDIUM, "", "", at[5], at[5], cleared_utc=at[7])
    >>> span = downtime_of([hold], frozenset({AlarmKind.HOLD}), at[6], at[14])
    >>> str(span.total), len(span.stretches), span.is_upper_bound
    ('1:00:00', 1, False)
    """
    chosen = [alarm for alarm in alarms if alarm.kind in kinds]
    merged = _merged((max(began, begin), min(end, ends)) for begin, end in (_stretch(alarm, ends) for alarm in chosen))
    is_rough = any(alarm.occurrences > 1 or alarm.is_standing for alarm in chosen)
    return Span(tuple(merged), is_rough)


def notes_of(entries: Iterable[AuditEntry], began: datetime, ends: datetime) -> tuple[Note, ...]:
    """What people did in a shift, as the audit log says, in order."""
    found = []
    for entry in entries:
        is_setup = not entry.action.startswith(("line.", "alarm.", "api."))
        if entry.action in _NOT_TOLD or (is_setup and not entry.action.startswith(_TOLD_OF_SETUP)):
            continue
        after = _read(entry.after)
        utc = entry.utc
        if isinstance(after, dict) and isinstance(at := after.get("at_utc"), str):
            with suppress(ValueError):
                utc = datetime.fromisoformat(at)
        if began <= utc < ends:
            found.append((utc, entry.number, _note(entry, utc, after)))
    notes = [note for *_, note in sorted(found, key=lambda each: each[:2])]
    return tuple(note for note in notes if not _is_told_twice(note, notes))


def overlap(some: Sequence[Stretch], others: Sequence[Stretch]) -> timedelta:
    """How long both were so. The stretches of `some` don't overlap one another.

    >>> at = [datetime(2030, 1, 2, hour, tzinfo=UTC) for hour in range(24)]
    >>> str(overlap([(at[1], at[4])], [(at[0], at[2]), (at[1], at[3])]))
    '2:00:00'
    """
    return _length((max(a, c), min(b, d)) for a, b in some for c, d in _merged(others) if max(a, c) < min(b, d))


def _stretch(alarm: Alarm, ends: datetime) -> Stretch:
    return alarm.raised_utc, alarm.cleared_utc or ends


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for begin, end in sorted(each for each in stretches if each[0] < each[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _length(stretches: Iterable[Stretch]) -> timedelta:
    return sum((end - begin for begin, end in stretches), timedelta())


def _in_force(parts: Iterable[Part], which: Callable[[Part], Artefact]) -> tuple[InForce, ...]:
    several: dict[Artefact, list[Part]] = {}
    for part in parts:
        several.setdefault(which(part), []).append(part)
    found = [
        InForce(
            artefact,
            min(part.first_utc for part in its),
            max(part.last_utc for part in its),
            sum(part.pieces for part in its),
        )
        for artefact, its in several.items()
    ]
    return tuple(sorted(found, key=lambda each: each.first_utc))


def _read(written: str | None) -> object:
    return None if written is None else json.loads(written)


def _note(entry: AuditEntry, utc: datetime, after: object) -> Note:
    said = after if isinstance(after, dict) else {}
    by = said.get("by")
    person = entry.person if by is None or by == entry.person else f"{by} ({entry.person})"
    person = str(by) if entry.person == _PAGES and by else person
    reason = after if isinstance(after, str) and entry.action.startswith("line.") else _first_of(said, _REASONS)
    facts = {name: said[name] for name in _FACTS if isinstance(said.get(name), (str, int, float))}
    return Note(utc, person, entry.action, "" if entry.subject == "line" else entry.subject, reason, facts)


def _is_told_twice(note: Note, notes: Iterable[Note]) -> bool:
    """Whether it is the station's entry of what somebody did on the pages, which have noted it themselves."""
    if not note.action.startswith("api."):
        return False
    return any(
        not other.action.startswith("api.")
        and (other.deed, other.person) == (note.deed, note.person)
        and abs(other.utc - note.utc) <= _SAME_DEED
        for other in notes
    )


def _first_of(said: Mapping[str, object], names: Iterable[str]) -> str:
    return next((str(said[name]) for name in names if said.get(name)), "")
