"""The tables brought up to date at a start, chain by chain of migrations."""

import threading
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from inspection.store.engine import PATIENT_LOCK_WAIT_MS, Access, engine_for, telling

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_MIGRATION = threading.Lock()
"""Alembic keeps what it works on in names that all threads share."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """Tables that grow together."""

    folder: str
    version_table: str


_CHAINS = {
    Access.LINE: _Chain("line", "alembic_version"),
    Access.PEOPLE: _Chain("people", "alembic_version_people"),
}


def bring_up_to_date(url: URL, access: Access) -> None:
    """Station and pages may start on a new database at once: one waits here for the tables that the other makes."""
    chain = _CHAINS[access]
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(_MIGRATIONS / chain.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    engine = engine_for(url, access, PATIENT_LOCK_WAIT_MS, rebuilds_tables=True)
    try:
        with telling(engine, "tell the state of its tables"), engine.begin() as connection:
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
        with _ONE_MIGRATION, telling(engine, "bring its tables up to date"), writer.begin() as connection:
            config.attributes |= {"connection": connection, "version_table": chain.version_table}
            try:
                command.upgrade(config, "head")
            except SQLAlchemyError as error:
                raise _what_failed_first(error) from None
    finally:
        engine.dispose()


def _what_failed_first(error: SQLAlchemyError) -> SQLAlchemyError:
    """Alembic tidies up after a copy that failed, and that fails, too: the cause is what the first one says."""
    first: SQLAlchemyError = error
    before: BaseException | None = error
    while before is not None:
        if isinstance(before, SQLAlchemyError):
            first = before
        before = before.__context__
    return first
