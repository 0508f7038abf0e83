"""The station as a Sparkplug edge node, at a real broker, heard by a host with another decoder."""

import json
from collections import Counter

import pytest

from tests.support.api_rig import FRAMES
from tests.support.mosquitto import a_partner
from tests.support.patience import PATIENCE_S, until
from tests.support.sparkplug_host import decode, rebirth, values
from tests.support.stations import Station

pytestmark = pytest.mark.process
NODE = {"group_id": "plant", "edge_node_id": "slitter", "every_s": 0.1}
ALL = ("spBv1.0/#", "line1/result")


def heard(partner):
    """Kind, device or empty, payload: of all that the node has said, in order."""
    found = []
    for message in list(partner.messages):
        if message.topic.startswith("spBv1.0/plant/"):
            _, _, kind, _, *device = message.topic.split("/")
            if "CMD" not in kind:
                found.append((kind, "".join(device), decode(message.payload), message))
    return found


def kinds(partner):
    return Counter(kind for kind, *_ in heard(partner))


def of_kind(partner, wanted):
    return [(device, payload) for kind, device, payload, _ in heard(partner) if kind == wanted]


def latest(partner, device=""):
    """What the host believes now: births set, data change."""
    belief = {}
    for kind, name, payload, _ in heard(partner):
        if name == device and kind.endswith(("BIRTH", "DATA")):
            belief = values(payload) if kind.endswith("BIRTH") else belief | values(payload)
    return belief


def test_the_node_is_born_with_all_that_it_will_tell_and_tells_what_changes(broker, plant):
    with a_partner(broker.port, *ALL) as partner, Station(plant(broker.port, sparkplug=NODE)) as station:
        assert station.wait(PATIENCE_S)
        until(lambda: latest(partner).get("Last Result/Sequence") == FRAMES)
        until(lambda: latest(partner)["Results/Accepted"] == station.status().verdicts["accept"])
        first, *others = heard(partner)
        assert first[0] == "NBIRTH"
        birth = values(first[2])
        assert birth["bdSeq"] == 0
        assert birth["Node Control/Rebirth"] is False
        assert {metric.name for metric in first[2].metrics} >= set(latest(partner))
        assert kinds(partner)["NDATA"] > 0
        for kind, device, payload, message in others:
            assert not message.retain, kind
            assert payload.timestamp > 0
            if kind.endswith("DATA"):
                born = next(values(told) for name, told in of_kind(partner, f"{kind[0]}BIRTH") if name == device)
                assert set(values(payload)) <= set(born)
        numbers = [payload.seq for _, _, payload, _ in heard(partner)]
        assert numbers == [each % 256 for each in range(len(numbers))]
        status = station.status()
        belief = latest(partner)
        assert belief["Recipe/SHA256"] == status.recipe.sha256
        assert belief["Last Result/Verdict Code"] == station.feed.decision(FRAMES).verdict.code
    until(lambda: kinds(partner)["NDEATH"] == 1)
    assert values(of_kind(partner, "NDEATH")[0][1]) == {"bdSeq": 0}


def test_a_camera_is_a_device_while_it_is_there(broker, plant):
    camera = plant(broker.port).cameras[0].model_copy(update={"line_rate_hz": 1280.0, "frame_limit": 60})
    told = plant(broker.port, sparkplug=NODE, station={"cameras": [camera.model_dump()]})
    with a_partner(broker.port, *ALL) as partner, Station(told):
        until(lambda: any(device == "cam0" for device, _ in of_kind(partner, "DBIRTH")))
        until(lambda: latest(partner, "cam0")["Frames"] > 5)
        until(lambda: any(device == "cam0" for device, _ in of_kind(partner, "DDEATH")))
        numbers = [payload.seq for _, _, payload, _ in heard(partner)]
        assert numbers == [each % 256 for each in range(len(numbers))]


def test_a_host_may_have_it_born_again_and_only_by_the_right_command(broker, plant):
    with a_partner(broker.port, *ALL) as partner, Station(plant(broker.port, sparkplug=NODE)) as station:
        assert station.wait(PATIENCE_S)
        until(lambda: kinds(partner)["NBIRTH"] == 1)
        topic = "spBv1.0/plant/NCMD/slitter"
        for payload in (b"", b"\xff" * 40, rebirth(flag=False), rebirth("Node Control/Reboot")):
            partner.publish(topic, payload, qos=0)
        partner.publish(topic, rebirth(), qos=0)
        until(lambda: kinds(partner)["NBIRTH"] == 2)
        births = of_kind(partner, "NBIRTH")
        assert [payload.seq for _, payload in births] == [0, 0]
        assert values(births[0][1])["bdSeq"] == values(births[1][1])["bdSeq"]
        until(lambda: station.door("plc").state.counters.get("sparkplug_rebirths", 0) == 1)
        assert station.door("plc").state.restarts == 0


def test_each_connection_has_the_next_birth_and_its_death_the_same(broker, plant):
    def births():
        return [values(payload)["bdSeq"] for _, payload in of_kind(partner, "NBIRTH")]

    with a_partner(broker.port, *ALL) as partner, Station(plant(broker.port, sparkplug=NODE)):
        until(lambda: births() == [0])
        with a_partner(broker.port, client_id="line1-sparkplug"):  # takes its place: the broker tells the will
            until(lambda: kinds(partner)["NDEATH"])
        assert values(of_kind(partner, "NDEATH")[0][1]) == {"bdSeq": 0}
        until(lambda: len(births()) > 1)
        assert births()[1] > 0


def test_a_node_that_waits_for_its_host_is_silent_without_it_and_dies_when_it_goes(broker, plant):
    def state(partner, online, timestamp):
        told = json.dumps({"online": online, "timestamp": timestamp})
        partner.publish("spBv1.0/STATE/scada", told, retain=True)

    told = plant(broker.port, sparkplug=NODE | {"primary_host_id": "scada"})
    with a_partner(broker.port, *ALL) as partner, Station(told) as station:
        assert station.wait(PATIENCE_S)
        partner.publish("spBv1.0/STATE/scada", "[]")
        until(lambda: station.door("plc").state.acknowledged == FRAMES)
        assert heard(partner) == []
        state(partner, True, 1000)
        until(lambda: kinds(partner)["NBIRTH"] == 1)
        state(partner, False, 999)  # of an older session of the host's
        state(partner, False, 1001)
        until(lambda: kinds(partner)["NDEATH"] == 1)
        state(partner, True, 1002)
        until(lambda: kinds(partner)["NBIRTH"] == 2)
        assert [values(payload)["bdSeq"] for _, payload in of_kind(partner, "NBIRTH")] == [0, 1]
        partner.publish("spBv1.0/STATE/scada", None, retain=True)
