"""Settings of the door for Modbus TCP."""

from typing import Literal

from pydantic import Field

from inspection.station.door_settings.common import LineDoorSettings


class ModbusSettings(LineDoorSettings):
    """A Modbus TCP server that a PLC polls."""

    kind: Literal["modbus"] = "modbus"
    """Modbus TCP."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=502, ge=0, le=65535)
    """0 takes any free port."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"modbus://{self.host}:{self.port}"
