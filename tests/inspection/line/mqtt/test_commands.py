"""What partners may ask of the station through a broker, and what becomes of it when it comes twice, old or mangled."""

import json
import os
from itertools import count

import pytest

from tests.support.api_rig import FRAMES, settings
from tests.support.mosquitto import a_partner
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

pytestmark = pytest.mark.process
NUMBERS = count(1)
ANSWER, RESULT = "line1/answer", "line1/result"


@pytest.fixture(scope="module")
def station(folder, broker, tmp_path_factory):
    doors = {"plc": {"kind": "mqtt", "port": broker.port, "prefix": "line1", "role": "hold"}}
    told = settings(folder, state_dir=tmp_path_factory.mktemp("state"), doors=doors)
    with Station(told) as station:
        assert station.wait(PATIENCE_S)
        until(lambda: station.door("plc").state.partners or station.door("plc").state.trouble)
        yield station


@pytest.fixture(scope="module")
def partner(broker, station):
    with a_partner(broker.port, "line1/#", "plc/#") as partner:
        partner.wait(RESULT, FRAMES)
        yield partner


@pytest.fixture
def ask(partner):
    """Publishes a command, and waits for its own answer; for the next one of all where `raw` has no id to be told."""

    def ask(order, payload=None, *, request_id=None, topic=ANSWER, raw=None, retain=False, properties=None, **fields):
        request_id = request_id or f"request {next(NUMBERS)}"

        def answers():
            return [each for each in partner.on(topic) if raw is not None or each["request_id"] == request_id]

        told = len(answers())
        payload = raw if raw is not None else {"request_id": request_id} | (payload or {}) | fields
        partner.publish(f"line1/command/{order}", payload, retain=retain, **(properties or {}))
        until(lambda: len(answers()) > told, f"an answer to {order}")
        return answers()[-1]

    return ask


@pytest.fixture
def hear_again(partner):
    """Waits until a command is carried out again, after more than may be."""

    def is_heard():
        partner.publish("line1/command/recipes", {"request_id": f"after {next(NUMBERS)}"})
        return any(each["is_done"] for each in partner.on(ANSWER)[told:] if "after" in (each["request_id"] or ""))

    told = len(partner.on(ANSWER))
    return lambda: until(is_heard, every_s=0.1)


def test_orders_are_carried_out_and_answered_with_the_request_id(station, ask):
    answer = ask("trigger", trigger_id="T1", frame_number=10**6, request_id="seven")
    assert (answer["request_id"], answer["order"], answer["is_done"]) == ("seven", "trigger", True)
    assert answer["answer"] == {"waiting": 1}
    assert ask("hold", reason="a splice", by="ann")["answer"]["by"] == "plc:ann"
    assert station.interventions.current.reason == "a splice"
    assert ask("end_intervention", reason="the splice is out")["is_done"]
    assert station.interventions.current is None
    assert ask("result", sequence=3)["answer"]["sequence"] == 3
    assert [each["sequence"] for each in ask("results", after=3, limit=2)["answer"]] == [4, 5]
    assert any(each["is_in_force"] for each in ask("recipes")["answer"])


@pytest.mark.parametrize(
    ("order", "fields", "refused"),
    [
        ("trigger", {"trigger_id": "T2", "camera": "cam9"}, "unknown-camera"),
        ("trigger", {"trigger_id": ""}, "invalid"),
        ("trigger", {"trigger_id": 7}, "invalid"),
        ("trigger", {"trigger_id": "T\u0000"}, "invalid"),
        ("trigger", {"trigger_id": "T3", "frame_number": 10**30}, "invalid"),
        ("trigger", {"trigger_id": "T3", "verdict": "accept"}, "invalid"),
        ("prepare_recipe", {"recipe": "no-such-1", "why": "order 7"}, "recipe-refused"),
        ("prepare_recipe", {"recipe": "anode", "why": "order 7", "sha256": "0" * 63}, "invalid"),
        ("confirm_recipe", {"sha256": "0" * 64}, "conflict"),
        ("cancel_recipe", {"why": "order 7"}, "conflict"),
        ("acknowledge_alarm", {"number": 10**6}, "unknown-alarm"),
        ("result", {"sequence": 10**6}, "not-found"),
        ("results", {"after": 10**6}, "sequence-ahead"),
        ("results", {"after": 0, "wait_s": 60}, "invalid"),
        ("acknowledge", {"up_to": 1}, "invalid"),
        ("who", {"key": "k" * 30}, "invalid"),
        ("HOLD", {"reason": "x"}, "invalid"),
        ("hold", {"order": "bypass", "reason": "x"}, "invalid"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_name_and_changes_nothing(station, ask, order, fields, refused):
    before = station.triggers.waiting()
    answer = ask(order, fields)
    assert (answer["is_done"], answer["refused"]) == (False, refused)
    assert answer["sentence"]
    assert station.interventions.current is None
    assert station.change_overs.to_come is None
    assert station.triggers.waiting() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"reason": "no id"}',
        b'{"request_id": 7, "reason": "x"}',
        b'{"request_id": "", "reason": "x"}',
        b'{"request_id": "\\u0007", "reason": "x"}',
        b'{"request_id": "' + b"x" * 200 + b'", "reason": "x"}',
        b'{"request_id": "deep", "reason": ' + b"[" * 8000 + b"]" * 8000 + b"}",
        b'{"request_id": "nan", "minutes": NaN, "reason": "x"}',
        b'{"request_id": "large", "reason": "' + b"x" * 16_384 + b'"}',
    ],
    ids=range(13),
)
def test_a_payload_that_is_none_is_refused_and_changes_nothing(station, ask, raw):
    assert ask("hold", raw=raw)["refused"] == "invalid"
    assert station.interventions.current is None


def test_a_command_that_comes_twice_is_carried_out_once_and_answered_twice(station, ask):
    waiting = station.triggers.waiting()
    first = ask("trigger", trigger_id="twice", frame_number=10**6, request_id="trigger 1")
    again = ask("trigger", trigger_id="twice", frame_number=10**6, request_id="trigger 1")
    assert (first["is_repeated"], again["is_repeated"]) == (False, True)
    assert first["answer"] == again["answer"] == {"waiting": waiting + 1}
    assert ask("trigger", trigger_id="thrice", frame_number=10**6, request_id="trigger 1")["refused"] == "duplicate"
    assert station.triggers.waiting() == waiting + 1


def test_what_was_refused_may_be_tried_again_under_the_same_id(station, ask):
    assert ask("end_intervention", reason="x", request_id="again")["is_done"]
    assert ask("confirm_recipe", sha256="0" * 64, request_id="later")["refused"] == "conflict"
    assert not ask("confirm_recipe", sha256="0" * 64, request_id="later")["is_repeated"]


def test_a_partner_of_mqtt_5_gets_its_answer_where_it_wants_it_with_what_it_gave_along(partner, ask):
    answer = ask(
        "recipes",
        raw=b"",
        topic="plc/7/answers",
        properties={"ResponseTopic": "plc/7/answers", "CorrelationData": b"\x00\x07"},
    )
    assert answer["is_done"]
    (message,) = [each for each in partner.messages if each.topic == "plc/7/answers"]
    assert message.properties.CorrelationData == b"\x00\x07"
    assert message.qos == 1


@pytest.mark.parametrize("topic", [RESULT, "line1/status", "line1/command/hold", "spBv1.0/g/NCMD/n"])
def test_no_answer_goes_where_it_would_be_taken_for_the_stations_own_word(partner, ask, topic):
    assert ask("recipes", request_id=f"to {topic}", properties={"ResponseTopic": topic})["is_done"]
    assert not any(b"is_repeated" in each.payload for each in partner.messages if each.topic == topic)


def test_a_retained_command_is_not_carried_out_now_nor_after_the_next_connection(station, ask, partner, broker):
    def counted():
        return station.door("plc").state.counters.get("commands_retained", 0)

    answer = ask("hold", raw=json.dumps({"request_id": "old", "reason": "an old hold"}), retain=True)
    assert answer["refused"] == "invalid"
    assert "retain" in answer["sentence"]
    until(lambda: counted() == 1)
    with a_partner(broker.port, client_id="line1"):  # takes the station's place, so that it has to connect anew
        until(lambda: "another client has come with the client id line1" in station.door("plc").state.trouble)
    until(lambda: counted() > 1)
    assert station.interventions.current is None
    partner.publish("line1/command/hold", None, retain=True)
    until(lambda: partner.last("line1/status")["online"])


def test_a_flood_is_answered_in_part_and_holds_up_nobody(station, partner, hear_again):
    for number in range(400):
        partner.client.publish("line1/command/trigger", json.dumps({"request_id": f"flood {number}"}), qos=0)
    until(lambda: station.door("plc").state.counters.get("commands_too_many", 0) > 0)

    hear_again()
    assert len([each for each in partner.on(ANSWER) if (each["request_id"] or "").startswith("flood")]) < 400


def test_random_bytes_on_any_command_change_nothing(station, partner, hear_again):
    before = (station.triggers.waiting(), station.interventions.current, station.change_overs.to_come)
    restarts = station.door("plc").state.restarts
    for number in range(60):
        order = ("hold", "trigger", "prepare_recipe", "results", "\u00fcber")[number % 5]
        partner.publish(f"line1/command/{order}", os.urandom(number * 7), qos=0)
    hear_again()
    assert (station.triggers.waiting(), station.interventions.current, station.change_overs.to_come) == before
    assert station.door("plc").state.restarts == restarts


@pytest.mark.parametrize(("role", "order"), [("read", "trigger"), ("read", "hold"), ("trigger", "hold")])
def test_partners_may_do_what_the_doors_role_lets_them(broker, plant, role, order):
    fields = {"trigger": {"trigger_id": "T1", "frame_number": 10**6}, "hold": {"reason": "x"}}[order]
    told = plant(broker.port, role=role, prefix="line2")
    with a_partner(broker.port, "line2/#") as partner, Station(told) as station:
        partner.wait("line2/status")
        partner.publish(f"line2/command/{order}", {"request_id": "1"} | fields)
        assert partner.wait("line2/answer")[0]["refused"] == "forbidden"
        assert station.interventions.current is None
        assert station.triggers.waiting() == 0
