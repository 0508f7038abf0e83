"""Recipes that people write on the pages: checked when they are written, released by a second person, then a file.

A released recipe is `<name>-<version>.toml` in a folder of its own, and never altered: a change is a new version. It
comes into service when the line is changed over to it, see `inspection.station.change_over`.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from inspection.errors import PeopleError, RecipeError
from inspection.people.audit import AuditLog
from inspection.people.tables import RECIPE_DRAFTS
from inspection.private_files import make_folder
from inspection.recipe.recipe import Recipe
from inspection.store.database import Database
from inspection.store.rows import as_utc
from inspection.whole_file import write_whole

LONGEST = 200_000
"""Characters of a recipe."""
LONGEST_COMMENT = 1_000
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")


class DraftError(PeopleError):
    """A recipe can't be written, released or refused as somebody wanted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A recipe that somebody wrote."""

    id: int
    name: str
    version: str
    content: str
    """TOML."""
    sha256: str
    written_by: str
    written_utc: datetime
    settled_by: str | None
    """Who released or refused it; None: it waits for a second person."""
    settled_utc: datetime | None
    is_released: bool | None
    """None: it waits."""
    comment: str | None
    """Comment of whoever settled it; None: it waits, or an earlier program asked for none."""


class RecipeDrafts:
    """Recipes in a database, and the released ones as files in a folder."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._audit = AuditLog(database)
        self._folder = folder

    def newest(self, limit: int = 100) -> list[Draft]:
        """Drafts of all kinds, newest first."""
        query = select(RECIPE_DRAFTS).order_by(RECIPE_DRAFTS.c.id.desc()).limit(limit)
        with self._database.transaction("read recipes") as connection:
            return [_draft(row) for row in connection.execute(query).mappings()]

    def last_released(self, name: str) -> Draft | None:
        """The version of a recipe that was released last, None if none ever was."""
        c = RECIPE_DRAFTS.c
        query = select(RECIPE_DRAFTS).where(c.name == name, c.is_released).order_by(c.settled_utc.desc(), c.id.desc())
        with self._database.transaction("read recipes") as connection:
            row = connection.execute(query.limit(1)).mappings().first()
        return None if row is None else _draft(row)

    def write(self, by: str, content: str) -> Draft:
        """Check a recipe and keep it for release. Raises RecipeError (which key is wrong) or DraftError."""
        recipe = check_recipe(content)
        row = {
            "name": recipe.name,
            "version": recipe.version,
            "content": content,
            "sha256": recipe.sha256,
            "written_by": by,
            "written_utc": datetime.now(UTC),
        }
        c = RECIPE_DRAFTS.c
        same = select(c.id).where(c.name == recipe.name, c.version == recipe.version, c.is_released.is_not(False))
        with self._audit.transaction("keep a recipe") as connection:
            if connection.execute(same).first() is not None:
                raise DraftError(
                    f"There is a recipe {recipe.name} {recipe.version} already, released or waiting. "
                    "A change needs a new version."
                )
            key = connection.execute(insert(RECIPE_DRAFTS).values(row)).inserted_primary_key
            self._audit.enter(
                connection, by, "recipe.write", _subject(recipe.name, recipe.version), after=recipe.sha256
            )
        return self._draft(int(key[0]) if key else 0)

    def settle(self, by: str, draft_id: int, comment: str, *, is_released: bool) -> Draft:
        """Release a recipe, or refuse it, and say why. Raises DraftError: whoever wrote it may only take it back."""
        if not (comment := comment.strip()) or len(comment) > LONGEST_COMMENT:
            raise DraftError(
                f"A comment of 1 to {LONGEST_COMMENT} characters says what was looked at, and why; this has "
                f"{len(comment)}. Write it."
            )
        draft = self._draft(draft_id)
        if draft.is_released is not None:
            raise DraftError(f"Recipe {draft.name} {draft.version} was settled by {draft.settled_by} meanwhile.")
        if is_released and draft.written_by == by:
            raise DraftError(f"You wrote {draft.name} {draft.version} yourself: a second person has to release it.")
        c = RECIPE_DRAFTS.c
        values = {
            "settled_by": by,
            "settled_utc": datetime.now(UTC),
            "is_released": is_released,
            "comment": comment,
        }
        waiting = update(RECIPE_DRAFTS).where(c.id == draft_id, c.is_released.is_(None)).values(values)
        with self._audit.transaction("settle a recipe") as connection:
            if not connection.execute(waiting).rowcount:
                raise DraftError(f"Recipe {draft.name} {draft.version} was settled by somebody else meanwhile.")
            action = "recipe.release" if is_released else "recipe.refuse"
            after = {"sha256": draft.sha256, "comment": comment}
            self._audit.enter(connection, by, action, _subject(draft.name, draft.version), after=after)
        if is_released:
            self.put_files()
        return self._draft(draft_id)

    def file_of(self, draft: Draft) -> Path:
        """Where a released recipe lies."""
        return self._folder / f"{draft.name}-{draft.version}.toml"

    def put_files(self) -> None:
        """Write each released recipe that has no file with its content yet. Raises DraftError."""
        for draft in self.newest(limit=1000):
            path = self.file_of(draft)
            if not draft.is_released or (path.exists() and _sha256(path.read_bytes()) == draft.sha256):
                continue
            try:
                make_folder(self._folder)
                write_whole(path, draft.content.encode(), is_private=True)
            except OSError as error:
                raise DraftError(
                    f"Recipe {path} is released, but can't be written ({error.strerror}). Check the folder's rights "
                    "and the disk; it is written when the pages start again."
                ) from error

    def _draft(self, draft_id: int) -> Draft:
        with self._database.transaction("read a recipe") as connection:
            row = connection.execute(select(RECIPE_DRAFTS).where(RECIPE_DRAFTS.c.id == draft_id)).mappings().first()
        if row is None:
            raise DraftError(f"There is no draft {draft_id}.")
        return _draft(row)


def check_recipe(content: str) -> Recipe:
    """The recipe in a text. Raises RecipeError: which key, expected, got."""
    if len(content) > LONGEST:
        raise RecipeError(f"The recipe has {len(content)} characters, {LONGEST} are allowed. Shorten it.")
    try:
        written = content.encode()
    except UnicodeEncodeError as error:
        raise RecipeError(f"The recipe holds half a character ({error.reason}). Write that place again.") from error
    recipe = Recipe.parse(written, "(this text)")
    if not _VERSION.fullmatch(recipe.version):
        raise RecipeError(
            "version: expected: up to 32 letters, digits, dots, hyphens, underscores; "
            f"got {recipe.version!r}. Correct it."
        )
    return recipe


def _subject(name: str, version: str) -> str:
    return f"recipe:{name}-{version}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _draft(row: Any) -> Draft:
    return Draft(
        int(row["id"]),
        row["name"],
        row["version"],
        row["content"],
        row["sha256"],
        row["written_by"],
        as_utc(row["written_utc"]),
        row["settled_by"],
        as_utc(row["settled_utc"]) if row["settled_utc"] else None,
        None if row["is_released"] is None else bool(row["is_released"]),
        row["comment"],
    )
