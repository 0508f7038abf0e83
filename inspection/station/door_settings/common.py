"""What all doors for machines are told alike."""

from abc import abstractmethod

from pydantic import Field

from camera.checked import Checked
from inspection.people.key_role import KeyRole


class LineDoorSettings(Checked):
    """A door for machines; `kind` says which."""

    role: KeyRole = KeyRole.TRIGGER
    """What partners may do at most: `read` results, tell `trigger`s and rolls, or `hold` and change recipes as well."""
    is_required: bool = False
    """The line may not run while this door is closed, or nobody is behind it."""
    stop_after_uninspected: int = Field(default=10, ge=1, le=100_000)
    """After so many uninspected pieces in a row the door asks the line to stop."""
    most_memory_mb: int = Field(default=512, ge=64, le=65_536)
    """A door whose process takes more memory is started anew."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where its partners find it."""
