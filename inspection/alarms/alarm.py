"""One alarm from when it was raised to when everybody is done with it. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inspection.alarms.condition import AlarmKind, Fact, Priority


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was the matter, from when to when, and who took it on."""

    number: int
    """1, 2, 3 … in this store."""
    kind: AlarmKind
    """What is the matter, for programs."""
    subject: str
    """What it is about: a camera, a lane; empty where there is only one."""
    priority: Priority
    """How soon somebody has to act."""
    sentence: str
    """What happened and what to do, in one short line of English."""
    detail: str
    """The technical text; may be empty."""
    raised_utc: datetime
    """When it was raised first."""
    last_raised_utc: datetime
    """When it was raised last: one that comes and goes is counted, not told anew."""
    occurrences: int = 1
    """How many times it was raised."""
    cleared_utc: datetime | None = None
    """When its cause was gone; None: it stands."""
    acknowledged_by: str | None = None
    """Who has seen it; None: nobody yet."""
    acknowledged_utc: datetime | None = None
    """When somebody saw it; None: nobody did yet."""
    shelved_by: str | None = None
    """Who has put it aside for a while; None: it is not put aside."""
    shelved_reason: str | None = None
    """Why it was put aside; None: it is not."""
    shelved_utc: datetime | None = None
    """When it was put aside; None: it is not."""
    shelved_until_utc: datetime | None = None
    """When it is told anew, if it stands then; None: it is not put aside."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the sentence says: camera, count, cause …"""

    @property
    def is_standing(self) -> bool:
        """Whether its cause is there."""
        return self.cleared_utc is None

    @property
    def is_shelved(self) -> bool:
        """Whether somebody has put it aside: it makes no noise, and hides nothing."""
        return self.shelved_by is not None

    @property
    def is_acknowledged(self) -> bool:
        """Whether nobody has to acknowledge it (any more)."""
        return self.acknowledged_by is not None or self.priority is Priority.NOTICE

    @property
    def is_settled(self) -> bool:
        """Whether everybody is done with it: over, acknowledged, not put aside."""
        return not self.is_standing and self.is_acknowledged and not self.is_shelved

    @property
    def key(self) -> tuple[AlarmKind, str]:
        """What makes it the same alarm when it comes back."""
        return self.kind, self.subject
