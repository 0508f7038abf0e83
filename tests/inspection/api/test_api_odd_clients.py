"""Clients that stop reading, ask for numbers beyond all bounds, or send text that nothing can hold."""

import json
import socket
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from inspection.api.stream_places import KEPT_FOR_LINE, PLACES, NoPlace, StreamPlaces
from tests.support.api_rig import is_problem, settings
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

BEYOND = 2**63


def address_of(url):
    parts = urlsplit(url)
    return parts.hostname, parts.port


@contextmanager
def stalled_client(url):
    """Asks for all decisions, and never reads what comes."""
    with socket.socket() as panel:
        panel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        panel.connect(address_of(url))
        panel.sendall(b"GET /v1/decisions/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        yield


def stream_status(url, **parameters):
    with (
        httpx.Client(base_url=url, timeout=PATIENCE_S) as asking,
        asking.stream("GET", "/v1/decisions/stream", params=parameters) as answer,
    ):
        return answer.status_code


def test_clients_that_stopped_reading_lose_their_places_and_the_line_keeps_its_own(live):
    url, refusals = live.api_url, []

    def is_crowded(held):
        """Whether another one was refused. On a busy machine the first lose their places before the last have theirs:
        others come for those."""
        if missing := PLACES - KEPT_FOR_LINE - live.status().streams_open:
            for _ in range(missing):
                held.enter_context(stalled_client(url))
            return False
        with asking.stream("GET", "/v1/decisions/stream", params={"after": 0}) as answer:
            if answer.status_code == 503:
                answer.read()
                refusals.append(answer)
        return refusals

    with httpx.Client(base_url=url, timeout=PATIENCE_S) as asking, ExitStack() as held:
        until(lambda: is_crowded(held), every_s=0.5)
        alarms = asking.get("/v1/status").json()["alarms"]
        assert any("wanted to follow decisions was refused" in alarm for alarm in alarms)
        refused = is_problem(refusals[0], 503)
        assert refused["type"] == "urn:inspection:too-many-streams"
        assert "kept for the line" in refused["detail"]
        assert stream_status(url, after=0, for_line=True) == 200
        assert asking.get("/readyz").status_code == 200
        until(lambda: live.status().streams_open == 0)
        assert stream_status(url, after=0) == 200


def test_a_place_is_given_back_however_its_stream_ends():
    places = StreamPlaces(places=1, kept_for_line=0)
    with pytest.raises(KeyError), places.taken():
        raise KeyError
    with places.taken(), pytest.raises(NoPlace), places.taken():
        raise AssertionError("two in one place")
    assert places.open == 0
    assert "was refused" in places.faults()[0]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", f"/v1/decisions/{BEYOND}", None, 422),
        ("GET", f"/v1/decisions/{BEYOND}/image", None, 422),
        ("GET", f"/v1/decisions?after={BEYOND}", None, 422),
        ("GET", f"/v1/decisions/stream?after={BEYOND}", None, 422),
        ("GET", f"/v1/decisions/{BEYOND - 1}", None, 404),
        ("GET", f"/v1/decisions/{BEYOND - 1}/image", None, 404),
        ("GET", f"/v1/frames/cam0/1/{BEYOND}/image", None, 422),
        ("GET", f"/v1/frames/cam0/{BEYOND}/1/image", None, 422),
        ("GET", f"/v1/frames/cam0/1/1/image?station_run={BEYOND}", None, 422),
        ("GET", f"/v1/frames/cam0/{2**31 - 1}/{BEYOND - 1}/image?station_run={2**31 - 1}", None, 404),
        ("GET", "/v1/frames/no%00name/1/1/image", None, 404),
        ("POST", "/v1/decisions/ack", {"sequences": [BEYOND], "by": "x"}, 422),
        ("POST", "/v1/decisions/ack", {"up_to": BEYOND, "by": "x"}, 422),
        ("POST", "/v1/decisions/ack", {"sequences": [BEYOND - 1], "by": "x"}, 404),
        ("POST", "/v1/rolls", {"roll_id": "R", "by": "x", "first_sequence": BEYOND}, 422),
        ("POST", "/v1/rolls", {"roll_id": "R", "by": "x", "first_sequence": BEYOND - 1}, 409),
        ("POST", "/v1/rolls/end", {"by": "x", "first_sequence": BEYOND - 1}, 409),
        ("POST", "/v1/triggers", {"trigger_id": "T", "frame_number": BEYOND}, 422),
        ("PUT", "/v1/intervention", {"kind": "bypass", "by": "x", "reason": "y", "minutes": 1e999}, 422),
        ("PUT", "/v1/intervention", {"kind": "bypass", "by": "x", "reason": "y", "minutes": float("nan")}, 422),
        *(
            (method, path, {**body, name: f"a{odd}b"}, 422)
            for odd in ("\ud83d", "\0", "\n", "\x1b")
            for method, path, body, name in (
                ("POST", "/v1/triggers", {"trigger_id": "T"}, "trigger_id"),
                ("POST", "/v1/triggers", {"trigger_id": "T"}, "piece_id"),
                ("POST", "/v1/triggers", {"trigger_id": "T"}, "camera"),
                ("POST", "/v1/decisions/ack", {"up_to": 1}, "by"),
                ("POST", "/v1/rolls", {"roll_id": "R"}, "by"),
                ("POST", "/v1/rolls", {"by": "x"}, "roll_id"),
                ("PUT", "/v1/intervention", {"kind": "hold", "by": "x"}, "reason"),
            )
        ),
        ("DELETE", "/v1/intervention?by=a%00b", None, 422),
    ],
)
def test_what_no_store_can_hold_is_refused_in_words(client, method, path, body, expected):
    answer = client.request(
        method, path, content=None if body is None else json.dumps(body), headers={"content-type": "application/json"}
    )
    is_problem(answer, expected)


def test_bytes_that_are_no_text_and_json_that_is_too_deep_are_refused(client):
    for body in (b'{"trigger_id":"T\xff"}', b'{"trigger_id":"T\xed\xa0\x80"}', b"[" * 100_000 + b"]" * 100_000):
        answer = client.post("/v1/triggers", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), body[:40]
    assert client.get("/v1/status").status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/v1/status", "/v1/decisions?limit=3", "/v1/decisions/stream?after=0", "/metrics"]
)
def test_head_answers_as_get_would_without_a_body(client, path):
    answer = client.head(path)
    assert answer.status_code in (200, 503)
    assert answer.content == b""
    assert answer.headers["content-type"]


def test_a_method_that_is_not_offered_says_which_are(client):
    answer = client.delete("/healthz")
    is_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_readiness_tells_each_threads_heartbeat(live):
    answer = httpx.get(f"{live.api_url}/readyz").json()
    assert answer["is_ready"]
    assert set(answer["heartbeats_s"]) == {"read-cam0", "inspect-0", "inspect-1", "publish"}
    assert max(answer["heartbeats_s"].values()) < 5.0


def test_a_stream_that_ended_leaves_its_place(folder, tmp_path):
    with Station(settings(folder, state_dir=tmp_path / "state")) as station:
        assert station.wait(PATIENCE_S)
        for _ in range(3):
            assert stream_status(station.api_url, after=0) == 200
        until(lambda: station.status().streams_open == 0)
