"""A running station: what goes wrong on the web and in the machine stands in its list, in readiness and in figures."""

import re
import time
from contextlib import contextmanager

import cv2
import httpx
import pytest

from inspection.alarms.condition import STOPS_LINE, AlarmKind
from tests.inspection.store.test_store_trouble import locked
from tests.support.api_rig import is_problem, settings
from tests.support.patience import PATIENCE_S, until
from tests.support.rig import PITCH_UM, frame, write_model
from tests.support.stations import Station

PICTURES = 100


def draw(folder, *, bad=(), torn=()):
    """Pictures of the web; those of `bad` have a pinhole, those of `torn` are cut short."""
    folder.mkdir(parents=True)
    for n in range(PICTURES):
        path = folder / f"{n}.png"
        cv2.imwrite(str(path), frame(n, pinhole=n in bad).pixels)
        if n in torn:
            path.write_bytes(path.read_bytes()[:-200])
    return folder


@contextmanager
def station_on(tmp_path, pictures, **changes):
    """A station that shows these pictures again and again, and a client of its API."""
    if not (tmp_path / "models").exists():
        write_model(tmp_path / "models" / "electrode-0.1")
    camera = {
        "kind": "replay", "name": "cam0", "folder": pictures, "pixel_pitch_um": PITCH_UM, "line_rate_hz": 6400.0,
        "repeat": True,
    }  # fmt: skip
    told = settings(tmp_path, cameras=[camera], archive={"min_free_gb": 0}, **changes)
    with Station(told) as station, httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:
        yield station, client


def wait_for(client, kind, *, is_standing=True):
    """The alarm of a kind, once it stands (or is over)."""
    end = time.monotonic() + PATIENCE_S
    while True:
        for alarm in client.get("/v1/alarms").json()["alarms"]:
            if alarm["kind"] == kind and (alarm["cleared_utc"] is None) == is_standing:
                return alarm
        assert time.monotonic() < end, (kind, client.get("/v1/alarms").json())
        time.sleep(0.02)


def figures(client):
    return {k: float(v) for k, v in re.findall(r"^(\S+) (\S+)$", client.get("/metrics").text, re.M)}


def test_when_every_piece_is_rejected_it_is_an_alarm_though_the_station_is_ready(tmp_path):
    pictures = draw(tmp_path / "pictures", bad=range(PICTURES))
    with station_on(tmp_path, pictures) as (_, client):
        row = wait_for(client, "quality.rejects_in_a_row")
        assert row["priority"] == "high"
        assert row["subject"] == "cam0"
        wait_for(client, "quality.reject_rate")
        assert client.get("/readyz").status_code == 200
        told = client.get("/v1/status").json()["alarms"]
        assert any("in a row rejected" in text for text in told)
        counted = figures(client)
        assert counted['inspection_alarms_active{kind="quality.rejects_in_a_row",priority="high"}'] == 1
        assert counted["inspection_alarms_unacknowledged"] >= 2
        assert {decision["verdict"] for decision in client.get("/v1/decisions?after=0").json()["decisions"]} == {
            "reject"
        }


@pytest.mark.slow
def test_one_torn_picture_of_many_is_an_alarm_and_a_third_of_them_a_grave_one(tmp_path):
    few = draw(tmp_path / "few", torn=[7])
    with station_on(tmp_path, few, alarms={"window_pieces": 1000}) as (_, client):
        alarm = wait_for(client, "quality.uninspected")
        assert alarm["priority"] == "medium"
        assert "an image file could not be read" in alarm["sentence"]
    many = draw(tmp_path / "many", torn=range(0, PICTURES, 3))
    with station_on(tmp_path, many, state_dir=tmp_path / "state-2") as (_, client):
        until(lambda: wait_for(client, "quality.uninspected")["priority"] == "high")


@pytest.mark.slow
def test_an_alarm_is_taken_on_over_the_api_and_its_history_outlives_the_station(tmp_path):
    pictures = draw(tmp_path / "pictures", bad=range(PICTURES))
    with station_on(tmp_path, pictures) as (_, client):
        number = wait_for(client, "quality.rejects_in_a_row")["number"]
        seen = client.post(f"/v1/alarms/{number}/acknowledge", json={"by": "ann"}).json()
        assert (seen["acknowledged_by"], seen["cleared_utc"]) == ("ann", None)
        body = {"by": "ann", "reason": "trial web", "minutes": 30}
        shelved = client.put(f"/v1/alarms/{number}/shelf", json=body).json()
        assert (shelved["shelved_by"], shelved["shelved_reason"]) == ("ann", "trial web")
        assert figures(client)["inspection_alarms_shelved"] == 1
        assert client.get("/v1/decisions?after=0").json()["decisions"][-1]["verdict"] == "reject"
        assert wait_for(client, "quality.rejects_in_a_row")["shelved_by"] == "ann", "it is hidden from nobody"
        is_problem(client.put(f"/v1/alarms/{number}/shelf", json=body | {"minutes": 481}), 409)
        is_problem(client.put(f"/v1/alarms/{number}/shelf", json=body | {"minutes": 1e9}), 422)
        is_problem(client.post("/v1/alarms/999/acknowledge", json={"by": "ann"}), 404)
        is_problem(client.post(f"/v1/alarms/{number}/acknowledge", json={"by": "an\nn"}), 422)
        is_problem(client.get("/v1/alarms/history?since_utc=2030-01-02T00:00:00Z&until_utc=2030-01-01T00:00:00Z"), 422)
        assert client.delete(f"/v1/alarms/{number}/shelf?by=ann").json()["shelved_by"] is None
        client.post(f"/v1/alarms/{number}/acknowledge", json={"by": "ben"})
    with station_on(tmp_path, draw(tmp_path / "good")) as (_, client):
        wait_for(client, "quality.reject_rate", is_standing=False)
        last = client.get("/v1/alarms/history").json()["alarms"]
        told = {alarm["number"]: alarm for alarm in last}
        assert (told[number]["acknowledged_by"], told[number]["kind"]) == ("ben", "quality.rejects_in_a_row")
        assert told[number]["cleared_utc"] is not None
        page = client.get("/v1/alarms/history?limit=1&kind=quality.rejects_in_a_row").json()
        assert [alarm["number"] for alarm in page["alarms"]] == [number]
        assert page["next_before"] is None
        newest = client.get("/v1/alarms/history?limit=1").json()
        older = client.get(f"/v1/alarms/history?limit=1&before={newest['next_before']}").json()["alarms"]
        assert older[0]["number"] < newest["alarms"][0]["number"]


@pytest.mark.slow
def test_a_store_that_is_locked_keeps_no_alarm_from_being_raised_and_gets_them_later(tmp_path):
    with station_on(tmp_path, draw(tmp_path / "pictures")) as (station, client):
        with locked(station.settings.state_dir / "store.db"):
            away = wait_for(client, "store.away")
            seen = wait_for(client, "quality.uninspected")
            assert "the store did not answer" in seen["sentence"]
            assert client.post(f"/v1/alarms/{away['number']}/acknowledge", json={"by": "ann"}).status_code == 200
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = client.get("/v1/alarms/history?kind=store.away")
            found = answer.json()["alarms"] if answer.status_code == 200 else []
            if found and found[0]["cleared_utc"] is not None:
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        assert found[0]["acknowledged_by"] == "ann"


def test_cameras_that_have_shown_all_they_had_are_not_gone(tmp_path):
    write_model(tmp_path / "models" / "electrode-0.1")
    with Station(settings(tmp_path)) as station:
        until(lambda: station.runner.has_shown_all)
        until(lambda: not station.runner.sources()[0].is_connected)
        assert station.not_ready() == ["The station is finished."], "though nobody has waited for it yet"
        assert not any("gone" in text for text in station.alarms())


@pytest.mark.slow
def test_hold_and_bypass_are_alarms_that_who_began_them_has_acknowledged(tmp_path):
    with station_on(tmp_path, draw(tmp_path / "pictures")) as (station, client):
        client.put("/v1/intervention", json={"kind": "hold", "reason": "splice", "by": "ann"})
        hold = wait_for(client, "line.hold")
        assert hold["acknowledged_by"] == "ann"
        assert "On hold by ann: splice" in hold["sentence"]
        client.delete("/v1/intervention?by=ann&reason=done")
        client.put("/v1/intervention", json={"kind": "bypass", "reason": "trial", "by": "eve", "minutes": 5})
        assert wait_for(client, "line.bypass")["acknowledged_by"] == "eve"
        assert station.not_ready() == []


def test_what_makes_the_station_not_ready_is_an_alarm_and_the_other_way_round(tmp_path):
    with station_on(tmp_path, draw(tmp_path / "pictures")) as (_, client):
        client.put("/v1/intervention", json={"kind": "hold", "reason": "splice", "by": "ann"})
        status = client.get("/v1/status").json()
    standing = [alarm for alarm in status["alarm_list"] if alarm["cleared_utc"] is None]
    stopping = [alarm for alarm in standing if AlarmKind(alarm["kind"]) in STOPS_LINE]
    assert [f"{alarm['sentence']} {alarm['detail']}".strip() for alarm in stopping] == status["not_ready"]
    assert not status["is_ready"]
    assert [(alarm["kind"], alarm["facts"]) for alarm in stopping] == [("line.hold", {"by": "ann", "reason": "splice"})]
    assert stopping[0]["detail"] == "", "its facts say all of it, in every language"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"reject_rate": 0}, "reject_rate"),
        ({"window_pieces": 5}, "window_pieces"),
        ({"rejects_in_row": 3}, "rejects_in_row"),
        ({"webhook": {"url": "ftp://x"}}, "url"),
        ({"longest_shelf_min": 100_000}, "longest_shelf_min"),
    ],
)
def test_limits_that_nobody_can_mean_are_refused(tmp_path, told, message):
    with pytest.raises(ValueError, match=message):
        settings(tmp_path, alarms=told)
