"""The typed client against a real station: what it asks, what it is refused, and a stream that goes on."""

import threading

import pytest

from inspection.client import Client, ClientError, Refusal, StationAway
from inspection.simulated_line.cable import Cable
from tests.support.api_rig import FRAMES, settings
from tests.support.patience import PATIENCE_S
from tests.support.station_fixtures import folder, live, quiet_logs, station
from tests.support.stations import Station

__all__ = ["folder", "live", "quiet_logs", "station"]
pytestmark = pytest.mark.process


@pytest.fixture
def client(station):
    with Client(station.api_url) as asked:
        yield asked


def test_decisions_status_and_readiness_come_as_values(client, station):
    assert client.last_sequence() == FRAMES
    found = client.decisions(10, limit=5)
    assert [each.sequence for each in found.decisions] == [11, 12, 13, 14, 15]
    assert found.epoch == station.store.epoch
    assert client.decision(3).sequence == 3
    assert client.status().name == station.settings.name
    assert isinstance(client.readiness().is_ready, bool)
    assert client.recipes()
    assert client.change_over().in_force.sha256 == station.status().recipe.sha256


def test_what_is_refused_says_why_and_has_a_name_for_programs(client):
    with pytest.raises(Refusal, match="There is no decision") as refusal:
        client.decision(10**6)
    assert (refusal.value.status, refusal.value.name) == (404, "not-found")
    with pytest.raises(Refusal) as refusal:
        client.decisions(1, epoch="f" * 32)
    assert refusal.value.name == "other-epoch"
    with pytest.raises(Refusal) as refusal:
        client.prepare("no-such-1", "mes", "order 7")
    assert refusal.value.name == "recipe-refused"


def test_the_line_is_held_and_let_go(client, station):
    assert client.hold("a splice", "gateway").by == "gateway"
    assert station.interventions.current.reason == "a splice"
    client.end_intervention("gateway", "the splice is out")
    assert station.interventions.current is None


def test_triggers_rolls_and_acknowledgements_are_told(client, station):
    assert client.trigger("T1", "piece 1", frame_number=10**6) == 1
    with pytest.raises(Refusal) as refusal:
        client.trigger("T1")
    assert refusal.value.name == "conflict"
    with pytest.raises(Refusal) as refusal:
        client.trigger("T2", place_mm=10.0, frame_number=10**6)
    assert refusal.value.name == "invalid-request"
    assert client.acknowledge(7, "gateway") >= 1
    assert station.store.decision(7).acknowledged_by is not None
    assert client.begin_roll("R-1", "gateway", first_sequence=5).roll_id == "R-1"
    assert client.end_roll("gateway", first_sequence=9).roll_id is None


def test_a_station_that_is_not_there_or_a_wrong_certificate_is_told_in_words(tmp_path):
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(StationAway, match="does not answer"):
        nobody.status()
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(ClientError, match="can't be read"):
        Client("https://127.0.0.1:9", certificate=tmp_path / "none.pem")


def test_a_stream_goes_on_where_it_was_cut_each_decision_once_and_in_order(folder, tmp_path):
    told = settings(folder, state_dir=tmp_path / "state")
    with Station(told) as station:
        port = int(station.api_url.rpartition(":")[2])
        with Cable("127.0.0.1", port) as cable, Client(f"http://127.0.0.1:{cable.port}", timeout_s=1.0) as client:
            heard = []
            done = threading.Event()

            def follow():
                for decision in client.follow(0):
                    heard.append(decision.sequence)
                    if len(heard) == 4:
                        cable.pull()
                        threading.Timer(0.5, cable.plug).start()
                    if decision.sequence == FRAMES:
                        done.set()
                        return

            threading.Thread(target=follow, daemon=True).start()
            assert done.wait(PATIENCE_S)
        assert heard == list(range(1, FRAMES + 1))
