"""How a camera is told what to do: one frozen tree for each kind of source, unknown keys refused."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from camera.checked import Checked
from camera.web.place import CameraPlace
from camera.web.settings import WebSettings

MAX_MPX = 64.0
"""Million pixels that an image has at most, unless somebody says otherwise."""
_HOUR_MS = 3_600_000.0
_YEAR_S = 31_536_000.0
Pitch = Annotated[float, Field(gt=0, le=10_000)]
"""Micrometres of the web that a pixel shows."""
Rate = Annotated[float, Field(gt=0, le=1e9)]
"""Lines or frames per second."""


class _CameraSettings(Checked):
    name: str = Field(default="cam0", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Names the camera in frames, logs and metrics."""
    frame_limit: int | None = Field(default=None, gt=0)
    """Number of frames, lost ones included, after which the source ends; None: never."""


_INSIDE = ("Software", "Timer", "UserOutput")
"""Trigger sources that are no signal of the line: a program's, or the camera's own clock."""


class DeviceChoice(Checked):
    """Which of a producer's devices is meant; all that is given must match."""

    serial_number: str | None = None
    """Serial number, as `inspection cameras` lists it; None: any."""
    user_defined_name: str | None = None
    """Name that somebody gave the device; None: any."""
    model: str | None = None
    """Model, as `inspection cameras` lists it; None: any."""

    def may_be(self, other: "DeviceChoice") -> bool:
        """Whether one device can match both choices.

        >>> DeviceChoice(serial_number="1").may_be(DeviceChoice(serial_number="2"))
        False
        >>> DeviceChoice(serial_number="1").may_be(DeviceChoice(user_defined_name="left"))
        True
        """
        pairs = zip(self.model_dump().values(), other.model_dump().values(), strict=True)
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


class TriggerSettings(Checked):
    """GenICam trigger, one selector."""

    selector: str = "FrameStart"
    """GenICam TriggerSelector: what the signal starts."""
    source: str = "Line0"
    """GenICam TriggerSource: the input that the signal comes in at."""
    activation: str | None = None
    """For example RisingEdge; None leaves the device's own."""


class GenTLSettings(_CameraSettings):
    """Any vendor's GenICam camera through its GenTL producer."""

    kind: Literal["gentl"] = "gentl"
    producer: Path | None = None
    """The .cti file; None looks in the folders of GENICAM_GENTL64_PATH."""
    device: DeviceChoice = DeviceChoice()
    pixel_pitch_x_um: Pitch
    """Web that a column shows, across the machine."""
    pixel_pitch_y_um: Pitch
    """Web that a line shows, along the machine."""
    width_px: int | None = Field(default=None, gt=0, le=1_000_000)
    """GenICam Width; None leaves the device's own. So for all features that follow."""
    height_px: int | None = Field(default=None, gt=0, le=1_000_000)
    """GenICam Height: the lines of a block, of which each gets one decision."""
    pixel_format: Literal["Mono8", "Mono10", "Mono12", "Mono14", "Mono16"] | None = None
    """GenICam PixelFormat."""
    exposure_us: float | None = Field(default=None, gt=0, le=3.6e9)
    """GenICam ExposureTime."""
    gain_db: float | None = Field(default=None, ge=-100, le=100)
    """GenICam Gain."""
    line_rate_hz: Rate | None = None
    """AcquisitionLineRate, for line-scan cameras."""
    frame_rate_hz: Rate | None = None
    """AcquisitionFrameRate, for area cameras; not together with line_rate_hz."""
    trigger: TriggerSettings | None = None
    chunks: bool = True
    """Ask for encoder position and line counter with each frame, where the device has chunk data."""
    encoder_step_um: float | None = Field(default=None, gt=0, le=1e6)
    """Web travel for one count of ChunkEncoderValue; None: it counts lines, as pixel_pitch_y_um."""
    features: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Any other GenICam feature by its name, set last and in this order."""
    output: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]{1,32}$")
    """User output that a door `camera-output` drives, as GenICam UserOutputSelector names it, for example UserOutput0.
    Which line of the plug it comes out at is for `features` to say (LineSelector, LineMode, LineSource)."""
    frame_timeout_ms: float | None = Field(default=None, gt=0, le=_HOUR_MS)
    """A frame is overdue after this; None: three block periods but at least 100 ms, or 1 s if the rate is not known.

    A camera with an external trigger that keeps silent, but answers, is believed to see a standing web; with this set,
    only if its EncoderValue says so, too.
    """
    ring_slots: int = Field(default=16, ge=4, le=256)
    """Frames that wait for the station, in shared memory; what comes when all are taken is lost."""

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if self.line_rate_hz is not None and self.frame_rate_hz is not None:
            raise ValueError("line_rate_hz and frame_rate_hz exclude each other: keep the one your camera has")
        return self

    @property
    def is_paced_outside(self) -> bool:
        """Whether a signal of the line starts each frame or line, so that none comes while the web stands.

        >>> settings = GenTLSettings(pixel_pitch_x_um=50, pixel_pitch_y_um=50, line_rate_hz=1000)
        >>> [settings.model_copy(update={"trigger": t}).is_paced_outside
        ...  for t in (None, TriggerSettings(source="Encoder0"), TriggerSettings(source="Software"))]
        [False, True, False]
        """
        return self.trigger is not None and not self.trigger.source.startswith(_INSIDE)


class ReplaySettings(_CameraSettings):
    """A folder of PNG, TIFF, JPEG or BMP images, shown in the order of their names, 2 before 10."""

    kind: Literal["replay"] = "replay"
    folder: Path
    """Where the images lie."""
    pixel_pitch_um: Pitch
    """Web that a pixel shows, along and across."""
    bit_depth: Literal[8, 10, 12, 16] | None = None
    """Significant bits of a pixel; None: all that the file has."""
    max_mpx: float = Field(default=MAX_MPX, gt=0, le=1000)
    """A file that announces more million pixels is unreadable; it is not decoded."""
    line_rate_hz: Rate | None = None
    """Lines per second; None: as fast as the station takes them."""
    repeat: bool = False
    """Begin again at the end, for ever."""


class WatchSettings(_CameraSettings):
    """Images that another system drops into a folder; each is taken once it is complete.

    An image stays where it is until its decision is on disk; then it is moved to the folder `taken` inside. So a
    crash forgets none; at worst it repeats those that were decided in its last moment. One owner only: two stations on
    one folder would both take the same images.
    """

    kind: Literal["watch"] = "watch"
    folder: Path
    """Where the images arrive."""
    pixel_pitch_um: Pitch
    """Web that a pixel shows, along and across."""
    bit_depth: Literal[8, 10, 12, 16] | None = None
    """Significant bits of a pixel; None: all that the file has."""
    max_mpx: float = Field(default=MAX_MPX, gt=0, le=1000)
    """A file that announces more million pixels is unreadable; it is not decoded."""
    settle_ms: float = Field(default=200.0, ge=0, le=_HOUR_MS)
    """A file is complete when it has not changed for so long and it decodes to its end."""
    give_up_ms: float = Field(default=5000.0, gt=0, le=_HOUR_MS)
    """A file that has not changed for so long and does not decode is handed on as unreadable."""
    backlog_alarm_files: int = Field(default=500, gt=0, le=10**9)
    """More images than these that wait are an alarm."""
    backlog_alarm_s: float = Field(default=60.0, gt=0, le=_YEAR_S)
    """An image that has waited for longer is an alarm, too."""


class SimulatedSettings(_CameraSettings):
    """The simulated web without a camera between: no GenICam, no compiler needed."""

    kind: Literal["simulated"] = "simulated"
    web: WebSettings = WebSettings()
    place: CameraPlace | None = None
    """Where the camera looks, if others see the same web: all of them have a place, the same web, lines and rate, and
    it moves on for all at once. None: a web of its own."""
    lines: int = Field(default=1024, ge=16, le=16384)
    """Lines of a frame."""
    line_rate_hz: Rate | None = 10_000.0
    """Lines per second; None: as fast as the station takes them."""
    first_line: int = Field(default=0, ge=0, le=10**15)
    """Where on the web to begin."""


CameraSettings = Annotated[
    GenTLSettings | ReplaySettings | WatchSettings | SimulatedSettings, Field(discriminator="kind")
]
