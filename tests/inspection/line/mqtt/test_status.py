"""What the broker keeps of the station's state: there at once for who subscribes, and never better than the truth."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import psutil
import pytest

from inspection.line.mqtt.schema import schema
from inspection.line.mqtt.topics import OFFLINE_BY_BROKER
from tests.support.api_rig import FRAMES
from tests.support.line_snapshot import STATUS as SNAPSHOT
from tests.support.mosquitto import a_partner
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

pytestmark = pytest.mark.process
STATUS, ALARMS, RESULT = "line1/status", "line1/alarms", "line1/result"


def processes():
    return [each for each in psutil.Process().children() if "inspection.line.mqtt.client" in each.cmdline()]


def test_the_status_is_kept_by_the_broker_with_a_heartbeat_until_the_station_says_goodbye(broker, plant):
    with Station(plant(broker.port)) as station:
        assert station.wait(PATIENCE_S)
        until(lambda: station.door("plc").state.partners or station.door("plc").state.trouble)
        with a_partner(broker.port, "line1/#") as partner:
            first = partner.wait(STATUS)[0]
            assert partner.messages[0].retain
            assert first["online"] is True
            partner.wait(STATUS, 3)
            beats = [each["heartbeat"] for each in partner.on(STATUS)]
            assert beats == list(range(beats[0], beats[0] + len(beats)))
            assert partner.last(STATUS)["station"]["recipe"]["sha256"] == station.status().recipe.sha256
            assert partner.wait(ALARMS)[-1]["alarms"] == partner.last(STATUS)["station"]["alarms"]
    with a_partner(broker.port, STATUS) as partner:
        (kept,) = partner.wait(STATUS)
        assert kept["online"] is False
        assert kept["station"] is None
        assert "has ended" in kept["offline_reason"]


def test_a_door_that_is_killed_is_offline_by_the_brokers_word_until_it_is_back(broker, plant):
    with a_partner(broker.port, STATUS) as partner, Station(plant(broker.port)):
        until(lambda: (partner.last(STATUS) or {"online": False})["online"])
        (door,) = processes()
        os.kill(door.pid, signal.SIGKILL)
        until(lambda: any(each["offline_reason"] == OFFLINE_BY_BROKER.offline_reason for each in partner.on(STATUS)))
        until(lambda: partner.last(STATUS)["online"])


def test_a_line_of_which_nothing_is_inspected_any_more_is_asked_to_stop(broker, plant):
    told = plant(broker.port, stop_after_uninspected=3, station={"deadline_ms": 1})
    with a_partner(broker.port, STATUS, RESULT) as partner, Station(told) as station:
        assert station.wait(PATIENCE_S)
        until(lambda: len(partner.on(RESULT)) == FRAMES)
        assert {each["verdict_code"] for each in partner.on(RESULT)} == {3}
        until(lambda: partner.last(STATUS)["stop_requested"])


def test_a_station_that_has_gone_silent_is_offline_and_its_heartbeat_stands(broker):
    """The door's own process, and a station that hangs: it says how it is, once, and no more."""
    ours, theirs = socket.socketpair()
    command = [
        sys.executable,
        "-m",
        "inspection.line.door_process",
        str(theirs.fileno()),
        "inspection.line.mqtt.client",
    ]
    begin = {
        "name": "plc",
        "settings": {"kind": "mqtt", "port": broker.port, "prefix": "line9"},
        "folder": "unused",
        "acknowledged": 0,
        "status": SNAPSHOT.model_dump(mode="json"),
    }
    with (
        ours,
        a_partner(broker.port, "line9/status") as partner,
        subprocess.Popen(command, pass_fds=(theirs.fileno(),)) as process,
    ):
        theirs.close()
        ours.sendall(json_line(begin))
        until(lambda: partner.last("line9/status") and not partner.last("line9/status")["online"])
        told = partner.on("line9/status")
        assert [each["online"] for each in told].count(False) == 1
        assert told[0]["online"] is True
        assert "said nothing" in told[-1]["offline_reason"]
        assert told[-1]["heartbeat"] == told[-2]["heartbeat"]
        ours.sendall(json_line({"status": begin["status"]}))
        until(lambda: partner.last("line9/status")["online"])
        assert partner.last("line9/status")["heartbeat"] > told[-1]["heartbeat"]
        ours.shutdown(socket.SHUT_RDWR)
        assert process.wait(PATIENCE_S) == 0


def test_every_message_is_as_the_schema_says(broker, plant):
    whole = schema()
    parts = {topic: {"$defs": whole["$defs"]} | part for topic, part in whole["properties"].items()}
    with a_partner(broker.port, "line1/#") as partner, Station(plant(broker.port)) as station:
        assert station.wait(PATIENCE_S)
        partner.wait(RESULT, FRAMES)
        commands = {"trigger": {"request_id": "1", "trigger_id": "T1"}, "hold": {"request_id": "2", "reason": "x"}}
        for name, command in commands.items():
            jsonschema_rs.validate(parts[f"command/{name}"], command)
            partner.publish(f"line1/command/{name}", command)
        partner.wait("line1/answer", 2)
        for topic in ("result", "status", "alarms", "answer"):
            for message in partner.on(f"line1/{topic}"):
                jsonschema_rs.validate(parts[topic], message)
    assert not jsonschema_rs.is_valid(parts["command/trigger"], {"request_id": "1", "trigger": "T1"})


def test_the_schema_is_printed_by_its_module():
    told = subprocess.run(
        [sys.executable, "-m", "inspection.line.mqtt.schema"], capture_output=True, timeout=PATIENCE_S, check=True
    )
    written = Path(__file__).parents[4] / "docs/reference/mqtt.schema.json"
    assert told.stdout == written.read_bytes()


def json_line(message):
    return json.dumps(message).encode() + b"\n"
