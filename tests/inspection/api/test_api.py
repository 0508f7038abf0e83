"""Every route of the API against a real station behind a real server."""

import json
import re
import threading
import time

import cv2
import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from inspection.errors import SettingsError
from inspection.store.identity import SequenceGap
from tests.inspection.store.test_store_trouble import locked
from tests.support.api_rig import FRAMES, is_problem, settings
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

KEY = "a-key-of-sixteen-chars"


def test_decisions_come_in_order_after_a_number_and_up_to_a_limit(client):
    answer = client.get("/v1/decisions", params={"after": 10, "limit": 5}).json()
    assert [d["sequence"] for d in answer["decisions"]] == [11, 12, 13, 14, 15]
    assert answer["last_sequence"] == FRAMES
    first = answer["decisions"][0]
    assert (first["camera"], first["number"], first["is_recorded"]) == ("cam0", 11, True)
    assert first["verdict_code"] == {"accept": 1, "reject": 2, "uninspected": 3}[first["verdict"]]
    assert len(first["recipe"]["sha256"]) == len(first["model"]["sha256"]) == 64
    assert {"detect", "decide", "wait"} <= set(first["stage_ms"])


def test_a_long_poll_without_news_ends_empty(client):
    answer = client.get("/v1/decisions", params={"after": FRAMES, "wait_s": 0.05})
    epoch = client.get("/v1/status").json()["epoch"]
    assert answer.json() == {"decisions": [], "last_sequence": FRAMES, "epoch": epoch}


def test_a_long_poll_answers_as_soon_as_a_decision_comes(live):
    with httpx.Client(base_url=live.api_url, timeout=PATIENCE_S) as client:
        last = client.get("/v1/status").json()["last_sequence"]
        answer = client.get("/v1/decisions", params={"after": last, "wait_s": 25}).json()
    assert answer["decisions"][0]["sequence"] == last + 1


def test_a_client_of_another_store_is_told_instead_of_waiting_for_ever(client):
    problem = is_problem(client.get("/v1/decisions", params={"after": 1000}), 409)
    assert problem["type"] == "urn:inspection:sequence-ahead"
    assert f"the last one is {FRAMES}" in problem["detail"]
    is_problem(client.get("/v1/decisions/stream", params={"after": 1000}), 409)


def test_every_number_is_told_with_the_stores_epoch_and_another_epoch_is_refused_everywhere(client, station):
    epoch = client.get("/v1/status").json()["epoch"]
    told = client.get("/v1/decisions", params={"after": 3, "epoch": epoch}).json()
    assert told["epoch"] == epoch
    assert {d["epoch"] for d in told["decisions"]} == {epoch}
    assert client.get("/v1/decisions/7").json()["epoch"] == epoch
    assert f'inspection_store_info{{epoch="{epoch}"}} 1.0' in client.get("/metrics").text
    other = {"after": 3, "epoch": "0" * 32}
    for path in ("/v1/decisions", "/v1/decisions/stream"):
        problem = is_problem(client.get(path, params=other), 409)
        assert problem["type"] == "urn:inspection:other-epoch"
        assert epoch in problem["detail"]
    is_problem(client.post("/v1/decisions/ack", json={"by": "me", "up_to": 1, "epoch": "0" * 32}), 409)
    assert client.post("/v1/decisions/ack", json={"by": "me", "sequences": [30], "epoch": epoch}).status_code == 200
    address = station.api_url.replace("http", "ws")
    with connect(f"{address}/v1/decisions/stream?after=3&epoch={epoch}") as socket:
        assert json.loads(socket.recv())["epoch"] == epoch
    with connect(f"{address}/v1/decisions/stream?after=3&epoch=other") as socket:
        with pytest.raises(ConnectionClosed) as refused:
            socket.recv()
        assert refused.value.rcvd.reason == "other-epoch"


def test_a_number_that_no_decision_has_is_explained(client, station):
    station.store.note_gap(SequenceGap(900_000, 900_005, "They were lost."))
    problem = is_problem(client.get("/v1/decisions/900003"), 404)
    assert problem["type"] == "urn:inspection:no-such-number"
    assert problem["detail"] == "No decision has the numbers 900000 to 900005. They were lost."


def test_one_decision_is_found_with_its_run(client):
    found = client.get("/v1/decisions/7").json()
    assert (found["sequence"], found["number"], found["station_run"]) == (7, 7, 1)
    problem = is_problem(client.get("/v1/decisions/999"), 404)
    assert problem["instance"] == "/v1/decisions/999"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/nothing", None, 404),
        ("DELETE", "/v1/decisions", None, 405),
        ("GET", "/v1/decisions?limit=5000", None, 422),
        ("GET", "/v1/decisions?afer=5", None, 422),
        ("GET", "/v1/decisions?after=-1", None, 422),
        ("GET", "/v1/decisions/seven", None, 422),
        ("GET", "/v1/decisions/999/image", None, 404),
        ("GET", "/v1/frames/cam9/1/1/image", None, 404),
        ("POST", "/v1/decisions/ack", {"by": "me"}, 422),
        ("POST", "/v1/decisions/ack", {"by": "me", "up_to": 1, "sequences": [1]}, 422),
        ("POST", "/v1/decisions/ack", {"by": "me", "up_to": 999}, 404),
        ("POST", "/v1/decisions/ack", {"by": "me", "sequences": [1, 999]}, 404),
        ("POST", "/v1/triggers", {"trigger_id": "x", "camera": "cam9"}, 404),
        ("POST", "/v1/triggers", {"trigger_id": "x", "frame_number": 3}, 409),
        ("POST", "/v1/triggers", {"trigger_id": "x", "run": 3}, 422),
        ("POST", "/v1/triggers", {"trigger_id": "x", "piece": "y"}, 422),
    ],
)
def test_whatever_goes_wrong_is_a_problem_with_details(client, method, path, body, status):
    problem = is_problem(client.request(method, path, json=body), status)
    assert len(problem["detail"]) > 20
    if status == 422:
        assert problem["faults"][0]["where"]


def test_an_acknowledgement_is_noted_on_the_decision(client):
    assert client.post("/v1/decisions/ack", json={"up_to": 4, "by": "plc-7"}).json() == {"newly_acknowledged": 4}
    assert client.post("/v1/decisions/ack", json={"sequences": [4, 6], "by": "Ann"}).json()["newly_acknowledged"] == 1
    assert client.get("/v1/decisions/4").json()["acknowledged_by"] == "plc-7"
    assert client.get("/v1/decisions/6").json()["acknowledged_by"] == "Ann"
    assert client.get("/v1/decisions/5").json()["acknowledged_by"] is None


def test_a_saved_frame_comes_as_the_camera_gave_it_or_with_the_verdict_above(client, station):
    # A sample of one half; which it is follows from the sequence numbers.
    sequence = next(n for n in range(1, FRAMES) if client.get(f"/v1/decisions/{n}").json()["has_image"])
    raw = client.get(f"/v1/decisions/{sequence}/image")
    assert raw.headers["content-type"] == "image/png"
    pixels = cv2.imdecode(np.frombuffer(raw.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (64, 256)
    assert client.get(f"/v1/frames/cam0/1/{sequence}/image").content == raw.content
    drawn = client.get(f"/v1/decisions/{sequence}/image", params={"overlay": True})
    picture = cv2.imdecode(np.frombuffer(drawn.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.ndim == 3
    assert picture.shape[0] > 64
    missing = next(n for n in range(1, FRAMES) if not client.get(f"/v1/decisions/{n}").json()["has_image"])
    assert "a sample is saved" in is_problem(client.get(f"/v1/decisions/{missing}/image"), 404)["detail"]


def events(stream, count):
    found = []
    for line in stream.iter_lines():
        if line.startswith(("id: ", "data: ")):
            found.append(line)
            if len(found) == 2 * count:
                break
    return [(int(i[4:]), json.loads(d[6:])) for i, d in zip(found[::2], found[1::2], strict=True)]


def test_an_event_stream_goes_on_after_the_last_event(client):
    for place in ({"params": {"after": 25}}, {"headers": {"Last-Event-ID": "25"}}):
        with client.stream("GET", "/v1/decisions/stream", **place) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            heard = events(stream, 5)
        assert [number for number, _ in heard] == [26, 27, 28, 29, 30]
        assert heard[0][1]["sequence"] == 26


def test_an_event_stream_without_a_number_begins_now_and_misses_nothing(live):
    with httpx.stream("GET", f"{live.api_url}/v1/decisions/stream", timeout=PATIENCE_S) as stream:
        heard = [number for number, _ in events(stream, 20)]
    assert heard == list(range(heard[0], heard[0] + 20))


def test_a_web_socket_tells_the_same_decisions(client, station):
    with connect(f"{station.api_url.replace('http', 'ws')}/v1/decisions/stream?after=27") as socket:
        heard = [json.loads(socket.recv(timeout=PATIENCE_S)) for _ in range(3)]
    expected = client.get("/v1/decisions", params={"after": 27}).json()["decisions"]
    assert heard == expected


def test_a_web_socket_that_knows_too_much_is_closed_with_the_reason(station):
    with (
        connect(f"{station.api_url.replace('http', 'ws')}/v1/decisions/stream?after=1000") as socket,
        pytest.raises(ConnectionClosed, match="sequence-ahead"),
    ):
        socket.recv(timeout=PATIENCE_S)


def test_a_client_that_never_reads_holds_up_nobody(live):
    with connect(f"{live.api_url.replace('http', 'ws')}/v1/decisions/stream?after=0", max_queue=1, close_timeout=0.1):
        before = live.feed.last_sequence
        until(lambda: live.feed.last_sequence >= before + 50, "fifty decisions of a line that nobody holds up")


def test_streams_end_with_the_last_decision_when_the_station_stops(live):
    heard = []

    def listen():
        with httpx.stream("GET", f"{live.api_url}/v1/decisions/stream?after=0", timeout=PATIENCE_S) as stream:
            heard.extend(int(line[4:]) for line in stream.iter_lines() if line.startswith("id: "))

    listener = threading.Thread(target=listen)
    listener.start()
    while len(heard) < 10:
        time.sleep(0.01)
    live.stop()
    listener.join(30)
    assert heard == list(range(1, live.feed.last_sequence + 1))


def test_a_trigger_is_echoed_on_the_next_frame_and_a_named_one_on_its_own(live):
    with httpx.Client(base_url=live.api_url, timeout=PATIENCE_S) as client:
        now = client.get("/v1/status").json()["frames"].get("cam0", 0)
        later = {"trigger_id": "T2", "piece_id": "P2", "frame_number": now + 150}
        assert client.post("/v1/triggers", json=later).status_code == 202
        assert client.post("/v1/triggers", json={"trigger_id": "T1", "piece_id": "P1"}).status_code == 202
        problem = is_problem(client.post("/v1/triggers", json={"trigger_id": "T1"}), 409)
        assert "sent before" in problem["detail"]
        echoed = {}
        with client.stream("GET", "/v1/decisions/stream", params={"after": 0}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    told = json.loads(line[6:])
                    if told["trigger_id"]:
                        echoed[told["trigger_id"]] = (told["piece_id"], told["number"])
                    if told["number"] == now + 151:
                        break
    assert echoed["T2"] == ("P2", now + 150)
    assert echoed["T1"][0] == "P1"
    assert now < echoed["T1"][1] < now + 150


def test_status_tells_counts_cameras_latency_and_what_judges(client):
    status = client.get("/v1/status").json()
    assert status["last_sequence"] == status["recorded_up_to"] == FRAMES
    assert sum(status["verdicts"].values()) == status["frames"]["cam0"] == FRAMES
    assert status["web_m"]["cam0"] == pytest.approx(FRAMES * 64 * 50e-6)
    assert status["latency"]["p50_ms"] <= status["latency"]["p99_ms"] <= status["latency"]["max_ms"]
    assert status["latency"]["deadline_ms"] == 20_000
    assert status["cameras"][0]["kind"] == "simulated"
    assert status["archive"]["disk_free_bytes"] > 0
    assert status["model"]["name"] == "electrode"


def test_recipes_and_models_are_told_with_their_hashes_limits_and_thresholds(client):
    (recipe,) = client.get("/v1/recipes").json()
    (model,) = client.get("/v1/models").json()
    told = client.get("/v1/decisions", params={"limit": 1}).json()["decisions"][0]
    assert (recipe["recipe"], model["model"]) == (told["recipe"], told["model"])
    assert recipe["content"]["limits"]["E01"]["reject_above"]
    assert model["thresholds"] == {"E01": 0.5, "E04": 0.5}


def test_a_running_station_is_ready_and_a_finished_one_says_why_not(client, live):
    assert client.get("/healthz").json() == {"status": "alive"}
    finished = client.get("/readyz")
    assert finished.status_code == 503
    assert "The station is finished." in finished.json()["reasons"]
    ready = httpx.get(f"{live.api_url}/readyz")
    assert (ready.status_code, ready.json()["is_ready"], ready.json()["reasons"]) == (200, True, [])


def test_metrics_count_what_was_decided(client):
    text = client.get("/metrics").text
    counted = {k: float(v) for k, v in re.findall(r"^(\S+) (\S+)$", text, re.M)}
    verdicts = client.get("/v1/status").json()["verdicts"]
    for verdict, count in verdicts.items():
        assert counted[f'inspection_decisions_total{{camera="cam0",verdict="{verdict}"}}'] == count
    assert counted['inspection_latency_ms_count{camera="cam0"}'] == FRAMES
    assert counted['inspection_stage_ms_count{stage="detect"}'] == FRAMES
    assert counted['inspection_camera_events_total{camera="cam0",event="frames"}'] == FRAMES
    assert counted["inspection_disk_free_bytes"] > 0
    assert counted["inspection_late_results_total"] == 0


def test_the_description_names_every_route_its_problems_and_examples(client):
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        *("/v1/decisions", "/v1/decisions/stream", "/v1/decisions/ack", "/v1/decisions/{sequence}"),
        *("/v1/decisions/{sequence}/image", "/v1/frames/{camera}/{run}/{number}/image", "/v1/status"),
        *(
            "/v1/rolls",
            "/v1/rolls/end",
            "/v1/triggers",
            "/v1/intervention",
            "/v1/alarms",
            "/v1/alarms/history",
            "/v1/alarms/{number}/acknowledge",
            "/v1/alarms/{number}/shelf",
            "/v1/change-over",
            "/v1/change-over/confirm",
            "/v1/change-over/recipes",
            "/v1/recipes",
            "/v1/models",
            "/v1/cameras/{name}/test",
            "/v1/doors/{name}/test",
            "/healthz",
            "/readyz",
            "/metrics",
        ),
    }
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    assert document["components"]["schemas"]["DecisionOut"]["examples"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            for status, answer in operation["responses"].items():
                if status >= "400" and path != "/readyz":
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_the_documentation_page_needs_nothing_from_the_internet(client):
    page = client.get("/docs").text
    assert "POST /v1/triggers" in page
    assert "http://" not in page
    assert "https://" not in page


def test_with_a_key_every_route_but_healthz_demands_it(folder, tmp_path):
    with Station(settings(folder, state_dir=tmp_path / "state", api={"port": 0, "api_key": KEY})) as station:
        station.wait(PATIENCE_S)
        with httpx.Client(base_url=station.api_url, timeout=PATIENCE_S) as client:
            assert client.get("/healthz").status_code == 200
            for path in ("/v1/status", "/v1/decisions/stream", "/readyz", "/metrics", "/openapi.json", "/docs"):
                is_problem(client.get(path), 401)
            is_problem(client.get("/v1/status", headers={"X-API-Key": KEY + "x"}), 401)
            assert client.get("/v1/status", headers={"X-API-Key": KEY}).status_code == 200
            assert client.get("/v1/status", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        socket = f"{station.api_url.replace('http', 'ws')}/v1/decisions/stream?after=0"
        with pytest.raises(InvalidStatus, match="403"):
            connect(socket)
        with connect(socket, additional_headers={"X-API-Key": KEY}, close_timeout=0.1) as open_socket:
            assert json.loads(open_socket.recv(timeout=PATIENCE_S))["sequence"] == 1


def test_a_port_in_use_is_told_before_any_camera_opens(station, folder, tmp_path):
    port = int(station.api_url.rsplit(":", 1)[1])
    with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port}.*set api\.port"):
        Station(settings(folder, state_dir=tmp_path / "state", api={"port": port}))
    assert not (tmp_path / "state").exists()


def test_clients_that_leave_make_room_for_others(client, station):
    address = f"{station.api_url.replace('http', 'ws')}/v1/decisions/stream?after={FRAMES - 1}"
    for _ in range(70):
        with connect(address) as socket:
            assert json.loads(socket.recv(timeout=PATIENCE_S))["sequence"] == FRAMES
        with client.stream("GET", "/v1/decisions/stream", params={"after": FRAMES - 1}) as stream:
            assert events(stream, 1)[0][0] == FRAMES


def test_a_locked_database_makes_the_station_not_ready_until_it_answers(live):
    with httpx.Client(base_url=live.api_url, timeout=PATIENCE_S) as client:
        with locked(live.settings.state_dir / "store.db"):
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert "locked" in answer.json()["reasons"][-1]
            assert is_problem(client.post("/v1/decisions/ack", json={"up_to": 1, "by": "me"}), 503)
        until(lambda: client.get("/readyz").status_code == 200, "ready again", every_s=0.05)
        alarms = client.get("/v1/status").json()["alarms"]
        assert [text for text in alarms if "The store takes no decisions" in text] == []
        assert any("not inspected: the store did not answer" in text for text in alarms), "of what passed meanwhile"
