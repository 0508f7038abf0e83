"""`mqtt.md` and `mqtt.schema.json`: every topic and message of the door to a broker."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from inspection.line.line_status import LineAlarm, LineCamera, LineStatus
from inspection.line.mqtt.commands import LONGEST_ID, MOST_BYTES
from inspection.line.mqtt.schema import MESSAGES, schema
from inspection.line.mqtt.standing import COUNTERS
from inspection.line.mqtt.topics import COMMANDS
from inspection.line.orders import ROLES
from inspection.line.result import Named, ResultObject
from inspection.people.key_role import KeyRole
from scripts.reference.markdown import code, page, table

_ABOUT = f"""\
A door of kind `mqtt` is a client of a broker ([settings](settings.md), [how to connect it](../how-to/connect-mqtt.md)).
Every payload is JSON in UTF-8; `PREFIX` is the door's `prefix`. [mqtt.schema.json](mqtt.schema.json) has the same for
programs; `python -m inspection.line.mqtt.schema` prints it.

A command carries a `request_id` of 1 to {LONGEST_ID} printable characters, another one for each (or correlation data of
MQTT 5), and has {MOST_BYTES} bytes at most. One that comes twice is carried out once, and answered twice. A retained
command is never carried out. The answer goes to the response topic of MQTT 5, with its correlation data, or else to
`PREFIX/answer`.
"""
_TOPICS = (
    (
        "PREFIX/result",
        "station",
        "1",
        "no",
        "Each result, in order, from the first that the broker has not acknowledged.",
    ),
    ("PREFIX/status", "station", "1", "yes", "Twice a second; the will of the connection says `online: false`."),
    ("PREFIX/alarms", "station", "1", "yes", "All alarms, whenever they change."),
    ("PREFIX/command/NAME", "partner", "0 or 1", "no", "A command, see below."),
    ("PREFIX/answer", "station", "1", "no", "The answer to each."),
)
_PARTS: Mapping[str, type[BaseModel]] = {
    "in a result: `objects`": ResultObject,
    "in a result and in the station's status: `recipe`, `model`, `change_recipe`": Named,
    "in the status: `station`": LineStatus,
    "in the station's status: `cameras`": LineCamera,
    "in the station's status and in the alarms: `alarms`": LineAlarm,
}


def mqtt_page() -> str:
    """Topics, messages and commands."""
    parts = [
        "## Topics",
        table(["topic", "from", "QoS", "retained", "what"], [(code(row[0]), *row[1:]) for row in _TOPICS]),
    ]
    for topic, model in MESSAGES.items():
        parts += [f"## {code(f'PREFIX/{topic}')}", model.__doc__ or "", _fields(model)]
    for title, model in _PARTS.items():
        parts += [f"### {title[0].upper()}{title[1:]}", model.__doc__ or "", _fields(model)]
    parts += ["## Commands", table(["name", "needs", "fields", "what"], _commands())]
    parts += [
        "## Counters",
        "On the page of the doors and in `GET /v1/status`.",
        table(["counter", "of what"], _counters()),
    ]
    return page("MQTT", _ABOUT, *parts)


def mqtt_schema() -> str:
    """The same for programs."""
    return json.dumps(schema(), indent=2) + "\n"


def _fields(model: type[BaseModel]) -> str:
    told = model.model_json_schema(mode="serialization")
    rows = [
        (code(name), _kind(each, told), model.model_fields[name].description or "")
        for name, each in told["properties"].items()
    ]
    return table(["field", "is", "what"], rows)


def _commands() -> list[tuple[str, str, str, str]]:
    told = schema()["properties"]
    return [
        (code(name), ROLES.get(order, KeyRole.READ).value, _told_fields(told[f"command/{name}"]), order.__doc__ or "")
        for name, order in COMMANDS.items()
    ]


def _told_fields(command: Mapping[str, Any]) -> str:
    required = command.get("required", [])
    names = [name for name in command["properties"] if name not in ("request_id", "by")]
    return ", ".join(code(name) if name in required else f"[{code(name)}]" for name in names) or "–"


def _counters() -> list[tuple[str, str]]:
    return [(code(name), meaning) for name, meaning in COUNTERS.items()]


def _kind(each: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "anyOf" in each:
        return " or ".join(_kind(one, whole) for one in each["anyOf"])
    if "$ref" in each:
        target = whole["$defs"][each["$ref"].rsplit("/", 1)[1]]
        return _kind(target, whole) if "enum" in target else "object"
    if "enum" in each:
        return ", ".join(code(one) for one in each["enum"])
    if each.get("format") == "date-time":
        return "moment, like `2030-01-02T03:04:05Z`"
    if each.get("type") == "array":
        return "list"
    words = {
        "integer": "whole number",
        "string": "text",
        "boolean": "true or false",
        "null": "null",
        "number": "number",
    }
    return words.get(each.get("type", ""), "anything")
