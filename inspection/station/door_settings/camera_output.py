"""Settings of the door that is a camera's own output."""

from typing import Literal

from pydantic import Field

from inspection.station.door_settings.common import LineDoorSettings


class CameraOutputSettings(LineDoorSettings):
    """A pulse at a camera's output for each piece that is accepted, or for each that is not, when it is at the gate."""

    kind: Literal["camera-output"] = "camera-output"
    """A GenICam camera's own output."""
    camera: str = "cam0"
    """The camera; its settings name the `output`."""
    pulse_on: Literal["accept", "reject"] = "accept"
    """`accept`: a gate that takes everything out but what a pulse lets through, so that a cable that is cut passes
    nothing. `reject`: an ejector that is fired; what nobody told it of passes."""
    gate_mm: float = Field(gt=0, le=1e6)
    """Web between the camera's line and the gate."""
    pulse_mm: float = Field(default=10.0, gt=0, le=1e5)
    """Web that passes while the pulse lasts; a piece's pulse begins when its leading edge is at the gate."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"output of camera {self.camera}"
