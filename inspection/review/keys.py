"""Which kind each of the keys 1 to 9 gives on the review page: fixed for a recipe, until somebody sets it anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from inspection.errors import ReviewError
from inspection.people.audit import AuditLog
from inspection.people.person import STATION
from inspection.review.tables import REVIEW_KEYS
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.values.kinds import KINDS

KEYS = 9
"""The digits 1 to 9."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one recipe."""

    number: int
    """Counts every change of any recipe's keys."""
    recipe: str
    """Its name: a new version keeps the keys, and so does the reader's hand."""
    kinds: tuple[str | None, ...]
    """KEYS catalogue codes, that of key 1 first; None: the key does nothing."""
    set_by: str
    set_utc: datetime


class ReviewKeys:
    """Keys in a database. May be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = AuditLog(database)

    def of(self, recipe: str, kinds: Callable[[], Sequence[str]]) -> KeySet:
        """The keys of a recipe. Where it has none yet, the first of its `kinds` get them. Raises StoreError."""
        with self._database.transaction("read the keys of a recipe") as connection:
            if found := _newest(connection, recipe):
                return found
        known = tuple(dict.fromkeys(code for code in kinds() if code in KINDS))[:KEYS]
        with self._audit.transaction("set the keys of a recipe") as connection:
            return _newest(connection, recipe) or self._enter(connection, STATION, recipe, _filled(known), None)

    def all(self) -> list[KeySet]:
        """The keys of each recipe that has any, by the recipe's name."""
        with self._database.transaction("read the keys of all recipes") as connection:
            rows = connection.execute(select(REVIEW_KEYS).order_by(REVIEW_KEYS.c.id)).mappings()
            newest = {row["recipe"]: _key_set(row) for row in rows}
        return [newest[name] for name in sorted(newest)]

    def set(self, by: str, recipe: str, kinds: Sequence[str | None], replaces: int) -> KeySet:
        """Set the keys of a recipe anew; `replaces`: number of those that were looked at.

        Raises ReviewError for what can't be, and where somebody else has set them meanwhile.
        """
        wanted = _filled(kinds)
        if strange := [code for code in wanted if code is not None and code not in KINDS]:
            raise ReviewError(f"Kind {strange[0]!r}: expected a code of the catalogue such as E01. Choose one of them.")
        if doubled := [code for code in wanted if code is not None and wanted.count(code) > 1]:
            raise ReviewError(f"Kind {doubled[0]} has two keys of recipe {recipe}. Give it one.")
        with self._audit.transaction("set the keys of a recipe") as connection:
            known = _newest(connection, recipe)
            if known is None or known.number != replaces:
                who = known.set_by if known else "nobody"
                raise ReviewError(f"The keys of recipe {recipe} were set by {who} meanwhile. Load the page again.")
            return known if known.kinds == wanted else self._enter(connection, by, recipe, wanted, known)

    def _enter(
        self, connection: Connection, by: str, recipe: str, kinds: tuple[str | None, ...], before: KeySet | None
    ) -> KeySet:
        row = {"recipe": recipe, "kinds": list(kinds), "set_by": by, "set_utc": datetime.now(UTC)}
        key = connection.execute(insert(REVIEW_KEYS).values(row)).inserted_primary_key
        was = list(before.kinds) if before else None
        self._audit.enter(connection, by, "review.keys", f"recipe:{recipe}", was, list(kinds))
        return _key_set(row | {"id": key[0] if key else 0})


def _filled(kinds: Sequence[str | None]) -> tuple[str | None, ...]:
    if len(kinds) > KEYS:
        raise ReviewError(f"{len(kinds)} kinds for the keys 1 to {KEYS}. Leave some out.")
    return (*kinds, *[None] * (KEYS - len(kinds)))


def _newest(connection: Connection, recipe: str) -> KeySet | None:
    c = REVIEW_KEYS.c
    query = select(REVIEW_KEYS).where(c.recipe == recipe).order_by(c.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else _key_set(row)


def _key_set(row: Any) -> KeySet:
    return KeySet(int(row["id"]), row["recipe"], tuple(row["kinds"]), row["set_by"], as_utc(row["set_utc"]))
