"""The people that the station knows, and who of them is logged in."""

import hashlib
import hmac
import secrets
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, not_, select, update

from inspection.clock import Clock
from inspection.people.audit import AuditLog
from inspection.people.names import is_name, login_of, look_of, written
from inspection.people.passwords import (
    LEAST_CHARACTERS,
    MOST_CHARACTERS,
    NO_PASSWORD,
    Hashing,
    TooManyAtOnce,
    one_time_password,
)
from inspection.people.person import FIRST_ADMIN, GUEST, STATION, Language, Person, Theme
from inspection.people.refusal import Refusal, Refused
from inspection.people.roles import Role
from inspection.people.tables import SESSIONS, USERS
from inspection.people.throttle import Limit, Throttle, neighbourhood
from inspection.store.database import Database
from inspection.store.rows import as_utc

_SCREEN_KEY = "screen-"
"""How the key of a wall screen begins, and its row's `password_hash`, in which it lies as SHA-256: no password fits."""
_BUSY_S = 5.0
_MOST_PLACES = 10_000


class People:
    """Keeps people and sessions. Passwords are hashed outside of transactions, which stay short."""

    def __init__(
        self,
        database: Database,
        *,
        language: Language = Language.ENGLISH,
        session_hours: float = 12.0,
        is_guest_welcome: bool = False,
        clock: Clock | None = None,
        hashing: Hashing | None = None,
    ) -> None:
        """`language`: of people who have not chosen; `is_guest_welcome`: the demo's; `hashing`: None the usual."""
        self._database = database
        self._audit = AuditLog(database)
        self._language = language
        self._session = timedelta(hours=session_hours)
        self._clock = clock or Clock()
        self._throttle = Throttle(self._clock.running_s)
        self._hashing = hashing or Hashing()
        self._known_places: dict[str, None] = {}
        self._one_at_a_time = threading.Lock()
        self.is_guest_welcome = is_guest_welcome

    def make_first_admin(self) -> str | None:
        """Make `admin` where nobody but a guest is known. Returns the one-time password; None: people are known."""
        with self._database.transaction("count the people") as connection:
            if connection.execute(select(func.count()).where(USERS.c.role != Role.GUEST)).scalar():
                return None
        return self.add(STATION, FIRST_ADMIN, Role.ADMIN)

    def log_in(self, name: str, password: str, address: str, device: str | None = None) -> str:
        """The token of a new session. Raises Refused; each failure makes the next try wait longer.

        `device`: what `device` gave the browser at an earlier login. Such a browser has tries of its own, as has an
        address from which the person came before: strangers who guess at an account make strangers wait.
        """
        name = login_of(name[:64])
        with self._database.transaction("look up a person") as connection:
            row = _find(connection, name)
        is_known = row is not None and _is_device(row["name"], row["password_hash"], device)
        place = Limit(f"device:{name}:{device}" if is_known else f"place:{name}:{neighbourhood(address)}")
        others = [] if is_known else [Limit(f"address:{neighbourhood(address)}", free=10)]
        if not is_known and place.key not in self._known_places:
            others.append(Limit(f"name:{name}", free=10, longest_s=60.0))
        if wait_s := self._throttle.reserve(place, *others):
            raise Refused(Refusal.WAIT, wait_s)
        try:
            password_hash = row["password_hash"] if row else None
            is_right = self._hashing.is_password(password[:MOST_CHARACTERS], password_hash, is_known=is_known)
        except TooManyAtOnce as error:
            self._throttle.give_back(place, *others)
            raise Refused(Refusal.BUSY, _BUSY_S) from error
        if row is None or not is_right or not row["is_active"] or row["password_hash"] == NO_PASSWORD:
            with self._audit.transaction("note a failed login") as connection:
                # What is typed as a name may be a password: only names that exist go into the log.
                subject = f"user:{row['name']}" if row else "user:(unknown)"
                self._audit.enter(connection, STATION, "session.refuse", subject, after={"address": address})
            raise Refused(Refusal.WRONG_LOGIN)
        self._throttle.succeeded(place)
        self._throttle.give_back(*others)  # somebody's right password says nothing about others who guess
        with self._one_at_a_time:
            self._known_places[place.key] = None
            if len(self._known_places) > _MOST_PLACES:
                del self._known_places[next(iter(self._known_places))]
        return self._begin_session(int(row["id"]), row["name"])

    def device(self, token: str) -> str | None:
        """What a browser shall show at its person's next login; None: the session is over. Ends with the password."""
        person = self.person_of(token)
        if person is None:
            return None
        with self._database.transaction("look up a person") as connection:
            row = _find(connection, person.name)
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{_device_mac(person.name, row['password_hash'], nonce)}" if row else None

    def let_guest_in(self) -> str:
        """The token of a new session of the demo's guest. Raises Refused where no guest is welcome."""
        if not self.is_guest_welcome:
            raise Refused(Refusal.WRONG_LOGIN)
        with suppress(Refused):  # another browser may come at the same moment: the guest is there already, then
            if self._guest() is None:
                self._insert(STATION, GUEST, Role.GUEST, NO_PASSWORD, must_change=False)
        guest = self._guest()
        assert guest is not None, "nobody removes people"
        return self._begin_session(int(guest["id"]), GUEST)

    def person_of(self, token: str | None) -> Person | None:
        """Whose session it is; None if it has ended, or never was. A wall screen's key is its session for ever."""
        if not token:
            return None
        if token.startswith(_SCREEN_KEY):
            return self._screen_of(token)
        c = SESSIONS.c
        query = (
            select(USERS)
            .join(SESSIONS, c.user_id == USERS.c.id)
            .where(c.token_sha256 == _sha256(token), c.expires_utc > self._clock.wall(), self._is_running())
        )
        with self._database.transaction("look up a session") as connection:
            row = connection.execute(query).mappings().first()
        person = _person(row) if row else None
        if person is None or not person.is_active or (person.role is Role.GUEST and not self.is_guest_welcome):
            return None
        return person

    def log_out(self, token: str) -> None:
        """End a session."""
        person = self.person_of(token)
        with self._audit.transaction("end a session") as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token_sha256 == _sha256(token)))
            if person is not None:
                self._audit.enter(connection, person.name, "session.end", f"user:{person.name}")

    def everybody(self) -> list[Person]:
        """All people, by name."""
        with self._database.transaction("read the people") as connection:
            return [_person(row) for row in connection.execute(select(USERS).order_by(USERS.c.name)).mappings()]

    def add(self, by: str, name: str, role: Role) -> str:
        """Add a person. Returns the one-time password. Raises Refused."""
        name = _fit(name)
        if role in (Role.GUEST, Role.SCREEN):
            raise Refused(Refusal.ROLE_RESERVED)
        password = one_time_password()
        self._insert(by, name, role, self._hashed(password), must_change=True)
        return password

    def add_screen(self, by: str, name: str) -> str:
        """Add a wall screen, which sees the line page and nothing else. Returns its key, which is told only now.

        Raises Refused. The key is taken back by making the screen inactive.
        """
        name = _fit(name)
        key = _SCREEN_KEY + secrets.token_urlsafe(32)
        self._insert(by, name, Role.SCREEN, _SCREEN_KEY + _sha256(key), must_change=False)
        return key

    def open_screen(self, key: str) -> Person | None:
        """The screen that comes with its key; noted in the audit log. None: no such key, or it was taken back."""
        screen = self._screen_of(key)
        if screen is not None:
            self._audit.add(screen.name, "session.begin", f"user:{screen.name}")
        return screen

    def _screen_of(self, key: str) -> Person | None:
        c = USERS.c
        query = select(USERS).where(
            c.password_hash == _SCREEN_KEY + _sha256(key), c.role == Role.SCREEN.value, c.is_active.is_(True)
        )
        with self._database.transaction("look up a screen") as connection:
            row = connection.execute(query).mappings().first()
        return _person(row) if row else None

    def set_role(self, by: str, name: str, role: Role) -> None:
        """Give a person another role. Raises Refused."""
        if role in (Role.GUEST, Role.SCREEN) or name == GUEST:
            raise Refused(Refusal.ROLE_RESERVED)
        _refuse_oneself(by, name)
        self._change(by, "people.role", name, role=role.value)

    def set_active(self, by: str, name: str, *, is_active: bool) -> None:
        """Let a person log in, or no more; who is logged in then is out at once. Raises Refused."""
        if not is_active:
            _refuse_oneself(by, name)
        self._change(by, "people.active", name, ends_sessions=not is_active, is_active=is_active)

    def reset_password(self, by: str, name: str) -> str:
        """Give a person a one-time password, which is returned; their sessions end. Raises Refused."""
        if name == GUEST:
            raise Refused(Refusal.ROLE_RESERVED)
        _refuse_oneself(by, name)
        password = one_time_password()
        self._change(
            by,
            "people.reset_password",
            name,
            ends_sessions=True,
            password_hash=self._hashed(password),
            must_change_password=True,
        )
        self._throttle.succeeded(Limit(f"name:{login_of(name)}"))
        return password

    def change_password(self, token: str, old: str, new: str) -> str:
        """Change one's own password. All sessions end; returns the token of a new one. Raises Refused."""
        person = self.person_of(token)
        if person is None or person.role is Role.GUEST:
            raise Refused(Refusal.UNKNOWN)
        tries = Limit(f"change:{person.name}")
        if wait_s := self._throttle.reserve(tries):
            raise Refused(Refusal.WAIT, wait_s)
        with self._database.transaction("look up a person") as connection:
            row = _find(connection, person.name)
        try:
            is_right = row is not None and self._hashing.is_password(
                old[:MOST_CHARACTERS], row["password_hash"], is_known=True
            )
        except TooManyAtOnce as error:
            self._throttle.give_back(tries)
            raise Refused(Refusal.BUSY, _BUSY_S) from error
        if not is_right:
            raise Refused(Refusal.WRONG_LOGIN)
        self._throttle.succeeded(tries)
        if not LEAST_CHARACTERS <= len(new) <= MOST_CHARACTERS:
            raise Refused(Refusal.PASSWORD_SHORT)
        if new == old:
            raise Refused(Refusal.PASSWORD_SAME)
        self._change(
            person.name,
            "people.change_password",
            person.name,
            ends_sessions=True,
            password_hash=self._hashed(new),
            must_change_password=False,
        )
        return self._begin_session(person.id, person.name)

    def prefer(self, person: Person, *, language: Language | None = None, theme: Theme | None = None) -> None:
        """Remember how a person wants the pages."""
        values = {"language": language, "theme": theme}
        chosen = {name: value.value for name, value in values.items() if value is not None}
        if chosen:
            with self._database.transaction("remember a preference", writes=True) as connection:
                connection.execute(update(USERS).where(USERS.c.id == person.id).values(chosen))

    def _hashed(self, password: str) -> str:
        try:
            return self._hashing.hash(password)
        except TooManyAtOnce as error:
            raise Refused(Refusal.BUSY, _BUSY_S) from error

    def _begin_session(self, user_id: int, name: str) -> str:
        token, now = secrets.token_urlsafe(32), self._clock.wall()
        row = {
            "token_sha256": _sha256(token),
            "user_id": user_id,
            "began_utc": now,
            "expires_utc": now + self._session,
            "boot_id": self._clock.boot_id() or None,
            "expires_s": self._clock.running_s() + self._session.total_seconds(),
        }
        with self._audit.transaction("begin a session") as connection:
            connection.execute(delete(SESSIONS).where(not_(func.coalesce(self._is_running(), False))))
            connection.execute(insert(SESSIONS).values(row))
            self._audit.enter(connection, name, "session.begin", f"user:{name}")
        return token

    def _is_running(self) -> ColumnElement[bool]:
        """Whether a session has time left by the running clock, which nobody can set, in this start of the machine."""
        return and_(SESSIONS.c.boot_id == self._clock.boot_id(), SESSIONS.c.expires_s > self._clock.running_s())

    def _guest(self) -> Any:
        with self._database.transaction("look up the guest") as connection:
            return _find(connection, GUEST)

    def _insert(self, by: str, name: str, role: Role, password_hash: str, *, must_change: bool) -> int:
        row = {
            "name": name,
            "login": login_of(name),
            "role": role.value,
            "password_hash": password_hash,
            "must_change_password": must_change,
            "is_active": True,
            "language": self._language.value,
            "theme": Theme.AUTO.value,
            "created_utc": datetime.now(UTC),
        }
        with self._audit.transaction("add a person") as connection:
            if _find(connection, name) is not None:
                raise Refused(Refusal.NAME_TAKEN)
            if look_of(name) in {look_of(known) for known in connection.execute(select(USERS.c.name)).scalars()}:
                raise Refused(Refusal.NAME_ALIKE)
            key = connection.execute(insert(USERS).values(row)).inserted_primary_key
            self._audit.enter(connection, by, "people.add", f"user:{name}", after={"role": role.value})
        return int(key[0]) if key else 0

    def _change(self, by: str, action: str, name: str, *, ends_sessions: bool = False, **values: Any) -> None:
        """Change a person and note what was before; a hash never goes into the log."""
        with self._audit.transaction("change a person") as connection:
            row = _find(connection, name)
            if row is None:
                raise Refused(Refusal.UNKNOWN)
            if row["role"] == Role.SCREEN and {"role", "password_hash"} & values.keys():
                raise Refused(Refusal.ROLE_RESERVED)
            before = {field: row[field] for field in values if field != "password_hash"}
            connection.execute(update(USERS).where(USERS.c.id == row["id"]).values(values))
            if {"role", "is_active"} & values.keys() and not _has_admin(connection):
                raise Refused(Refusal.LAST_ADMIN)
            if ends_sessions:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == row["id"]))
            after = {field: value for field, value in values.items() if field != "password_hash"}
            self._audit.enter(connection, by, action, f"user:{row['name']}", before, after)


def _find(connection: Connection, name: str) -> Any:
    return connection.execute(select(USERS).where(USERS.c.login == login_of(name))).mappings().first()


def _fit(name: str) -> str:
    """A new name as it is kept. Raises Refused."""
    name = written(name)
    if not is_name(name):
        raise Refused(Refusal.NAME_UNFIT)
    if look_of(name) in (look_of(GUEST), look_of(STATION)):
        raise Refused(Refusal.ROLE_RESERVED)
    return name


def _refuse_oneself(by: str, name: str) -> None:
    if login_of(by) == login_of(name):
        raise Refused(Refusal.ONESELF)


def _has_admin(connection: Connection) -> bool:
    query = select(func.count()).where(USERS.c.role == Role.ADMIN.value, USERS.c.is_active.is_(True))
    return bool(connection.execute(query).scalar())


def _device_mac(name: str, password_hash: str, nonce: str) -> str:
    """What proves a device, by a key that changes with the password: the hash never leaves the database."""
    return hmac.new(password_hash.encode(), f"device:{name}:{nonce}".encode(), hashlib.sha256).hexdigest()


def _is_device(name: str, password_hash: str, device: str | None) -> bool:
    nonce, _, mac = (device or "").partition(".")
    made = _device_mac(name, password_hash, nonce)
    return password_hash != NO_PASSWORD and hmac.compare_digest(made.encode(), mac.encode())


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _person(row: Any) -> Person:
    return Person(
        int(row["id"]),
        row["name"],
        Role(row["role"]),
        bool(row["is_active"]),
        bool(row["must_change_password"]),
        Language(row["language"]),
        Theme(row["theme"]),
        as_utc(row["created_utc"]),
    )
