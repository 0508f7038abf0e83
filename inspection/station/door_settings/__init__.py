"""Settings of the doors for machines, a file for each kind."""

from typing import Annotated, TypeAlias

from pydantic import Field

from inspection.station.door_settings.camera_output import CameraOutputSettings
from inspection.station.door_settings.common import LineDoorSettings
from inspection.station.door_settings.modbus import ModbusSettings
from inspection.station.door_settings.mqtt import MqttSettings, SparkplugSettings
from inspection.station.door_settings.opcua import OpcUaSettings

DoorSettings: TypeAlias = Annotated[
    CameraOutputSettings | ModbusSettings | MqttSettings | OpcUaSettings, Field(discriminator="kind")
]

__all__ = [
    "CameraOutputSettings",
    "DoorSettings",
    "LineDoorSettings",
    "ModbusSettings",
    "MqttSettings",
    "OpcUaSettings",
    "SparkplugSettings",
]
