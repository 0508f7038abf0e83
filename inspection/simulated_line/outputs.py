"""The doors that a simulated line can be run against, each with the PLC's side of its protocol."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inspection.simulated_line.partner import Partner

_PREFIX = "line-simulation"


class Output(StrEnum):
    """Which door tells the PLC."""

    HTTP = "http"
    MODBUS = "modbus"
    MODBUS_INSIGHT = "modbus-insight"
    MQTT = "mqtt"
    OPCUA = "opcua"


@dataclass(frozen=True, slots=True)
class Way:
    """How a door is set up, and who is behind it."""

    partner: str
    """`module:Class` of the PLC's side, made with a port of this machine."""
    settings: Mapping[str, Any] | None = None
    """The door's own settings but its port; None: the API, which each station has."""
    needs: str | None = None
    """`module:Class` of what else has to run meanwhile, made with a folder and the door's port; None: nothing."""


_MODBUS = "inspection.simulated_line.modbus_partner"
WAYS: Mapping[Output, Way] = MappingProxyType(
    {
        Output.HTTP: Way("inspection.simulated_line.http_partner:HttpPartner"),
        Output.MODBUS: Way(f"{_MODBUS}:StationMapPartner", {"kind": "modbus", "trigger_place": "encoder"}),
        Output.MODBUS_INSIGHT: Way(
            f"{_MODBUS}:InSightPartner", {"kind": "modbus", "layout": "in-sight", "trigger_place": "encoder"}
        ),
        Output.OPCUA: Way(
            "inspection.simulated_line.opcua_partner:OpcUaPartner",
            {"kind": "opcua", "security": "none", "anonymous": "trigger"},
        ),
        Output.MQTT: Way(
            "inspection.simulated_line.mqtt_partner:MqttPartner",
            {"kind": "mqtt", "prefix": _PREFIX},
            "inspection.simulated_line.broker_process:BrokerProcess",
        ),
    }
)


def partner_of(output: Output, port: int) -> Partner:
    """The PLC's side of a door, on a port of this machine."""
    made: Partner = _load(WAYS[output].partner)(port)
    return made


def beside(output: Output, folder: Path, port: int) -> AbstractContextManager[Any]:
    """What has to run as long as the door does."""
    needs = WAYS[output].needs
    if needs is None:
        return nullcontext()
    running: AbstractContextManager[Any] = _load(needs)(folder, port)
    return running


def _load(name: str) -> Callable[..., Any]:
    module, _, thing = name.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), thing)
    return loaded
