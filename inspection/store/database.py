"""The databases under the store, the people and the reviews: one kind of transaction on one engine (`engine`), with
two chains of migrations (`upgrade`).

SQLite in WAL mode by default: the station writes one file and people another, beside it, so that whatever people or
their pages do, the station's file has one writer, the station. People read the station's file, which never holds up its
writer. With PostgreSQL, by URL, both are one database.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from camera.files.file_names import printable
from inspection.errors import StoreDamaged, StoreError
from inspection.private_files import close_to_others, make_file, make_folder
from inspection.store.engine import (
    LOCK_WAIT_MS,
    LONG_LOG_BYTES,
    PATIENT_LOCK_WAIT_MS,
    Access,
    engine_for,
    file_in,
    peoples_file,
    telling,
    url_of,
)
from inspection.store.evidence import Evidence
from inspection.store.sqlite_file import RESTORE, SqliteFile, check_sound
from inspection.store.upgrade import bring_up_to_date

_CHECK_S = 3.0
"""Longest time that a start waits for the check of the file; `inspection store check` does what is left then."""
LONGEST_READ_S = 30.0
"""Longest reading transaction: a reader that stays keeps the write-ahead log from being emptied."""
_LOG_PAGES = 1000
_TAKE_ALONE = "SELECT pg_try_advisory_lock(20300102, hashtext(current_schema()))"
STORE_FILE = "store.db"

__all__ = ["LONGEST_READ_S", "STORE_FILE", "Database", "sqlite_file"]


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
        told = url_of(url)
        stations = file_in(told)
        path = peoples_file(stations) if stations is not None and access is Access.PEOPLE else stations
        if path is not None:
            for file in {stations or path, path}:
                _close_to_others(file)
            _check(path)
        bring_up_to_date(told, Access.LINE)
        if access is Access.PEOPLE:
            bring_up_to_date(told, Access.PEOPLE)
        wait_ms = LOCK_WAIT_MS if access is Access.LINE else PATIENT_LOCK_WAIT_MS
        self._engine = engine_for(told, access, wait_ms)
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
        with telling(self._engine, purpose):
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
        self._is_log_long = self._own_file.wal_bytes > LONG_LOG_BYTES
        if not self._is_log_long:
            return
        with telling(self._engine, "shorten its log"), self._engine.connect() as connection:
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
        with telling(self._engine, "be held alone"):
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


def sqlite_file(store_url: str | None) -> Path | None:
    """The SQLite file that a station's `store_url` names, None where it names none. Raises StoreError."""
    return file_in(url_of(store_url)) if store_url else None
