"""How the station is doing, as operators, the line and the pages see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from camera.source import SourceStatus
from inspection.alarms.alarm import Alarm
from inspection.recipe.views import View
from inspection.station.door_state import DoorState
from inspection.station.intervention import Intervention
from inspection.station.places import PlaceSettings
from inspection.station.planned_change import PlannedChange, RecipeInForce
from inspection.values import Artefact, Cut, Light, Side


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
class PlaceStatus:
    """Where a camera looks at the web."""

    view: str | None
    """The view of the recipe in force that it serves; None: the recipe has none with its light and side."""
    light: Light
    """The light that it sees by."""
    side: Side
    """The side of the web that it looks at."""
    across_mm: float
    """Where on the web its first column's outer border lies in mm, from the web's drive-side border."""
    along_mm: float
    """How far downstream of the leading camera it looks, in mm along the web."""
    is_mirrored: bool
    """Its columns count from the operator side."""
    residual_mm: float | None
    """How far off the marks were, root mean square, with which the place was measured; None: written by hand."""
    aligned_utc: datetime | None
    """When the place was measured; None: never."""


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
    places: Mapping[str, PlaceStatus]
    """Where on the web each camera looks; empty where each looks at a web of its own, and its frames are the pieces."""
    cut: Cut
    """What one decision is about: a block, a lane of it, or a sheet."""
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
    uninspected_in_a_row: int
    """The newest decisions: so many in a row are uninspected."""
    doors: Sequence[DoorState]
    """The doors to the line, and how each is doing."""


def place_status(places: Mapping[str, PlaceSettings], views: Mapping[str, View]) -> dict[str, PlaceStatus]:
    """Where each camera looks, by its name, and which view of a recipe it serves."""
    served = {(view.light, view.side): name for name, view in views.items()}
    return {
        camera: PlaceStatus(
            view=served.get((place.light, place.side)),
            light=place.light,
            side=place.side,
            across_mm=place.across_mm,
            along_mm=place.along_mm,
            is_mirrored=place.is_mirrored,
            residual_mm=place.residual_mm,
            aligned_utc=place.aligned_utc,
        )
        for camera, place in places.items()
    }
