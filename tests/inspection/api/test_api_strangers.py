"""Who may talk to the API, by which name, how much and how slowly: other sites' pages, floods, drips."""

import base64
import json
import os
import select
import socket
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from inspection.api.app import MOST_BODY_BYTES
from inspection.serving import connection
from inspection.serving.connection import MOST_HEAD_BYTES, MOST_OF_ONE_ADDRESS, MOST_URL_BYTES
from tests.support.api_rig import is_problem, settings
from tests.support.patience import PATIENCE_S, until
from tests.support.stations import Station

HOLD = {"kind": "hold", "reason": "a spill", "by": "ann"}
JSON = {"Content-Type": "application/json"}


def connected(url):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)


def spoken(url, text):
    """The whole answer to raw bytes; empty if the connection was closed without one."""
    with closing(connected(url)) as line:
        line.sendall(text)
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
                if b"\r\n\r\n" in answer and len(answer.partition(b"\r\n\r\n")[2]) >= _length(answer):
                    break
        except ConnectionError:
            pass
        return answer


def _length(answer):
    for line in answer.partition(b"\r\n\r\n")[0].lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else None


def request(method, path, host, *headers, body=b""):
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def upgrade(host, *headers):
    key = base64.b64encode(os.urandom(16)).decode()
    wanted = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13")
    lines = ["GET /v1/decisions/stream?after=0 HTTP/1.1", f"Host: {host}", *wanted, *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.fixture
def held(client):
    """A station on hold, which a stranger would like to end."""
    assert client.put("/v1/intervention", json=HOLD).status_code == 200
    yield client
    client.delete("/v1/intervention", params={"by": "ann", "reason": "clean again"})


def is_on_hold(client):
    return client.get("/v1/status").json()["intervention"] is not None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "x", "10.9.9.9", "", "a b", "127.0.0.1@evil"],
)
def test_by_another_name_the_station_answers_nothing(held, host):
    url = str(held.base_url)
    for asked in (
        request("GET", "/v1/decisions?limit=1", host),
        request("PUT", "/v1/intervention", host, "Content-Type: application/json", body=json.dumps(HOLD).encode()),
        request("DELETE", "/v1/intervention?by=evil", host),
        request("GET", "/healthz", host),
    ):
        answer = spoken(url, asked)
        assert status(answer) == 400
        assert b"unknown-host" in answer or b"Invalid HTTP" in answer
    assert status(spoken(url, upgrade(host))) in (400, 403)
    assert is_on_hold(held)


def test_a_request_names_one_host(held):
    url = str(held.base_url)
    assert status(spoken(url, b"GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")) == 400
    twice = b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert status(spoken(url, twice)) == 400
    assert status(spoken(url, b"GET /healthz HTTP/1.0\r\n\r\n")) == 200, "watchdogs of old name none"


def test_it_is_known_by_its_address_its_machines_name_and_those_allowed(folder, tmp_path):
    told = settings(folder, state_dir=tmp_path / "state", api={"port": 0, "allowed_hosts": ["Line-3.plant.example"]})
    with Station(told) as station:
        for host in (
            "127.0.0.1:1",
            "localhost",
            "LOCALHOST.",
            "[::1]:80",
            socket.gethostname(),
            "line-3.plant.example:443",
        ):
            assert status(spoken(station.api_url, request("GET", "/v1/status", host))) == 200, host


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://{host}", "http://127.0.0.1:1", "http://{host}.evil.example", "{host}"],
)
def test_another_sites_page_can_neither_read_nor_end_a_hold(held, origin):
    url, host = str(held.base_url), urlsplit(str(held.base_url)).netloc
    foreign = f"Origin: {origin.format(host=host)}"
    for asked in (
        request("DELETE", "/v1/intervention?by=evil", host, foreign),
        request(
            "PUT", "/v1/intervention", host, foreign, "Content-Type: application/json", body=json.dumps(HOLD).encode()
        ),
        request(
            "POST", "/v1/decisions/ack", host, foreign, "Content-Type: text/plain", body=b'{"up_to":1,"by":"evil"}'
        ),
        request("POST", "/v1/decisions/ack", host, foreign, body=b'{"up_to":1,"by":"evil"}'),
        request("OPTIONS", "/v1/intervention", host, foreign, "Access-Control-Request-Method: DELETE"),
        request("GET", "/v1/decisions?limit=1", host, foreign),
    ):
        answer = spoken(url, asked)
        assert status(answer) == 403
        assert b"foreign-page" in answer
        assert b"access-control-allow" not in answer.lower()
    assert status(spoken(url, upgrade(host, foreign))) == 403
    assert is_on_hold(held)


def test_its_own_pages_and_programs_are_heard(client):
    url, host = str(client.base_url), urlsplit(str(client.base_url)).netloc
    assert status(spoken(url, request("GET", "/v1/status", host, f"Origin: http://{host}"))) == 200
    assert status(spoken(url, upgrade(host, f"Origin: http://{host}"))) == 101
    assert status(spoken(url, upgrade(host))) == 101


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_picture_in_another_sites_page_is_refused_and_a_link_works(client, site):
    fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert is_problem(client.get("/v1/status", headers=fetched), 403)["type"] == "urn:inspection:foreign-page"
    assert client.get("/docs", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_forms_are_no_json_whoever_sends_them(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"):
        is_problem(client.post("/v1/triggers", content=b'{"trigger_id":"form"}', headers={"Content-Type": kind}), 422)


def test_a_body_too_large_is_refused_before_it_is_sent(client):
    url, host = str(client.base_url), urlsplit(str(client.base_url)).netloc
    head = f"POST /v1/triggers HTTP/1.1\r\nHost: {host}\r\nContent-Length: {{}}\r\n\r\n"
    for length in (MOST_BODY_BYTES + 1, 300_000_000, 10**17):
        assert status(spoken(url, head.format(length).encode())) == 413
    sent = request("POST", "/v1/triggers", host, body=b" " * 20_000_000)
    assert status(spoken(url, sent)) == 413, "who sends it all before listening hears so, too"
    expecting = head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").format(300_000_000)
    assert status(spoken(url, expecting.encode())) == 413
    answer = client.post("/v1/triggers", content=b" " * (MOST_BODY_BYTES + 1), headers=JSON)
    assert is_problem(answer, 413)["type"] == "urn:inspection:body-too-large"


def test_a_body_without_a_length_is_read_as_far_as_one_may_go(client):
    def pieces(number):
        yield b'{"trigger_id":"in pieces"'
        for _ in range(number):
            yield b" " * 1000
        yield b"}"

    assert client.post("/v1/triggers", content=pieces(3), headers=JSON).status_code in (202, 409)
    is_problem(client.post("/v1/triggers", content=pieces(MOST_BODY_BYTES // 1000 + 1), headers=JSON), 413)


def test_headers_and_addresses_have_their_sizes(client):
    url, host = str(client.base_url), urlsplit(str(client.base_url)).netloc
    long = "a" * 1000
    assert status(spoken(url, request("GET", "/healthz", host, *(f"X{n}: {long}" for n in range(20))))) == 200
    many = [f"X{n}: {long}" for n in range(MOST_HEAD_BYTES // 1000 + 1)]
    assert status(spoken(url, request("GET", "/healthz", host, *many))) == 431
    assert status(spoken(url, request("GET", f"/{'a' * MOST_URL_BYTES}", host))) == 414
    endless = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nX: ".encode() + b"a" * 1_000_000
    assert status(spoken(url, endless)) == 431
    assert status(spoken(url, upgrade(host, *many))) == 431


def test_who_drips_is_cut_off(client, monkeypatch):
    monkeypatch.setattr(connection, "LONGEST_HEAD_S", 0.3)
    monkeypatch.setattr(connection, "LONGEST_BODY_S", 0.3)
    url, host = str(client.base_url), urlsplit(str(client.base_url)).netloc
    assert status(spoken(url, b"GET /healthz HTTP/1.1\r\n")) == 408
    assert status(spoken(url, b"")) == 408, "who says nothing at all"
    assert (
        status(spoken(url, f"POST /v1/triggers HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\n{{".encode()))
        == 408
    )
    kept = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with closing(connected(url)) as line:
        line.sendall(kept)
        assert status(line.recv(65536)) == 200
        line.sendall(b"GET /heal")
        assert status(line.recv(65536)) == 408


def test_idle_connections_make_room(client, monkeypatch):
    monkeypatch.setattr(connection, "LONGEST_HEAD_S", 600.0)
    url = str(client.base_url)
    crowd = [connected(url) for _ in range(MOST_OF_ONE_ADDRESS + 30)]
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as newcomer:
            assert newcomer.get("/healthz").status_code == 200
        until(lambda: len(select.select(crowd, [], [], 0)[0]) >= 20)  # who was closed can be read: nothing comes
    finally:
        for each in crowd:
            each.close()
