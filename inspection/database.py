"""The database under the store, the people and the reviews: one engine, one kind of transaction, one chain of
migrations.

SQLite in WAL mode by default, PostgreSQL by URL. The station and the pages are two processes on the same SQLite file,
which has one writer at a time: see `Access`.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError

LOCK_WAIT_MS = 50
"""How long the station's writes wait for another writer: well below a line's deadline."""
_PATIENT_LOCK_WAIT_MS = 5_000
_STATIONS_TURN_S = 0.005
"""So long people leave the lock alone after each write: SQLite has no queue, and the station looks every few ms."""
STORE_FILE = "store.db"
_MIGRATIONS = Path(__file__).parent / "migrations"


class Access(Enum):
    """Who writes."""

    LINE = "line"
    """The station: waits 50 ms for the lock at most, and what it has written survives a power cut."""
    PEOPLE = "people"
    """The pages: wait for the lock patiently, hold it for less than a millisecond, for they leave it to the station's
    next write, or to the end of the last process, to flush the disk, and leave it alone for 5 ms before they write
    again. They survive a crash of the program; a power cut may take what people did in the last moment."""


class Database:
    """A database with its tables up to date. May be used from several threads."""

    def __init__(self, url: str, access: Access = Access.LINE) -> None:
        """Open the database and bring its tables up to date. Raises StoreError."""
        self._engine = _engine(url, access)
        self._writer = self._engine.execution_options(station_writes=True)
        # SQLite lets writers wait by chance, not in turn: threads of this program queue here instead.
        is_sqlite = self._engine.dialect.name == "sqlite"
        self._one_writer = threading.Lock() if is_sqlite else nullcontext()
        self._pause_s = _STATIONS_TURN_S if is_sqlite and access is Access.PEOPLE else 0.0
        self._where = self._engine.url.render_as_string(hide_password=True)
        try:
            if access is Access.LINE:
                # Station and pages may start on a new database at once: the second one waits for the tables.
                Database(url, Access.PEOPLE).close()
            else:
                self._migrate()
        except BaseException:
            self._engine.dispose()
            raise

    @classmethod
    def at(cls, store_url: str | None, state_dir: Path, access: Access = Access.LINE) -> "Database":
        """A station's database: `store_url`; None: one SQLite file in `state_dir`. Raises StoreError."""
        return cls(store_url, access) if store_url else cls.in_file(state_dir / STORE_FILE, access)

    @classmethod
    def in_file(cls, path: Path, access: Access = Access.LINE) -> "Database":
        """The database in one SQLite file, made if it is not there. Raises StoreError."""
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
        try:
            if writes:
                with self._one_writer:
                    with self._writer.begin() as connection:
                        yield connection
                    time.sleep(self._pause_s)
            else:
                with self._engine.begin() as connection:
                    yield connection
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(
                f"The store {self._where} could not {purpose}: {type(cause).__name__}: {cause}. "
                "Look for a full disk, a missing folder, or another program that holds the database locked."
            ) from error

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        head = scripts.get_current_head()
        with self.transaction("tell the state of its tables") as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return  # without a writer's lock: pages that start never hold up a station that runs
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"The store {self._where} has schema {current!r}, which this program does not know "
                f"(it knows up to {head!r}): a newer program wrote it. "
                "Start that newer program, or name another state_dir."
            )
        with self.transaction("bring its tables up to date", writes=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _engine(url: str, access: Access) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(f"store_url is not usable: {error}. Expected for example sqlite:////data/store.db.") from error
    if engine.dialect.name == "sqlite":
        set_up = _set_up_for_line if access is Access.LINE else _set_up_for_people
        event.listen(engine, "connect", set_up)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place in the queue at once: one that read first can't wait for another, only fail.
    writes = connection.get_execution_options().get("station_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_for_line(connection: Any, _record: Any) -> None:
    _set_up_sqlite(connection, LOCK_WAIT_MS, "FULL")


def _set_up_for_people(connection: Any, _record: Any) -> None:
    _set_up_sqlite(connection, _PATIENT_LOCK_WAIT_MS, "NORMAL")


def _set_up_sqlite(connection: Any, lock_wait_ms: int, synchronous: str) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions by itself
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={lock_wait_ms}")
    _set_write_ahead(cursor, lock_wait_ms)
    cursor.execute(f"PRAGMA synchronous={synchronous}")
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
