"""Results on their way through a real broker: each, in order, also over everything that breaks."""

import signal
from contextlib import ExitStack

import pytest

from tests.support.api_rig import FRAMES
from tests.support.mosquitto import Mosquitto, a_partner, free_port
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

pytestmark = pytest.mark.process
RESULT = "line1/result"


def numbers(partner):
    return [each["sequence"] for each in partner.on(RESULT)]


def first_heard(numbers):
    """Each number where it is heard first: those that come again were acknowledged to nobody."""
    return list(dict.fromkeys(numbers))


def test_each_result_is_heard_once_in_order_in_the_words_of_the_line_and_acknowledged(broker, plant):
    with a_partner(broker.port, RESULT) as partner, Station(plant(broker.port)) as station:
        results = partner.wait(RESULT, FRAMES)
        assert numbers(partner) == list(range(1, FRAMES + 1))
        for result in results:
            decision = station.feed.decision(result["sequence"])
            assert (result["verdict"], result["verdict_code"]) == (decision.verdict, decision.verdict.code)
            assert result["recipe"]["sha256"] == decision.recipe.sha256
            assert result["epoch"] == station.store.epoch
        door = station.door("plc")
        until(lambda: door.state.acknowledged == FRAMES and door.state.waiting == 0)
        until(lambda: station.store.decision(FRAMES).acknowledged_by == "plc:broker")
        until(lambda: door.state.partners == 1)
        assert door.state.trouble == ""
        assert door.conditions() == []


def test_results_are_not_retained(broker, plant):
    with a_partner(broker.port, RESULT) as partner, Station(plant(broker.port)):
        partner.wait(RESULT, FRAMES)
        assert not any(message.retain for message in partner.messages)


def test_a_door_that_may_only_read_hands_on_all_the_same_and_notes_nobody(broker, plant):
    with a_partner(broker.port, RESULT) as partner, Station(plant(broker.port, role="read")) as station:
        partner.wait(RESULT, FRAMES)
        until(lambda: station.door("plc").state.acknowledged == FRAMES)
        assert station.store.decision(FRAMES).acknowledged_by is None


def test_results_wait_until_somebody_has_subscribed_and_then_all_come(broker, plant):
    told = plant(broker.port)
    with Station(told) as station:
        door = station.door("plc")
        assert station.wait(PATIENCE_S)
        until(lambda: "Nobody has subscribed to line1/result" in door.state.trouble)
        assert door.state.acknowledged == 0
        assert door.state.partners == 0
        with a_partner(broker.port, RESULT) as partner:
            partner.wait(RESULT, FRAMES)
            assert numbers(partner) == list(range(1, FRAMES + 1))
            until(lambda: door.state.trouble == "" and door.state.partners == 1)


def test_where_nobody_has_to_subscribe_the_brokers_word_is_enough(broker, plant):
    with Station(plant(broker.port, needs_subscriber=False)) as station:
        until(lambda: station.door("plc").state.acknowledged == FRAMES)
        until(lambda: station.door("plc").state.counters.get("results_unheard", 0) == FRAMES)


def test_with_the_older_protocol_results_come_as_well(broker, plant):
    with a_partner(broker.port, RESULT) as partner, Station(plant(broker.port, version="3.1.1")) as station:
        partner.wait(RESULT, FRAMES)
        assert numbers(partner) == list(range(1, FRAMES + 1))
        until(lambda: station.door("plc").state.acknowledged == FRAMES)


def test_a_broker_that_was_away_hears_every_decision_in_order(plant, tmp_path):
    broker = Mosquitto(tmp_path)
    with Station(plant(broker.port)) as station:
        assert station.wait(PATIENCE_S)
        door = station.door("plc")
        until(lambda: "Nobody answers at" in door.state.trouble)
        assert door.state.waiting == FRAMES
        with broker, a_partner(broker.port, RESULT) as partner:
            partner.wait(RESULT, FRAMES)
            assert first_heard(numbers(partner)) == list(range(1, FRAMES + 1))
            until(lambda: door.state.waiting == 0 and door.state.trouble == "")


@pytest.mark.parametrize("how", ["killed", "hanging"])
def test_a_broker_that_fails_in_the_middle_costs_no_decision(plant, folder, tmp_path, how):
    camera = plant(free_port()).cameras[0].model_copy(update={"line_rate_hz": 6400.0, "frame_limit": 300})
    broker = Mosquitto(tmp_path)
    told = plant(broker.port, station={"cameras": [camera.model_dump()]}, answer_s=1.0, keepalive_s=2)
    with broker, Station(told) as station:
        door = station.door("plc")
        with a_partner(broker.port, RESULT) as partner:
            partner.wait(RESULT, 5)
            if how == "killed":
                broker.kill()
                until(lambda: "broke" in door.state.trouble or "Nobody answers" in door.state.trouble)
                broker.start()
            else:
                broker.pause(signal.SIGSTOP)
                until(lambda: "does not answer" in door.state.trouble)
                broker.pause(signal.SIGCONT)
            assert station.wait(PATIENCE_S)
            until(lambda: len(first_heard(numbers(partner))) == 300)
            assert first_heard(numbers(partner)) == list(range(1, 301))
            until(lambda: door.state.waiting == 0)


def test_after_a_restart_of_the_station_nothing_is_missing_and_what_was_acknowledged_does_not_come_again(
    plant, tmp_path
):
    with Mosquitto(tmp_path) as broker:
        told = plant(broker.port)
        with a_partner(broker.port, RESULT) as partner, Station(told) as station:
            partner.wait(RESULT, FRAMES)
            until(lambda: station.door("plc").state.waiting == 0)
        with Station(told) as station:
            assert station.wait(PATIENCE_S)
            until(lambda: "Nobody has subscribed" in station.door("plc").state.trouble)
        with a_partner(broker.port, RESULT) as partner, Station(told) as station:
            partner.wait(RESULT, 2 * FRAMES)
            assert numbers(partner) == list(range(FRAMES + 1, 3 * FRAMES + 1))


def test_a_broker_that_refuses_results_is_told_in_words_and_has_them_when_it_is_mended(plant, tmp_path):
    rights = tmp_path / "rights"
    rights.write_text("topic readwrite line1/status\ntopic readwrite line1/alarms\ntopic read line1/result\n")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(tmp_path, "allow_anonymous true", f"acl_file {rights}"))
        partner = stack.enter_context(a_partner(broker.port, RESULT))
        with Station(plant(broker.port)) as station:
            assert station.wait(PATIENCE_S)
            door = station.door("plc")
            until(lambda: "refuses what is sent to line1/result" in door.state.trouble)
            assert "access list" in door.state.trouble
            assert door.state.acknowledged == 0
            rights.write_text("topic readwrite line1/#\n")
            broker.pause(signal.SIGHUP)
            partner.wait(RESULT, FRAMES)
            assert numbers(partner) == list(range(1, FRAMES + 1))
