"""The one door through which frames come in, whatever the camera is.

A source numbers every block of web that was triggered. `read` hands out each number exactly once, in order and
without a gap within a run: as a `Frame` if its pixels arrived, as a `LostFrame` if not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from camera.frame import FrameId, Reading


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing; every field can be shown to an operator as it is."""

    camera: str
    """The camera's name, from the settings."""
    kind: str
    """`gentl`, `replay`, `watch` or `simulated`."""
    is_connected: bool
    """Whether frames can come."""
    detail: str
    """One sentence: connected to what, or why not and what happens next."""
    counters: dict[str, int] = field(default_factory=dict)
    """Since start: frames, and losses by name (dropped, incomplete, timeout, underrun, overrun, reconnects ...)."""
    ring_used: int = 0
    """Frames that wait between the camera's process and the station."""
    ring_slots: int = 0
    """How many may wait there; 0: the source has no ring."""
    last_frame_age_s: float | None = None
    """Seconds since the last good frame, None before the first."""
    waiting: int = 0
    """Images that have arrived and were not looked at yet."""
    oldest_waiting_s: float | None = None
    """For how long the oldest of them has waited, None when none waits."""
    alarm: str | None = None
    """What a person should look at although the source works, in a sentence; None if nothing."""
    is_standing: bool = False
    """The web stands still, and the camera is well: no frame comes, and none is missing."""


class FrameSource(Protocol):
    """Anything that shows the web. Use: `start`, then `read` in a loop, then `stop`; all from one thread."""

    @property
    def waits_for_station(self) -> bool:
        """True for files and unpaced simulation: nothing is lost by reading late, so the reader may wait.

        False for cameras: web that passes while nobody reads is lost.
        """

    def start(self) -> None:
        """Open the camera and begin. Raises CameraError when it can't be used as the settings say."""

    def read(self, timeout_s: float) -> Reading | None:
        """The next frame number's outcome, or None if none was due within `timeout_s` seconds.

        A broken camera does not raise here: it yields LostFrame until it is back.
        After EndOfFrames nothing more comes.
        """

    def stop(self) -> None:
        """Close the camera; safe to call in any state, more than once."""

    def status(self) -> SourceStatus:
        """A snapshot; may be called from any thread."""


@runtime_checkable
class HoldsUntilDecided(Protocol):
    """A source whose images lie somewhere until the decision about them is on disk, so that a crash loses none."""

    def decided(self, frame: FrameId) -> None:
        """The decision about this frame is on disk. Called from the publisher's thread, also after `stop`."""


@runtime_checkable
class OutputSource(Protocol):
    """A source whose camera has an output that can be driven by the web's place."""

    def give_pulses(self, pulses_mm: Sequence[tuple[float, float]]) -> bool:
        """Have the output give pulses, each from one place of the web up to another, by the camera's encoder.

        False: the camera is away, or takes none now. Never waits; from any thread.
        """
