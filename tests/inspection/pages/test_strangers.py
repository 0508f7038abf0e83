"""Strangers at the pages: sockets without a session, other sites, forged addresses, floods of logins."""

import json
import math
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.inspection.pages.plant import PASSWORD, start_pages
from tests.support.patience import PATIENCE_S

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport="


@pytest.fixture(scope="module")
def own(tmp_path_factory, plant):
    """Pages of the same plant whose throttle nobody else fills."""
    running = start_pages(plant)
    yield running
    running.stop()


def socket_at(pages, cookie=None, origin=None, query=""):
    headers = {} if cookie is None else {"Cookie": cookie}
    address = pages.address.replace("http", "ws", 1) + SOCKET + "websocket" + query
    return connect(address, additional_headers=headers, origin=origin, open_timeout=PATIENCE_S)


def refused_with(*arguments):
    with pytest.raises(InvalidStatus) as caught, socket_at(*arguments):
        pass
    return caught.value.response.status_code


def cookie_of(client):
    return f"inspection_session={client.cookies['inspection_session']}"


@contextmanager
def page_socket(pages, client, path="/"):
    """The socket of a page that was just opened, as its browser would open it."""
    page = client.get(path).text
    client_id = re.search(r"client_id[^0-9a-f]{1,20}([0-9a-f-]{36})", page)[1]
    query = f"&client_id={client_id}&next_message_id=0&implicit_handshake=true&tab_id=tab&document_id=doc"
    with socket_at(pages, cookie_of(client), query=query) as line:
        assert line.recv(30).startswith("0")
        line.send("40")
        yield line


def until_closed(line, patience_s=PATIENCE_S):
    """What a socket still told before it was taken away."""
    told, end = [], time.monotonic() + patience_s
    try:
        while True:
            message = line.recv(max(0.1, end - time.monotonic()))
            if message == "2":
                line.send("3")
            told.append(message)
    except ConnectionClosed:
        return told


def test_nobody_without_a_session_has_a_socket(own):
    for cookie in (None, "inspection_session=made-up", "inspection_session="):
        assert refused_with(own, cookie) == 403
    with own.client() as stranger:
        assert stranger.get(SOCKET + "polling").status_code == 401
        assert stranger.post(SOCKET + "polling&sid=x", content=b"40").status_code == 401
    with own.client("the-operator") as person:
        with socket_at(own, cookie_of(person)) as line:
            assert line.recv(30).startswith("0")
        for origin in ("http://evil.example", "null"):
            assert refused_with(own, cookie_of(person), origin) == 403


def test_the_log_out_takes_the_socket_away(own):
    with own.client("the-operator") as person:
        with page_socket(own, person) as line:
            cookie = cookie_of(person)
            person.post("/logout")
            told = until_closed(line)
        assert any("/login" in message for message in told if isinstance(message, str)), "the browser is sent away"
        assert refused_with(own, cookie) == 403


@pytest.mark.parametrize(
    "change",
    [
        "update users set is_active=0 where name=?",
        "update users set role='operator' where name=?",
        "delete from sessions where user_id=(select id from users where name=?)",
    ],
)
def test_who_is_made_inactive_or_something_else_loses_what_is_open(own, plant, change):
    with own.client("the-engineer") as person, page_socket(own, person) as line:
        with closing(sqlite3.connect(plant / "store-people.db", timeout=30)) as database:
            database.execute(change, ("the-engineer",))
            database.commit()
        try:
            assert until_closed(line)
        finally:
            with closing(sqlite3.connect(plant / "store-people.db", timeout=30)) as database:
                database.execute("update users set is_active=1, role='engineer' where name='the-engineer'")
                database.commit()


@pytest.mark.parametrize("host", ["evil.example", "x", "127.0.0.1.evil.example", "10.9.9.9"])
def test_pages_are_shown_under_their_own_names_alone(own, host):
    with own.client("the-operator") as person:
        for path in ("/", "/login", "/frames/10.png", "/static/pages.css"):
            assert person.get(path, headers={"Host": host}).status_code == 400
        assert person.post("/logout", headers={"Host": host}).status_code == 400
        assert person.get("/").status_code == 200


def test_another_sites_page_reads_nothing(own):
    with own.client("the-operator") as person:
        image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert person.get("/frames/10.png", headers=image).status_code == 403
        assert person.get("/", headers={"Origin": "http://evil.example"}).status_code == 403
        assert (
            person.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
        )


def test_forms_and_answers_have_their_sizes(own):
    with own.client() as stranger:
        assert stranger.post("/login", data={"name": "x" * 20_000, "password": "x"}).status_code == 413
        assert stranger.post("/review/answers", content=b" " * 1_100_000).status_code == 413
        assert stranger.get("/login", headers={"X": "a" * 40_000}).status_code == 431


FORGED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto")


def forged(number):
    return {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"}


def refusals_noted(plant):
    query = "select after from audit_log where action='session.refuse' order by number"
    with closing(sqlite3.connect(plant / "store-people.db", timeout=30)) as database:
        return [json.loads(after)["address"] for (after,) in database.execute(query)]


def test_nobody_forges_the_address_that_a_guess_came_from(tmp_path, plant):
    pages, before = start_pages(plant), len(refusals_noted(plant))
    try:
        with pages.client() as stranger:
            made = [
                stranger.post(
                    "/login", data={"name": "the-qa", "password": f"guess {n}"}, headers=forged(n)
                ).status_code
                for n in range(4)
            ]
        assert made[:3] == [401, 401, 401]
        assert set(refusals_noted(plant)[before:]) == {"127.0.0.1"}
    finally:
        pages.stop()


def test_many_logins_at_once_are_counted_and_told_when_to_come_again(tmp_path, plant):
    pages = start_pages(plant)
    try:
        with ThreadPoolExecutor(40) as guessers, pages.client("the-admin") as known:

            def guess(n):
                data = {"name": "the-qa", "password": f"guess {n}"}
                return httpx.post(f"{pages.address}/login", data=data, headers=forged(n), timeout=PATIENCE_S)

            began_s = time.monotonic()
            made = list(guessers.map(guess, range(40)))
            lasted_s = time.monotonic() - began_s
            codes = [each.status_code for each in made]
            # Three are free; each further one has to wait twice as long as the one before it, first for a second.
            assert 3 <= codes.count(401) <= 3 + int(math.log2(1.0 + lasted_s))
            assert codes.count(401) + codes.count(429) == 40
            assert all(int(each.headers["Retry-After"]) >= 1 for each in made if each.status_code == 429)
            answer = known.post("/login", data={"name": "the-admin", "password": PASSWORD})
            assert answer.status_code == 303
    finally:
        pages.stop()


STATION = """
name = "plant"
recipe = "anode"
state_dir = "{state}"
[[cameras]]
kind = "simulated"
[pages]
trusted_proxies = ["127.0.0.1"]
allowed_hosts = ["station.plant.example"]
"""


def test_behind_a_proxy_that_is_named_its_word_counts(tmp_path, plant):
    (tmp_path / "station.toml").write_text(STATION.format(state=plant))
    pages, before = start_pages(plant, "--config", str(tmp_path / "station.toml")), len(refusals_noted(plant))
    try:
        with pages.client() as proxy:
            told = {
                "X-Forwarded-For": "1.2.3.4, 10.7.7.7",
                "X-Forwarded-Proto": "https",
                "Host": "station.plant.example",
            }
            data = {"name": "the-qa", "password": "guess"}
            answer = proxy.post("/login", data=data, headers=told | {"Origin": "https://station.plant.example"})
            assert answer.status_code == 401
            assert refusals_noted(plant)[before:] == ["10.7.7.7"]
            assert (
                proxy.post("/login", data=data, headers=told | {"Origin": "http://station.plant.example"}).status_code
                == 403
            )
    finally:
        pages.stop()


def test_a_wrong_login_keeps_the_name_and_the_way(own):
    with own.client() as person:
        answer = person.post("/login?next=/rolls%3Fx%3D1", data={"name": "ann <b>", "password": "wrong"})
        assert 'value="ann &lt;b&gt;"' in answer.text
        assert "next=%2Frolls%3Fx%3D1" in answer.text


def test_a_forced_change_of_password_keeps_the_way(own, plant):
    with own.client("the-qa") as person:
        with closing(sqlite3.connect(plant / "store-people.db", timeout=30)) as database:
            database.execute("update users set must_change_password=1 where name='the-qa'")
            database.commit()
        asked = person.get("/rolls?x=1")
        assert asked.headers["location"] == "/password?next=%2Frolls%3Fx%3D1"
        assert "next=%2Frolls%3Fx%3D1" in person.get(asked.headers["location"]).text
        form = {"old": PASSWORD, "new": PASSWORD + "!", "again": PASSWORD + "!"}
        assert person.post("/password?next=%2Frolls%3Fx%3D1", data=form).headers["location"] == "/rolls?x=1"
        form = {"old": PASSWORD + "!", "new": PASSWORD, "again": PASSWORD}
        assert person.post("/password?next=//evil.example", data=form).headers["location"] == "/"
