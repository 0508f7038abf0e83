"""Settings of the door for Modbus TCP."""

from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, model_validator

from inspection.serving.listening import is_loopback
from inspection.station.door_settings.common import LineDoorSettings

_RecipeTitle = Annotated[str, Field(min_length=1, max_length=256)]


class ModbusSettings(LineDoorSettings):
    """A Modbus TCP server that a PLC polls."""

    kind: Literal["modbus"] = "modbus"
    """Modbus TCP."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=502, ge=0, le=65535)
    """0 takes any free port. Below 1024 a service needs the right to (CAP_NET_BIND_SERVICE)."""
    layout: Literal["station", "in-sight"] = "station"
    """Where registers lie: our own map, or the one that In-Sight cameras have in common."""
    word_order: Literal["high-first", "low-first"] = "high-first"
    """Which half of a 32-bit number lies at the lower address; the self-test register shows it."""
    trigger_place: Literal["arrival", "encoder"] = "arrival"
    """Where on the web a trigger belongs: where the web is when it arrives, or where its `encoder_position` says, if
    the PLC counts the leading camera's encoder from the same zero. The second bears a slow or busy network."""
    unit_id: int | None = Field(default=None, ge=0, le=255)
    """The only unit that is answered; None: whatever unit the partner names."""
    partners: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks that may connect. Needed where `host` is no loopback address, for Modbus knows no keys;
    empty: this machine alone."""
    recipes: tuple[_RecipeTitle, ...] = Field(default=(), max_length=1000)
    """Recipes that the partner may ask for by number, NAME-VERSION each: the first one is number 1."""
    retry_s: float = Field(default=2.0, ge=0, le=3600)
    """A result that the partner has read and not acknowledged is let go after so long, and counted; 0: never."""
    heartbeat_s: float = Field(default=3.0, ge=0, le=3600)
    """A partner whose heartbeat register stands still for so long is away; 0: any request is a sign of life. The
    in-sight layout has no such register, there requests count."""
    buffer_results: int = Field(default=64, ge=64, le=4096)
    """Results that wait in the door; beyond, the overrun bit is set, and they wait in the store."""
    most_connections: int = Field(default=16, ge=1, le=256)
    """Connections at a time; a new one takes the place of one that is idle."""
    most_requests_per_s: int = Field(default=1000, ge=10, le=100_000)
    """Requests of one connection that are answered in a second; those beyond wait."""

    @model_validator(mode="after")
    def _partners_are_known(self) -> Self:
        if not self.partners and not is_loopback(self.host):
            raise ValueError(
                f"partners: on {self.host} others can reach this door, and Modbus knows no keys: name the addresses "
                'that may connect, for example ["192.168.0.10/32"]'
            )
        return self

    @property
    def address(self) -> str:
        """Where its partners find it."""
        return f"modbus://{self.host}:{self.port}"
