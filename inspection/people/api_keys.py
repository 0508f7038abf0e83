"""Keys by name for programs that talk to the API: what each may do, made and revoked by people, kept as hashes."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from inspection.errors import PeopleError
from inspection.people.audit import AuditLog
from inspection.people.key_role import KeyRole
from inspection.people.tables import API_KEYS
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.store.sealing_key import SealingKey

RESERVED = ("pages", "settings", "local")
"""Names that the station itself gives to whoever asks."""
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_BITS = 256


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key; not the key itself, which nobody but the program has."""

    name: str
    role: KeyRole
    made_by: str
    made_utc: datetime
    revoked_utc: datetime | None
    """None: it is good."""


class ApiKeys:
    """The keys in people's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = AuditLog(database)

    def add(self, by: str, name: str, role: KeyRole) -> str:
        """Make a key and return it; it can't be had again. Raises PeopleError, StoreError."""
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise PeopleError(
                f"A key can't be named {name!r}: expected are 2 to 32 lower-case letters, digits, dots, hyphens or "
                f"underscores, letter first, and none of {', '.join(RESERVED)}. Choose another name."
            )
        key = f"ik_{secrets.token_urlsafe(_BITS // 8)}"
        with self._audit.transaction("make an API key") as connection:
            if _good(connection, name) is not None:
                raise PeopleError(f"There is a key named {name} already. Revoke it first, or choose another name.")
            row = {"name": name, "role": role.value, "sha256": sha256_of(key.encode())}
            connection.execute(insert(API_KEYS).values(row | {"made_by": by, "made_utc": datetime.now(UTC)}))
            self._audit.enter(connection, by, "keys.add", f"key:{name}", after={"role": role.value})
        return key

    def revoke(self, by: str, name: str) -> None:
        """Take a key's rights away; programs that use it are cut off within seconds. Raises PeopleError, StoreError."""
        with self._audit.transaction("revoke an API key") as connection:
            row = _good(connection, name)
            if row is None:
                raise PeopleError(f"There is no key named {name!r} that is good. `inspection keys list` tells them.")
            gone = {"revoked_by": by, "revoked_utc": datetime.now(UTC)}
            connection.execute(update(API_KEYS).where(API_KEYS.c.id == row["id"]).values(gone))
            self._audit.enter(connection, by, "keys.revoke", f"key:{name}", before={"role": row["role"]})

    def all(self) -> list[ApiKey]:
        """Every key there ever was, oldest first. Raises StoreError."""
        with self._database.transaction("read the API keys") as connection:
            return [_key(row) for row in connection.execute(select(API_KEYS).order_by(API_KEYS.c.id)).mappings()]

    def good(self) -> Mapping[str, ApiKey]:
        """Those that are good, by the SHA-256 of the key. Raises StoreError."""
        query = select(API_KEYS).where(API_KEYS.c.revoked_utc.is_(None))
        with self._database.transaction("read the API keys") as connection:
            return {str(row["sha256"]): _key(row) for row in connection.execute(query).mappings()}


def key_of_pages(sealing: SealingKey) -> str:
    """With which the pages talk to the station's API: they have its sealing key, nobody else has.

    >>> key_of_pages(SealingKey(bytes(32)))[:9]
    'ip_8d2bd6'
    """
    return f"ip_{sealing.mac([b'api key of the pages'])}"


def sha256_of(key: bytes) -> str:
    """Under which a key is kept: 256 random bits need no slow hash."""
    return hashlib.sha256(key).hexdigest()


def _good(connection: Connection, name: str) -> Any:
    query = select(API_KEYS).where(API_KEYS.c.name == name, API_KEYS.c.revoked_utc.is_(None))
    return connection.execute(query).mappings().first()


def _key(row: Any) -> ApiKey:
    revoked = row["revoked_utc"]
    return ApiKey(
        row["name"],
        KeyRole(row["role"]),
        row["made_by"],
        as_utc(row["made_utc"]),
        None if revoked is None else as_utc(revoked),
    )
