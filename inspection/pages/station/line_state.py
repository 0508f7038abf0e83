"""The line's state in one word, for a look from three metres: what the gravest alarm says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from inspection.alarms.alarm import Alarm
from inspection.alarms.book import urgency
from inspection.alarms.condition import AlarmKind, Condition, Priority
from inspection.pages.station.live import LineView


class LineState(StrEnum):
    """What the station does."""

    AWAY = "away"
    """The station was not heard: what is known is old."""
    NOT_READY = "not_ready"
    BLIND = "blind"
    """It runs, but more than half of the last pieces are uninspected."""
    PARTLY = "partly"
    """It runs, and some of the last pieces are uninspected or late."""
    REJECTS = "rejects"
    """It runs and inspects, and what it sees is bad."""
    HOLD = "hold"
    BYPASS = "bypass"
    CHECK = "check"
    """It runs and inspects, and something about it wants looking at."""
    STANDING = "standing"
    """It runs, and its cameras say that the web stands still."""
    WAITING = "waiting"
    """It runs, but no material comes."""
    STARTING = "starting"
    STOPPING = "stopping"
    FINISHED = "finished"
    RUNNING = "running"
    """No alarm stands; of low ones, those that somebody has acknowledged may."""


ICONS: Mapping[LineState, str] = {
    LineState.AWAY: "link_off",
    LineState.NOT_READY: "dangerous",
    LineState.BLIND: "visibility_off",
    LineState.PARTLY: "preview",
    LineState.REJECTS: "block",
    LineState.HOLD: "pan_tool",
    LineState.BYPASS: "alt_route",
    LineState.CHECK: "build_circle",
    LineState.STANDING: "pause_circle",
    LineState.WAITING: "hourglass_empty",
    LineState.STARTING: "power_settings_new",
    LineState.STOPPING: "stop_circle",
    LineState.FINISHED: "flag",
    LineState.RUNNING: "play_circle",
}
_QUIET = {LineState.AWAY, LineState.STOPPING, LineState.FINISHED}
_TONES = {
    Priority.CRITICAL: "reject",
    Priority.HIGH: "reject",
    Priority.MEDIUM: "warning",
    Priority.LOW: "warning",
    Priority.NOTICE: "info",
}
_STATES: Mapping[AlarmKind, LineState] = {
    AlarmKind.STATION_SILENT: LineState.AWAY,
    AlarmKind.NO_STATION: LineState.AWAY,
    AlarmKind.CAMERA_GONE: LineState.NOT_READY,
    AlarmKind.CAMERA_NO_IMAGES: LineState.NOT_READY,
    AlarmKind.STATION_THREAD: LineState.NOT_READY,
    AlarmKind.CHALLENGE_FAILED: LineState.NOT_READY,
    AlarmKind.STORE_AWAY: LineState.NOT_READY,
    AlarmKind.STORE_SHARED: LineState.NOT_READY,
    AlarmKind.UNINSPECTED: LineState.PARTLY,
    AlarmKind.LATE: LineState.PARTLY,
    AlarmKind.SAFETY: LineState.REJECTS,
    AlarmKind.REJECTS_IN_A_ROW: LineState.REJECTS,
    AlarmKind.REJECTS_IN_LANE: LineState.REJECTS,
    AlarmKind.REJECT_RATE: LineState.REJECTS,
    AlarmKind.HOLD: LineState.HOLD,
    AlarmKind.BYPASS: LineState.BYPASS,
    AlarmKind.STANDING: LineState.STANDING,
    AlarmKind.NO_MATERIAL: LineState.WAITING,
    AlarmKind.STARTING: LineState.STARTING,
    AlarmKind.STOPPING: LineState.STOPPING,
    AlarmKind.FINISHED: LineState.FINISHED,
}
"""All others want looking at: CHECK."""


@dataclass(frozen=True, slots=True)
class Tile:
    """What the tile shows."""

    state: LineState
    alarm: Alarm | None
    """The alarm that says so; None only while nothing is the matter."""

    @property
    def tone(self) -> str:
        """Colour: a class of the style sheet."""
        if self.alarm is None:
            return "accept"
        return "off" if self.state in _QUIET else _TONES[self.alarm.priority]

    @property
    def icon(self) -> str:
        """Name of a Material icon: states differ without colour, too."""
        return ICONS[self.state]


def alarms_of(view: LineView, *, has_station: bool = True) -> list[Alarm]:
    """All alarms that a page has to show, the gravest that stand first: the station's, and what only pages can know.

    The station's own are left out while it is not heard: nobody knows whether they still stand.
    """
    own = []
    if not has_station:
        own.append(Condition(AlarmKind.NO_STATION))
    elif not view.is_connected:
        heard = view.told_utc.isoformat() if view.told_utc else "–"
        own.append(Condition(AlarmKind.STATION_SILENT, "", {"time": heard}, view.trouble or ""))
    if view.store_trouble is not None:
        own.append(Condition(AlarmKind.STORE_UNREADABLE, detail=view.store_trouble))
    told = list(view.status.alarm_list) if view.status is not None and view.is_connected else []
    return sorted([*(_known_here(condition, view) for condition in own), *told], key=urgency)


def tile_of(alarms: Sequence[Alarm]) -> Tile:
    """What the gravest alarm that stands makes of the line's state."""
    standing = [alarm for alarm in alarms if alarm.is_standing and not _is_dealt_with(alarm)]
    if not standing:
        return Tile(LineState.RUNNING, None)
    gravest = min(standing, key=urgency)
    state = _STATES.get(gravest.kind, LineState.CHECK)
    if gravest.kind is AlarmKind.UNINSPECTED and gravest.priority is Priority.CRITICAL:
        state = LineState.BLIND
    return Tile(state, gravest)


def _is_dealt_with(alarm: Alarm) -> bool:
    return alarm.priority is Priority.LOW and alarm.is_acknowledged


def _known_here(condition: Condition, view: LineView) -> Alarm:
    """Nobody can acknowledge it: it is not the station's, and ends by itself."""
    moment = view.told_utc or datetime.now(UTC)
    return Alarm(
        number=0,
        kind=condition.kind,
        subject=condition.subject,
        priority=condition.priority,
        sentence=condition.sentence,
        detail=condition.detail,
        raised_utc=moment,
        last_raised_utc=moment,
        facts=condition.facts,
    )
