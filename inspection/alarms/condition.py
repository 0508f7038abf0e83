"""What calls for a person: kinds and their priorities, and one condition as it stands at a moment. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from inspection.alarms.words import sentence_of

Fact: TypeAlias = str | int | float


class Priority(StrEnum):
    """How soon somebody has to act (ISA-18.2)."""

    CRITICAL = "critical"
    """At once: material passes that nobody judges, or the station's word can't be trusted."""
    HIGH = "high"
    """Within minutes: material is being lost."""
    MEDIUM = "medium"
    """Within the shift."""
    LOW = "low"
    """When there is time."""
    NOTICE = "notice"
    """A state that explains itself: nobody has to acknowledge it."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Priority).index(self)


class AlarmKind(StrEnum):
    """What is the matter; of the same priority the first counts as the graver one."""

    STATION_SILENT = "station.silent"
    """Known to the pages alone: the station does not answer them."""
    CAMERA_GONE = "camera.gone"
    CAMERA_NO_IMAGES = "camera.no_images"
    """A folder of images that can't be read, or not be tidied."""
    STATION_THREAD = "station.thread"
    """A part of the station has died, hangs, or can't do its work."""
    CHALLENGE_FAILED = "challenge.failed"
    STORE_AWAY = "store.away"
    STORE_SHARED = "store.shared"
    """The station is not alone with its store."""
    UNINSPECTED = "quality.uninspected"
    SAFETY = "quality.safety"
    """Several objects of severity S1, such as metal particles, within some metres."""
    REJECTS_IN_A_ROW = "quality.rejects_in_a_row"
    REJECTS_IN_LANE = "quality.rejects_in_lane"
    LATE = "quality.late"
    STORE_LOST = "store.lost"
    """Decisions were told that never reached the store."""
    HOLD = "line.hold"
    BYPASS = "line.bypass"
    REJECT_RATE = "quality.reject_rate"
    CAMERA_TROUBLE = "camera.trouble"
    CAMERA_PLACE = "camera.place"
    """A camera does not look where the settings say."""
    FRAMES_NOT_SAVED = "frames.not_saved"
    SETUP_CHANGED = "setup.changed"
    SETUP_FROM_SETTINGS = "setup.from_settings"
    """The settings name another recipe than the line was changed over to."""
    SEALS = "seals.missing"
    AUDIT_WAITS = "audit.waits"
    STORE_CHANGED = "store.changed"
    """What became of store and clock while no station ran."""
    STORE_BACKUP = "store.backup"
    STORE_UPKEEP = "store.upkeep"
    STORE_UNREADABLE = "store.unreadable"
    """Known to the pages alone: they can't read the store."""
    CLOCK_SET = "clock.set"
    STORE_LOG = "store.log"
    FRAMES_FOREIGN = "frames.of_another_store"
    API_REFUSES = "api.refuses"
    DOOR_CLOSED = "door.closed"
    """A door to the line that the line can't do without does not work."""
    DOOR_LEFT = "door.left"
    """Nobody is behind a door that the line can't do without."""
    DOOR_DOWN = "door.down"
    """A door to the line does not work."""
    DOOR_WAITS = "door.waits"
    """Decisions wait for a partner that does not take them."""
    DOOR_TROUBLE = "door.trouble"
    """A door works, and something is wrong with it."""
    MESSAGES = "messages.not_sent"
    """Webhook or mail does not get through."""
    STARTING = "station.starting"
    STOPPING = "station.stopping"
    FINISHED = "station.finished"
    STANDING = "web.stands"
    NO_MATERIAL = "web.none"
    NO_STATION = "station.none"
    """Known to the pages alone: they were started without one."""


_PRIORITIES: Mapping[AlarmKind, Priority] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                AlarmKind.STATION_SILENT,
                AlarmKind.CAMERA_GONE,
                AlarmKind.CAMERA_NO_IMAGES,
                AlarmKind.STATION_THREAD,
                AlarmKind.CHALLENGE_FAILED,
                AlarmKind.STORE_AWAY,
                AlarmKind.STORE_SHARED,
                AlarmKind.DOOR_CLOSED,
                AlarmKind.DOOR_LEFT,
            ),
            Priority.CRITICAL,
        ),
        **dict.fromkeys(
            (
                AlarmKind.SAFETY,
                AlarmKind.REJECTS_IN_A_ROW,
                AlarmKind.REJECTS_IN_LANE,
                AlarmKind.STORE_LOST,
                AlarmKind.DOOR_DOWN,
                AlarmKind.DOOR_WAITS,
            ),
            Priority.HIGH,
        ),
        **dict.fromkeys(
            (
                AlarmKind.CLOCK_SET,
                AlarmKind.STORE_LOG,
                AlarmKind.FRAMES_FOREIGN,
                AlarmKind.API_REFUSES,
                AlarmKind.MESSAGES,
            ),
            Priority.LOW,
        ),
        **dict.fromkeys(
            (
                AlarmKind.STARTING,
                AlarmKind.STOPPING,
                AlarmKind.FINISHED,
                AlarmKind.STANDING,
                AlarmKind.NO_MATERIAL,
                AlarmKind.NO_STATION,
            ),
            Priority.NOTICE,
        ),
    }
)
"""All others are MEDIUM; what grows with its share (uninspected, late) says so in the condition."""

STOPS_LINE = frozenset(
    {
        AlarmKind.CAMERA_GONE,
        AlarmKind.CAMERA_NO_IMAGES,
        AlarmKind.STATION_THREAD,
        AlarmKind.CHALLENGE_FAILED,
        AlarmKind.STORE_AWAY,
        AlarmKind.STORE_SHARED,
        AlarmKind.DOOR_CLOSED,
        AlarmKind.DOOR_LEFT,
        AlarmKind.HOLD,
        AlarmKind.STARTING,
        AlarmKind.STOPPING,
        AlarmKind.FINISHED,
    }
)
"""While one of these stands the line may not run: /readyz says no."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that calls for a person, as it is now."""

    kind: AlarmKind
    subject: str = ""
    """What it is about, where there are several: a camera, a lane. With the kind it names the alarm."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the sentence says, for those who write it in another language."""
    detail: str = ""
    """The technical text: paths, serial numbers, what a program said."""
    urgency: Priority | None = None
    """Where it is not the kind's own."""
    known_to: str | None = None
    """Who has brought it about knowingly: nobody has to tell them."""

    @property
    def priority(self) -> Priority:
        """How soon somebody has to act."""
        return self.urgency or priority_of(self.kind)

    @property
    def stops_line(self) -> bool:
        """Whether the line may not run while it stands."""
        return self.kind in STOPS_LINE

    @property
    def sentence(self) -> str:
        """What happened and what to do, in one short line.

        >>> Condition(AlarmKind.CAMERA_GONE, "cam0", {"camera": "cam0"}).sentence
        'Camera cam0 is gone: check cable and power.'
        """
        return sentence_of(self.kind.value, self.facts)

    @property
    def told(self) -> str:
        """The sentence with its detail."""
        return f"{self.sentence} {self.detail}".strip()


def priority_of(kind: AlarmKind) -> Priority:
    """The kind's own priority.

    >>> priority_of(AlarmKind.CAMERA_GONE), priority_of(AlarmKind.HOLD)
    (<Priority.CRITICAL: 'critical'>, <Priority.MEDIUM: 'medium'>)
    """
    return _PRIORITIES.get(kind, Priority.MEDIUM)


def not_ready(conditions: Iterable[Condition]) -> list[str]:
    """Why the line may not run, one sentence each; empty when it may."""
    return [condition.told for condition in conditions if condition.stops_line]


def said(kind: AlarmKind, texts: Iterable[str | None]) -> list[Condition]:
    """One condition with all that is said about it; none where nothing is.

    >>> [each.detail for each in said(AlarmKind.SEALS, ("No key.", None, "No anchor."))]
    ['No key. No anchor.']
    >>> said(AlarmKind.SEALS, (None,))
    []
    """
    told = [text for text in texts if text]
    return [Condition(kind, detail=" ".join(told))] if told else []
