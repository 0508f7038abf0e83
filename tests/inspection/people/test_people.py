"""People, their passwords and sessions."""

import logging
import sqlite3
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import update

from inspection.clock import Clock
from inspection.people.audit import AuditLog
from inspection.people.passwords import Hashing, TooManyAtOnce, one_time_password
from inspection.people.person import Language, Theme
from inspection.people.refusal import Refusal, Refused
from inspection.people.registry import People
from inspection.people.roles import PERMISSIONS, Permission, Role
from inspection.people.tables import SESSIONS
from inspection.people.throttle import Limit, Throttle
from inspection.store.database import Database
from inspection.store.engine import Access
from tests.support.fresh_store import lay_store
from tests.support.passwords import QUICK, quick_people

OWN = "a password of her own"


@pytest.fixture
def database(tmp_path):
    database = Database.in_file(lay_store(tmp_path / "store.db", Access.PEOPLE), Access.PEOPLE)
    yield database
    database.close()


@pytest.fixture
def people(database):
    return quick_people(database)


@pytest.fixture
def still(database):
    """People for whom no time passes, however long a busy machine takes for a password."""
    return People(database, clock=Clock(running_s=lambda: 1000.0), hashing=Hashing(QUICK))


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
    assert refusal(people.set_active, "station", "admin", is_active=False) is Refusal.LAST_ADMIN
    assert refusal(people.set_role, "station", "admin", Role.OPERATOR) is Refusal.LAST_ADMIN
    assert [p.role for p in people.everybody() if p.name == "admin"] == [Role.ADMIN]


def test_an_inactive_person_is_refused_like_a_wrong_password(people):
    people.make_first_admin()
    password = people.add("admin", "ann", Role.QA)
    people.set_active("admin", "ann", is_active=False)
    assert refusal(people.log_in, "ann", password, "here") is Refusal.WRONG_LOGIN


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "1a",
        "a/b",
        "a" * 33,
        "é",
        "an\u200bn",
        "an\u202en",
        "=ann",
        "ann;",
        "an\u0000n",
        "pаul",
        "αnn",
        "ann-",
        "a..n",
    ],
)
def test_odd_names_are_refused(people, name):
    assert refusal(people.add, "admin", name, Role.QA) is Refusal.NAME_UNFIT


@pytest.mark.parametrize("name", ["Amélie Noël", "O'Brien", "Łukasz", "Jürgen Groß", "김민수", "Nguyễn Thị", "Олена"])
def test_people_are_called_as_they_write_their_names_and_log_in_however_they_type_them(people, name):
    one_time = people.add("admin", f"  {unicodedata.normalize('NFD', name)} ", Role.QA)
    for typed in (name, name.upper(), f" {unicodedata.normalize('NFD', name.lower())}"):
        assert people.person_of(people.log_in(typed, one_time, "here")).name == name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Amélie", "AMÉLIE"),
        ("Amélie", "Ame\u0301lie"),
        ("Strauß", "STRAUSS"),
        ("ann", "Ann"),
        ("Ann", "\uff21nn"),
    ],
)
def test_two_spellings_of_one_name_are_one_name(people, name, other):
    people.add("admin", name, Role.QA)
    assert refusal(people.add, "admin", other, Role.QA) is Refusal.NAME_TAKEN


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Amelie", "Amélie"),
        ("cap", "сар"),
        ("Ian", "lan"),
        ("ann1", "annl"),
        ("bob", "b0b"),
        ("kot", "кот"),
        ("lars", "larş"),
        ("j.smith", "jsmith"),
        ("Kim", "Kirn"),
    ],
)
def test_nobody_is_called_almost_like_somebody_else(people, name, other):
    people.add("admin", name, Role.QA)
    assert refusal(people.add, "admin", other, Role.QA) in (Refusal.NAME_ALIKE, Refusal.NAME_UNFIT)
    assert [person.name for person in people.everybody()] == [name]


def test_nobody_shuts_themselves_out_by_whatever_spelling(people):
    people.make_first_admin()
    people.add("admin", "Zoé", Role.ADMIN)
    for own in ("Zoé", "ZOÉ", "zoe\u0301"):
        assert refusal(people.set_active, "Zoé", own, is_active=False) is Refusal.ONESELF
        assert refusal(people.set_role, "Zoé", own, Role.OPERATOR) is Refusal.ONESELF
        assert refusal(people.reset_password, "Zoé", own) is Refusal.ONESELF
    people.set_active("Zoé", "admin", is_active=False)
    assert refusal(people.set_role, "another", "Zoé", Role.QA) is Refusal.LAST_ADMIN


def test_people_of_an_earlier_program_log_in_as_before(tmp_path):
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    one_time = People(database).add("admin", "ann", Role.QA)
    database.close()
    with sqlite3.connect(tmp_path / "store-people.db") as connection:
        connection.executescript(
            "DROP INDEX ix_users_login; ALTER TABLE users DROP COLUMN login; DROP TABLE review_keys; "
            "UPDATE alembic_version_people SET version_num = 'p0005'"
        )
    connection.close()
    database = Database.in_file(tmp_path / "store.db", Access.PEOPLE)
    people = People(database)
    assert people.person_of(people.log_in("Ann", one_time, "here")).name == "ann"
    assert refusal(people.add, "admin", "ANN", Role.QA) is Refusal.NAME_TAKEN
    database.close()


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


def guess(people, times, name="admin", address="10.0.0.1", device=None):
    """How many of so many wrong tries were let through."""
    made = [refusal(people.log_in, name, f"guess {n}", address, device) for n in range(times)]
    assert set(made) <= {Refusal.WRONG_LOGIN, Refusal.WAIT}
    return made.count(Refusal.WRONG_LOGIN)


def test_guessing_is_slowed_down_for_one_name_from_one_address(still):
    still.make_first_admin()
    assert guess(still, 6) == 3
    with pytest.raises(Refused) as caught:
        still.log_in("admin", "guess", "10.0.0.1")
    assert caught.value.refusal is Refusal.WAIT
    assert caught.value.wait_s > 0


def test_guessing_at_many_names_from_one_address_is_slowed_down(still):
    assert sum(guess(still, 1, f"nobody{n}") for n in range(12)) == 10


def test_guessing_at_one_name_from_many_addresses_is_slowed_down(still):
    still.make_first_admin()
    assert sum(guess(still, 1, address=f"10.1.0.{n}") for n in range(12)) == 10
    assert sum(guess(still, 1, "other", address=f"2001:db8::{n}") for n in range(5)) == 3


def test_a_stranger_elsewhere_locks_nobody_out(still):
    password = still.make_first_admin()
    assert guess(still, 6) == 3
    assert still.log_in("admin", password, "10.0.0.2")
    for n in range(10):
        guess(still, 1, address=f"10.2.0.{n}")
    assert refusal(still.log_in, "admin", password, "10.0.0.3") is Refusal.WAIT
    assert still.log_in("admin", password, "10.0.0.2"), "the person came from there before"


def test_a_browser_that_knows_the_person_is_let_in_whatever_strangers_beside_it_try(still):
    password = still.make_first_admin()
    device = still.device(still.log_in("admin", password, "10.0.0.1"))
    assert guess(still, 6) == 3
    assert refusal(still.log_in, "admin", password, "10.0.0.1") is Refusal.WAIT
    assert still.log_in("admin", password, "10.0.0.1", device)
    assert guess(still, 6, device=device) == 3, "whoever stole it has no more tries than others"


@pytest.mark.parametrize("change", [lambda device: device[:-1] + "x", lambda device: f"other{device}", lambda _: "."])
def test_a_made_up_browser_is_a_stranger(still, change):
    password = still.make_first_admin()
    device = change(still.device(still.log_in("admin", password, "10.0.0.1")))
    guess(still, 6, device=device)
    assert refusal(still.log_in, "admin", password, "10.0.0.1", device) is Refusal.WAIT


def test_a_browser_is_a_stranger_again_after_its_persons_password_was_changed(still):
    first = still.make_first_admin()
    token = still.log_in("admin", first, "10.0.0.1")
    device = still.device(token)
    still.change_password(token, first, OWN)
    guess(still, 6)
    assert refusal(still.log_in, "admin", OWN, "10.0.0.1", device) is Refusal.WAIT


def test_a_right_login_from_an_address_gives_nobody_there_new_tries_at_other_names(still):
    password = still.make_first_admin()
    for n in range(9):
        guess(still, 1, f"nobody{n}")
    assert still.log_in("admin", password, "10.0.0.1")
    assert guess(still, 2, "nobody9") == 1


def test_many_guesses_at_once_are_counted_one_by_one(still):
    still.make_first_admin()
    with ThreadPoolExecutor(20) as guessers:
        made = list(guessers.map(lambda n: refusal(still.log_in, "admin", f"guess {n}", "10.0.0.1"), range(40)))
    assert made.count(Refusal.WRONG_LOGIN) == 3
    assert made.count(Refusal.WAIT) == 37


def test_of_many_strangers_at_once_a_few_wait_and_the_others_are_told_to_come_again(database):
    still = People(database, clock=Clock(running_s=lambda: 1000.0))  # whose passwords take time: so they queue
    with ThreadPoolExecutor(40) as strangers:
        made = list(strangers.map(lambda n: refusal(still.log_in, f"nobody{n}", "x", f"10.3.0.{n}"), range(40)))
    assert made.count(Refusal.WRONG_LOGIN) >= 10
    assert made.count(Refusal.BUSY) == 40 - made.count(Refusal.WRONG_LOGIN) > 0
    assert refusal(still.log_in, "nobody", "x", "10.3.0.0") is Refusal.WRONG_LOGIN, "the places are free again"


def test_strangers_never_take_the_places_of_browsers_that_are_known():
    hashing = Hashing()
    kept = hashing.hash(OWN)
    with ThreadPoolExecutor(60) as browsers:

        def ask(is_known):
            try:
                return hashing.is_password("x", kept, is_known=is_known)
            except TooManyAtOnce:
                return None

        strangers = [browsers.submit(ask, is_known=False) for _ in range(40)]
        known = [browsers.submit(ask, is_known=True) for _ in range(10)]
        assert [each.result() for each in known] == [False] * 10
        assert None in [each.result() for each in strangers]


def test_waits_double_up_to_their_longest_and_are_forgotten():
    now = [0.0]
    throttle, ann = Throttle(lambda: now[0]), Limit("ann")
    waits = []
    while len(waits) < 12:
        if wait_s := throttle.reserve(ann):
            waits.append(wait_s)
            now[0] += wait_s
    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == 300.0
    assert throttle.reserve(Limit("bob")) == 0.0
    throttle.succeeded(ann)
    assert [throttle.reserve(ann) for _ in range(3)] == [0.0, 0.0, 0.0]
    now[0] += 3600.1
    assert throttle.reserve(ann) == 0.0


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
    assert not Hashing().is_password("x", "no hash at all")


def test_a_hash_costs_what_is_recommended_and_that_of_nobody_is_tried_at_the_same_cost():
    hashing = Hashing()
    assert extract_parameters(hashing.hash("x")) == RFC_9106_LOW_MEMORY
    assert extract_parameters(hashing._nobodys_hash) == RFC_9106_LOW_MEMORY
    with pytest.raises(VerifyMismatchError):  # it is a hash, else trying it would take no time
        PasswordHasher().verify(hashing._nobodys_hash, "x")


def test_a_hash_is_tried_at_the_cost_it_was_made_at():
    assert Hashing().is_password(OWN, Hashing(QUICK).hash(OWN))
    assert Hashing(QUICK).is_password(OWN, Hashing().hash(OWN))


def test_roles_may_what_the_table_says():
    assert PERMISSIONS.keys() == set(Role)
    assert PERMISSIONS[Role.ADMIN] == set(Permission)
    assert Permission.MANAGE_PEOPLE not in PERMISSIONS[Role.GUEST]
    for role in (Role.OPERATOR, Role.QA):
        assert Permission.BYPASS not in PERMISSIONS[role]
        assert Permission.CHANGE_MODELS not in PERMISSIONS[role]
    assert Permission.REVIEW not in PERMISSIONS[Role.OPERATOR]
