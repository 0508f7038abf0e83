"""Settings of the door to an MQTT broker."""

from typing import Literal

from pydantic import Field

from inspection.station.door_settings.common import LineDoorSettings


class MqttSettings(LineDoorSettings):
    """A client of an MQTT broker."""

    kind: Literal["mqtt"] = "mqtt"
    """MQTT."""
    host: str = "127.0.0.1"
    """The broker."""
    port: int = Field(default=1883, ge=1, le=65535)
    """The broker's port."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"mqtt://{self.host}:{self.port}"
