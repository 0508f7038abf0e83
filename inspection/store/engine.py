"""Engines under the databases: opened by URL, SQLite set up for one writer, and their errors told as the store's."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)

from camera.files.file_names import printable
from inspection.errors import NotStorable, StoreDamaged, StoreError
from inspection.store.sqlite_file import is_damage, what_to_do

LOCK_WAIT_MS = 50
"""How long the station's writes wait for another writer, if there is one after all: well below a line's deadline."""
PATIENT_LOCK_WAIT_MS = 5_000
LONG_LOG_BYTES = 64 * 1024 * 1024


class Access(Enum):
    """Who writes."""

    LINE = "line"
    """The station: its tables alone; waits 50 ms for a lock at most."""
    PEOPLE = "people"
    """The pages, and the command line where people enter things: people's tables; those of the station to read."""


@contextmanager
def telling(engine: Engine, purpose: str) -> Iterator[None]:
    """Errors of the database within become a StoreError that says what the store could not do: `purpose`."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        path = file_in(engine.url)
        where = printable(path or engine.url.render_as_string(hide_password=True))
        kind = StoreError
        if is_damage(cause):
            kind = StoreDamaged
        elif _is_of_what_was_written(error, is_sqlite=path is not None):
            kind = NotStorable
        raise kind(
            f"The store {where} could not {purpose}: {type(cause).__name__}: {cause}. {what_to_do(cause, path)}"
        ) from error


def _is_of_what_was_written(error: SQLAlchemyError, *, is_sqlite: bool) -> bool:
    if isinstance(error, InterfaceError | ProgrammingError):
        return is_sqlite  # A value of a type that it can't take; with others a lost connection, or a wrong table.
    is_before_the_database = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    return is_before_the_database or isinstance(error, IntegrityError | DataError)


def url_of(url: str | URL) -> URL:
    """A database's URL. Raises StoreError for one that is none."""
    try:
        return make_url(url)
    except SQLAlchemyError as error:
        raise _not_usable(error) from error


def file_in(url: URL) -> Path | None:
    """The SQLite file that a URL names, None where it names none."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return None
    return Path(url.database).absolute()


def peoples_file(stations: Path) -> Path:
    """The SQLite file of people's tables, beside the station's."""
    return stations.with_name(f"{stations.stem}-people{stations.suffix}")


def engine_for(url: URL, access: Access, lock_wait_ms: int, *, rebuilds_tables: bool = False) -> Engine:
    """The engine of a station's database, not connected yet. Raises StoreError for a URL that can't be used.

    rebuilds_tables: SQLite can alter a table only by making it anew, while others refer to it.
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    stations = Path(url.database or "")
    if is_sqlite and access is Access.PEOPLE:
        url = url.set(database=str(peoples_file(stations)))
    try:
        engine = create_engine(url, pool_pre_ping=not is_sqlite, connect_args={"uri": True} if is_sqlite else {})
    except (SQLAlchemyError, ImportError) as error:
        raise _not_usable(error) from error

    def set_up(connection: Any, _record: Any) -> None:
        _set_up_sqlite(connection, lock_wait_ms)
        if rebuilds_tables:
            connection.execute("PRAGMA foreign_keys=OFF")
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
    cursor.execute(f"PRAGMA journal_size_limit={LONG_LOG_BYTES}")
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
