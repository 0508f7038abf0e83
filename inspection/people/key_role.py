"""What a program, or a machine behind a door, may do."""

from enum import StrEnum


class KeyRole(StrEnum):
    """What a program may do; each may what those before it may."""

    READ = "read"
    """Hear decisions, see images, status and figures."""
    TRIGGER = "trigger"
    """Tell triggers, rolls and acknowledgements."""
    HOLD = "hold"
    """Hold, bypass and release the line, and whatever else changes it."""

    def covers(self, needed: "KeyRole") -> bool:
        """Whether this role may what another may.

        >>> KeyRole.HOLD.covers(KeyRole.READ), KeyRole.READ.covers(KeyRole.TRIGGER)
        (True, False)
        """
        order = list(KeyRole)
        return order.index(self) >= order.index(needed)
