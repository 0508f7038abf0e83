"""The JSON schema of all messages, for programs that check them: `python -m inspection.line.mqtt.schema` prints it."""

import json
import sys
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inspection.line.mqtt.commands import LONGEST_ID
from inspection.line.mqtt.topics import (
    ALARMS,
    ANSWER,
    COMMAND,
    COMMANDS,
    RESULT,
    STATUS,
    Answer,
    DoorAlarms,
    DoorStatus,
)
from inspection.line.result import Result

MESSAGES: Mapping[str, type[BaseModel]] = {RESULT: Result, STATUS: DoorStatus, ALARMS: DoorAlarms, ANSWER: Answer}
"""What the station says, by the last level of its topic."""
_NOT_TOLD = ("order", "wait_s")
"""Fields of orders that the topic tells, or that there are none of here."""


def schema() -> dict[str, Any]:
    """One document: `properties` by the end of the topic, `$defs` for what they have in common.

    >>> sorted(schema()["properties"])[:3]
    ['alarms', 'answer', 'command/acknowledge_alarm']
    """
    models: list[tuple[type[BaseModel], Literal["serialization", "validation"]]] = [
        *((model, "serialization") for model in MESSAGES.values()),
        *((order, "validation") for order in COMMANDS.values()),
    ]
    references, common = models_json_schema(models, ref_template="#/$defs/{model}")
    defined = common["$defs"]
    properties = {topic: references[(model, "serialization")] for topic, model in MESSAGES.items()}
    for name, order in COMMANDS.items():
        reference = references[(order, "validation")]["$ref"].rsplit("/", 1)[1]
        properties[f"{COMMAND}/{name}"] = _command(defined.pop(reference))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages of the inspection station on MQTT, by the end of their topic",
        "type": "object",
        "properties": properties,
        "$defs": defined,
    }


def _command(order: dict[str, Any]) -> dict[str, Any]:
    """An order as a partner writes it."""
    fields = {name: told for name, told in order["properties"].items() if name not in _NOT_TOLD}
    request_id = {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_ID,
        "description": "Another one for each command; it may be left out where MQTT 5's correlation data is given.",
    }
    return order | {"properties": {"request_id": request_id} | fields}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
