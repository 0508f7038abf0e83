"""Who may log in, seen without opening the store: nothing is written, migrated or held up."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from camera.files.file_names import printable
from inspection.errors import StoreError
from inspection.people.roles import Role


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who may log in."""

    name: str
    role: str
    must_change_password: bool
    """Has never logged in with the one-time password, which somebody else knows."""


def logins(people_file: Path) -> list[Login] | None:
    """The active ones, but for a demo's guest; None where the pages were never started. Raises StoreError."""
    if not people_file.exists():
        return None
    try:
        with closing(
            sqlite3.connect(f"{people_file.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
        ) as connection:
            rows = connection.execute(
                "SELECT name, role, must_change_password FROM users WHERE is_active AND role != ? ORDER BY name",
                (Role.GUEST,),
            ).fetchall()
    except sqlite3.Error as error:
        raise StoreError(
            f"{printable(people_file)} can't be read: {error}. Run this as the station's user or root; "
            "`inspection store check` says whether the file is sound."
        ) from error
    return [Login(name, role, bool(must_change)) for name, role, must_change in rows]
