"""A test of a camera or door says which part of the way is broken, and changes nothing."""

import socket

import httpx
import pytest

from inspection.api.http_door import HttpDoor
from inspection.line.process_door import ProcessDoor
from inspection.station.chain import SENTENCES, Soundness
from inspection.station.door_settings import ModbusSettings
from inspection.station.station import Station as BareStation
from tests.support.api_rig import FRAMES, is_problem, settings
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

BROKEN, SOUND, UNKNOWN = Soundness.BROKEN.value, Soundness.SOUND.value, Soundness.UNKNOWN.value


def looked_at(station, what, name, seconds=0.5):
    url = f"{station.api_url}/v1/{what}/{name}/test"
    answer = httpx.get(url, params={"seconds": seconds}, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    links = answer.json()["links"]
    assert all(link["sentence"] for link in links)
    return {link["part"]: link["soundness"] for link in links}


@pytest.mark.slow
def test_of_a_camera_that_shows_good_web_every_part_is_sound(live):
    until(lambda: live.feed.last_sequence > 3)
    assert set(looked_at(live, "cameras", "cam0", 1.0).values()) == {SOUND}


def test_of_a_camera_that_has_shown_all_nobody_knows_whether_frames_come(station):
    found = looked_at(station, "cameras", "cam0")
    assert found["camera.picture"] == SOUND
    assert SOUND not in (found["camera.frames"], found["camera.losses"], found["camera.decisions"])
    assert station.feed.last_sequence == FRAMES


@pytest.mark.slow
def test_a_camera_whose_pictures_can_not_be_judged_is_told_by_the_rule(folder, tmp_path):
    camera = settings(folder).cameras[0]
    dark = {"kind": "simulated", "web": {"width_px": 128, "material": "separator"}, "lines": 64, "frame_limit": 5}
    assert camera.kind == "simulated"
    with Station(settings(folder, state_dir=tmp_path / "state", cameras=[dark])) as station:
        assert station.wait(PATIENCE_S)
        url = f"{station.api_url}/v1/cameras/cam0/test"
        links = httpx.get(url, params={"seconds": 0.2}, timeout=PATIENCE_S).json()["links"]
        picture = next(link for link in links if link["part"] == "camera.picture")
        assert picture["soundness"] == BROKEN
        assert picture["facts"]["rule"].startswith("image.")
        assert picture["facts"]["rule"] in picture["sentence"]


def test_a_door_that_nobody_uses_is_told_by_its_partner_and_the_api_keeps_no_place(station):
    found = looked_at(station, "doors", "http")
    assert found == {"door.process": SOUND, "door.port": SOUND, "door.partner": BROKEN, "door.taken": UNKNOWN}


@pytest.mark.process
def test_a_machines_door_is_sound_once_its_partner_takes_what_it_is_told(folder, tmp_path):
    told = settings(folder, state_dir=tmp_path / "state")
    door = ProcessDoor("plc", ModbusSettings(port=0), told, "tests.support.plain_door", "plain")

    api = HttpDoor(told)
    with BareStation(told, doors=[api, door]) as station:
        station.api_url = api.address
        assert station.wait(PATIENCE_S)
        assert looked_at(station, "doors", "plc")["door.taken"] == BROKEN
        port = int(door.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as partner:
            partner.sendall(f"ack {FRAMES}\n".encode())
            until(lambda: door.state.waiting == 0 and door.state.partners == 1)
            assert set(looked_at(station, "doors", "plc").values()) == {SOUND}
            partner.sendall(b"die\n")
            until(lambda: not door.state.is_open)


def test_what_the_station_has_not_is_refused_with_what_it_has(station):
    for what, there in (("cameras", "cam0"), ("doors", "http")):
        answer = httpx.get(f"{station.api_url}/v1/{what}/nothing/test", timeout=PATIENCE_S)
        is_problem(answer, 404)
        assert there in answer.json()["detail"]


def test_every_part_has_a_sentence_for_what_is_broken():
    parts = {key.rpartition(".")[0] for key in SENTENCES}
    assert all(f"{part}.broken" in SENTENCES and f"{part}.sound" in SENTENCES for part in parts)
