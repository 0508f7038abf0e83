"""The line's state in one word, for a look from three metres. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from inspection.intervention import InterventionKind
from inspection.pages.live import LineView
from inspection.station_status import StationState
from inspection.values import Verdict

_WAITING_S = 5.0
"""Without a new block for so long, no material passes."""
_BLIND_BLOCKS = 20
_BLIND_PART = 0.5


class LineState(StrEnum):
    """What the station does, the gravest first."""

    AWAY = "away"
    """The station was not heard: what is known is old."""
    HOLD = "hold"
    BYPASS = "bypass"
    NOT_READY = "not_ready"
    BLIND = "blind"
    """It runs, but more than half of the last blocks are uninspected."""
    STANDING = "standing"
    """It runs, and its cameras say that the web stands still."""
    WAITING = "waiting"
    """It runs, but no material comes."""
    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    FINISHED = "finished"


TONES: Mapping[LineState, tuple[str, str]] = {
    LineState.AWAY: ("off", "link_off"),
    LineState.HOLD: ("warning", "pan_tool"),
    LineState.BYPASS: ("warning", "alt_route"),
    LineState.NOT_READY: ("reject", "dangerous"),
    LineState.BLIND: ("reject", "visibility_off"),
    LineState.STANDING: ("info", "pause_circle"),
    LineState.WAITING: ("info", "hourglass_empty"),
    LineState.RUNNING: ("accept", "play_circle"),
    LineState.STARTING: ("info", "power_settings_new"),
    LineState.STOPPING: ("off", "stop_circle"),
    LineState.FINISHED: ("off", "flag"),
}
"""Tone and icon of each state."""
_OF_STATION = {
    StationState.STARTING: LineState.STARTING,
    StationState.STOPPING: LineState.STOPPING,
    StationState.FINISHED: LineState.FINISHED,
}


def line_state(view: LineView, now: datetime) -> LineState:
    """The state that matters most."""
    status = view.status
    if status is None or not view.is_connected:
        return LineState.AWAY
    if status.intervention is not None:
        return LineState.HOLD if status.intervention.kind is InterventionKind.HOLD else LineState.BYPASS
    if status.state is not StationState.RUNNING:
        return _OF_STATION[status.state]
    if not status.is_ready:
        return LineState.NOT_READY
    if status.cameras and all(camera.is_standing for camera in status.cameras):
        return LineState.STANDING
    blocks = view.recent.blocks[-_BLIND_BLOCKS:] if view.recent else ()
    if not blocks or (now - blocks[-1].decided_utc).total_seconds() > _WAITING_S:
        return LineState.WAITING
    blind = sum(block.verdict is Verdict.UNINSPECTED for block in blocks)
    return LineState.BLIND if blind > _BLIND_PART * len(blocks) else LineState.RUNNING
