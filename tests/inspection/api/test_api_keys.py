"""Keys by name: what each may do, who changed the line, wrong keys, revoked ones, HTTPS."""

import itertools
import json
import logging
import re
import ssl
from contextlib import contextmanager

import httpx
import pytest
import trustme
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from inspection.cli import app
from inspection.errors import SettingsError
from inspection.people.api_keys import ApiKeys, key_of_pages
from inspection.people.audit import AuditLog
from inspection.people.key_role import KeyRole
from inspection.store.database import Database
from inspection.store.engine import Access
from inspection.store.sealing_key import read_key
from tests.support.api_rig import is_problem, settings
from tests.support.patience import PATIENCE_S
from tests.support.stations import Station

KEY = "the line's own key, long"


@contextmanager
def people_of(state):
    database = Database.in_file(state / "store.db", Access.PEOPLE)
    try:
        yield database
    finally:
        database.close()


def audited(state):
    with people_of(state) as database:
        log = AuditLog(database)
        assert log.check().is_intact
        return [entry for entry in reversed(log.latest(100)) if entry.action.startswith(("api.", "line."))]


@pytest.fixture(scope="module")
def guarded(folder, tmp_path_factory):
    """A station that demands keys, its state folder, and a key of each role."""
    state = tmp_path_factory.mktemp("guarded")
    with people_of(state) as database:
        keys = {role: ApiKeys(database).add("ann", f"the-{role}", role) for role in KeyRole}
    told = settings(folder, state_dir=state, api={"port": 0, "api_key": KEY})
    with Station(told) as station:
        assert station.wait(PATIENCE_S)
        yield station, state, keys


def asking(station, key=None, **options):
    headers = {} if key is None else {"X-API-Key": key}
    return httpx.Client(base_url=station.api_url, headers=headers, timeout=PATIENCE_S, **options)


HOLD = {"kind": "hold", "reason": "a spill", "by": "ann"}
ASKED = [
    (KeyRole.READ, "GET", "/v1/status", None),
    (KeyRole.READ, "GET", "/v1/decisions?limit=1", None),
    (KeyRole.READ, "GET", "/openapi.json", None),
    (KeyRole.READ, "GET", "/metrics", None),
    (KeyRole.TRIGGER, "POST", "/v1/triggers", {"trigger_id": "{role}"}),
    (KeyRole.TRIGGER, "POST", "/v1/rolls", {"roll_id": "R-{role}", "by": "plc"}),
    (KeyRole.TRIGGER, "POST", "/v1/rolls/end", {"by": "plc"}),
    (KeyRole.TRIGGER, "POST", "/v1/decisions/ack", {"up_to": 1, "by": "plc"}),
    (KeyRole.HOLD, "PUT", "/v1/intervention", HOLD),
    (KeyRole.HOLD, "DELETE", "/v1/intervention?by=ann&reason=clean", None),
    (KeyRole.HOLD, "PUT", "/v1/something-new", {}),
    (KeyRole.HOLD, "POST", "/v1/rolls-of-another", {}),
]


@pytest.mark.parametrize(("needed", "method", "path", "body"), ASKED)
def test_each_key_may_do_what_its_role_allows_and_no_more(guarded, needed, method, path, body):
    station, _, keys = guarded
    for role in KeyRole:
        with asking(station, keys[role]) as client:
            sent = None if body is None else json.loads(json.dumps(body).replace("{role}", role.value))
            answer = client.request(method, path, json=sent)
            if role.covers(needed):
                assert answer.status_code not in (401, 403, 500), (role, answer.text)
            else:
                problem = is_problem(answer, 403)
                assert problem["type"] == "urn:inspection:forbidden"
                assert (
                    f"key:the-{role.value} has the role {role.value}, and this needs {needed.value}"
                    in problem["detail"]
                )


def test_whoever_changes_the_line_is_in_the_audit_log(guarded):
    station, state, keys = guarded
    before = len(audited(state))
    with asking(station, keys[KeyRole.HOLD]) as client:
        client.put("/v1/intervention", json=HOLD)
        client.delete("/v1/intervention", params={"by": "bob", "reason": "clean again"})
        client.delete("/v1/intervention", params={"by": "bob", "reason": "once more"})
    with asking(station, KEY) as client:
        client.put("/v1/intervention", json={"kind": "bypass", "reason": "a trial", "by": "eve", "minutes": 5})
        client.delete("/v1/intervention", params={"by": "eve", "reason": "over"})
    with asking(station, keys[KeyRole.TRIGGER]) as client:
        client.post("/v1/rolls", json={"roll_id": "R-7", "by": "plc"})
    told = audited(state)[before:]
    assert [(each.person, each.action, each.subject) for each in told] == [
        ("key:the-hold", "api.hold", "line"),
        ("key:the-hold", "api.end_hold", "line"),
        ("settings", "api.bypass", "line"),
        ("settings", "api.end_bypass", "line"),
        ("key:the-trigger", "api.begin_roll", "roll:R-7"),
    ]
    assert {"by": "ann", "reason": "a spill"}.items() <= json.loads(told[0].after).items()
    assert {"by": "bob", "reason": "clean again"}.items() <= json.loads(told[1].after).items()
    assert json.loads(told[1].before)["reason"] == "a spill"
    assert json.loads(told[2].after)["minutes"] == 5


def test_whoever_takes_an_alarm_on_is_in_the_audit_log(guarded):
    station, state, keys = guarded
    with asking(station, keys[KeyRole.HOLD]) as client:
        client.put("/v1/intervention", json=HOLD)
        number = client.get("/v1/alarms").json()["alarms"][0]["number"]
        before = len(audited(state))
        asked = {"by": "bob", "reason": "it is being cleaned", "minutes": 5}
        assert client.post(f"/v1/alarms/{number}/acknowledge", json={"by": "bob"}).status_code == 200
        assert client.put(f"/v1/alarms/{number}/shelf", json=asked).status_code == 200
        assert client.delete(f"/v1/alarms/{number}/shelf", params={"by": "eve"}).status_code == 200
        assert client.post("/v1/alarms/999999/acknowledge", json={"by": "bob"}).status_code == 404
        told = audited(state)[before:]
        client.delete("/v1/intervention", params={"by": "ann", "reason": "clean again"})
    assert [(each.person, each.action, each.subject) for each in told] == [
        ("key:the-hold", "api.acknowledge_alarm", f"alarm:{number}"),
        ("key:the-hold", "api.shelve_alarm", f"alarm:{number}"),
        ("key:the-hold", "api.unshelve_alarm", f"alarm:{number}"),
    ]
    assert asked.items() <= json.loads(told[1].after).items()
    assert json.loads(told[2].after)["by"] == "eve"


def test_without_a_key_on_this_machine_changes_are_noted_all_the_same(folder, tmp_path):
    state = tmp_path / "state"
    with Station(settings(folder, state_dir=state)) as station, asking(station) as client:
        assert client.put("/v1/intervention", json=HOLD).status_code == 200
        assert "every program on this machine" in station.door("http").access
        with asking(station, "any key at all") as other:
            assert other.get("/v1/status").status_code == 200
    assert [(each.person, each.action) for each in audited(state)] == [("local, no key", "api.hold")]


def test_the_pages_show_a_key_of_their_own_and_sign_with_the_persons_name(guarded):
    station, state, _ = guarded
    with asking(station, key_of_pages(read_key(state / "evidence.key"))) as client:
        assert client.put("/v1/intervention", json=HOLD).status_code == 200
        assert client.delete("/v1/intervention", params={"by": "ann", "reason": "clean again"}).status_code == 200
        assert client.post("/v1/rolls", json={"roll_id": "R-8", "by": "bob"}).status_code == 201
    told = [(each.person, each.action) for each in audited(state)][-3:]
    assert told == [("ann", "line.hold"), ("ann", "line.end_hold"), ("bob", "line.begin_roll")]


def test_a_change_waits_while_the_audit_log_cant_be_written_and_an_alarm_says_so(folder, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "store-people.db").mkdir()
    with Station(settings(folder, state_dir=state)) as station, asking(station) as client:
        assert client.put("/v1/intervention", json=HOLD).status_code == 200
        assert any("1 changes of the line are not in the audit log yet" in each for each in station.alarms())
        (state / "store-people.db").rmdir()
        assert client.delete("/v1/intervention", params={"by": "ann", "reason": "clean again"}).status_code == 200
        assert not any("audit log" in each for each in station.alarms())
    assert [each.action for each in audited(state)] == ["api.hold", "api.end_hold"]


@pytest.mark.parametrize("shown", [None, "", "wrong", KEY[:-1], f"{KEY}x", KEY.upper()])
def test_no_key_and_a_wrong_one_are_refused_alike(guarded, shown):
    station, _, _ = guarded
    with asking(station, shown) as client:
        answer = client.get("/v1/status")
        assert is_problem(answer, 401)["type"] == "urn:inspection:unauthorized"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/healthz").status_code == 200
        assert client.get(f"/v1/status?api_key={KEY}").status_code == 401


def test_wrong_keys_wait_longer_and_longer_and_right_ones_never(folder, tmp_path, caplog):
    state, key = tmp_path / "state", KEY
    with people_of(state) as database:
        named = ApiKeys(database).add("ann", "mes", KeyRole.READ)
    with (
        Station(settings(folder, state_dir=state, api={"port": 0, "api_key": key})) as station,
        asking(station) as client,
    ):
        caplog.set_level(logging.WARNING)
        assert client.get("/v1/status", headers={"X-API-Key": key}).status_code == 200
        answers = [client.get("/v1/status", headers={"X-API-Key": f"guess {n}"}) for n in range(40)]
        codes = [each.status_code for each in answers]
        assert codes[:10] == [401] * 10
        assert codes.count(429) > 20
        refused = next(each for each in answers if each.status_code == 429)
        assert is_problem(refused, 429)["type"] == "urn:inspection:too-many-wrong-keys"
        assert int(refused.headers["Retry-After"]) >= 1
        for shown in (key, named):
            assert client.get("/v1/status", headers={"Authorization": f"Bearer {shown}"}).status_code == 200


def test_the_settings_key_can_be_guessed_by_nobody_who_was_made_to_wait(folder, tmp_path):
    told = settings(folder, state_dir=tmp_path / "s", api={"port": 0, "api_key": KEY})
    with Station(told) as station, asking(station) as client:
        for n in itertools.count():
            guessed = client.get("/v1/status", headers={"X-API-Key": f"guess {n}"})
            if int(guessed.headers.get("Retry-After", 0)) >= 4:  # long enough for the next request to come within it
                break
        assert client.get("/v1/status", headers={"X-API-Key": KEY}).status_code == 429


def test_a_key_in_any_letters_is_known_and_one_that_no_header_can_carry_is_refused(folder, tmp_path):
    key = "schlüssel-mit-umlaut"
    told = settings(folder, state_dir=tmp_path / "s", api={"port": 0, "api_key": key})
    with Station(told) as station, asking(station) as client:
        for shown in (key.encode(), key.encode("latin-1")):
            assert client.get("/v1/status", headers={b"X-API-Key": shown}).status_code == 200
        assert client.get("/v1/status", headers={b"X-API-Key": b"\xff\xfe"}).status_code == 401
    for unfit in ("0123456789abcdef ", " 0123456789abcdef", "0123456789\nabcdef"):
        with pytest.raises(ValueError, match="api_key"):
            settings(folder, api={"api_key": unfit})


def test_a_revoked_key_opens_nothing_and_its_streams_end(folder, tmp_path):
    state = tmp_path / "state"
    with people_of(state) as database:
        key = ApiKeys(database).add("ann", "mes", KeyRole.READ)
    with Station(settings(folder, state_dir=state, api={"port": 0, "demands_key": True})) as station:
        address = station.api_url.replace("http", "ws", 1) + "/v1/decisions/stream"
        headers = {"X-API-Key": key}
        with (
            asking(station, key) as client,
            client.stream("GET", "/v1/decisions/stream") as events,
            connect(address, additional_headers=headers) as socket,
        ):
            assert events.status_code == 200
            with people_of(state) as database:
                ApiKeys(database).revoke("ann", "mes")
            with pytest.raises(ConnectionClosedError):
                list(socket)
            assert events.read() is not None
            assert client.get("/v1/status").status_code == 401
        with pytest.raises(InvalidStatus), connect(address, additional_headers=headers):
            pass


def test_https_is_spoken_with_the_plants_certificate(folder, tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "api.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "api.key")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    api = {"port": 0, "certificate": tmp_path / "api.pem", "key": tmp_path / "api.key"}
    with Station(settings(folder, state_dir=tmp_path / "state", api=api)) as station:
        assert station.api_url.startswith("https://")
        trusted = ssl.create_default_context(cafile=tmp_path / "authority.pem")
        with asking(station, verify=trusted) as client:
            assert client.get("/v1/status").status_code == 200
            assert client.put("/v1/intervention", json=HOLD, headers={"Origin": station.api_url}).status_code == 200
    authority.issue_cert("127.0.0.1").private_key_pem.write_to_path(tmp_path / "api.key")
    with pytest.raises(SettingsError, match="belong together"):
        Station(settings(folder, state_dir=tmp_path / "other", api=api))


def test_keys_are_made_listed_and_revoked_on_the_command_line(tmp_path):
    def run(*words):
        return CliRunner().invoke(app, ["keys", *words, "--state-dir", str(tmp_path)], catch_exceptions=False)

    made = run("add", "mes", "--role", "trigger", "--who", "ann")
    key = made.stdout.strip()
    assert re.fullmatch(r"ik_[\w-]{43}", key)
    (listed,) = json.loads(run("list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["made_by"], listed["revoked_utc"]) == ("mes", "trigger", "ann", None)
    assert key not in run("list").stdout
    assert key.encode() not in (tmp_path / "store-people.db").read_bytes()
    run("revoke", "mes", "--who", "bob")
    assert "revoked" in run("list").stdout
    with people_of(tmp_path) as database:
        told = [(each.person, each.action, each.subject) for each in AuditLog(database).latest(10)]
    assert told == [("bob", "keys.revoke", "key:mes"), ("ann", "keys.add", "key:mes")]
