"""What is wrong with a broker is told in words, and mended without a restart of anything."""

import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
import trustme

from inspection.doors import make_doors
from inspection.errors import SettingsError
from inspection.line.mqtt.trouble import TAKEN_OVER, of_code, of_error
from inspection.station.door_settings import MqttSettings
from inspection.station.settings import load_settings
from tests.support.api_rig import FRAMES
from tests.support.mosquitto import Mosquitto, a_partner, free_port
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

pytestmark = pytest.mark.process
RESULT = "line1/result"


def trouble_of(station):
    return station.door("plc").state.trouble


@contextmanager
def a_listener(answer=b""):
    """Something that is no broker has the port: it takes every call, and says nothing or nonsense."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls = []

        def take():
            while True:
                try:
                    call, _ = server.accept()
                except OSError:
                    return
                calls.append(call)
                if answer:
                    call.sendall(answer)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], calls
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)
            for call in calls:
                call.close()


def test_a_station_whose_broker_is_not_there_starts_and_says_so(plant):
    with Station(plant(free_port())) as station:
        until(lambda: "Nobody answers at 127.0.0.1" in trouble_of(station))
        assert station.door("plc").state.is_open
        assert station.door("plc").state.partners == 0
        until(lambda: any("Nobody answers" in each.detail for each in station.door("plc").conditions()))
        assert station.wait(PATIENCE_S)
        assert station.door("plc").state.waiting == FRAMES


def test_a_required_broker_that_is_not_there_makes_the_station_not_ready(plant):
    with Station(plant(free_port(), is_required=True)) as station:
        until(lambda: any("Nobody is behind door plc" in reason for reason in station.not_ready()))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silence", "another protocol"])
def test_a_port_that_takes_the_call_and_is_no_broker_is_told_and_tried_again(plant, answer):
    with a_listener(answer) as (port, calls), Station(plant(port, answer_s=1.0)) as station:
        until(lambda: f"The broker at 127.0.0.1:{port} does not answer" in trouble_of(station))
        until(lambda: len(calls) > 2)
        assert station.door("plc").state.restarts == 0


def test_a_wrong_password_is_told_and_the_right_one_is_read_without_a_restart(plant, tmp_path):
    users = tmp_path / "users"
    users.write_text("station:right\n")
    Mosquitto.hash_passwords(users)
    users.chmod(0o644)
    password = tmp_path / "password"
    login = {"username": "station", "password_file": password}
    broker = Mosquitto(tmp_path, "allow_anonymous false", f"password_file {users}")
    with broker, Station(plant(broker.port, **login)) as station:
        until(lambda: f"{password} can't be read" in trouble_of(station))
        password.write_text("wrong\n")
        until(lambda: "`username`" in trouble_of(station) and "refuses the connection" in trouble_of(station))
        password.write_text("right\n")
        with a_partner(broker.port, RESULT, login=("station", "right")) as partner:
            partner.wait(RESULT, FRAMES)
            until(lambda: trouble_of(station) == "")


def test_results_cross_an_encrypted_connection_whose_certificates_are_checked(plant, tmp_path):
    ours, strangers = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(tmp_path / "ca.pem")
    strangers.cert_pem.write_to_path(tmp_path / "stranger.pem")
    server, mine = ours.issue_cert("127.0.0.1"), ours.issue_cert("station.plant.example")
    server.private_key_pem.write_to_path(tmp_path / "server.key")
    server.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    mine.private_key_pem.write_to_path(tmp_path / "mine.key")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "mine.pem")
    lines = [f"{key} {tmp_path / name}" for key, name in (("cafile", "ca.pem"), ("certfile", "server.pem"))]
    lines += [f"keyfile {tmp_path / 'server.key'}", "require_certificate true", "allow_anonymous true"]
    own = {"certificate": tmp_path / "mine.pem", "key": tmp_path / "mine.key"}
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    context.load_cert_chain(tmp_path / "mine.pem", tmp_path / "mine.key")
    with Mosquitto(tmp_path, *lines) as broker:
        secured = {"security": "tls", "answer_s": 2.0}
        with Station(plant(broker.port, **secured, ca_file=tmp_path / "stranger.pem", **own)) as station:
            until(lambda: "a certificate that is not trusted" in trouble_of(station))
            assert "`ca_file`" in trouble_of(station)
        with Station(plant(broker.port, **secured, ca_file=tmp_path / "ca.pem")) as station:
            until(lambda: trouble_of(station) != "")
            assert station.door("plc").state.acknowledged == 0
        with a_partner(broker.port, RESULT, tls=context) as partner:
            with Station(plant(broker.port, **secured, ca_file=tmp_path / "ca.pem", **own)) as station:
                assert station.wait(PATIENCE_S)
                last = station.feed.last_sequence
                until(lambda: station.door("plc").state.acknowledged == last)
            assert {each["sequence"] for each in partner.on(RESULT)} == set(range(1, last + 1))


def test_a_plain_broker_where_an_encrypted_one_was_meant_is_told(broker, plant):
    with Station(plant(broker.port, security="tls", answer_s=1.0)) as station:
        until(lambda: "TLS" in trouble_of(station))


def test_two_clients_of_one_name_are_told_and_results_wait_for_the_one_that_is_left(broker, plant):
    told = plant(broker.port, client_id="twice")
    with a_partner(broker.port, RESULT) as partner, Station(told) as station:
        partner.wait("line1/result", FRAMES)
        with a_partner(broker.port, client_id="twice"):
            until(lambda: "another client has come with the client id twice" in trouble_of(station))
        assert "`client_id`" in trouble_of(station)


@pytest.mark.parametrize("code", [128, 132, 133, 134, 135, 137, 138, TAKEN_OVER, 147, 149, 151, 154, 155, 159, 255])
def test_each_reason_of_a_broker_says_what_to_do(code):
    sentence = str(of_code("plc:1883", "line-1", code, "a reason", "refuses the connection"))
    assert sentence.startswith("The broker at plc:1883 refuses the connection: ")
    assert f"(MQTT reason {code}, a reason.)" in sentence
    assert "{" not in sentence
    assert len(sentence.split(". ")) >= 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Nobody answers"),
        (TimeoutError("timed out"), "does not answer"),
        (ConnectionResetError(104, "Connection reset by peer"), "hangs up at once"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (OSError(113, "No route to host"), "No route to host"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "port is the one for TLS"),
    ],
)
def test_each_way_not_to_reach_a_broker_has_words(error, words):
    sentence = str(of_error("plc:1883", error))
    assert "plc:1883" in sentence
    assert words in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "a"}, "go together"),
        ({"security": "tls", "certificate": "a.pem"}, "go together"),
        ({"ca_file": "a.pem"}, 'security = "tls"'),
        ({"host": "broker.plant.example", "username": "a", "password_file": "b"}, "in the clear"),
        ({"prefix": "spBv1.0/x"}, "Sparkplug"),
        ({"prefix": "a/#"}, "prefix"),
        ({"prefix": "/a"}, "prefix"),
        ({"client_id": "a b"}, "client_id"),
        ({"sparkplug": {"group_id": "a/b"}}, "group_id"),
    ],
)
def test_settings_that_can_not_be_meant_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        MqttSettings.model_validate({"kind": "mqtt"} | changes)


def test_paths_count_from_the_settings_file(tmp_path):
    (tmp_path / "station.toml").write_text(
        'recipe = "anode"\n[[cameras]]\nkind = "simulated"\n[doors.plc]\nkind = "mqtt"\nsecurity = "tls"\n'
        'ca_file = "broker.pem"\nusername = "a"\npassword_file = "secret/mqtt"\n'
    )
    door = load_settings(tmp_path / "station.toml").doors["plc"]
    assert (door.ca_file, door.password_file) == (tmp_path / "broker.pem", tmp_path / "secret/mqtt")


def test_without_the_library_the_settings_are_refused_with_the_command_that_brings_it(plant, monkeypatch):
    monkeypatch.setattr("inspection.doors.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"needs aiomqtt.*\[line\]"):
        make_doors(plant(free_port()))
