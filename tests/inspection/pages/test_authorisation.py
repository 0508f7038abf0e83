"""The server lets in whom the table of permissions lets in: every page, every action, every image; and nobody else."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from inspection.errors import SettingsError
from inspection.pages.contents import CONTENTS
from inspection.pages.frame.desk import PagesDesk, PagesPlan
from inspection.pages.frame.login_routes import safe_path
from inspection.pages.frame.visit import ACTIONS, NotAllowed, SessionOver, Visit
from inspection.pages.server import serve
from inspection.people.audit import AuditLog
from inspection.people.refusal import Refused
from inspection.people.roles import Permission, Role, may
from inspection.serving.service_manager import ServiceManager
from inspection.station.settings import PagesSettings
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.inspection.pages.plant import PASSWORD, start_pages
from tests.support.passwords import quick_people

STAFF = [role for role in Role if role not in (Role.GUEST, Role.SCREEN)]
IMAGES = ("/frames/10.png", "/frames/10.png?scale=0.5", "/frames/10/defects.json")


@pytest.mark.parametrize("role", STAFF)
def test_each_role_sees_its_pages_and_images_and_no_others(pages, role):
    with pages.client(f"the-{role.value}") as client:
        for page in CONTENTS:
            names_nothing = "{" in page.path  # no decision is called so
            expected = 403 if not may(role, page.permission) else 404 if names_nothing else 200
            assert client.get(page.path).status_code == expected, page.path
        for image in IMAGES:
            assert client.get(image).status_code == (200 if may(role, Permission.SEE_IMAGES) else 403), image


def test_nobody_sees_nothing(pages):
    with pages.client() as client:
        for page in CONTENTS:
            answer = client.get(page.path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=")
        for image in IMAGES:
            assert client.get(image).status_code == 401
        client.cookies.set("inspection_session", "invented")
        assert client.get("/").status_code == 303
        assert client.get(IMAGES[0]).status_code == 401


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    plan = PagesPlan("plant", folder, None, folder / "models", None, None, None, PagesSettings(), is_guest_welcome=True)
    desk = PagesDesk(plan)
    yield desk
    desk.close()
    with ThreadPoolExecutor(1) as elsewhere:  # a browser of other tests has this thread's event loop
        elsewhere.submit(asyncio.run, desk.station.close()).result()


def visit_as(desk: PagesDesk, role: Role) -> Visit:
    if role is Role.GUEST:
        token = desk.people.let_guest_in()
    elif role is Role.SCREEN:
        token = desk.people.add_screen("test", "hall-2")
    else:
        known = {person.name for person in desk.people.everybody()}
        name = f"an-{role.value}"
        one_time = desk.people.reset_password("test", name) if name in known else desk.people.add("test", name, role)
        token = desk.people.change_password(desk.people.log_in(name, one_time, "here"), one_time, PASSWORD)
    return Visit(desk, desk.people.person_of(token), token, Request({"type": "http", "path": "/"}))


def is_let_through(visit: Visit, perform) -> bool:
    """Whether an action goes as far as to miss its arguments."""
    try:
        perform(visit).close()
    except NotAllowed:
        return False
    except TypeError as error:
        return "missing" in str(error)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_actions_and_no_others(desk, role):
    visit = visit_as(desk, role)
    for action in ACTIONS.values():
        assert is_let_through(visit, action.perform) == may(role, action.permission), action.name


@pytest.mark.slow
def test_no_action_outlives_its_session_or_a_change_of_role(desk):
    visit_as(desk, Role.ADMIN)  # without whom nobody's role is changed
    visit = visit_as(desk, Role.ENGINEER)
    desk.people.set_role("test", visit.person.name, Role.OPERATOR)
    with pytest.raises(NotAllowed):
        ACTIONS["line_actions.bypass"].perform(visit, "trial", 5.0)
    desk.people.log_out(visit.token)
    for action in ACTIONS.values():
        with pytest.raises(SessionOver):
            action.perform(visit)


def test_the_actions_of_every_page_are_known():
    assert {"line_actions.hold", "line_actions.end_hold", "line_actions.bypass", "line_actions.end_bypass"} <= set(
        ACTIONS
    )


def test_before_the_one_time_password_is_changed_nothing_is_open(pages, plant):
    database = Database.in_file(plant / "store.db", Access.PEOPLE)
    one_time = quick_people(database).add("test", "new-one", Role.ADMIN)
    database.close()
    with pages.client("new-one", one_time) as client:
        for page in CONTENTS:
            assert client.get(page.path).headers["location"].startswith("/password")
        assert client.get(IMAGES[0]).status_code == 403
        wrong = client.post("/password", data={"old": one_time, "new": "x" * 20, "again": "y" * 20})
        assert wrong.status_code == 422
        there = client.get("/rolls?roll=7").headers["location"]
        assert there == "/password?next=%2Frolls%3Froll%3D7"
        assert 'action="/password?next=%2Frolls%3Froll%3D7"' in client.get(there).text
        assert 'action="/password"' in client.get("/password?next=//evil.example").text
        right = client.post(there, data={"old": one_time, "new": "x" * 20, "again": "x" * 20})
        assert right.status_code == 303
        assert right.headers["location"] == "/rolls?roll=7"
        assert client.get("/").status_code == 200


def test_a_wall_screen_sees_the_line_page_alone_until_its_key_is_taken_back(pages, plant):
    database = Database.in_file(plant / "store.db", Access.PEOPLE)
    people = quick_people(database)
    key = people.add_screen("the-admin", "hall-1")
    try:
        with pages.client() as screen:
            assert screen.get("/wall", params={"key": key + "x"}).status_code == 403
            assert screen.get("/").status_code == 303
            assert screen.get("/wall", params={"key": key}).headers["location"] == "/"
            for page in CONTENTS:
                expected = 200 if page.path == "/" else 403
                assert screen.get(page.path).status_code == expected, page.path
            line = screen.get("/").text
            assert [page.path for page in CONTENTS[1:] if re.search(rf"""["'\\]{page.path}["'\\?]""", line)] == []
            for image in IMAGES:
                assert screen.get(image).status_code == 403
            assert screen.post("/password", data={"old": key, "new": PASSWORD, "again": PASSWORD}).status_code == 422
            assert screen.post("/login", data={"name": "hall-1", "password": key}).status_code == 401
            people.set_active("the-admin", "hall-1", is_active=False)
            assert screen.get("/").status_code == 303
            assert screen.get("/wall", params={"key": key}).status_code == 403
        for change in (
            lambda: people.set_role("the-admin", "hall-1", Role.ADMIN),
            lambda: people.reset_password("the-admin", "hall-1"),
            lambda: people.add("the-admin", "hall-9", Role.SCREEN),
        ):
            with pytest.raises(Refused):
                change()
        done = [
            (entry.person, entry.action) for entry in AuditLog(database).latest(20) if entry.subject == "user:hall-1"
        ]
    finally:
        database.close()
    assert done[-1] == ("the-admin", "people.add")
    assert ("hall-1", "session.begin") in done
    assert ("the-admin", "people.active") in done


def test_a_wrong_login_keeps_the_name_as_text(pages):
    with pages.client() as client:
        name = '"><script>ann'
        page = client.post("/login?next=/rolls", data={"name": name, "password": PASSWORD}).text
        assert 'value="&quot;&gt;&lt;script&gt;ann"' in page
        assert PASSWORD not in page
        assert 'action="/login?next=%2Frolls"' in page


def test_after_the_log_out_the_cookie_opens_nothing(pages):
    with pages.client("the-qa") as client:
        token = client.cookies["inspection_session"]
        client.post("/logout")
        client.cookies.set("inspection_session", token)
        assert client.get("/").status_code == 303


def test_the_session_cookie_is_for_the_browser_alone_and_in_no_page(pages):
    with pages.client() as client:
        answer = client.post("/login", data={"name": "the-qa", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert client.cookies["inspection_session"] not in client.get("/").text
    assert PASSWORD not in "".join(pages.printed)


def test_another_sites_page_can_not_act_in_a_persons_name(pages):
    with pages.client("the-qa") as client:
        evil = {"Origin": "http://evil.example"}
        assert client.post("/logout", headers=evil).status_code == 403
        assert client.get("/").status_code == 200
        assert client.post("/login", data={"name": "the-qa", "password": PASSWORD}, headers=evil).status_code == 403


def test_pages_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(pages):
    with pages.client("the-qa") as client:
        page = client.get("/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.findall(r'(?:src|href)="https?://', page.text)


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("/people", "/people"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
    ],
)
def test_the_login_leads_to_these_pages_only(pages, path, goes_to):
    assert safe_path(path) == goes_to
    with pages.client() as client:
        answer = client.post("/login", params={"next": path}, data={"name": "the-qa", "password": PASSWORD})
        assert answer.headers["location"] == goes_to


@pytest.mark.parametrize(
    "path", ["/frames/0.png", "/frames/11.png", "/frames/999999999.png", "/frames/999/defects.json"]
)
def test_what_is_not_there_is_not_found(pages, path):
    with pages.client("the-qa") as client:
        assert client.get(f"/frames/{path}").status_code == 404


def test_an_unknown_page_is_not_found_and_nobody_is_sent_to_the_login(pages):
    with pages.client("the-qa") as client:
        answer = client.get("/nowhere")
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
    with pages.client() as client:
        assert client.get("/nowhere").headers["location"] == "/login?next=%2Fnowhere"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/decisions/999999", "There is no such decision"),
        ("/decisions/another-store/10", "There is no such decision"),
        ("/pieces/cam0/1/999999", "There is no such decision"),
        ("/decisions/no-number", "There is no such decision"),
        ("/rolls?roll=unknown", "There is no roll unknown"),
        ("/statistics?span=roll:unknown", "There is no roll unknown"),
    ],
)
def test_a_page_of_what_there_is_not_is_not_found_and_says_so_within_its_frame(pages, path, told):
    with pages.client("the-qa") as client:
        answer = client.get(path)
        assert answer.status_code == 404
        assert told in answer.text
        assert "To the content" in answer.text


@pytest.mark.parametrize(
    "path", ["/frames/../store.db", "/frames/10.png?scale=9", "/frames/x.png", "/static/../server.py"]
)
def test_odd_addresses_lead_nowhere(pages, path):
    with pages.client("the-qa") as client:
        assert client.get(path).status_code in (404, 422)


@pytest.mark.process
def test_the_guest_needs_no_password_on_this_machine_but_the_right_host(plant):
    demo = start_pages(plant, "--guest")
    try:
        with demo.client() as client:
            answer = client.get("/", follow_redirects=True)
            assert answer.status_code == 200
            assert "guest" in answer.text
            assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
            client.post("/logout")
            assert "Go on as guest" in client.get("/", follow_redirects=True).text
    finally:
        demo.stop()


def test_a_guest_on_the_network_is_refused():
    settings = PagesSettings.model_construct(host="0.0.0.0", port=0, certificate=None, key=None)
    plan = PagesPlan("plant", None, None, None, None, None, None, settings, is_guest_welcome=True)
    with pytest.raises(SettingsError, match="on this machine only"):
        serve(plan, print, ServiceManager.of({}))
