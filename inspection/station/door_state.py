"""How a door to the line is doing. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DoorState:
    """How a door is doing; every field can be shown as it is."""

    name: str
    """What the settings call it."""
    kind: str
    """`http`, `modbus`, `mqtt`, `opcua` ..."""
    address: str
    """Where its partners find it."""
    is_open: bool
    """Whether partners are answered now."""
    partners: int
    """Those that are connected now."""
    last_partner: str = ""
    """Who was heard of last; empty: nobody yet, or the door does not tell."""
    acknowledged: int | None = None
    """All decisions up to this number are the partner's; None: each of its partners keeps its own place."""
    waiting: int | None = None
    """Decisions that the partner has not taken; None: nobody says."""
    restarts: int = 0
    """How many times its process was started anew since the station's start."""
    trouble: str = ""
    """What is wrong, and what to do; empty while all is well."""
    counters: Mapping[str, int] = field(default_factory=dict)
    """What the door counts since its start."""
