"""How the station is doing, as operators, the line and the pages see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from camera.source import SourceStatus
from inspection.alarms.alarm import Alarm
from inspection.station.intervention import Intervention
from inspection.station.planned_change import PlannedChange, RecipeInForce
from inspection.values import Artefact


class StationState(StrEnum):
    """Where the station is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    """The cameras have shown all they had."""


@dataclass(frozen=True, slots=True)
class LatencyStatus:
    """From the last line exposed to publication, over the last few thousand decisions."""

    p50_ms: float
    """Half of the decisions were quicker."""
    p99_ms: float
    """99 of 100 decisions were quicker."""
    max_ms: float
    """The slowest one."""
    deadline_ms: float
    """What the settings demand."""


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """The saved frames."""

    counts: Mapping[str, int]
    """saved, dropped (disk too slow), refused (disk full), removed (retention); since start."""
    waiting: int
    """Frames that wait for the disk."""
    saved_bytes: int
    """What all saved frames take on the disk."""
    disk_free_bytes: int | None
    """What is free there; None: the disk can't be asked."""


@dataclass(frozen=True, slots=True)
class StationStatus:
    """A snapshot; every field can be shown as it is."""

    name: str
    """The station's name, from the settings."""
    state: StationState
    """Whether it starts, runs, stops, or has shown all that there was."""
    is_ready: bool
    """Whether the line may run."""
    not_ready: Sequence[str]
    """Why not, one sentence each."""
    alarms: Sequence[str]
    """What stands and a person should look at now, one sentence each with its detail."""
    alarm_list: Sequence[Alarm]
    """All alarms that somebody has still to deal with, and what the station says of itself; the gravest first."""
    station_run: int
    """Counts the station's starts."""
    started_utc: datetime
    """When this start of the station was."""
    uptime_s: float
    """Seconds since then."""
    epoch: str
    """The store's name: with a sequence number it names a decision."""
    last_sequence: int
    """Number of the newest decision."""
    recorded_up_to: int
    """Each number up to here is a decision on disk, or one that the store explains as missing."""
    verdicts: Mapping[str, int]
    """Decisions since start, by verdict."""
    reasons: Mapping[str, int]
    """Decisions since start, by first part of their reasons' rules."""
    frames: Mapping[str, int]
    """Frame numbers decided since start, by camera."""
    web_m: Mapping[str, float]
    """Web seen since start, by camera."""
    frames_in_hand: int
    """Frames read and not yet decided."""
    late_results: int
    """Since start: inspections that ended after their frame was decided as late."""
    published_late: int
    """Since start: decided in time, published after the deadline; never an accept."""
    decisions_waiting_for_store: int
    """Decisions that are not on disk yet."""
    triggers_waiting: int
    """Triggers that wait for their frames."""
    latency: LatencyStatus | None
    """None before the first decision."""
    cameras: Sequence[SourceStatus]
    """How each camera is doing."""
    archive: ArchiveStatus
    """How the saving of frames is doing."""
    recipe: Artefact
    """The recipe that judges now."""
    model: Artefact
    """The model that looks now."""
    setups: Mapping[str, str]
    """`setup_sha256` of the decisions that are made now, by camera."""
    in_force: RecipeInForce
    """The recipe again, with whose word it was, and since when."""
    change_over: PlannedChange | None
    """A change to another recipe that is to come."""
    intervention: Intervention | None
    """A hold or bypass in force."""
    streams_open: int
    """Clients that follow decisions over HTTP or WebSocket."""
    triggers_expired: int
    """Since start: triggers that no decision echoes, because their frame never came."""
