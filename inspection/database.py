"""The databases under the store, the people and the reviews: one engine, one kind of transaction, two chains of
migrations.

SQLite in WAL mode by default: the station writes one file and people another, beside it, so that whatever people or
their pages do, the station's file has one writer, the station. People read the station's file, which never holds up its
writer. With PostgreSQL, by URL, both are one database.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError

_LOCK_WAIT_MS = 50
"""How long the station's writes wait for another writer, if there is one after all: well below a line's deadline."""
_PATIENT_LOCK_WAIT_MS = 5_000
STORE_FILE = "store.db"
_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_MIGRATION = threading.Lock()
"""Alembic keeps what it works on in names that all threads share."""


class Access(Enum):
    """Who writes."""

    LINE = "line"
    """The station: its tables alone; waits 50 ms for a lock at most."""
    PEOPLE = "people"
    """The pages, and the command line where people enter things: people's tables; those of the station to read."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """Tables that grow together."""

    folder: str
    version_table: str


_CHAINS = {
    Access.LINE: _Chain("line", "alembic_version"),
    Access.PEOPLE: _Chain("people", "alembic_version_people"),
}


class Database:
    """A database with its tables up to date. May be used from several threads."""

    def __init__(self, url: str, access: Access = Access.LINE) -> None:
        """Open the database and bring its tables up to date. Raises StoreError."""
        told = _told(url)
        _bring_up_to_date(told, Access.LINE)
        if access is Access.PEOPLE:
            _bring_up_to_date(told, Access.PEOPLE)
        wait_ms = _LOCK_WAIT_MS if access is Access.LINE else _PATIENT_LOCK_WAIT_MS
        self._engine = _engine(told, access, wait_ms)
        self._writer = self._engine.execution_options(takes_the_lock=True)
        # SQLite lets writers wait by chance, not in turn: threads of this program queue here instead.
        self._one_writer = threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def at(cls, store_url: str | None, state_dir: Path, access: Access = Access.LINE) -> "Database":
        """A station's database: `store_url`; None: SQLite files in `state_dir`. Raises StoreError."""
        return cls(store_url, access) if store_url else cls.in_file(state_dir / STORE_FILE, access)

    @classmethod
    def in_file(cls, path: Path, access: Access = Access.LINE) -> "Database":
        """The database in an SQLite file, made if it is not there; people's beside it. Raises StoreError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder {path.parent} for the store can't be made: {error.strerror}. Correct state_dir."
            ) from error
        return cls(f"sqlite:///{path}", access)

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, purpose: str, *, writes: bool = False) -> Iterator[Connection]:
        """All or nothing. `purpose` completes "could not …" in the StoreError that is raised when it fails.

        With `writes` it has the only writer's place from the start: do nothing slow within.
        """
        with _telling(self._engine, purpose):
            if writes:
                with self._one_writer, self._writer.begin() as connection:
                    yield connection
            else:
                with self._engine.begin() as connection:
                    yield connection


@contextmanager
def _telling(engine: Engine, purpose: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(
            f"The store {engine.url.render_as_string(hide_password=True)} could not {purpose}: "
            f"{type(cause).__name__}: {cause}. "
            "Look for a full disk, a missing folder, or another program that holds the database locked."
        ) from error


def _bring_up_to_date(url: URL, access: Access) -> None:
    """Station and pages may start on a new database at once: one waits here for the tables that the other makes."""
    chain = _CHAINS[access]
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(_MIGRATIONS / chain.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    engine = _engine(url, access, _PATIENT_LOCK_WAIT_MS)
    try:
        with _telling(engine, "tell the state of its tables"), engine.begin() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": chain.version_table})
            current = context.get_current_revision()
        if current == head:
            return  # without a writer's lock: pages that start never hold up a station that runs
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"The store {engine.url.render_as_string(hide_password=True)} has schema {current!r}, which this "
                f"program does not know (it knows up to {head!r}): a newer program wrote it. "
                "Start that newer program, or name another state_dir."
            )
        writer = engine.execution_options(takes_the_lock=True)
        with _ONE_MIGRATION, _telling(engine, "bring its tables up to date"), writer.begin() as connection:
            config.attributes |= {"connection": connection, "version_table": chain.version_table}
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _told(url: str) -> URL:
    try:
        return make_url(url)
    except SQLAlchemyError as error:
        raise _not_usable(error) from error


def _engine(url: URL, access: Access, lock_wait_ms: int) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    stations = Path(url.database or "")
    if is_sqlite and access is Access.PEOPLE:
        url = url.set(database=str(stations.with_name(f"{stations.stem}-people{stations.suffix}")))
    try:
        engine = create_engine(url, pool_pre_ping=not is_sqlite, connect_args={"uri": True} if is_sqlite else {})
    except (SQLAlchemyError, ImportError) as error:
        raise _not_usable(error) from error

    def set_up(connection: Any, _record: Any) -> None:
        _set_up_sqlite(connection, lock_wait_ms)
        if access is Access.PEOPLE:
            connection.execute("ATTACH ? AS station", (f"{stations.absolute().as_uri()}?mode=ro",))

    if is_sqlite:
        event.listen(engine, "connect", set_up)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _not_usable(error: Exception) -> StoreError:
    return StoreError(f"store_url is not usable: {error}. Expected for example sqlite:////data/store.db.")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place in the queue at once: one that read first can't wait for another, only fail.
    writes = connection.get_execution_options().get("takes_the_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_sqlite(connection: Any, lock_wait_ms: int) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions by itself
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={lock_wait_ms}")
    _set_write_ahead(cursor, lock_wait_ms)
    cursor.execute("PRAGMA synchronous=FULL")  # what was written survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _set_write_ahead(cursor: sqlite3.Cursor, lock_wait_ms: int) -> None:
    """SQLite does not wait by itself for a program that switches the same file to this mode, or closes it."""
    end_s = time.monotonic() + lock_wait_ms / 1000.0
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= end_s:
                raise
            time.sleep(0.005)
        else:
            return
