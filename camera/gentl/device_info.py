"""Which devices there are, and which of them is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from camera.errors import ProducerError, SettingsError
from camera.settings import DeviceChoice


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as its producer describes it; empty where it says nothing."""

    vendor: str
    model: str
    serial_number: str
    user_defined_name: str
    id: str
    tl_type: str
    """Transport layer: GEV, U3V, CXP, CL, Custom ..."""
    access: str
    """`free`, `in use`, `open`, `not accessible` ..."""

    @property
    def name(self) -> str:
        """As a person calls it."""
        named = f", named {self.user_defined_name}" if self.user_defined_name else ""
        return f"{self.vendor} {self.model}, serial number {self.serial_number or '-'}{named}"

    def __str__(self) -> str:
        return f"{self.name} ({self.access})"


def matches(device: DeviceInfo, choice: DeviceChoice) -> bool:
    """Is this the device, as far as the choice says?"""
    return (
        choice.serial_number in (None, device.serial_number)
        and choice.user_defined_name in (None, device.user_defined_name)
        and choice.model in (None, device.model)
    )


def choose(devices: Sequence[DeviceInfo], choice: DeviceChoice, producer: str) -> DeviceInfo:
    """The one device that is meant. Raises ProducerError if there is none, SettingsError if there are several."""
    found = [device for device in devices if matches(device, choice)]
    if len(found) == 1:
        return found[0]
    asked = ", ".join(f"{name} {value}" for name, value in choice.model_dump(exclude_none=True).items()) or "any device"
    there = "".join(f"\n  {device}" for device in devices) or " none at all"
    if not found:
        raise ProducerError(f"{producer}: no device matches ({asked}); look at cable and power. It offers:{there}")
    raise SettingsError(
        f"{producer}: {len(found)} devices match ({asked}): say which, by device.serial_number. It offers:{there}"
    )
