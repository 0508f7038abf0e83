"""How the station is doing, in the words of the line: what every door tells beside results."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from camera.checked import Checked
from inspection.alarms.alarm import Alarm
from inspection.alarms.condition import Priority
from inspection.line.result import Named
from inspection.station.planned_change import ChangeStep
from inspection.station.status import StationStatus
from inspection.values import Cut

MOST_ALARMS = 50


class LineAlarm(Checked):
    """What calls for a person."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Names the alarm."""
    kind: str
    """What it is: `camera.gone` ..."""
    subject: str
    """A camera, lane or door; empty where there is only one."""
    priority: Priority
    """How soon somebody has to act."""
    sentence: str
    """What happened and what to do."""
    raised_utc: datetime
    """When it was raised (UTC)."""
    is_standing: bool
    """Whether its cause is still there."""
    is_acknowledged: bool
    """Whether somebody has seen it."""

    @classmethod
    def of(cls, alarm: Alarm) -> "LineAlarm":
        """As it is told."""
        return cls(
            number=alarm.number,
            kind=alarm.kind.value,
            subject=alarm.subject,
            priority=alarm.priority,
            sentence=alarm.sentence,
            raised_utc=alarm.raised_utc,
            is_standing=alarm.is_standing,
            is_acknowledged=alarm.acknowledged_by is not None,
        )


class LineCamera(Checked):
    """A camera."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """The settings' name for it."""
    is_connected: bool
    """Whether it delivers, or could."""
    is_standing: bool
    """Whether the web stands under it."""
    frames: int
    """Frame numbers decided since start."""


class LineStatus(Checked):
    """A snapshot of the station, for the line."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    station: str
    """The station's name."""
    state: str
    """starting, running, stopping, finished."""
    is_ready: bool
    """Whether the line may run."""
    not_ready: tuple[str, ...]
    """Why not, one sentence each."""
    intervention: Literal["hold", "bypass"] | None
    """A hold or bypass in force."""
    recipe: Named
    """The recipe that judges now."""
    model: Named
    """The model that looks now."""
    setups: dict[str, str]
    """`setup_sha256` of the results that are made now, by camera."""
    change_step: ChangeStep | None
    """How far a change-over has come; null: none is to come."""
    change_recipe: Named | None
    """The recipe that it brings; null: none is to come."""
    cut: Cut
    """What one result is about."""
    epoch: str
    """Name of the station's store."""
    last_sequence: int
    """Number of the newest result."""
    accepted: int
    """Results since start."""
    rejected: int
    """Results since start."""
    uninspected: int
    """Results since start."""
    uninspected_in_a_row: int
    """Uninspected results in a row, counted back from the newest."""
    late: int
    """Decisions since start that met no deadline."""
    triggers_waiting: int
    """Triggers that wait for their frames."""
    triggers_expired: int
    """Since start: triggers that no result echoes."""
    deadline_ms: float | None
    """Time that a decision has, in ms; null before the first one."""
    latency_p50_ms: float | None
    """Median of the last decisions, in ms; null before the first one."""
    latency_p99_ms: float | None
    """99 of 100 were quicker, in ms; null before the first one."""
    cameras: tuple[LineCamera, ...]
    """All cameras."""
    alarms: tuple[LineAlarm, ...]
    """What somebody has still to deal with, the gravest first, at most 50."""
    uptime_s: float
    """Seconds since the station's start."""

    @classmethod
    def of(cls, status: StationStatus) -> "LineStatus":
        """As it is told."""
        change, latency = status.change_over, status.latency
        return cls(
            station=status.name,
            state=status.state.value,
            is_ready=status.is_ready,
            not_ready=tuple(status.not_ready),
            intervention=status.intervention.kind.value if status.intervention else None,
            recipe=Named.of(status.recipe),
            model=Named.of(status.model),
            setups=dict(status.setups),
            change_step=change.step if change else None,
            change_recipe=Named.of(change.recipe) if change else None,
            cut=status.cut,
            epoch=status.epoch,
            last_sequence=status.last_sequence,
            accepted=status.verdicts.get("accept", 0),
            rejected=status.verdicts.get("reject", 0),
            uninspected=status.verdicts.get("uninspected", 0),
            uninspected_in_a_row=status.uninspected_in_a_row,
            late=status.late_results + status.published_late,
            triggers_waiting=status.triggers_waiting,
            triggers_expired=status.triggers_expired,
            deadline_ms=latency.deadline_ms if latency else None,
            latency_p50_ms=latency.p50_ms if latency else None,
            latency_p99_ms=latency.p99_ms if latency else None,
            cameras=tuple(
                LineCamera(
                    name=each.camera,
                    is_connected=each.is_connected,
                    is_standing=each.is_standing,
                    frames=status.frames.get(each.camera, 0),
                )
                for each in status.cameras
            ),
            alarms=tuple(LineAlarm.of(alarm) for alarm in status.alarm_list[:MOST_ALARMS]),
            uptime_s=status.uptime_s,
        )
