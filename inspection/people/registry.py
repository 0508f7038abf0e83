"""The people that the station knows, and who of them is logged in."""

import hashlib
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, not_, select, update

from inspection.clock import Clock
from inspection.database import Database
from inspection.errors import PeopleError
from inspection.people.audit import AuditLog
from inspection.people.passwords import (
    LEAST_CHARACTERS,
    MOST_CHARACTERS,
    NO_PASSWORD,
    hash_password,
    is_password,
    one_time_password,
)
from inspection.people.roles import Permission, Role, may
from inspection.people.tables import SESSIONS, USERS
from inspection.people.throttle import Throttle
from inspection.store_rows import as_utc

FIRST_ADMIN = "admin"
GUEST = "guest"
STATION = "station"
"""In the audit log, for what nobody did by hand."""
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class Language(StrEnum):
    """Of the pages."""

    ENGLISH = "en"
    FRENCH = "fr"


class Theme(StrEnum):
    """Of the pages."""

    AUTO = "auto"
    """As the browser says."""
    LIGHT = "light"
    DARK = "dark"


class Refusal(StrEnum):
    """Why somebody was not let in or changed as asked; the pages have a sentence for each."""

    WRONG_LOGIN = "wrong_login"
    WAIT = "wait"
    """Too many wrong tries."""
    NAME_UNFIT = "name_unfit"
    NAME_TAKEN = "name_taken"
    PASSWORD_SHORT = "password_short"
    PASSWORD_SAME = "password_same"
    LAST_ADMIN = "last_admin"
    ROLE_RESERVED = "role_reserved"
    UNKNOWN = "unknown"


_SENTENCES = {
    Refusal.WRONG_LOGIN: "Name or password are wrong.",
    Refusal.WAIT: "Too many wrong tries: wait a moment.",
    Refusal.NAME_UNFIT: "A name has 2 to 32 lower-case letters, digits, dots, hyphens or underscores, letter first.",
    Refusal.NAME_TAKEN: "Somebody has that name already; names are never given twice.",
    Refusal.PASSWORD_SHORT: f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters.",
    Refusal.PASSWORD_SAME: "The new password must differ from the old one.",
    Refusal.LAST_ADMIN: "At least one active person must be an admin.",
    Refusal.ROLE_RESERVED: "The guest is the demo's own; choose another role.",
    Refusal.UNKNOWN: "Nobody has that name.",
}


class Refused(PeopleError):
    """Somebody was not let in or changed as asked."""

    def __init__(self, refusal: Refusal, wait_s: float = 0.0) -> None:
        super().__init__(_SENTENCES[refusal])
        self.refusal = refusal
        self.wait_s = wait_s
        """Of WAIT: until the next try may be made."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login."""

    id: int
    name: str
    role: Role
    is_active: bool
    must_change_password: bool
    language: Language
    theme: Theme
    created_utc: datetime

    def may(self, permission: Permission) -> bool:
        """Whether this person may do that now; nobody may do anything before the one-time password is changed."""
        return self.is_active and not self.must_change_password and may(self.role, permission)


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
    ) -> None:
        """`language`: of people who have not chosen; `is_guest_welcome`: the demo's."""
        self._database = database
        self._audit = AuditLog(database)
        self._language = language
        self._session = timedelta(hours=session_hours)
        self._clock = clock or Clock()
        self._throttle = Throttle()
        self.is_guest_welcome = is_guest_welcome

    def make_first_admin(self) -> str | None:
        """Make `admin` where nobody but a guest is known. Returns the one-time password; None: people are known."""
        with self._database.transaction("count the people") as connection:
            if connection.execute(select(func.count()).where(USERS.c.role != Role.GUEST)).scalar():
                return None
        return self.add(STATION, FIRST_ADMIN, Role.ADMIN)

    def log_in(self, name: str, password: str, address: str) -> str:
        """The token of a new session. Raises Refused; each failure makes the next try wait longer."""
        name = name.strip().lower()
        keys = (f"name:{name}", f"address:{address}")
        if wait_s := self._throttle.wait_s(*keys):
            raise Refused(Refusal.WAIT, wait_s)
        with self._database.transaction("look up a person") as connection:
            row = _find(connection, name)
        is_right = is_password(password[:MOST_CHARACTERS], row["password_hash"] if row else None)
        if row is None or not is_right or not row["is_active"] or row["password_hash"] == NO_PASSWORD:
            self._throttle.failed(*keys)
            with self._audit.transaction("note a failed login") as connection:
                # What is typed as a name may be a password: only names that exist go into the log.
                subject = f"user:{name}" if row else "user:(unknown)"
                self._audit.enter(connection, STATION, "session.refuse", subject, after={"address": address})
            raise Refused(Refusal.WRONG_LOGIN)
        self._throttle.succeeded(*keys)
        return self._begin_session(int(row["id"]), name)

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
        """Whose session it is; None if it has ended, or never was."""
        if not token:
            return None
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
        if not _NAME.fullmatch(name):
            raise Refused(Refusal.NAME_UNFIT)
        if role is Role.GUEST or name in (GUEST, STATION):
            raise Refused(Refusal.ROLE_RESERVED)
        password = one_time_password()
        self._insert(by, name, role, hash_password(password), must_change=True)
        return password

    def set_role(self, by: str, name: str, role: Role) -> None:
        """Give a person another role. Raises Refused."""
        if role is Role.GUEST or name == GUEST:
            raise Refused(Refusal.ROLE_RESERVED)
        self._change(by, "people.role", name, role=role.value)

    def set_active(self, by: str, name: str, *, is_active: bool) -> None:
        """Let a person log in, or no more; who is logged in then is out at once. Raises Refused."""
        self._change(by, "people.active", name, ends_sessions=not is_active, is_active=is_active)

    def reset_password(self, by: str, name: str) -> str:
        """Give a person a one-time password, which is returned; their sessions end. Raises Refused."""
        if name == GUEST:
            raise Refused(Refusal.ROLE_RESERVED)
        password = one_time_password()
        self._change(
            by,
            "people.reset_password",
            name,
            ends_sessions=True,
            password_hash=hash_password(password),
            must_change_password=True,
        )
        return password

    def change_password(self, token: str, old: str, new: str) -> str:
        """Change one's own password. All sessions end; returns the token of a new one. Raises Refused."""
        person = self.person_of(token)
        if person is None or person.role is Role.GUEST:
            raise Refused(Refusal.UNKNOWN)
        key = f"change:{person.name}"
        if wait_s := self._throttle.wait_s(key):
            raise Refused(Refusal.WAIT, wait_s)
        with self._database.transaction("look up a person") as connection:
            row = _find(connection, person.name)
        if row is None or not is_password(old[:MOST_CHARACTERS], row["password_hash"]):
            self._throttle.failed(key)
            raise Refused(Refusal.WRONG_LOGIN)
        if not LEAST_CHARACTERS <= len(new) <= MOST_CHARACTERS:
            raise Refused(Refusal.PASSWORD_SHORT)
        if new == old:
            raise Refused(Refusal.PASSWORD_SAME)
        self._throttle.succeeded(key)
        self._change(
            person.name,
            "people.change_password",
            person.name,
            ends_sessions=True,
            password_hash=hash_password(new),
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
        """Of a session, by the running clock, which nobody can set: it ends with the machine's start as well."""
        return and_(SESSIONS.c.boot_id == self._clock.boot_id(), SESSIONS.c.expires_s > self._clock.running_s())

    def _guest(self) -> Any:
        with self._database.transaction("look up the guest") as connection:
            return _find(connection, GUEST)

    def _insert(self, by: str, name: str, role: Role, password_hash: str, *, must_change: bool) -> int:
        row = {
            "name": name,
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
            key = connection.execute(insert(USERS).values(row)).inserted_primary_key
            self._audit.enter(connection, by, "people.add", f"user:{name}", after={"role": role.value})
        return int(key[0]) if key else 0

    def _change(self, by: str, action: str, name: str, *, ends_sessions: bool = False, **values: Any) -> None:
        """Change a person and note what was before; a hash never goes into the log."""
        with self._audit.transaction("change a person") as connection:
            row = _find(connection, name)
            if row is None:
                raise Refused(Refusal.UNKNOWN)
            before = {field: row[field] for field in values if field != "password_hash"}
            connection.execute(update(USERS).where(USERS.c.id == row["id"]).values(values))
            if {"role", "is_active"} & values.keys() and not _has_admin(connection):
                raise Refused(Refusal.LAST_ADMIN)
            if ends_sessions:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == row["id"]))
            after = {field: value for field, value in values.items() if field != "password_hash"}
            self._audit.enter(connection, by, action, f"user:{name}", before, after)


def _find(connection: Connection, name: str) -> Any:
    return connection.execute(select(USERS).where(USERS.c.name == name)).mappings().first()


def _has_admin(connection: Connection) -> bool:
    query = select(func.count()).where(USERS.c.role == Role.ADMIN.value, USERS.c.is_active.is_(True))
    return bool(connection.execute(query).scalar())


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
