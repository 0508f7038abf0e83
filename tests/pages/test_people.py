"""People, their passwords and sessions."""

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from inspection.clock import Clock
from inspection.database import Access, Database
from inspection.people.audit import AuditLog
from inspection.people.passwords import is_password, one_time_password
from inspection.people.registry import Language, People, Refusal, Refused, Theme
from inspection.people.roles import PERMISSIONS, Permission, Role
from inspection.people.tables import SESSIONS
from inspection.people.throttle import Throttle

OWN = "a password of her own"


@pytest.fixture
def database(tmp_path):
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    yield database
    database.close()


@pytest.fixture
def people(database):
    return People(database)


def refusal(work, *arguments, **named) -> Refusal:
    with pytest.raises(Refused) as caught:
        work(*arguments, **named)
    return caught.value.refusal


def test_the_first_admin_is_made_once_and_may_do_nothing_before_the_password_is_changed(people):
    one_time = people.make_first_admin()
    assert people.make_first_admin() is None
    token = people.log_in("Admin ", one_time, "here")
    admin = people.person_of(token)
    assert admin.role is Role.ADMIN
    assert not any(admin.may(permission) for permission in Permission)
    token = people.change_password(token, one_time, OWN)
    assert all(people.person_of(token).may(permission) for permission in Permission)
    assert refusal(people.log_in, "admin", one_time, "here") is Refusal.WRONG_LOGIN


def test_a_new_password_must_be_long_and_new_and_the_old_one_right(people):
    one_time = people.make_first_admin()
    token = people.log_in("admin", one_time, "here")
    assert refusal(people.change_password, token, one_time, "short") is Refusal.PASSWORD_SHORT
    assert refusal(people.change_password, token, one_time, one_time) is Refusal.PASSWORD_SAME
    assert refusal(people.change_password, token, "wrong", OWN) is Refusal.WRONG_LOGIN


def test_changing_a_password_ends_every_other_session(people):
    one_time = people.make_first_admin()
    old = people.log_in("admin", one_time, "here")
    new = people.change_password(old, one_time, OWN)
    assert people.person_of(old) is None
    assert people.person_of(new).name == "admin"
    people.log_out(new)
    assert people.person_of(new) is None
    assert people.person_of(None) is None
    assert people.person_of("invented") is None


def test_a_session_expires(people, database):
    token = people.log_in("admin", people.make_first_admin(), "here")
    with database.transaction("age the session", writes=True) as connection:
        connection.execute(update(SESSIONS).values(expires_utc=datetime.now(UTC) - timedelta(seconds=1)))
    assert people.person_of(token) is None


class Clocks:
    """The wall clock, which can be set, and the running one, which can't."""

    def __init__(self) -> None:
        self.wall, self.running_s, self.boot = datetime.now(UTC), 5000.0, "first"

    def people(self, database) -> People:
        clock = Clock(lambda: self.wall, lambda: self.running_s, lambda: self.boot)
        return People(database, session_hours=12.0, clock=clock)

    def pass_by(self, hours: float) -> None:
        self.wall += timedelta(hours=hours)
        self.running_s += 3600.0 * hours


@pytest.mark.parametrize("hours", [-250_000, -7, 0])
def test_a_session_never_lasts_longer_than_granted_however_the_clock_is_set_back(database, hours):
    clocks = Clocks()
    people = clocks.people(database)
    token = people.log_in("admin", people.make_first_admin(), "here")
    clocks.pass_by(6)
    clocks.wall += timedelta(hours=hours)
    clocks.pass_by(5.9)
    assert people.person_of(token).name == "admin"
    clocks.pass_by(0.2)
    assert people.person_of(token) is None
    assert clocks.people(database).person_of(token) is None, "nor after the pages have started anew"


def test_a_session_ends_when_the_machine_starts_anew(database):
    clocks = Clocks()
    people = clocks.people(database)
    token = people.log_in("admin", people.make_first_admin(), "here")
    clocks.boot, clocks.running_s = "second", 3.0
    assert clocks.people(database).person_of(token) is None


def test_a_clock_that_is_set_forward_for_a_moment_costs_nobody_the_session(database):
    clocks = Clocks()
    people = clocks.people(database)
    first = people.make_first_admin()
    token = people.log_in("admin", first, "here")
    clocks.wall += timedelta(days=400)
    assert people.person_of(token) is None
    other = people.log_in("admin", first, "there")
    clocks.wall -= timedelta(days=400)
    assert people.person_of(token).name == people.person_of(other).name == "admin"


def test_who_is_made_inactive_is_out_at_once_and_the_last_admin_stays(people):
    people.make_first_admin()
    token = people.log_in("ann", people.add("admin", "ann", Role.QA), "here")
    people.set_active("admin", "ann", is_active=False)
    assert people.person_of(token) is None
    assert refusal(people.set_active, "admin", "admin", is_active=False) is Refusal.LAST_ADMIN
    assert refusal(people.set_role, "admin", "admin", Role.OPERATOR) is Refusal.LAST_ADMIN
    assert [p.role for p in people.everybody() if p.name == "admin"] == [Role.ADMIN]


def test_an_inactive_person_is_refused_like_a_wrong_password(people):
    people.make_first_admin()
    password = people.add("admin", "ann", Role.QA)
    people.set_active("admin", "ann", is_active=False)
    assert refusal(people.log_in, "ann", password, "here") is Refusal.WRONG_LOGIN


@pytest.mark.parametrize("name", ["", "Ann", "a", "1a", "a b", "a/b", "a" * 33, "ann\n", "é"])
def test_odd_names_are_refused(people, name):
    assert refusal(people.add, "admin", name, Role.QA) is Refusal.NAME_UNFIT


def test_a_name_is_never_given_twice_and_the_guest_is_nobodys(people):
    people.add("admin", "ann", Role.QA)
    assert refusal(people.add, "admin", "ann", Role.OPERATOR) is Refusal.NAME_TAKEN
    assert refusal(people.add, "admin", "bob", Role.GUEST) is Refusal.ROLE_RESERVED
    assert refusal(people.add, "admin", "guest", Role.QA) is Refusal.ROLE_RESERVED
    assert refusal(people.set_role, "admin", "ann", Role.GUEST) is Refusal.ROLE_RESERVED


def test_the_guest_is_let_in_where_it_is_welcome_and_nowhere_else(people, database):
    assert refusal(people.let_guest_in) is Refusal.WRONG_LOGIN
    demo = People(database, is_guest_welcome=True)
    token = demo.let_guest_in()
    assert demo.person_of(token).role is Role.GUEST
    assert demo.person_of(demo.let_guest_in()).name == "guest"
    assert people.person_of(token) is None, "a demo's session must not open the pages of a real station"
    assert refusal(people.log_in, "guest", "!", "here") is Refusal.WRONG_LOGIN
    assert refusal(demo.reset_password, "admin", "guest") is Refusal.ROLE_RESERVED
    assert demo.make_first_admin() is not None


def test_two_browsers_that_come_at_once_are_both_let_in(people, database):
    demo = People(database, is_guest_welcome=True)
    both = Barrier(8)

    def come(_):
        both.wait()
        return demo.person_of(demo.let_guest_in()).name

    with ThreadPoolExecutor(8) as browsers:
        assert set(browsers.map(come, range(8))) == {"guest"}


def test_guessing_is_slowed_down_by_name_and_by_address(people):
    password = people.make_first_admin()
    for _ in range(3):
        assert refusal(people.log_in, "admin", "guess", "10.0.0.1") is Refusal.WRONG_LOGIN
    with pytest.raises(Refused) as caught:
        people.log_in("admin", password, "10.0.0.2")
    assert caught.value.refusal is Refusal.WAIT
    assert caught.value.wait_s > 0
    assert refusal(people.log_in, "bob", "guess", "10.0.0.1") is Refusal.WAIT


def test_waits_double_up_to_five_minutes_and_are_forgotten():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = []
    for _ in range(14):
        throttle.failed("ann")
        waits.append(throttle.wait_s("ann"))
    assert waits[:6] == [0.0, 0.0, 1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == 300.0
    assert throttle.wait_s("bob") == 0.0
    throttle.succeeded("ann")
    assert throttle.wait_s("ann") == 0.0


def test_no_secret_is_kept_or_logged_in_the_clear(people, database, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    password = people.make_first_admin()
    token = people.log_in("admin", password, "here")
    people.change_password(token, password, OWN)
    typed_as_name = "my secret typed into the wrong field"
    assert refusal(people.log_in, typed_as_name, "x", "here") is Refusal.WRONG_LOGIN
    with sqlite3.connect(tmp_path / "store-people.db") as connection:
        everything = "\n".join(connection.iterdump())
    connection.close()
    for secret in (password, token, OWN, typed_as_name):
        assert secret not in everything
        assert secret not in caplog.text
    assert "$argon2id$" in everything


def test_each_change_is_noted_with_before_and_after(people, database):
    people.make_first_admin()
    people.add("admin", "ann", Role.QA)
    people.set_role("admin", "ann", Role.ENGINEER)
    newest = AuditLog(database).latest(1)[0]
    assert (newest.person, newest.action, newest.subject) == ("admin", "people.role", "user:ann")
    assert (newest.before, newest.after) == ('{"role": "qa"}', '{"role": "engineer"}')


def test_language_and_theme_are_remembered(people):
    token = people.log_in("admin", people.make_first_admin(), "here")
    people.prefer(people.person_of(token), language=Language.FRENCH, theme=Theme.DARK)
    person = people.person_of(token)
    assert (person.language, person.theme) == (Language.FRENCH, Theme.DARK)


def test_one_time_passwords_differ_and_fit_no_other_hash():
    assert len({one_time_password() for _ in range(100)}) == 100
    assert not is_password("x", "no hash at all")


def test_roles_may_what_the_table_says():
    assert PERMISSIONS.keys() == set(Role)
    assert PERMISSIONS[Role.ADMIN] == set(Permission)
    assert Permission.MANAGE_PEOPLE not in PERMISSIONS[Role.GUEST]
    for role in (Role.OPERATOR, Role.QA):
        assert Permission.BYPASS not in PERMISSIONS[role]
        assert Permission.CHANGE_MODELS not in PERMISSIONS[role]
    assert Permission.REVIEW not in PERMISSIONS[Role.OPERATOR]
