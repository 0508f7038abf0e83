"""A door's own process: what it hears, what it may ask, and that whatever becomes of it costs nobody a decision."""

import json
import os
import signal
import socket
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from inspection.api.http_door import HttpDoor
from inspection.errors import DoorError
from inspection.line.process_door import ProcessDoor
from inspection.people.key_role import KeyRole
from inspection.station.door_settings import ModbusSettings
from inspection.station.station import Station
from tests.support.api_rig import FRAMES, settings
from tests.support.patience import PATIENCE_S, until

pytestmark = pytest.mark.process
PLAIN = "tests.support.plain_door"


class Partner:
    """Talks to a plain door."""

    def __init__(self, door):
        where = urlsplit(door.address)
        self._socket = socket.create_connection((where.hostname, where.port), PATIENCE_S)
        self._lines = self._socket.makefile("rb")

    def say(self, words):
        self._socket.sendall(words.encode() + b"\n")

    def hear(self):
        return json.loads(self._lines.readline())

    def order(self, order, **fields):
        self.say("order " + json.dumps({"order": order} | fields))
        return self.hear()

    def results(self, count):
        self.say("follow")
        return [self.hear() for _ in range(count)]

    def acknowledge(self, number):
        self.say(f"ack {number}")
        return self.hear()

    def close(self):
        self._lines.close()
        self._socket.close()


@contextmanager
def a_partner(door):
    partner = Partner(door)
    try:
        yield partner
    finally:
        partner.close()


@pytest.fixture
def told(folder, tmp_path):
    return settings(folder, state_dir=tmp_path / "state")


def make_door(told, **changes):
    return ProcessDoor("plc", ModbusSettings(port=0, **changes), told, PLAIN, "plain")


def test_each_result_is_told_once_in_order_in_the_words_of_the_line(told):
    door = make_door(told)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        results = partner.results(FRAMES)
        assert [each["sequence"] for each in results] == list(range(1, FRAMES + 1))
        for result in results:
            decision = station.feed.decision(result["sequence"])
            assert (result["verdict"], result["verdict_code"]) == (decision.verdict, decision.verdict.code)
            assert (result["reason_code"] == 0) == (decision.verdict == "accept")
            assert result["epoch"] == station.store.epoch
            assert result["recipe"]["sha256"] == decision.recipe.sha256
            assert result["piece_number"] == decision.piece.number


def test_what_was_acknowledged_is_not_told_again_and_all_else_is_after_either_side_was_started_anew(told):
    door = make_door(told)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        assert station.wait(PATIENCE_S)
        partner.results(FRAMES)
        assert partner.acknowledge(12) == {"acknowledged": 12}
        assert station.store.decision(12).acknowledged_by == "plc:partner"
        assert station.store.decision(13).acknowledged_by is None
        until(lambda: door.state.acknowledged == 12)
        partner.say("die")
        until(lambda: door.state.restarts == 1 and door.state.is_open)
        with a_partner(door) as again:
            assert [each["sequence"] for each in again.results(FRAMES - 12)] == list(range(13, FRAMES + 1))
            again.acknowledge(15)
    door = make_door(told)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        assert station.wait(PATIENCE_S)
        assert [each["sequence"] for each in partner.results(2 * FRAMES - 15)] == list(range(16, 2 * FRAMES + 1))


def test_a_process_that_hangs_is_ended_and_started_anew_and_no_decision_waits_for_it(told):
    door = make_door(told)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        partner.say("hang")
        assert station.wait(PATIENCE_S)
        assert station.feed.last_sequence == FRAMES
        until(lambda: door.state.restarts == 1)
        until(lambda: any("no sign of life" in alarm for alarm in station.alarms()) or door.state.is_open)
        until(lambda: door.state.is_open)
        assert door.conditions() == [] or not door.conditions()[0].stops_line


def test_a_process_that_is_killed_or_takes_too_much_memory_is_started_anew(told):
    door = make_door(told, most_memory_mb=200)
    with Station(told, doors=[door]):
        for process in psutil.Process().children():
            if "door_process" in " ".join(process.cmdline()):
                os.kill(process.pid, signal.SIGKILL)
        until(lambda: door.state.restarts == 1 and door.state.is_open)
        with a_partner(door) as partner:
            partner.say("eat 300")
            until(lambda: door.state.restarts == 2)
            assert "of 200 it may" in door.state.trouble or door.state.is_open
            until(lambda: door.state.is_open)


def test_orders_are_carried_out_as_far_as_the_doors_role_goes_and_refused_with_a_name(told):
    door = make_door(told, role=KeyRole.HOLD)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        assert partner.order("trigger", trigger_id="T1", frame_number=10**6)["answer"]["waiting"] == 1
        assert partner.order("trigger", trigger_id="T1")["refused"] == "duplicate"
        assert partner.order("trigger", trigger_id="T2", camera="cam9")["refused"] == "unknown-camera"
        assert partner.order("trigger", trigger_id="T3", place_counts=10**9)["refused"] == "invalid"
        assert partner.order("hold", reason="a splice", by="ann")["answer"]["by"] == "plc:ann"
        assert station.interventions.current.reason == "a splice"
        assert partner.order("bypass", reason="a trial", minutes=5)["refused"] == "conflict"
        assert partner.order("end_intervention", reason="the splice is out")["answer"]["kind"] == "hold"
        assert station.interventions.current is None
        assert partner.order("prepare_recipe", recipe="no-such-1", why="order 7")["refused"] == "recipe-refused"
        assert partner.order("result", sequence=10**6)["refused"] == "not-found"
        assert partner.order("results", after=10**6)["refused"] == "sequence-ahead"
        assert partner.order("who", key="k" * 30)["refused"] == "unknown-key"
        titles = {each["title"] for each in partner.order("recipes")["answer"]}
        assert f"{station.status().recipe.name}-{station.status().recipe.version}" in titles


@pytest.mark.parametrize("order", ["hold", "prepare_recipe", "trigger"])
def test_a_door_that_only_reads_changes_nothing(told, order):
    fields = {"hold": {"reason": "x"}, "prepare_recipe": {"recipe": "a-1", "why": "x"}, "trigger": {"trigger_id": "T"}}
    door = make_door(told, role=KeyRole.READ)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        assert partner.order(order, **fields[order])["refused"] == "forbidden"
        assert station.interventions.current is None
        assert station.triggers.waiting() == 0


def test_a_required_door_that_is_closed_or_left_makes_the_station_not_ready(told):
    door = make_door(told, is_required=True)
    with Station(told, doors=[door]) as station:
        assert any("Nobody is behind door plc" in reason for reason in station.not_ready())
        with a_partner(door) as partner:
            partner.say("follow")
            until(lambda: not any("plc" in reason for reason in station.not_ready()))
            partner.say("die")
            until(lambda: any("Door plc to the line is closed" in reason for reason in station.not_ready()))


def test_a_process_that_can_not_serve_refuses_the_start_with_its_last_words(told, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PLAIN_DOOR_PORT", str(taken.getsockname()[1]))
        with pytest.raises(DoorError, match=r"Door plc .*already in use.* Correct \[doors.plc\]"):
            Station(told, doors=[make_door(told)]).start()


def test_the_status_goes_on_as_long_as_the_station_lives(told):
    door = make_door(told)
    with Station(told, doors=[door]) as station, a_partner(door) as partner:
        assert station.wait(PATIENCE_S)
        partner.say("status")
        status = partner.hear()
        assert status["station"] == told.name
        until(lambda: partner.say("status") or partner.hear()["last_sequence"] == FRAMES)
        assert status["recipe"]["sha256"] == station.status().recipe.sha256


def test_a_station_that_was_stopped_can_still_say_how_its_doors_are(told):
    door = make_door(told)
    with Station(told, doors=[HttpDoor(told), door]) as station:
        pass
    assert [(each.name, each.is_open) for each in station.status().doors] == [("http", False), ("plc", False)]
