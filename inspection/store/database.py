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
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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
from inspection.private_files import close_to_others, make_file, make_folder
from inspection.store.evidence import Evidence
from inspection.store.sqlite_file import RESTORE, SqliteFile, check_sound, is_damage, what_to_do

_LOCK_WAIT_MS = 50
"""How long the station's writes wait for another writer, if there is one after all: well below a line's deadline."""
_PATIENT_LOCK_WAIT_MS = 5_000
_CHECK_S = 3.0
"""A start waits so long for the check of the file; what it does not get through, `inspection store check` does."""
LONGEST_READ_S = 30.0
"""A reader that stays keeps the write-ahead log from being emptied."""
_LOG_PAGES = 1000
_LONG_LOG_BYTES = 64 * 1024 * 1024
_TAKE_ALONE = "SELECT pg_try_advisory_lock(20300102, hashtext(current_schema()))"
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

    def __init__(
        self,
        url: str | URL,
        access: Access = Access.LINE,
        evidence: Evidence | None = None,
        *,
        longest_read_s: float = LONGEST_READ_S,
    ) -> None:
        """Open the database and bring its tables up to date. Raises StoreError, StoreDamaged if SQLite's file is.

        longest_read_s: after it a reading transaction of SQLite is cut off.
        """
        self._longest_read_s = longest_read_s
        self.evidence = evidence
        """Seals what is written; None: nothing does."""
        told = _told(url)
        stations = _file(told)
        path = _peoples(stations) if stations is not None and access is Access.PEOPLE else stations
        if path is not None:
            for file in {stations or path, path}:
                _close_to_others(file)
            _check(path)
        _bring_up_to_date(told, Access.LINE)
        if access is Access.PEOPLE:
            _bring_up_to_date(told, Access.PEOPLE)
        wait_ms = _LOCK_WAIT_MS if access is Access.LINE else _PATIENT_LOCK_WAIT_MS
        self._engine = _engine(told, access, wait_ms)
        self._writer = self._engine.execution_options(takes_the_lock=True)
        # SQLite lets writers wait by chance, not in turn: threads of this program queue here instead.
        self._one_writer = threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()
        self._alone: Connection | None = None
        self._is_log_long = False
        self._own_file: SqliteFile | None = None
        self._files: list[SqliteFile] = []
        if stations is not None and path is not None:
            self._own_file = SqliteFile(path, is_only_ours=access is Access.LINE)
            self._files = [self._own_file, *([SqliteFile(stations, is_only_ours=False)] if path != stations else [])]
            for each in self._files:
                each.take_up()

    @classmethod
    def at(
        cls, store_url: str | None, state_dir: Path, access: Access = Access.LINE, evidence: Evidence | None = None
    ) -> "Database":
        """A station's database: `store_url`; None: SQLite files in `state_dir`. Raises StoreError.

        `evidence`: what seals what is written; None: key and anchors lie in `state_dir`.
        """
        evidence = evidence or Evidence.beside(state_dir)
        return cls(store_url, access, evidence) if store_url else cls.in_file(state_dir / STORE_FILE, access, evidence)

    @classmethod
    def in_file(
        cls,
        path: Path,
        access: Access = Access.LINE,
        evidence: Evidence | None = None,
        *,
        longest_read_s: float = LONGEST_READ_S,
    ) -> "Database":
        """The database in an SQLite file, made if it is not there; people's beside it. Raises StoreError.

        `evidence`: as in `at`.
        """
        try:
            make_folder(path.parent)
        except OSError as error:
            raise StoreError(
                f"The folder {printable(path.parent)} for the store can't be made: {error.strerror}. Correct state_dir."
            ) from error
        evidence = evidence or Evidence.beside(path.parent)
        return cls(URL.create("sqlite", database=str(path)), access, evidence, longest_read_s=longest_read_s)

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for another kind of database."""
        return self._own_file.path if self._own_file else None

    @property
    def wal_bytes(self) -> int:
        """Length of SQLite's write-ahead log; 0 for another kind of database."""
        return self._own_file.wal_bytes if self._own_file else 0

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, purpose: str, *, writes: bool = False) -> Iterator[Connection]:
        """All or nothing. `purpose` completes "could not …" in the StoreError that is raised when it fails.

        With `writes` it has the only writer's place from the start: do nothing slow within; NotStorable says that the
        fault lies in what was written. Without, it is cut off when it lasts too long.
        """
        with _telling(self._engine, purpose):
            if writes:
                with self._one_writer, self._unchanged_file(), self._writer.begin() as connection:
                    if self._own_file is not None:
                        pages = 0 if self._is_log_long else _LOG_PAGES
                        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}")
                    yield connection
            else:
                for file in self._files:
                    file.look()
                with self._engine.begin() as connection, _cut_off(connection, self._longest_read_s):
                    yield connection

    def shorten_log(self) -> None:
        """Where a reader let the write-ahead log grow long, bring it into the file meanwhile. Raises StoreError.

        Else SQLite does so by itself within a commit. After an hour of a reader that stayed this takes minutes: then it
        must not be the line's commit. Call it often, from a thread that has time.
        """
        if self._own_file is None:
            return
        self._is_log_long = self._own_file.wal_bytes > _LONG_LOG_BYTES
        if not self._is_log_long:
            return
        with _telling(self._engine, "shorten its log"), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection), "there is a file"
            self._own_file.is_being_shortened = True
            try:
                for _ in range(2):  # The second round has only what was written during the first.
                    _, pages, done = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                with self._one_writer:
                    if pages - done < _LOG_PAGES:
                        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    self._own_file.note_written()
            except sqlite3.Error as error:
                raise StoreError(f"The log of {printable(self._own_file.path)} can't be shortened: {error}.") from error
            finally:
                self._own_file.is_being_shortened = False

    @contextmanager
    def held_alone(self) -> Iterator[None]:
        """With PostgreSQL: no other station on these tables meanwhile. SQLite's file is locked by `sole_station`.

        Raises StoreError: there is one.
        """
        if self._engine.dialect.name == "postgresql":
            self._alone = self._taken_alone()
        try:
            yield
        finally:
            if self._alone is not None:
                self._alone.close()

    def look_alone(self) -> None:
        """See that it is held still, and take it again after the server was away. Raises StoreError."""
        if self._alone is None:
            return
        try:
            self._alone.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self._alone.close()
            self._alone = self._taken_alone()

    def _taken_alone(self) -> Connection:
        with _telling(self._engine, "be held alone"):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if not connection.exec_driver_sql(_TAKE_ALONE).scalar():
                connection.close()
                raise StoreError(
                    f"Another station writes into {self._engine.url.render_as_string(hide_password=True)}: two of them "
                    "would give the same numbers to different pieces. Stop that one, or name another store_url."
                )
        return connection

    @contextmanager
    def _unchanged_file(self) -> Iterator[None]:
        """Around a commit: what goes into a file that is no longer the store's was not stored."""
        for file in self._files:
            file.look_before_writing()
        try:
            yield
        except BaseException:
            # What a commit that failed has left behind is ours, too.
            if self._own_file is not None:
                with suppress(StoreError):
                    self._own_file.note_written()
            raise
        if self._own_file is not None:
            self._own_file.note_written()


@contextmanager
def _telling(engine: Engine, purpose: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        path = _file(engine.url)
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


@contextmanager
def _cut_off(connection: Connection, limit_s: float) -> Iterator[None]:
    """End a reading transaction of SQLite that lasts too long, at its next step."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    end_s = time.monotonic() + limit_s
    driver.set_progress_handler(lambda: time.monotonic() > end_s, 100_000)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _close_to_others(path: Path) -> None:
    """SQLite gives its log the rights of the file. What can't be made, it tells of itself."""
    with suppress(OSError):
        make_file(path)
    for suffix in ("-wal", "-shm"):
        close_to_others(path.with_name(f"{path.name}{suffix}"))


def _check(path: Path) -> None:
    try:
        check_sound(path, _CHECK_S)
    except StoreDamaged as error:
        raise StoreDamaged(f"The store {printable(path)} is damaged: {error}. {RESTORE}") from error


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


def _told(url: str | URL) -> URL:
    try:
        return make_url(url)
    except SQLAlchemyError as error:
        raise _not_usable(error) from error


def sqlite_file(store_url: str | None) -> Path | None:
    """The SQLite file that a station's `store_url` names, None where it names none. Raises StoreError."""
    return _file(_told(store_url)) if store_url else None


def _file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return None
    return Path(url.database).absolute()


def _peoples(stations: Path) -> Path:
    return stations.with_name(f"{stations.stem}-people{stations.suffix}")


def _engine(url: URL, access: Access, lock_wait_ms: int) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    stations = Path(url.database or "")
    if is_sqlite and access is Access.PEOPLE:
        url = url.set(database=str(_peoples(stations)))
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
    cursor.execute(f"PRAGMA journal_size_limit={_LONG_LOG_BYTES}")
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
