"""Settings of the door for OPC UA."""

from typing import Literal

from pydantic import Field

from inspection.station.door_settings.common import LineDoorSettings


class OpcUaSettings(LineDoorSettings):
    """An OPC UA server with the Machine Vision model (OPC 40100-1)."""

    kind: Literal["opcua"] = "opcua"
    """OPC UA."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=4840, ge=0, le=65535)
    """0 takes any free port."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"opc.tcp://{self.host}:{self.port}"
