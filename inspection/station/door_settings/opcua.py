"""Settings of the door for OPC UA."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from inspection.people.key_role import KeyRole
from inspection.station.door_settings.common import LineDoorSettings


class Security(StrEnum):
    """The least that a partner's messages must be protected by; more is taken from all."""

    ENCRYPT = "encrypt"
    """Signed and encrypted, Basic256Sha256."""
    SIGN = "sign"
    """Signed, Basic256Sha256: others may read, nobody may change."""
    NONE = "none"
    """Nothing: whoever reaches the port may read and change all that goes by. For commissioning."""


class OpcUaSettings(LineDoorSettings):
    """An OPC UA server with the Machine Vision model (OPC 40100-1)."""

    kind: Literal["opcua"] = "opcua"
    """OPC UA."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=4840, ge=0, le=65535)
    """0 takes any free port."""
    security: Security = Security.SIGN
    """The least protection of messages that is taken: `encrypt`, `sign` or `none`."""
    anonymous: KeyRole | None = None
    """What partners may do that name no user; none: they are not let in. A user's name is that of an API key, and the
    password is the key itself."""
    most_sessions: int = Field(default=16, ge=1, le=200)
    """Sessions of all partners together; one user may have half of them."""
    most_subscriptions: int = Field(default=64, ge=1, le=1000)
    """Subscriptions of all partners together; one session may have a quarter of them."""
    most_monitored_items: int = Field(default=2000, ge=4, le=100_000)
    """Monitored items of all partners together; one session may have a quarter of them."""

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"opc.tcp://{self.host}:{self.port}"
